// Package plan is the first phase: the plan in its versions and who agreed to
// which, the risks, the stakeholders and what they are told.
package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
	"slipway/internal/zone"
)

// State is where a version of a plan stands.
type State string

// The states of a plan's version.
const (
	Draft       State = "Draft"
	InAgreement State = "InAgreement"
	Agreed      State = "Agreed"
	Superseded  State = "Superseded"
)

// States lists every state of a plan.
func States() []State { return []State{Draft, InAgreement, Agreed, Superseded} }

// Scan refuses a stored word that is no state.
func (s *State) Scan(src any) error { return state.ScanWord(s, src, States()) }

// Verb is a command to a plan.
type Verb string

// The verbs. A plan is agreed by its last missing agreement, and superseded by
// the next version.
const (
	Submit    Verb = "submit"
	Agree     Verb = "agree"
	Supersede Verb = "supersede"
)

var transitions = state.Table[State, Verb]{
	{Draft, Submit, InAgreement},
	{InAgreement, Agree, Agreed},
	{InAgreement, Supersede, Superseded},
	{Agreed, Supersede, Superseded},
}

// Milestone is a named day.
type Milestone struct {
	Name string
	Due  db.Time
}

// Content is what a plan says.
type Content struct {
	Scope, Exclusions, Windows, Resources, Environments, Dependencies, Tests, Communication, Training,
	EarlyLife, BackOut, Rehearsal, Costs, Acceptance string
	Milestones []Milestone
}

// Section is one heading of a plan with its text.
type Section struct{ Name, Label, Hint, Text string }

// section names a heading once, for the form, the page and the difference.
type section struct {
	name, label, hint string
	text              func(*Content) *string
	required          bool
}

var sections = []section{
	{"scope", "Scope", "What changes, for whom.", func(c *Content) *string { return &c.Scope }, true},
	{"exclusions", "Exclusions", "What somebody might expect and will not get.", func(c *Content) *string { return &c.Exclusions }, false},
	{"windows", "Windows", "When work is done, in which zone, and how long the service is away.", func(c *Content) *string { return &c.Windows }, true},
	{"resources", "Resources", "People, hours, equipment.", func(c *Content) *string { return &c.Resources }, false},
	{"environments", "Environments", "Where it is built, tested and rehearsed.", func(c *Content) *string { return &c.Environments }, false},
	{"dependencies", "Logistics and dependencies", "What has to be there first.", func(c *Content) *string { return &c.Dependencies }, false},
	{"tests", "Tests", "Which tests, and what counts as passed.", func(c *Content) *string { return &c.Tests }, true},
	{"communication", "Communication", "Who is told what, and when.", func(c *Content) *string { return &c.Communication }, false},
	{"training", "Training", "Who has to learn what before it is live.", func(c *Content) *string { return &c.Training }, false},
	{"early_life", "Early life support", "Who, how long, and what ends it.", func(c *Content) *string { return &c.EarlyLife }, false},
	{"back_out", "Back-out", "How it is undone, how long that takes, and until when it can be.", func(c *Content) *string { return &c.BackOut }, true},
	{"rehearsal", "Rehearsal of the back-out", "Where and when the back-out is tried.", func(c *Content) *string { return &c.Rehearsal }, true},
	{"costs", "Costs", "", func(c *Content) *string { return &c.Costs }, false},
	{"acceptance", "Acceptance criteria", "What has to be true for this release to be accepted.", func(c *Content) *string { return &c.Acceptance }, true},
}

// Sections gives the content heading by heading.
func (c *Content) Sections() []Section {
	list := make([]Section, len(sections))
	for i, s := range sections {
		list[i] = Section{s.name, s.label, s.hint, *s.text(c)}
	}
	return list
}

// Set writes the text of a heading by its form name.
func (c *Content) Set(name, text string) {
	for _, s := range sections {
		if s.name == name {
			*s.text(c) = strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n")
		}
	}
}

func (c *Content) validate() error {
	var check fault.Check
	for _, s := range c.Sections() {
		check.Need(len(s.Text) <= 8000, s.Name, "Keep this under 8,000 characters; attach the rest as a document.")
	}
	for i, m := range c.Milestones {
		check.Need(m.Name != "" && m.Due != 0, fmt.Sprintf("milestone_%d", i), "A milestone needs a name and a day.")
	}
	return check.Err("The plan cannot be saved.")
}

// Difference is one heading that two versions say differently.
type Difference struct{ Label, Before, After string }

// Compare lists what differs from before to after, with moments as the named zone
// has them. Every heading is material: whoever agreed, agreed to all of them.
func Compare(before, after *Content, in string) []Difference {
	var list []Difference
	a, b := before.Sections(), after.Sections()
	for i := range a {
		if a[i].Text != b[i].Text {
			list = append(list, Difference{a[i].Label, a[i].Text, b[i].Text})
		}
	}
	if !slices.Equal(before.Milestones, after.Milestones) {
		list = append(list, Difference{"Milestones", milestoneText(before.Milestones, in), milestoneText(after.Milestones, in)})
	}
	return list
}

func milestoneText(list []Milestone, in string) string {
	lines := make([]string, len(list))
	for i, m := range list {
		lines[i] = zone.Moment(m.Due.Std(), in) + ": " + m.Name
	}
	return strings.Join(lines, "\n")
}

func labels(list []Difference) string {
	words := make([]string, len(list))
	for i, d := range list {
		words[i] = strings.ToLower(d.Label)
	}
	return strings.Join(words, ", ")
}

// Plan is one version of a release's plan.
type Plan struct {
	db.Row
	ReleaseID     int64
	ReleaseKey    string
	Number        int64
	State         State
	Content       Content      `gorm:"serializer:json"`
	Difference    []Difference `gorm:"serializer:json"` // from the version before
	ByID          int64
	ByName        string
	SubmittedByID int64
	SubmittedBy   string
	SubmittedAt   db.Time
	AgreedAt      db.Time
}

// Link is the plan's page.
func (p *Plan) Link() string { return "/releases/" + p.ReleaseKey + "/plan" }

// Verdict is what a stakeholder says of a version.
type Verdict string

// The verdicts.
const (
	Agrees  Verdict = "agree"
	Objects Verdict = "object"
)

// Agreement is one stakeholder's word on one version. A later word of the same
// stakeholder stands instead of it; none is ever changed.
type Agreement struct {
	ID            int64
	PlanID        int64
	StakeholderID int64
	PersonID      int64
	PersonName    string
	Verdict       Verdict
	Comment       string
	GivenAt       db.Time
}

// TableName is the table of agreements.
func (Agreement) TableName() string { return "plan_agreements" }

// Seat is a stakeholder who has to agree, with the word that stands.
type Seat struct {
	Stakeholder Stakeholder
	Given       *Agreement
}

// Open tells whether the seat still keeps the plan from being agreed.
func (s Seat) Open() bool { return s.Given == nil || s.Given.Verdict != Agrees }

// seats pairs those who have to agree with what they last said.
func seats(people []Stakeholder, given []Agreement) []Seat {
	var list []Seat
	for _, person := range people {
		if !person.Required {
			continue
		}
		seat := Seat{Stakeholder: person}
		for _, a := range given {
			if a.StakeholderID == person.ID && a.PersonID == person.PersonID { // the word of whoever held the seat before is theirs alone
				seat.Given = &a
			}
		}
		list = append(list, seat)
	}
	return list
}

// SeatOf gives the seat of a stakeholder who has to agree.
func SeatOf(list []Seat, s Stakeholder) (Seat, bool) {
	i := slices.IndexFunc(list, func(seat Seat) bool { return seat.Stakeholder.ID == s.ID })
	if i < 0 {
		return Seat{}, false
	}
	return list[i], true
}

func allAgree(list []Seat) bool { return len(list) > 0 && !slices.ContainsFunc(list, Seat.Open) }

// submit asks for agreement.
func (p *Plan) submit(actor identity.Actor, required []Seat, now db.Time) error {
	to, err := transitions.Next("The plan", p.State, Submit)
	if err != nil {
		return err
	}
	var check fault.Check
	for i, s := range p.Content.Sections() {
		if sections[i].required && s.Text == "" {
			check.Block(fault.Blocker{Code: "plan.section", Sentence: fmt.Sprintf("The plan says nothing under %s.", s.Label), Owner: p.ByName, Link: p.Link() + "/edit#f-" + s.Name, Action: "Write it"})
		}
	}
	if len(p.Content.Milestones) == 0 {
		check.Block(fault.Blocker{Code: "plan.milestones", Sentence: "The plan has no milestone.", Owner: p.ByName, Link: p.Link() + "/edit", Action: "Add one"})
	}
	people := "/releases/" + p.ReleaseKey + "/stakeholders"
	if len(required) == 0 {
		check.Block(fault.Blocker{Code: "plan.required", Sentence: "No stakeholder is required to agree.", Owner: p.ByName, Link: people, Action: "Name who has to agree"})
	}
	for _, s := range required {
		if s.Stakeholder.PersonID == actor.UserID {
			check.Block(fault.Blocker{Code: "plan.own", Sentence: fmt.Sprintf("%s submits the plan and cannot also be required to agree to it.", actor.Name), Owner: actor.Name, Link: people, Action: "Name somebody else"})
		}
	}
	if err := check.Err("The plan cannot be submitted for agreement."); err != nil {
		return err
	}
	p.State, p.SubmittedByID, p.SubmittedBy, p.SubmittedAt = to, actor.UserID, actor.Name, now
	return nil
}

// settle makes the plan agreed once nobody is missing.
func (p *Plan) settle(required []Seat, now db.Time) error {
	if p.State != InAgreement || !allAgree(required) {
		return nil
	}
	to, err := transitions.Next("The plan", p.State, Agree)
	if err == nil {
		p.State, p.AgreedAt = to, now
	}
	return err
}

// supersede gives way to the next version.
func (p *Plan) supersede() (err error) {
	p.State, err = transitions.Next("The plan", p.State, Supersede)
	return err
}

func days(n int64) time.Duration { return time.Duration(n) * 24 * time.Hour }

// seatOf finds the actor's own seat, and refuses a word that cannot count.
func (p *Plan) seatOf(actor identity.Actor, required []Seat, verdict Verdict, comment string) (*Stakeholder, error) {
	var check fault.Check
	check.Need(verdict == Agrees || verdict == Objects, "verdict", "Agree or object.")
	check.Need(verdict != Objects || strings.TrimSpace(comment) != "", "comment", "Say what has to change before you can agree.")
	i := slices.IndexFunc(required, func(s Seat) bool { return s.Stakeholder.PersonID == actor.UserID })
	if i < 0 {
		return nil, fault.New(fault.Forbidden, "Only a stakeholder who is required to agree can do so, and only for themselves.")
	}
	if p.SubmittedByID == actor.UserID {
		check.Block(fault.Blocked(actor.Name+" submitted this plan; agreeing to it is for others.", identity.ReleaseManager.Label(), p.Link(), "Open the plan"))
	}
	switch {
	case p.State == InAgreement, p.State == Agreed && required[i].Given == nil:
	case p.State == Agreed:
		check.Block(fault.Blocked(fmt.Sprintf("Plan v%d is agreed. A change of mind takes a new version.", p.Number), p.ByName, p.Link(), "Open the plan"))
	default:
		check.Block(fault.Blocked(fmt.Sprintf("Plan v%d is %s; nobody has been asked to agree to it.", p.Number, state.Word(p.State)), p.ByName, p.Link(), "Open the plan"))
	}
	return &required[i].Stakeholder, check.Err("Your word cannot be taken.")
}
