// Package policy holds what ought to be: release policies with numbering,
// criteria and authorities, and the release and deployment models that
// releases are drawn from. Both are versioned; a release pins a version.
package policy

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
)

// The release types and the five authorisations, as the process names them.
// They stand here because policies speak of them; release uses the same words.
var (
	Types = []string{"major", "minor", "emergency"}
	Gates = []string{"A1", "A2", "A3", "A4", "A5"}
)

// Knowledge transfer is complete before one or the other.
const (
	BeforeDeploy   = "deploy"
	BeforeHandover = "handover"
)

// Rules are everything a policy says.
type Rules struct {
	Pattern        string               // of identifiers: {SERVICE}-{YYYY}.{MM}.{N}
	Incidents      string               // shapes of references to what an emergency corrects, apart by spaces; empty is UsualIncidents
	Types          map[string]TypeRule  // by release type
	Stages         map[string]StageRule // by gate
	Responsible    []Responsibility     // who does what at each stage
	GateDays       int                  // an open gate expires after so many days
	RiskAppetite   int                  // 1 to 25; a score above it blocks
	TransferBefore string               // when knowledge transfer must be complete: BeforeDeploy or BeforeHandover
	RetroHours     int                  // to decide an emergency afterwards
	PIRDays        int                  // to hold the review after early life
}

// TypeRule is what a release type means here.
type TypeRule struct {
	Definition string
	Frequency  string // "quarterly", "weekly", "as needed"
	NoticeDays int    // from notification to deployment
	ELSDays    int    // early life support
	AutoGo     bool   // a wave may go by itself when all is met
	AutoBack   bool   // a wave that failed may be put back by itself
	AutoAll    bool   // and with it, once it crosses its failure threshold, every wave that began
}

// StageRule is what one authorisation asks for.
type StageRule struct {
	Entry     []CriterionRule
	Exit      []CriterionRule
	Approvals []ApprovalRule
}

// CriterionRule is something that a person of a role confirms with evidence.
// The standing checks of each authorisation hold in addition, whatever a policy says.
type CriterionRule struct {
	Code string
	Text string
	Role identity.Role
}

// ApprovalRule asks for decisions by a role. All rules of a gate must be met.
type ApprovalRule struct {
	Role   identity.Role
	Quorum int      // how many people of the role
	Order  int      // those with a lower order decide first; 0 is any time
	Types  []string // release types it holds for; empty is all
}

// For tells whether the rule holds for a release type.
func (a ApprovalRule) For(releaseType string) bool {
	return len(a.Types) == 0 || slices.Contains(a.Types, releaseType)
}

// Responsibility is what one role does at one stage.
type Responsibility struct {
	Stage string
	Role  identity.Role
	Does  string
}

// ApprovalsFor gives the approvals of a gate for a release type.
func (r Rules) ApprovalsFor(gate, releaseType string) []ApprovalRule {
	var rules []ApprovalRule
	for _, a := range r.Stages[gate].Approvals {
		if a.For(releaseType) {
			rules = append(rules, a)
		}
	}
	return rules
}

// CriteriaFor gives what must be attested before a gate: the exit criteria of
// its stage and the entry criteria of the one it opens.
func (r Rules) CriteriaFor(gate string) []CriterionRule {
	stage := r.Stages[gate]
	return append(slices.Clone(stage.Exit), stage.Entry...)
}

// check finds everything that is wrong, named by the fields of the form.
func (r *Rules) check(c *fault.Check) {
	if err := checkPattern(r.Pattern); err != nil {
		c.Field("pattern", noun.Capital(err.Error())+".")
	}
	if err := checkIncidents(r.Incidents); err != nil {
		c.Field("incidents", noun.Capital(err.Error())+".")
	}
	for _, t := range Types {
		rule, ok := r.Types[t]
		field := "type[" + t + "]."
		c.Need(ok && strings.TrimSpace(rule.Definition) != "", field+"definition", "Say what a "+t+" release is here.")
		c.Need(rule.NoticeDays >= 0 && rule.NoticeDays <= 365, field+"notice", "Notice is 0 to 365 days.")
		c.Need(rule.ELSDays >= 1 && rule.ELSDays <= 365, field+"els", "Early life support lasts 1 to 365 days.")
		c.Need(rule.AutoBack || !rule.AutoAll, field+"auto_all", "All of it goes back by itself only where a wave that failed does.")
	}
	for _, g := range Gates {
		r.checkStage(c, g)
	}
	for i, d := range r.Responsible {
		c.Need(d.Stage != "" && d.Role.Known() && d.Does != "", fmt.Sprintf("responsible[%d].does", i), "Name the stage, the role and what it does.")
	}
	c.Need(r.GateDays >= 1 && r.GateDays <= 90, "gate_days", "An open gate lasts 1 to 90 days.")
	c.Need(r.RiskAppetite >= 1 && r.RiskAppetite <= 25, "risk_appetite", "The appetite is a score of 1 to 25.")
	c.Need(r.RetroHours >= 1 && r.RetroHours <= 240, "retro_hours", "An emergency is decided within 1 to 240 hours.")
	c.Need(r.PIRDays >= 1 && r.PIRDays <= 90, "pir_days", "The review is held within 1 to 90 days.")
	c.Need(r.TransferBefore == BeforeDeploy || r.TransferBefore == BeforeHandover, "transfer_before", "Choose when knowledge transfer must be complete.")
}

func (r *Rules) checkStage(c *fault.Check, gate string) {
	stage, field := r.Stages[gate], "stage["+gate+"]"
	c.Need(len(stage.Approvals) > 0, field+".approvals", "Name who decides "+gate+".")
	for i, a := range stage.Approvals {
		row := fmt.Sprintf("%s.approvals[%d].", field, i)
		switch {
		case !a.Role.Known():
			c.Need(false, row+"role", "Choose the role that decides.")
		case !slices.Contains(identity.RolesFor(identity.GateDecide), a.Role):
			c.Need(false, row+"role", "A "+a.Role.Label()+" decides no gates; nobody could meet this row.")
		}
		c.Need(a.Quorum >= 1 && a.Quorum <= 9, row+"quorum", "A quorum is 1 to 9 people.")
		c.Need(a.Order >= 0 && a.Order <= 9, row+"order", "The order is 0 to 9; 0 is any time.")
		for _, t := range a.Types {
			c.Need(slices.Contains(Types, t), row+"role", "There is no release type "+t+".")
		}
	}
	for _, t := range Types {
		c.Need(len(r.ApprovalsFor(gate, t)) > 0, field+".approvals", "Nobody would decide "+gate+" of a "+t+" release.")
	}
	codes := map[string]bool{}
	for at, list := range map[string][]CriterionRule{"entry": stage.Entry, "exit": stage.Exit} {
		for i, criterion := range list {
			row := fmt.Sprintf("%s.%s[%d].", field, at, i)
			c.Need(strings.TrimSpace(criterion.Text) != "", row+"text", "Say what is confirmed.")
			c.Need(criterion.Role.Known(), row+"role", "Choose the role that confirms it.")
			c.Need(criterion.Code != "" && !codes[criterion.Code], row+"text", "Two criteria have the code "+criterion.Code+".")
			codes[criterion.Code] = true
		}
	}
}

// settle gives each criterion without a code one that no other criterion has;
// confirmations are kept by code, so a code that was given stays.
func (r *Rules) settle() {
	for _, g := range Gates {
		stage := r.Stages[g]
		for _, list := range [][]CriterionRule{stage.Exit, stage.Entry} {
			for i := range list {
				for n := 1; list[i].Code == ""; n++ {
					code := fmt.Sprintf("%s.%d", g, n)
					if !slices.ContainsFunc(r.CriteriaFor(g), func(c CriterionRule) bool { return c.Code == code }) {
						list[i].Code = code
					}
				}
			}
		}
	}
}

// Standard gives a complete policy to begin with; nothing needs to be typed twice.
func Standard() Rules {
	one := func(role identity.Role, order int, types ...string) ApprovalRule {
		return ApprovalRule{Role: role, Quorum: 1, Order: order, Types: types}
	}
	return Rules{
		Pattern:   "{SERVICE}-{YYYY}.{MM}.{N}",
		Incidents: UsualIncidents,
		Types: map[string]TypeRule{
			"major":     {Definition: "A large new capability; normally supersedes earlier minor releases and fixes.", Frequency: "quarterly", NoticeDays: 10, ELSDays: 10},
			"minor":     {Definition: "Small improvements and fixes gathered since the last release.", Frequency: "every two weeks", NoticeDays: 3, ELSDays: 5},
			"emergency": {Definition: "Corrects a named incident or known error that cannot wait.", Frequency: "as needed", NoticeDays: 0, ELSDays: 3},
		},
		Stages: map[string]StageRule{
			"A1": {Approvals: []ApprovalRule{one(identity.ChangeManager, 0)}},
			"A2": {Approvals: []ApprovalRule{one(identity.ChangeManager, 0)}},
			"A3": {Exit: []CriterionRule{{"A3.notes", "The release notes say what changes for users and operators", identity.TestManager}},
				Approvals: []ApprovalRule{one(identity.ChangeManager, 1), one(identity.DMLCustodian, 2)}},
			"A4": {Entry: []CriterionRule{{"A4.monitoring", "Alarms for the new version are set up and were seen to fire", identity.Operations}},
				Approvals: []ApprovalRule{one(identity.ChangeManager, 0), one(identity.ChangeAuthority, 0, "major", "emergency")}},
			"A5": {Approvals: []ApprovalRule{one(identity.ChangeManager, 0)}},
		},
		Responsible: []Responsibility{
			{"Planning", identity.ReleaseManager, "draws up the plan and finds agreement"}, {"Planning", identity.ChangeManager, "authorises plan and build"},
			{"Build and test", identity.BuildManager, "builds and baselines the package"}, {"Build and test", identity.TestManager, "verifies it"},
			{"Build and test", identity.DMLCustodian, "accepts it into the library"}, {"Deployment", identity.DeploymentStaff, "carries out and signs the steps"},
			{"Deployment", identity.EarlyLifeSupport, "watches over early life"}, {"Review and close", identity.Operations, "accepts the handover"},
		},
		GateDays: 14, RiskAppetite: 9, TransferBefore: BeforeDeploy, RetroHours: 24, PIRDays: 5,
	}
}
