package release

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// gateBefore is the authorisation that a release in a state stands before.
var gateBefore = map[State]GateCode{Proposed: A1, Planning: A2, BuildTest: A3, Ready: A4, Review: A5}

// passing is what the release does when its gate is passed; A4 leaves it Ready,
// with leave to deploy.
var passing = map[GateCode]Verb{A1: VerbAuthorisePlan, A2: VerbAuthoriseBuild, A3: VerbCheckIn, A5: VerbClose}

// Gates gives the five gates of a release in order.
func (s *Service) Gates(tx *db.Tx, r *Release) ([]Gate, error) { return gatesOf(tx, r.ID) }

// Say is what a person says of a gate.
type Say struct {
	Verdict Verdict
	Role    identity.Role // under which; needed where the person holds several that are asked
	Comment string
	Version int64   // of the gate that the form was drawn from
	Outcome Outcome // at A5: how the release ended
}

// DecideGate records a person's word on a gate, with the findings as they are in
// this transaction. The last word that the policy asks for passes the gate and
// moves the release; a rejection sends back what to mend. Before A3 is approved
// the bytes of the package are hashed anew.
func (s *Service) DecideGate(ctx context.Context, actor identity.Actor, key string, code GateCode, say Say) error {
	if code == A3 && say.Verdict == Approve {
		if err := s.vouch(ctx, actor, key, say); err != nil {
			return err
		}
	}
	return s.write(ctx, actor, key, identity.GateDecide, func(tx *db.Tx, r *Release) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		g, err := gateOf(tx, r.ID, code)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(g, say.Version); err != nil {
			return err
		}
		table, err := s.table(tx, r, g)
		if err != nil {
			return err
		}
		findings, err := s.Findings(tx, r, code)
		if err != nil {
			return err
		}
		say.Comment = strings.TrimSpace(say.Comment)
		role, err := table.judge(actor, say, findings, tx.Now)
		if err != nil {
			return err
		}
		d := Decision{GateID: g.ID, ReleaseID: r.ID, Code: code, Round: g.Round, Verdict: say.Verdict, Role: role, ByID: actor.UserID, ByName: actor.Name,
			Comment: say.Comment, PackageDigest: r.PackageDigest, PlanVersion: r.PlanVersion, Snapshot: snapshot(findings)}
		if err := insert(tx, &d); err != nil {
			return err
		}
		files, err := dml.Vouch(tx, actor, gateSubject, g.ID)
		if err != nil {
			return err
		}
		if err := s.recordDecision(tx, actor, r, &d, files); err != nil {
			return err
		}
		if say.Verdict == Reject {
			return s.reject(tx, actor, r, g, say.Comment)
		}
		if !complete(seats(table.rules, append(table.given, d))) {
			return save(tx, g) // a second form drawn before this word is stale now
		}
		return s.pass(tx, actor, r, g, findings, say.Outcome)
	})
}

func (s *Service) recordDecision(tx *db.Tx, actor identity.Actor, r *Release, d *Decision, files []string) error {
	said := map[string]any{"digest": d.PackageDigest, "plan": d.PlanVersion, "role": d.Role, "round": d.Round}
	if len(files) > 0 {
		said["files"] = files
	}
	detail, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return s.recordDetail(tx, actor, r, "gate."+string(d.Verdict), d.Comment, string(detail), "%s %s of %s", pastOf(d.Verdict), d.Code, r.Key)
}

// reject ends the round with what is to be mended; at A1 the release is a draft again.
func (s *Service) reject(tx *db.Tx, actor identity.Actor, r *Release, g *Gate, comment string) error {
	if err := g.move(GateVerbReject); err != nil {
		return err
	}
	g.DecidedAt, g.DecidedBy = tx.Now, actor.Name
	if err := s.keep(tx, r, g); err != nil {
		return err
	}
	if g.Code == A1 && r.State == Proposed {
		return s.Advance(tx, actor, r, VerbReject, comment)
	}
	return saveRelease(tx, r, r.State)
}

// pass concludes the gate and does what follows from it. A gate decided anew
// after its release went on changes nothing but itself.
func (s *Service) pass(tx *db.Tx, actor identity.Actor, r *Release, g *Gate, findings []Finding, outcome Outcome) error {
	if g.Code == A3 && gateBefore[r.State] == A3 {
		if err := s.signOff(tx, actor, r); err != nil {
			return err
		}
	}
	if err := g.conclude(r, actor.Name, findings, tx.Now); err != nil {
		return err
	}
	if err := s.keep(tx, r, g); err != nil {
		return err
	}
	if g.Code == A4 {
		if err := s.schedule(tx, actor, r); err != nil {
			return err
		}
	}
	if g.Code == A5 {
		if err := s.settle(tx, actor, r, outcome); err != nil {
			return err
		}
	}
	if err := s.record(tx, actor, r, "gate.pass", "", "%s of %s is %s", g.Code, r.Key, strings.ToLower(string(g.State))); err != nil {
		return err
	}
	verb, moves := passing[g.Code]
	if !moves || gateBefore[r.State] != g.Code {
		return saveRelease(tx, r, r.State)
	}
	return s.Advance(tx, actor, r, verb, "")
}

// schedule authorises the change and puts it on the schedule. An emergency on
// which A4 was decided by those whom the policy asks has their authority.
func (s *Service) schedule(tx *db.Tx, actor identity.Actor, r *Release) error {
	c, err := s.change.Find(tx, r.ChangeKey)
	if err != nil {
		return err
	}
	var steps []change.Verb
	switch {
	case c.State == change.Assessing:
		steps = []change.Verb{change.Authorise, change.Schedule}
	case c.State == change.Authorised:
		steps = []change.Verb{change.Schedule}
	case c.State == change.Draft && c.Emergency:
		steps = []change.Verb{change.ECABAuthorise}
	}
	for _, step := range steps {
		if err := s.change.Advance(tx, actor, c.Key, step, "A4 of "+r.Key); err != nil {
			return err
		}
	}
	return nil
}

// Resubmit asks for a decision anew, after a rejection, an expiry or a change.
func (s *Service) Resubmit(ctx context.Context, actor identity.Actor, key string, code GateCode, version int64) error {
	return s.write(ctx, actor, key, identity.ReleaseEdit, func(tx *db.Tx, r *Release) error {
		g, err := gateOf(tx, r.ID, code)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(g, version); err != nil {
			return err
		}
		if err := open(r); err != nil {
			return err
		}
		if g.State == GatePending || (code == A1 && r.State == Draft) {
			return fault.Refuse(fmt.Sprintf("%s was not submitted.", code), fault.Blocker{Code: "gate.state",
				Sentence: fmt.Sprintf("%s is %s; %s comes later.", r.Key, state.Word(r.State), code), Owner: r.OwnerName, Link: r.Link(), Action: "Open the release"})
		}
		rules, err := s.rules(tx, r)
		if err != nil {
			return err
		}
		if err := g.open(r, actor.UserID, rules.GateDays, tx.Now); err != nil {
			return err
		}
		if err := s.keep(tx, r, g); err != nil {
			return err
		}
		if err := saveRelease(tx, r, r.State); err != nil {
			return err
		}
		if err := s.record(tx, actor, r, "gate.resubmit", "", "submitted %s of %s anew", code, r.Key); err != nil {
			return err
		}
		return s.underAuthority(tx, r)
	})
}
