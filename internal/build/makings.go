package build

import (
	"errors"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Makings gives the builds that made media versions, of the releases that the
// actor sees.
func (s *Service) Makings(tx *db.Tx, actor identity.Actor, versionIDs []int64) ([]dml.Making, error) {
	all, err := makingsOf(tx, versionIDs)
	if err != nil {
		return nil, err
	}
	var seen []dml.Making
	sees := map[string]error{}
	for _, m := range all {
		err, asked := sees[m.ReleaseKey]
		if !asked {
			_, err = s.release.FindIn(tx, actor, m.ReleaseKey)
			sees[m.ReleaseKey] = err
		}
		switch {
		case err == nil:
			seen = append(seen, m)
		case !errors.Is(err, fault.NotFound):
			return nil, err
		}
	}
	return seen, nil
}
