// Package policies shows release policies and release and deployment models.
package policies

import (
	"slipway/internal/identity"
	"slipway/templates/rollout"
)

// PolicyForm is a policy as it is typed. Numbers are text, so that what cannot
// be read comes back as it was.
type PolicyForm struct {
	Version        int64                `form:"version"` // of the record that the form was drawn from
	Key            string               `form:"key"`
	Name           string               `form:"name"`
	Services       []string             `form:"services"`
	Pattern        string               `form:"pattern"`
	Incidents      string               `form:"incidents"`
	Types          map[string]TypeForm  `form:"type"`
	Stages         map[string]StageForm `form:"stage"`
	Responsible    []DutyForm           `form:"responsible"`
	GateDays       string               `form:"gate_days"`
	RiskAppetite   string               `form:"risk_appetite"`
	TransferBefore string               `form:"transfer_before"`
	RetroHours     string               `form:"retro_hours"`
	PIRDays        string               `form:"pir_days"`
	Add            string               `form:"add"` // the rows that one more is asked for
}

// TypeForm is what a release type means, as it is typed.
type TypeForm struct {
	Definition string `form:"definition"`
	Frequency  string `form:"frequency"`
	Notice     string `form:"notice"`
	ELS        string `form:"els"`
	AutoGo     bool   `form:"auto_go"`
	AutoBack   bool   `form:"auto_back"`
	AutoAll    bool   `form:"auto_all"`
}

// StageForm is one authorisation as it is typed.
type StageForm struct {
	Approvals []ApprovalForm  `form:"approvals"`
	Exit      []CriterionForm `form:"exit"`
	Entry     []CriterionForm `form:"entry"`
}

// ApprovalForm is a row of who decides.
type ApprovalForm struct {
	Role   identity.Role `form:"role"`
	Quorum string        `form:"quorum"`
	Order  string        `form:"order"`
	Types  []string      `form:"types"`
}

// CriterionForm is a row of what is confirmed. The code is kept, not typed.
type CriterionForm struct {
	Code string        `form:"code"`
	Text string        `form:"text"`
	Role identity.Role `form:"role"`
}

// DutyForm is a row of who does what at which stage.
type DutyForm struct {
	Stage string        `form:"stage"`
	Role  identity.Role `form:"role"`
	Does  string        `form:"does"`
}

// ModelForm is a model as it is typed.
type ModelForm struct {
	Version       int64           `form:"version"`
	Key           string          `form:"key"`
	Name          string          `form:"name"`
	Purpose       string          `form:"purpose"`
	Scale         string          `form:"scale"`
	Delivery      string          `form:"delivery"`
	Execution     string          `form:"execution"`
	Structure     string          `form:"structure"`
	Environments  string          `form:"environments"` // one a line
	Processes     string          `form:"processes"`
	Procedures    string          `form:"procedures"`
	Resources     string          `form:"resources"`
	Roles         []DutyForm      `form:"roles"`
	Milestones    []MilestoneForm `form:"milestones"`
	Waves         []WaveForm      `form:"waves"`
	Risks         []RiskForm      `form:"risks"`
	Transfers     []TransferForm  `form:"transfers"`
	Notices       []NoticeForm    `form:"notices"`
	Tests         string          `form:"tests"`
	Training      string          `form:"training"`
	BackOut       string          `form:"back_out"`
	Communication string          `form:"communication"`
	EarlySupport  string          `form:"early_support"`
	Add           string          `form:"add"`  // what one more of is asked for: "waves", "waves[1].steps", "risks" …
	Drop          string          `form:"drop"` // the wave to take away, by its place
}

// MilestoneForm is a row of milestones.
type MilestoneForm struct {
	Name string `form:"name"`
	Days string `form:"days"`
}

// WaveForm is one wave as it is typed.
type WaveForm struct {
	Name        string `form:"name"`
	Environment string `form:"environment"`
	Pilot       bool   `form:"pilot"`
	Filter      string `form:"filter"`
	Days        string `form:"days"`
	Hours       string `form:"hours"`
	Soak        string `form:"soak"`
	Success     string `form:"success"`
	Failure     string `form:"failure"`
	NoReturn    bool   `form:"no_return"`
	Trigger     string `form:"trigger"`
	Outage      string `form:"outage"`
	Confirm     string `form:"confirm"`
	rollout.Form
	Steps []StepForm `form:"steps"`
}

// StepForm is one step of a run sheet as it is typed.
type StepForm struct {
	Kind        string `form:"kind"`
	Title       string `form:"title"`
	Instruction string `form:"instruction"`
	Command     string `form:"command"`
	Minutes     string `form:"minutes"`
	Witness     bool   `form:"witness"`
	After       string `form:"after"` // numbers of steps, apart by commas
}

// RiskForm is a row of risks.
type RiskForm struct {
	Cause       string `form:"cause"`
	Event       string `form:"event"`
	Impact      string `form:"impact"`
	Probability string `form:"probability"`
	Severity    string `form:"severity"`
	Response    string `form:"response"`
}

// TransferForm is a row of knowledge to be handed on.
type TransferForm struct {
	Topic    string        `form:"topic"`
	Audience string        `form:"audience"`
	Method   string        `form:"method"`
	Receiver identity.Role `form:"receiver"`
}

// NoticeForm is a row of what people are told.
type NoticeForm struct {
	Audience string `form:"audience"`
	Text     string `form:"text"`
	Days     string `form:"days"`
}
