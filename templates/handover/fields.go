package handover

import (
	"slipway/internal/db"
	"slipway/internal/review"
	"slipway/templates/ui"
)

func hint(kind string) string {
	for _, k := range review.HandoverKinds() {
		if k.Word == kind {
			return k.Hint
		}
	}
	return ""
}

// day is a date as a date field wants it; empty for none.
func day(t db.Time, zone string) string {
	if t.IsZero() {
		return ""
	}
	return ui.LocalInput(t, zone)[:len("2006-01-02")]
}

func dueLater(v View, a review.Action) ui.Input {
	i := v.Draft.Date("due", "Due", day(a.Due, v.Zone))
	i.Optional, i.Hint = true, "Needed before the review is agreed."
	return i
}
