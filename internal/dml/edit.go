package dml

import (
	"context"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// ItemEdit is what a custodian may change of an item. Key and kind stay: every
// package that holds a version relies on them.
type ItemEdit struct {
	Name        string
	Provenance  Provenance
	Supplier    string
	Description string
	Licence     string
	LicenceKey  string

	MustBeSigned bool
}

// EditItem changes an item; number is the row version of the form.
func (s *Service) EditItem(ctx context.Context, actor identity.Actor, key string, number int64, e ItemEdit) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		item, err := itemByKey(tx, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.DmlDecide, item.ServiceID); err != nil {
			return err
		}
		if err := db.CheckVersion(item, number); err != nil {
			return err
		}
		item.Name, item.Provenance, item.Supplier = strings.TrimSpace(e.Name), e.Provenance, strings.TrimSpace(e.Supplier)
		item.Description, item.Licence, item.LicenceKey = e.Description, strings.TrimSpace(e.Licence), strings.TrimSpace(e.LicenceKey)
		demand := item.MustBeSigned != e.MustBeSigned
		item.MustBeSigned = e.MustBeSigned
		var c fault.Check
		item.validate(&c)
		if err := c.Err("The item was not saved."); err != nil {
			return err
		}
		if err := tx.Save(item); err != nil {
			return err
		}
		if err := copyItem(tx, item); err != nil {
			return err
		}
		if err := copyWords(tx, item); err != nil {
			return err
		}
		if demand {
			if err := rejudgeWaiting(tx, item); err != nil {
				return err
			}
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "media.edit", Kind: "media", Key: item.Key, Sentence: "changed media item " + item.Name})
	})
}

// rejudgeWaiting applies what is demanded of an item to the versions of it that
// nobody has decided on. What was accepted stays accepted.
func rejudgeWaiting(tx *db.Tx, item *Item) error {
	versions, err := versionsOf(tx, item.ID)
	if err != nil {
		return err
	}
	for i := range versions {
		if v := &versions[i]; v.State == Checking {
			list, err := evidenceOf(tx, v.ID)
			if err != nil {
				return err
			}
			if err := rejudge(tx, v, list); err != nil {
				return err
			}
		}
	}
	return nil
}
