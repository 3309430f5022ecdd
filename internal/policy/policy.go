package policy

import (
	"fmt"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
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

var transitions = map[State]map[Verb]State{
	Draft:    {Approve: Approved},
	Approved: {Activate: Active, Supersede: Superseded},
	Active:   {Supersede: Superseded},
}

// After gives the state that the verb leads to, or a Refused.
func (s State) After(verb Verb) (State, error) {
	if to, ok := transitions[s][verb]; ok {
		return to, nil
	}
	return s, fault.New(fault.Refused, "A version that is %s cannot be told to %s.", s, verb)
}

// Scan refuses states this program does not know.
func (s *State) Scan(src any) error {
	text := fmt.Sprint(src)
	if b, ok := src.([]byte); ok {
		text = string(b)
	}
	if !slices.Contains(States, State(text)) {
		return fmt.Errorf("policy: unknown state %q", text)
	}
	*s = State(text)
	return nil
}

// Version is one version of a policy. Once approved its rules never change.
type Version struct {
	db.Row
	PolicyID     int64
	PolicyKey    string
	Number       int64
	State        State
	AuthorID     int64
	AuthorName   string
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

// approve takes the version into force on paper. The approver owns every
// service of the policy and did not write the version.
func (v *Version) approve(by identity.Actor, services []int64, now db.Time) error {
	if err := by.MustBePerson(); err != nil {
		return err
	}
	var c fault.Check
	for _, id := range services {
		if err := identity.Authorize(by, identity.PolicyApprove, id); err != nil {
			return err
		}
	}
	if by.UserID == v.AuthorID {
		c.Block(fault.Blocked("You wrote this version, so another service owner approves it.", "Service owner", "/policies/"+v.PolicyKey, "Open the policy"))
	}
	if err := v.Rules.validate(); err != nil {
		return err
	}
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
