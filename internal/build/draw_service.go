package build

import (
	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Draw gives a new release the criteria of its service package.
func (s *Service) Draw(tx *db.Tx, actor identity.Actor, r *release.Release, _ release.Origin) error {
	_, err := s.draw(tx, actor, r, nil)
	return err
}

// DrawIn draws the service package's criteria into a release inside the caller's
// transaction, so that a release arrives with them. Those drawn before stay as
// they are; it gives how many are new.
func (s *Service) DrawIn(tx *db.Tx, actor identity.Actor, r *release.Release) (int, error) {
	have, err := criteriaOf(tx, r.ID)
	if err != nil {
		return 0, err
	}
	return s.draw(tx, actor, r, have)
}

func (s *Service) draw(tx *db.Tx, actor identity.Actor, r *release.Release, have []Criterion) (int, error) {
	promised, err := s.catalog.Criteria(tx, r.ServiceID)
	if err != nil {
		return 0, err
	}
	drawn, number := map[int64]bool{}, int64(0)
	for _, c := range have {
		drawn[c.SourceID] = true
		number = max(number, c.Number)
	}
	var fresh []*Criterion
	for _, p := range promised {
		if drawn[p.PromiseID] {
			continue
		}
		number++
		fresh = append(fresh, &Criterion{ReleaseID: r.ID, ReleaseKey: r.Key, Number: number, SourceID: p.PromiseID, Kind: Kind(p.Kind), Aspect: p.Aspect,
			Statement: p.Statement, Measure: p.Measure, Target: p.Target, State: Planned})
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	if err := insertCriteria(tx, fresh...); err != nil {
		return 0, err
	}
	return len(fresh), record(tx, actor, r, "criterion.draw", r.Key, "", "drew %d criteria from the service package of %s", len(fresh), r.Key)
}
