package dml

import (
	"context"
	"errors"
	"strings"
	"testing"

	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/dml/blob/blobtest"
	"slipway/internal/identity"
)

// inBucket is a library whose media lie in a bucket.
func inBucket(t *testing.T, g *blobtest.Gateway, bucket string) library {
	t.Helper()
	var config blob.S3Config
	if err := config.UnmarshalText([]byte(g.URL(bucket, "slipway"))); err != nil {
		t.Fatal(err)
	}
	l := newLibrary(t)
	store, err := blob.OpenS3(context.Background(), config, t.TempDir(), l.log)
	if err != nil {
		t.Fatal(err)
	}
	l.Service.blobs = store
	return l
}

// deletable tries to delete stored bytes by the store alone, as a mistake of the
// library would.
func (l library) deletable(content string) error {
	l.t.Helper()
	ctx, d := context.Background(), blob.Of([]byte(content))
	info, err := l.Service.blobs.Stat(ctx, d)
	if err != nil {
		l.t.Fatal(err)
	}
	return l.Service.blobs.Delete(ctx, d, info.Generation)
}

func TestAHoldLocksTheBucket(t *testing.T) {
	g := blobtest.Start(t)
	g.Locked(t, "locked")
	l := inBucket(t, g, "locked")
	ctx, runner := context.Background(), l.runner()
	first := l.accepted("1.0", "shared bytes")
	bill := strings.ReplaceAll(`{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[]}`, "\n", "")
	other, err := l.Receive(ctx, l.bruno, Submission{ItemKey: "payments-api/mirror", ItemName: "Mirror", Kind: Software, Label: "1", FileName: "m.bin"}, strings.NewReader("shared bytes"))
	if err != nil {
		t.Fatal(err)
	}
	audrey := dbtest.User(t, l.db, "audrey", identity.DMLCustodian)
	hold := func(v *Version, id int64) *Hold {
		t.Helper()
		h, err := l.PlaceHold(ctx, audrey, HoldRequest{ItemKey: v.ItemKey, MediaVersionID: id, Reason: "case"})
		if err != nil {
			t.Fatal(err)
		}
		l.drain(runner)
		return h
	}
	lift := func(h *Hold) {
		t.Helper()
		if _, err := l.LiftHold(ctx, audrey, h.ID, h.Row.Version, "settled"); err != nil {
			t.Fatal(err)
		}
		l.drain(runner)
	}
	held := func(content string, want bool) {
		t.Helper()
		if err := l.deletable(content); errors.Is(err, blob.ErrHeld) != want {
			t.Fatalf("%q: %v", content, err)
		}
	}
	one, two := hold(first, 0), hold(other, other.ID)
	held("shared bytes", true)
	if n := l.lockedOf(first); n == 0 {
		t.Fatal("the page does not say that the bucket holds it")
	}

	// What is added to a held item is held with it, its evidence too.
	later := l.receive(l.bruno, "2.0", "later bytes")
	if _, err := l.Attach(ctx, l.bruno, later.ID, "sbom.cdx.json", strings.NewReader(bill)); err != nil {
		t.Fatal(err)
	}
	l.drain(runner)
	held("later bytes", true)
	held(bill, true)

	lift(one)
	held("shared bytes", true) // the other hold stands
	held("later bytes", false)
	lift(two)
	held("shared bytes", false)
	if n := l.lockedOf(first); n != 0 {
		t.Fatalf("%d locks are left", n)
	}
}

func (l library) lockedOf(v *Version) int64 {
	l.t.Helper()
	d, err := l.Detail(context.Background(), l.cora, v.ItemKey)
	if err != nil {
		l.t.Fatal(err)
	}
	return d.Locked
}

// A bucket without a lock, and a folder, leave the holds to the library.
func TestAHoldWithoutLocks(t *testing.T) {
	g := blobtest.Start(t)
	g.Bucket(t, "plain")
	for _, l := range []library{inBucket(t, g, "plain"), newLibrary(t)} {
		v := l.accepted("1.0", "bytes")
		if _, err := l.PlaceHold(context.Background(), l.cora, HoldRequest{ItemKey: v.ItemKey, Reason: "case"}); err != nil {
			t.Fatal(err)
		}
		l.drain(l.runner())
		if n := l.lockedOf(v); n != 0 {
			t.Errorf("%d blobs count as locked", n)
		}
	}
}
