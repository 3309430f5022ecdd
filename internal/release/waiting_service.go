package release

import (
	"slipway/internal/db"
	"slipway/internal/identity"
)

// WaitingGate is an open gate on which a person's word is asked.
type WaitingGate struct {
	Release *Release
	Gate    Gate
	Roles   []identity.Role // under which they could speak
	Unmet   int             // criteria that nobody could approve without
}

// WaitingWaiver is an exception that somebody may allow or refuse.
type WaitingWaiver struct {
	Release *Release
	Waiver  Waiver
}

// candidates is how many open gates are looked through for those of a person.
const candidates = 100

// WaitingGates gives the open gates that the actor may decide now, those that
// expire first on top: never one of their own, and none they have spoken on.
func (s *Service) WaitingGates(tx *db.Tx, actor identity.Actor, limit int) ([]WaitingGate, error) {
	if actor.MustBePerson() != nil || !actor.Can(identity.GateDecide, 0) {
		return nil, nil
	}
	gates, err := openGatesFor(tx, actor, candidates)
	if err != nil {
		return nil, err
	}
	var list []WaitingGate
	for _, g := range gates {
		if len(list) == limit {
			break
		}
		r, err := s.ByID(tx, actor, g.ReleaseID)
		if err != nil {
			return nil, err
		}
		t, err := s.table(tx, r, &g)
		if err != nil {
			return nil, err
		}
		if len(t.against(actor, tx.Now)) > 0 {
			continue
		}
		findings, err := s.verdict(tx, r, g.Code)
		if err != nil {
			return nil, err
		}
		list = append(list, WaitingGate{Release: r, Gate: g, Roles: t.rolesFor(actor), Unmet: len(blockersOf(findings))})
	}
	return list, nil
}

// WaitingWaivers gives the exceptions asked for that the actor may decide on.
func (s *Service) WaitingWaivers(tx *db.Tx, actor identity.Actor, limit int) ([]WaitingWaiver, error) {
	if actor.MustBePerson() != nil || !actor.Can(identity.WaiverApprove, 0) {
		return nil, nil
	}
	waivers, err := askedWaiversFor(tx, actor, limit)
	if err != nil {
		return nil, err
	}
	var list []WaitingWaiver
	for _, w := range waivers {
		r, err := s.ByID(tx, actor, w.ReleaseID)
		if err != nil {
			return nil, err
		}
		if tried := w; tried.decide(r, actor, Approve, "", tx.Now) == nil {
			list = append(list, WaitingWaiver{Release: r, Waiver: w})
		}
	}
	return list, nil
}
