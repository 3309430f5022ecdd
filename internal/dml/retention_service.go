package dml

import (
	"context"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Claimer is a room to the right whose records refer to versions. What is
// claimed is kept, whatever the rule of its item says.
type Claimer interface {
	// ClaimedMedia gives those of the versions that a record of the room refers
	// to, each with the record's name.
	ClaimedMedia(tx *db.Tx, versionIDs []int64) (map[int64]string, error)
}

// Use connects the rooms that claim versions.
func (s *Service) Use(claimers ...Claimer) { s.claimers = append(s.claimers, claimers...) }

// PreviewRetention tells what a rule would let go of an item: at once, and
// later.
func (s *Service) PreviewRetention(ctx context.Context, actor identity.Actor, key string, r Retention) (list []Going, err error) {
	return list, s.db.View(ctx, func(tx *db.Tx) error {
		item, err := itemByKey(tx, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.DmlDecide, item.ServiceID); err != nil {
			return err
		}
		var c fault.Check
		if r.validate(&c); c.Failed() {
			return c.Err("This rule cannot be judged.")
		}
		list, err = s.going(tx, item, r)
		return err
	})
}

// SetRetention changes the rule of an item; number is the row version of the
// form. Bytes go at the next collection, not before.
func (s *Service) SetRetention(ctx context.Context, actor identity.Actor, key string, number int64, r Retention) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		item, err := itemByKey(tx, key)
		if err != nil {
			return err
		}
		if err := mayKeep(actor, item); err != nil {
			return err
		}
		if err := db.CheckVersion(item, number); err != nil {
			return err
		}
		var c fault.Check
		r.validate(&c)
		if err := c.Err("The rule was not saved."); err != nil {
			return err
		}
		was := item.Retention().Words()
		item.KeepRule, item.KeepDays, item.KeepLast = r.Rule, 0, 0
		switch r.Rule {
		case KeepDays:
			item.KeepDays = r.Days
		case KeepLast:
			item.KeepLast = r.Last
		}
		if err := tx.Save(item); err != nil {
			return err
		}
		list, err := keptOf(tx, item.ID)
		if err != nil {
			return err
		}
		for i := range list {
			if until := r.until(&list[i]); until != list[i].KeepUntil {
				if err := setKeepUntil(tx, list[i].ID, until); err != nil {
					return err
				}
			}
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "media.retention", Kind: "media", Key: item.Key,
			Sentence: "changed how long the bytes of " + item.Name + " are kept", Reason: item.Retention().Words(), Detail: "Before: " + was})
	})
}

func mayKeep(actor identity.Actor, item *Item) error {
	if err := identity.Authorize(actor, identity.DmlDecide, item.ServiceID); err != nil {
		return err
	}
	return actor.MustBePerson()
}

// going judges the versions of an item whose bytes are still kept.
func (s *Service) going(tx *db.Tx, item *Item, r Retention) ([]Going, error) {
	list, err := keptOf(tx, item.ID)
	if err != nil {
		return nil, err
	}
	kept, err := s.keptBecause(tx, item, list)
	if err != nil {
		return nil, err
	}
	return r.goes(list, func(v *Version) string { return kept[v.ID] }, tx.Now), nil
}

// keptBecause names what keeps versions whatever the rule says.
func (s *Service) keptBecause(tx *db.Tx, item *Item, list []Version) (map[int64]string, error) {
	kept := map[int64]string{}
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	for _, claimer := range s.claimers {
		claimed, err := claimer.ClaimedMedia(tx, ids)
		if err != nil {
			return nil, err
		}
		for id, by := range claimed {
			kept[id] = by
		}
	}
	holds, err := holdsOf(tx, item.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		v := &list[i]
		if v.Uses > 0 {
			kept[v.ID] = "a release package"
		}
		for h := range holds {
			if holds[h].covers(v) {
				kept[v.ID] = "a legal hold"
			}
		}
	}
	return kept, nil
}

// release lets go of what an item's rule no longer keeps, and counts it.
func (s *Service) release(tx *db.Tx, itemID int64) (n int64, err error) {
	item, err := itemByID(tx, itemID)
	if err != nil {
		return 0, err
	}
	list, err := s.going(tx, item, item.Retention())
	for i := range list {
		if err != nil {
			break
		}
		if list[i].At.After(tx.Now) {
			continue
		}
		v := &list[i].Version
		if err = v.letGo(list[i].Why, tx.Now); err != nil {
			break
		}
		if err = dropNames(tx, v); err != nil {
			break
		}
		err = saved(tx, collector, "letgo", v, "let go of the bytes of "+v.Title(), v.LetGoWhy)
		n++
	}
	return n, err
}
