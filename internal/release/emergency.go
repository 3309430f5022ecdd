package release

import (
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// AuthorityKind is on whose word an emergency goes ahead.
type AuthorityKind string

// The emergency advisory board decides before; whoever breaks the glass acts
// first, and the decision follows by a deadline.
const (
	ECAB  AuthorityKind = "ECAB"
	Glass AuthorityKind = "glass"
)

// Authority is the one decision that stands for A1, A2 and A4 of an emergency.
// A3 is never covered: baseline, digest and acceptance into the library hold.
type Authority struct {
	db.Row
	ReleaseID int64
	Kind      AuthorityKind
	ByID      int64
	ByName    string
	Role      identity.Role
	Comment   string
	Refused   bool // in retrospect; then it speaks for nothing any more
}

// TableName is the table of authorities.
func (Authority) TableName() string { return "emergency_authorities" }

// never are the criteria that no emergency defers: what is installed must be
// what was tested, accepted and signed, by somebody, with a way back that was tried.
// A rehearsal after the deployment mends nothing; it may be waived by name.
var never = []string{"package.", "media.", "items.", "licences.", "tests.", "criteria.", "builds.", "verifier.", "window.", "deploy.", "backout.", "gate.", "identifier.",
	"policy.", "release.", "scope.", "emergency.", "model."}

// deferTo marks what an emergency may owe until afterwards, at the gates that
// the authority speaks for. Check-in and close ask for everything.
func (a *Authority) deferTo(code GateCode, findings []Finding) {
	if !a.covers(code) {
		return
	}
	for i := range findings {
		f := &findings[i]
		if f.Blocks() && !slices.ContainsFunc(never, func(prefix string) bool { return strings.HasPrefix(f.Code, prefix) }) {
			f.State = Deferred
		}
	}
}

// lives tells whether there is an authority that was not refused in retrospect.
func (a *Authority) lives() bool { return a != nil && !a.Refused }

// covers tells whether the authority speaks for the gate.
func (a *Authority) covers(code GateCode) bool {
	return a.lives() && (code == A1 || code == A2 || code == A4)
}
