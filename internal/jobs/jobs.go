// Package jobs runs background work that survives a crash: a job is enqueued
// in the transaction that causes it, leased to one worker, retried with
// back-off, and kept as dead when it fails for good. It knows no domain.
//
// Handlers must be idempotent: a worker that dies after its deed and before
// its word has its job run again.
package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"slipway/internal/db"
)

// State is where a job stands.
type State string

// A job waits, runs, and ends as done or dead; a dead one can be retried.
const (
	Waiting State = "waiting"
	Running State = "running"
	Done    State = "done"
	Dead    State = "dead"
)

// Job is one piece of work. Attempts fences it: only the worker that claimed
// the latest attempt may end it.
type Job struct {
	ID          int64
	Kind        string
	Args        string
	State       State
	RunAt       db.Time
	Attempts    int
	MaxAttempts int
	LockedUntil db.Time
	UniqueKey   string
	LastError   string
	CreatedAt   db.Time `gorm:"autoCreateTime:false"`
	EndedAt     db.Time
}

// failures counts the attempts that failed; those that were interrupted gave the
// job one more each.
func (j *Job) failures() int { return max(1, j.Attempts-(j.MaxAttempts-maxAttempts)) }

// Option changes how a job is enqueued.
type Option func(*Job)

// UniqueKey makes a second job with the key a no-op while the first is open.
func UniqueKey(key string) Option { return func(j *Job) { j.UniqueKey = key } }

// RunAt delays a job to a moment.
func RunAt(at db.Time) Option { return func(j *Job) { j.RunAt = at } }

const (
	maxAttempts = 8
	lease       = time.Minute
	poll        = 500 * time.Millisecond
)

// Enqueue adds a job within the caller's transaction. Args are kept as JSON.
func Enqueue(tx *db.Tx, kind string, args any, options ...Option) error {
	text, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("job %s: %w", kind, err)
	}
	job := &Job{Kind: kind, Args: string(text), State: Waiting, RunAt: tx.Now, MaxAttempts: maxAttempts, CreatedAt: tx.Now}
	for _, option := range options {
		option(job)
	}
	if job.UniqueKey != "" {
		if open, err := isOpen(tx, job.UniqueKey); err != nil || open {
			return err
		}
	}
	return insert(tx, job)
}

// Wind sets the next tick of a clock, a job that enqueues itself: its handler
// gets the turn, and winds the other one, 1-turn. Two turns take each other's
// place, since a job that runs still holds its key; a clock that was wound twice
// becomes one again.
func Wind(tx *db.Tx, kind string, turn int64, at db.Time) error {
	return Enqueue(tx, kind, turn, RunAt(at), UniqueKey(fmt.Sprintf("%s/%d", kind, turn)))
}

// Handler does the work of one kind of job. Its context ends when the server
// stops, and when the job turns out to be leased to somebody else.
type Handler func(ctx context.Context, args []byte) error

// handler is a handler and how it is run.
type handler struct {
	do      Handler
	workers int // of its own; 0 shares those of all kinds
}

// Runner leases due jobs and runs them until its context ends. While a job runs
// its lease is renewed, so a long one is not taken for dead.
type Runner struct {
	db       *db.DB
	log      *slog.Logger
	handlers map[string]handler
	beat     time.Duration // between two renewals of a lease
}

// NewRunner gives a runner without handlers.
func NewRunner(d *db.DB, log *slog.Logger) *Runner {
	return &Runner{db: d, log: log, handlers: map[string]handler{}, beat: lease / 4}
}

// Handle says who does the work of a kind, in less than a minute. Call it before
// Run.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = handler{do: h} }

// HandleLong says who does the work of a kind that may take long. It has workers
// of its own, so that it keeps no other kind waiting, and bounds its own time.
func (r *Runner) HandleLong(kind string, workers int, h Handler) {
	r.handlers[kind] = handler{do: h, workers: workers}
}

// BeatEvery renews leases at another pace; for tests.
func (r *Runner) BeatEvery(d time.Duration) { r.beat = d }

// Step claims and runs one due job of any kind; false when none is due.
func (r *Runner) Step(ctx context.Context) (bool, error) {
	job, err := r.take(ctx, slices.Sorted(maps.Keys(r.handlers)))
	if job == nil {
		return false, err
	}
	return true, r.do(ctx, job)
}

// Unhandled gives the kinds of open jobs that nobody here does.
func (r *Runner) Unhandled(ctx context.Context) (kinds []string, err error) {
	err = r.db.View(ctx, func(tx *db.Tx) (err error) {
		kinds, err = openKinds(tx)
		return err
	})
	return slices.DeleteFunc(kinds, func(kind string) bool { _, ok := r.handlers[kind]; return ok }), err
}

// dueKinds are the kinds of the jobs that are due.
func (r *Runner) dueKinds(ctx context.Context) (kinds []string, err error) {
	err = r.db.View(ctx, func(tx *db.Tx) (err error) {
		kinds, err = kindsDue(tx)
		return err
	})
	return kinds, err
}

// take claims a due job of one of the kinds; nil when none is due.
func (r *Runner) take(ctx context.Context, kinds []string) (job *Job, err error) {
	if ctx.Err() != nil || len(kinds) == 0 {
		return nil, ctx.Err()
	}
	due, err := anyDue(ctx, r.db, kinds)
	if err != nil || !due {
		return nil, err
	}
	err = r.db.InTx(ctx, func(tx *db.Tx) (err error) {
		job, err = claim(tx, kinds)
		return err
	})
	if err != nil {
		return nil, err
	}
	return job, nil
}

// backOff doubles from two seconds to an hour, with a fifth of jitter.
func backOff(attempts int) time.Duration {
	d := min(2*time.Second<<min(attempts-1, 12), time.Hour)
	return d + time.Duration(rand.Int64N(int64(d)/5+1))
}
