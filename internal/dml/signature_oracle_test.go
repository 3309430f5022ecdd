package dml

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
)

// run has a tool of the field do what the library must understand.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GNUPGHOME="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	return string(must[[]byte](t)(os.ReadFile(filepath.Join(dir, name))))
}

// agree asserts that the library takes the signature for the bytes, and for no others.
func agree(t *testing.T, kind KeyKind, public, signature, body string) {
	t.Helper()
	s := signer{name: "oracle", kind: kind, public: public}
	for text, good := range map[string]bool{body: true, body + " ": false} {
		p, err := readSignature(piece{data: []byte(signature)})
		if err != nil || p == nil {
			t.Fatal(p, err)
		}
		r, err := p.rule(context.Background(), []TrustedKey{s.trusted(t, 1)}, db.At(dbtest.Start), 0, []message{inMemory("", []byte(text))})
		if err != nil || (r.standing == Good) != good {
			t.Errorf("%s %s over %q: %+v %v", kind, p.format, text, r, err)
		}
	}
}

func TestSSHKeygenAgrees(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "body", "the program\n")
	for _, kind := range [][]string{{"-t", "ed25519"}, {"-t", "ecdsa", "-b", "256"}, {"-t", "ecdsa", "-b", "521"}, {"-t", "rsa", "-b", "2048"}} {
		name := strings.Join(kind, "")
		run(t, dir, "ssh-keygen", append(kind, "-q", "-N", "", "-C", "maya", "-f", name)...)
		public := read(t, dir, name+".pub")
		for _, how := range [][]string{{"-n", "file"}, {"-n", "slipway", "-O", "hashalg=sha256"}} {
			run(t, dir, "ssh-keygen", append(append([]string{"-Y", "sign", "-q", "-f", name}, how...), "body")...)
			agree(t, SSHKey, public, read(t, dir, "body.sig"), "the program\n")
			if err := os.Remove(filepath.Join(dir, "body.sig")); err != nil {
				t.Fatal(err)
			}
		}
		run(t, dir, "ssh-keygen", "-Y", "sign", "-q", "-f", name, "-n", "git", "body")
		p, err := readSignature(piece{data: []byte(read(t, dir, "body.sig"))})
		if err != nil {
			t.Fatal(err)
		}
		s := signer{kind: SSHKey, public: public}
		if r, err := p.rule(context.Background(), []TrustedKey{s.trusted(t, 1)}, db.At(dbtest.Start), 0, []message{inMemory("", []byte("the program\n"))}); err != nil || r.standing != Mismatch {
			t.Errorf("a signature of a commit passed for one of a file: %+v %v", r, err)
		}
		if err := os.Remove(filepath.Join(dir, "body.sig")); err != nil {
			t.Fatal(err)
		}
	}
	// And the other way round: what the tests sign, the tool accepts.
	s := sshSigner(t, "file")
	write(t, dir, "allowed", "maya@example.org "+s.public)
	write(t, dir, "own.sig", string(s.sign([]byte("the program\n")).data))
	verify := exec.Command("ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "maya@example.org", "-n", "file", "-s", "own.sig")
	verify.Dir, verify.Stdin = dir, strings.NewReader("the program\n")
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestGnuPGAgrees(t *testing.T) {
	dir := must[string](t)(os.MkdirTemp("", "gpg")) // a socket's path must be short
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", dir, "--kill", "all").Run() // none may be left
		_ = os.RemoveAll(dir)
	})
	write(t, dir, "body", "the program\n")
	for _, kind := range []string{"ed25519", "rsa2048"} {
		who := kind + "@example.org"
		common := []string{"--batch", "--quiet", "--faked-system-time", "20261101T000000", "--pinentry-mode", "loopback", "--passphrase", ""}
		run(t, dir, "gpg", append(common, "--quick-generate-key", who, kind, "sign", "never")...)
		public := run(t, dir, "gpg", "--batch", "--quiet", "--armor", "--export", who)
		run(t, dir, "gpg", append(common, "--yes", "-u", who, "--armor", "--output", "armoured", "--detach-sign", "body")...)
		run(t, dir, "gpg", append(common, "--yes", "-u", who, "--output", "binary", "--detach-sign", "body")...)
		agree(t, GPGKey, public, read(t, dir, "armoured"), "the program\n")
		agree(t, GPGKey, public, read(t, dir, "binary"), "the program\n")
	}
}

func TestOpenSSLAgrees(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "body", "the program\n")
	run(t, dir, "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key")
	run(t, dir, "openssl", "ec", "-in", "key", "-pubout", "-out", "key.pub")
	run(t, dir, "openssl", "dgst", "-sha256", "-sign", "key", "-out", "raw", "body")
	agree(t, PEMKey, read(t, dir, "key.pub"), read(t, dir, "raw"), "the program\n")
	run(t, dir, "openssl", "genpkey", "-algorithm", "ed25519", "-out", "ed")
	run(t, dir, "openssl", "pkey", "-in", "ed", "-pubout", "-out", "ed.pub")
	run(t, dir, "openssl", "pkeyutl", "-sign", "-inkey", "ed", "-rawin", "-in", "body", "-out", "edraw")
	agree(t, PEMKey, read(t, dir, "ed.pub"), read(t, dir, "edraw"), "the program\n")
}
