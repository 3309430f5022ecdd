package dml

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

// ageUploads makes what is arriving look as if nobody had gone on with it.
func (l library) ageUploads(by time.Duration) {
	l.t.Helper()
	files, err := filepath.Glob(filepath.Join(l.root, "tmp", "*"))
	if err != nil {
		l.t.Fatal(err)
	}
	then := time.Now().Add(-by)
	for _, file := range files {
		if err := os.Chtimes(file, then, then); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l library) collectNow() *Collection {
	l.t.Helper()
	run, err := l.Collect(context.Background(), identity.System("test"), DefaultGrace)
	if err != nil {
		l.t.Fatal(err)
	}
	if !run.Ended() || run.Failures > 0 {
		l.t.Fatalf("%+v", run)
	}
	return run
}

func (l library) has(content string) bool {
	l.t.Helper()
	_, err := l.Service.blobs.Stat(context.Background(), blob.Of([]byte(content)))
	if err != nil && !errors.Is(err, blob.ErrNotFound) {
		l.t.Fatal(err)
	}
	return err == nil
}

func TestOnlyWhatNothingNeedsIsCollected(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	mustPush(t, r, "1", "kept layer")
	l.acceptPushed("1")
	kept := l.accepted("1.0", "kept file")
	pushBlob(t, r, waiting1, "never named")
	if _, err := l.Service.keep(ctx, []byte("orphan")); err != nil { // as if the process had died before its row
		t.Fatal(err)
	}
	if run := l.collectNow(); run.Condemned != 0 || run.Orphans != 1 || run.Deleted != 0 {
		t.Fatalf("within the lease: %+v", run)
	}
	dbtest.Advance(l.db, leaseFor+time.Minute)
	plan, err := l.Plan(ctx, identity.System("test"), DefaultGrace)
	if err != nil {
		t.Fatal(err)
	}
	var planned []PlanWhat
	for _, line := range plan.Lines {
		planned = append(planned, line.What)
		if line.Why == "" {
			t.Errorf("%+v says no reason", line)
		}
	}
	slices.Sort(planned)
	if !slices.Equal(planned, []PlanWhat{PlanCondemned, PlanCondemn}) || plan.Frees != int64(len("orphan")+len("never named")) || plan.Now != int64(len("orphan")) {
		t.Fatalf("%v %+v", planned, plan)
	}
	if !l.has("never named") || !l.has("orphan") {
		t.Fatal("the dry run deleted something")
	}
	if run := l.collectNow(); run.Condemned != 1 || run.Deleted != 1 || run.Freed != int64(len("orphan")) {
		t.Fatalf("after the lease: %+v", run)
	}
	_, err = r.Stat(ctx, waiting1, blob.Of([]byte("never named")), false)
	wantCause(t, "a condemned blob", err, ErrBlobUnknown)
	dbtest.Advance(l.db, DefaultGrace+time.Minute)
	if run := l.collectNow(); run.Deleted != 1 || l.has("never named") || l.has("orphan") {
		t.Fatalf("after the grace: %+v", run)
	}
	if !l.has("kept layer") || !l.has("kept file") {
		t.Fatal("something needed is gone")
	}
	if run := l.collectNow(); run.Condemned+run.Deleted+run.Orphans != 0 {
		t.Fatalf("a second run found more: %+v", run)
	}
	if err := l.Recheck(ctx, kept.Digest); err != nil {
		t.Fatal(err)
	}
	wantKind(t, func() error { _, err := l.Collect(ctx, identity.System("test"), time.Second); return err }(), fault.Invalid, "at least")
}

// Whoever hears that bytes are there relies on it; whoever hears that they are
// not pushes them again, and that takes them back.
func TestLeasesAndRevival(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	layer := pushBlob(t, r, waiting1, "layer")
	dbtest.Advance(l.db, leaseFor-time.Minute)
	if _, err := r.Stat(ctx, waiting1, layer.Digest, false); err != nil {
		t.Fatal(err)
	}
	dbtest.Advance(l.db, leaseFloor-time.Minute)
	if run := l.collectNow(); run.Condemned != 0 {
		t.Fatal("a lease of an existence check was not honoured")
	}
	dbtest.Advance(l.db, leaseFor)
	if run := l.collectNow(); run.Condemned != 1 {
		t.Fatalf("%+v", run)
	}
	config := pushBlob(t, r, waiting1, "{}")
	_, err := r.Push(ctx, waiting1, "1", typeManifest, image(config, nil, layer))
	wantCause(t, "a manifest over condemned bytes", err, ErrChildUnknown)
	pushBlob(t, r, waiting1, "layer")
	if _, err := r.Push(ctx, waiting1, "1", typeManifest, image(config, nil, layer)); err != nil {
		t.Fatal(err)
	}
	dbtest.Advance(l.db, 48*time.Hour)
	if run := l.collectNow(); run.Deleted != 0 || !l.has("layer") {
		t.Fatalf("revived bytes were deleted: %+v", run)
	}
}

// dying fails where a process might die.
type dying struct {
	blob.Store
	before, after func(d blob.Digest) error
}

var errKilled = errors.New("killed")

func (s *dying) Delete(ctx context.Context, d blob.Digest, generation int64) error {
	if s.before != nil {
		if err := s.before(d); err != nil {
			return err
		}
	}
	if err := s.Store.Delete(ctx, d, generation); err != nil || s.after == nil {
		return err
	}
	return s.after(d)
}

// A run that dies between any two steps leaves nothing half done: the next one
// ends what it began, and whoever pushes meanwhile loses nothing.
func TestACollectionThatDies(t *testing.T) {
	deaths := map[string]*dying{
		"before the file is deleted": {before: func(blob.Digest) error { return errKilled }},
		"after the file was deleted": {after: func(blob.Digest) error { return errKilled }},
	}
	for name, death := range deaths {
		for _, pushed := range []bool{false, true} {
			t.Run(name+map[bool]string{false: "", true: ", then pushed again"}[pushed], func(t *testing.T) {
				l := newLibrary(t)
				ctx := context.Background()
				r := l.Registry(robot(l.bruno))
				layer := pushBlob(t, r, waiting1, "unwanted")
				dbtest.Advance(l.db, leaseFor+time.Hour)
				whole := l.Service.blobs
				for phase := range []int{0, 1} { // a server that dies after each step of the run that condemns
					run := &Collection{ByName: "test", GraceMS: DefaultGrace.Milliseconds(), Phase: phaseUploads}
					if err := l.do(func(tx *db.Tx) error { return tx.Create(run) }); err != nil {
						t.Fatal(err)
					}
					for range 3 + phase {
						if err := l.advance(ctx, run); err != nil {
							t.Fatal(err)
						}
					}
				}
				dbtest.Advance(l.db, DefaultGrace+time.Minute)
				death.Store = whole
				l.Service.blobs = death
				run, err := l.Collect(ctx, identity.System("test"), DefaultGrace)
				if err != nil || run.Failures != 1 || run.Deleted != 0 || run.LastError == "" {
					t.Fatalf("%+v %v", run, err)
				}
				l.Service.blobs = whole
				_, err = r.Stat(ctx, waiting1, layer.Digest, false)
				wantCause(t, "bytes that are being deleted", err, ErrBlobUnknown)
				if pushed {
					pushBlob(t, r, waiting1, "unwanted")
				}
				l.collectNow()
				if l.has("unwanted") != pushed {
					t.Fatalf("the bytes are there: %v", !pushed)
				}
				if _, err = r.Stat(ctx, waiting1, layer.Digest, false); (err == nil) != pushed {
					t.Fatal(err)
				}
			})
		}
	}
}

// A push that ends while its bytes are being deleted keeps them.
func TestAPushDuringADeletion(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	r := l.Registry(robot(l.bruno))
	layer := pushBlob(t, r, waiting1, "wanted after all")
	dbtest.Advance(l.db, leaseFor+time.Hour)
	l.collectNow()
	dbtest.Advance(l.db, DefaultGrace+time.Minute)
	l.Service.blobs = &dying{Store: l.Service.blobs, before: func(blob.Digest) error { pushBlob(t, r, waiting1, "wanted after all"); return nil }}
	if run := l.collectNow(); run.Deleted != 0 {
		t.Fatalf("%+v", run)
	}
	if _, err := r.Stat(ctx, waiting1, layer.Digest, false); err != nil || !l.has("wanted after all") {
		t.Fatal("a push was answered and its bytes are gone", err)
	}
}

// The job does the same as the command, once a day.
func TestTheCollectionSchedulesItself(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	pushBlob(t, l.Registry(robot(l.bruno)), waiting1, "never named")
	runner := l.runner()
	for range 2 {
		if err := l.Schedule(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		dbtest.Advance(l.db, 25*time.Hour)
		l.drain(runner)
	}
	var runs []Collection
	if err := l.db.View(ctx, func(tx *db.Tx) (err error) { runs, err = lastCollections(tx, 10); return err }); err != nil {
		t.Fatal(err)
	}
	if len(runs) != 4 || !runs[0].Ended() || l.has("never named") {
		t.Fatalf("%d runs: %+v", len(runs), runs)
	}
}

func (l library) runner() *jobs.Runner {
	runner := jobs.NewRunner(l.db, slog.New(slog.DiscardHandler))
	l.Jobs(runner)
	return runner
}

// drain runs what is due.
func (l library) drain(runner *jobs.Runner) {
	l.t.Helper()
	for {
		worked, err := runner.Step(context.Background())
		if err != nil {
			l.t.Fatal(err)
		}
		if !worked {
			return
		}
	}
}
