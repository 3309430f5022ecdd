// Package dml draws the pages of the media library.
package dml

import (
	"fmt"
	"net/url"
	"strconv"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/templates/ui"
)

// LibraryView is the front page of the library.
type LibraryView struct {
	Totals    dml.Totals
	Queue     []dml.Queued
	Filter    dml.Filter
	Page      dml.VersionPage
	MaySubmit bool
	Staff     bool // sees quarantine and licences
}

// Filtered tells whether the viewer narrowed the list.
func (v LibraryView) Filtered() bool {
	f := v.Filter
	return f.Query != "" || f.Kind != "" || f.State != "" || f.Store != ""
}

// NextHref is the address of the next page, or nothing.
func (v LibraryView) NextHref() string {
	if v.Page.Next == "" {
		return ""
	}
	q := url.Values{"after": {v.Page.Next}}
	for name, value := range map[string]string{"q": v.Filter.Query, "kind": string(v.Filter.Kind), "state": string(v.Filter.State), "store": string(v.Filter.Store)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/dml?" + q.Encode()
}

// UploadForm is what somebody typed about a file.
type UploadForm struct {
	Item, Label, Name, Kind, Provenance, Supplier string
	Licence, LicenceKey, About, KeepDays          string
	Site, Shelf, Digest, Source, Change, Note     string
	Upload                                        string // id of a file that has arrived
}

// UploadView is the page on which media are submitted.
type UploadView struct {
	Form     UploadForm
	Known    []dml.Item
	Errors   ui.Errors
	Blockers []fault.Blocker
	FileName string        // of a file that was refused and must be chosen again
	Arrived  *dml.Arrival  // the file of Form.Upload
	UnderWay []dml.Arrival // files of which a part has arrived
}

// ItemForm is what a custodian typed about an item.
type ItemForm struct {
	Version     int64  `form:"version"`
	Name        string `form:"name"`
	Provenance  string `form:"provenance"`
	Supplier    string `form:"supplier"`
	Description string `form:"description"`
	Licence     string `form:"licence"`
	LicenceKey  string `form:"licence_key"`

	MustBeSigned bool `form:"must_be_signed"`
}

// FormOf is an item as its form shows it.
func FormOf(i dml.Item) ItemForm {
	return ItemForm{Version: i.Row.Version, Name: i.Name, Provenance: string(i.Provenance), Supplier: i.Supplier, Description: i.Description,
		Licence: i.Licence, LicenceKey: i.LicenceKey, MustBeSigned: i.MustBeSigned}
}

// DecideForm is what a custodian typed about a version.
type DecideForm struct {
	Version int64  `form:"version"`
	Note    string `form:"note"`
	Change  string `form:"change"`
}

// ItemView is the page of one item.
type ItemView struct {
	Detail    dml.Detail
	Edit      ItemForm
	EditOpen  bool
	Errors    ui.Errors
	Blockers  []fault.Blocker
	DecideID  int64 // version whose form is shown again with what was typed
	DecideWas DecideForm
	Keep      KeepForm
	Hold      HoldForm
	Lift      LiftForm
	Rehearse  RehearseForm
}

// LicenceForm is what somebody typed about an entitlement.
type LicenceForm struct {
	Version       int64  `form:"version"`
	Key           string `form:"key"`
	Name          string `form:"name"`
	Supplier      string `form:"supplier"`
	Metric        string `form:"metric"`
	Entitled      int64  `form:"entitled"`
	ValidFrom     string `form:"valid_from"`
	ValidTo       string `form:"valid_to"`
	PurchaseOrder string `form:"purchase_order"`
	Proof         string `form:"proof"`
}

// LicencesView is the page of entitlements.
type LicencesView struct {
	Licences []dml.LicenceView
	Now      db.Time
	Next     string
	Form     LicenceForm
	Errors   ui.Errors
	MayEdit  bool
}

// LicenceView is the page of one entitlement.
type LicenceView struct {
	Licence dml.LicenceView
	Now     db.Time
	Form    LicenceForm
	Errors  ui.Errors
	MayEdit bool
}

// Bytes is a size as people read it; the exact number stands in its title.
func Bytes(n int64) string { return ui.Bytes(n) }

func packages(n int64) string {
	switch n {
	case 0:
		return "none yet"
	case 1:
		return "1 package"
	}
	return fmt.Sprintf("%d packages", n)
}

func kindIcon(k dml.Kind) string {
	return map[dml.Kind]string{dml.Software: "package", dml.Documentation: "file-text", dml.LicenceText: "license"}[k]
}

func queueGlyph(q dml.Queued) string {
	switch {
	case q.Own:
		return "glyph st-neutral g-lock"
	case q.State == dml.Quarantined:
		return "glyph st-active"
	case q.ChecksUnmet > 0:
		return "glyph st-warn"
	}
	return "glyph st-good"
}

func queueChecks(q dml.Queued) string {
	total := q.ChecksMet + q.ChecksUnmet + q.ChecksUnknown
	switch {
	case q.Own:
		return "Awaits another custodian"
	case q.State == dml.Quarantined:
		return "Checks running"
	case q.ChecksUnmet > 0:
		return fmt.Sprintf("%d of %d not met", q.ChecksUnmet, total)
	case q.ChecksUnknown > 0:
		return fmt.Sprintf("%d of %d met, %d unknown", q.ChecksMet, total, q.ChecksUnknown)
	}
	return fmt.Sprintf("All %d checks met", total)
}

func queueVerb(q dml.Queued) (label, class string) {
	switch {
	case !q.MayDecide:
		return "View", "btn btn-sm"
	case q.State == dml.Checking && q.ChecksUnmet == 0:
		return "Accept", "btn btn-sm btn-primary"
	}
	return "Decide", "btn btn-sm"
}

func verdictGlyph(v dml.Verdict) string {
	switch v {
	case dml.Met:
		return "glyph st-good"
	case dml.Unmet:
		return "glyph st-bad"
	}
	return "glyph st-neutral g-unknown"
}

func checkWords(v dml.Version) string {
	if v.CheckedAt.IsZero() {
		return "not run yet"
	}
	text := fmt.Sprintf("%d met", v.ChecksMet)
	if v.ChecksUnmet > 0 {
		text += fmt.Sprintf(", %d not met", v.ChecksUnmet)
	}
	if v.ChecksUnknown > 0 {
		text += fmt.Sprintf(", %d not checked", v.ChecksUnknown)
	}
	return text + "; "
}

// verdictWords say the verdict before its reason; the one of an unknown check
// says so itself.
func verdictWords(c dml.Check) string {
	switch c.Verdict {
	case dml.Met:
		return "Met. " + c.Detail
	case dml.Unmet:
		return "Not met. " + c.Detail
	}
	return c.Detail
}

// VersionID is the id of a version's card.
func VersionID(id int64) string { return "v" + strconv.FormatInt(id, 10) }

func versionPath(id int64, verb string) string { return fmt.Sprintf("/dml/versions/%d/%s", id, verb) }

// NoteName is the name under which a version's note is found wrong: one page
// holds a note for each version, and each needs an id of its own.
func NoteName(id int64) string { return "note-" + strconv.FormatInt(id, 10) }

func fieldID(name string, id int64) string { return "f-" + name + "-" + strconv.FormatInt(id, 10) }

func number(n int64) string { return strconv.FormatInt(n, 10) }

func words[T ~string](list []T) []ui.Option {
	options := make([]ui.Option, len(list))
	for i, one := range list {
		options[i] = ui.Option{Value: string(one), Label: noun.Capital(string(one))}
	}
	return options
}

func can(v dml.VersionDetail, verb dml.Verb) bool {
	for _, one := range v.Verbs {
		if one == verb {
			return true
		}
	}
	return false
}

func licenceState(l dml.LicenceView, now db.Time) (family, word string) {
	switch {
	case now.Before(l.ValidFrom):
		return "neutral", "Not yet valid"
	case !l.Valid(now):
		return "bad", "Expired"
	case l.Counts() && l.Held > l.Entitled:
		return "bad", "Over-used"
	case l.Ending(now):
		return "warn g-clock", "Ends soon"
	case l.Counts() && l.Held >= l.Entitled:
		return "warn", "All held"
	}
	return "good", "In date"
}

var custodian = identity.DMLCustodian.Label()
