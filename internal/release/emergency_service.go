package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// AuthoriseEmergency lets an emergency go ahead: by the emergency board (ECAB),
// or by breaking the glass, which leaves a debt with a deadline. Neither is done
// by whoever asked for the release, so that nobody breaks the glass alone.
func (s *Service) AuthoriseEmergency(ctx context.Context, actor identity.Actor, key string, kind AuthorityKind, comment string) error {
	permission, verb, role := identity.EmergencyAuthorise, change.ECABAuthorise, identity.ChangeAuthority
	if kind == Glass {
		permission, verb, role = identity.GlassBreak, change.BreakGlass, identity.ChangeManager
	}
	return s.write(ctx, actor, key, permission, func(tx *db.Tx, r *Release) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		comment = strings.TrimSpace(comment)
		var c fault.Check
		c.Need(kind == ECAB || kind == Glass, "kind", "Choose the emergency board or the broken glass.")
		c.Need(comment != "", "comment", "Say on what grounds; it is read when this is reviewed.")
		against := s.emergencyBlockers(tx, actor, r)
		if f, refused := fault.As(against); refused {
			c.Block(f.Blockers...)
		} else if against != nil {
			return against
		}
		if err := c.Err("The emergency was not authorised."); err != nil {
			return err
		}
		for _, held := range identity.RolesFor(permission) {
			if actor.Has(held, r.ServiceID) {
				role = held
				break
			}
		}
		a := &Authority{ReleaseID: r.ID, Kind: kind, ByID: actor.UserID, ByName: actor.Name, Role: role, Comment: comment}
		if err := insert(tx, a); err != nil {
			return err
		}
		if err := s.change.Advance(tx, actor, r.ChangeKey, verb, comment); err != nil {
			return err
		}
		word := "authorised %s as the emergency board"
		if kind == Glass {
			word = "broke the glass for %s; the retrospective decision is owed"
		}
		if err := s.record(tx, actor, r, "emergency."+string(kind), comment, word, r.Key); err != nil {
			return err
		}
		if r.State == Draft {
			return s.Advance(tx, actor, r, VerbSubmit, comment)
		}
		return s.underAuthority(tx, r)
	})
}

func (s *Service) emergencyBlockers(tx *db.Tx, actor identity.Actor, r *Release) error {
	var c fault.Check
	block := func(code, sentence, owner string) {
		c.Block(fault.Blocker{Code: code, Sentence: sentence, Owner: owner, Link: r.Link("emergency"), Action: "Open the emergency path"})
	}
	if r.Type != Emergency {
		block("emergency.planned", r.Key+" is planned work; the emergency path is closed to it.", r.OwnerName)
	}
	if !slices.Contains([]State{Draft, Proposed, Planning, BuildTest, Ready}, r.State) {
		block("release.state", fmt.Sprintf("%s is %s.", r.Key, state.Word(r.State)), r.OwnerName)
	}
	if actor.UserID == r.AuthorID || actor.UserID == r.OwnerID {
		block("emergency.alone", "You asked for this release or own it; nobody breaks the glass alone.", "Another manager on duty")
	}
	former, err := authorityOf(tx, r.ID)
	if err != nil {
		return err
	}
	if former != nil {
		block("emergency.once", former.ByName+" authorised it already.", former.ByName)
	}
	return c.Err("The emergency was not authorised.")
}

// underAuthority passes the open gate of an emergency on the authority given,
// as long as nothing that never relaxes stands in the way.
func (s *Service) underAuthority(tx *db.Tx, r *Release) error {
	if r.Type != Emergency {
		return nil
	}
	code := gateBefore[r.State]
	authority, err := authorityOf(tx, r.ID)
	if err != nil || !authority.covers(code) {
		return err
	}
	g, err := gateOf(tx, r.ID, code)
	if err != nil || g.State != GateOpen {
		return err
	}
	findings, err := s.Findings(tx, r, code)
	if err != nil || slices.ContainsFunc(findings, Finding.Blocks) {
		return err
	}
	d := &Decision{GateID: g.ID, ReleaseID: r.ID, Code: code, Round: g.Round, Verdict: Approve, Role: authority.Role, ByID: authority.ByID, ByName: authority.ByName,
		Comment: authority.Comment, Authority: "emergency", PackageDigest: r.PackageDigest, PlanVersion: r.PlanVersion, Snapshot: snapshot(findings)}
	if err := insert(tx, d); err != nil {
		return err
	}
	spoken := identity.Actor{UserID: authority.ByID, Name: authority.ByName, Kind: identity.PersonKind}
	return s.pass(tx, spoken, r, g, findings, "")
}

// Proceed passes the gate that an emergency stands before on the authority it
// was given, once what was in the way is removed.
func (s *Service) Proceed(ctx context.Context, actor identity.Actor, key string) error {
	return s.write(ctx, actor, key, identity.ReleaseEdit, func(tx *db.Tx, r *Release) error {
		code := gateBefore[r.State]
		authority, err := authorityOf(tx, r.ID)
		if err != nil {
			return err
		}
		if !authority.covers(code) {
			return fault.Refuse("Nothing went ahead.", fault.Blocker{Code: "emergency.authority", Sentence: "No emergency authority speaks for this step.",
				Owner: identity.ChangeAuthority.Label(), Link: r.Link("emergency"), Action: "Open the emergency path"})
		}
		g, err := gateOf(tx, r.ID, code)
		if err != nil {
			return err
		}
		if g.State.Passed() {
			return fault.New(fault.Refused, "%s holds already.", code)
		}
		if g.State != GateOpen {
			if err := s.openGate(tx, r, code, actor.UserID); err != nil {
				return err
			}
		}
		findings, err := s.Findings(tx, r, code)
		if err != nil {
			return err
		}
		if err := fault.Refuse(fmt.Sprintf("%s cannot pass yet.", code), blockersOf(findings)...); err != nil {
			return err
		}
		return s.underAuthority(tx, r)
	})
}

// DecideRetro makes the retrospective decision that a broken glass left.
func (s *Service) DecideRetro(ctx context.Context, actor identity.Actor, key string, verdict Verdict, reason string) error {
	return s.write(ctx, actor, key, identity.EmergencyAuthorise, func(tx *db.Tx, r *Release) error {
		verb := change.RetroApprove
		if verdict == Reject {
			verb = change.RetroRefuse
		}
		reason = strings.TrimSpace(reason)
		var c fault.Check
		c.Need(verdict == Approve || verdict == Reject, "verdict", "Say whether it was right to go ahead.")
		c.Need(reason != "", "comment", "Say what you make of it; it is kept on the record.")
		if err := c.Err("It was not decided."); err != nil {
			return err
		}
		due, err := s.change.Find(tx, r.ChangeKey)
		if err != nil {
			return err
		}
		if err := fault.Refuse("It was not decided.", againstRetro(r, due, actor)...); err != nil {
			return err
		}
		if err := s.change.Advance(tx, actor, r.ChangeKey, verb, reason); err != nil {
			return err
		}
		if verdict == Reject {
			if err := s.disown(tx, actor, r, reason); err != nil {
				return err
			}
		}
		return s.record(tx, actor, r, "emergency.retro", reason, "%s %s in retrospect", pastOf(verdict), r.Key)
	})
}

// disown ends an authority that was refused in retrospect: it speaks for no gate
// any more, and what is not live yet starts on it no more.
func (s *Service) disown(tx *db.Tx, actor identity.Actor, r *Release, reason string) error {
	a, err := authorityOf(tx, r.ID)
	if err != nil || a == nil {
		return err
	}
	a.Refused = true
	if err := save(tx, a); err != nil {
		return err
	}
	if slices.Contains([]State{EarlyLife, RolledBack, Review}, r.State) || r.State.Over() {
		return nil
	}
	return s.Unsettle(tx, actor, r, "the emergency was refused in retrospect: "+strings.TrimSuffix(reason, "."))
}

// againstRetro says why a person does not make the retrospective decision.
func againstRetro(r *Release, c *change.Change, actor identity.Actor) []fault.Blocker {
	list := c.Against(actor)
	if actor.UserID == r.OwnerID {
		list = append(list, fault.Blocker{Code: "emergency.independent", Sentence: "You own this release, so somebody else decides in retrospect.",
			Owner: identity.ChangeAuthority.Label(), Link: r.Link("emergency"), Action: "Open the emergency path"})
	}
	return list
}
