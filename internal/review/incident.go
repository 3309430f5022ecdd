package review

import (
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// IncidentState is where an incident of early life stands.
type IncidentState string

// An incident is open until somebody resolves it.
const (
	IncidentOpen     IncidentState = "Open"
	IncidentResolved IncidentState = "Resolved"
)

// Scan refuses states this program does not know.
func (s *IncidentState) Scan(src any) error {
	return state.ScanWord(s, src, []IncidentState{IncidentOpen, IncidentResolved})
}

// IncidentVerb moves an incident.
type IncidentVerb string

// An incident is resolved, and opened again when it comes back.
const (
	VerbResolve IncidentVerb = "resolve"
	VerbReopen  IncidentVerb = "reopen"
)

var incidentMoves = state.Table[IncidentState, IncidentVerb]{
	{IncidentOpen, VerbResolve, IncidentResolved}, {IncidentResolved, VerbReopen, IncidentOpen},
}

// Incident is a disturbance during early life.
type Incident struct {
	db.Row
	ReleaseID  int64
	Number     int64
	Reference  string // the number in the incident tool
	Title      string
	Severity   int64 // 1 worst to 4
	State      IncidentState
	OpenedAt   db.Time
	OpenedBy   string
	ResolvedAt db.Time
	ResolvedBy string
	Resolution string
}

// TableName is the table of incidents.
func (Incident) TableName() string { return "early_incidents" }

// IncidentReport is what somebody enters about an incident.
type IncidentReport struct {
	Reference, Title string
	Severity         int64
	OpenedAt         db.Time
}

func (in *IncidentReport) validate(now db.Time) error {
	var c fault.Check
	in.Title, in.Reference = strings.TrimSpace(in.Title), strings.TrimSpace(in.Reference)
	c.Need(in.Title != "" && len(in.Title) <= 200, "title", "Describe the incident in one line of at most 200 characters.")
	c.Need(len(in.Reference) <= 100, "reference", "Keep the reference under 100 characters.")
	c.Need(in.Severity >= 1 && in.Severity <= 4, "severity", "Choose a severity from 1, the worst, to 4.")
	c.Need(!in.OpenedAt.After(now), "opened_at", "An incident is recorded after it began.")
	return c.Err("The incident was not recorded.")
}

func (i *Incident) move(verb IncidentVerb, by who, note string) error {
	to, err := incidentMoves.Next("The incident", i.State, verb)
	if err != nil {
		return err
	}
	note = strings.TrimSpace(note)
	if note == "" || len(note) > maxText {
		return invalid("resolution", "Say what was done, or why it is open again.", "The incident was not changed.")
	}
	i.State, i.Resolution = to, note
	if to == IncidentResolved {
		i.ResolvedAt, i.ResolvedBy = by.at, by.name
	} else {
		i.ResolvedAt, i.ResolvedBy = 0, ""
	}
	return nil
}
