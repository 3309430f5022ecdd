package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/client"
)

// works runs the server's background work until the test ends.
func (s served) works(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		s.app.Jobs.Run(ctx, 1)
		close(done)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

func TestALibraryIsTendedAtItsServer(t *testing.T) {
	data := dataFolder(t)
	s := serveData(t, data)
	s.works(t)
	file, digest := bigFile(t, 3<<20)
	if status, _ := slipway(t, "dml", "put", "--item", "payments/server", "--version", "1.0", "--server", s.url, "--token", s.token, file); status != 0 {
		t.Fatal(status)
	}
	at := []string{"--server", s.url, "--token", tokenOf(t, data, "cora", "dml:write")}
	verify, gc := append([]string{"dml", "verify"}, at...), append([]string{"dml", "gc"}, at...)

	status, out := slipway(t, append(verify, "--json")...)
	var v client.LibraryVerification
	if err := json.Unmarshal([]byte(out), &v); err != nil || status != 0 || v.State != client.Ended || v.DoneBlobs != 3 || v.Damaged != 0 {
		t.Fatal(status, out, err)
	}
	if status, out := slipway(t, verify...); status != 0 || !strings.Contains(out, "3 verified") {
		t.Fatal(status, out)
	}
	status, out = slipway(t, append(gc, "--dry-run", "--json")...)
	var plan client.CollectionPlan
	if err := json.Unmarshal([]byte(out), &plan); err != nil || status != 0 || plan.Blobs != 0 || plan.Lines == nil {
		t.Fatal(status, out, err)
	}
	status, out = slipway(t, append(gc, "--json")...)
	var run client.Collection
	if err := json.Unmarshal([]byte(out), &run); err != nil || status != 0 || run.State != client.Ended || run.ID == 0 || run.Deleted != 0 {
		t.Fatal(status, out, err)
	}
	if status, out := slipway(t, append(gc, "--dry-run")...); status != 0 || !strings.Contains(out, "0 blobs and 0 dead uploads would go") {
		t.Fatal(status, out)
	}
	if status, said := stderr(t, append(gc, "--grace", "1s")...); status != 1 || !strings.Contains(said, "at least 1h") {
		t.Fatal(status, said)
	}

	s.line.down.Store(1000) // while the server works, an answer is lost
	if status, _ := slipway(t, verify...); status != 0 {
		t.Fatal(status)
	}
	damageAll(t, data)
	if err := os.Remove(filepath.Join(data, "media", "sha256", digest.Hex()[:2], digest.Hex())); err != nil {
		t.Fatal(err)
	}
	if status, out := slipway(t, verify...); status != 1 || !strings.Contains(out, digest.String()+"\tdamaged or missing\tpayments/server:1.0\n") {
		t.Fatal(status, out)
	}
	if status, said := stderr(t, verify...); status != 1 || !strings.Contains(said, "3 of 3 blobs are damaged or missing") {
		t.Fatal(status, said)
	}
	if status, out := slipway(t, append(verify, "--json")...); status != 1 || !strings.Contains(out, `"versions":["payments/server:1.0"]`) || strings.Count(out, "\n") != 1 {
		t.Fatal(status, out)
	}
}
