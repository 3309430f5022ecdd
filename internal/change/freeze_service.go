package change

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

// Override lets one release through one freeze, by a named person, with a reason.
type Override struct {
	db.Row
	FreezeID   int64
	FreezeKey  string
	ReleaseKey string
	Reason     string
	ByID       int64
	ByName     string
}

// TableName is the table of overrides.
func (Override) TableName() string { return "freeze_overrides" }

// FreezesIn gives the freezes that concern a release of the type to the service
// at any moment of [from, to); from == to asks about one moment. Every
// occurrence is worked out in the freeze's own zone.
func (s *Service) FreezesIn(tx *db.Tx, serviceID int64, releaseType string, from, to db.Time) ([]Freeze, error) {
	all, err := freezes(tx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(f Freeze) bool {
		return !f.Covers(serviceID, releaseType) || len(f.Occurrences(from, to, 1)) == 0
	}), nil
}

// FreezesFor is FreezesIn without the freezes that somebody let this release
// through. Every start asks it.
func (s *Service) FreezesFor(tx *db.Tx, releaseKey string, serviceID int64, releaseType string, from, to db.Time) ([]Freeze, error) {
	list, err := s.FreezesIn(tx, serviceID, releaseType, from, to)
	if err != nil || len(list) == 0 {
		return list, err
	}
	overrides, err := overridesOf(tx, releaseKey)
	return slices.DeleteFunc(list, func(f Freeze) bool {
		return slices.ContainsFunc(overrides, func(o Override) bool { return o.FreezeID == f.ID })
	}), err
}

// FreezeBlockers says of each freeze in the way who can let the release through.
func (s *Service) FreezeBlockers(tx *db.Tx, releaseKey string, serviceID int64, releaseType string, from, to db.Time) ([]fault.Blocker, error) {
	list, err := s.FreezesFor(tx, releaseKey, serviceID, releaseType, from, to)
	var blockers []fault.Blocker
	for _, f := range list {
		blockers = append(blockers, fault.Blocker{Code: "window.freeze", Sentence: fmt.Sprintf("Freeze %s, %s, lies in the window.", f.Key(), f.Title),
			Owner: f.ByName, Link: "/freezes/" + f.Key() + "?release=" + releaseKey, Action: "Move the window or override the freeze"})
	}
	return blockers, err
}

// Freezes lists every freeze with the state that the clock has brought.
func (s *Service) Freezes(ctx context.Context) (list []Freeze, err error) {
	err = s.view(ctx, func(tx *db.Tx) error {
		list, err = freezes(tx)
		for i := range list {
			list[i].settle(tx.Now)
		}
		return err
	})
	return list, err
}

// Freeze gives one freeze with its overrides, those of releases that the actor
// may not know of left out.
func (s *Service) Freeze(ctx context.Context, actor identity.Actor, number int64) (f *Freeze, overrides []Override, err error) {
	err = s.view(ctx, func(tx *db.Tx) error {
		if f, err = findFreeze(tx, number); err != nil {
			return err
		}
		f.settle(tx.Now)
		all, err := overridesOfFreeze(tx, f.ID)
		if err != nil {
			return err
		}
		for _, o := range all {
			c, err := changeOfRelease(tx, o.ReleaseKey)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			if err == nil && sees(actor, c.ServiceID, c.Restricted) {
				overrides = append(overrides, o)
			}
		}
		return nil
	})
	return f, overrides, err
}

// AddFreeze plans a freeze.
func (s *Service) AddFreeze(ctx context.Context, actor identity.Actor, in Freeze) (*Freeze, error) {
	f := &in
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.FreezeEdit, in.ServiceID); err != nil {
			return err
		}
		f.Row, f.State, f.ByID, f.ByName = db.Row{}, FreezePlanned, actor.UserID, actor.Name
		f.Title, f.Reason = strings.TrimSpace(f.Title), strings.TrimSpace(f.Reason)
		err := f.validate()
		if err != nil {
			return err
		}
		if f.Number, err = nextNumber(tx, "freezes"); err != nil {
			return err
		}
		f.settle(tx.Now)
		if err := insertFreeze(tx, f); err != nil {
			return err
		}
		return recordFreeze(tx, actor, f, "freeze.add", fmt.Sprintf("added the freeze %s, %s", f.Key(), f.Title), f.Reason, "")
	})
	return f, err
}

// CancelFreeze ends a freeze before its time.
func (s *Service) CancelFreeze(ctx context.Context, actor identity.Actor, number int64, reason string, version int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		f, err := findFreeze(tx, number)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.FreezeEdit, f.ServiceID); err != nil {
			return err
		}
		if err := db.CheckVersion(f, version); err != nil {
			return err
		}
		var check fault.Check
		check.Need(strings.TrimSpace(reason) != "", "reason", "Say why the freeze is lifted.")
		if err := check.Err("The freeze cannot be cancelled."); err != nil {
			return err
		}
		f.settle(tx.Now)
		if f.State, err = freezeTransitions.Next("Freeze "+f.Key(), f.State, FreezeCancel); err != nil {
			return err
		}
		f.CancelledBy, f.CancelReason = actor.Name, strings.TrimSpace(reason)
		if err := save(tx, f); err != nil {
			return err
		}
		return recordFreeze(tx, actor, f, "freeze.cancel", "cancelled the freeze "+f.Key(), reason, "")
	})
}

// OverrideFreeze lets one release through. It takes a person who may edit
// freezes, of the freeze's scope and of the release's service, and who neither
// raised the release's change nor owns the release.
func (s *Service) OverrideFreeze(ctx context.Context, actor identity.Actor, number int64, releaseKey, reason string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		f, err := findFreeze(tx, number)
		if err != nil {
			return err
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.FreezeEdit, f.ServiceID); err != nil {
			return err
		}
		var check fault.Check
		check.Need(strings.TrimSpace(reason) != "", "reason", "Say why this release may pass.")
		c, err := changeOfRelease(tx, releaseKey)
		switch {
		case fault.KindOf(err) == fault.NotFound && err != nil:
			check.Field("release", "There is no release of that key with a change.")
		case err != nil:
			return err
		case !sees(actor, c.ServiceID, c.Restricted):
			check.Field("release", "There is no release of that key with a change.")
		default:
			if err := identity.Authorize(actor, identity.FreezeEdit, c.ServiceID); err != nil {
				return err
			}
			theirs, err := s.theirs(tx, actor, releaseKey)
			if err != nil {
				return err
			}
			if c.RaisedByID == actor.UserID || theirs {
				check.Block(fault.Blocked("You raised "+c.Key+" or own its release; somebody else has to let it through a freeze.", identity.ChangeManager.Label(), c.Link(), "Open the change"))
			}
		}
		if err := check.Err("The release cannot be let through."); err != nil {
			return err
		}
		o := &Override{FreezeID: f.ID, FreezeKey: f.Key(), ReleaseKey: releaseKey, Reason: strings.TrimSpace(reason), ByID: actor.UserID, ByName: actor.Name}
		if err := insertOverride(tx, o); err != nil {
			return err
		}
		return recordFreeze(tx, actor, f, "freeze.override", fmt.Sprintf("let %s through the freeze %s", releaseKey, f.Key()), o.Reason, releaseKey)
	})
}

// theirs tells whether the actor is whom the release's whole window is booked
// for: its owner.
func (s *Service) theirs(tx *db.Tx, actor identity.Actor, releaseKey string) (bool, error) {
	booked, err := bookingsOf(tx, releaseKey)
	return actor.UserID != 0 && slices.ContainsFunc(booked, func(b Booking) bool { return b.Part == "" && b.PersonID == actor.UserID }), err
}

func recordFreeze(tx *db.Tx, actor identity.Actor, f *Freeze, action, sentence, reason, releaseKey string) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: action, Kind: "freeze", Key: f.Key(), Release: releaseKey, Sentence: sentence, Reason: reason})
}
