package release

import (
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Standing is an open gate with what is in its way.
type Standing struct {
	Release  *Release
	Gate     Gate
	Blockers []fault.Blocker
}

// Standings gives the open gates that the actor sees, those of their own
// releases first and then those that expire first, with what blocks each.
func (s *Service) Standings(tx *db.Tx, actor identity.Actor, limit int) ([]Standing, error) {
	if actor.MustBePerson() != nil {
		return nil, nil
	}
	gates, err := openGatesSeenBy(tx, actor, limit)
	if err != nil {
		return nil, err
	}
	list := make([]Standing, 0, len(gates))
	for _, g := range gates {
		r, err := s.ByID(tx, actor, g.ReleaseID)
		if err != nil {
			return nil, err
		}
		findings, err := s.verdict(tx, r, g.Code)
		if err != nil {
			return nil, err
		}
		list = append(list, Standing{r, g, blockersOf(findings)})
	}
	return list, nil
}

// AskedOf gives those blockers that name the actor, or a role that the actor
// holds for the release's service.
func (r *Release) AskedOf(actor identity.Actor, blockers []fault.Blocker) (list []fault.Blocker) {
	names := map[string]bool{actor.Name: actor.Name != ""}
	for _, role := range identity.Roles() {
		names[role.Label()] = names[role.Label()] || actor.Has(role, r.ServiceID)
	}
	for _, b := range blockers {
		if names[b.Owner] {
			list = append(list, b)
		}
	}
	return list
}
