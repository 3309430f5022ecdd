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
	"math/rand/v2"
	"sync"
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

// Handler does the work of one kind of job.
type Handler func(ctx context.Context, args []byte) error

// Runner leases due jobs and runs them until its context ends.
type Runner struct {
	db       *db.DB
	log      *slog.Logger
	handlers map[string]Handler
	wake     chan struct{}
}

// NewRunner gives a runner without handlers.
func NewRunner(d *db.DB, log *slog.Logger) *Runner {
	return &Runner{db: d, log: log, handlers: map[string]Handler{}, wake: make(chan struct{}, 1)}
}

// Handle says who does the work of a kind. Call it before Run.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = h }

// Wake looks for due jobs now; call it after a commit that enqueued one.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, then waits for the jobs in hand.
func (r *Runner) Run(ctx context.Context, workers int) {
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				worked, err := r.Step(ctx)
				if err != nil && ctx.Err() == nil {
					r.log.Error("jobs: cannot claim", "error", err)
				}
				if worked {
					continue
				}
				select {
				case <-ctx.Done():
					return
				case <-r.wake:
				case <-time.After(poll):
				}
			}
		})
	}
	wg.Wait()
}

// Step claims and runs one due job; false when none is due.
func (r *Runner) Step(ctx context.Context) (bool, error) {
	if ctx.Err() != nil || len(r.handlers) == 0 {
		return false, ctx.Err()
	}
	due, err := r.anyDue(ctx)
	if err != nil || !due {
		return false, err
	}
	var job *Job
	if err := r.db.InTx(ctx, func(tx *db.Tx) (err error) {
		job, err = claim(tx, r.kinds())
		return err
	}); err != nil || job == nil {
		return false, err
	}
	failure := r.run(ctx, job)
	// The word about the deed is written even while shutting down.
	return true, r.db.InTx(context.WithoutCancel(ctx), func(tx *db.Tx) error { return finish(tx, job, failure) })
}

func (r *Runner) kinds() []string {
	kinds := make([]string, 0, len(r.handlers))
	for kind := range r.handlers {
		kinds = append(kinds, kind)
	}
	return kinds
}

func (r *Runner) run(ctx context.Context, job *Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil {
			r.log.Warn("jobs: failed", "job", job.ID, "kind", job.Kind, "attempt", job.Attempts, "error", err)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, lease-5*time.Second)
	defer cancel()
	return r.handlers[job.Kind](ctx, []byte(job.Args))
}

// backOff doubles from two seconds to an hour, with a fifth of jitter.
func backOff(attempts int) time.Duration {
	d := min(2*time.Second<<min(attempts-1, 12), time.Hour)
	return d + time.Duration(rand.Int64N(int64(d)/5+1))
}
