package dml

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/jobs"
)

const (
	jobScrub    = "dml.scrub"
	scrubEvery  = 10 * time.Minute
	scrubAge    = 30 * 24 * time.Hour
	scrubBudget = 30 * time.Second // a job's lease is one minute
	scrubPace   = 32 << 20         // bytes a second, at least
)

// scrub has a turn at what was not verified for a month. The next turn has a
// key of its own, since this one's is still taken.
func (s *Service) scrub(ctx context.Context) error {
	var held int64
	err := s.db.InTx(ctx, func(tx *db.Tx) (err error) {
		next := tx.Now.Add(scrubEvery)
		turn := fmt.Sprintf("%s.%d", jobScrub, int64(next)/scrubEvery.Milliseconds())
		if err := jobs.Enqueue(tx, jobScrub, struct{}{}, jobs.UniqueKey(turn), jobs.RunAt(next)); err != nil {
			return err
		}
		held, err = heldBytes(tx)
		return err
	})
	if err != nil {
		return err
	}
	return s.scrubFor(ctx, scrubAge, scrubBudget, pace(held))
}

// pace is how many bytes a second a turn may read, so that people who download
// at the same time still get theirs: three times what it takes to come round
// within the age, turn by turn.
func pace(held int64) int {
	turns := int64(scrubAge / scrubEvery)
	return int(max(scrubPace, 3*held/(turns*int64(scrubBudget/time.Second))))
}

// Scrub verifies blobs that were not verified for age, the stalest first, until
// the budget is spent, as fast as the machine can.
func (s *Service) Scrub(ctx context.Context, age, budget time.Duration) error {
	return s.scrubFor(ctx, age, budget, 0)
}

func (s *Service) scrubFor(ctx context.Context, age, budget time.Duration, bytesPerSecond int) error {
	s.scrubbed.Lock()
	defer s.scrubbed.Unlock()
	bounded, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	progress := throttle(bounded, bytesPerSecond)
	for bounded.Err() == nil {
		var row *blobRow
		err := s.db.View(ctx, func(tx *db.Tx) (err error) {
			row, err = leastVerified(tx, tx.Now.Add(-age))
			return err
		})
		if err != nil || row == nil {
			return err
		}
		if s.sitting == nil || s.sitting.Digest != row.Digest {
			s.sitting = &blob.Check{Digest: row.Digest}
		}
		found := s.sitting.Run(bounded, s.blobs, progress)
		if bounded.Err() != nil && errors.Is(found, bounded.Err()) {
			break // the next turn goes on from here
		}
		s.sitting = nil
		err = s.checked(ctx, row.Digest, found)
		if err != nil && !errors.Is(err, fault.Refused) && !errors.Is(err, fault.NotFound) {
			return err
		}
	}
	return ctx.Err()
}

// throttle delays the reading of the next piece. Zero does not.
func throttle(ctx context.Context, bytesPerSecond int) func(int64) {
	if bytesPerSecond == 0 {
		return nil
	}
	limit := rate.NewLimiter(rate.Limit(bytesPerSecond), bytesPerSecond)
	return func(n int64) {
		_ = limit.WaitN(ctx, int(n)) // the reader sees the end of ctx by itself
	}
}
