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
	"testing/iotest"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

var content = bytes.Repeat([]byte("the program "), 100_000)

func (l library) announce(a Announcement) *Arrival {
	l.t.Helper()
	if a.FileName == "" {
		a.FileName = "server.tar.gz"
	}
	if a.Size == 0 {
		a.Size = int64(len(content))
	}
	u, err := l.Announce(context.Background(), l.bruno, a)
	if err != nil {
		l.t.Fatal(err)
	}
	return u
}

func (l library) take(id string, offset int64, body io.Reader) (*Arrival, error) {
	return l.Take(context.Background(), l.bruno, id, offset, body)
}

// reopened is the library after its server was killed: another service over the
// same folder and database.
func (l library) reopened() library {
	l.t.Helper()
	store, err := blob.OpenDisk(l.root)
	if err != nil {
		l.t.Fatal(err)
	}
	l.Service = New(l.db, store)
	return l
}

// submitted is what a submission of an upload gives.
func (l library) submitted(label, id string) (*Version, error) {
	sub := submission(label)
	sub.FileName, sub.MediaType = "", ""
	return l.Submit(context.Background(), l.bruno, sub, id)
}

func TestUploadArrivesInPieces(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	u := l.announce(Announcement{Declared: blob.Of(content)})
	if u.Offset != 0 || u.Whole() || u.Expires != l.db.Now().Add(24*time.Hour) {
		t.Fatalf("%+v", u)
	}
	if _, err := l.submitted("1", u.ID); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "not arrived whole") {
		t.Fatal(err)
	}
	// the connection drops in the middle: what came is kept
	got, err := l.take(u.ID, 0, io.MultiReader(bytes.NewReader(content[:700_001]), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if !errors.Is(err, ErrIncomplete) || got.Offset != 700_001 {
		t.Fatalf("%+v %v", got, err)
	}
	l = l.reopened()
	if got, err = l.Arrival(ctx, l.bruno, u.ID); err != nil || got.Offset != 700_001 {
		t.Fatalf("%+v %v", got, err)
	}
	for _, wrong := range []int64{0, 700_000, 700_002, -1, 1 << 40} {
		if _, err := l.take(u.ID, wrong, bytes.NewReader(content)); !errors.Is(err, ErrRangeInvalid) || !errors.Is(err, fault.Conflict) {
			t.Fatalf("at %d: %v", wrong, err)
		}
	}
	if got, err = l.take(u.ID, 700_001, bytes.NewReader(content[700_001:])); err != nil || !got.Whole() || got.Digest != blob.Of(content) {
		t.Fatalf("%+v %v", got, err)
	}
	if again, err := l.take(u.ID, u.Size, strings.NewReader("")); err != nil || !again.Whole() {
		t.Fatalf("the end again: %+v %v", again, err)
	}
	if _, err := l.take(u.ID, 0, bytes.NewReader(content)); !errors.Is(err, ErrRangeInvalid) {
		t.Fatal("the beginning again:", err)
	}
	v, err := l.submitted("1", u.ID)
	if err != nil || v.Digest != blob.Of(content) || v.State != Checking || v.FileName != "server.tar.gz" || v.MediaType != "text/plain; charset=utf-8" {
		t.Fatalf("%+v %v", v, err)
	}
	reading, err := l.Open(ctx, l.bruno, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	if stored, err := io.ReadAll(reading); err != nil || !bytes.Equal(stored, content) {
		t.Fatal("the bytes are not those that were sent", err)
	}
	if _, err := l.submitted("2", u.ID); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "Choose the file again") {
		t.Fatal("submitted twice:", err)
	}
}

func TestUploadIsKeptWhileWordsAreWrong(t *testing.T) {
	l := newLibrary(t)
	l.receive(l.bruno, "1", "other bytes")
	u := l.announce(Announcement{Size: 9})
	if _, err := l.take(u.ID, 0, strings.NewReader("the bytes")); err != nil {
		t.Fatal(err)
	}
	sub := submission("2")
	sub.Declared = blob.Of([]byte("something else"))
	if _, err := l.Submit(context.Background(), l.bruno, sub, u.ID); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), blob.Of([]byte("the bytes")).String()) {
		t.Fatal(err)
	}
	for label, kind := range map[string]fault.Kind{"": fault.Invalid, "no/label": fault.Invalid, "1": fault.Refused} {
		if _, err := l.submitted(label, u.ID); fault.KindOf(err) != kind {
			t.Fatalf("%q: %v", label, err)
		}
	}
	if v, err := l.submitted("2", u.ID); err != nil || v.Size != 9 {
		t.Fatalf("%+v %v", v, err)
	}
}

func TestUploadsOfOthersAreNotThere(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	u := l.announce(Announcement{})
	dario := dbtest.User(t, l.db, "dario", identity.DeploymentStaff)
	stefan := dbtest.User(t, l.db, "stefan", identity.Stakeholder)
	for who, kind := range map[*identity.Actor]fault.Kind{&dario: fault.NotFound, &l.cora: fault.NotFound, &stefan: fault.Forbidden} {
		_, looked := l.Arrival(ctx, *who, u.ID)
		_, took := l.Take(ctx, *who, u.ID, 0, bytes.NewReader(content))
		for verb, err := range map[string]error{"look": looked, "take": took, "give up": l.GiveUp(ctx, *who, u.ID)} {
			if fault.KindOf(err) != kind {
				t.Errorf("%s may %s: %v", who.Username, verb, err)
			}
		}
	}
	if list, err := l.Arrivals(ctx, dario); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	if list, err := l.Arrivals(ctx, l.bruno); err != nil || len(list) != 1 || list[0].ID != u.ID {
		t.Error(list, err)
	}
	// a push into a repository is no upload of this kind, nor the other way round
	pushing, err := l.Registry(l.bruno).Begin(ctx, "incoming/payments-api/image", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := pushing.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Arrival(ctx, l.bruno, pushing.ID()); !errors.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if _, err := l.Registry(l.bruno).Resume(ctx, "incoming/payments-api/image", u.ID, -1); !errors.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

// An upload whose bytes are gone is not made good with another's of the same
// digest: who knows a digest does not have the bytes yet.
func TestUploadIsNotFilledWithAnothers(t *testing.T) {
	l := newLibrary(t)
	dario := dbtest.User(t, l.db, "dario", identity.BuildManager)
	v := l.receive(dario, "1", "known by its digest only")
	u := l.announce(Announcement{Declared: v.Digest, Size: v.Size})
	if err := os.Remove(filepath.Join(l.root, "tmp", u.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Arrival(context.Background(), l.bruno, u.ID); !errors.Is(err, ErrUploadUnknown) {
		t.Fatal(err)
	}
	if _, err := l.take(u.ID, v.Size, strings.NewReader("")); !errors.Is(err, ErrUploadUnknown) {
		t.Fatal(err)
	}
}

func TestUploadExpires(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	u, whole := l.announce(Announcement{}), l.announce(Announcement{Size: 5})
	if _, err := l.take(whole.ID, 0, strings.NewReader("bytes")); err != nil {
		t.Fatal(err)
	}
	dbtest.Advance(l.db, 23*time.Hour)
	if _, err := l.take(u.ID, 0, io.MultiReader(strings.NewReader("the first"), iotest.ErrReader(io.ErrUnexpectedEOF))); !errors.Is(err, ErrIncomplete) {
		t.Fatal(err)
	}
	dbtest.Advance(l.db, 2*time.Hour)
	if got, err := l.Arrival(ctx, l.bruno, u.ID); err != nil || got.Offset != 9 {
		t.Fatalf("going on did not renew it: %+v %v", got, err)
	}
	if _, err := l.submitted("1", whole.ID); fault.KindOf(err) != fault.Invalid {
		t.Fatal("submitted after its end:", err)
	}
	dbtest.Advance(l.db, 24*time.Hour)
	if _, err := l.Arrival(ctx, l.bruno, u.ID); !errors.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	old := time.Now().Add(-49 * time.Hour)
	if err := os.Chtimes(filepath.Join(l.root, "tmp", u.ID), old, old); err != nil {
		t.Fatal(err)
	}
	run, err := l.Collect(ctx, "test", DefaultGrace)
	if err != nil || run.Uploads == 0 || run.Failures != 0 {
		t.Fatalf("%+v %v", run, err)
	}
	if list, err := l.Arrivals(ctx, l.bruno); err != nil || len(list) != 0 {
		t.Fatal(list, err)
	}
}

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

func TestLookup(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.receive(l.bruno, "1.4.0", "x")
	for _, name := range []string{v.Ref(), v.Digest.String()} {
		if got, err := l.Lookup(ctx, l.cora, name); err != nil || got.ID != v.ID {
			t.Error(name, got, err)
		}
	}
	stefan := dbtest.User(t, l.db, "stefan", identity.Stakeholder)
	_, hidden := l.Lookup(ctx, stefan, v.Ref())
	wantKind(t, hidden, fault.NotFound, "holds no")
	for name, kind := range map[string]fault.Kind{"payments-api/server:2": fault.NotFound, blob.Of(nil).String(): fault.NotFound, "sha256:1": fault.Invalid, "server": fault.Invalid} {
		if _, err := l.Lookup(ctx, l.cora, name); fault.KindOf(err) != kind {
			t.Error(name, err)
		}
	}
	if _, err := l.Verify(ctx, l.bruno, v.ID); err != nil {
		t.Error(err)
	}
	l.damage(v)
	_, err := l.Verify(ctx, l.bruno, v.ID)
	wantKind(t, err, fault.Refused, "cannot vouch")
	_, err = l.Verify(ctx, stefan, v.ID)
	wantKind(t, err, fault.NotFound, "no such")
}

// TestUploadsFromBeforeArrivals carries an upload over from the schema that knew
// pushes only: the push goes on, and is no arrival.
func TestUploadsFromBeforeArrivals(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(db.Options{Path: filepath.Join(t.TempDir(), "slipway.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.MigrateTo(ctx, 170); err != nil {
		t.Fatal(err)
	}
	err = d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Exec(`INSERT INTO registry_uploads (upload, repo, user_id, begun_at, seen_at) VALUES ('upload-1', 'a', 7, 5, 6)`).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		u, err := uploadOf(tx, "a", "upload-1", 7)
		if err != nil || u.SeenAt != 6 || u.Size != 0 || u.Digest != "" {
			t.Errorf("%+v %v", u, err)
		}
		list, err := arrivalsOf(tx, 7, 0)
		if err != nil || len(list) != 0 {
			t.Errorf("%+v %v", list, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
