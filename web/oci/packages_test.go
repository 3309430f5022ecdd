package oci_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/web/webtest"
)

// standing gives the key of a release of the demonstration in a state.
func standing(t *testing.T, s *webtest.Server, state release.State) string {
	t.Helper()
	list, err := s.App.Release.List(context.Background(), identity.System("test"), release.Filter{State: state})
	if err != nil || len(list) == 0 {
		t.Fatalf("no release is %s: %v", state, err)
	}
	return list[0].Key
}

// packaged gives a release and its current package.
func packaged(t *testing.T, s *webtest.Server, key string) (r *release.Release, p *release.Package) {
	t.Helper()
	err := s.App.DB.View(context.Background(), func(tx *db.Tx) (err error) {
		if r, err = s.App.Release.FindIn(tx, identity.System("test"), key); err != nil {
			return err
		}
		p, _, err = s.App.Release.CurrentPackage(tx, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

// whole demands that an OCI layout holds the index as it was signed, and each
// thing that it names.
func whole(t *testing.T, dir string, p *release.Package) {
	t.Helper()
	read := func(digest string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, "blobs/sha256", strings.TrimPrefix(digest, "sha256:")))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if index := read(p.Digest); string(index) != p.Manifest {
		t.Error("the index is not what was signed")
	}
	names := blobsOf(t, dir)
	for _, name := range names {
		if bytes.Contains(read(name), []byte(`"mediaType":"application/vnd.oci.image`)) {
			for _, other := range strings.Split(string(read(name)), `"digest":"sha256:`)[1:] {
				read(other[:64])
			}
		}
	}
	if len(names) < 6 { // index, list and its manifest, and at least one member with its file
		t.Errorf("the layout holds %v", names)
	}
}

// Standard clients copy a package whole, by digest and by tag.
func TestClientsCopyAPackage(t *testing.T) {
	s := webtest.Demo(t)
	dir, registry := t.TempDir(), strings.TrimPrefix(s.URL, "http://")
	key := standing(t, s, release.Ready)
	r, p := packaged(t, s, key)
	from := registry + "/" + dml.PackageAddress(r.Repository)
	password := token(t, s, "dario", "dml:read")
	t.Run("oras", func(t *testing.T) {
		run(t, dir, "go", "run", "oras.land/oras/cmd/oras@v1.3.6", "copy", "--from-plain-http", "--from-username", "dario", "--from-password", password, from+"@"+p.Digest, "--to-oci-layout", "oras:v1")
		whole(t, filepath.Join(dir, "oras"), p)
		run(t, dir, "go", "run", "oras.land/oras/cmd/oras@v1.3.6", "copy", "--from-plain-http", "--from-username", "dario", "--from-password", password, from+":v1", "--to-oci-layout", "tagged:v1")
		whole(t, filepath.Join(dir, "tagged"), p)
		run(t, dir, "go", "run", "oras.land/oras/cmd/oras@v1.3.6", "pull", "--plain-http", "--username", "dario", "--password", password, from+"@"+p.Digest, "--output", "files")
		if list, err := os.ReadFile(filepath.Join(dir, "files/release-package.json")); err != nil || !strings.Contains(string(list), key) {
			t.Errorf("the list of components: %s, %v", list, err)
		}
	})
	t.Run("skopeo", func(t *testing.T) {
		if _, err := exec.LookPath("skopeo"); err != nil {
			t.Skip("skopeo is not installed; make install brings it")
		}
		// Debian's skopeo knows no artifact type of an index: it writes the index
		// anew, or refuses where it must not. All that the index names comes as it is.
		copied := []string{"copy", "--all", "--insecure-policy", "--src-tls-verify=false", "--src-creds", "dario:" + password, "docker://" + from + "@" + p.Digest}
		run(t, dir, "skopeo", append(copied, "oci:skopeo")...)
		for _, name := range blobsOf(t, filepath.Join(dir, "oras")) {
			if name == strings.TrimPrefix(p.Digest, "sha256:") {
				continue
			}
			want, err := os.ReadFile(filepath.Join(dir, "oras/blobs/sha256", name))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "skopeo/blobs/sha256", name)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s came otherwise: %v", name, err)
			}
		}
	})
}

// A pipeline takes a whole package along in a folder, as oras copies it, and
// brings it back: as it was, and with a word of its own in the index, which makes
// it the next version. To another release it does not come.
func TestOrasBringsAPackageBack(t *testing.T) {
	s := webtest.Demo(t)
	dir, registry := t.TempDir(), strings.TrimPrefix(s.URL, "http://")
	r, p := packaged(t, s, standing(t, s, release.BuildTest))
	open, _ := packaged(t, s, standing(t, s, release.Planning))
	login := func(side string) []string {
		return []string{"--" + side + "-plain-http", "--" + side + "-username", "bruno", "--" + side + "-password", token(t, s, "bruno", "dml:read", "dml:write", "build:report")}
	}
	from, to := login("from"), login("to")
	oras := func(flags []string, args ...string) (string, error) {
		cmd := exec.Command("go", append(append([]string{"run", "oras.land/oras/cmd/oras@v1.3.6", "copy"}, args...), flags...)...)
		cmd.Dir = dir
		output, err := cmd.CombinedOutput()
		return string(output), err
	}
	must := func(said string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	must(oras(from, registry+"/"+dml.PackageAddress(r.Repository)+"@"+p.Digest, "--to-oci-layout", "there:v1"))
	whole(t, filepath.Join(dir, "there"), p)
	must(oras(to, "--from-oci-layout", "there:v1", registry+"/incoming/releases/"+r.Repository+":again"))
	if _, same := packaged(t, s, r.Key); same.Number != p.Number || same.Digest != p.Digest {
		t.Errorf("the same package again became v%d, %s", same.Number, same.Digest)
	}

	word := strings.LastIndex(p.Manifest, `"annotations":{`) + len(`"annotations":{`)
	index := tagged(t, filepath.Join(dir, "there"), "v2", p.Manifest[:word]+`"com.example.pipeline":"42",`+p.Manifest[word:])
	must(oras(to, "--from-oci-layout", "there:v2", registry+"/incoming/releases/"+r.Repository+":rc2"))
	_, next := packaged(t, s, r.Key)
	if next.Number != p.Number+1 || next.Digest != index || next.State != release.PackageBaselined {
		t.Fatalf("what the pipeline pushed became v%d, %s, %s; want %s", next.Number, next.Digest, next.State, index)
	}
	must(oras(from, registry+"/"+dml.PackageAddress(r.Repository)+":"+next.Tag(), "--to-oci-layout", "back:v2"))
	whole(t, filepath.Join(dir, "back"), next)

	if said, err := oras(to, "--from-oci-layout", "there:v2", registry+"/incoming/releases/"+open.Repository+":rc1"); err == nil || !strings.Contains(said, "The list of components is of release") {
		t.Errorf("to another release: %v\n%s", err, said)
	}
}

// tagged puts an index into an OCI layout under a tag, and gives its digest.
func tagged(t *testing.T, dir, tag, text string) string {
	t.Helper()
	digest := blob.Of([]byte(text))
	if err := os.WriteFile(filepath.Join(dir, "blobs/sha256", digest.Hex()), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	entry := fmt.Sprintf(`"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":%q,"size":%d,"annotations":{"org.opencontainers.image.ref.name":%q}},`, digest, len(text), tag)
	if err := os.WriteFile(filepath.Join(dir, "index.json"), bytes.Replace(list, []byte(`"manifests":[`), []byte(entry), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

// A pipeline copies a package of one release to another that has nothing yet:
// what is wrong with it is said at once; and a package without a list is taken.
func TestAPipelinePushesAPackage(t *testing.T) {
	s := webtest.Demo(t)
	r, p := packaged(t, s, standing(t, s, release.Ready))
	open, _ := packaged(t, s, standing(t, s, release.Planning))
	send := func(password, reference, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPut, s.URL+"/v2/incoming/releases/"+reference, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("bruno", password)
		req.Header.Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		response, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var text bytes.Buffer
		if _, err := text.ReadFrom(response.Body); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, text.String()
	}
	pipeline := token(t, s, "bruno", "dml:read", "dml:write", "build:report")
	if status, text := send(pipeline, r.Repository+"/manifests/again", p.Manifest); status != http.StatusCreated {
		t.Errorf("the same package again: %d %s", status, text)
	}
	if status, text := send(token(t, s, "bruno", "dml:read", "dml:write"), open.Repository+"/manifests/rc1", p.Manifest); status != http.StatusForbidden || !strings.Contains(text, "build:report") {
		t.Errorf("without the scope: %d %s", status, text)
	}
	empty := `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","artifactType":"application/vnd.slipway.release-package.v1+json","manifests":[]}`
	if status, text := send(pipeline, open.Repository+"/manifests/rc1", empty); status != http.StatusForbidden || !strings.Contains(text, "The package is empty.") {
		t.Errorf("an empty package: %d %s", status, text)
	}
	if status, text := send(pipeline, r.Repository+"/manifests/rc1", empty); status != http.StatusForbidden || !strings.Contains(text, "Send it back to build and test first") {
		t.Errorf("to a signed release: %d %s", status, text)
	}
	if status, text := send(pipeline, "pay-2099.1/manifests/rc1", empty); status != http.StatusNotFound {
		t.Errorf("to no release: %d %s", status, text)
	}
}
