package catalog

import (
	"context"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Units gives the release units of a service with their items; of all with 0.
func (s *Service) Units(tx *db.Tx, serviceID int64) ([]Unit, error) { return unitsOf(tx, serviceID) }

// SaveUnit draws up a release unit of a service's items (ID 0), or changes one
// that nobody changed since. It stays with its service.
func (s *Service) SaveUnit(ctx context.Context, actor identity.Actor, u *Unit, itemIDs []int64) error {
	if err := identity.Authorize(actor, identity.CatalogEdit, u.ServiceID); err != nil {
		return err
	}
	itemIDs = slices.Clone(itemIDs)
	slices.Sort(itemIDs)
	itemIDs = slices.Compact(itemIDs)
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if u.ID != 0 {
			before, err := unitByID(tx, u.ID)
			if err != nil {
				return err
			}
			if err := identity.Authorize(actor, identity.CatalogEdit, before.ServiceID); err != nil {
				return err
			}
			if err := db.CheckVersion(before, u.Version); err != nil {
				return err
			}
			u.ServiceID, u.CreatedAt = before.ServiceID, before.CreatedAt
		}
		service, err := serviceByID(tx, u.ServiceID)
		if err != nil {
			return err
		}
		u.ServiceKey = service.Key
		if err := u.check(tx, itemIDs); err != nil {
			return err
		}
		if u.ID == 0 {
			err = insert(tx, u)
		} else {
			err = save(tx, u)
		}
		if err != nil {
			return taken(err, "name", "The service has a unit of this name already.")
		}
		if err := setUnitItems(tx, u.ID, itemIDs); err != nil {
			return err
		}
		return record(tx, actor, "unit.save", "service", service.Key, "drew up the release unit "+u.Name)
	})
}

// check tells all that is wrong with a unit of these items.
func (u *Unit) check(tx *db.Tx, itemIDs []int64) error {
	var c fault.Check
	u.Name, u.Description = strings.TrimSpace(u.Name), strings.TrimSpace(u.Description)
	c.Need(u.Name != "" && len(u.Name) <= 120, "name", "Name the release unit in at most 120 characters.")
	c.Need(len(u.Description) <= 1000, "description", "Keep the description to 1,000 characters.")
	c.Need(len(itemIDs) > 0, "items", "Choose at least one configuration item.")
	items, err := itemsByID(tx, itemIDs)
	if err != nil {
		return err
	}
	for _, i := range items {
		c.Need(i.ServiceID == u.ServiceID, "items", i.Key+" belongs to another service.")
		c.Need(!i.Retired, "items", i.Key+" is retired.")
	}
	c.Need(len(items) == len(itemIDs), "items", "One of the items is gone.")
	return c.Err("The release unit was not saved.")
}

// DropUnit dissolves a release unit as it was read. Its items stay, and
// releases keep what they drew from it.
func (s *Service) DropUnit(ctx context.Context, actor identity.Actor, id, version int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		u, err := unitByID(tx, id)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.CatalogEdit, u.ServiceID); err != nil {
			return err
		}
		if err := db.CheckVersion(u, version); err != nil {
			return err
		}
		if err := deleteUnit(tx, u.ID); err != nil {
			return err
		}
		return record(tx, actor, "unit.drop", "service", u.ServiceKey, "dissolved the release unit "+u.Name)
	})
}

// UnitGroup is a service with its release units.
type UnitGroup struct {
	Service ServiceRecord
	Units   []Unit
	Edits   bool
}

// UnitGroups gives the release units of every service, by the services' names.
func (s *Service) UnitGroups(ctx context.Context, actor identity.Actor) (groups []UnitGroup, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		services, err := allServices(tx)
		if err != nil {
			return err
		}
		units, err := unitsOf(tx, 0)
		if err != nil {
			return err
		}
		for _, r := range services {
			g := UnitGroup{Service: r, Edits: actor.Can(identity.CatalogEdit, r.ID)}
			for _, u := range units {
				if u.ServiceID == r.ID {
					g.Units = append(g.Units, u)
				}
			}
			groups = append(groups, g)
		}
		return nil
	})
	return groups, err
}

// UnitSheet is what the page of a release unit shows.
type UnitSheet struct {
	Service *ServiceRecord
	Unit    *Unit  // the zero unit while it is drawn up
	Items   []Item // of the service, to choose from
	Edits   bool
}

// Unit gives a release unit.
func (s *Service) Unit(ctx context.Context, actor identity.Actor, id int64) (v *UnitSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		v = &UnitSheet{}
		if v.Unit, err = unitByID(tx, id); err != nil {
			return err
		}
		if v.Service, err = serviceByID(tx, v.Unit.ServiceID); err != nil {
			return err
		}
		return v.fill(tx, actor)
	})
	return v, err
}

// UnitToEdit is Unit for those who may edit it.
func (s *Service) UnitToEdit(ctx context.Context, actor identity.Actor, id int64) (*UnitSheet, error) {
	v, err := s.Unit(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return v, identity.Authorize(actor, identity.CatalogEdit, v.Service.ID)
}

// NewUnit gives what a release unit of the service is drawn up from, to those
// who may.
func (s *Service) NewUnit(ctx context.Context, actor identity.Actor, serviceKey string) (v *UnitSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		v = &UnitSheet{Unit: &Unit{}}
		if v.Service, err = serviceByKey(tx, serviceKey); err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.CatalogEdit, v.Service.ID); err != nil {
			return err
		}
		v.Unit.ServiceID, v.Unit.ServiceKey = v.Service.ID, v.Service.Key
		return v.fill(tx, actor)
	})
	return v, err
}

func (v *UnitSheet) fill(tx *db.Tx, actor identity.Actor) (err error) {
	v.Edits = actor.Can(identity.CatalogEdit, v.Service.ID)
	v.Items, err = itemsOf(tx, v.Service.ID)
	return err
}
