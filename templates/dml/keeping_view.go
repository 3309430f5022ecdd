package dml

import (
	"fmt"
	"strconv"

	"github.com/a-h/templ"

	"slipway/internal/dml"
	"slipway/internal/noun"
	"slipway/templates/ui"
)

// KeepForm is what a custodian typed about retention.
type KeepForm struct {
	Version   int64  `form:"version"`
	Rule      string `form:"rule"`
	Days      string `form:"days"`
	Last      string `form:"last"`
	Preview   string `form:"preview"`
	Open      bool   `form:"-"`
	Previewed bool   `form:"-"`
	Going     []dml.Going
}

// KeepFormOf is an item's rule as its form shows it.
func KeepFormOf(i dml.Item) KeepForm {
	f := KeepForm{Version: i.Row.Version, Rule: string(i.KeepRule)}
	if i.KeepDays > 0 {
		f.Days = number(i.KeepDays)
	}
	if i.KeepLast > 0 {
		f.Last = number(i.KeepLast)
	}
	return f
}

// HoldForm is what somebody typed to place a hold.
type HoldForm struct {
	Item   string `form:"item"`
	Held   string `form:"held"` // the id of a version, or 0
	Reason string `form:"reason"`
	Open   bool   `form:"-"`
}

// LiftForm is what somebody typed to lift a hold.
type LiftForm struct {
	ID      int64  `form:"-"`
	Version int64  `form:"version"`
	Reason  string `form:"lift_reason"`
}

// RehearseForm is what a custodian typed to rehearse a restore.
type RehearseForm struct {
	Item    string `form:"item"`
	Version string `form:"rehearsed"`
	Note    string `form:"note"`
	Open    bool   `form:"-"`
}

// LiftWas is the reason that was typed to lift a hold.
func (v ItemView) LiftWas(id int64) string {
	if v.Lift.ID == id {
		return v.Lift.Reason
	}
	return ""
}

// LiftError is what was wrong with that reason.
func (v ItemView) LiftError(id int64) string {
	if v.Lift.ID == id {
		return v.Errors[LiftName(id)]
	}
	return ""
}

// LiftName is the name under which the reason to lift a hold is found wrong: one
// page holds one for each hold.
func LiftName(id int64) string { return "lift-" + number(id) + "-lift_reason" }

func standing(list []dml.Hold) string {
	n := int64(0)
	for i := range list {
		if list[i].Stands() {
			n++
		}
	}
	if n == 0 {
		return "none stands"
	}
	return noun.Count(n, "stands", "stand")
}

func goingBytes(list []dml.Going) (n int64) {
	for _, g := range list {
		n += g.Size
	}
	return n
}

func holdable(d dml.Detail) []ui.Option {
	options := []ui.Option{{Value: "0", Label: "Every version of " + d.Item.Name}}
	for _, v := range d.Versions {
		options = append(options, ui.Option{Value: number(v.ID), Label: v.Title()})
	}
	return options
}

func rehearsable(d dml.Detail) (options []ui.Option) {
	for _, v := range d.Versions {
		if !v.Gone() {
			options = append(options, ui.Option{Value: number(v.ID), Label: v.Title()})
		}
	}
	return options
}

func labelOf(d dml.Detail, id int64) string {
	for _, v := range d.Versions {
		if v.ID == id {
			return v.Label
		}
	}
	return "An older version"
}

func percent(part, whole int64) string {
	return " (" + strconv.FormatInt(100*part/max(whole, 1), 10) + " %)"
}

func packagesOf(s dml.SuspectVersion) string {
	n := int64(len(s.UsedBy) + s.Hidden)
	if n == 0 {
		return "In no release package."
	}
	text := "Blocks " + noun.Count(n, "package")
	if s.Hidden > 0 {
		text += fmt.Sprintf(", of them %d in restricted releases", s.Hidden)
	}
	return text + "."
}

func runWords(r dml.Collection) string {
	return fmt.Sprintf("%s let go, %s condemned, %s deleted, %s freed, %s dropped.", noun.Count(r.LetGo, "version"),
		noun.Count(r.Condemned+r.Orphans, "blob"), noun.Count(r.Deleted, "blob"), Bytes(r.Freed), noun.Count(r.Uploads, "dead upload"))
}

// verifying has the card look again while everything is being hashed.
func verifying(h *dml.Health) templ.Attributes {
	if h.Verified == nil || h.Verified.Ended() {
		return nil
	}
	return templ.Attributes{"data-live": true, "hx-get": "/dml/health", "hx-trigger": "every 3s", "hx-swap": "outerHTML"}
}

func verifiedWords(v *dml.Verification) string {
	done := fmt.Sprintf("%s of %s, for %s", ui.Count(v.DoneBlobs), noun.Count(v.Blobs, "blob"), v.ByName)
	switch {
	case v.Failed():
		return "Given up after " + done + ": the store could not be read. " + v.LastError
	case !v.Ended() && v.LastError != "":
		return "Under way, " + done + ". The store could not be read just now and is asked again. " + v.LastError
	case !v.Ended():
		return "Under way, " + done
	case v.Damaged > 0:
		return done + ": " + noun.Count(v.Damaged, "blob is", "blobs are") + " damaged or missing"
	}
	return done + ": all match"
}

// verifiedComma stands before the time at which it ended.
func verifiedComma(v *dml.Verification) string {
	if v.Ended() {
		return ", "
	}
	return ""
}

func planWords(p *dml.Plan) string {
	if p.Blobs == 0 && p.Uploads == 0 {
		return "Nothing: everything in the library is needed, held or just pushed."
	}
	text := fmt.Sprintf("%s and %s would go: %s, of them %s at once and the rest after the grace of a day, in which pushing them again takes them back.",
		noun.Count(p.Blobs, "blob"), noun.Count(p.Uploads, "abandoned upload"), Bytes(p.Frees), Bytes(p.Now))
	if p.More {
		text += " Not every line is listed here."
	}
	return text
}
