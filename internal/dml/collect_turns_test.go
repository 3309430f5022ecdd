package dml

import (
	"context"
	"fmt"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
)

// slow is a store through which a job gets only a few blobs far.
type slow struct {
	blob.Store
	met  int
	each int // blobs in one job
	stop context.CancelFunc
}

func (s *slow) Walk(ctx context.Context, after blob.Digest, fn func(blob.Info) error) error {
	return s.Store.Walk(ctx, after, func(info blob.Info) error {
		if s.met++; s.met%s.each == 0 {
			s.stop() // the job's time is over
		}
		return fn(info)
	})
}

// A store that no single job gets through is walked to its end by several, each
// of which goes on where the one before it stopped.
func TestTheWalkGoesOnInTheNextJob(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	const orphans, each = 40, 7
	for i := range orphans {
		if _, err := l.Service.keep(ctx, fmt.Appendf(nil, "orphan %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	store := &slow{Store: l.Service.blobs, each: each}
	l.Service.blobs, l.Service.stride = store, 3
	jobs := 0
	l.Service.shift = func(ctx context.Context) (context.Context, context.CancelFunc) {
		jobs++
		ctx, store.stop = context.WithCancel(ctx)
		return ctx, store.stop
	}
	if err := l.db.InTx(ctx, func(tx *db.Tx) error { return scheduleCollect(tx, tx.Now) }); err != nil {
		t.Fatal(err)
	}
	l.drain(l.runner())
	var runs []Collection
	if err := l.db.View(ctx, func(tx *db.Tx) (err error) { runs, err = lastCollections(tx, 5); return err }); err != nil {
		t.Fatal(err)
	}
	if len(runs) != 1 || !runs[0].Ended() || runs[0].Orphans != orphans || runs[0].Walked != "" || runs[0].Failures != 0 {
		t.Fatalf("%+v", runs)
	}
	// Begun anew in each job, the walk would meet the first few again and again.
	if jobs < orphans/each || store.met > 2*orphans {
		t.Fatalf("%d jobs met %d blobs", jobs, store.met)
	}

	dbtest.Advance(l.db, DefaultGrace+2*time.Hour)
	l.Service.blobs = store.Store
	if run := l.collectNow(); run.Deleted != orphans {
		t.Fatalf("%+v", run)
	}
}
