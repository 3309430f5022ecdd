package release

import (
	"slices"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// SeatLicences moves what the releases hold of licences along with the targets
// they stand on. Most hold none, and nothing is counted for them.
func (s *Service) SeatLicences(tx *db.Tx, actor identity.Actor, keys []string, count func(key string) (dml.Seats, error)) error {
	holders, err := s.media.Seated(tx)
	if err != nil || len(holders) == 0 {
		return err
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if !slices.Contains(holders, key) {
			continue
		}
		n, err := count(key)
		if err != nil {
			return err
		}
		if err := s.media.Seat(tx, actor, key, n); err != nil {
			return err
		}
	}
	return nil
}

// SeatBlockers says which licences of the release do not reach for its targets.
func (s *Service) SeatBlockers(tx *db.Tx, r *Release, targets int64) ([]fault.Blocker, error) {
	return s.media.SeatBlockers(tx, r.Key, targets)
}
