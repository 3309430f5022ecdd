package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// WaiverState is where an asked exception stands.
type WaiverState string

// The states of a waiver; that it expired is told by its date.
const (
	WaiverAsked    WaiverState = "Asked"
	WaiverApproved WaiverState = "Approved"
	WaiverRefused  WaiverState = "Refused"
)

// Scan refuses a stored word that is no state.
func (s *WaiverState) Scan(src any) error {
	return state.ScanWord(s, src, []WaiverState{WaiverAsked, WaiverApproved, WaiverRefused})
}

var waiverMoves = state.Table[WaiverState, Verdict]{
	{WaiverAsked, Approve, WaiverApproved},
	{WaiverAsked, Reject, WaiverRefused},
}

// Waiver is an exception from one criterion of a gate: what is excepted, who
// answers for the risk, until when, and who, independent of both, allowed it.
type Waiver struct {
	db.Row
	ReleaseID   int64
	Gate        GateCode
	Finding     string // code of the criterion
	Title       string // the criterion in words
	Exception   string
	State       WaiverState
	RiskOwnerID int64
	RiskOwner   string
	ExpiresAt   db.Time
	AskedByID   int64
	AskedBy     string
	DecidedByID int64
	DecidedBy   string
	DecidedAt   db.Time
	Comment     string
}

// Lives tells whether the exception holds now.
func (w *Waiver) Lives(now db.Time) bool { return w.State == WaiverApproved && now.Before(w.ExpiresAt) }

// against says why a person does not decide on the exception.
func (w *Waiver) against(r *Release, userID int64) []fault.Blocker {
	for _, tie := range []struct {
		id  int64
		who string
	}{{w.AskedByID, "asked for"}, {w.RiskOwnerID, "answer for the risk of"}, {r.OwnerID, "own the release of"}, {r.AuthorID, "submitted the release of"}} {
		if tie.id == userID {
			return []fault.Blocker{{Code: "waiver.independent", Sentence: fmt.Sprintf("You %s this exception, so somebody else decides on it.", tie.who),
				Owner: identity.ChangeAuthority.Label(), Link: r.Link("gates", string(w.Gate)) + "#waivers", Action: "Open the waivers"}}
		}
	}
	return nil
}

// decide allows or refuses the exception. The decider neither asked for it, nor
// answers for the risk, nor owns the release.
func (w *Waiver) decide(r *Release, actor identity.Actor, verdict Verdict, comment string, now db.Time) error {
	var c fault.Check
	c.Need(verdict == Approve || verdict == Reject, "verdict", "Allow the exception or refuse it.")
	c.Need(verdict != Reject || comment != "", "comment", "Say why the exception is refused.")
	c.Need(len(comment) <= 4000, "comment", "Keep it to 4,000 characters.")
	block := func(code, sentence, owner string) {
		c.Block(fault.Blocker{Code: code, Sentence: sentence, Owner: owner, Link: r.Link("gates", string(w.Gate)) + "#waivers", Action: "Open the waivers"})
	}
	if verdict == Approve && !now.Before(w.ExpiresAt) {
		block("waiver.expired", "The time that this exception was asked for has run out; ask for it anew.", w.AskedBy)
	}
	c.Block(w.against(r, actor.UserID)...)
	if err := c.Err("The waiver was not decided."); err != nil {
		return err
	}
	to, err := waiverMoves.Next("The waiver of “"+w.Title+"”", w.State, verdict)
	if err != nil {
		return err
	}
	w.State, w.DecidedByID, w.DecidedBy, w.DecidedAt, w.Comment = to, actor.UserID, actor.Name, now, comment
	return nil
}

// applyWaivers marks the findings that a living waiver excepts.
func applyWaivers(findings []Finding, waivers []Waiver, gate GateCode, now db.Time) {
	for i := range findings {
		f := &findings[i]
		if !f.Blocks() || !f.Waivable {
			continue
		}
		for j := range waivers {
			if w := &waivers[j]; w.Gate == gate && w.Finding == f.Code && w.Lives(now) {
				f.State = Waived
				f.Detail = strings.TrimSpace(f.Detail + fmt.Sprintf(" Waived by %s; %s answers for the risk.", w.DecidedBy, w.RiskOwner))
			}
		}
	}
}

// lapsed are the exceptions of a gate whose time has run out and that no other
// has taken over.
func lapsed(waivers []Waiver, gate GateCode, now db.Time) (list []Waiver) {
	living := map[string]bool{}
	for i := range waivers {
		if w := &waivers[i]; w.Gate == gate && w.Lives(now) {
			living[w.Finding] = true
		}
	}
	for i := range waivers {
		if w := &waivers[i]; w.Gate == gate && w.State == WaiverApproved && !living[w.Finding] {
			living[w.Finding] = true // named once, however often it was waived
			list = append(list, *w)
		}
	}
	return list
}

// WaiverRequest is what a person asks for.
type WaiverRequest struct {
	Gate        GateCode
	Finding     string
	Exception   string
	RiskOwnerID int64
	ExpiresAt   db.Time
}

// AskWaiver asks for an exception from an unmet criterion.
func (s *Service) AskWaiver(ctx context.Context, actor identity.Actor, key string, q WaiverRequest) error {
	return s.write(ctx, actor, key, identity.WaiverRequest, func(tx *db.Tx, r *Release) error {
		if err := open(r); err != nil {
			return err
		}
		findings, err := s.Findings(tx, r, q.Gate)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(findings, func(f Finding) bool { return f.Code == q.Finding })
		q.Exception = strings.TrimSpace(q.Exception)
		var c fault.Check
		c.Need(at >= 0, "finding", "Choose the criterion that is excepted.")
		c.Need(at < 0 || findings[at].Blocks(), "finding", "This criterion is met; it needs no exception.")
		c.Need(at < 0 || findings[at].Waivable, "finding", "Nobody can waive this criterion."+because(findings, at))
		c.Need(q.Exception != "" && len(q.Exception) <= 2000, "exception", "Say what is excepted and why it can be borne, in at most 2,000 characters.")
		c.Need(tx.Now.Before(q.ExpiresAt), "expires", "Say until when it holds; the date lies ahead.")
		owner, err := identity.FindPerson(tx, q.RiskOwnerID)
		c.Need(err == nil, "risk_owner", "Name who answers for the risk.")
		former, err := waiversOf(tx, r.ID)
		if err != nil {
			return err
		}
		c.Need(!slices.ContainsFunc(former, func(w Waiver) bool {
			return w.Gate == q.Gate && w.Finding == q.Finding && w.State == WaiverAsked && tx.Now.Before(w.ExpiresAt)
		}), "finding", "This exception is asked for already, and waits for a decision.")
		if err := c.Err("The waiver was not asked for."); err != nil {
			return err
		}
		w := &Waiver{ReleaseID: r.ID, Gate: q.Gate, Finding: q.Finding, Title: findings[at].Title, Exception: q.Exception, State: WaiverAsked,
			RiskOwnerID: owner.ID, RiskOwner: owner.Name, ExpiresAt: q.ExpiresAt, AskedByID: actor.UserID, AskedBy: actor.Name}
		if err := insert(tx, w); err != nil {
			return err
		}
		return s.record(tx, actor, r, "waiver.ask", q.Exception, "asked to waive “%s” at %s", w.Title, w.Gate)
	})
}

// because is why nobody may except a finding, as a further sentence.
func because(findings []Finding, at int) string {
	if at < 0 || findings[at].Firm == "" {
		return ""
	}
	return " " + findings[at].Firm
}

// DecideWaiver allows or refuses an exception.
func (s *Service) DecideWaiver(ctx context.Context, actor identity.Actor, key string, id, version int64, verdict Verdict, comment string) error {
	return s.write(ctx, actor, key, identity.WaiverApprove, func(tx *db.Tx, r *Release) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := open(r); err != nil {
			return err
		}
		w, err := waiverByID(tx, r.ID, id)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(w, version); err != nil {
			return err
		}
		comment = strings.TrimSpace(comment)
		if err := w.decide(r, actor, verdict, comment, tx.Now); err != nil {
			return err
		}
		if err := save(tx, w); err != nil {
			return err
		}
		return s.record(tx, actor, r, "waiver."+string(verdict), comment, "%s the waiver of “%s” at %s", pastOf(verdict), w.Title, w.Gate)
	})
}

func pastOf(v Verdict) string {
	if v == Approve {
		return "approved"
	}
	return "rejected"
}
