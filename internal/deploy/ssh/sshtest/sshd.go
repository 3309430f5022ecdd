package sshtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Sshd is OpenSSH's own server, as a process of its own on loopback. Its home is
// that of whoever runs the test.
type Sshd struct {
	Port      int64
	User      string
	Home      string
	Key       string // public host key
	authorise string
}

// NewSshd starts one that lets the public keys in.
func NewSshd(t testing.TB, takes ...string) *Sshd {
	t.Helper()
	program, err := exec.LookPath("sshd")
	if err != nil {
		program = "/usr/sbin/sshd"
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatal("there is no sshd; .ci/install installs it")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" { // where it locks the unauthenticated up
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	folder := t.TempDir()
	key := filepath.Join(folder, "host")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v %s", err, out)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	s := &Sshd{User: me.Username, Home: me.HomeDir, Key: strings.TrimSpace(string(public)), Port: free(t), authorise: filepath.Join(folder, "authorized_keys")}
	s.Takes(t, takes...)
	config := fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %s\nAuthorizedKeysFile %s\nPidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n", s.Port, key, s.authorise)
	at := filepath.Join(folder, "sshd_config")
	if err := os.WriteFile(at, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-D", "-e", "-f", at)
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); said.Close() })
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port))
		if err == nil {
			conn.Close()
			return s
		}
		if time.Now().After(end) {
			log, _ := os.ReadFile(said.Name())
			t.Fatalf("sshd does not listen: %s", log)
		}
	}
}

// Takes lets other public keys in, and no more those from before.
func (s *Sshd) Takes(t testing.TB, keys ...string) {
	t.Helper()
	if err := os.WriteFile(s.authorise, []byte(strings.Join(keys, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func free(t testing.TB) int64 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return int64(l.Addr().(*net.TCPAddr).Port)
}
