package policy

import (
	"fmt"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// Policy is a release policy for one or more services.
type Policy struct {
	db.Row
	Key      string `gorm:"column:policy_key"`
	Name     string
	Services []int64 `gorm:"-"`
}

// State is where a version of a policy or a model stands.
type State string

// The states of a version.
const (
	Draft      State = "Draft"
	Approved   State = "Approved"
	Active     State = "Active"
	Superseded State = "Superseded"
)

// Verb moves a version.
type Verb string

// A draft is approved, then activated; the one before it is superseded.
const (
	Approve   Verb = "approve"
	Activate  Verb = "activate"
	Supersede Verb = "supersede"
)

// States and Verbs list both, for tables and tests.
var (
	States = []State{Draft, Approved, Active, Superseded}
	Verbs  = []Verb{Approve, Activate, Supersede}
)

var transitions = state.Table[State, Verb]{
	{From: Draft, Verb: Approve, To: Approved},
	{From: Approved, Verb: Activate, To: Active},
	{From: Approved, Verb: Supersede, To: Superseded},
	{From: Active, Verb: Supersede, To: Superseded},
}

// After gives the state that the verb leads to, or a Refused.
func (s State) After(verb Verb) (State, error) { return transitions.Next("The version", s, verb) }

// Allows tells whether the verb can be said in the state.
func (s State) Allows(verb Verb) bool { return transitions.Allows(s, verb) }

// Scan refuses states this program does not know.
func (s *State) Scan(src any) error { return state.ScanWord(s, src, States) }

// Version is one version of a policy. Once approved its rules never change.
type Version struct {
	db.Row
	PolicyID     int64
	PolicyKey    string
	Number       int64
	State        State
	AuthorID     int64
	AuthorName   string  // who saved it last
	Writers      []int64 `gorm:"serializer:json"` // everybody who saved it
	ApproverID   int64
	ApproverName string
	ApprovedAt   db.Time
	ActiveAt     db.Time
	Rules        Rules `gorm:"serializer:json"`
}

// TableName is the table of versions.
func (Version) TableName() string { return "policy_versions" }

// Label names the version: "PAY v3".
func (v *Version) Label() string { return fmt.Sprintf("%s v%d", v.PolicyKey, v.Number) }

// WroteIt tells whether the person had a hand in the version.
func (v *Version) WroteIt(userID int64) bool {
	return userID == v.AuthorID || slices.Contains(v.Writers, userID)
}

// write puts rules into a draft and remembers whose they are.
func (v *Version) write(by identity.Actor, rules Rules) {
	v.Rules, v.AuthorID, v.AuthorName = rules, by.UserID, by.Name
	v.Writers = withWriter(v.Writers, by.UserID)
}

func withWriter(writers []int64, userID int64) []int64 {
	if slices.Contains(writers, userID) {
		return writers
	}
	return append(slices.Clone(writers), userID)
}

// approve takes the version into force on paper. The approver owns every
// service of the policy and did not write the version.
func (v *Version) approve(by identity.Actor, services []int64, now db.Time) error {
	if err := by.MustBePerson(); err != nil {
		return err
	}
	for _, id := range services {
		if err := identity.Authorize(by, identity.PolicyApprove, id); err != nil {
			return err
		}
	}
	if err := fault.Refuse("The policy was not approved.", v.againstApproval(by)...); err != nil {
		return err
	}
	var c fault.Check
	v.Rules.check(&c)
	if err := c.Err("The policy was not approved."); err != nil {
		return err
	}
	to, err := v.State.After(Approve)
	if err != nil {
		return err
	}
	v.State, v.ApproverID, v.ApproverName, v.ApprovedAt = to, by.UserID, by.Name, now
	return nil
}

// againstApproval lists what keeps somebody who may approve from approving.
func (v *Version) againstApproval(by identity.Actor) []fault.Blocker {
	if !v.WroteIt(by.UserID) {
		return nil
	}
	return []fault.Blocker{fault.Blocked("You wrote this version, so another service owner approves it.", "Service owner", v.Link(), "Open the version")}
}

// Link is the version's page.
func (v *Version) Link() string { return fmt.Sprintf("/policies/%s/%d", v.PolicyKey, v.Number) }
