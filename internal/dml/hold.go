package dml

import (
	"slipway/internal/db"
	"slipway/internal/fault"
)

// Hold forbids to let go of an item's bytes, or of one version's, whatever the
// item's rule says: a legal hold, or an audit under way.
type Hold struct {
	db.Row
	ItemID         int64
	ItemKey        string
	Title          string // of the item or the version
	ServiceID      int64
	MediaVersionID int64 // 0 holds every version of the item
	Reason         string
	ByID           int64
	ByName         string
	LiftedAt       db.Time
	LiftedByID     int64
	LiftedByName   string
	LiftReason     string
}

// TableName is the table of holds.
func (Hold) TableName() string { return "media_holds" }

// Stands tells whether the hold was not lifted.
func (h *Hold) Stands() bool { return h.LiftedAt.IsZero() }

// Link is the page on which the hold is shown.
func (h *Hold) Link() string { return "/dml/" + h.ItemKey + "#holds" }

// covers tells whether the hold keeps the version.
func (h *Hold) covers(v *Version) bool {
	return h.Stands() && h.ItemID == v.ItemID && (h.MediaVersionID == 0 || h.MediaVersionID == v.ID)
}

// HoldRequest asks for a hold on an item, or on one version of it.
type HoldRequest struct {
	ItemKey        string
	MediaVersionID int64
	Reason         string
}

func (h *Hold) lift(byID int64, byName, reason string, now db.Time) error {
	var c fault.Check
	c.Need(reason != "", "lift_reason", "Say why the hold is lifted.")
	if !h.Stands() {
		c.Block(fault.Blocker{Code: "hold.lifted", Sentence: "The hold was lifted by " + h.LiftedByName + ".", Link: h.Link(), Action: "Open the item"})
	}
	if err := c.Err("The hold was not lifted."); err != nil {
		return err
	}
	h.LiftedAt, h.LiftedByID, h.LiftedByName, h.LiftReason = now, byID, byName, reason
	return nil
}
