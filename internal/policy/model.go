package policy

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Model is a release and deployment model: a reusable template. A release made
// from it arrives with its plan, gates, waves and steps.
type Model struct {
	db.Row
	Key  string `gorm:"column:model_key"`
	Name string
}

// ModelVersion is one version of a model. Once active its body never changes.
type ModelVersion struct {
	db.Row
	ModelID      int64
	ModelKey     string
	Name         string
	Number       int64
	State        State
	AuthorID     int64
	AuthorName   string
	ApproverID   int64
	ApproverName string
	Body         Body `gorm:"serializer:json"`
}

// Label names the version: "Field firmware v2".
func (v *ModelVersion) Label() string { return fmt.Sprintf("%s v%d", v.Name, v.Number) }

// Body is everything a model says.
type Body struct {
	Purpose                     string
	Scale, Delivery, Execution  string // the approach: big bang or phased, push or pull, automated or manual
	Structure                   string // how packages are put together
	Processes, Procedures       string
	Resources                   string
	Roles                       []Responsibility
	Environments                []string // keys, in the order they are gone through
	Milestones                  []Milestone
	Waves                       []WaveTemplate
	Risks                       []RiskTemplate
	Transfers                   []TransferTemplate
	Notices                     []NoticeTemplate
	Tests, Training, BackOut    string // sections of the plan
	Communication, EarlySupport string
}

// Milestone is a date relative to the start of the window.
type Milestone struct {
	Name string
	Days int // before the window starts; negative is after it
}

// WaveTemplate is one wave of the deployment.
type WaveTemplate struct {
	Name           string
	Environment    string // key
	Pilot          bool
	Filter         string // which targets: "site=Oslo", "tag=pilot"; empty is all that no earlier wave took
	Days           int    // after the start of the release's window
	Hours          int    // length of the wave's own window
	SoakHours      int
	SuccessPercent int // verified targets needed to complete
	FailurePercent int // failed targets at which the wave fails
	NoReturn       bool
	Trigger        string // when to back out
	Steps          []StepTemplate
}

// StepTemplate is one step of a run sheet.
type StepTemplate struct {
	Kind        string // install, verify or back-out
	Title       string
	Instruction string
	Command     string
	Minutes     int
	Witness     bool
	After       []int // numbers of the steps it waits for; empty is the one before
}

// RiskTemplate is a risk that releases of this kind run.
type RiskTemplate struct {
	Cause, Event, Impact  string
	Probability, Severity int // 1 to 5
	Response              string
}

// TransferTemplate is a piece of knowledge that must be handed on.
type TransferTemplate struct {
	Topic, Audience, Method string
	Receiver                identity.Role
}

// NoticeTemplate is something people are told.
type NoticeTemplate struct {
	Audience, Text string
	DaysBefore     int
}

// The approaches a model may take.
var (
	Scales     = []string{"big bang", "phased"}
	Deliveries = []string{"push", "pull"}
	Executions = []string{"automated", "manual"}
	StepKinds  = []string{"install", "verify", "back-out"}
)

func (b *Body) validate() error {
	var c fault.Check
	c.Need(slices.Contains(Scales, b.Scale), "scale", "Choose big bang or phased.")
	c.Need(slices.Contains(Deliveries, b.Delivery), "delivery", "Choose push or pull.")
	c.Need(slices.Contains(Executions, b.Execution), "execution", "Choose automated or manual.")
	c.Need(strings.TrimSpace(b.Purpose) != "", "purpose", "Say what the model is for.")
	switch {
	case len(b.Waves) == 0:
		c.Field("waves", "Add at least one wave.")
	case b.Scale == "phased" && len(b.Waves) < 2:
		c.Field("waves", "A phased deployment has at least two waves.")
	case b.Scale == "big bang" && len(b.Waves) > 1:
		c.Field("waves", "A big bang has one wave.")
	}
	for i, w := range b.Waves {
		w.validate(&c, fmt.Sprintf("wave_%d", i))
	}
	for _, r := range b.Risks {
		c.Need(r.Probability >= 1 && r.Probability <= 5 && r.Severity >= 1 && r.Severity <= 5, "risks", "Probability and impact are 1 to 5.")
	}
	return c.Err("The model was not saved.")
}

func (w WaveTemplate) validate(c *fault.Check, field string) {
	c.Need(w.Name != "", field, "Name the wave.")
	c.Need(w.Environment != "", field, "Say in which environment the wave runs.")
	c.Need(w.Hours >= 1 && w.Hours <= 24*60, field, "A wave's window lasts 1 hour to 60 days.")
	c.Need(w.SuccessPercent >= 1 && w.SuccessPercent <= 100, field, "1 to 100 percent of the targets must be verified.")
	c.Need(w.FailurePercent >= 0 && w.FailurePercent <= 100, field, "A wave fails at 0 to 100 percent failed targets.")
	for i, s := range w.Steps {
		c.Need(slices.Contains(StepKinds, s.Kind), field, "A step installs, verifies or backs out.")
		c.Need(s.Title != "" && s.Minutes >= 0, field, "Each step has a title and a time.")
		for _, n := range s.After {
			c.Need(n >= 1 && n <= i, field, fmt.Sprintf("Step %d can wait only for steps before it.", i+1))
		}
	}
}
