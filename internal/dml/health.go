package dml

import (
	"context"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// rehearsalAge is how old the last good restore rehearsal of an item may be.
const rehearsalAge = 365 * 24 * time.Hour

// Health is the library as its custodians look after it.
type Health struct {
	Now       db.Time
	Held      Sum // bytes that the library answers for
	Fresh     int64
	Stale     int64 // versions with bytes that were not verified within 30 days
	Versions  int64 // versions whose bytes are kept
	Oldest    db.Time
	Never     int64 // blobs that nobody has verified yet
	Damaged   Sum
	Condemned Sum
	Deletable Sum // condemned longer than the grace ago
	States    []StateSum
	Room      *blob.Space // nil where the store cannot tell
	Waiting   int64
	Queued    db.Time // since when the oldest submission waits
	Suspects  []SuspectVersion
	Holds     []Hold
	Unproven  []Unproven // items whose last good rehearsal is too old, or that never had one
	Items     int64      // items with accepted versions
	Uploads   int64      // under way
	Abandoned int64      // that nobody went on with for a day
	Runs      []Collection
	Verified  *Verification // everything, the last time that somebody had it done; or nil
	MayTend   bool          // the viewer may have it verified or collected
	MayPlan   bool          // the viewer may see what would be collected
}

// Sum is a number of things and their bytes.
type Sum struct{ N, Bytes int64 }

// StateSum adds up the versions in a state whose bytes are kept.
type StateSum struct {
	State State
	N     int64
	Bytes int64
}

// SuspectVersion is a version in doubt, and the packages that are blocked by it.
type SuspectVersion struct {
	Version
	Owner  string
	UsedBy []Use
	Hidden int // uses by releases that the viewer may not know of
}

// Unproven is an item that was not restored from a copy for a year.
type Unproven struct {
	ItemKey  string
	ItemName string
	Since    db.Time // of the last good rehearsal, or of the first acceptance
	LastAt   db.Time // of the last good rehearsal; zero when there never was one
}

// Overdue tells whether a rehearsal should have been held by now.
func (u Unproven) Overdue(now db.Time) bool { return u.Since.Add(rehearsalAge).Before(now) }

// Health looks at the library for somebody who works on releases.
func (s *Service) Health(ctx context.Context, actor identity.Actor) (*Health, error) {
	if !sightOf(actor).all {
		return nil, fault.New(fault.Forbidden, "The health of the library is shown to those who work on releases.")
	}
	h := &Health{MayTend: mayTend(actor) == nil, MayPlan: mayPlan(actor) == nil}
	err := s.db.View(ctx, func(tx *db.Tx) error {
		h.Now = tx.Now
		if err := h.count(tx); err != nil {
			return err
		}
		return h.list(tx, actor)
	})
	if err != nil {
		return nil, err
	}
	if room, err := blob.SpaceOf(ctx, s.blobs); err == nil {
		h.Room = &room
	}
	return h, nil
}

func (h *Health) list(tx *db.Tx, actor identity.Actor) (err error) {
	suspects, err := suspectVersions(tx, 50)
	if err != nil {
		return err
	}
	for _, v := range suspects {
		one := SuspectVersion{Version: v}
		item, err := itemByID(tx, v.ItemID)
		if err != nil {
			return err
		}
		one.Owner = item.OwnerName
		uses, err := usesOf(tx, []int64{v.ID})
		if err != nil {
			return err
		}
		for _, use := range uses {
			if use.Restricted && !actor.Can(identity.ReportRead, use.ServiceID) {
				one.Hidden++
			} else {
				one.UsedBy = append(one.UsedBy, use)
			}
		}
		h.Suspects = append(h.Suspects, one)
	}
	if h.Holds, err = standingHolds(tx, 100); err != nil {
		return err
	}
	if h.Unproven, err = unproven(tx, tx.Now.Add(-rehearsalAge), 20); err != nil {
		return err
	}
	if h.Verified, err = lastVerification(tx); err != nil {
		return err
	}
	h.Runs, err = lastCollections(tx, 5)
	return err
}
