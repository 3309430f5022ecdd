package dml

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

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
	run, err := l.Collect(ctx, identity.System("test"), DefaultGrace)
	if err != nil || run.Uploads == 0 || run.Failures != 0 {
		t.Fatalf("%+v %v", run, err)
	}
	if list, err := l.Arrivals(ctx, l.bruno); err != nil || len(list) != 0 {
		t.Fatal(list, err)
	}
}
