// Package change holds what may alter services and who allowed it: changes with
// their seven Rs, the boards' advice, the schedule, freezes and conflicts. A
// release is known here by key, service and type alone.
package change

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// State is where a change stands.
type State string

// The states of a change. RetroDue is Implementing after the glass was broken:
// the work runs, and its authorisation is a debt with a deadline.
const (
	Draft          State = "Draft"
	Submitted      State = "Submitted"
	Assessing      State = "Assessing"
	Authorised     State = "Authorised"
	Rejected       State = "Rejected"
	Scheduled      State = "Scheduled"
	Implementing   State = "Implementing"
	Reviewing      State = "Reviewing"
	Closed         State = "Closed"
	Cancelled      State = "Cancelled"
	ECABAuthorised State = "ECABAuthorised"
	RetroDue       State = "RetroDue"
	RetroApproved  State = "RetroApproved"
	RetroRefused   State = "RetroRefused"
)

// States lists every state.
func States() []State {
	return []State{Draft, Submitted, Assessing, Authorised, Rejected, Scheduled, Implementing, Reviewing, Closed, Cancelled,
		ECABAuthorised, RetroDue, RetroApproved, RetroRefused}
}

// Scan refuses a stored word that is no state.
func (s *State) Scan(src any) error { return state.ScanWord(s, src, States()) }

// Verb is a command to a change.
type Verb string

// The verbs. Reassess is what moving the scope or the window does.
const (
	Submit        Verb = "submit"
	Assess        Verb = "assess"
	Authorise     Verb = "authorise"
	Reject        Verb = "reject"
	Redraft       Verb = "redraft"
	Schedule      Verb = "schedule"
	Reassess      Verb = "reassess"
	Implement     Verb = "implement"
	Review        Verb = "review"
	Close         Verb = "close"
	Cancel        Verb = "cancel"
	ECABAuthorise Verb = "ecab-authorise"
	BreakGlass    Verb = "break-glass"
	RetroApprove  Verb = "retro-approve"
	RetroRefuse   Verb = "retro-refuse"
)

// Verbs lists every verb.
func Verbs() []Verb {
	return []Verb{Submit, Assess, Authorise, Reject, Redraft, Schedule, Reassess, Implement, Review, Close, Cancel,
		ECABAuthorise, BreakGlass, RetroApprove, RetroRefuse}
}

var transitions = state.Table[State, Verb]{
	{Draft, Submit, Submitted},
	{Submitted, Assess, Assessing},
	{Assessing, Authorise, Authorised},
	{Assessing, Reject, Rejected},
	{Rejected, Redraft, Draft},
	{Authorised, Schedule, Scheduled},
	{Authorised, Reassess, Assessing},
	{Scheduled, Reassess, Assessing},
	{Scheduled, Implement, Implementing},
	{Implementing, Review, Reviewing},
	{Reviewing, Close, Closed},
	{Draft, Cancel, Cancelled},
	{Submitted, Cancel, Cancelled},
	{Assessing, Cancel, Cancelled},
	{Rejected, Cancel, Cancelled},
	{Authorised, Cancel, Cancelled},
	{Scheduled, Cancel, Cancelled},
	{Draft, ECABAuthorise, ECABAuthorised},
	{ECABAuthorised, Implement, Implementing},
	{ECABAuthorised, Cancel, Cancelled},
	{Draft, BreakGlass, RetroDue},
	{RetroDue, RetroApprove, RetroApproved},
	{RetroDue, RetroRefuse, RetroRefused},
	{RetroApproved, Review, Reviewing},
	{RetroRefused, Review, Reviewing},
}

// Change is a request for change with its seven Rs: raised by, reason, return,
// risks, resources, responsible, relationship.
type Change struct {
	db.Row
	Number                  int64
	Key                     string `gorm:"column:change_key"`
	Title                   string
	ServiceID               int64
	ServiceName             string
	ReleaseKey, ReleaseType string
	Restricted              bool
	RaisedByID              int64
	RaisedBy                string
	Reason                  string
	Return                  string `gorm:"column:return_text"`
	Risks                   string
	Resources               string
	Responsible             string
	Relationship            string
	Emergency               bool
	Incident                string
	State                   State
	WindowStart             db.Time
	WindowEnd               db.Time `gorm:"column:window_stop"`
	RetroHours              int64
	RetroDue                db.Time
	OpenedByID              int64 // who broke the glass
	Unauthorised            bool  // the retrospective decision was a refusal
	DecidedByID             int64
	DecidedBy               string
	DecidedAt               db.Time
	Decision                string
	submitterID             int64 // who submitted it by hand, once read
}

// Link is the address of the change's page.
func (c *Change) Link() string { return "/changes/" + c.Key }

// Allowed lists the verbs that the change's state and kind allow.
func (c *Change) Allowed() []Verb {
	return slices.DeleteFunc(transitions.Verbs(c.State), func(v Verb) bool { return !c.Emergency && emergencyVerb(v) })
}

// Overdue tells whether the retrospective decision is owed past its deadline.
func (c *Change) Overdue(now db.Time) bool { return c.State == RetroDue && c.RetroDue.Before(now) }

func emergencyVerb(v Verb) bool { return v == ECABAuthorise || v == BreakGlass }

// decision tells whether the verb allows or refuses the change.
func (v Verb) decision() bool {
	return slices.Contains([]Verb{Authorise, Reject, ECABAuthorise, BreakGlass, RetroApprove, RetroRefuse}, v)
}

// needsReason tells whether the verb is refused without a reason.
func (v Verb) needsReason() bool {
	return slices.Contains([]Verb{Reject, Reassess, Cancel, BreakGlass, RetroRefuse}, v)
}

// missing names the Rs that nobody has answered.
func (c *Change) missing() []fault.Blocker {
	var list []fault.Blocker
	for _, r := range []struct{ answer, ask string }{
		{c.RaisedBy, "who raised it"}, {c.Reason, "the reason"}, {c.Return, "the return it should bring"}, {c.Risks, "the risks"},
		{c.Resources, "the resources it needs"}, {c.Responsible, "who is responsible"}, {c.Relationship, "its relationship to other changes"},
	} {
		if strings.TrimSpace(r.answer) == "" {
			list = append(list, fault.Blocker{Code: "change.seven-rs", Sentence: fmt.Sprintf("%s does not say %s.", c.Key, r.ask),
				Owner: c.RaisedBy, Link: c.Link() + "#seven", Action: "Complete the change"})
		}
	}
	return list
}

// Against says why a person does not decide the change: they raised it, submitted
// it, or broke the glass for it.
func (c *Change) Against(actor identity.Actor) (list []fault.Blocker) {
	if actor.UserID == c.RaisedByID {
		list = append(list, fault.Blocked(fmt.Sprintf("%s raised %s; somebody else has to decide it.", actor.Name, c.Key), identity.ChangeAuthority.Label(), c.Link(), "Open the change"))
	}
	if c.submitterID != 0 && actor.UserID == c.submitterID && actor.UserID != c.RaisedByID {
		list = append(list, fault.Blocked(fmt.Sprintf("%s submitted %s; somebody else has to decide it.", actor.Name, c.Key), identity.ChangeAuthority.Label(), c.Link(), "Open the change"))
	}
	if c.OpenedByID != 0 && actor.UserID == c.OpenedByID {
		list = append(list, fault.Blocked(fmt.Sprintf("%s broke the glass for %s; the retrospective decision is another's.", actor.Name, c.Key), identity.ChangeAuthority.Label(), c.Link(), "Open the change"))
	}
	return list
}

// do moves the change, or says everything that stands in the way.
func (c *Change) do(actor identity.Actor, verb Verb, reason string, now db.Time) error {
	to, err := transitions.Next(c.Key, c.State, verb)
	if err != nil {
		return err
	}
	var check fault.Check
	check.Need(reason != "" || !verb.needsReason() && !(verb == Review && c.State == RetroRefused), "reason", "Say why.")
	if verb.decision() {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		check.Block(c.Against(actor)...)
	}
	if verb == Submit || emergencyVerb(verb) {
		check.Block(c.missing()...)
	}
	if emergencyVerb(verb) {
		if !c.Emergency {
			check.Block(fault.Blocked(c.Key+" is planned work; the emergency path is closed to it.", c.RaisedBy, c.Link(), "Open the change"))
		} else if c.Incident == "" {
			check.Block(fault.Blocked(c.Key+" names no incident or known error that it corrects.", c.RaisedBy, c.Link()+"#seven", "Complete the change"))
		}
	}
	if verb == Schedule && c.WindowStart.IsZero() {
		check.Block(fault.Blocked(c.Key+" has no window.", c.Responsible, c.Link()+"#seven", "Set the window"))
	}
	if err := check.Err(c.Key + " cannot be moved on."); err != nil {
		return err
	}
	if verb.decision() {
		c.DecidedByID, c.DecidedBy, c.DecidedAt, c.Decision = actor.UserID, actor.Name, now, reason
	}
	switch verb {
	case BreakGlass:
		c.OpenedByID, c.RetroDue = actor.UserID, now.Add(hours(max(c.RetroHours, 1)))
	case RetroRefuse:
		c.Unauthorised = true
	}
	c.State = to
	return nil
}
