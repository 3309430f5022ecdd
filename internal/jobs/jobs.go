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
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
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
	wake     chan struct{}
	beat     time.Duration // between two renewals of a lease
}

// NewRunner gives a runner without handlers.
func NewRunner(d *db.DB, log *slog.Logger) *Runner {
	return &Runner{db: d, log: log, handlers: map[string]handler{}, wake: make(chan struct{}, 1), beat: lease / 4}
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
	var shared []string
	for kind, h := range r.handlers {
		if h.workers == 0 {
			shared = append(shared, kind)
			continue
		}
		wg.Go(func() { r.work(ctx, []string{kind}, h.workers) })
	}
	wg.Go(func() { r.work(ctx, shared, workers) })
	wg.Wait()
}

// work looks for due jobs of the kinds and runs as many at once as there are
// workers. However many those are, one looks.
func (r *Runner) work(ctx context.Context, kinds []string, workers int) {
	var wg sync.WaitGroup
	defer wg.Wait()
	free := make(chan struct{}, workers)
	for range workers {
		free <- struct{}{}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-free:
		}
		job, err := r.take(ctx, kinds)
		if err != nil && ctx.Err() == nil {
			r.log.Error("jobs: cannot claim", "error", err)
		}
		if job != nil {
			wg.Go(func() {
				defer func() { free <- struct{}{} }()
				if err := r.do(ctx, job); err != nil {
					r.log.Error("jobs: cannot end", "job", job.ID, "error", err)
				}
			})
			continue
		}
		free <- struct{}{}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-time.After(poll):
		}
	}
}

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

// do runs a claimed job and ends its attempt. The word about the deed is written
// even while shutting down.
func (r *Runner) do(ctx context.Context, job *Job) error {
	failure := r.run(ctx, job)
	return r.db.InTx(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if failure != nil && ctx.Err() != nil {
			return giveBack(tx, job)
		}
		return finish(tx, job, failure)
	})
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
	h := r.handlers[job.Kind]
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if h.workers == 0 {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(ctx, lease-5*time.Second)
		defer done()
		return h.do(ctx, []byte(job.Args))
	}
	var beats sync.WaitGroup
	defer beats.Wait()
	alive, end := context.WithCancel(ctx)
	defer end()
	beats.Go(func() { r.renew(alive, job, cancel) })
	return h.do(ctx, []byte(job.Args))
}

// errLost ends the work on a job that somebody else has leased since.
var errLost = errors.New("the lease of the job was lost")

// renew renews the lease of a job until ctx ends. Who cannot renew it before it
// runs out stops working, since somebody else may have begun.
func (r *Runner) renew(ctx context.Context, job *Job, stop context.CancelCauseFunc) {
	ticker := time.NewTicker(r.beat)
	defer ticker.Stop()
	until := job.LockedUntil
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var held bool
		err := r.db.InTx(ctx, func(tx *db.Tx) (err error) {
			until, held, err = prolong(tx, job, until)
			return err
		})
		if err == nil && !held || err != nil && ctx.Err() == nil && r.db.Now().After(until) {
			r.log.Warn("jobs: lease lost", "job", job.ID, "kind", job.Kind, "error", err)
			stop(errLost)
			return
		}
	}
}

// backOff doubles from two seconds to an hour, with a fifth of jitter.
func backOff(attempts int) time.Duration {
	d := min(2*time.Second<<min(attempts-1, 12), time.Hour)
	return d + time.Duration(rand.Int64N(int64(d)/5+1))
}
