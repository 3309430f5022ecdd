package release

import (
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

// GateCode names one of the five authorisations.
type GateCode string

// The authorisations of change management.
const (
	A1 GateCode = "A1" // plan
	A2 GateCode = "A2" // build
	A3 GateCode = "A3" // check-in to the media library
	A4 GateCode = "A4" // deploy
	A5 GateCode = "A5" // close
)

// GateCodes lists the five in order.
func GateCodes() []GateCode { return []GateCode{A1, A2, A3, A4, A5} }

// Name is what the authorisation is for.
func (c GateCode) Name() string {
	switch c {
	case A1:
		return "plan"
	case A2:
		return "build"
	case A3:
		return "check-in"
	case A4:
		return "deploy"
	case A5:
		return "close"
	}
	return ""
}

// FindingState is what is known about one criterion.
type FindingState string

// Unknown is what nobody looked at or what concerns other bytes: it blocks like
// Unmet, and is never shown as either. A Waived finding blocks nothing while
// its waiver lives; a Deferred one is owed after an emergency. A Concern is
// permitted, but somebody minds it: it makes its area of readiness amber.
const (
	Met      FindingState = "Met"
	Unmet    FindingState = "Unmet"
	Unknown  FindingState = "Unknown"
	Waived   FindingState = "Waived"
	Deferred FindingState = "Deferred"
	Concern  FindingState = "Concern"
)

// Finding is one criterion of a gate with the evidence there is for it now.
type Finding struct {
	Code      string // stable name of the rule, "plan.agreed"
	Title     string // the criterion in words
	State     FindingState
	Detail    string // the evidence in words
	Owner     string // who can mend it
	Link      string // where it is mended
	Action    string // label of the link
	CheckedAt db.Time
	Due       db.Time
	Waivable  bool   // an independent approver may except it
	Firm      string // why nobody may, in words; empty where that goes without saying
	Area      string // code of the area of readiness that it is shown in; empty is none
}

// NotWaived gives the finding as one that nobody may except, and why.
func (f Finding) NotWaived(why string) Finding {
	f.Waivable, f.Firm = false, why
	return f
}

// Blocks tells whether the finding stands in the way.
func (f Finding) Blocks() bool { return f.State == Unmet || f.State == Unknown }

// Blocker is the finding as a reason of a refusal.
func (f Finding) Blocker() fault.Blocker {
	sentence := f.Title + ": not met."
	if f.State == Unknown {
		sentence = f.Title + ": not known."
	}
	if f.Detail != "" {
		sentence += " " + f.Detail
	}
	return fault.Blocker{Code: f.Code, Sentence: sentence, Owner: f.Owner, Link: f.Link, Action: f.Action, Due: f.Due.Std()}
}

// Evidence is what the rooms to the right know about a gate. It is read in the
// transaction of the decision, so that the two are one snapshot.
type Evidence interface {
	Findings(tx *db.Tx, r *Release, gate GateCode) ([]Finding, error)
}

// Drawer fills in its part of a new release, from the model and the service, in
// the transaction that makes the release.
type Drawer interface {
	Draw(tx *db.Tx, actor identity.Actor, r *Release, from Origin) error
}

// Origin is what a release is drawn from: the versions that it pins. One that
// it does not pin is nil.
type Origin struct {
	Policy *policy.Version
	Model  *policy.ModelVersion
}

// Origin reads what a release was made from.
func (s *Service) Origin(tx *db.Tx, r *Release) (from Origin, err error) {
	if r.PolicyVersionID != 0 {
		if from.Policy, err = s.policy.VersionByID(tx, r.PolicyVersionID); err != nil {
			return from, err
		}
	}
	if r.ModelVersionID != 0 {
		from.Model, err = s.policy.ModelVersionByID(tx, r.ModelVersionID)
	}
	return from, err
}

// VerbReschedule tells followers that the window moved. It is no state's verb.
const VerbReschedule Verb = "reschedule"

// Follower keeps its part of a release in step, in the transaction that moved it.
type Follower interface {
	Follow(tx *db.Tx, actor identity.Actor, r *Release, verb Verb) error
}
