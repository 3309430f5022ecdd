package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/dml/blob"
	"slipway/internal/identity"
)

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
