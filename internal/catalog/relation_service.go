package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Relations gives what an item is related to, both ways.
func (s *Service) Relations(tx *db.Tx, itemID int64) ([]Relation, error) {
	return relationsOf(tx, itemID)
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
		if from.Retired {
			return fault.New(fault.Refused, "%s is retired. Bring it back before you relate it.", from.Key)
		}
		var c fault.Check
		to, err := itemByKey(tx, strings.TrimSpace(toKey))
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		c.Need(err == nil, "to", "There is no item with this key.")
		c.Need(from.ID != to.ID, "to", "An item is not related to itself.")
		c.Need(slices.Contains(RelationKinds, kind), "relation", "Choose how they are related.")
		if !c.Failed() && to.Retired {
			c.Field("to", to.Key+" is retired.")
		}
		if !c.Failed() && kind == PartOf {
			around, err := within(tx, to.ID, from.ID)
			if err != nil {
				return err
			}
			c.Need(!around, "to", fmt.Sprintf("%s is itself a part of %s.", to.Key, from.Key))
		}
		if err := c.Err("The relation was not added."); err != nil {
			return err
		}
		if err := insert(tx, &Relation{FromID: from.ID, ToID: to.ID, Kind: kind}); err != nil {
			return taken(err, "to", "They are related in this way already.")
		}
		return record(tx, actor, "item.relate", "item", from.Key, fmt.Sprintf("noted that %s %s %s", from.Key, kind.verb(), to.Key))
	})
}

// Unrelate takes a relation of an item away. It belongs to the item it leads
// from: whoever keeps that one says that it no longer holds.
func (s *Service) Unrelate(ctx context.Context, actor identity.Actor, key string, relationID int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		i, err := itemByKey(tx, key)
		if err != nil {
			return err
		}
		relations, err := relationsOf(tx, i.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(relations, func(r Relation) bool { return r.ID == relationID })
		if at < 0 {
			return fault.New(fault.NotFound, "That relation is gone already.")
		}
		r := relations[at]
		from, err := itemByID(tx, r.FromID)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.CatalogEdit, from.ServiceID); err != nil {
			return err
		}
		to, err := itemByID(tx, r.ToID)
		if err != nil {
			return err
		}
		if err := deleteRelation(tx, relationID); err != nil {
			return err
		}
		return record(tx, actor, "item.unrelate", "item", from.Key, fmt.Sprintf("noted that %s no longer %s %s", from.Key, r.Kind.verb(), to.Key))
	})
}

// within tells whether an item is, at however many steps, a part of another.
func within(tx *db.Tx, itemID, whole int64) (bool, error) {
	seen, next := map[int64]bool{}, []int64{itemID}
	for len(next) > 0 {
		wholes, err := wholesOf(tx, next)
		if err != nil {
			return false, err
		}
		next = nil
		for _, id := range wholes {
			if id == whole {
				return true, nil
			}
			if !seen[id] {
				seen[id], next = true, append(next, id)
			}
		}
	}
	return false, nil
}
