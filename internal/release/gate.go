package release

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// GateState is where an authorisation stands.
type GateState string

// The states of a gate. Waived is passed with an exception that somebody
// answers for; Voided was passed for something that has changed since.
const (
	GatePending  GateState = "Pending"
	GateOpen     GateState = "Open"
	GateApproved GateState = "Approved"
	GateRejected GateState = "Rejected"
	GateExpired  GateState = "Expired"
	GateWaived   GateState = "Waived"
	GateVoided   GateState = "Voided"
)

// GateStates lists every state.
func GateStates() []GateState {
	return []GateState{GatePending, GateOpen, GateApproved, GateRejected, GateExpired, GateWaived, GateVoided}
}

// Scan refuses a stored word that is no state.
func (s *GateState) Scan(src any) error { return state.ScanWord(s, src, GateStates()) }

// Passed tells whether the authorisation was given and still holds.
func (s GateState) Passed() bool { return s == GateApproved || s == GateWaived }

// GateVerb moves a gate.
type GateVerb string

// The verbs of a gate. Waive approves with an exception.
const (
	GateVerbOpen     GateVerb = "open"
	GateVerbApprove  GateVerb = "approve"
	GateVerbWaive    GateVerb = "waive"
	GateVerbReject   GateVerb = "reject"
	GateVerbExpire   GateVerb = "expire"
	GateVerbVoid     GateVerb = "void"
	GateVerbResubmit GateVerb = "resubmit"
)

// GateVerbs lists every verb.
func GateVerbs() []GateVerb {
	return []GateVerb{GateVerbOpen, GateVerbApprove, GateVerbWaive, GateVerbReject, GateVerbExpire, GateVerbVoid, GateVerbResubmit}
}

var gateMoves = state.Table[GateState, GateVerb]{
	{GatePending, GateVerbOpen, GateOpen},
	{GateOpen, GateVerbApprove, GateApproved},
	{GateOpen, GateVerbWaive, GateWaived},
	{GateOpen, GateVerbReject, GateRejected},
	{GateOpen, GateVerbExpire, GateExpired},
	{GateApproved, GateVerbVoid, GateVoided},
	{GateWaived, GateVerbVoid, GateVoided},
	{GateVoided, GateVerbResubmit, GateOpen},
	{GateRejected, GateVerbResubmit, GateOpen},
	{GateExpired, GateVerbResubmit, GateOpen},
}

// Gate is one authorisation of a release. It remembers what it was decided on:
// the plan version, the package digest and the window.
type Gate struct {
	db.Row
	ReleaseID     int64
	Code          GateCode
	State         GateState
	Round         int64 // begins anew each time the gate opens; decisions belong to a round
	OpenedAt      db.Time
	SubmitterID   int64   // who submitted it by their own word, and so does not decide it
	ExpiresAt     db.Time // an undecided gate expires
	DecidedAt     db.Time
	DecidedBy     string
	PlanVersion   int64
	PackageDigest string
	WindowStart   db.Time
	WindowEnd     db.Time `gorm:"column:window_stop"`
	VoidReason    string
	VoidedAt      db.Time
}

// Verdict is what somebody says of a gate.
type Verdict string

// The verdicts.
const (
	Approve Verdict = "approve"
	Reject  Verdict = "reject"
)

// Decision is one person's word on a gate, kept with what it was said on. It is
// never edited.
type Decision struct {
	db.Row
	GateID        int64
	ReleaseID     int64
	Code          GateCode
	Round         int64
	Verdict       Verdict
	Role          identity.Role // the role it was given under; one person counts once
	ByID          int64
	ByName        string
	Comment       string
	Authority     string // "emergency" where an emergency authority spoke for the gate
	PackageDigest string
	PlanVersion   int64
	Snapshot      string // the findings as they were, JSON

	Files []dml.Attachment `gorm:"-"` // that were attached to it
}

// Findings reads the snapshot of the criteria.
func (d *Decision) Findings() (list []Finding) {
	if json.Unmarshal([]byte(d.Snapshot), &list) != nil {
		return nil
	}
	return list
}

func snapshot(findings []Finding) string {
	text, err := json.Marshal(findings)
	if err != nil { // strings and integers always encode
		panic(err)
	}
	return string(text)
}

func (g *Gate) move(verb GateVerb) error {
	to, err := gateMoves.Next(string(g.Code), g.State, verb)
	if err == nil {
		g.State = to
	}
	return err
}

// open begins a round: what counts is said on the release as it is now. The
// submitter is whoever asks for it; 0 where the gate before opens it.
func (g *Gate) open(r *Release, submitter int64, days int, now db.Time) error {
	verb := GateVerbResubmit
	if g.State == GatePending {
		verb = GateVerbOpen
	} else {
		g.Round++
	}
	if err := g.move(verb); err != nil {
		return err
	}
	g.OpenedAt, g.ExpiresAt = now, now.Add(time.Duration(days)*24*time.Hour)
	g.SubmitterID, g.DecidedAt, g.DecidedBy = submitter, 0, ""
	g.bind(r)
	return nil
}

// bind says what the gate is decided on.
func (g *Gate) bind(r *Release) {
	g.PlanVersion, g.PackageDigest, g.WindowStart, g.WindowEnd = r.PlanVersion, r.PackageDigest, r.WindowStart, r.WindowEnd
}

// conclude passes the gate, with an exception where a finding is waived.
func (g *Gate) conclude(r *Release, by string, findings []Finding, now db.Time) error {
	verb := GateVerbApprove
	if slices.ContainsFunc(findings, func(f Finding) bool { return f.State == Waived }) {
		verb = GateVerbWaive
	}
	if err := g.move(verb); err != nil {
		return err
	}
	g.bind(r)
	g.DecidedAt, g.DecidedBy = now, by
	return nil
}

// outdated tells what of the release differs from what the gate was decided on,
// and whether that voids it: A2 hangs on the plan, A3 on the package, A4 on
// both and on the window.
func (g *Gate) outdated(r *Release) (what string, void bool) {
	var parts []string
	if g.Code.onPlan() && g.PlanVersion != r.PlanVersion {
		parts = append(parts, fmt.Sprintf("plan v%d is now v%d", g.PlanVersion, r.PlanVersion))
	}
	if g.Code.onPackage() && g.PackageDigest != r.PackageDigest {
		parts = append(parts, fmt.Sprintf("package %s is now %s", short(g.PackageDigest), short(r.PackageDigest)))
	}
	if g.Code == A4 && (g.WindowStart != r.WindowStart || g.WindowEnd != r.WindowEnd) {
		parts = append(parts, "the window moved")
	}
	return strings.Join(parts, "; "), len(parts) > 0
}

// onPlan tells whether what is said at the gate is said of the plan.
func (c GateCode) onPlan() bool { return c == A2 || c == A4 }

// onPackage tells whether what is said at the gate is said of the package.
func (c GateCode) onPackage() bool { return c == A3 || c == A4 }

func short(digest string) string {
	if len(digest) < 19 {
		return "none"
	}
	return digest[7:19]
}

// expired tells whether the time to decide has run out.
func (g *Gate) expired(now db.Time) bool { return g.State == GateOpen && g.ExpiresAt.Before(now) }
