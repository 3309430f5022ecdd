package dml

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// AcceptIn lets a version into the library within the transaction of a room to
// the right. The actor is a custodian who did not submit it.
func (s *Service) AcceptIn(tx *db.Tx, actor identity.Actor, versionID int64, changeKey, note string) error {
	v, err := versionByID(tx, versionID)
	if err != nil {
		return err
	}
	if err := mayDecide(actor, v); err != nil {
		return err
	}
	return accept(tx, actor, v, Decision{ChangeKey: changeKey, Note: note})
}

func accept(tx *db.Tx, actor identity.Actor, v *Version, d Decision) error {
	checks, err := checksOf(tx, v.ID)
	if err != nil {
		return err
	}
	if checks, err = asOfNow(tx, v, checks); err != nil {
		return err
	}
	damaged, err := anyDamaged(tx, v)
	if err != nil {
		return err
	}
	if damaged {
		return storeFault(errDamaged, v)
	}
	if err := v.Accept(actor, checks, d, tx.Now); err != nil {
		return err
	}
	return saved(tx, actor, "accept", v, "accepted "+v.Title()+" into the media library", d.Note)
}

// asOfNow weighs signatures by the keys of this moment, whatever the checks said
// when they ran: a key may have been revoked since.
func asOfNow(tx *db.Tx, v *Version, checks []Check) ([]Check, error) {
	item, err := itemByID(tx, v.ItemID)
	if err != nil {
		return nil, err
	}
	evidence, err := evidenceOf(tx, v.ID)
	if err != nil {
		return nil, err
	}
	if evidence, err = afresh(tx, v, evidence); err != nil || len(checks) == 0 {
		return checks, err
	}
	return withEvidence(checks, v, item, evidence, tx.Now), nil
}

func mayDecide(actor identity.Actor, v *Version) error {
	if err := identity.Authorize(actor, identity.DmlDecide, v.ServiceID); err != nil {
		return err
	}
	return actor.MustBePerson()
}

// Accept lets a version into the library, after hashing its bytes once more.
// The number is the row version that the custodian's form was drawn from.
func (s *Service) Accept(ctx context.Context, actor identity.Actor, versionID, number int64, d Decision) error {
	if err := s.recheckVersion(ctx, actor, versionID); err != nil {
		return err
	}
	return s.decideOn(ctx, actor, versionID, number, func(tx *db.Tx, v *Version) error { return accept(tx, actor, v, d) })
}

// Reject turns a version away with what is to be mended.
func (s *Service) Reject(ctx context.Context, actor identity.Actor, versionID, number int64, d Decision) error {
	return s.decideOn(ctx, actor, versionID, number, func(tx *db.Tx, v *Version) error {
		item, err := itemByID(tx, v.ItemID)
		if err != nil {
			return err
		}
		if err := v.Reject(actor, item, d, tx.Now); err != nil {
			return err
		}
		return saved(tx, actor, "reject", v, "rejected "+v.Title(), d.Note)
	})
}

// Retire takes a version out of use.
func (s *Service) Retire(ctx context.Context, actor identity.Actor, versionID, number int64, d Decision) error {
	return s.decideOn(ctx, actor, versionID, number, func(tx *db.Tx, v *Version) error {
		item, err := itemByID(tx, v.ItemID)
		if err != nil {
			return err
		}
		if err := v.Retire(actor, item, d, tx.Now); err != nil {
			return err
		}
		return saved(tx, actor, "retire", v, "retired "+v.Title(), d.Note)
	})
}

// MarkSuspect doubts an accepted version: it may not be deployed until a
// custodian clears it.
func (s *Service) MarkSuspect(ctx context.Context, actor identity.Actor, versionID, number int64, d Decision) error {
	return s.decideOn(ctx, actor, versionID, number, func(tx *db.Tx, v *Version) error {
		var c fault.Check
		c.Need(d.Note != "", "note", "Say why it is suspect.")
		if err := c.Err("The version was not marked."); err != nil {
			return err
		}
		if err := v.Doubt(d.Note); err != nil {
			return err
		}
		return saved(tx, actor, "suspect", v, "marked "+v.Title()+" as suspect", d.Note)
	})
}

// Clear ends a doubt, provided the stored bytes match their digest now.
func (s *Service) Clear(ctx context.Context, actor identity.Actor, versionID, number int64, d Decision) error {
	if err := s.recheckVersion(ctx, actor, versionID); err != nil {
		return err
	}
	return s.decideOn(ctx, actor, versionID, number, func(tx *db.Tx, v *Version) error {
		checks, err := checksOf(tx, v.ID)
		if err == nil {
			checks, err = asOfNow(tx, v, checks)
		}
		if err != nil {
			return err
		}
		if err := v.Clear(actor, checks, d, tx.Now); err != nil {
			return err
		}
		return saved(tx, actor, "clear", v, "cleared "+v.Title(), d.Note)
	})
}

func (s *Service) decideOn(ctx context.Context, actor identity.Actor, versionID, number int64, do func(*db.Tx, *Version) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		v, err := versionByID(tx, versionID)
		if err != nil {
			return err
		}
		if err := mayDecide(actor, v); err != nil {
			return err
		}
		if err := db.CheckVersion(v, number); err != nil {
			return err
		}
		return do(tx, v)
	})
}

// saved writes a version that has moved, shows in the registry what is accepted
// now, and records it.
func saved(tx *db.Tx, actor identity.Actor, action string, v *Version, sentence, reason string) error {
	if err := tx.Save(v); err != nil {
		return err
	}
	if err := publish(tx, v.ItemKey); err != nil {
		return err
	}
	return record(tx, actor, action, v, sentence, reason, v.Digest.String())
}

// recheckVersion hashes the bytes of a version for somebody who may decide on
// it; nobody else can make the server read gigabytes.
func (s *Service) recheckVersion(ctx context.Context, actor identity.Actor, versionID int64) error {
	var v *Version
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		if v, err = versionByID(tx, versionID); err != nil {
			return err
		}
		return mayDecide(actor, v)
	})
	if err != nil {
		return err
	}
	return s.Recheck(ctx, v.Digest)
}
