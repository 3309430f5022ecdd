package deploy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/db"
	"slipway/internal/state"
)

// StepState is where a step of a run sheet stands.
type StepState string

// The states of a step.
const (
	StepWaiting       StepState = "Waiting"
	StepClaimable     StepState = "Claimable"
	StepInProgress    StepState = "InProgress"
	StepDone          StepState = "Done"
	StepFailed        StepState = "Failed"
	StepNotApplicable StepState = "NotApplicable"
)

// StepStates lists every state.
func StepStates() []StepState {
	return []StepState{StepWaiting, StepClaimable, StepInProgress, StepDone, StepFailed, StepNotApplicable}
}

// Scan refuses a stored word that is no state.
func (s *StepState) Scan(src any) error { return state.ScanWord(s, src, StepStates()) }

// Settled tells whether steps that wait for one in this state may begin.
func (s StepState) Settled() bool { return s == StepDone || s == StepNotApplicable }

// StepVerb moves a step.
type StepVerb string

// The verbs of a step. A step with a witness is signed first and is done once
// the witness has signed too.
const (
	StepVerbOpen     StepVerb = "be claimable"
	StepVerbClaim    StepVerb = "be claimed"
	StepVerbHandBack StepVerb = "be handed back"
	StepVerbSign     StepVerb = "be signed for the witness"
	StepVerbComplete StepVerb = "be done"
	StepVerbWitness  StepVerb = "be witnessed"
	StepVerbFail     StepVerb = "fail"
	StepVerbRetry    StepVerb = "be retried"
	StepVerbSkip     StepVerb = "be not applicable"
)

// StepVerbs lists every verb.
func StepVerbs() []StepVerb {
	return []StepVerb{StepVerbOpen, StepVerbClaim, StepVerbHandBack, StepVerbSign, StepVerbComplete, StepVerbWitness, StepVerbFail, StepVerbRetry, StepVerbSkip}
}

// vouches tells whether whoever says the verb puts their name to what they attached.
func (v StepVerb) vouches() bool {
	return slices.Contains([]StepVerb{StepVerbSign, StepVerbComplete, StepVerbWitness, StepVerbFail}, v)
}

var stepMoves = state.Table[StepState, StepVerb]{
	{StepWaiting, StepVerbOpen, StepClaimable},
	{StepClaimable, StepVerbClaim, StepInProgress},
	{StepInProgress, StepVerbHandBack, StepClaimable},
	{StepInProgress, StepVerbSign, StepInProgress},
	{StepInProgress, StepVerbComplete, StepDone},
	{StepInProgress, StepVerbWitness, StepDone},
	{StepInProgress, StepVerbFail, StepFailed},
	{StepFailed, StepVerbRetry, StepClaimable},
	{StepWaiting, StepVerbSkip, StepNotApplicable},
	{StepClaimable, StepVerbSkip, StepNotApplicable},
	{StepInProgress, StepVerbSkip, StepNotApplicable},
	{StepFailed, StepVerbSkip, StepNotApplicable},
}

// StepKind is what a step is for.
type StepKind string

// The kinds, as models name them.
const (
	Install StepKind = "install"
	Verify  StepKind = "verify"
	BackOut StepKind = "back-out"
)

// StepKinds lists them in the order of a run sheet.
func StepKinds() []StepKind { return []StepKind{Install, Verify, BackOut} }

// Step is one step of a wave's run sheet.
type Step struct {
	db.Row
	WaveID      int64
	ReleaseID   int64
	Number      int64
	Kind        StepKind
	Title       string
	Instruction string
	Command     string
	Minutes     int64
	Witness     bool   // a second person must sign
	WaitsFor    string // numbers, comma between; empty is the one before of its kind
	State       StepState
	PlannedAt   db.Time
	PlannedEnd  db.Time
	HolderID    int64
	HolderName  string
	ClaimedAt   db.Time
	SignedAt    db.Time // by the holder
	Evidence    string
	WitnessID   int64
	WitnessName string
	WitnessNote string
	EndedAt     db.Time
	Reason      string // why it failed or does not apply
	ReasonBy    string
}

// TableName is the table of steps.
func (Step) TableName() string { return "wave_steps" }

// Label names the step: "Step 3, Verify what is installed".
func (s *Step) Label() string { return fmt.Sprintf("Step %d, %s", s.Number, s.Title) }

// AwaitsWitness tells whether the holder has signed and nobody else has.
func (s *Step) AwaitsWitness() bool { return s.State == StepInProgress && !s.SignedAt.IsZero() }

// After gives the numbers of the steps it names to wait for.
func (s *Step) After() []int64 {
	var list []int64
	for _, word := range strings.Split(s.WaitsFor, ",") {
		if n, err := strconv.ParseInt(strings.TrimSpace(word), 10, 64); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// Needs gives the steps that must be settled first: those it names; else the
// one before of its kind; else, for the first verification, every installation.
func (s *Step) Needs(all []Step) []Step {
	named := s.After()
	var list []Step
	var before *Step
	for i := range all {
		other := &all[i]
		switch {
		case slices.Contains(named, other.Number):
			list = append(list, *other)
		case other.Kind == s.Kind && other.Number < s.Number:
			before = other
		}
	}
	switch {
	case len(named) > 0:
		return list
	case before != nil:
		return []Step{*before}
	case s.Kind == Verify:
		return ofKind(all, Install)
	}
	return nil
}

func ofKind(all []Step, kind StepKind) []Step {
	var list []Step
	for _, s := range all {
		if s.Kind == kind {
			list = append(list, s)
		}
	}
	return list
}

func settled(steps []Step) bool {
	return !slices.ContainsFunc(steps, func(s Step) bool { return !s.State.Settled() })
}

// openable tells whether the step may be claimed in a wave as it is.
func (s *Step) openable(w *Wave, all []Step) bool {
	begun := w.State == WaveRunning || w.State == WaveVerifying || w.State == WavePaused
	if s.Kind == BackOut {
		begun = w.State == WaveRemediating && !w.BackOutAt.IsZero()
	}
	return begun && s.State == StepWaiting && !s.byMachine(w) && settled(handwork(w, s.Needs(all)))
}

func (s *Step) move(verb StepVerb) error {
	to, err := stepMoves.Next(s.Label(), s.State, verb)
	if err == nil {
		s.State = to
	}
	return err
}

// Anchor is the step's id on the run sheet.
func (s *Step) Anchor() string { return fmt.Sprintf("step-%d", s.Number) }
