package deploy

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Pretend is a method that begins every target at once and reaches none.
type Pretend struct{ Method string }

func (p Pretend) Name() string { return p.Method }

func (Pretend) Blockers(*db.Tx, *release.Release, *Wave) ([]fault.Blocker, error) { return nil, nil }

func (Pretend) Begin(tx *db.Tx, a identity.Actor, r *release.Release, w *Wave) error {
	return manual{}.Begin(tx, a, r, w)
}

func (Pretend) Back(*db.Tx, identity.Actor, *release.Release, *Wave) error { return nil }

// Register gives the service a method for tests.
func (s *Service) Register(m Method) { s.methods[m.Name()] = m }

// FailBy reports, as a machine does, by which class of failure a target failed.
func (s *Service) FailBy(ctx context.Context, actor identity.Actor, id int64, class, reason string) error {
	return s.onTarget(ctx, actor, id, func(d *deed, t *WaveTarget) error { return d.failedBy(t, class, reason) })
}
