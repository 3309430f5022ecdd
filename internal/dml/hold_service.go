package dml

import (
	"context"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// PlaceHold keeps an item, or one version, until the hold is lifted. A version
// that was let go but whose bytes are still there is taken back by it.
func (s *Service) PlaceHold(ctx context.Context, actor identity.Actor, in HoldRequest) (h *Hold, err error) {
	return h, s.db.InTx(ctx, func(tx *db.Tx) error {
		item, err := itemByKey(tx, in.ItemKey)
		if err != nil {
			return err
		}
		if err := mayHold(actor, item.ServiceID); err != nil {
			return err
		}
		h = &Hold{ItemID: item.ID, ItemKey: item.Key, Title: item.Name, ServiceID: item.ServiceID, MediaVersionID: in.MediaVersionID,
			Reason: strings.TrimSpace(in.Reason), ByID: actor.UserID, ByName: actor.Name}
		var c fault.Check
		c.Need(h.Reason != "", "reason", "Give the reason: the case, the order or the audit that asks for it.")
		c.Need(len(h.Reason) <= 2000, "reason", "The reason is too long: at most 2000 bytes.")
		gone, err := s.held(tx, item, h, &c)
		if err != nil {
			return err
		}
		if err := c.Err("The hold was not placed."); err != nil {
			return err
		}
		for i := range gone {
			if err := takeBack(tx, actor, &gone[i]); err != nil {
				return err
			}
		}
		if err := tx.Create(h); err != nil {
			return err
		}
		if err := followHolds(tx); err != nil {
			return err
		}
		return recordHold(tx, actor, "hold", h, "placed a hold on "+h.Title, h.Reason)
	})
}

// held names what a new hold keeps, and gives those of it that were let go and
// can be taken back. A version whose bytes are deleted cannot be held; one among
// an item's many is passed over.
func (s *Service) held(tx *db.Tx, item *Item, h *Hold, c *fault.Check) (back []Version, err error) {
	var list []Version
	if h.MediaVersionID == 0 {
		if list, err = letGoOf(tx, item.ID); err != nil {
			return nil, err
		}
	} else {
		v, err := versionByID(tx, h.MediaVersionID)
		if err != nil {
			return nil, err
		}
		if v.ItemID != item.ID {
			return nil, fault.New(fault.NotFound, "There is no such version of %s.", item.Name)
		}
		h.Title = v.Title()
		if v.Gone() {
			list = append(list, *v)
		}
	}
	for _, v := range list {
		there, err := stillThere(tx, &v)
		switch {
		case err != nil:
			return nil, err
		case there:
			back = append(back, v)
		case h.MediaVersionID != 0:
			c.Block(fault.Blocker{Code: "hold.gone", Sentence: "The bytes of " + v.Title() + " were deleted: " + v.LetGoWhy, Owner: identity.DMLCustodian.Label(), Link: v.Link(), Action: "Open the item"})
		}
	}
	return back, nil
}

// stillThere tells whether all bytes of a version that was let go wait for
// their deletion, or are kept by something else.
func stillThere(tx *db.Tx, v *Version) (bool, error) {
	digests, err := bytesOf(tx, v)
	if err != nil {
		return false, err
	}
	lost, err := countLost(tx, digests)
	return lost == 0, err
}

// takeBack undoes that a version was let go.
func takeBack(tx *db.Tx, actor identity.Actor, v *Version) error {
	digests, err := bytesOf(tx, v)
	if err != nil {
		return err
	}
	if err := spare(tx, digests); err != nil {
		return err
	}
	v.LetGoAt, v.LetGoWhy = 0, ""
	if v.Manifest != "" {
		t := &tag{Repo: v.ItemKey, Tag: v.Label, Digest: v.Manifest, MediaVersionID: v.ID, PusherID: v.SubmitterID, PushedAt: tx.Now}
		if err := putTag(tx, t); err != nil {
			return err
		}
	}
	return saved(tx, actor, "takeback", v, "took back the bytes of "+v.Title(), "")
}

// LiftHold ends a hold, with a reason; number is the row version of the form.
func (s *Service) LiftHold(ctx context.Context, actor identity.Actor, holdID, number int64, reason string) (h *Hold, err error) {
	return h, s.db.InTx(ctx, func(tx *db.Tx) error {
		if h, err = holdByID(tx, holdID); err != nil {
			return err
		}
		if err := mayHold(actor, h.ServiceID); err != nil {
			return err
		}
		if err := db.CheckVersion(h, number); err != nil {
			return err
		}
		if err := h.lift(actor.UserID, actor.Name, strings.TrimSpace(reason), tx.Now); err != nil {
			return err
		}
		if err := tx.Save(h); err != nil {
			return err
		}
		if err := followHolds(tx); err != nil {
			return err
		}
		return recordHold(tx, actor, "unhold", h, "lifted the hold on "+h.Title, h.LiftReason)
	})
}

func mayHold(actor identity.Actor, serviceID int64) error {
	if err := identity.Authorize(actor, identity.DmlHold, serviceID); err != nil {
		return err
	}
	return actor.MustBePerson()
}

func recordHold(tx *db.Tx, actor identity.Actor, action string, h *Hold, sentence, reason string) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: "media." + action, Kind: "media", Key: h.ItemKey, Sentence: sentence, Reason: reason})
}

// underHold refuses to take something out of a repository while a version that
// needs it is held.
func underHold(tx *db.Tx, repo string, d blob.Digest) error {
	item, err := itemByKey(tx, repo)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	holds, err := holdsOf(tx, item.ID)
	if err != nil || len(holds) == 0 {
		return err
	}
	needing, err := versionsNeeding(tx, d)
	if err != nil {
		return err
	}
	for i := range holds {
		if holds[i].MediaVersionID == 0 {
			return denied(nil, "%s is under a legal hold: %s", item.Name, holds[i].Reason)
		}
		for j := range needing {
			if holds[i].covers(&needing[j]) {
				return denied(nil, "%s is under a legal hold: %s", needing[j].Title(), holds[i].Reason)
			}
		}
	}
	return nil
}
