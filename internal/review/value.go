package review

import (
	"strings"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// LiveCheck is the latest word on a criterion measured in live use. It moves by
// the same table as the verdict in test.
type LiveCheck struct {
	db.Row
	ReleaseID     int64
	CriterionID   int64
	State         build.CriterionState
	Measured      string
	Evidence      string
	Digest        string
	ByID          int64
	ByName        string
	CheckedAt     db.Time
	KnownErrorID  int64
	KnownErrorKey string
}

// MetFor tells whether the criterion holds live for exactly this package.
func (l *LiveCheck) MetFor(digest string) bool {
	return digest != "" && l.State.Met() && l.Digest == digest
}

// Measurement is what somebody enters about a criterion in live use.
type Measurement struct {
	Verb               build.CriterionVerb
	Measured, Evidence string
	KnownErrorKey      string
}

func (in *Measurement) validate() error {
	var c fault.Check
	in.Measured, in.Evidence = strings.TrimSpace(in.Measured), strings.TrimSpace(in.Evidence)
	switch in.Verb {
	case build.VerbPass, build.VerbFail:
		c.Need(in.Measured != "", "measured", "Enter what was measured in live use, in the terms of the target.")
		c.Need(in.Evidence != "", "evidence", "Name the evidence: a dashboard, a report, a period.")
	case build.VerbBlock:
		c.Need(in.Evidence != "", "evidence", "Say what keeps this from being measured.")
	case build.VerbAccept:
		c.Need(in.KnownErrorKey != "", "known_error", "Choose the known error with which this is accepted.")
	default:
		c.Field("verb", "Choose a verdict.")
	}
	c.Need(len(in.Measured) <= 500, "measured", "Keep this under 500 characters.")
	c.Need(len(in.Evidence) <= maxText, "evidence", "Keep this shorter.")
	return c.Err("The live verdict was not recorded.")
}

// judge moves the check and binds it to the package in use.
func (l *LiveCheck) judge(in Measurement, by who, digest string, ke *build.KnownError) error {
	to, err := l.State.After(in.Verb)
	if err != nil {
		return err
	}
	if in.Verb == build.VerbAccept {
		if ke == nil || (ke.State != build.Tolerated && ke.State != build.Transferred) {
			return fault.New(fault.Refused, "A criterion that fails live is only accepted with a known error that is tolerated.")
		}
		if l.Digest != digest {
			return fault.New(fault.Refused, "The failure was measured on an earlier package. Measure it again before accepting it.")
		}
	}
	l.State, l.Digest, l.ByID, l.ByName, l.CheckedAt = to, digest, by.id, by.name, by.at
	l.KnownErrorID, l.KnownErrorKey = 0, ""
	if ke != nil {
		l.KnownErrorID, l.KnownErrorKey = ke.ID, ke.Key()
	}
	if in.Measured != "" {
		l.Measured = in.Measured
	}
	if in.Evidence != "" {
		l.Evidence = in.Evidence
	}
	return nil
}

// Outcome is what became of one item of the service package.
type Outcome string

// An item is undecided until somebody states it was met, put off, or departed from.
const (
	Undecided Outcome = "Undecided"
	Met       Outcome = "Met"
	Deferred  Outcome = "Deferred"
	Deviated  Outcome = "Deviated"
)

// Scan refuses outcomes this program does not know.
func (o *Outcome) Scan(src any) error {
	return state.ScanWord(o, src, []Outcome{Undecided, Met, Deferred, Deviated})
}

// Promise is one item of the service package, as the release kept it or not.
type Promise struct {
	db.Row
	ReleaseID    int64
	ReleaseKey   string
	Number       int64
	Source       string // "criterion" or "item"
	SourceID     int64
	Title        string
	Outcome      Outcome
	Reason       string
	StatedByID   int64
	StatedBy     string
	StatedAt     db.Time
	ApprovedByID int64
	ApprovedBy   string
	ApprovedAt   db.Time
}

// NeedsApproval tells whether the service owner has yet to agree.
func (p *Promise) NeedsApproval() bool {
	return (p.Outcome == Deferred || p.Outcome == Deviated) && p.ApprovedByID == 0
}

// Settled tells whether the item is met, or its exception approved.
func (p *Promise) Settled() bool { return p.Outcome != Undecided && !p.NeedsApproval() }

// state says what became of the item. Met takes proof: kept tells whether the
// criterion behind the item holds live, and is true for items without one.
func (p *Promise) state(outcome Outcome, reason string, by who, kept bool) error {
	var c fault.Check
	reason = strings.TrimSpace(reason)
	c.Need(outcome == Met || outcome == Deferred || outcome == Deviated, "outcome", "Choose met, deferred or deviated.")
	c.Need(reason != "" && len(reason) <= maxText, "reason", "Say what shows it, or why it was not delivered as promised.")
	if outcome == Met && !kept {
		c.Block(fault.Blocked("The criterion behind this item is not met live, so it cannot be stated as met.", "Early life support", "", "Record the live verdict"))
	}
	if err := c.Err("The item was not stated."); err != nil {
		return err
	}
	p.Outcome, p.Reason = outcome, reason
	p.StatedByID, p.StatedBy, p.StatedAt = by.id, by.name, by.at
	p.ApprovedByID, p.ApprovedBy, p.ApprovedAt = 0, "", 0
	return nil
}

// approve is the service owner's yes to an exception somebody else stated.
func (p *Promise) approve(by who) error {
	switch {
	case !p.NeedsApproval():
		return fault.New(fault.Refused, "There is no exception to approve here: the item is %s.", p.Outcome)
	case p.StatedByID == by.id:
		return fault.New(fault.Refused, "You stated this exception yourself. Another service owner approves it.")
	}
	p.ApprovedByID, p.ApprovedBy, p.ApprovedAt = by.id, by.name, by.at
	return nil
}

// newCheck is a criterion that nobody measured live yet.
func newCheck(releaseID, criterionID int64) *LiveCheck {
	return &LiveCheck{ReleaseID: releaseID, CriterionID: criterionID, State: build.Planned}
}
