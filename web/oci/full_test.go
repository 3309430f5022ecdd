package oci_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/app"
	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/dml/blob/blobtest"
	"slipway/internal/identity"
	"slipway/web"
)

// A push that does not fit is refused in words and leaves nothing, in whichever
// way the bytes come; what was there is pulled as before.
func TestPushToAFullDisk(t *testing.T) {
	media := blobtest.SmallDisk(t, 12<<20)
	blobs, err := blob.OpenDisk(media, blob.WithReserve(2<<20))
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.New(t)
	dbtest.User(t, d, "bruno", identity.BuildManager)
	a := app.Connect(d, blobs, nil)
	handler, err := web.New(a, web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	bruno, err := a.Identity.Local(context.Background(), "bruno")
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.Identity.CreateToken(context.Background(), bruno, "test", []string{"dml:read", "dml:write"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	do := func(method, path string, body io.Reader) (status int, location, said string) {
		t.Helper()
		r, err := http.NewRequest(method, server.URL+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("bruno", token)
		r.Header.Set("Content-Type", "application/octet-stream")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		data, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, answer.Header.Get("Location"), string(data)
	}
	begin := func() string {
		t.Helper()
		status, at, said := do(http.MethodPost, "/v2/incoming/shop/image/blobs/uploads/", nil)
		if status != http.StatusAccepted {
			t.Fatal(status, said)
		}
		return at
	}
	small, large := []byte("fits"), make([]byte, 11<<20)
	fits, tooLarge := "digest="+string(blob.Of(small)), "digest="+string(blob.Of(large))
	if status, _, said := do(http.MethodPut, begin()+"?"+fits, bytes.NewReader(small)); status != http.StatusCreated {
		t.Fatal(status, said)
	}
	for name, push := range map[string]func() (int, string, string){
		"in one request": func() (int, string, string) {
			return do(http.MethodPost, "/v2/incoming/shop/image/blobs/uploads/?"+tooLarge, bytes.NewReader(large))
		},
		"at the end":   func() (int, string, string) { return do(http.MethodPut, begin()+"?"+tooLarge, bytes.NewReader(large)) },
		"in one piece": func() (int, string, string) { return do(http.MethodPatch, begin(), bytes.NewReader(large)) },
		"of unknown size": func() (int, string, string) {
			return do(http.MethodPatch, begin(), struct{ io.Reader }{bytes.NewReader(large)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, said := push()
			if status != http.StatusInsufficientStorage || !strings.Contains(said, "The media store is full. Ask an administrator to make room") || strings.Contains(said, media) {
				t.Errorf("%d %s", status, said)
			}
			if left, err := os.ReadDir(filepath.Join(media, "tmp")); err != nil || len(left) > 0 {
				t.Errorf("%d files were left behind, %v", len(left), err)
			}
			if status, _, got := do(http.MethodGet, "/v2/incoming/shop/image/blobs/"+string(blob.Of(small)), nil); status != http.StatusOK || got != string(small) {
				t.Errorf("what was there: %d %q", status, got)
			}
			if err := d.View(context.Background(), func(tx *db.Tx) error { _, err := audit.Verify(tx); return err }); err != nil {
				t.Error(err)
			}
			if status, _, said := do(http.MethodPut, begin()+"?"+fits, bytes.NewReader(small)); status != http.StatusCreated {
				t.Errorf("what fits is refused afterwards: %d %s", status, said)
			}
		})
	}
}
