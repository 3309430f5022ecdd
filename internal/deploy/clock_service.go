package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"slipway/internal/db"
	"slipway/internal/jobs"
)

const (
	jobClock   = "deploy.clock"
	jobMove    = "deploy.wave.move"
	jobRetry   = "deploy.wave.retry"
	jobBack    = "deploy.wave.back"
	jobJoin    = "deploy.wave.join"
	jobGoOn    = "deploy.wave.goon"
	clockEvery = 10 * time.Second
)

// Schedule starts the clock of the waves, brings what an older program left in
// step, and has the work go on that somebody left; calling it at every start is
// right.
func (s *Service) Schedule(ctx context.Context) error {
	if err := errors.Join(s.rankTargets(ctx), s.rehire(ctx)); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error { return jobs.Wind(tx, jobClock, 0, tx.Now) })
}

// tick finds the waves that wait for the clock and leaves each to a job of its
// own, which looks again for itself, so that one too many does no harm. It looks
// by a few statements however many waves there are.
func (s *Service) tick(ctx context.Context, raw []byte) error {
	var turn int64
	if err := json.Unmarshal(raw, &turn); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		err := errors.Join(offer(tx, jobMove, selfMoving), offer(tx, jobRetry, retriesDue), offer(tx, jobBack, backsDue),
			offer(tx, jobJoin, runningWaves, jobs.RunAt(tx.Now.Add(joinEvery))), offer(tx, jobGoOn, heldWaves))
		if err != nil {
			return err
		}
		return jobs.Wind(tx, jobClock, 1-turn, tx.Now.Add(clockEvery))
	})
}

// offer puts a job on the queue for every wave that is found.
func offer(tx *db.Tx, kind string, find func(*db.Tx) ([]waveArgs, error), options ...jobs.Option) error {
	list, err := find(tx)
	for _, args := range list {
		err = errors.Join(err, jobs.Enqueue(tx, kind, args, append(options, jobs.UniqueKey(args.key(kind)))...))
	}
	return err
}

const rankBatch = 2000

// rankTargets writes the ranks of targets that were saved before there were any.
// It is done before anything is served, so that no wave is frozen by a filter
// that misses them.
func (s *Service) rankTargets(ctx context.Context) error {
	var list []Target
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		list, err = unranked(tx, 0, 1)
		return err
	})
	for after := int64(0); err == nil && len(list) > 0; {
		err = s.db.InTx(ctx, func(tx *db.Tx) error {
			if list, err = unranked(tx, after, rankBatch); err != nil {
				return err
			}
			for i := range list {
				list[i].index()
				if err := keepFacets(tx, &list[i]); err != nil {
					return err
				}
				after = list[i].ID
			}
			return nil
		})
	}
	return err
}
