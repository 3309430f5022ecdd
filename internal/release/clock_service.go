package release

import (
	"context"
	"encoding/json"
	"time"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

const (
	jobExpire   = "release.gates.expire"
	expireEvery = 5 * time.Minute
	expireBatch = 200
)

// Jobs gives the room's background work to the runner.
func (s *Service) Jobs(r *jobs.Runner) {
	r.Handle(jobExpire, s.tick)
	r.Handle(jobIndex, func(ctx context.Context, _ []byte) error { return s.IndexOlder(ctx) })
}

// Schedule starts the clock of the gates, and gives older packages their
// indexes; calling it at every start is right.
func (s *Service) Schedule(ctx context.Context) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		older, err := unindexed(tx, 0, 1)
		if err == nil && len(older) > 0 {
			err = jobs.Enqueue(tx, jobIndex, struct{}{}, jobs.UniqueKey(jobIndex))
		}
		if err != nil {
			return err
		}
		return jobs.Wind(tx, jobExpire, 0, tx.Now)
	})
}

func (s *Service) tick(ctx context.Context, raw []byte) error {
	var turn int64
	if err := json.Unmarshal(raw, &turn); err != nil {
		return nil // a tick of an older program, whose chain ends here
	}
	if err := s.ExpireGates(ctx); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error { return jobs.Wind(tx, jobExpire, 1-turn, tx.Now.Add(expireEvery)) })
}

// ExpireGates ends the rounds of open gates whose time ran out.
func (s *Service) ExpireGates(ctx context.Context) error {
	clock := identity.System("gate clock")
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		late, err := overdueGates(tx, expireBatch)
		if err != nil {
			return err
		}
		for i := range late {
			g := &late[i]
			r, err := s.ByID(tx, clock, g.ReleaseID)
			if err != nil {
				return err
			}
			if err := g.move(GateVerbExpire); err != nil {
				return err
			}
			if err := s.keep(tx, r, g); err != nil {
				return err
			}
			if err := saveRelease(tx, r, r.State); err != nil {
				return err
			}
			if err := s.record(tx, clock, r, "gate.expire", "", "%s of %s expired undecided", g.Code, r.Key); err != nil {
				return err
			}
		}
		return nil
	})
}
