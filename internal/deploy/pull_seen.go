package deploy

import (
	"context"
	"maps"
	"slices"
	"time"

	"slipway/internal/db"
)

// saw remembers that a device was heard of.
func (p *pulls) saw(targetID int64, at db.Time, from string) {
	p.seenMu.Lock()
	p.seen[targetID] = sighting{at, from}
	p.seenMu.Unlock()
}

// lastSeen is when a device was heard of since it was written down last.
func (p *pulls) lastSeen(targetID int64) (sighting, bool) {
	p.seenMu.Lock()
	defer p.seenMu.Unlock()
	one, ok := p.seen[targetID]
	return one, ok
}

// WriteSightings writes down when devices were heard of since the last time, in
// one statement for thousands.
func (s *Service) WriteSightings(ctx context.Context) error {
	s.pulls.seenMu.Lock()
	seen := s.pulls.seen
	s.pulls.seen = map[int64]sighting{}
	s.pulls.seenMu.Unlock()
	if len(seen) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(seen))
	for part := range slices.Chunk(ids, sightingsAtOnce) {
		err := s.db.InTxSoon(ctx, func(tx *db.Tx) error { return writeSightings(tx, part, seen) })
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	sightingsAtOnce = 5000
	sightingsEvery  = 5 * time.Second
)

// KeepSightings writes sightings down every few seconds until ctx ends.
func (s *Service) KeepSightings(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(sightingsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if err := s.WriteSightings(context.WithoutCancel(ctx)); err != nil {
				failed(err)
			}
			return
		case <-tick.C:
			if err := s.WriteSightings(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
	}
}
