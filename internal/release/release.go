package release

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/zone"
)

// Type is what kind of release it is, as the policy defines it.
type Type string

// The types.
const (
	Major     Type = "major"
	Minor     Type = "minor"
	Emergency Type = "emergency"
)

// Types lists the three.
func Types() []Type { return []Type{Major, Minor, Emergency} }

// Approach is how a release reaches its targets, on three axes.
type Approach struct {
	Scale     string // big bang or phased
	Delivery  string // push or pull
	Execution string // automated or manual
}

// String is the approach as people say it.
func (a Approach) String() string { return a.Scale + " · " + a.Delivery + " · " + a.Execution }

// Release is one release on its way from plan to operation.
type Release struct {
	db.Row
	Key             string `gorm:"column:release_key"`
	Title           string
	Summary         string
	ServiceID       int64
	ServiceKey      string
	ServiceName     string
	Type            Type
	Approach        Approach `gorm:"embedded"`
	PolicyVersionID int64
	PolicyLabel     string
	ModelVersionID  int64
	ModelLabel      string
	AuthorID        int64 // who requested it; never decides on it
	AuthorName      string
	OwnerID         int64
	OwnerName       string
	WindowStart     db.Time
	WindowEnd       db.Time `gorm:"column:window_stop"`
	Zone            string  // IANA name; the window is meant in it
	Restricted      bool
	State           State
	HeldFrom        string // where a release on hold returns to, or a cancelled one ended
	Outcome         string
	Touched         bool // production was touched, so it cannot be cancelled
	PlanVersion     int64
	PlanAgreed      bool
	PackageVersion  int64
	PackageDigest   string // of the current baselined package; empty while it is assembled
	SignedDigest    string // of the package that was signed off
	OpenRisks       int64
	ChangeKey       string
	Incident        string // what an emergency corrects
	ELSDays         int64  `gorm:"column:els_days"`
	BaselineID      int64  // the as-is
	Gates           string // the five gates' states in short, kept for lists: "Approved Open …"
	EndedAt         db.Time
	Repository      string // its packages are pulled from dml/releases/ and this
}

// Link is the release's page.
func (r *Release) Link(parts ...string) string {
	return "/releases/" + r.Key + strings.Join(append([]string{""}, parts...), "/")
}

// Viewed is the phase a person sees the release in.
func (r *Release) Viewed() string {
	if r.State == OnHold || r.State == Cancelled {
		return State(r.HeldFrom).Phase()
	}
	return r.State.Phase()
}

// Request is what a person enters for a new release.
type Request struct {
	ServiceKey     string
	Title, Summary string
	Value          string // the return it should bring
	Type           Type
	ModelVersionID int64
	Approach       Approach // empty axes take the model's
	Key            string   // empty takes the next free identifier
	OwnerID        int64    // 0 is the requester
	WindowStart    db.Time
	WindowEnd      db.Time
	Zone           string
	Restricted     bool
	Incident       string
	UnitIDs        []int64 // release units that it changes
}

func (q *Request) validate() error {
	var c fault.Check
	q.Title, q.Summary, q.Key, q.Incident = strings.TrimSpace(q.Title), strings.TrimSpace(q.Summary), strings.TrimSpace(q.Key), strings.TrimSpace(q.Incident)
	c.Need(q.ServiceKey != "", "service", "Choose the service that is released.")
	c.Need(q.Title != "" && len(q.Title) <= 160, "title", "Name the release in at most 160 characters.")
	c.Need(q.Summary != "" && len(q.Summary) <= 4000, "summary", "Say why it is made and what it changes, in at most 4,000 characters.")
	c.Need(len(q.Value) <= 1000, "value", "Keep it to 1,000 characters.")
	c.Need(slices.Contains(Types(), q.Type), "type", "Choose major, minor or emergency.")
	c.Need(q.ModelVersionID != 0, "model", "Choose the model it is made from.")
	checkWindow(&c, q.WindowStart, q.WindowEnd, q.Zone)
	if q.Type == Emergency {
		c.Need(q.Incident != "", "incident", "Name the incident or the known errors that it corrects.")
	} else {
		c.Need(q.Incident == "", "type", "Only an emergency release corrects an incident; planned work is major or minor.")
	}
	return c.Err("The release was not created.")
}

func checkWindow(c *fault.Check, start, end db.Time, in string) {
	c.Need(zone.Known(in), "zone", "Name the time zone of the window, such as Europe/Oslo.")
	c.Need(start.IsZero() == end.IsZero(), "window_end", "A window has a start and an end.")
	c.Need(end.IsZero() || start.Before(end), "window_end", "The window ends after it starts.")
}

// settleApproach fills in the model's axes and refuses what makes no sense.
func (q *Request) settleApproach(body policy.Body) error {
	take := func(own *string, model string) {
		if *own == "" {
			*own = model
		}
	}
	take(&q.Approach.Scale, body.Scale)
	take(&q.Approach.Delivery, body.Delivery)
	take(&q.Approach.Execution, body.Execution)
	var c fault.Check
	c.Need(slices.Contains(policy.Scales, q.Approach.Scale), "scale", "Choose big bang or phased.")
	c.Need(slices.Contains(policy.Deliveries, q.Approach.Delivery), "delivery", "Choose push or pull.")
	c.Need(slices.Contains(policy.Executions, q.Approach.Execution), "execution", "Choose automated or manual.")
	if q.Approach.Scale == "phased" {
		c.Need(len(body.Waves) > 1, "scale", "The model has one wave, so this is a big bang. Choose a model with several.")
	}
	return c.Err("The release was not created.")
}

// advance moves the release by the table. Resume leads back to where it was.
func (r *Release) advance(verb Verb, now db.Time) error {
	to, err := transitions.Next(r.Key, r.State, verb)
	if err != nil {
		return err
	}
	switch verb {
	case VerbHold:
		r.HeldFrom = string(r.State)
	case VerbResume:
		to = State(r.HeldFrom)
		r.HeldFrom = ""
	case VerbStart:
		r.Touched = true
	case VerbCancel:
		if r.Touched {
			return fault.Refuse("The release was not cancelled.", fault.Blocked(
				"Production was touched: remediate and review instead of cancelling.", r.OwnerName, r.Link("deployment"), "Open the deployment"))
		}
		if r.State != OnHold { // which remembers already where it came from
			r.HeldFrom = string(r.State)
		}
		r.Outcome, r.EndedAt = string(OutcomeCancelled), now
	case VerbRollBack:
		r.Outcome = string(OutcomeRolledBack)
	case VerbRebuild:
		r.Outcome = ""
	case VerbClose:
		r.EndedAt = now
	}
	r.State = to
	return nil
}

// seesRestricted tells whether the actor may see every restricted release of a
// service: people with a role on it other than stakeholder, auditors and
// administrators. Others see those that name them.
func seesRestricted(actor identity.Actor, serviceID int64) bool {
	if actor.Kind == identity.SystemKind {
		return true
	}
	return slices.ContainsFunc(actor.Grants, func(g identity.Grant) bool {
		return g.Role != identity.Stakeholder && (g.ServiceID == 0 || g.ServiceID == serviceID)
	})
}

// changeText fills the seven Rs of the change from what is known already.
func (q *Request) changeText(model *policy.ModelVersion) (risks, resources, value string) {
	var events []string
	for _, risk := range model.Body.Risks {
		events = append(events, fmt.Sprintf("%s: %s", risk.Cause, risk.Event))
	}
	risks, resources, value = strings.Join(events, "; "), model.Body.Resources, q.Value
	if risks == "" {
		risks = "See the release's risk register."
	}
	if resources == "" {
		resources = "As the model " + model.Label() + " says."
	}
	if value == "" {
		value = q.Title
	}
	return risks, resources, value
}
