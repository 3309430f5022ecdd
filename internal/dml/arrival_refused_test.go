package dml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

func TestUploadIsRefusedEarly(t *testing.T) {
	l := newLibrary(t, WithMaxSize(1000))
	ctx := context.Background()
	v := l.receive(l.bruno, "1", "taken already")
	same, other := v.Digest, blob.Of([]byte("other"))
	for name, one := range map[string]struct {
		Announcement
		kind  fault.Kind
		words string
	}{
		"empty":         {Announcement{FileName: "a"}, fault.Invalid, "empty"},
		"negative":      {Announcement{FileName: "a", Size: -5}, fault.Invalid, "empty"},
		"too large":     {Announcement{FileName: "a", Size: 1001}, fault.TooLarge, "1000 bytes"},
		"path":          {Announcement{FileName: "../a", Size: 5}, fault.Invalid, "plain name"},
		"no name":       {Announcement{Size: 5}, fault.Invalid, "Choose a file"},
		"digest":        {Announcement{FileName: "a", Size: 5, Declared: "sha256:1"}, fault.Invalid, "64"},
		"another there": {Announcement{FileName: "a", Size: 5, Declared: other, ItemKey: v.ItemKey, Label: "1"}, fault.Refused, "holds other bytes"},
	} {
		_, err := l.Announce(ctx, l.bruno, one.Announcement)
		t.Run(name, func(t *testing.T) { wantKind(t, err, one.kind, one.words) })
	}
	for _, fine := range []Announcement{{FileName: "a", Size: 5, Declared: same, ItemKey: v.ItemKey, Label: "1"}, {FileName: "a", Size: 5, Declared: other, ItemKey: v.ItemKey, Label: "2"}} {
		if _, err := l.Announce(ctx, l.bruno, fine); err != nil {
			t.Error(err)
		}
	}
	err := error(nil)
	for i := 0; i < maxArrivals && err == nil; i++ {
		_, err = l.Announce(ctx, l.bruno, Announcement{FileName: fmt.Sprint("a", i), Size: 1})
	}
	wantKind(t, err, fault.TooMany, "100 files")
}

func TestUploadThatIsNotWhatWasAnnounced(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	u := l.announce(Announcement{Size: 5, Declared: blob.Of([]byte("other"))})
	before := l.blobs()
	_, err := l.take(u.ID, 0, strings.NewReader("bytes"))
	wantKind(t, err, fault.Invalid, "do not have the digest")
	if _, err := l.Arrival(ctx, l.bruno, u.ID); !errors.Is(err, fault.NotFound) || l.blobs() != before {
		t.Fatal("something was kept:", err)
	}
	u = l.announce(Announcement{Size: 5})
	got, err := l.take(u.ID, 0, strings.NewReader("bytes and more"))
	if fault.KindOf(err) != fault.TooLarge || got.Whole() {
		t.Fatalf("%+v %v", got, err)
	}
	if err := l.GiveUp(ctx, l.bruno, u.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Arrival(ctx, l.bruno, u.ID); !errors.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(l.root, "tmp")); err != nil || len(left) != 0 {
		t.Fatal("left behind:", left, err)
	}
}

// brim is a store whose uploads find no more room after some bytes.
type brim struct {
	blob.Store
	room int
}

type brimUpload struct {
	blob.Upload
	room *int
}

func (b *brim) Resume(ctx context.Context, id string) (blob.Upload, error) {
	u, err := b.Store.Resume(ctx, id)
	if err != nil {
		return nil, err
	}
	return &brimUpload{u, &b.room}, nil
}

func (u *brimUpload) Write(p []byte) (int, error) {
	if *u.room -= len(p); *u.room < 0 {
		return 0, blob.ErrFull
	}
	return u.Upload.Write(p)
}

func (u *brimUpload) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{u}, struct{ io.Reader }{r})
}

func TestUploadFindsNoRoom(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	if _, err := l.Announce(ctx, l.bruno, Announcement{FileName: "a", Size: 1 << 34}); err != nil {
		if !errors.Is(err, blob.ErrFull) { // a machine with less room than that says so at once
			t.Fatal(err)
		}
	}
	u := l.announce(Announcement{})
	l.Service.blobs = &brim{l.Service.blobs, 500_000}
	_, err := l.take(u.ID, 0, bytes.NewReader(content))
	if !errors.Is(err, blob.ErrFull) {
		t.Fatal(err)
	}
	wantKind(t, err, fault.Unavailable, "store is full")
	if _, err := l.Arrival(ctx, l.bruno, u.ID); !errors.Is(err, fault.NotFound) {
		t.Fatal("a part stays on the full disk:", err)
	}
}

func TestUploadInUse(t *testing.T) {
	l := newLibrary(t)
	u := l.announce(Announcement{})
	up, err := l.Service.blobs.Resume(context.Background(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.take(u.ID, 0, bytes.NewReader(content)); !errors.Is(err, ErrBusy) {
		t.Fatal(err)
	}
	if err := up.Suspend(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.take(u.ID, 0, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}
