package change

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// Service keeps changes, freezes and the schedule.
type Service struct{ db *db.DB }

// New gives the service.
func New(d *db.DB) *Service { return &Service{db: d} }

func hours(n int64) time.Duration { return time.Duration(n) * time.Hour }

// DefaultRetroHours is how long a retrospective decision may take where the
// policy says nothing.
const DefaultRetroHours = 24

// Request is what a change is raised with. Blank "raised by", "responsible" and
// "relationship" are taken from the actor and the release.
type Request struct {
	Title                                                       string
	ServiceID                                                   int64
	ServiceName                                                 string
	ReleaseKey, ReleaseType                                     string
	Restricted                                                  bool
	RaisedBy                                                    string
	Reason, Return, Risks, Resources, Responsible, Relationship string
	Emergency                                                   bool
	Incident                                                    string
	WindowStart, WindowEnd                                      db.Time
	RetroHours                                                  int64
}

func (q Request) validate() error {
	var check fault.Check
	check.Need(strings.TrimSpace(q.Title) != "", "title", "Say in a few words what changes.")
	check.Need(len(q.Title) <= 200, "title", "Keep the title under 200 characters.")
	check.Need(q.ServiceID != 0, "service", "Choose the service that changes.")
	check.Need(q.WindowEnd == 0 || q.WindowStart < q.WindowEnd, "window_end", "The window ends before it begins.")
	check.Need((q.WindowStart == 0) == (q.WindowEnd == 0), "window_start", "Give both ends of the window, or neither.")
	return check.Err("The change is not complete.")
}

func (q Request) apply(c *Change) {
	c.Title, c.ServiceID, c.ServiceName, c.Restricted = strings.TrimSpace(q.Title), q.ServiceID, q.ServiceName, q.Restricted
	c.Reason, c.Return, c.Risks, c.Resources = strings.TrimSpace(q.Reason), strings.TrimSpace(q.Return), strings.TrimSpace(q.Risks), strings.TrimSpace(q.Resources)
	c.Responsible, c.Relationship = strings.TrimSpace(q.Responsible), strings.TrimSpace(q.Relationship)
	c.Emergency, c.Incident = q.Emergency, strings.TrimSpace(q.Incident)
	c.WindowStart, c.WindowEnd = q.WindowStart, q.WindowEnd
}

// Raise makes a change in the caller's transaction and gives it the next key.
// The caller has already decided that the actor may.
func (s *Service) Raise(tx *db.Tx, actor identity.Actor, q Request) (*Change, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	number, err := nextNumber(tx, "changes")
	if err != nil {
		return nil, err
	}
	c := &Change{Number: number, Key: fmt.Sprintf("CHG-%d", number), ReleaseKey: q.ReleaseKey, ReleaseType: q.ReleaseType, State: Draft,
		RaisedByID: actor.UserID, RaisedBy: actor.Name, RetroHours: q.RetroHours}
	q.apply(c)
	if c.RetroHours <= 0 {
		c.RetroHours = DefaultRetroHours
	}
	if q.RaisedBy != "" {
		c.RaisedBy = q.RaisedBy
	}
	if c.Responsible == "" {
		c.Responsible = actor.Name
	}
	if c.Relationship == "" && c.ReleaseKey != "" {
		c.Relationship = "Carried out as release " + c.ReleaseKey
	}
	if err := insertChange(tx, c); err != nil {
		return nil, err
	}
	return c, s.record(tx, actor, c, "change.raise", "raised "+c.Key+": "+c.Title, "")
}

// Advance moves a change in the caller's transaction. The caller (a gate, a
// wave, a closing) has already decided that the actor may; the state table and
// the rules that keep two people apart hold all the same.
func (s *Service) Advance(tx *db.Tx, actor identity.Actor, key string, verb Verb, reason string) error {
	c, err := findChange(tx, key)
	if err != nil {
		return err
	}
	return s.advance(tx, actor, c, verb, reason)
}

func (s *Service) advance(tx *db.Tx, actor identity.Actor, c *Change, verb Verb, reason string) error {
	from := c.State
	reason = strings.TrimSpace(reason)
	if err := c.do(actor, verb, reason, tx.Now); err != nil {
		return err
	}
	if err := save(tx, c); err != nil {
		return err
	}
	step := &Step{ChangeID: c.ID, Verb: verb, FromState: from, ToState: c.State, ByID: actor.UserID, ByName: actor.Name, Reason: reason, TakenAt: tx.Now}
	if err := insertStep(tx, step); err != nil {
		return err
	}
	return s.record(tx, actor, c, "change."+string(verb), fmt.Sprintf("moved %s from %s to %s", c.Key, state.Word(from), state.Word(c.State)), reason)
}

// Step is one move of a change.
type Step struct {
	ID        int64
	ChangeID  int64
	Verb      Verb
	FromState State
	ToState   State
	ByID      int64
	ByName    string
	Reason    string
	TakenAt   db.Time
}

// TableName is the table of steps.
func (Step) TableName() string { return "change_steps" }

// Find gives the change in the caller's transaction.
func (s *Service) Find(tx *db.Tx, key string) (*Change, error) { return findChange(tx, key) }

// Retitle follows a release's title, confidentiality and window, and hides what
// it booked. A moved window of an authorised change takes it back to Assessing.
func (s *Service) Retitle(tx *db.Tx, actor identity.Actor, key, title string, restricted bool, from, to db.Time) error {
	c, err := findChange(tx, key)
	if err != nil {
		return err
	}
	if err := restrictBookings(tx, c.ReleaseKey, restricted); err != nil {
		return err
	}
	moved := c.WindowStart != from || c.WindowEnd != to
	c.Title, c.Restricted, c.WindowStart, c.WindowEnd = title, restricted, from, to
	if moved && (c.State == Authorised || c.State == Scheduled) {
		return s.advance(tx, actor, c, Reassess, "The window moved.")
	}
	return save(tx, c)
}

// Debts lists the service's changes whose retrospective decision is owed or
// was a refusal that nobody has dealt with. Ask Overdue which are late.
func (s *Service) Debts(tx *db.Tx, serviceID int64) ([]Change, error) { return debtsOf(tx, serviceID) }

func (s *Service) record(tx *db.Tx, actor identity.Actor, c *Change, action, sentence, reason string) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: action, Kind: "change", Key: c.Key, Release: c.ReleaseKey, Sentence: sentence, Reason: reason})
}

// sees tells whether the actor may know of a restricted record: whoever is
// nothing but a stakeholder may not.
func sees(actor identity.Actor, serviceID int64, restricted bool) bool {
	if !restricted || actor.Kind == identity.SystemKind {
		return true
	}
	for _, g := range actor.Grants {
		if g.Role != identity.Stakeholder && (g.ServiceID == 0 || g.ServiceID == serviceID) {
			return true
		}
	}
	return false
}

func (s *Service) view(ctx context.Context, fn func(*db.Tx) error) error { return s.db.View(ctx, fn) }
