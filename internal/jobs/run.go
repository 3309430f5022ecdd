package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"slipway/internal/db"
)

// crew are the workers that share kinds of jobs.
type crew struct {
	kinds   []string
	workers int
	called  chan struct{}
}

// crews gives a crew to each kind that has workers of its own, and one to all
// the others.
func (r *Runner) crews(workers int) []*crew {
	shared := &crew{workers: workers, called: make(chan struct{}, 1)}
	list := []*crew{shared}
	for kind, h := range r.handlers {
		if h.workers == 0 {
			shared.kinds = append(shared.kinds, kind)
			continue
		}
		list = append(list, &crew{kinds: []string{kind}, workers: h.workers, called: make(chan struct{}, 1)})
	}
	return list
}

// Run works until ctx ends, then waits for the jobs in hand.
func (r *Runner) Run(ctx context.Context, workers int) {
	crews := r.crews(workers)
	var wg sync.WaitGroup
	for _, c := range crews {
		wg.Go(func() { r.work(ctx, c) })
	}
	r.look(ctx, crews)
	wg.Wait()
}

// look asks which kinds of jobs are due, and calls their crews. However many
// those are, one looks: a server that has nothing to do asks this and no more.
func (r *Runner) look(ctx context.Context, crews []*crew) {
	for {
		due, err := r.dueKinds(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Error("jobs: cannot look", "error", err)
		}
		for _, c := range crews {
			if slices.ContainsFunc(due, func(kind string) bool { return slices.Contains(c.kinds, kind) }) {
				select {
				case c.called <- struct{}{}:
				default: // it has not come yet
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(poll):
		}
	}
}

// work does what is due of the crew's kinds whenever it is called, as many jobs
// at once as there are workers.
func (r *Runner) work(ctx context.Context, c *crew) {
	var wg sync.WaitGroup
	defer wg.Wait()
	free := make(chan struct{}, c.workers)
	for range c.workers {
		free <- struct{}{}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-free:
		}
		job, err := r.take(ctx, c.kinds)
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
		case <-c.called:
		}
	}
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
