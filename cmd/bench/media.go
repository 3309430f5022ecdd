package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"slipway/internal/app"
)

// media measures the library: in this process, beside Debian's docker-registry
// over loopback, and with a million components in its bills of materials.
func (b bench) media(ctx context.Context) error {
	if err := inProcess(ctx, b.dir, b.rounds); err != nil {
		return err
	}
	fill, err := b.demo(ctx, "media", 18)
	if err != nil {
		return err
	}
	fill.stop()
	token, err := b.tokenOf(ctx, "bruno")
	if err != nil {
		return err
	}
	if err := b.beside(ctx, token); err != nil {
		return err
	}
	return b.searched(ctx)
}

// tokenOf makes a token that may push, while no server has the data.
func (b bench) tokenOf(ctx context.Context, username string) (string, error) {
	a, err := app.Open(ctx, app.Config{Data: filepath.Join(b.dir, "media")})
	if err != nil {
		return "", err
	}
	defer a.Close()
	actor, err := a.Identity.Local(ctx, username)
	if err != nil {
		return "", err
	}
	return a.Identity.CreateToken(ctx, actor, "bench", []string{"dml:read", "dml:write"}, 0)
}

// debian unpacks Debian's docker-registry beneath the folder, installs nothing,
// and starts it. Nil without an error: this machine cannot fetch it.
func (b bench) debian(ctx context.Context) (*process, error) {
	folder := filepath.Join(b.dir, "debian")
	if err := os.MkdirAll(filepath.Join(folder, "data"), 0o755); err != nil {
		return nil, err
	}
	fetch := exec.CommandContext(ctx, "apt-get", "download", "-qq", "docker-registry")
	fetch.Dir = folder
	if said, err := fetch.CombinedOutput(); err != nil {
		fmt.Printf("docker-registry cannot be fetched, so that nothing stands beside Slipway: %v: %s\n", err, said)
		return nil, nil
	}
	packages, err := filepath.Glob(filepath.Join(folder, "*.deb"))
	if err != nil || len(packages) != 1 {
		return nil, fmt.Errorf("apt-get brought %v: %w", packages, err)
	}
	if said, err := exec.CommandContext(ctx, "dpkg", "-x", packages[0], folder).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("unpack docker-registry: %w: %s", err, said)
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "config.yml")
	text := fmt.Sprintf("version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: %s\n  delete:\n    enabled: true\nhttp:\n  addr: %s\n", filepath.Join(folder, "data"), addr)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return launchAt(ctx, addr, filepath.Join(folder, "usr/bin/docker-registry"), "serve", config)
}

// timed are the least times of one server.
type timed struct{ pushLarge, pullLarge, push1, pull1, push8, pull8 time.Duration }

// contender is a server, where it keeps the bytes of a digest, and its times.
type contender struct {
	*registry
	server *process
	file   func(hex string) string
	took   timed
}

// beside pushes to and pulls from both servers in turn.
func (b bench) beside(ctx context.Context, token string) error {
	server, err := launch(ctx, b.binary, "serve", "--data", filepath.Join(b.dir, "media"), "--addr", "{addr}", "--log-level", "error")
	if err != nil {
		return err
	}
	defer server.stop()
	contenders := []*contender{{registry: newRegistry("slipway", server.url, "incoming/bench/blobs", "bruno", token), server: server,
		file: func(hex string) string { return filepath.Join(b.dir, "media/media/sha256", hex[:2], hex) }}}
	peer, err := b.debian(ctx)
	if err != nil {
		return err
	}
	if peer != nil {
		defer peer.stop()
		contenders = append(contenders, &contender{registry: newRegistry("docker-registry", peer.url, "bench/blobs", "", ""), server: peer,
			file: func(hex string) string {
				return filepath.Join(b.dir, "debian/data/docker/registry/v2/blobs/sha256", hex[:2], hex, "data")
			}})
	}
	before := make([]float64, len(contenders))
	for i, c := range contenders {
		if err := c.push(newThing(small, 1)); err != nil { // warm up
			return err
		}
		before[i] = c.server.memory()
	}
	for round := range b.rounds {
		for _, c := range contenders {
			if err := c.round(round); err != nil {
				return err
			}
		}
	}
	for i, c := range contenders {
		fmt.Printf("%s, MiB/s: push 1 GiB %.0f, pull %.0f; 200 x 1 MiB push %.0f, pull %.0f, eight at once push %.0f, pull %.0f; memory %.0f -> %.0f MiB\n", c.name,
			mib(large, c.took.pushLarge), mib(large, c.took.pullLarge), mib(200*small, c.took.push1), mib(200*small, c.took.pull1),
			mib(200*small, c.took.push8), mib(200*small, c.took.pull8), before[i], c.server.memory())
	}
	verdict("media: server memory growth over the run, MiB", contenders[0].server.memory()-before[0], "<=", 26, "proportional set")
	if peer == nil {
		return nil
	}
	ours, theirs := contenders[0].took, contenders[1].took
	verdict("media: push 1 GiB / docker-registry", ratio(theirs.pushLarge, ours.pushLarge), ">=", 2, "rates")
	verdict("media: verified pull of 1 GiB / docker-registry", ratio(theirs.pullLarge, ours.pullLarge), ">=", 1, "level or better")
	verdict("media: push 200 x 1 MiB, one at a time", ratio(theirs.push1, ours.push1), ">=", 3, "")
	verdict("media: push 200 x 1 MiB, eight at once", ratio(theirs.push8, ours.push8), ">=", 3, "")
	verdict("media: pull 200 x 1 MiB, one at a time", ratio(theirs.pull1, ours.pull1), ">=", 3, "")
	verdict("media: pull 200 x 1 MiB, eight at once", ratio(theirs.pull8, ours.pull8), ">=", 3, "")
	return nil
}

// round pushes and pulls once everything that is measured, and takes the bytes
// away again behind the server's back.
func (c *contender) round(round int) error {
	mark := uint64(round+1) * 1000
	big := []thing{newThing(large, mark)}
	var one, eight []thing
	for n := range uint64(200) {
		one, eight = append(one, newThing(small, mark+n)), append(eight, newThing(small, mark+200+n))
	}
	for _, part := range []struct {
		things   []thing
		parallel int
		do       func(thing) error
		took     *time.Duration
	}{{big, 1, c.push, &c.took.pushLarge}, {big, 1, c.pull, &c.took.pullLarge}, {one, 1, c.push, &c.took.push1}, {one, 1, c.pull, &c.took.pull1},
		{eight, 8, c.push, &c.took.push8}, {eight, 8, c.pull, &c.took.pull8}} {
		syscall.Sync() // what others left to be written is not this one's
		took, err := each(part.things, part.parallel, part.do)
		if err != nil {
			return err
		}
		*part.took = least(round, *part.took, took)
	}
	for _, t := range append(append(big, one...), eight...) {
		if err := os.Remove(c.file(strings.TrimPrefix(t.digest, "sha256:"))); err != nil {
			return err
		}
	}
	return nil
}
