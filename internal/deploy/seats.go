package deploy

import (
	"maps"
	"slices"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// seat moves the licences of the release along with its targets, and those of
// the releases that ran there before: what is replaced takes no licence, and
// what is put back takes it again.
func (d *deed) seat() error {
	if t := d.only; t != nil { // all the others stand as they stood
		if d.was == t.State || !d.was.seats() && !t.State.seats() {
			return nil
		}
		return d.s.seatReleases(d.tx, d.actor, []string{t.FormerRelease, d.r.Key})
	}
	keys, err := formersOf(d.tx, d.w.ID)
	if err != nil {
		return err
	}
	return d.s.seatReleases(d.tx, d.actor, append(keys, d.r.Key))
}

func (s *Service) seatReleases(tx *db.Tx, actor identity.Actor, keys []string) error {
	return s.release.SeatLicences(tx, actor, keys, func(key string) (dml.Seats, error) { return seatsOf(tx, key) })
}

// seats tells whether licences count the target in this state in another way
// than before its wave.
func (s TargetState) seats() bool {
	return s == TargetVerified || s == TargetExcluded || s == TargetRolledBack
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

// Successions counts the targets that releases will take over from each other:
// those in their waves' lists that they have not reached, and those that a wave
// without a list would take now.
func (s *Service) Successions(tx *db.Tx, releaseKeys []string) (list []dml.Succession, err error) {
	for _, key := range releaseKeys {
		waves, err := wavesFor(tx, key)
		if err != nil {
			return nil, err
		}
		counts := map[string]int64{}
		d := &deed{s: s, tx: tx, waves: waves}
		for i := range waves {
			d.w = &waves[i]
			found, err := d.follows(releaseKeys)
			if err != nil {
				return nil, err
			}
			for _, n := range found {
				counts[n.From] += n.Targets
			}
		}
		for _, from := range slices.Sorted(maps.Keys(counts)) {
			list = append(list, dml.Succession{From: from, To: key, Targets: counts[from]})
		}
	}
	return list, nil
}

// follows counts the targets of the wave that run one of those releases.
func (d *deed) follows(keys []string) ([]dml.Succession, error) {
	others := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == d.w.ReleaseKey })
	if d.w.State != WavePlanned && d.w.State != WaveNoGo {
		return followedIn(d.tx, d.w, others)
	}
	filter, err := ParseFilter(d.w.Filter)
	if err != nil {
		return nil, nil // a wave that takes nothing yet
	}
	return wouldFollow(d.tx, d.w, filter, d.earlier(), others)
}
