package dml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// evil is what the daemon's only signature knows.
const evil = "SLIPWAY-MALWARE-TEST"

// realClamd starts ClamAV's own daemon with a signature of the test's own, and
// gives the address of its socket.
func realClamd(t *testing.T) string {
	t.Helper()
	program := ""
	for _, name := range []string{"/usr/sbin/clamd", "../../bin/clamav/usr/sbin/clamd"} {
		if _, err := os.Stat(name); err == nil && program == "" {
			program = name
		}
	}
	if program == "" {
		t.Skip("clamd is not here; make install brings it")
	}
	dir, err := os.MkdirTemp("", "clamd") // short enough for the name of a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket, config := filepath.Join(dir, "socket"), filepath.Join(dir, "clamd.conf")
	for name, text := range map[string]string{
		"test.ndb":   fmt.Sprintf("Slipway.Test:0:*:%x\n", evil),
		"clamd.conf": fmt.Sprintf("Foreground yes\nLocalSocket %s\nDatabaseDirectory %s\nStreamMaxLength 1M\nMaxFileSize 600K\nAlertExceedsMax yes\n", socket, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	daemon := exec.Command(program, "-c", config)
	daemon.Stdout, daemon.Stderr = &said, &said
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = daemon.Wait() // what it said tells
		close(ended)
	}()
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		<-ended
	})
	for answer := ""; answer != "PONG\x00"; {
		select {
		case <-ended:
			t.Fatalf("clamd ended: %s", &said)
		case <-t.Context().Done():
			t.Fatal("clamd does not answer")
		case <-time.After(10 * time.Millisecond):
		}
		if conn, err := net.Dial("unix", socket); err == nil {
			_, _ = conn.Write([]byte("zPING\x00"))
			data, _ := io.ReadAll(conn)
			answer = string(data)
			_ = conn.Close()
		}
	}
	return socket
}

func (l library) checkOf(v *Version, code string) Check {
	l.t.Helper()
	var list []Check
	if err := l.db.View(context.Background(), func(tx *db.Tx) (err error) { list, err = checksOf(tx, v.ID); return err }); err != nil {
		l.t.Fatal(err)
	}
	for _, c := range list {
		if c.Code == code {
			return c
		}
	}
	l.t.Fatal("no check of", code)
	return Check{}
}

func TestClamAVLooksAtWhatIsSubmitted(t *testing.T) {
	l := newLibrary(t, WithScanner(NewClamd(realClamd(t))))
	ctx := context.Background()
	plain := strings.Repeat("an ordinary program ", 10_000)
	for name, one := range map[string]struct {
		content string
		verdict Verdict
		words   string
	}{
		"clean":                         {plain, Met, "ClamAV found nothing"},
		"evil":                          {plain + evil, Unmet, "ClamAV found Slipway.Test"},
		"evil in an archive":            {string(gzipped(t, strings.NewReader(plain+evil))), Unmet, "ClamAV found Slipway.Test"},
		"larger than the stream may be": {strings.Repeat(plain, 12), Unknown, "Not checked: the file is larger than ClamAV looks at"},
		"larger than a file may be":     {strings.Repeat(plain, 4), Unknown, "Not checked: the file is larger than ClamAV looks at"},
	} {
		v := l.receive(l.bruno, strings.ReplaceAll(name, " ", "-"), one.content)
		if c := l.checkOf(v, "malware"); c.Verdict != one.verdict || !strings.Contains(c.Detail, one.words) {
			t.Errorf("%s: %+v", name, c)
		}
		if one.verdict == Unmet {
			wantKind(t, l.Accept(ctx, l.cora, v.ID, v.Row.Version, Decision{}), fault.Refused, "Slipway.Test")
		}
	}
	// an image is as good as the worst of its layers, whichever comes last
	r := l.Registry(robot(l.bruno))
	for label, one := range map[string]struct {
		layers  []string
		verdict Verdict
	}{
		"clean": {[]string{"a", "b"}, Met}, "evil-first": {[]string{evil, "a", "b", "c"}, Unmet}, "evil-last": {[]string{"a", "b", "c", evil + "!"}, Unmet},
		"large-first": {[]string{strings.Repeat(plain, 4), "a", "b", "c", "d", "e"}, Unknown}, "large-and-evil": {[]string{strings.Repeat(plain, 4), "a", evil, "b"}, Unmet},
	} {
		config, layers := pushBlob(t, r, waiting1, "{}"), []Descriptor(nil)
		for _, content := range one.layers {
			layers = append(layers, pushBlob(t, r, waiting1, content))
		}
		if _, err := r.Push(ctx, waiting1, label, typeManifest, image(config, nil, layers...)); err != nil {
			t.Fatal(err)
		}
		if err := l.RunChecks(ctx, collector, l.labelled(label).ID); err != nil {
			t.Fatal(err)
		}
		if c := l.checkOf(l.labelled(label), "malware"); c.Verdict != one.verdict {
			t.Errorf("%s: %+v", label, c)
		}
	}
}

// TestThePartsOfAScan: order plays no part.
func TestThePartsOfAScan(t *testing.T) {
	met, unmet, unknown := Check{Verdict: Met}, Check{Verdict: Unmet}, Check{Verdict: Unknown}
	for _, one := range []struct {
		parts []Check
		want  Verdict
	}{
		{nil, Unknown}, {[]Check{met, met}, Met}, {[]Check{unknown, met}, Unknown}, {[]Check{met, unknown}, Unknown},
		{[]Check{met, unmet}, Unmet}, {[]Check{unknown, unmet}, Unmet}, {[]Check{met, unknown, met, met}, Unknown},
	} {
		f := finding{malware: Check{Verdict: Unknown}}
		for _, c := range one.parts {
			f.scanned(c)
		}
		if f.malware.Verdict != one.want {
			t.Errorf("%v: %v", one.parts, f.malware.Verdict)
		}
	}
}

func TestADaemonThatEndsWithoutAVerdict(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	if found, err := NewClamd(listener.Addr().String()).Scan(context.Background(), strings.NewReader("x")); err == nil || errors.Is(err, ErrNotLookedAt) || found != "" {
		t.Errorf("%q %v", found, err)
	}
}
