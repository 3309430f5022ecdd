package catalog

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// Entry is one service in the list.
type Entry struct {
	Service ServiceRecord
	Items   int64 // the retired ones left out
}

// Overview is the list of services.
type Overview struct {
	Entries []Entry
	Adds    bool // the viewer may add a service
}

// Overview gives all services by name.
func (s *Service) Overview(ctx context.Context, actor identity.Actor) (o *Overview, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		services, err := allServices(tx)
		if err != nil {
			return err
		}
		counts, err := itemCounts(tx)
		if err != nil {
			return err
		}
		o = &Overview{Adds: mayKeep(actor, 0) == nil}
		for _, r := range services {
			o.Entries = append(o.Entries, Entry{Service: r, Items: counts[r.ID]})
		}
		return nil
	})
	return o, err
}

// Owners are the people who may own a new service, for those who may add one.
func (s *Service) Owners(ctx context.Context, actor identity.Actor) (people []identity.Person, err error) {
	if err := mayKeep(actor, 0); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		people, err = identity.People(tx, 0, identity.ServiceOwner)
		return err
	})
	return people, err
}

// Sheet is what the page of a service shows.
type Sheet struct {
	Service   *ServiceRecord
	Promises  []Promise
	Items     []Item
	Units     []Unit
	Baselines []Baseline        // without their lines, the newest first
	Owners    []identity.Person // who may own it, for those who may edit
	Edits     bool
}

// Sheet gives a service with everything that the catalogue holds of it.
func (s *Service) Sheet(ctx context.Context, actor identity.Actor, key string) (v *Sheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		v = &Sheet{}
		if v.Service, err = serviceByKey(tx, key); err != nil {
			return err
		}
		id := v.Service.ID
		if v.Promises, err = promisesOf(tx, id); err != nil {
			return err
		}
		if v.Items, err = itemsOf(tx, id); err != nil {
			return err
		}
		if v.Units, err = unitsOf(tx, id); err != nil {
			return err
		}
		if v.Baselines, err = baselineHeads(tx, id); err != nil {
			return err
		}
		if v.Edits = actor.Can(identity.CatalogEdit, id); v.Edits {
			v.Owners, err = identity.People(tx, id, identity.ServiceOwner)
		}
		return err
	})
	return v, err
}

// ToEdit is Sheet for those who may edit the service.
func (s *Service) ToEdit(ctx context.Context, actor identity.Actor, key string) (*Sheet, error) {
	v, err := s.Sheet(ctx, actor, key)
	if err != nil {
		return nil, err
	}
	return v, identity.Authorize(actor, identity.CatalogEdit, v.Service.ID)
}

// Of are the promises of one kind.
func (v *Sheet) Of(kind PromiseKind) []Promise {
	return slices.DeleteFunc(slices.Clone(v.Promises), func(p Promise) bool { return p.Kind != kind })
}
