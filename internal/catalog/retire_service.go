package catalog

import (
	"context"
	"fmt"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// againstRetiring lists what still needs an item: releases in flight that
// include it, units that bring it, its parts, and what depends on it.
func (s *Service) againstRetiring(tx *db.Tx, actor identity.Actor, service *ServiceRecord, v *ItemSheet) (reasons []fault.Blocker, err error) {
	if s.releases != nil {
		if reasons, err = s.releases.Changing(tx, actor, v.Item.ID); err != nil {
			return nil, err
		}
	}
	for _, u := range v.Units {
		reasons = append(reasons, fault.Blocked(fmt.Sprintf("The release unit %s brings it.", u.Name), service.OwnerName, u.Link(), "Open the unit"))
	}
	for _, n := range v.Parts {
		if !n.Item.Retired {
			reasons = append(reasons, fault.Blocked(n.Item.Key+" is a part of it.", n.Item.OwnerName, n.Item.Link(), "Open the item"))
		}
	}
	for _, n := range v.Dependants {
		if !n.Item.Retired {
			reasons = append(reasons, fault.Blocked(n.Item.Key+" depends on it.", n.Item.OwnerName, n.Item.Link(), "Open the item"))
		}
	}
	return reasons, nil
}

// RetireItem takes an item, as it was read, out of operation. Its history stays.
func (s *Service) RetireItem(ctx context.Context, actor identity.Actor, key string, version int64) error {
	return s.turnItem(ctx, actor, key, version, func(tx *db.Tx, i *Item) error {
		if i.Retired {
			return fault.New(fault.Refused, "%s is retired already.", i.Key)
		}
		service, err := serviceByID(tx, i.ServiceID)
		if err != nil {
			return err
		}
		v := &ItemSheet{Item: i}
		if err := v.relate(tx); err != nil {
			return err
		}
		if v.Units, err = unitsWith(tx, i.ID); err != nil {
			return err
		}
		against, err := s.againstRetiring(tx, actor, service, v)
		if err != nil {
			return err
		}
		i.Retired = true
		return fault.Refuse(i.Key+" was not retired.", against...)
	})
}

// RetireBy takes an item out of operation because a release did. What still
// needs the item was asked before the release was allowed.
func (s *Service) RetireBy(tx *db.Tx, actor identity.Actor, itemID int64, releaseKey string) error {
	i, err := itemByID(tx, itemID)
	if err != nil || i.Retired {
		return err
	}
	i.Retired, i.CurrentVersion = true, ""
	if err := save(tx, i); err != nil {
		return err
	}
	if err := insert(tx, &ItemVersion{ItemID: i.ID, Since: tx.Now, Why: "retired by release " + releaseKey, ReleaseKey: releaseKey, ByName: actor.Name}); err != nil {
		return err
	}
	return audit.Record(tx, actor.By(), audit.Entry{Action: "item.retire", Kind: "item", Key: i.Key, Release: releaseKey, Sentence: "retired the configuration item " + i.Name})
}

// RestoreItem brings a retired item back.
func (s *Service) RestoreItem(ctx context.Context, actor identity.Actor, key string, version int64) error {
	return s.turnItem(ctx, actor, key, version, func(_ *db.Tx, i *Item) error {
		if !i.Retired {
			return fault.New(fault.Refused, "%s is not retired.", i.Key)
		}
		i.Retired = false
		return nil
	})
}

func (s *Service) turnItem(ctx context.Context, actor identity.Actor, key string, version int64, turn func(*db.Tx, *Item) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		i, err := itemByKey(tx, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.CatalogEdit, i.ServiceID); err != nil {
			return err
		}
		if err := db.CheckVersion(i, version); err != nil {
			return err
		}
		if err := turn(tx, i); err != nil {
			return err
		}
		if err := save(tx, i); err != nil {
			return err
		}
		if i.Retired {
			return record(tx, actor, "item.retire", "item", i.Key, "retired the configuration item "+i.Name)
		}
		return record(tx, actor, "item.restore", "item", i.Key, "brought the configuration item "+i.Name+" back")
	})
}
