package deploy

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// NameDelegate names who gives or refuses go for a wave in place of its lead: a
// person with the role deployment staff for the service; 0 is nobody any more.
// Only the lead names one, and only while they may give go themselves.
func (s *Service) NameDelegate(ctx context.Context, actor identity.Actor, key string, number, version, userID int64) error {
	return s.writeWave(ctx, actor, key, number, version, identity.WaveGo, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := fault.Refuse("No delegate was named.", d.againstNaming()...); err != nil {
			return err
		}
		was := d.w.DelegateName
		if userID == 0 {
			if d.w.DelegateID == 0 {
				return wrong("No delegate was named.", "delegate", "Choose who gives go in your place.", nil)
			}
			d.w.DelegateID, d.w.DelegateName = 0, ""
			if err := save(d.tx, d.w); err != nil {
				return err
			}
			return d.record("delegate", "", "named nobody any more to give go for %s, in place of %s", d.w.Label(), was)
		}
		people, err := d.delegates()
		if err != nil {
			return err
		}
		at := slices.IndexFunc(people, func(p identity.Person) bool { return p.ID == userID })
		if at < 0 {
			return wrong("No delegate was named.", "delegate", "Choose somebody else than yourself with the role "+identity.DeploymentStaff.Label()+" for this service.", nil)
		}
		d.w.DelegateID, d.w.DelegateName = people[at].ID, people[at].Name
		if err := save(d.tx, d.w); err != nil {
			return err
		}
		return d.record("delegate", "", "named %s to give or refuse go for %s, for %s", d.w.DelegateName, d.w.Label(), actor.Name)
	})
}

// againstNaming says why the actor names no delegate now.
func (d *deed) againstNaming() []fault.Blocker {
	var list []fault.Blocker
	if !d.w.leads(d.actor) {
		b := d.block("wave.lead", "Open the wave", "%s leads %s, and names their delegate themselves.", d.w.LeadName, d.w.Label())
		b.Owner = d.w.LeadName
		list = append(list, b)
	}
	if d.w.State.Begun() {
		list = append(list, d.block("wave.state", "Open the wave", "%s is %s; go was given.", d.w.Label(), state.Word(d.w.State)))
	}
	return list
}

// delegates lists whom the lead may name.
func (d *deed) delegates() ([]identity.Person, error) {
	people, err := identity.People(d.tx, d.r.ServiceID, identity.DeploymentStaff)
	return slices.DeleteFunc(people, func(p identity.Person) bool { return p.ID == d.w.LeadID }), err
}

// delegated tells whether the actor is the wave's delegate now: they still hold
// the role, and the lead may still give go.
func (d *deed) delegated() (bool, error) {
	if d.w.DelegateID == 0 || d.actor.Kind != identity.PersonKind || d.actor.UserID != d.w.DelegateID || !d.actor.Has(identity.DeploymentStaff, d.r.ServiceID) {
		return false, nil
	}
	leads, err := identity.People(d.tx, d.r.ServiceID, identity.RolesFor(identity.WaveGo)...)
	return slices.ContainsFunc(leads, func(p identity.Person) bool { return p.ID == d.w.LeadID }), err
}

// mayGo allows whoever may give go for waves, and the wave's delegate. Stand is
// in whose place a delegate speaks; empty is their own.
func (d *deed) mayGo() (stand string, err error) {
	refused := identity.Authorize(d.actor, identity.WaveGo, d.r.ServiceID)
	if refused == nil {
		return "", nil
	}
	switch ok, err := d.delegated(); {
	case err != nil:
		return "", err
	case !ok:
		return "", refused
	}
	return d.w.LeadName, nil
}

// goBy gives the permission by which the actor says a word on go for a wave: a
// delegate does it as deployment staff.
func (s *Service) goBy(ctx context.Context, actor identity.Actor, key string, number int64) (identity.Permission, error) {
	p := identity.WaveGo
	err := s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, number)
		if err != nil {
			return err
		}
		stand, err := d.mayGo()
		if stand != "" {
			p = identity.WaveControl
		}
		return err
	})
	return p, err
}

// standingFor writes in whose place somebody speaks.
func standingFor(name, stand string) string {
	if stand == "" {
		return name
	}
	return name + " for " + stand
}
