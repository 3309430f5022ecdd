package ssh_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy/ssh"
	"slipway/internal/deploy/ssh/sshtest"
)

// calm is for a server that shares its cores with other tests: it need not answer
// within hasty's twentieth of a second while five megabytes come in.
var calm = ssh.Patience{Connect: 20 * time.Second, Alive: 5 * time.Second, Operation: 30 * time.Second}

// TestOpenSSH goes the whole way with the server that real hosts run.
func TestOpenSSH(t *testing.T) {
	private, public, err := ssh.NewKey("slipway production")
	if err != nil {
		t.Fatal(err)
	}
	real := sshtest.NewSshd(t, public)
	h := ssh.Host{Address: "127.0.0.1", Port: real.Port, User: real.User}
	if h.Key, err = ssh.HostKey(ctx, h, calm); err != nil || h.Key != real.Key {
		t.Fatalf("the host shows %q, %v; it has %q", h.Key, err, real.Key)
	}
	c, err := ssh.Dial(ctx, h, [][]byte{private}, calm)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	name := fmt.Sprintf("test-%d", time.Now().UnixNano())
	f, err := c.Open(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(real.Home, ".slipway", name)
	defer os.RemoveAll(at)
	body := strings.Repeat("image", 1_000_000)
	if err := errors.Join(f.Room(ctx, int64(len(body))), f.Put(ctx, ssh.File{Name: "image", Size: int64(len(body)), Body: strings.NewReader(body)})); err != nil {
		t.Fatal(err)
	}
	if err := f.Room(ctx, 1<<60); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("there is room for an exbibyte: %v", err)
	}
	if got, err := f.Digest(ctx, "image", int64(len(body))); err != nil || got != fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(body))) {
		t.Errorf("hashed %s, %v", got, err)
	}
	var out ssh.Output
	code, err := f.Run(ctx, command("ls; echo oops >&2; exit 7"), &out)
	if text, _ := out.Text(); err != nil || code != 7 || text != "image\noops\n" {
		t.Errorf("%d, %v, %q", code, err, text)
	}
	hangs := ssh.Command{ID: "install-2", Once: "me", Line: "trap '' TERM; sleep 600 & echo $! >child; wait; sleep 600", Limit: 1500 * time.Millisecond}
	if _, err := f.Run(ctx, hangs, &out); !errors.Is(err, ssh.ErrTime) {
		t.Errorf("%v, want it to be out of time", err)
	}
	child, err := os.ReadFile(filepath.Join(at, "files", "child"))
	if err != nil || len(child) == 0 {
		t.Fatalf("it did not begin: %v", err)
	}
	gone(t, strings.TrimSpace(string(child)))
}
