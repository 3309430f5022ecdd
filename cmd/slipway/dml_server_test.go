package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"slipway/internal/app"
	"slipway/internal/client"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/web"
)

// served is a server over a data folder, behind a line that can be cut.
type served struct {
	url   string // through the line
	line  *line
	token string // bruno's
	app   *app.App
}

func serveData(t *testing.T, data string) served {
	t.Helper()
	a, err := dataFlags{Data: data}.open(context.Background(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	handler, err := web.New(a, web.Config{Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	l := newLine(t, address.Host)
	return served{"http://" + l.address, l, tokenFor(t, data, "dml:write"), a}
}

func tokenFor(t *testing.T, data, scope string) string {
	t.Helper()
	status, out := slipway(t, "token", "create", "--data", data, "--user", "bruno", "--name", scope, "--scope", scope)
	if status != 0 {
		t.Fatal(status)
	}
	return strings.TrimSpace(out)
}

// line is a network line to a server. It breaks when an allowance of bytes, in
// either direction, is spent, and is whole again for the next connection.
type line struct {
	address string
	server  atomic.Value // of string
	up      atomic.Int64 // allowance of bytes to the server before a break; below 0: no break
	down    atomic.Int64
	sent    atomic.Int64 // bytes that went to the server
	breaks  atomic.Int64
	broken  chan struct{} // told of a break, if anybody listens
	hold    atomic.Bool   // at a break, let the connection hang rather than cut it
}

func newLine(t *testing.T, server string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	l := &line{address: listener.Addr().String(), broken: make(chan struct{}, 100)}
	l.server.Store(server)
	l.up.Store(-1)
	l.down.Store(-1)
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			go l.carry(in)
		}
	}()
	return l
}

func (l *line) carry(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", l.server.Load().(string))
	if err != nil {
		return
	}
	defer out.Close()
	ended := make(chan struct{}, 2)
	copyTo := func(w, r net.Conn, allowance, count *atomic.Int64) {
		defer func() { ended <- struct{}{} }()
		b := make([]byte, 16<<10)
		for {
			n, err := r.Read(b)
			if err != nil {
				return
			}
			if left := allowance.Load(); left >= 0 {
				if left < int64(n) {
					allowance.Store(-1)
					l.breaks.Add(1)
					l.broken <- struct{}{}
					if l.hold.Load() {
						_, _ = io.Copy(io.Discard, r)
					}
					return
				}
				allowance.Add(-int64(n))
			}
			if _, err := w.Write(b[:n]); err != nil {
				return
			}
			count.Add(int64(n))
		}
	}
	go copyTo(out, in, &l.up, &l.sent)
	go copyTo(in, out, &l.down, new(atomic.Int64))
	<-ended
}

// program is the slipway program as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command(os.Args[0], args...)
	command.Env = append(os.Environ(), asProgram+"=1")
	return command
}

func bigFile(t *testing.T, size int) (path string, digest blob.Digest) {
	t.Helper()
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i * 2654435761 >> 13)
	}
	path = filepath.Join(t.TempDir(), "server.bin")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, blob.Of(content)
}

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
		"verify all":                 {append([]string{"dml", "verify"}, at...), 2, "name a version"},
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

// TestPutIsKilled kills the command line in the middle of a file, and runs the
// same command again: what was sent before is not sent again.
func TestPutIsKilled(t *testing.T) {
	s := serveData(t, dataFolder(t))
	file, digest := bigFile(t, 40<<20)
	args := []string{"dml", "put", "--item", "payments/server", "--version", "1.0", "--server", s.url, "--token", s.token, file}
	s.line.up.Store(30 << 20)
	s.line.hold.Store(true)
	killed := program(t, args...)
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	<-s.line.broken
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait() // killed, as it should be
	if status, out := slipway(t, args...); status != 0 || !strings.Contains(out, digest.String()) {
		t.Fatal(status, out)
	}
	if sent := s.line.sent.Load(); sent > 44<<20 {
		t.Errorf("%d bytes were sent of a file of %d", sent, 40<<20)
	}
}

// TestGetIsKilled leaves nothing under the final name, and goes on.
func TestGetIsKilled(t *testing.T) {
	s := serveData(t, dataFolder(t))
	file, digest := bigFile(t, 8<<20)
	at := []string{"--server", s.url, "--token", s.token}
	if status, _ := slipway(t, append([]string{"dml", "put", "--item", "payments/server", "--version", "1.0", file}, at...)...); status != 0 {
		t.Fatal(status)
	}
	target := filepath.Join(t.TempDir(), "got")
	args := append([]string{"dml", "get", "-o", target, "payments/server:1.0"}, at...)
	s.line.down.Store(6 << 20)
	s.line.hold.Store(true)
	killed := program(t, args...)
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	<-s.line.broken
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait() // killed, as it should be
	if _, err := os.Lstat(target); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("half a file stands under the final name")
	}
	if status, _ := slipway(t, args...); status != 0 {
		t.Fatal(status)
	}
	if got, err := os.ReadFile(target); err != nil || blob.Of(got) != digest {
		t.Fatal(err, len(got))
	}
	// a beginning that was tampered with is found out, and dropped
	other := filepath.Join(filepath.Dir(target), "other")
	args[3] = other
	part := filepath.Join(filepath.Dir(target), ".other."+digest.Hex()[:16]+".part")
	if err := os.WriteFile(part, bytes.Repeat([]byte("x"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, said := stderr(t, args...); status != 1 || !strings.Contains(said, "do not match the digest") {
		t.Fatal(status, said)
	}
	if left, err := os.ReadDir(filepath.Dir(target)); err != nil || len(left) != 1 {
		t.Fatal("left behind:", left, err)
	}
	if status, _ := slipway(t, args...); status != 0 {
		t.Fatal("once more:", status)
	}
}

// TestServerIsKilled kills the server in the middle of an upload, and starts
// another on the same data: the command goes on by itself, byte for byte.
func TestServerIsKilled(t *testing.T) {
	data := dataFolder(t)
	token := tokenFor(t, data, "dml:write")
	first, address := startServer(t, data)
	l := newLine(t, address)
	file, digest := bigFile(t, 40<<20)
	l.up.Store(30 << 20)
	l.hold.Store(true)
	done := make(chan int, 1)
	put := program(t, "dml", "put", "--item", "payments/server", "--version", "1.0", "--server", "http://"+l.address, "--token", token, file)
	if err := put.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = put.Wait() // the status tells
		done <- put.ProcessState.ExitCode()
	}()
	<-l.broken
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // killed, as it should be
	_, address = startServer(t, data)
	l.server.Store(address)
	if status := <-done; status != 0 {
		t.Fatal(status)
	}
	if sent := l.sent.Load(); sent > 60<<20 {
		t.Errorf("%d bytes were sent of a file of %d", sent, 40<<20)
	}
	a, err := dataFlags{Data: data}.open(context.Background(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	v, err := a.DML.Lookup(context.Background(), identity.System("test"), digest.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.DML.Recheck(context.Background(), v.Digest); err != nil {
		t.Error(err)
	}
}

// startServer starts the program on a free port and waits until it is ready.
func startServer(t *testing.T, data string) (*exec.Cmd, string) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	command := program(t, "serve", "--data", data, "--addr", address)
	log, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	lines := make([]byte, 1<<16)
	said := ""
	for !strings.Contains(said, `"msg":"serving"`) {
		n, err := log.Read(lines)
		if err != nil {
			t.Fatal("the server ended:", said)
		}
		said += string(lines[:n])
	}
	go func() { _, _ = io.Copy(io.Discard, log) }()
	if answer, err := http.Get("http://" + address + "/readyz"); err != nil || answer.Body.Close() != nil || answer.StatusCode != http.StatusOK {
		t.Fatal("not ready", err)
	}
	return command, address
}
