package dml

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// maxCopies is how many like copies are added at once.
const maxCopies = 50

// AddCopies puts like copies on the record, each with a row of its own, as seen
// now. A serial names one.
func (s *Service) AddCopies(ctx context.Context, actor identity.Actor, want Copy, count int) (first *Copy, err error) {
	return first, s.db.InTx(ctx, func(tx *db.Tx) error {
		var c fault.Check
		want.validate(&c)
		c.Need(count >= 1 && count <= maxCopies, "count", fmt.Sprintf("Add 1 to %d copies at once.", maxCopies))
		c.Need(count <= 1 || want.Serial == "", "serial", "A serial number belongs to one copy; add them one by one.")
		if err := identity.Authorize(actor, identity.DmlDecide, 0); err != nil {
			return err
		}
		if err := c.Err("The copy was not added."); err != nil {
			return err
		}
		if err := copyOf(tx, &want); err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.DmlDecide, want.ServiceID); err != nil {
			return err
		}
		if err := uniqueSerial(tx, &want); err != nil {
			return err
		}
		for range count {
			one := want
			if err := putCopy(tx, actor, &one); err != nil {
				return err
			}
			if first == nil {
				first = &one
			}
		}
		return nil
	})
}

// copyOf settles what a copy of media is a copy of.
func copyOf(tx *db.Tx, want *Copy) error {
	if want.Kind == Spare {
		want.ItemID, want.ItemKey, want.Label = 0, "", ""
		return nil
	}
	refuse := func(field, message string) error {
		return &fault.Fault{Kind: fault.Invalid, Message: "The copy was not added.", Fields: []fault.Field{{Name: field, Message: message}}}
	}
	item, err := itemByKey(tx, want.ItemKey)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return refuse("item", "There is no such item in the media library.")
		}
		return err
	}
	want.ItemID, want.Name, want.ServiceID = item.ID, item.Name, item.ServiceID
	if want.Label == "" {
		return nil
	}
	if _, err := versionByLabel(tx, item.Key, want.Label); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return refuse("label", item.Name+" has no version "+want.Label+".")
		}
		return err
	}
	return nil
}

func uniqueSerial(tx *db.Tx, want *Copy) error {
	if want.Serial == "" {
		return nil
	}
	there, err := copiesWithSerial(tx, want.Serial)
	if err != nil || len(there) == 0 {
		return err
	}
	return &fault.Fault{Kind: fault.Invalid, Message: "The copy was not added.", Fields: []fault.Field{{Name: "serial", Message: "This serial is on record as " + there[0].Key() + "."}}}
}

// putCopy writes a copy that the actor has before them.
func putCopy(tx *db.Tx, actor identity.Actor, c *Copy) error {
	c.Row, c.State = db.Row{}, InPlace
	c.SightedAt, c.SightedByID, c.SightedBy = tx.Now, actor.UserID, actor.Name
	if c.Keeper == "" {
		c.Keeper = actor.Name
	}
	if err := tx.Create(c); err != nil {
		return err
	}
	return recordCopy(tx, actor, "add", c, fmt.Sprintf("put %s, %s, at %s", c.Key(), c.Title(), c.Place()), "")
}

func recordCopy(tx *db.Tx, actor identity.Actor, action string, c *Copy, sentence, reason string) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: "copy." + action, Kind: "copy", Key: c.Key(), Sentence: sentence, Reason: reason})
}

// DoCopy does something with a copy; number is the row version of the form.
func (s *Service) DoCopy(ctx context.Context, actor identity.Actor, id, number int64, d CopyDeed) (c *Copy, err error) {
	for _, field := range []*string{&d.LendTo, &d.Site, &d.Shelf, &d.Keeper, &d.Reason} {
		*field = strings.TrimSpace(*field)
	}
	return c, s.db.InTx(ctx, func(tx *db.Tx) error {
		if c, err = copyByID(tx, id); err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.DmlDecide, c.ServiceID); err != nil {
			return err
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := db.CheckVersion(c, number); err != nil {
			return err
		}
		if err := c.Do(d, actor, tx.Now); err != nil {
			return err
		}
		if err := tx.Save(c); err != nil {
			return err
		}
		return recordCopy(tx, actor, string(d.Verb), c, d.words(c), d.Reason)
	})
}

// CopyDetail is a copy with what was done with it.
type CopyDetail struct {
	Copy    Copy
	History []audit.Logged // newest first
	MayAct  bool
	Now     db.Time
}

// CopyDetail gives one copy.
func (s *Service) CopyDetail(ctx context.Context, actor identity.Actor, id int64) (*CopyDetail, error) {
	if !sightOf(actor).all {
		return nil, fault.New(fault.Forbidden, "You may not see what stands on the shelves.")
	}
	var d CopyDetail
	return &d, s.db.View(ctx, func(tx *db.Tx) error {
		c, err := copyByID(tx, id)
		if err != nil {
			return err
		}
		d.Copy, d.Now = *c, tx.Now
		d.MayAct = actor.Kind == identity.PersonKind && actor.Can(identity.DmlDecide, c.ServiceID)
		d.History, err = audit.ForRecord(tx, "copy", c.Key(), 0, 100)
		return err
	})
}

// ShelfBlockers says which physical things a package needs and cannot have: all
// copies of a media item that are on record missing, or the spare of a serial
// missing, lent or written off. What was never on record is not asked for.
func (s *Service) ShelfBlockers(tx *db.Tx, itemKey, serial string) ([]fault.Blocker, error) {
	var list []Copy
	var err error
	switch {
	case itemKey != "":
		list, err = copiesOfKey(tx, itemKey)
	case serial != "":
		list, err = copiesWithSerial(tx, serial)
	}
	if err != nil || len(list) == 0 {
		return nil, err
	}
	for i := range list {
		if c := &list[i]; c.State == InPlace || c.State == Lent && c.Kind == MediaCopy {
			return nil, nil
		}
	}
	c := &list[0]
	sentence := fmt.Sprintf("%s, %s, is %s.", c.Key(), c.Title(), strings.ToLower(c.State.Word()))
	if len(list) > 1 {
		sentence = fmt.Sprintf("None of the %d physical copies of %s is in place.", len(list), c.Name)
	}
	return []fault.Blocker{{Code: "media.missing", Sentence: sentence, Owner: identity.DMLCustodian.Label(), Link: c.Link(), Action: "Open the copy"}}, nil
}
