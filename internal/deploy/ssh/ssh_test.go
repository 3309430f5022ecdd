package ssh_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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

var ctx = context.Background()

// hasty waits no longer than a test may.
var hasty = ssh.Patience{Connect: 2 * time.Second, Alive: 50 * time.Millisecond, Operation: 5 * time.Second}

type place struct {
	t       *testing.T
	host    *sshtest.Host
	private []byte
}

func newPlace(t *testing.T) *place {
	t.Helper()
	private, public, err := ssh.NewKey("slipway production")
	if err != nil {
		t.Fatal(err)
	}
	return &place{t, sshtest.New(t, public), private}
}

func (p *place) address() ssh.Host {
	return ssh.Host{Address: "127.0.0.1", Port: p.host.Port, User: "deploy", Key: p.host.Key()}
}

func (p *place) dial() *ssh.Conn {
	p.t.Helper()
	c, err := ssh.Dial(ctx, p.address(), [][]byte{p.private}, hasty)
	p.must(err)
	p.t.Cleanup(func() { c.Close() })
	return c
}

func (p *place) folder() *ssh.Folder {
	p.t.Helper()
	f, err := p.dial().Open(ctx, "PAY-1.w1")
	p.must(err)
	return f
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// there reads a file of the host's home once it is there.
func (p *place) there(name string) string {
	p.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if b, err := os.ReadFile(filepath.Join(p.host.Home, name)); err == nil && len(b) > 0 {
			return string(b)
		}
	}
	p.t.Fatalf("%s is not there", name)
	return ""
}

func says(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v, want it to say %q", err, word)
		}
	}
}

// gone waits for the end of a process.
func gone(t *testing.T, pid string) {
	t.Helper()
	var stat []byte
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var err error
		if stat, err = os.ReadFile("/proc/" + pid + "/stat"); err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("it still runs: %s", stat)
}

func command(line string) ssh.Command {
	return ssh.Command{ID: "install-1", Once: "me", Line: line, Limit: 20 * time.Second}
}

func TestFilesAreStagedHashedAndUsed(t *testing.T) {
	p := newPlace(t)
	f := p.folder()
	body := strings.Repeat("bytes of the image\n", 100_000)
	p.must(f.Room(ctx, int64(len(body))))
	p.must(f.Put(ctx, ssh.File{Name: "image.bin", Size: int64(len(body)), Body: strings.NewReader(body)}))
	got, err := f.Digest(ctx, "image.bin", int64(len(body)))
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(body))); err != nil || got != want {
		t.Errorf("the host hashed %s, %v; want %s", got, err, want)
	}
	var out ssh.Output
	c := command("head -c 5 image.bin; echo; echo \"$SLIPWAY_RELEASE $ODD\"; exit 3")
	c.Env = map[string]string{"SLIPWAY_RELEASE": "PAY-1", "ODD": "it's `not` $(run); \"here\""}
	code, err := f.Run(ctx, c, &out)
	text, _ := out.Text()
	if err != nil || code != 3 || text != "bytes\nPAY-1 it's `not` $(run); \"here\"\n" {
		t.Errorf("ended with %d, %v and said %q", code, err, text)
	}
	if info, _ := os.Stat(filepath.Join(p.host.Home, ".slipway")); info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into the staging folder: %s", info.Mode())
	}
	if _, err := f.Run(ctx, c, &out); !errors.Is(err, ssh.ErrBegun) {
		t.Errorf("a command ran a second time: %v", err)
	}
	if b, err := f.Ask(ctx, "install-1"); err != nil || !b.Ended || b.Code != 3 {
		t.Errorf("the folder says %+v, %v", b, err)
	}
	if b, err := f.Ask(ctx, "verify-1"); err != nil || b.Begun {
		t.Errorf("a command that was never begun is %+v, %v", b, err)
	}
}

func TestOwnCodesAreNoSignals(t *testing.T) {
	for _, own := range []int{70, 74, 75} {
		p := newPlace(t)
		code, err := p.folder().Run(ctx, command(fmt.Sprintf("exit %d", own)), &ssh.Output{})
		if err != nil || code != own {
			t.Errorf("a command that ends with %d gives %d, %v", own, code, err)
		}
	}
}

func TestAnotherHostKeyIsRefused(t *testing.T) {
	p := newPlace(t)
	pinned := p.address()
	shown, err := ssh.HostKey(ctx, pinned, hasty)
	if err != nil || shown != pinned.Key {
		t.Errorf("the host shows %q, %v", shown, err)
	}
	was, _ := ssh.Fingerprint(pinned.Key)
	p.host.Rekey(t)
	now, _ := ssh.Fingerprint(p.host.Key())
	_, err = ssh.Dial(ctx, pinned, [][]byte{p.private}, hasty)
	says(t, err, was, now)
	var differ *ssh.KeyError
	if !errors.As(err, &differ) || differ.Key != p.host.Key() {
		t.Errorf("%v does not carry the key that was shown", err)
	}
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.host.UseKey(t, other)
	now, _ = ssh.Fingerprint(p.host.Key())
	_, err = ssh.Dial(ctx, pinned, [][]byte{p.private}, hasty)
	says(t, err, was, now)
	pinned.Key = ""
	_, err = ssh.Dial(ctx, pinned, [][]byte{p.private}, hasty)
	says(t, err, now, "nobody has accepted")
	if p.host.Runs() != 0 {
		t.Error("something ran on a host that nobody trusts")
	}
}

func TestKeysRotate(t *testing.T) {
	p := newPlace(t)
	private, public, err := ssh.NewKey("next")
	p.must(err)
	p.host.Takes(public)
	_, err = ssh.Dial(ctx, p.address(), [][]byte{p.private}, hasty)
	says(t, err, "authorized_keys")
	c, err := ssh.Dial(ctx, p.address(), [][]byte{p.private, private}, hasty)
	p.must(err)
	p.must(c.Close())
}

func TestHostThatDoesNotAnswer(t *testing.T) {
	p := newPlace(t)
	p.host.Mute(true)
	quick := hasty
	quick.Connect = 100 * time.Millisecond
	_, err := ssh.Dial(ctx, p.address(), [][]byte{p.private}, quick)
	says(t, err, "did not answer in time")
	_, err = ssh.HostKey(ctx, p.address(), quick)
	says(t, err, "did not answer in time")
	p.host.Mute(false)
	f := p.folder()
	ended := make(chan error)
	go func() {
		_, err := f.Run(ctx, command("echo >began; sleep 60"), &ssh.Output{})
		ended <- err
	}()
	p.there(".slipway/PAY-1.w1/files/began")
	p.host.Deaf(true) // it keeps the connection and gives no sign of life
	select {
	case err := <-ended:
		says(t, err, "broke off")
	case <-time.After(10 * time.Second):
		t.Fatal("waits for a host that is gone")
	}
	p.host.Deaf(false)
	p.must(p.folder().Stop(ctx, "install-1"))
}

func TestCommandThatHangsIsKilledWithItsChildren(t *testing.T) {
	p := newPlace(t)
	f := p.folder()
	c := command("sleep 600 & echo $! >child; wait")
	c.Limit = 1500 * time.Millisecond
	_, err := f.Run(ctx, c, &ssh.Output{})
	if !errors.Is(err, ssh.ErrTime) {
		t.Errorf("%v, want it to be out of time", err)
	}
	child := strings.TrimSpace(p.there(".slipway/PAY-1.w1/files/child"))
	gone(t, child)
}

func TestFloodIsCutAndStopped(t *testing.T) {
	p := newPlace(t)
	var out ssh.Output
	f := p.folder()
	_, err := f.Run(ctx, command("echo first; yes"), &out)
	if !errors.Is(err, ssh.ErrFlood) {
		t.Errorf("%v, want a flood", err)
	}
	text, total := out.Text()
	if len(text) > ssh.MaxOutput+100 || total < ssh.Flood/2 || !strings.HasPrefix(text, "first\ny\n") || !strings.Contains(text, "bytes are left out") {
		t.Errorf("kept %d of %d bytes", len(text), total)
	}
	out = ssh.Output{}
	c := command("head -c 1000000 /dev/zero; echo; echo the end")
	c.ID = "install-2"
	code, err := f.Run(ctx, c, &out)
	text, _ = out.Text()
	if err != nil || code != 0 || !strings.HasSuffix(text, "\nthe end\n") || strings.Contains(text, "\x00") {
		t.Errorf("%d, %v; the end of a long output is not kept: %q", code, err, text[len(text)-20:])
	}
}

func TestConnectionThatDropsStopsNoCommand(t *testing.T) {
	p := newPlace(t)
	f := p.folder()
	ended := make(chan error)
	go func() {
		_, err := f.Run(ctx, command("echo >began; until [ -e go-on ]; do echo waits; sleep 0.01; done; echo 1 >>ran; exit 4"), &ssh.Output{})
		ended <- err
	}()
	p.there(".slipway/PAY-1.w1/files/began")
	p.host.Drop()
	says(t, <-ended, "broke off")
	f = p.folder()
	b, err := f.Ask(ctx, "install-1")
	p.must(err)
	lives, err := f.Lives(ctx, b)
	if err != nil || !b.Begun || b.Ended || !lives {
		t.Fatalf("%+v, lives %v, %v: the command should have gone on", b, lives, err)
	}
	p.must(os.WriteFile(filepath.Join(p.host.Home, ".slipway/PAY-1.w1/files/go-on"), nil, 0o600))
	p.there(".slipway/PAY-1.w1/ended.install-1")
	if b, err = f.Ask(ctx, "install-1"); err != nil || !b.Ended || b.Code != 4 {
		t.Errorf("%+v, %v: how it ended is not known", b, err)
	}
	if ran := p.there(".slipway/PAY-1.w1/files/ran"); ran != "1\n" {
		t.Errorf("it ran %q", ran)
	}
}

func TestCommandOfAPowerCutIsUnknown(t *testing.T) {
	p := newPlace(t)
	f := p.folder()
	at := filepath.Join(p.host.Home, ".slipway/PAY-1.w1/begun.install-1")
	p.must(os.WriteFile(at, []byte("other 999999999\n"), 0o600))
	b, err := f.Ask(ctx, "install-1")
	p.must(err)
	if lives, err := f.Lives(ctx, b); err != nil || lives || !b.Begun || b.Ended {
		t.Errorf("%+v, lives %v, %v", b, lives, err)
	}
	if _, err := f.Run(ctx, command("touch ran"), &ssh.Output{}); !errors.Is(err, ssh.ErrBegun) {
		t.Errorf("%v: what may have run before ran again", err)
	}
}

func TestFullDisk(t *testing.T) {
	p := newPlace(t)
	p.host.Full(true)
	f := p.folder()
	says(t, f.Room(ctx, 10), "disk is full", "0 bytes")
	err := f.Put(ctx, ssh.File{Name: "image", Size: 5, Body: strings.NewReader("image")})
	says(t, err, "image was not staged", "disk is full")
	_, err = f.Run(ctx, command("touch ran"), &ssh.Output{})
	says(t, err, "was not begun", "disk is full")
}

func TestHostWithoutSha256sum(t *testing.T) {
	p := newPlace(t)
	f := p.folder()
	p.must(f.Put(ctx, ssh.File{Name: "image", Size: 5, Body: strings.NewReader("image")}))
	p.host.Path("/nowhere")
	_, err := f.Digest(ctx, "image", 5)
	says(t, err, "has no sha256sum")
}

func TestShortFileIsNotStaged(t *testing.T) {
	p := newPlace(t)
	f := p.folder()
	err := f.Put(ctx, ssh.File{Name: "image", Size: 50, Body: strings.NewReader("image")})
	says(t, err, "50 bytes")
	if _, err := os.Stat(filepath.Join(p.host.Home, ".slipway/PAY-1.w1/files/image")); err == nil {
		t.Error("half a file has the name of the whole one")
	}
	says(t, f.Put(ctx, ssh.File{Name: "../../.ssh/authorized_keys", Size: 5, Body: strings.NewReader("image")}), "is no name")
}

func TestEarlierAttemptsAreCleared(t *testing.T) {
	p := newPlace(t)
	c := p.dial()
	for _, name := range []string{"PAY-1.w1.a1", "PAY-1.w1.a2", "PAY-2.w1.a1"} {
		_, err := c.Open(ctx, name)
		p.must(err)
	}
	f, err := c.Open(ctx, "PAY-1.w1.a2")
	p.must(err)
	p.must(f.Clear(ctx, "PAY-1.w1."))
	list, _ := filepath.Glob(filepath.Join(p.host.Home, ".slipway/*"))
	if len(list) != 2 || filepath.Base(list[0]) != "PAY-1.w1.a2" {
		t.Errorf("left are %v", list)
	}
}

func TestNamesCannotTrick(t *testing.T) {
	for text, want := range map[string]string{
		"image-2.0.bin": "image-2.0.bin", "../../etc/passwd": "passwd", "..": "_", ".": "_", "": "_", "/": "_", `c:\boot\x.img`: "x.img", ".bashrc": "_bashrc",
		"-rf": "_rf", "a b;rm -rf $HOME": "HOME", "x;rm y": "x_rm_y", "a\nb": "a_b", "$(id)": "__id_", "mål.bin": "m_l.bin", "a/": "a", strings.Repeat("x", 300): strings.Repeat("x", 100),
	} {
		if got := ssh.Name(text); got != want && text != "a b;rm -rf $HOME" || strings.ContainsAny(got, "/ ;$\n") {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
		if again := ssh.Name(ssh.Name(text)); again != ssh.Name(text) {
			t.Errorf("%q is no name of its own: %q", ssh.Name(text), again)
		}
	}
	if got := fmt.Sprint(ssh.Names([]string{"a/x", "b/x", "X", "y"})); got != "[x 2-x 3-X y]" {
		t.Errorf("beside each other: %s", got)
	}
}

func TestKeysAreRead(t *testing.T) {
	_, public, err := ssh.NewKey("me")
	if err != nil {
		t.Fatal(err)
	}
	tidy, err := ssh.TidyKey("  " + public + "\n")
	if err != nil || tidy+" me" != public {
		t.Errorf("%q, %v", tidy, err)
	}
	for _, bad := range []string{"", "ssh-ed25519", "ssh-ed25519 AAAA", `command="id" ` + public, public + "\n" + public} {
		if _, err := ssh.TidyKey(bad); err == nil {
			t.Errorf("%q counts as a key", bad)
		}
	}
}

func TestEndThatIsNotWrittenDown(t *testing.T) {
	p := newPlace(t)
	_, err := p.folder().Run(ctx, command(`kill -9 $PPID`), &ssh.Output{}) // as a host without memory does
	if !errors.Is(err, ssh.ErrLost) {
		t.Errorf("%v, want it to be lost", err)
	}
}
