package deploy

import (
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// seat moves the licences of the release along with its targets, and those of
// the releases that ran there before: what is replaced takes no licence, and
// what is put back takes it again.
func (d *deed) seat() error {
	keys, err := formersOf(d.tx, d.w.ID)
	if err != nil {
		return err
	}
	return d.s.seatReleases(d.tx, d.actor, append(keys, d.r.Key))
}

func (s *Service) seatReleases(tx *db.Tx, actor identity.Actor, keys []string) error {
	return s.release.SeatLicences(tx, actor, keys, func(key string) (dml.Seats, error) { return seatsOf(tx, key) })
}

// seatBlockers say which licences do not reach for the targets of all waves.
func (d *deed) seatBlockers() ([]fault.Blocker, error) {
	var targets int64
	for i := range d.waves {
		if w := &d.waves[i]; w.State != WavePlanned && w.State != WaveNoGo {
			targets += w.Total - w.Excluded - w.RolledBack
		}
	}
	return d.s.release.SeatBlockers(d.tx, d.r, targets)
}

// Sees tells whether the actor may know of a release.
func (s *Service) Sees(tx *db.Tx, actor identity.Actor, releaseKey string) (bool, error) {
	_, err := s.release.FindIn(tx, actor, releaseKey)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return false, nil
	}
	return err == nil, err
}

// Spots counts the targets in use that run what the releases brought.
func (s *Service) Spots(tx *db.Tx, releaseKeys []string) ([]dml.Spot, error) {
	return spotsOf(tx, releaseKeys)
}
