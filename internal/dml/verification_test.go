package dml

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

func (l library) verification(id int64) (*Verification, []Damage) {
	l.t.Helper()
	v, damaged, err := l.FindVerification(context.Background(), l.cora, id)
	if err != nil {
		l.t.Fatal(err)
	}
	return v, damaged
}

// damageAt damages stored bytes by their content.
func (l library) damageAt(content string) { l.damage(&Version{Digest: blob.Of([]byte(content))}) }

func TestEverythingIsVerifiedOnDemand(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	mustPush(t, r, "1", "layer")
	image := l.acceptPushed("1")
	l.accepted("1.0", "file")
	l.damageAt("layer")
	v, err := l.VerifyAll(ctx, l.cora)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := l.VerifyAll(ctx, robot(l.cora)); err != nil || again.ID != v.ID {
		t.Fatalf("asked again: %+v %v", again, err)
	}
	dbtest.Advance(l.db, time.Second)
	pushBlob(t, r, waiting1, "pushed meanwhile")
	l.drain(l.runner())
	done, damaged := l.verification(v.ID)
	if !done.Ended() || done.Failed() || done.DoneBlobs != v.Blobs || done.Hashed() != v.Bytes || done.Damaged != 1 {
		t.Fatalf("%+v of %+v", done, v)
	}
	if len(damaged) != 1 || damaged[0].Digest != blob.Of([]byte("layer")) || !slices.Equal(damaged[0].Versions, []string{"payments-api/image:1"}) {
		t.Fatalf("%+v", damaged)
	}
	if got := l.get(image.ID); got.State != Suspect {
		t.Error("the image is", got.State)
	}
	pushBlob(t, r, waiting1, "layer")
	if _, damaged = l.verification(v.ID); len(damaged) != 0 {
		t.Errorf("healed bytes are listed: %+v", damaged)
	}
	if next, err := l.VerifyAll(ctx, l.cora); err != nil || next.ID == v.ID || next.Blobs != v.Blobs+1 {
		t.Errorf("the next one: %+v %v", next, err)
	}
}

// gate is a store that can be closed.
type gate struct {
	blob.Store
	opened int
	open   func(n int) error
}

func (g *gate) Open(ctx context.Context, d blob.Digest, r blob.Range) (io.ReadCloser, error) {
	g.opened++
	if err := g.open(g.opened); err != nil {
		return nil, err
	}
	return g.Store.Open(ctx, d, r)
}

// A server that stops goes on where it was; nothing is hashed twice.
func TestAVerificationGoesOnAfterAStop(t *testing.T) {
	l := newLibrary(t)
	l.accepted("1.0", "file")
	l.accepted("1.1", "another")
	v, err := l.VerifyAll(context.Background(), l.cora)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	g := &gate{Store: l.Service.blobs, open: func(n int) error {
		if n == 3 {
			stop()
		}
		return ctx.Err()
	}}
	l.Service.blobs = g
	if err := l.verifyAll(ctx, v.ID); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	half, _ := l.verification(v.ID)
	if half.Ended() || half.DoneBlobs != 2 || half.Failures != 0 {
		t.Fatalf("%+v", half)
	}
	g.open = func(int) error { return nil }
	l.drain(l.runner())
	if done, _ := l.verification(v.ID); !done.Ended() || done.DoneBlobs != v.Blobs || int64(g.opened) != v.Blobs+1 {
		t.Errorf("%+v after %d", done, g.opened)
	}
}

// A store that does not answer is asked again some times, and then the
// verification ends and says so; nothing is called damaged.
func TestAVerificationGivesUp(t *testing.T) {
	l := newLibrary(t)
	l.accepted("1.0", "file")
	v, err := l.VerifyAll(context.Background(), l.cora)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{Store: l.Service.blobs, open: func(int) error { return blob.ErrUnavailable }}
	l.Service.blobs = g
	runner := l.runner()
	for range verifyTries {
		if done, _ := l.verification(v.ID); done.Ended() {
			t.Fatal("it gave up after", g.opened)
		}
		l.drain(runner)
		dbtest.Advance(l.db, time.Minute)
	}
	done, damaged := l.verification(v.ID)
	if !done.Failed() || done.Damaged != 0 || len(damaged) != 0 || g.opened != verifyTries {
		t.Errorf("%+v after %d", done, g.opened)
	}
}

func TestACollectionThatIsAskedFor(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	pushBlob(t, l.Registry(robot(l.bruno)), waiting1, "never named")
	dbtest.Advance(l.db, leaseFor+time.Minute)
	run, err := l.AskCollection(ctx, l.cora, DefaultGrace)
	if err != nil || run.Ended() {
		t.Fatal(run, err)
	}
	if again, err := l.AskCollection(ctx, l.cora, DefaultGrace); err != nil || again.ID != run.ID {
		t.Fatalf("asked again: %+v %v", again, err)
	}
	if other, err := l.AskCollection(ctx, l.cora, 2*DefaultGrace); err != nil || other.ID == run.ID {
		t.Fatalf("with another grace: %+v %v", other, err)
	}
	l.drain(l.runner())
	if run, err = l.FindCollection(ctx, l.cora, run.ID); err != nil || !run.Ended() || run.Condemned != 1 || run.ByName != l.cora.Name {
		t.Fatalf("%+v %v", run, err)
	}
	if next, err := l.AskCollection(ctx, l.cora, DefaultGrace); err != nil || next.ID == run.ID {
		t.Errorf("after its end: %+v %v", next, err)
	}
}

func TestWhoMayHaveTheLibraryTended(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	read := robot(l.cora)
	read.Scopes = []string{"dml:read"}
	auditor := dbtest.User(t, l.db, "ada", identity.Auditor)
	for name, one := range map[string]struct {
		actor       identity.Actor
		tends, asks bool
	}{
		"a custodian": {l.cora, true, true}, "a custodian's token": {robot(l.cora), true, true}, "a token that reads": {read, false, false},
		"a submitter": {l.bruno, false, false}, "an auditor": {auditor, false, true}, "the command line": {identity.System("command line"), true, true},
	} {
		_, verify := l.VerifyAll(ctx, one.actor)
		_, ask := l.AskCollection(ctx, one.actor, DefaultGrace)
		_, collect := l.Collect(ctx, one.actor, DefaultGrace)
		_, find := l.FindCollection(ctx, one.actor, 1)
		_, _, look := l.FindVerification(ctx, one.actor, 1)
		for i, err := range []error{verify, ask, collect, find, look} {
			if (fault.KindOf(err) == fault.Forbidden) == one.tends {
				t.Errorf("%s, %d: %v", name, i, err)
			}
		}
		if _, err := l.Plan(ctx, one.actor, DefaultGrace); (err == nil) != one.asks {
			t.Errorf("%s plans: %v", name, err)
		}
	}
}

// TestVerificationsOfAnOlderLibrary carries a library over from the schema
// before: its runs and bytes stay, and it can be verified.
func TestVerificationsOfAnOlderLibrary(t *testing.T) {
	ctx := context.Background()
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 261); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		if err := tx.Gorm().Exec(`INSERT INTO media_blobs (digest, size, state) VALUES ('sha256:aa', 7, 'stored')`).Error; err != nil {
			return err
		}
		return tx.Gorm().Exec(`INSERT INTO media_collections (by_name, grace_ms, phase, ended_at, freed) VALUES ('Cora', 1, 'done', 5, 9)`).Error
	})
	if err == nil {
		err = d.Migrate(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := New(d, nil)
	v, err := s.VerifyAll(ctx, identity.System("test"))
	if err != nil || v.Blobs != 1 || v.Bytes != 7 {
		t.Fatalf("%+v %v", v, err)
	}
	if run, err := s.FindCollection(ctx, identity.System("test"), 1); err != nil || run.Freed != 9 || !run.Ended() {
		t.Fatalf("%+v %v", run, err)
	}
}
