package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/client"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
)

func TestPutAndGetAtAServer(t *testing.T) {
	s := serveData(t, dataFolder(t))
	file, digest := bigFile(t, 3<<20)
	at := []string{"--server", s.url, "--token", s.token}
	put := append([]string{"dml", "put", "--item", "payments/server", "--version", "1.0", "--json", file}, at...)

	s.line.up.Store(2 << 20) // the line breaks in the middle of the file
	status, out := slipway(t, put...)
	var m client.Media
	if status != 0 || json.Unmarshal([]byte(out), &m) != nil || m.Digest != digest.String() || m.State != string(dml.Checking) || strings.Count(out, "\n") != 1 {
		t.Fatal(status, out)
	}
	if s.line.breaks.Load() != 1 || s.line.sent.Load() > 4<<20 {
		t.Fatalf("%d breaks, %d bytes were sent", s.line.breaks.Load(), s.line.sent.Load())
	}
	before := s.line.sent.Load()
	if status, out := slipway(t, put...); status != 0 || !strings.Contains(out, digest.String()) || s.line.sent.Load()-before > 1<<20 {
		t.Fatal("the same bytes again:", status, out)
	}

	target := filepath.Join(t.TempDir(), "got")
	s.line.down.Store(1 << 20)
	if status, out := slipway(t, append([]string{"dml", "get", "--json", "-o", target, "payments/server:1.0"}, at...)...); status != 0 || !strings.Contains(out, `"digest":"`+digest.String()) {
		t.Fatal(status, out)
	}
	if got, err := os.ReadFile(target); err != nil || blob.Of(got) != digest || s.line.breaks.Load() != 2 {
		t.Fatal(err, len(got), s.line.breaks.Load())
	}
	if status, _ := slipway(t, append([]string{"dml", "get", "-o", target, digest.String()}, at...)...); status != 1 {
		t.Fatal("an existing file was written over")
	}
	s.line.down.Store(1 << 20)
	if status, out := slipway(t, append([]string{"dml", "get", digest.String()}, at...)...); status != 0 || blob.Of([]byte(out)) != digest {
		t.Fatal("standard output:", status, len(out))
	}
	if status, out := slipway(t, append([]string{"dml", "verify", "--json", "payments/server:1.0"}, at...)...); status != 0 || !strings.Contains(out, `"intact":true`) {
		t.Fatal(status, out)
	}
	if left, err := os.ReadDir(filepath.Dir(target)); err != nil || len(left) != 1 {
		t.Fatal("something was left behind:", left, err)
	}
}

func TestServerSaysNo(t *testing.T) {
	data := dataFolder(t)
	s := serveData(t, data)
	file, digest := bigFile(t, 100)
	at := []string{"--server", s.url, "--token", s.token}
	put := func(version string, more ...string) []string {
		return append(append([]string{"dml", "put", "--item", "payments/server", "--version", version, file}, at...), more...)
	}
	if status, _ := slipway(t, put("1.0")...); status != 0 {
		t.Fatal(status)
	}
	if err := os.WriteFile(file, []byte("other bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(t.TempDir(), "got")
	get := append([]string{"dml", "get", "-o", target}, at...)
	for name, one := range map[string]struct {
		args   []string
		status int
		words  string
	}{
		"a version with other bytes": {put("1.0"), 1, "holds other bytes"},
		"a version that is none":     {put("no/label"), 1, "A version has letters"},
		"another digest":             {put("2.0", "--digest", blob.Of(nil).String()), 1, "nothing was sent"},
		"a false token":              {put("2.0", "--token", "slw_false"), 1, "--token or SLIPWAY_TOKEN"},
		"a reading token":            {put("2.0", "--token", tokenFor(t, data, "dml:read")), 1, "needs the scope"},
		"no token":                   {put("2.0", "--token", ""), 2, "needs --token"},
		"no address":                 {put("2.0", "--server", "slipway.example.org"), 2, "no address of a server"},
		"neither user nor server":    {[]string{"dml", "put", "--item", "a", "--version", "1", file}, 2, "--user with a data folder, or --server"},
		"nothing of the name":        {append(get, "payments/server:9"), 1, "holds no payments/server:9"},
		"no name":                    {append(get, "payments"), 1, "ITEM:VERSION"},
		"json without a file":        {append([]string{"dml", "get", "--json", "a:1"}, at...), 2, "--json needs -o"},
		"verify all, by a submitter": {append([]string{"dml", "verify"}, at...), 1, "needs the scope for it, and its owner the role"},
		"collect, by a submitter":    {append([]string{"dml", "gc"}, at...), 1, "needs the scope for it, and its owner the role"},
		"a rehearsal at a server":    {append([]string{"dml", "verify", "--rehearse", "cora"}, at...), 2, "without --server"},
	} {
		status, said := stderr(t, one.args...)
		if status != one.status || !strings.Contains(said, one.words) || strings.Count(said, "\n") != 1 || strings.Contains(said, s.token) {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	damageAll(t, data)
	if status, out := slipway(t, append([]string{"dml", "verify", "--json", "payments/server:1.0"}, at...)...); status != 1 || !strings.Contains(out, `"intact":false`) {
		t.Error(status, out)
	}
	if status, said := stderr(t, append(get, digest.String())...); status != 1 || !strings.Contains(said, "cannot vouch") {
		t.Error(status, said)
	}
	if left, err := os.ReadDir(filepath.Dir(target)); err != nil || len(left) > 1 || len(left) == 1 && !strings.HasSuffix(left[0].Name(), ".part") {
		t.Error("something stands under the final name:", left, err)
	}
}
