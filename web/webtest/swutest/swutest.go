// Package swutest runs Debian's SWUpdate, unmodified, as a device of the tests.
package swutest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Image is a signed image for Debian's SWUpdate, which takes no other: it
// installs the payload as a file.
type Image struct {
	Payload []byte
	Bytes   []byte

	dir, cert string
}

// NewImage makes an image that installs its payload as the file `installed`. The
// test is skipped where SWUpdate is not installed.
func NewImage(t *testing.T, installed string) *Image {
	t.Helper()
	for _, tool := range []string{"swupdate", "openssl", "cpio"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed; .ci/install does it", tool)
		}
	}
	s := &Image{dir: t.TempDir(), Payload: bytes.Repeat([]byte("payload of Slipway\n"), 20_000)}
	s.cert = filepath.Join(s.dir, "signer.crt")
	s.run(t, "", "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/O=Slipway test/CN=signer",
		"-addext", "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=emailProtection", "-keyout", "signer.key", "-out", s.cert)
	sum := sha256.Sum256(s.Payload)
	s.write(t, "payload.bin", s.Payload)
	s.write(t, "sw-description", fmt.Appendf(nil, `software = {
	version = "2.0";
	hardware-compatibility: [ "1.0" ];
	files: ( { filename = "payload.bin"; path = "%s"; type = "rawfile"; sha256 = "%s"; } );
}
`, installed, hex.EncodeToString(sum[:])))
	s.run(t, "", "openssl", "cms", "-sign", "-in", "sw-description", "-out", "sw-description.sig", "-signer", s.cert, "-inkey", "signer.key", "-outform", "DER", "-nosmimecap", "-binary")
	s.Bytes = s.run(t, "sw-description\nsw-description.sig\npayload.bin\n", "cpio", "-o", "-H", "crc", "--quiet")
	return s
}

func (s *Image) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *Image) run(t *testing.T, in, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.dir, strings.NewReader(in), &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, said.String())
	}
	return out.Bytes()
}

// Daemon is SWUpdate as it runs on a device.
type Daemon struct {
	t    *testing.T
	dir  string
	conf string
	cmd  *exec.Cmd
	log  bytes.Buffer
}

// NewDaemon gives SWUpdate for the device `id` of a server, with the device's
// own token. It is ended with the test.
func NewDaemon(t *testing.T, s *Image, server, id, token string) *Daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "swu") // its sockets need a short name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &Daemon{t: t, dir: dir, conf: filepath.Join(dir, "swupdate.cfg")}
	text := fmt.Sprintf(`globals : { verbose = true; loglevel = 5; syslog = false; bootloader = "none"; public-key-file = "%s"; };
identify : ( { name = "hwVersion"; value = "1.0"; }, { name = "serialNo"; value = "SN-%s"; } );
suricatta : { tenant = "default"; id = "%s"; url = "%s"; targettoken = "%s"; polldelay = 1; retry = 3; retrywait = "1"; connection-timeout = 5; };
`, s.cert, id, id, server, token)
	if err := os.WriteFile(p.conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// Start runs SWUpdate; -c says what became of the update that it started with.
func (p *Daemon) Start(arguments string) {
	p.t.Helper()
	p.cmd = exec.Command("swupdate", "-f", p.conf, "-H", "board:1.0", "-u", arguments)
	p.cmd.Env = append(os.Environ(), "TMPDIR="+p.dir)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
}

// Stop ends SWUpdate and the children that it has. One that was asked before it
// listens for that is not asked again.
func (p *Daemon) Stop() {
	if p.cmd == nil {
		return
	}
	ended := make(chan struct{})
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait()
		close(ended)
	}(p.cmd)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = syscall.Kill(-p.cmd.Process.Pid, signal)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
		}
	}
	<-ended
	p.cmd = nil
}

// Log is what SWUpdate has said; it is whole once it was stopped.
func (p *Daemon) Log() string { return p.log.String() }
