package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/jobs"
)

func enqueue(t *testing.T, d *db.DB, options ...jobs.Option) {
	t.Helper()
	err := d.InTx(context.Background(), func(tx *db.Tx) error { return jobs.Enqueue(tx, "greet", "Maya", options...) })
	if err != nil {
		t.Fatal(err)
	}
}

func step(t *testing.T, r *jobs.Runner) bool {
	t.Helper()
	worked, err := r.Step(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return worked
}

func TestJobIsDoneOnce(t *testing.T) {
	d := dbtest.New(t)
	runner := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	var greeted string
	runner.Handle("greet", func(_ context.Context, args []byte) error { greeted += string(args); return nil })
	enqueue(t, d, jobs.UniqueKey("maya"))
	enqueue(t, d, jobs.UniqueKey("maya"))
	if !step(t, runner) || step(t, runner) {
		t.Error("one of two jobs with the same key runs, the other does not exist")
	}
	if greeted != `"Maya"` {
		t.Errorf("the handler got %s", greeted)
	}
	enqueue(t, d, jobs.UniqueKey("maya"))
	if !step(t, runner) {
		t.Error("a key is free again when its job is done")
	}
}

func TestFailureWaitsLongerEachTimeAndThenDies(t *testing.T) {
	d := dbtest.New(t)
	runner := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	var tries atomic.Int64
	runner.Handle("greet", func(context.Context, []byte) error { tries.Add(1); return errors.New("nobody is in") })
	enqueue(t, d)
	for range 20 {
		step(t, runner)
		if step(t, runner) {
			t.Fatal("a failed job does not wait")
		}
		dbtest.Advance(d, 2*time.Hour)
	}
	if tries.Load() != 8 {
		t.Errorf("tried %d times, want 8", tries.Load())
	}
}

func TestJobOfADeadWorkerRunsAgain(t *testing.T) {
	d := dbtest.New(t)
	enqueue(t, d)
	dying := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	living := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	var done atomic.Int64
	living.Handle("greet", func(context.Context, []byte) error { done.Add(1); return nil })
	dying.Handle("greet", func(context.Context, []byte) error {
		dbtest.Advance(d, 2*time.Minute) // its lease runs out while it hangs
		if !step(t, living) {
			t.Error("the lease ran out, and nobody took the job over")
		}
		return errors.New("too late to say so")
	})
	step(t, dying)
	if done.Load() != 1 {
		t.Errorf("done %d times", done.Load())
	}
	dbtest.Advance(d, 24*time.Hour)
	if step(t, living) {
		t.Error("the late word of the dead worker reopened the job")
	}
}

func TestDelayedJobWaits(t *testing.T) {
	d := dbtest.New(t)
	runner := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	runner.Handle("greet", func(context.Context, []byte) error { return nil })
	enqueue(t, d, jobs.RunAt(d.Now().Add(time.Hour)))
	if step(t, runner) {
		t.Error("ran before its time")
	}
	dbtest.Advance(d, time.Hour)
	if !step(t, runner) {
		t.Error("did not run at its time")
	}
}

// TestLongJobKeepsItsLease lets a job run far beyond its lease while another
// runner looks for work: it is left alone as long as its worker lives.
func TestLongJobKeepsItsLease(t *testing.T) {
	d := dbtest.New(t)
	enqueue(t, d)
	patient, greedy := jobs.NewRunner(d, slog.New(slog.DiscardHandler)), jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	var done atomic.Int64
	greedy.HandleLong("greet", 1, func(context.Context, []byte) error { done.Add(100); return nil })
	patient.BeatEvery(time.Millisecond)
	patient.HandleLong("greet", 1, func(ctx context.Context, _ []byte) error {
		for range 5 {
			dbtest.Advance(d, 50*time.Second)
			renewed(t, d)
			if step(t, greedy) {
				t.Error("a job was taken from a worker that lives")
			}
		}
		done.Add(1)
		return ctx.Err()
	})
	step(t, patient)
	if done.Load() != 1 {
		t.Errorf("done %d", done.Load())
	}
}

// renewed waits until the lease of the one job runs for most of a minute.
func renewed(t *testing.T, d *db.DB) {
	t.Helper()
	var job jobs.Job
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if err := d.View(context.Background(), func(tx *db.Tx) error { return tx.First(&job, "kind = ?", "greet") }); err != nil {
			t.Fatal(err)
		}
		if job.LockedUntil.Sub(d.Now()) > 55*time.Second {
			return
		}
	}
	t.Fatal("the lease was not renewed")
}

// TestWorkerThatLostItsLeaseStops takes a job from a worker that slept too long:
// its context ends, and its word counts no more.
func TestWorkerThatLostItsLeaseStops(t *testing.T) {
	d := dbtest.New(t)
	enqueue(t, d)
	sleepy, other := jobs.NewRunner(d, slog.New(slog.DiscardHandler)), jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	took := make(chan struct{})
	sleepy.BeatEvery(time.Millisecond)
	sleepy.HandleLong("greet", 1, func(ctx context.Context, _ []byte) error {
		go func() { // as a second process would
			if err := d.InTx(context.Background(), func(tx *db.Tx) error {
				return tx.Gorm().Model(&jobs.Job{}).Where("1 = 1").Updates(map[string]any{"attempts": 2}).Error
			}); err != nil {
				t.Error(err)
			}
			close(took)
		}()
		<-took
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Error("works on without a lease")
		}
		return nil
	})
	other.HandleLong("greet", 1, func(context.Context, []byte) error { return nil })
	step(t, sleepy)
	dbtest.Advance(d, 2*time.Minute)
	if !step(t, other) {
		t.Error("the word of a worker without a lease ended the job")
	}
}

func TestLongJobsKeepNobodyWaiting(t *testing.T) {
	d := dbtest.New(t)
	enqueue(t, d)
	enqueue(t, d)
	if err := d.InTx(context.Background(), func(tx *db.Tx) error { return jobs.Enqueue(tx, "short", "Maya") }); err != nil {
		t.Fatal(err)
	}
	runner := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	short := make(chan struct{})
	runner.HandleLong("greet", 1, func(ctx context.Context, _ []byte) error { <-ctx.Done(); return ctx.Err() })
	runner.Handle("short", func(context.Context, []byte) error { close(short); return nil })
	ended := make(chan struct{})
	go func() { runner.Run(ctx, 1); close(ended) }()
	select {
	case <-short:
	case <-time.After(10 * time.Second):
		t.Error("a short job waits for a long one")
	}
	stop()
	<-ended
}

// TestRestartsCostNoAttempt interrupts a job far oftener than it may fail.
func TestRestartsCostNoAttempt(t *testing.T) {
	d := dbtest.New(t)
	enqueue(t, d)
	runner := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	for range 20 {
		ctx, stop := context.WithCancel(context.Background())
		runner.Handle("greet", func(ctx context.Context, _ []byte) error { stop(); return ctx.Err() })
		if worked, err := runner.Step(ctx); !worked || err != nil {
			t.Fatalf("an interrupted job does not wait for the next start: %v, %v", worked, err)
		}
	}
	runner.Handle("greet", func(context.Context, []byte) error { return errors.New("nobody is in") })
	step(t, runner)
	dbtest.Advance(d, 10*time.Second)
	if !step(t, runner) {
		t.Error("it died of restarts")
	}
}

func TestJobsThatNobodyDoesAreTold(t *testing.T) {
	d := dbtest.New(t)
	runner := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	enqueue(t, d)
	if kinds, err := runner.Unhandled(t.Context()); err != nil || !slices.Equal(kinds, []string{"greet"}) {
		t.Error(kinds, err)
	}
	runner.Handle("greet", func(context.Context, []byte) error { return nil })
	if kinds, err := runner.Unhandled(t.Context()); err != nil || len(kinds) > 0 {
		t.Error(kinds, err)
	}
}
