package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Items gives the configuration items of a service, the retired ones left out.
func (s *Service) Items(tx *db.Tx, serviceID int64) ([]Item, error) { return itemsOf(tx, serviceID) }

// FindItem gives an item by its key.
func (s *Service) FindItem(tx *db.Tx, key string) (*Item, error) { return itemByKey(tx, key) }

// ItemByID gives an item by its row.
func (s *Service) ItemByID(tx *db.Tx, id int64) (*Item, error) { return itemByID(tx, id) }

// ItemsByID gives several items at once, by key.
func (s *Service) ItemsByID(tx *db.Tx, ids []int64) ([]Item, error) { return itemsByID(tx, ids) }

// SearchItems lists items by key after a key, those whose key or name holds the text.
func (s *Service) SearchItems(tx *db.Tx, text, after string, limit int) ([]Item, error) {
	return findItems(tx, text, after, limit)
}

// Relations gives what an item is related to, both ways.
func (s *Service) Relations(tx *db.Tx, itemID int64) ([]Relation, error) {
	return relationsOf(tx, itemID)
}

// Versions gives the versions an item had, the newest first.
func (s *Service) Versions(tx *db.Tx, itemID int64) ([]ItemVersion, error) {
	return versionsOf(tx, itemID)
}

// Affected gives the items and, beside them, their parents, children and
// dependants: what a change to them can reach.
func (s *Service) Affected(tx *db.Tx, itemIDs []int64) ([]int64, error) {
	if len(itemIDs) == 0 {
		return nil, nil
	}
	found, err := neighbours(tx, itemIDs)
	found = append(found, itemIDs...)
	slices.Sort(found)
	return slices.Compact(found), err
}

// SaveItem creates an item (ID 0) or changes one that nobody changed since.
func (s *Service) SaveItem(ctx context.Context, actor identity.Actor, i *Item) error {
	if err := identity.Authorize(actor, identity.CatalogEdit, i.ServiceID); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		service, err := serviceByID(tx, i.ServiceID)
		if err != nil {
			var c fault.Check
			c.Field("service", "Choose the service the item belongs to.")
			return c.Err("The configuration item was not saved.")
		}
		i.ServiceKey = service.Key
		if i.OwnerID == 0 {
			i.OwnerID = service.OwnerID
		}
		owner, err := identity.FindPerson(tx, i.OwnerID)
		if err != nil {
			return err
		}
		i.OwnerName = owner.Name
		if err := i.validate(); err != nil {
			return err
		}
		if i.ID == 0 {
			if err := insert(tx, i); err != nil {
				return taken(err, "key", "There is an item with this key already.")
			}
			if i.CurrentVersion != "" {
				if err := insert(tx, &ItemVersion{ItemID: i.ID, Label: i.CurrentVersion, Since: tx.Now, Why: "first recorded", ByName: actor.Name}); err != nil {
					return err
				}
			}
			return record(tx, actor, "item.add", "item", i.Key, "added the configuration item "+i.Name)
		}
		before, err := itemByID(tx, i.ID)
		if err != nil {
			return err
		}
		i.Key, i.CreatedAt = before.Key, before.CreatedAt
		if err := save(tx, i); err != nil {
			return err
		}
		if before.CurrentVersion != i.CurrentVersion {
			if err := insert(tx, &ItemVersion{ItemID: i.ID, Label: i.CurrentVersion, Since: tx.Now, Why: "corrected by hand", ByName: actor.Name}); err != nil {
				return err
			}
		}
		return record(tx, actor, "item.edit", "item", i.Key, "changed the configuration item "+i.Name)
	})
}

// SetItemVersion says which version of an item operates from now on, and why.
func (s *Service) SetItemVersion(tx *db.Tx, actor identity.Actor, itemID int64, version, why, releaseKey string) error {
	i, err := itemByID(tx, itemID)
	if err != nil {
		return err
	}
	if i.CurrentVersion == version {
		return nil
	}
	was := i.CurrentVersion
	i.CurrentVersion = version
	if err := save(tx, i); err != nil {
		return err
	}
	if err := insert(tx, &ItemVersion{ItemID: i.ID, Label: version, Since: tx.Now, Why: why, ReleaseKey: releaseKey, ByName: actor.Name}); err != nil {
		return err
	}
	return audit.Record(tx, actor.By(), audit.Entry{Action: "item.version", Kind: "item", Key: i.Key, Release: releaseKey,
		Sentence: fmt.Sprintf("updated %s from %q to %q", i.Key, was, version), Reason: why})
}

// Relate connects two items, or says why it cannot.
func (s *Service) Relate(ctx context.Context, actor identity.Actor, fromKey, toKey string, kind RelationKind) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		from, err := itemByKey(tx, fromKey)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.CatalogEdit, from.ServiceID); err != nil {
			return err
		}
		var c fault.Check
		to, err := itemByKey(tx, strings.TrimSpace(toKey))
		c.Need(err == nil, "to", "There is no item with this key.")
		c.Need(fromKey != toKey, "to", "An item is not related to itself.")
		c.Need(slices.Contains(RelationKinds, kind), "relation", "Choose how they are related.")
		if err := c.Err("The relation was not added."); err != nil {
			return err
		}
		if err := insert(tx, &Relation{FromID: from.ID, ToID: to.ID, Kind: kind}); err != nil {
			return taken(err, "to", "They are related in this way already.")
		}
		return record(tx, actor, "item.relate", "item", from.Key, fmt.Sprintf("noted that %s is %s %s", from.Key, kind, to.Key))
	})
}

// Unrelate takes a relation of an item away.
func (s *Service) Unrelate(ctx context.Context, actor identity.Actor, key string, relationID int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		i, err := itemByKey(tx, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.CatalogEdit, i.ServiceID); err != nil {
			return err
		}
		relations, err := relationsOf(tx, i.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(relations, func(r Relation) bool { return r.ID == relationID }) {
			return fault.New(fault.NotFound, "That relation is gone already.")
		}
		if err := deleteRelation(tx, relationID); err != nil {
			return err
		}
		return record(tx, actor, "item.unrelate", "item", i.Key, "took a relation of "+i.Key+" away")
	})
}

// Units gives the release units of a service with their items; of all with 0.
func (s *Service) Units(tx *db.Tx, serviceID int64) ([]Unit, error) { return unitsOf(tx, serviceID) }

// SaveUnit creates a release unit of a service's items.
func (s *Service) SaveUnit(ctx context.Context, actor identity.Actor, u *Unit, itemIDs []int64) error {
	if err := identity.Authorize(actor, identity.CatalogEdit, u.ServiceID); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		service, err := serviceByID(tx, u.ServiceID)
		if err != nil {
			return err
		}
		u.ServiceKey = service.Key
		if err := u.validate(itemIDs); err != nil {
			return err
		}
		items, err := itemsByID(tx, itemIDs)
		if err != nil {
			return err
		}
		var c fault.Check
		for _, i := range items {
			c.Need(i.ServiceID == u.ServiceID, "items", i.Key+" belongs to another service.")
		}
		c.Need(len(items) == len(itemIDs), "items", "One of the items is gone.")
		if err := c.Err("The release unit was not saved."); err != nil {
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

// BaselineOf gives the newest baseline of a service, or nil when none was taken.
func (s *Service) BaselineOf(tx *db.Tx, serviceID int64) (*Baseline, error) {
	return latestBaseline(tx, serviceID)
}

// BaselineByID gives one baseline.
func (s *Service) BaselineByID(tx *db.Tx, id int64) (*Baseline, error) { return baselineByID(tx, id) }

// Baselines gives the baselines of a service, the newest first.
func (s *Service) Baselines(tx *db.Tx, serviceID int64) ([]Baseline, error) {
	return baselinesOf(tx, serviceID)
}

// TakeBaseline snapshots the versions of all items of a service.
func (s *Service) TakeBaseline(tx *db.Tx, actor identity.Actor, serviceID int64, name, releaseKey string) (*Baseline, error) {
	service, err := serviceByID(tx, serviceID)
	if err != nil {
		return nil, err
	}
	items, err := itemsOf(tx, serviceID)
	if err != nil {
		return nil, err
	}
	last, err := latestBaseline(tx, serviceID)
	if err != nil {
		return nil, err
	}
	b := &Baseline{ServiceID: serviceID, Number: 1, Name: name, ReleaseKey: releaseKey, TakenBy: actor.Name, Lines: []BaselineLine{}}
	if last != nil {
		b.Number = last.Number + 1
	}
	for _, i := range items {
		b.Lines = append(b.Lines, BaselineLine{ItemID: i.ID, Key: i.Key, Name: i.Name, Kind: i.Kind, Version: i.CurrentVersion})
	}
	if err := insert(tx, b); err != nil {
		return nil, err
	}
	return b, audit.Record(tx, actor.By(), audit.Entry{Action: "baseline.take", Kind: "service", Key: service.Key, Release: releaseKey,
		Sentence: fmt.Sprintf("took baseline %d of %s, %d items", b.Number, service.Name, len(b.Lines))})
}

// Snapshot takes a baseline by hand.
func (s *Service) Snapshot(ctx context.Context, actor identity.Actor, serviceID int64, name string) (b *Baseline, err error) {
	if err := identity.Authorize(actor, identity.CatalogEdit, serviceID); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		b, err = s.TakeBaseline(tx, actor, serviceID, strings.TrimSpace(name), "")
		return err
	})
	return b, err
}
