package jobs_test

import (
	"context"
	"errors"
	"log/slog"
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
