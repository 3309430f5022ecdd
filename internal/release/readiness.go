package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Colour is how an area of readiness stands.
type Colour string

// Red blocks A4; amber is permitted with an owner and a date.
const (
	Green Colour = "green"
	Amber Colour = "amber"
	Red   Colour = "red"
)

// Area is one of the twelve areas of the readiness audit before A4.
type Area struct{ Code, Name, Asks string }

// ReadinessPrefix begins the code of an area's criterion at A4, and Unreported is
// its evidence while nobody has said how it stands.
const (
	ReadinessPrefix = "readiness."
	Unreported      = "Nobody has reported."
)

// Areas lists the twelve.
func Areas() []Area {
	return []Area{
		{"organisation", "Organisation", "Everybody who takes part knows their part, and can be reached."},
		{"people", "People and training", "Users and staff are trained, or will be before their first day with it."},
		{"support", "Support", "Service desk and second line know what changes and what to say."},
		{"infrastructure", "Infrastructure", "Hosts, networks and capacity are there and sized for it."},
		{"data", "Data", "Migrations were tried on real volumes; backups are fresh."},
		{"security", "Security", "Findings are closed or accepted; keys and access are in place."},
		{"package", "Package", "What was signed is what will be installed, and it installs elsewhere."},
		{"licences", "Licences", "Entitlements suffice and are in date."},
		{"monitoring", "Monitoring", "Alarms and dashboards show the new version."},
		{"communication", "Communication", "Those concerned know what happens, when, and whom to call."},
		{"back-out", "Back-out", "The way back is rehearsed and fits the window."},
		{"finance", "Finance", "Costs are approved, and what it takes is ordered."},
	}
}

// aboutPackage are the areas of which a report is about the bytes that are
// installed: it holds for one package, and another is reported on anew.
var aboutPackage = []string{"package", "data", "security", "licences", "back-out"}

// OfPackage tells whether reports of the area hold for one package.
func (a Area) OfPackage() bool { return slices.Contains(aboutPackage, a.Code) }

// lapsed says why a report of the area no longer counts; nothing where it does.
func (a Area) lapsed(r *Release, report *Readiness) string {
	if !a.OfPackage() || report.PackageDigest == r.PackageDigest {
		return ""
	}
	return fmt.Sprintf("Reported as %s by %s for package %s, which is now %s.", report.Colour, report.ByName, short(report.PackageDigest), short(r.PackageDigest))
}

// Readiness is what somebody reported of one area.
type Readiness struct {
	db.Row
	ReleaseID int64
	Area      string
	Colour    Colour
	Note      string
	OwnerID   int64
	OwnerName string
	Due       db.Time
	ByID      int64
	ByName    string

	PackageDigest string // that it was reported on, where the area is about the package
}

// TableName is the table of reports.
func (Readiness) TableName() string { return "readiness" }

// finding weighs one area: not reported is unknown, red blocks, amber needs an
// owner and a date that has not passed.
func (a Area) finding(r *Release, reports []Readiness, now db.Time) Finding {
	f := Finding{Code: ReadinessPrefix + a.Code, Title: "Readiness: " + strings.ToLower(a.Name), State: Unknown, Detail: Unreported, Owner: r.OwnerName,
		Link: r.Link("readiness") + "#" + a.Code, Action: "Report on it", CheckedAt: now, Waivable: true}
	at := slices.IndexFunc(reports, func(report Readiness) bool { return report.Area == a.Code })
	if at < 0 {
		return f
	}
	report := reports[at]
	if why := a.lapsed(r, &report); why != "" {
		f.Detail, f.Action = why, "Report on it anew"
		return f
	}
	f.Detail, f.CheckedAt, f.State = report.Note, report.UpdatedAt, Met
	switch report.Colour {
	case Red:
		f.State = Unmet
	case Amber:
		f.Due = report.Due
		if report.OwnerName != "" {
			f.Owner = report.OwnerName
		}
		if report.OwnerName == "" || report.Due.IsZero() {
			f.State, f.Detail = Unmet, "Amber without an owner and a date."
		} else if report.Due.Before(now) {
			f.State, f.Detail = Unmet, "Amber, and its date has passed: "+report.Note
		}
	}
	return f
}

// Report is what a person says of an area.
type Report struct {
	Area    string
	Colour  Colour
	Note    string
	OwnerID int64
	Due     db.Time
	Version int64 // of the report it replaces; 0 for the first
}

func (q *Report) field(name string) string { return name + "_" + q.Area }

// check adds what is wrong with the report; its fields carry the area's code.
func (q *Report) check(c *fault.Check, now db.Time) {
	q.Note = strings.TrimSpace(q.Note)
	c.Need(slices.ContainsFunc(Areas(), func(a Area) bool { return a.Code == q.Area }), "area", "There is no such area.")
	c.Need(slices.Contains([]Colour{Green, Amber, Red}, q.Colour), q.field("colour"), "Choose green, amber or red.")
	c.Need(q.Note != "" && len(q.Note) <= 2000, q.field("note"), "Say what you saw, in at most 2,000 characters.")
	if q.Colour == Amber {
		c.Need(q.OwnerID != 0, q.field("owner"), "Amber needs somebody who deals with it.")
		c.Need(now.Before(q.Due), q.field("due"), "Amber needs a date that lies ahead.")
	}
}

// news tells whether the report says what the present one of its area does not,
// which is empty where nobody reported. A colour that was not chosen says nothing,
// and a form holds dates to the minute.
func (q *Report) news(present *Readiness) bool {
	note := strings.TrimSpace(q.Note)
	if q.Colour == "" {
		return note != present.Note
	}
	return q.Colour != present.Colour || note != present.Note || q.OwnerID != present.OwnerID || !q.Due.Std().Truncate(time.Minute).Equal(present.Due.Std().Truncate(time.Minute))
}

func areaName(code string) string {
	for _, a := range Areas() {
		if a.Code == code {
			return a.Name
		}
	}
	return code
}

// ReadinessLine is one area with what was reported and how the gate weighs it.
type ReadinessLine struct {
	Area    Area
	Report  *Readiness
	Lapsed  string // why the report counts no more: the package is another
	Finding Finding
	Minded  []Finding // concerns of other rooms that make a green area amber
}

// ReadinessSheet is what the readiness page shows.
type ReadinessSheet struct {
	Release  *Release
	Lines    []ReadinessLine
	Evidence []Finding // the other criteria of A4
	People   []identity.Person
	Edits    bool
}

// Counts gives how many areas are green, amber, red and unknown.
func (v *ReadinessSheet) Counts() (green, amber, red, unknown int64) {
	for _, l := range v.Lines {
		switch {
		case l.Report == nil || l.Lapsed != "":
			unknown++
		case l.Report.Colour == Red:
			red++
		case l.Report.Colour == Amber || len(l.Minded) > 0:
			amber++
		default:
			green++
		}
	}
	return green, amber, red, unknown
}
