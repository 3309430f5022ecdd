package policy

import (
	"fmt"
	"slices"

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
	AuthorName   string  // who saved it last
	Writers      []int64 `gorm:"serializer:json"` // everybody who saved it
	ApproverID   int64
	ApproverName string
	Body         Body `gorm:"serializer:json"`
}

// Label names the version: "Field firmware v2".
func (v *ModelVersion) Label() string { return fmt.Sprintf("%s v%d", v.Name, v.Number) }

// Link is the version's page.
func (v *ModelVersion) Link() string { return fmt.Sprintf("/models/%s/%d", v.ModelKey, v.Number) }

// WroteIt tells whether the person had a hand in the version.
func (v *ModelVersion) WroteIt(userID int64) bool {
	return userID == v.AuthorID || slices.Contains(v.Writers, userID)
}

// write puts a body into a draft and remembers whose it is.
func (v *ModelVersion) write(by identity.Actor, body Body) {
	v.Body, v.AuthorID, v.AuthorName = body, by.UserID, by.Name
	v.Writers = withWriter(v.Writers, by.UserID)
}

// againstApproval lists what keeps somebody who may approve from approving.
func (v *ModelVersion) againstApproval(by identity.Actor) []fault.Blocker {
	if !v.WroteIt(by.UserID) {
		return nil
	}
	return []fault.Blocker{fault.Blocked("You wrote this version, so somebody else approves it.", "Change manager", v.Link(), "Open the version")}
}

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
	ConfirmMinutes int    // within which devices confirm what they installed; 0 is what the environment says
	Outage
	Rollout
	Steps []StepTemplate
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
