package catalog

import (
	"context"
	"fmt"

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
	return findItems(tx, ItemFilter{Text: text, Retired: true, After: after, Limit: limit})
}

// Versions gives the versions an item had, the newest first.
func (s *Service) Versions(tx *db.Tx, itemID int64) ([]ItemVersion, error) {
	return versionsOf(tx, itemID)
}

// SaveItem creates an item (ID 0) or changes one that nobody changed since. It
// keeps its key and its service, and is retired by a verb of its own.
func (s *Service) SaveItem(ctx context.Context, actor identity.Actor, i *Item) error {
	if err := identity.Authorize(actor, identity.CatalogEdit, i.ServiceID); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		was := ""
		if i.ID != 0 {
			before, err := itemByID(tx, i.ID)
			if err != nil {
				return err
			}
			if err := identity.Authorize(actor, identity.CatalogEdit, before.ServiceID); err != nil {
				return err
			}
			i.Key, i.ServiceID, i.Retired, i.CreatedAt = before.Key, before.ServiceID, before.Retired, before.CreatedAt
			was = before.CurrentVersion
		}
		if err := settleItem(tx, i); err != nil {
			return err
		}
		verb, why := "edit", "corrected by hand"
		if i.ID == 0 {
			verb, why = "add", "first recorded"
			if err := insert(tx, i); err != nil {
				return taken(err, "key", "There is an item with this key already.")
			}
		} else if err := save(tx, i); err != nil {
			return err
		}
		if was != i.CurrentVersion {
			if err := insert(tx, &ItemVersion{ItemID: i.ID, Label: i.CurrentVersion, Since: tx.Now, Why: why, ByName: actor.Name}); err != nil {
				return err
			}
		}
		return record(tx, actor, "item."+verb, "item", i.Key, itemSentences[verb]+i.Name)
	})
}

var itemSentences = map[string]string{"add": "added the configuration item ", "edit": "changed the configuration item "}

// settleItem fills in what follows from the item's service, and checks the rest.
func settleItem(tx *db.Tx, i *Item) error {
	var c fault.Check
	service, err := serviceByID(tx, i.ServiceID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	c.Need(err == nil, "service", "Choose the service the item belongs to.")
	if err == nil {
		i.ServiceKey = service.Key
		if i.OwnerID == 0 {
			i.OwnerID = service.OwnerID
		}
		owner, err := identity.FindPerson(tx, i.OwnerID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		c.Need(err == nil, "owner", "There is nobody with this account.")
		i.OwnerName = owner.Name
	}
	i.validate(&c)
	return c.Err("The configuration item was not saved.")
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
