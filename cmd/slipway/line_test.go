package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"slipway/internal/app"
	"slipway/internal/dml/blob"
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
	return tokenOf(t, data, "bruno", scope)
}

func tokenOf(t *testing.T, data, user, scope string) string {
	t.Helper()
	status, out := slipway(t, "token", "create", "--data", data, "--user", user, "--name", scope, "--scope", scope)
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
