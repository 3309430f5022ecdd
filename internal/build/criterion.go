package build

import (
	"strconv"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// CriterionState is where a criterion stands.
type CriterionState string

// The states of a criterion.
const (
	Planned  CriterionState = "Planned"
	Pass     CriterionState = "Pass"
	Fail     CriterionState = "Fail"
	Blocked  CriterionState = "Blocked"
	Accepted CriterionState = "Accepted" // with a known error
)

// CriterionVerb moves a criterion.
type CriterionVerb string

// A verdict is pass, fail or block; accept takes a failing one with a known
// error. A criterion may be judged again at any time, since tests are repeated.
const (
	VerbPass   CriterionVerb = "pass"
	VerbFail   CriterionVerb = "fail"
	VerbBlock  CriterionVerb = "block"
	VerbAccept CriterionVerb = "accept"
)

var criterionStates = []CriterionState{Planned, Pass, Fail, Blocked, Accepted}

var criterionMoves = state.Table[CriterionState, CriterionVerb]{
	{Planned, VerbPass, Pass}, {Planned, VerbFail, Fail}, {Planned, VerbBlock, Blocked},
	{Pass, VerbPass, Pass}, {Pass, VerbFail, Fail}, {Pass, VerbBlock, Blocked},
	{Fail, VerbPass, Pass}, {Fail, VerbFail, Fail}, {Fail, VerbBlock, Blocked}, {Fail, VerbAccept, Accepted},
	{Blocked, VerbPass, Pass}, {Blocked, VerbFail, Fail}, {Blocked, VerbBlock, Blocked}, {Blocked, VerbAccept, Accepted},
	{Accepted, VerbPass, Pass}, {Accepted, VerbFail, Fail}, {Accepted, VerbBlock, Blocked},
}

// Scan refuses states this program does not know.
func (s *CriterionState) Scan(src any) error { return state.ScanWord(s, src, criterionStates) }

// After gives the state that the verb leads to. The live checks of early life
// support move by the same table.
func (s CriterionState) After(verb CriterionVerb) (CriterionState, error) {
	return criterionMoves.Next("The criterion", s, verb)
}

// Verbs lists what can be said of a criterion in this state.
func (s CriterionState) Verbs() []CriterionVerb { return criterionMoves.Verbs(s) }

// Met tells whether the state counts as met.
func (s CriterionState) Met() bool { return s == Pass || s == Accepted }

// Kind is the side of value a criterion is on.
type Kind string

// Utility is fitness for purpose, warranty fitness for use.
const (
	Utility  Kind = "utility"
	Warranty Kind = "warranty"
)

// Criterion is one statement of the service package, drawn into a release, with
// the latest verdict on it. Earlier verdicts are in the audit record.
type Criterion struct {
	db.Row
	ReleaseID      int64
	ReleaseKey     string
	Number         int64
	SourceID       int64 // the criterion of the service package; 0 when added by hand
	Kind           Kind
	Aspect         string
	Statement      string
	Measure        string
	Target         string
	Level          string
	State          CriterionState
	Measured       string
	Evidence       string
	RunNumber      int64
	PackageVersion int64
	PackageDigest  string
	VerifierID     int64
	VerifierName   string
	VerifiedAt     db.Time
	KnownErrorID   int64
	KnownErrorKey  string

	Files []dml.Attachment `gorm:"-"` // that were attached to the verdict
}

// TableName is the table of criteria of releases; the catalogue has its own.
func (Criterion) TableName() string { return "release_criteria" }

// Anchor is where the page of tests shows the criterion.
func (c *Criterion) Anchor() string { return "criterion-" + strconv.FormatInt(c.Number, 10) }

// Side is the side of value the criterion is on, with its aspect if it has one.
func (c *Criterion) Side() string {
	if c.Aspect == "" || c.Aspect == string(c.Kind) {
		return string(c.Kind)
	}
	return string(c.Kind) + " " + c.Aspect
}

// Stale tells whether the verdict concerns another package than the one given.
func (c *Criterion) Stale(digest string) bool {
	return c.State != Planned && c.PackageDigest != digest
}

// MetFor tells whether the criterion is met for exactly this package. A stale
// verdict is unknown, so it is not met.
func (c *Criterion) MetFor(digest string) bool {
	return digest != "" && c.State.Met() && c.PackageDigest == digest
}

// Verdict is what a verifier enters about one criterion.
type Verdict struct {
	Verb          CriterionVerb
	Measured      string
	Evidence      string
	RunNumber     int64
	KnownErrorKey string
}

// validate names what is missing of a verdict. A pass without a measurement or
// evidence would be an opinion.
func (v *Verdict) validate() error {
	var c fault.Check
	v.Measured, v.Evidence = strings.TrimSpace(v.Measured), strings.TrimSpace(v.Evidence)
	switch v.Verb {
	case VerbPass, VerbFail:
		c.Need(v.Measured != "", "measured", "Enter what was measured, in the terms of the target.")
		c.Need(v.Evidence != "" || v.RunNumber != 0, "evidence", "Name the evidence, or choose the test run that shows it.")
	case VerbBlock:
		c.Need(v.Evidence != "", "evidence", "Say what keeps this from being tested.")
	case VerbAccept:
		c.Need(v.KnownErrorKey != "", "known_error", "Choose the known error with which this is accepted.")
	default:
		c.Field("verb", "Choose a verdict: pass, fail, blocked, or accepted with a known error.")
	}
	c.Need(len(v.Measured) <= 500, "measured", "Keep this under 500 characters.")
	c.Need(len(v.Evidence) <= maxText, "evidence", "Keep this shorter; attach a report as media instead.")
	return c.Err("The verdict was not recorded.")
}

// judge moves the criterion, binding the verdict to the package.
func (c *Criterion) judge(v Verdict, by judgeBy, ke *KnownError) error {
	to, err := c.State.After(v.Verb)
	if err != nil {
		return err
	}
	if v.Verb == VerbAccept {
		if c.Stale(by.digest) {
			return fault.New(fault.Refused, "The verdict on this criterion concerns an earlier package. Judge it again on package version %d before accepting it.", by.packageVersion)
		}
		if err := ke.tolerable(); err != nil {
			return err
		}
	}
	c.State = to
	c.KnownErrorID, c.KnownErrorKey = 0, ""
	if ke != nil {
		c.KnownErrorID, c.KnownErrorKey = ke.ID, ke.Key()
	}
	if v.Measured != "" {
		c.Measured = v.Measured
	}
	if v.Evidence != "" {
		c.Evidence = v.Evidence
	}
	c.RunNumber, c.PackageVersion, c.PackageDigest = v.RunNumber, by.packageVersion, by.digest
	c.VerifierID, c.VerifierName, c.VerifiedAt = by.userID, by.name, by.at
	return nil
}

// judgeBy is who judges, when, and on which package.
type judgeBy struct {
	userID         int64
	name           string
	at             db.Time
	packageVersion int64
	digest         string
}

// CriterionDraft is a criterion added by hand.
type CriterionDraft struct {
	Kind                                      Kind
	Aspect, Statement, Measure, Target, Level string
}

// Aspects lists the aspects of warranty, in the order people name them.
func Aspects() []string { return []string{"availability", "capacity", "security", "continuity"} }

// Levels lists the levels of the V-model.
func Levels() []string {
	return []string{"component", "package", "operational readiness", "service acceptance"}
}

func (d *CriterionDraft) validate() error {
	var c fault.Check
	d.Statement, d.Measure, d.Target = strings.TrimSpace(d.Statement), strings.TrimSpace(d.Measure), strings.TrimSpace(d.Target)
	c.Need(d.Kind == Utility || d.Kind == Warranty, "kind", "Choose utility or warranty.")
	c.Need(d.Statement != "" && len(d.Statement) <= 500, "statement", "Say what must hold, in at most 500 characters.")
	c.Need(d.Measure != "" && len(d.Measure) <= 300, "measure", "Say how it is measured, in at most 300 characters.")
	c.Need(d.Target != "" && len(d.Target) <= 300, "target", "Say which value is good enough, in at most 300 characters.")
	return c.Err("The criterion was not added.")
}
