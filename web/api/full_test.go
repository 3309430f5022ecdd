package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"slipway/internal/app"
	"slipway/internal/client"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/web"
)

// full is a store without room.
type full struct{ blob.Store }

func (full) Create(context.Context, int64) (blob.Upload, error) { return nil, blob.ErrFull }

// An upload that does not fit is refused with 507 and in words, by which the
// client knows not to try again.
func TestUploadToAFullStore(t *testing.T) {
	disk, err := blob.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.New(t)
	bruno := dbtest.User(t, d, "bruno", identity.BuildManager)
	a := app.Connect(d, full{disk}, nil)
	token, err := a.Identity.CreateToken(context.Background(), bruno, "test", []string{"dml:write"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := web.New(a, web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, token)
	if err != nil {
		t.Fatal(err)
	}
	paused := errors.New("the client means to try again")
	c.Waiting = func(why error, _ time.Duration) { t.Error(paused, why) }
	_, err = c.Put(context.Background(), client.File{ReaderAt: strings.NewReader("bytes"), Name: "a.bin", Size: 5}, func(int64) {})
	if client.Status(err) != http.StatusInsufficientStorage || !strings.Contains(err.Error(), "The media store is full.") {
		t.Errorf("%d: %v", client.Status(err), err)
	}
}
