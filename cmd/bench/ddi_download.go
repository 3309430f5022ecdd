package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"slipway/internal/app"
	"slipway/internal/deploy"
	"slipway/internal/sample"
)

// fetchedFile is the size of the file that is downloaded.
const fetchedFile = 256 << 20

// downloads compares the processor time by which a file is sent to nginx's.
func (b bench) downloads(ctx context.Context) error {
	image := make([]byte, fetchedFile)
	for i := range image { // which does not compress and has no holes
		image[i] = byte(rand.Uint32())
	}
	token := ""
	err := b.fetchable(ctx, "downloads", image, func(a *app.App, f *sample.Automated) error {
		if err := a.Deploy.AddTarget(ctx, f.Omar, deploy.TargetDraft{Key: "dev-1", EnvironmentKey: f.Environment, Tags: "pilot"}); err != nil {
			return err
		}
		var err error
		if token, err = a.Deploy.RotateGateway(ctx, f.Omar, f.Environment); err != nil {
			return err
		}
		return f.Start(ctx, a, 1)
	})
	if err != nil {
		return err
	}
	server, err := launch(ctx, b.binary, "serve", "--data", filepath.Join(b.dir, "downloads"), "--addr", "{addr}", "--log-level", "error")
	if err != nil {
		return err
	}
	defer server.stop()
	at, digest, err := assigned(server.url, token)
	if err != nil {
		return err
	}
	peer, theirsAt, err := b.nginx(ctx, filepath.Join(b.dir, "downloads/media/sha256", digest[:2]), digest)
	if err != nil {
		return err
	}
	if peer != nil {
		defer peer.stop()
	}
	var ours, theirs time.Duration
	for round := range b.rounds { // in turn, so that both meet what else the machine does
		took, err := perGiB(server, at, token)
		if err != nil {
			return err
		}
		ours = least(round, ours, took)
		if peer == nil {
			continue
		}
		if took, err = perGiB(peer, theirsAt, token); err != nil {
			return err
		}
		theirs = least(round, theirs, took)
	}
	if peer == nil {
		fmt.Printf("ddi: a GiB costs %.0f ms CPU; nginx is not here to compare\n", ms(ours))
		return nil
	}
	verdict("ddi: download, CPU per GiB / nginx", ratio(ours, theirs), "<=", 1.8, fmt.Sprintf("%.0f ms against %.0f ms", ms(ours), ms(theirs)))
	return nil
}

// assigned polls as the one device and gives the address and the digest of its file.
func assigned(base, token string) (at, digest string, err error) {
	var poll struct {
		Links map[string]struct{ Href string } `json:"_links"`
	}
	if err := readJSON(base+"/default/controller/v1/dev-1", token, &poll); err != nil {
		return "", "", err
	}
	var d struct {
		Deployment struct {
			Chunks []struct {
				Artifacts []struct {
					Hashes struct{ SHA256 string }
					Links  map[string]struct{ Href string } `json:"_links"`
				}
			}
		}
	}
	if err := readJSON(poll.Links["deploymentBase"].Href, token, &d); err != nil {
		return "", "", err
	}
	file := d.Deployment.Chunks[0].Artifacts[0]
	return file.Links["download"].Href, file.Hashes.SHA256, nil
}

func readJSON(at, token string, into any) error {
	r, err := http.NewRequest(http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "GatewayToken "+token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", at, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// perGiB is the processor time of a server to send a GiB, four files at once.
func perGiB(p *process, at, token string) (time.Duration, error) {
	const files = 4 // a GiB
	client := newClient()
	if ok, err := bearing(client, at, token); err != nil || !ok {
		return 0, fmt.Errorf("%s is not sent: %w", at, err)
	}
	r := load(p, client, files, files*2, func(client *http.Client, _ int) (bool, error) { return bearing(client, at, token) })
	if r.bad > 0 {
		return 0, fmt.Errorf("%d of %d downloads of %s failed", r.bad, r.requests, at)
	}
	return r.cpu * files, nil
}

// nginx unpacks Debian's nginx beneath the folder, installs nothing, and lets it
// send the same file. Nil without an error: this machine cannot fetch it.
func (b bench) nginx(ctx context.Context, root, file string) (p *process, at string, err error) {
	folder := filepath.Join(b.dir, "nginx")
	if err := os.MkdirAll(filepath.Join(folder, "logs"), 0o755); err != nil {
		return nil, "", err
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		fetch := exec.CommandContext(ctx, "apt-get", "download", "-qq", "nginx")
		fetch.Dir = folder
		if said, err := fetch.CombinedOutput(); err != nil {
			fmt.Printf("nginx cannot be fetched: %v: %s\n", err, said)
			return nil, "", nil
		}
		packages, err := filepath.Glob(filepath.Join(folder, "*.deb"))
		if err != nil || len(packages) != 1 {
			return nil, "", fmt.Errorf("apt-get brought %v: %w", packages, err)
		}
		if said, err := exec.CommandContext(ctx, "dpkg", "-x", packages[0], folder).CombinedOutput(); err != nil {
			return nil, "", fmt.Errorf("unpack nginx: %w: %s", err, said)
		}
		program = filepath.Join(folder, "usr/sbin/nginx")
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	var paths strings.Builder
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&paths, "%s_temp_path %s/%s;\n", name, folder, name)
	}
	config := filepath.Join(folder, "bench.conf")
	text := fmt.Sprintf("daemon off;\nmaster_process off;\npid %s/pid;\nerror_log %s/error.log;\nevents {}\nhttp {\naccess_log off;\nsendfile on;\ntcp_nopush on;\n%sserver {\nlisten %s;\nroot %s;\nlocation = /healthz { return 200; }\n}\n}\n",
		folder, folder, paths.String(), addr, root)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, "", err
	}
	p, err = launchAt(ctx, addr, program, "-p", folder, "-c", config)
	return p, "http://" + addr + "/" + file, err
}
