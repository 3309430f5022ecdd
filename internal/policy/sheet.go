package policy

import (
	"context"
	"slices"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Deed is what may be done to a version: whether the viewer is asked, what
// stands in their way, and who else can do it.
type Deed struct {
	Offered bool
	Reasons []fault.Blocker
	Who     []string // people by name, else the role
}

// Entry is one policy in the list.
type Entry struct {
	Policy   Policy
	Services []catalog.ServiceRecord
	InForce  *Version
	Waiting  *Version // a newer draft, or one approved and not yet in force
}

// Overview is the list of policies.
type Overview struct {
	Entries   []Entry
	Uncovered []catalog.ServiceRecord // services that no policy holds for
	Draws     bool
}

// Overview gives all policies, and the services that have none.
func (s *Service) Overview(ctx context.Context, actor identity.Actor) (o *Overview, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		policies, err := allPolicies(tx)
		if err != nil {
			return err
		}
		versions, err := allVersions(tx)
		if err != nil {
			return err
		}
		services, err := s.catalog.ListServices(tx)
		if err != nil {
			return err
		}
		o = &Overview{Uncovered: uncovered(services, policies)}
		o.Draws = actor.Can(identity.PolicyEdit, 0)
		for _, p := range policies {
			e := Entry{Policy: p, Services: covered(services, &p)}
			e.InForce, e.Waiting = standing(slices.DeleteFunc(slices.Clone(versions), func(v Version) bool { return v.PolicyID != p.ID }))
			o.Entries = append(o.Entries, e)
		}
		return nil
	})
	return o, err
}

// Open lists the services for which the actor may draw up a policy: those
// that have none.
func (s *Service) Open(ctx context.Context, actor identity.Actor) (list []catalog.ServiceRecord, err error) {
	if err := identity.Authorize(actor, identity.PolicyEdit, 0); err != nil {
		return nil, err
	}
	o, err := s.Overview(ctx, actor)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(o.Uncovered, func(r catalog.ServiceRecord) bool { return !actor.Can(identity.PolicyEdit, r.ID) }), nil
}

func covered(services []catalog.ServiceRecord, p *Policy) []catalog.ServiceRecord {
	return slices.DeleteFunc(slices.Clone(services), func(r catalog.ServiceRecord) bool { return !slices.Contains(p.Services, r.ID) })
}

func uncovered(services []catalog.ServiceRecord, policies []Policy) []catalog.ServiceRecord {
	return slices.DeleteFunc(slices.Clone(services), func(r catalog.ServiceRecord) bool {
		return slices.ContainsFunc(policies, func(p Policy) bool { return slices.Contains(p.Services, r.ID) })
	})
}

// standing picks, from versions with the newest first, the one in force and
// the one that waits to be approved or put into force.
func standing(versions []Version) (inForce, waiting *Version) {
	for i := range versions {
		v := &versions[i]
		if v.State == Active {
			return v, waiting
		}
		if waiting == nil && (v.State == Draft || v.State == Approved) {
			waiting = v
		}
	}
	return nil, waiting
}

// Example is the identifier that the next release of a service gets.
type Example struct{ Service, Key string }

// Sheet is what the page of a policy shows.
type Sheet struct {
	Policy      *Policy
	Services    []catalog.ServiceRecord
	Shown       *Version
	Versions    []Version // the newest first
	InForce     *Version
	Waiting     *Version
	Before      *Version     // the version before the one shown
	Differences []Difference // of the one shown to the one before
	Change      []Difference // of the waiting one to the one in force
	Examples    []Example
	Edits       bool
	Approval    Deed // of the waiting draft
	Activation  Deed // of the approved version
}

// Sheet gives a policy with the version in force (number 0), or with the
// version asked for; where none is in force, the newest.
func (s *Service) Sheet(ctx context.Context, actor identity.Actor, key string, number int64) (sheet *Sheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		p, versions, err := s.Find(tx, key)
		if err != nil {
			return err
		}
		services, err := s.catalog.ListServices(tx)
		if err != nil {
			return err
		}
		sheet = &Sheet{Policy: p, Services: covered(services, p), Versions: versions, Edits: allowAll(actor, identity.PolicyEdit, p.Services) == nil}
		sheet.InForce, sheet.Waiting = standing(versions)
		if err := sheet.show(number); err != nil {
			return err
		}
		if err := sheet.offer(tx, actor); err != nil {
			return err
		}
		for _, r := range sheet.Services {
			next, err := sheet.Shown.peekKey(tx, r.Key)
			if err != nil {
				return err
			}
			sheet.Examples = append(sheet.Examples, Example{Service: r.Name, Key: next})
		}
		return nil
	})
	return sheet, err
}

func (sh *Sheet) show(number int64) error {
	sh.Shown = sh.InForce
	if number != 0 || sh.Shown == nil {
		at := 0
		if number != 0 {
			at = slices.IndexFunc(sh.Versions, func(v Version) bool { return v.Number == number })
		}
		if at < 0 {
			return fault.New(fault.NotFound, "The policy %s has no version %d.", sh.Policy.Key, number)
		}
		sh.Shown = &sh.Versions[at]
	}
	if at := slices.IndexFunc(sh.Versions, func(v Version) bool { return v.Number < sh.Shown.Number }); at >= 0 {
		sh.Before = &sh.Versions[at]
		sh.Differences = sh.Shown.Rules.Differences(sh.Before.Rules)
	}
	if sh.InForce != nil && sh.Waiting != nil {
		sh.Change = sh.Waiting.Rules.Differences(sh.InForce.Rules)
	}
	return nil
}

// offer says who may decide on the version that waits.
func (sh *Sheet) offer(tx *db.Tx, actor identity.Actor) error {
	v := sh.Waiting
	if v == nil {
		return nil
	}
	var err error
	switch {
	case v.State.Allows(Approve):
		sh.Approval.Offered = actor.MustBePerson() == nil && allowAll(actor, identity.PolicyApprove, sh.Policy.Services) == nil
		sh.Approval.Reasons = v.againstApproval(actor)
		sh.Approval.Who, err = deciders(tx, identity.PolicyApprove, sh.Policy.Services, v.WroteIt)
	case v.State.Allows(Activate):
		sh.Activation.Offered = sh.Edits
		sh.Activation.Who, err = deciders(tx, identity.PolicyEdit, sh.Policy.Services, nil)
	}
	return err
}

// deciders names who holds a permission for every service and is not excepted;
// the roles, where that is nobody.
func deciders(tx *db.Tx, p identity.Permission, services []int64, except func(int64) bool) ([]string, error) {
	if len(services) == 0 {
		services = []int64{0}
	}
	var names []string
	for i, id := range services {
		people, err := identity.People(tx, id, identity.RolesFor(p)...)
		if err != nil {
			return nil, err
		}
		var able []string
		for _, person := range people {
			if (except == nil || !except(person.ID)) && (i == 0 || slices.Contains(names, person.Name)) {
				able = append(able, person.Name)
			}
		}
		names = able
	}
	if len(names) == 0 {
		names = []string{roleLabels(identity.RolesFor(p))}
	}
	return names, nil
}
