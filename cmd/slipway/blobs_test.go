package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/app"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/dml/blob/blobtest"
	"slipway/internal/fault"
	"slipway/web"
)

// stderr runs the program and gives its exit status and what it complained of.
func stderr(t *testing.T, args ...string) (int, string) {
	t.Helper()
	old := os.Stderr
	out, err := os.Create(filepath.Join(t.TempDir(), "err"))
	if err != nil {
		t.Fatal(err)
	}
	os.Stderr = out
	status := run(context.Background(), args)
	os.Stderr = old
	text, err := os.ReadFile(out.Name())
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	return status, string(text)
}

func TestMediaInABucket(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "media")
	data, bucket := dataFolder(t), g.URL("media", "slipway")
	file := filepath.Join(t.TempDir(), "server.bin")
	if err := os.WriteFile(file, []byte("the program"), 0o600); err != nil {
		t.Fatal(err)
	}
	digest := blob.Of([]byte("the program"))
	if status, out := slipway(t, "dml", "put", "--data", data, "--blobs", bucket, "--item", "payments/server", "--version", "1.0", "--user", "bruno", file); status != 0 || !strings.Contains(out, digest.String()) {
		t.Fatal(status, out)
	}
	if status, out := slipway(t, "dml", "verify", "--data", data, "--blobs", bucket); status != 0 || !strings.Contains(out, "All match") {
		t.Fatal(status, out)
	}
	stored := g.File("media", "slipway/sha256/"+digest.Hex()[:2]+"/"+digest.Hex())
	if err := os.WriteFile(stored, []byte("the rotten "), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out := slipway(t, "dml", "verify", "--data", data, "--blobs", bucket); status != 1 || !strings.Contains(out, digest.String()) {
		t.Fatal(status, out)
	}

	for _, bad := range []string{"s3://" + blobtest.Key + ":SECRET@host", "s3://KEY:SEC/RET@host/media", "media"} {
		status, said := stderr(t, "dml", "verify", "--data", data, "--blobs", bad)
		if status != 2 || strings.Count(said, "\n") != 1 || strings.Contains(said, "SEC/RET") || strings.Contains(said, blobtest.Key+":SECRET") {
			t.Errorf("%d: %s", status, said)
		}
	}
	g.Kill()
	status, said := stderr(t, "dml", "verify", "--data", data, "--blobs", bucket)
	if status != 1 || !strings.Contains(said, "s3://"+g.Address+"/media/slipway: the store does not answer") || strings.Contains(said, blobtest.Secret) {
		t.Errorf("%d: %s", status, said)
	}
}

// A bucket that stops answering is said to whoever asks, and nothing counts as
// stored meanwhile.
func TestBucketGoesAway(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "media")
	f := dataFlags{Data: dataFolder(t)}
	if err := f.Blobs.UnmarshalText([]byte(g.URL("media", ""))); err != nil {
		t.Fatal(err)
	}
	a, bruno, err := openAs(context.Background(), f, "bruno")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if status, said := ready(t, a); status != http.StatusOK {
		t.Fatal(status, said)
	}
	submit := func() error {
		sub := dml.Submission{ItemKey: "payments/server", ItemName: "Server", Kind: dml.Software, Label: "1.0", FileName: "server.bin"}
		_, err := a.DML.Receive(context.Background(), bruno, sub, strings.NewReader("the program"))
		return err
	}
	g.Kill()
	if status, said := ready(t, a); status != http.StatusServiceUnavailable || !strings.Contains(said, "media store does not answer") {
		t.Error(status, said)
	}
	if err := submit(); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a submission without a server: %v", err)
	}
	if list, err := a.DML.Digests(context.Background()); err != nil || len(list) != 0 {
		t.Errorf("the library believes it holds %v, %v", list, err)
	}
	g.Run(t)
	if err := submit(); err != nil {
		t.Error(err)
	}
	if status, said := ready(t, a); status != http.StatusOK {
		t.Error(status, said)
	}
}

func ready(t *testing.T, a *app.App) (int, string) {
	t.Helper()
	handler, err := web.New(a, web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	return answer.Code, answer.Body.String()
}
