package review

import (
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// PirState is where a post-implementation review stands.
type PirState string

// The states of a review.
const (
	PirDue    PirState = "Due"
	PirHeld   PirState = "Held"
	PirAgreed PirState = "Agreed"
)

// PirVerb moves a review.
type PirVerb string

// A review is held, perhaps held again, and agreed by somebody else.
const (
	VerbHold  PirVerb = "hold"
	VerbAgree PirVerb = "agree"
)

var pirStates = []PirState{PirDue, PirHeld, PirAgreed}

var pirMoves = state.Table[PirState, PirVerb]{
	{PirDue, VerbHold, PirHeld}, {PirHeld, VerbHold, PirHeld}, {PirHeld, VerbAgree, PirAgreed},
}

// Scan refuses states this program does not know.
func (s *PirState) Scan(src any) error { return state.ScanWord(s, src, pirStates) }

// Verbs lists what can be done in this state.
func (s PirState) Verbs() []PirVerb { return pirMoves.Verbs(s) }

// Findings are what a review set down.
type Findings struct {
	Objectives, Scope, TimeCost, Incidents, Gains, Feedback, Deviations, Lessons string
}

// PIR is the post-implementation review of one release.
type PIR struct {
	db.Row
	ReleaseID  int64
	ReleaseKey string
	State      PirState
	Due        db.Time
	Findings   `gorm:"embedded"`
	HeldByID   int64
	HeldBy     string
	HeldAt     db.Time
	AgreedByID int64
	AgreedBy   string
	AgreedAt   db.Time
	AgreedNote string
}

// TableName is the table of reviews.
func (PIR) TableName() string { return "reviews" }

func (f *Findings) validate() error {
	var c fault.Check
	for _, line := range []struct {
		text             *string
		name, need, says string
	}{
		{&f.Objectives, "objectives", "y", "Say whether the objectives were reached."},
		{&f.Scope, "scope", "y", "Say what was delivered against the scope."},
		{&f.TimeCost, "time_cost", "y", "Compare time and cost with the plan."},
		{&f.Incidents, "incidents", "y", "Say which incidents there were, or that there were none."},
		{&f.Gains, "value", "y", "Say what value arrived, against the criteria."},
		{&f.Feedback, "feedback", "y", "Say what stakeholders told you."},
		{&f.Deviations, "deviations", "", ""},
		{&f.Lessons, "lessons", "y", "Name at least one lesson."},
	} {
		*line.text = strings.TrimSpace(*line.text)
		c.Need(line.need == "" || *line.text != "", line.name, line.says)
		c.Need(len(*line.text) <= maxText, line.name, "Keep this shorter.")
	}
	return c.Err("The review was not recorded.")
}

// hold records what the review found.
func (p *PIR) hold(f Findings, by who) error {
	to, err := pirMoves.Next("The review", p.State, VerbHold)
	if err != nil {
		return err
	}
	if err := f.validate(); err != nil {
		return err
	}
	p.State, p.Findings = to, f
	p.HeldByID, p.HeldBy, p.HeldAt = by.id, by.name, by.at
	return nil
}

// agree is a second person's agreement.
func (p *PIR) agree(by who, note string, blockers []fault.Blocker) error {
	to, err := pirMoves.Next("The review", p.State, VerbAgree)
	if err != nil {
		return err
	}
	if by.id == p.HeldByID {
		blockers = append(blockers, fault.Blocker{Code: "pir.independent", Sentence: "You held this review; it is agreed by somebody else.", Owner: "Service owner or change manager"})
	}
	if err := fault.Refuse("The review cannot be agreed.", blockers...); err != nil {
		return err
	}
	p.State, p.AgreedNote = to, strings.TrimSpace(note)
	p.AgreedByID, p.AgreedBy, p.AgreedAt = by.id, by.name, by.at
	return nil
}

// ActionState is where an action of a review stands.
type ActionState string

// An action is open until its owner has done it.
const (
	ActionOpen ActionState = "Open"
	ActionDone ActionState = "Done"
)

// Scan refuses states this program does not know.
func (s *ActionState) Scan(src any) error {
	return state.ScanWord(s, src, []ActionState{ActionOpen, ActionDone})
}

// ActionVerb moves an action.
type ActionVerb string

// VerbDone ends an action.
const VerbDone ActionVerb = "done"

var actionMoves = state.Table[ActionState, ActionVerb]{{ActionOpen, VerbDone, ActionDone}}

// Action is something to do that the review decided. It may outlive the release.
type Action struct {
	db.Row
	ReleaseID  int64
	ReleaseKey string
	Number     int64
	Title      string
	State      ActionState
	OwnerID    int64
	OwnerName  string
	Due        db.Time
	DoneAt     db.Time
	DoneNote   string
}

// TableName is the table of actions.
func (Action) TableName() string { return "review_actions" }

// Owned tells whether somebody has the action, with a date.
func (a *Action) Owned() bool { return a.OwnerID != 0 && !a.Due.IsZero() }

func (a *Action) finish(by who, note string) error {
	to, err := actionMoves.Next("The action", a.State, VerbDone)
	if err != nil {
		return err
	}
	if by.id != a.OwnerID {
		return fault.New(fault.Refused, "Only %s, who owns the action, can say that it is done.", a.OwnerName)
	}
	note = strings.TrimSpace(note)
	if note == "" || len(note) > maxText {
		return invalid("note", "Say what was done.", "The action was not ended.")
	}
	a.State, a.DoneAt, a.DoneNote = to, by.at, note
	return nil
}
