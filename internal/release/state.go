// Package release is the heart: the release, its package, its gates and
// sign-offs. It decides whether a step may be taken; it touches no target.
package release

import "slipway/internal/state"

// State is where a release stands.
type State string

// The states of a release.
const (
	Draft       State = "Draft"
	Proposed    State = "Proposed"
	Planning    State = "Planning"
	BuildTest   State = "BuildTest"
	Ready       State = "Ready"
	Deploying   State = "Deploying"
	Paused      State = "Paused"
	Remediating State = "Remediating"
	EarlyLife   State = "EarlyLife"
	RolledBack  State = "RolledBack"
	Review      State = "Review"
	Closed      State = "Closed"
	OnHold      State = "OnHold"
	Cancelled   State = "Cancelled"
)

// States lists every state in the order of a release's life.
func States() []State {
	return []State{Draft, Proposed, Planning, BuildTest, Ready, Deploying, Paused, Remediating, EarlyLife, RolledBack, Review, Closed, OnHold, Cancelled}
}

// Scan refuses a stored word that is no state.
func (s *State) Scan(src any) error { return state.ScanWord(s, src, States()) }

// Phase is the phase that a state is shown under; held releases are shown
// under the phase they were held in.
func (s State) Phase() string {
	switch s {
	case Draft, Proposed, Planning:
		return "Planning"
	case BuildTest, Ready:
		return "Build and test"
	case Deploying, Paused, Remediating, EarlyLife, RolledBack:
		return "Deployment"
	case Review, Closed:
		return "Review and close"
	}
	return ""
}

// Over tells whether nothing more happens to a release in this state.
func (s State) Over() bool { return s == Closed || s == Cancelled }

// Verb moves a release.
type Verb string

// The verbs. Those of the gates are said by the gates alone.
const (
	VerbSubmit         Verb = "submit"
	VerbAuthorisePlan  Verb = "authorise the plan"
	VerbReject         Verb = "reject"
	VerbAuthoriseBuild Verb = "authorise the build"
	VerbCheckIn        Verb = "check in"
	VerbStart          Verb = "start"
	VerbComplete       Verb = "complete"
	VerbExitEarlyLife  Verb = "exit early life"
	VerbClose          Verb = "close"
	VerbHold           Verb = "hold"
	VerbResume         Verb = "resume"
	VerbRework         Verb = "rework"
	VerbPause          Verb = "pause"
	VerbUnpause        Verb = "unpause"
	VerbRemediate      Verb = "remediate"
	VerbRedeploy       Verb = "redeploy"
	VerbRollBack       Verb = "roll back"
	VerbRebuild        Verb = "rebuild"
	VerbReview         Verb = "review"
	VerbCancel         Verb = "cancel"
)

// Verbs lists every verb.
func Verbs() []Verb {
	return []Verb{VerbSubmit, VerbAuthorisePlan, VerbReject, VerbAuthoriseBuild, VerbCheckIn, VerbStart, VerbComplete, VerbExitEarlyLife,
		VerbClose, VerbHold, VerbResume, VerbRework, VerbPause, VerbUnpause, VerbRemediate, VerbRedeploy, VerbRollBack, VerbRebuild, VerbReview, VerbCancel}
}

// transitions is the life of a release. Resume returns to where it was held.
var transitions = state.Table[State, Verb]{
	{Draft, VerbSubmit, Proposed},
	{Proposed, VerbAuthorisePlan, Planning},
	{Proposed, VerbReject, Draft},
	{Planning, VerbAuthoriseBuild, BuildTest},
	{BuildTest, VerbCheckIn, Ready},
	{Ready, VerbStart, Deploying},
	{Ready, VerbRework, BuildTest},
	{Deploying, VerbComplete, EarlyLife},
	{Deploying, VerbPause, Paused},
	{Paused, VerbUnpause, Deploying},
	{Deploying, VerbRemediate, Remediating},
	{Paused, VerbRemediate, Remediating},
	{EarlyLife, VerbRemediate, Remediating},
	{Remediating, VerbRedeploy, Deploying},
	{Remediating, VerbRollBack, RolledBack},
	{RolledBack, VerbRebuild, BuildTest},
	{RolledBack, VerbReview, Review},
	{EarlyLife, VerbExitEarlyLife, Review},
	{Review, VerbClose, Closed},
	{Planning, VerbHold, OnHold},
	{BuildTest, VerbHold, OnHold},
	{Ready, VerbHold, OnHold},
	{OnHold, VerbResume, Planning},
	{Draft, VerbCancel, Cancelled},
	{Proposed, VerbCancel, Cancelled},
	{Planning, VerbCancel, Cancelled},
	{BuildTest, VerbCancel, Cancelled},
	{Ready, VerbCancel, Cancelled},
	{OnHold, VerbCancel, Cancelled},
}

// Outcome is how a release ended.
type Outcome string

// The outcomes.
const (
	OutcomeSucceeded       Outcome = "Succeeded"
	OutcomeWithKnownErrors Outcome = "WithKnownErrors"
	OutcomePartial         Outcome = "Partial"
	OutcomeRolledBack      Outcome = "RolledBack"
	OutcomeCancelled       Outcome = "Cancelled"
)

// Outcomes lists what a closing may say; cancelling says its own.
func Outcomes() []Outcome {
	return []Outcome{OutcomeSucceeded, OutcomeWithKnownErrors, OutcomePartial, OutcomeRolledBack}
}
