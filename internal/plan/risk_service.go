package plan

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// RiskSheet is what the risks page of a release shows.
type RiskSheet struct {
	Release  *release.Release
	Risks    []Risk
	Appetite int64
	Edits    bool
	Owns     bool // may accept what is above the appetite
	People   []identity.Person
}

// Risks gives a release's risks.
func (s *Service) Risks(ctx context.Context, actor identity.Actor, key string) (sheet *RiskSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		sheet = &RiskSheet{Release: r, Edits: actor.Can(identity.RiskEdit, r.ServiceID), Owns: actor.Can(identity.RiskAccept, r.ServiceID)}
		if sheet.Risks, err = risksOf(tx, r.ID); err != nil {
			return err
		}
		if sheet.Appetite, err = s.appetite(tx, r); err != nil {
			return err
		}
		sheet.People, err = identity.People(tx, r.ServiceID)
		return err
	})
	return sheet, err
}

// Register lists risks over all releases that the actor may see, worst first.
func (s *Service) Register(ctx context.Context, actor identity.Actor, all bool) (list []Risk, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		found, err := register(tx, all, 500)
		if err != nil {
			return err
		}
		ids := make([]int64, len(found))
		for i, risk := range found {
			ids[i] = risk.ReleaseID
		}
		seen, err := s.release.Visible(tx, actor, ids)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(found, func(risk Risk) bool { return seen[risk.ReleaseID] == nil })
		return nil
	})
	return list, err
}

// SaveRisk adds a risk (Number 0) or changes one that is still live.
func (s *Service) SaveRisk(ctx context.Context, actor identity.Actor, key string, in Risk, version int64) (*Risk, error) {
	risk := &in
	err := s.write(ctx, actor, key, identity.RiskEdit, func(tx *db.Tx, r *release.Release) error {
		if err := in.validate(); err != nil {
			return err
		}
		if err := s.name(tx, &in); err != nil {
			return err
		}
		var err error
		if in.Appetite, err = s.appetite(tx, r); err != nil {
			return err
		}
		if in.Number == 0 {
			risk, err = s.addRisk(tx, r, in)
			if err != nil {
				return err
			}
			if err := record(tx, actor, r, "risk.add", "", "added risk %s: %s (%s)", risk.Key(), risk.Event, Explain(risk.Probability, risk.Impact)); err != nil {
				return err
			}
			return s.countRisks(tx, actor, r)
		}
		was, err := findRisk(tx, r.ID, in.Number)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(was, version); err != nil {
			return err
		}
		if !was.Live() {
			return fault.Refuse("A decided risk is part of the record.", fault.Blocked("Risk "+was.Key()+" is "+string(was.State)+". What has changed since is a new risk.", was.OwnerName, was.Link(), "Open the risks"))
		}
		in.Row, in.ReleaseID, in.ReleaseKey, in.ServiceID, in.ServiceName, in.Restricted, in.State = was.Row, r.ID, r.Key, r.ServiceID, r.ServiceName, r.Restricted, was.State
		if err := save(tx, &in); err != nil {
			return err
		}
		return record(tx, actor, r, "risk.edit", "", "edited risk %s: now %s", in.Key(), Explain(in.Probability, in.Impact))
	})
	return risk, err
}

func (s *Service) name(tx *db.Tx, in *Risk) error {
	if in.OwnerID == 0 {
		in.OwnerName = ""
		return nil
	}
	person, err := identity.FindPerson(tx, in.OwnerID)
	in.OwnerName = person.Name
	return err
}

func (s *Service) addRisk(tx *db.Tx, r *release.Release, in Risk) (*Risk, error) {
	number, err := nextNumber(tx, "risks", r.ID)
	if err != nil {
		return nil, err
	}
	in = newRisk(r, number, in)
	return &in, insertRisk(tx, &in)
}

// newRisk is what was said of a risk, as a new one of a release.
func newRisk(r *release.Release, number int64, in Risk) Risk {
	in.Row, in.Number, in.ReleaseID, in.ReleaseKey, in.ServiceID, in.ServiceName, in.Restricted = db.Row{}, number, r.ID, r.Key, r.ServiceID, r.ServiceName, r.Restricted
	in.State = RiskOpen
	return in
}

// MoveRisk treats, accepts, closes or marks a risk as come about.
func (s *Service) MoveRisk(ctx context.Context, actor identity.Actor, key string, number int64, verb RiskVerb, reason string, version int64) error {
	permission := identity.RiskEdit
	if verb == RiskAccept { // judged on the record: above the appetite it is the owner's
		permission = identity.PlanAgree
	}
	return s.write(ctx, actor, key, permission, func(tx *db.Tx, r *release.Release) error {
		risk, err := findRisk(tx, r.ID, number)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(risk, version); err != nil {
			return err
		}
		if risk.Appetite, err = s.appetite(tx, r); err != nil {
			return err
		}
		if err := risk.do(actor, verb, reason, tx.Now); err != nil {
			return err
		}
		if err := save(tx, risk); err != nil {
			return err
		}
		if err := record(tx, actor, r, "risk."+string(verb), reason, "moved risk %s to %s", risk.Key(), risk.State); err != nil {
			return err
		}
		return s.countRisks(tx, actor, r)
	})
}

// countRisks tells the release how many risks are live.
func (s *Service) countRisks(tx *db.Tx, actor identity.Actor, r *release.Release) error {
	list, err := risksOf(tx, r.ID)
	if err != nil {
		return err
	}
	var n int64
	for _, risk := range list {
		if risk.Live() {
			n++
		}
	}
	if n == r.OpenRisks {
		return nil
	}
	return s.release.Revise(tx, actor, r, release.Revision{PlanVersion: r.PlanVersion, PlanAgreed: r.PlanAgreed, OpenRisks: &n, What: "the risks changed"})
}
