package deploy

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// gate reads whether a wave hands out now: by its state, its release's, and the
// same leave that a start takes.
func (p *pulls) gate(ctx context.Context, waveID int64) (*gate, error) {
	p.mu.Lock()
	g := p.gates[waveID]
	if g == nil {
		g = &gate{}
		p.gates[waveID] = g
	}
	p.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	now := p.s.db.Now()
	if !g.readAt.IsZero() && now.Sub(g.readAt) < gateFor {
		return g, nil
	}
	err := p.s.db.View(ctx, func(tx *db.Tx) error {
		d, err := p.s.deedOn(tx, waveKeeper, waveID)
		if err != nil {
			return err
		}
		g.wave, g.release, g.replaced, g.readAt = d.w.State, d.r.State, d.replaced(), now
		g.open, err = d.handsOut()
		return err
	})
	return g, err
}

// waveKeeper is the actor of what happens to waves by the clock.
var waveKeeper = identity.System("wave clock")

// deedOn finds a wave by its row, with its release.
func (s *Service) deedOn(tx *db.Tx, actor identity.Actor, waveID int64) (*deed, error) {
	list, err := wavesByID(tx, []int64{waveID})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "There is no such wave.")
	}
	r, err := s.release.ByID(tx, actor, list[0].ReleaseID)
	if err != nil {
		return nil, err
	}
	d := &deed{s: s, tx: tx, actor: actor, r: r}
	if d.waves, err = wavesOf(tx, r.ID); err != nil {
		return nil, err
	}
	return d, d.choose(list[0].Number)
}

// replaced tells whether what the wave was started with is not the release's
// signed package any more.
func (d *deed) replaced() bool {
	return d.w.PackageDigest != "" && (d.w.PackageDigest != d.r.PackageDigest || d.w.PackageDigest != d.r.SignedDigest)
}

// handsOut asks for leave to hand out what a device has not fetched yet.
func (d *deed) handsOut() (bool, error) {
	if !d.w.goesOn() {
		return false, nil
	}
	list, err := d.withheld()
	return len(list) == 0, err
}
