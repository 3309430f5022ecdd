package ddi_test

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

	"slipway/internal/deploy"
)

// swu is a signed image for Debian's SWUpdate, which takes no other: it installs
// the payload as a file.
type swu struct {
	dir, cert string
	payload   []byte
	image     []byte
}

func newImage(t *testing.T, installed string) *swu {
	t.Helper()
	for _, tool := range []string{"swupdate", "openssl", "cpio"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed; .ci/install does it", tool)
		}
	}
	s := &swu{dir: t.TempDir(), payload: bytes.Repeat([]byte("payload of Slipway\n"), 20_000)}
	s.cert = filepath.Join(s.dir, "signer.crt")
	s.run(t, "", "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/O=Slipway test/CN=signer",
		"-addext", "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=emailProtection", "-keyout", "signer.key", "-out", s.cert)
	sum := sha256.Sum256(s.payload)
	s.write(t, "payload.bin", s.payload)
	s.write(t, "sw-description", fmt.Appendf(nil, `software = {
	version = "2.0";
	hardware-compatibility: [ "1.0" ];
	files: ( { filename = "payload.bin"; path = "%s"; type = "rawfile"; sha256 = "%s"; } );
}
`, installed, hex.EncodeToString(sum[:])))
	s.run(t, "", "openssl", "cms", "-sign", "-in", "sw-description", "-out", "sw-description.sig", "-signer", s.cert, "-inkey", "signer.key", "-outform", "DER", "-nosmimecap", "-binary")
	s.image = s.run(t, "sw-description\nsw-description.sig\npayload.bin\n", "cpio", "-o", "-H", "crc", "--quiet")
	return s
}

func (s *swu) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *swu) run(t *testing.T, in, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.dir, strings.NewReader(in), &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, said.String())
	}
	return out.Bytes()
}

// daemon is SWUpdate as it runs on a device.
type daemon struct {
	t    *testing.T
	dir  string
	conf string
	cmd  *exec.Cmd
	log  bytes.Buffer
}

func newDaemon(t *testing.T, s *swu, d *device) *daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "swu") // its sockets need a short name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &daemon{t: t, dir: dir, conf: filepath.Join(dir, "swupdate.cfg")}
	text := fmt.Sprintf(`globals : { verbose = true; loglevel = 5; syslog = false; bootloader = "none"; public-key-file = "%s"; };
identify : ( { name = "hwVersion"; value = "1.0"; }, { name = "serialNo"; value = "SN-%s"; } );
suricatta : { tenant = "default"; id = "%s"; url = "%s"; targettoken = "%s"; polldelay = 1; retry = 3; retrywait = "1"; connection-timeout = 5; };
`, s.cert, d.id, d.id, d.f.url, strings.TrimPrefix(d.auth, "TargetToken "))
	if err := os.WriteFile(p.conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}

// start runs SWUpdate; -c says what became of the update that it started with.
func (p *daemon) start(arguments string) {
	p.t.Helper()
	p.cmd = exec.Command("swupdate", "-f", p.conf, "-H", "board:1.0", "-u", arguments)
	p.cmd.Env = append(os.Environ(), "TMPDIR="+p.dir)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
}

// stop ends SWUpdate and the children that it has.
func (p *daemon) stop() {
	if p.cmd == nil {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	_ = p.cmd.Wait()
	p.cmd = nil
}

// until waits for a device to stand somewhere.
func (p *daemon) until(f *world, n int64, id string, state deploy.TargetState) {
	p.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); <-tick.C {
		if f.target(n, id).State == state {
			return
		}
	}
	got := f.target(n, id)
	p.stop() // so that its log is whole
	p.t.Fatalf("%s is %s (%s) and never came to be %s\n%s", id, got.State, got.Reason, state, p.log.String())
}

// Debian's SWUpdate, as it is packaged, updates from Slipway: a pilot that
// confirms its boot, and another device that comes up with a failure.
func TestDebiansSWUpdate(t *testing.T) {
	installed := filepath.Join(t.TempDir(), "installed.bin")
	s := newImage(t, installed)
	f := newWorld(t, s.image, "dev-1", "dev-2")
	f.must(f.app.Deploy.EditPull(ctx, f.omar, "field", 0, deploy.PullDraft{PollSeconds: 1, ConfirmMinutes: 30, StuckMinutes: 120}))
	first := newDaemon(t, s, f.device("dev-1"))
	first.start("")
	f.start(1)
	first.until(f, 1, "dev-1", deploy.TargetInstalled)
	first.stop()
	if got, err := os.ReadFile(installed); err != nil || !bytes.Equal(got, s.payload) {
		t.Fatalf("%d bytes are installed: %v", len(got), err)
	}
	first.start("-c 2") // as after a reboot into what was installed
	first.until(f, 1, "dev-1", deploy.TargetVerified)
	first.stop()
	f.waveIs(1, deploy.WaveComplete)
	detail, err := f.app.Deploy.TargetDetail(ctx, f.maya, "dev-1")
	f.must(err)
	if detail.Target.Reported != "hwVersion=1.0\nserialNo=SN-dev-1" || len(detail.Actions) != 1 || detail.Actions[0].State != deploy.PullDone {
		t.Errorf("%q, %+v", detail.Target.Reported, detail.Actions)
	}

	second := newDaemon(t, s, f.device("dev-2"))
	second.start("")
	f.start(2)
	second.until(f, 2, "dev-2", deploy.TargetInstalled)
	second.stop()
	second.start("-c 3") // the new system did not come up
	second.until(f, 2, "dev-2", deploy.TargetFailed)
	f.waveIs(2, deploy.WaveFailed)
}
