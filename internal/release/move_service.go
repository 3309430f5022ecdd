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

// Do tells a release something by hand: submit, hold, resume, rework, cancel…
func (s *Service) Do(ctx context.Context, actor identity.Actor, key string, verb Verb, reason string, version int64) error {
	return s.write(ctx, actor, key, identity.ReleaseEdit, func(tx *db.Tx, r *Release) error {
		if !slices.Contains(s.Allowed(actor, r), verb) {
			_, err := transitions.Next(r.Key, r.State, verb)
			if err == nil {
				err = fault.New(fault.Refused, "%s is not told to %s by hand; the process does that.", r.Key, verb)
			}
			return err
		}
		if version != 0 {
			if err := db.CheckVersion(r, version); err != nil {
				return err
			}
		}
		reason = strings.TrimSpace(reason)
		if needsReason(verb) && reason == "" {
			return invalid("reason", "Say why; it is kept on the record.")
		}
		return s.Advance(tx, actor, r, verb, reason)
	})
}

// Allowed lists what the actor may tell the release by hand.
func (s *Service) Allowed(actor identity.Actor, r *Release) []Verb {
	if !actor.Can(identity.ReleaseEdit, r.ServiceID) {
		return nil
	}
	byHand := []Verb{VerbSubmit, VerbHold, VerbResume, VerbRework, VerbRebuild, VerbReview, VerbCancel}
	return slices.DeleteFunc(byHand, func(v Verb) bool { return !transitions.Allows(r.State, v) })
}

// Advance moves a release by its table, keeps the dates and the schedule, and
// records it. The rooms to the right say the verbs that are theirs.
func (s *Service) Advance(tx *db.Tx, actor identity.Actor, r *Release, verb Verb, reason string) error {
	was := r.State
	if err := r.advance(verb, tx.Now); err != nil {
		return err
	}
	if err := s.attend(tx, actor, r, verb); err != nil {
		return err
	}
	if err := saveRelease(tx, r, was); err != nil {
		return err
	}
	if err := insertPhase(tx, &Phase{ReleaseID: r.ID, State: r.State, Since: tx.Now, Verb: verb, ByName: actor.Name, Reason: reason}); err != nil {
		return err
	}
	if err := s.change.Stand(tx, r.Key, standing(r.State)); err != nil {
		return err
	}
	if err := s.record(tx, actor, r, "release."+string(verb), reason, "moved %s from %s to %s", r.Key, state.Word(was), state.Word(r.State)); err != nil {
		return err
	}
	if err := s.tell(tx, actor, r, verb); err != nil {
		return err
	}
	return s.underAuthority(tx, r)
}

// tell lets the rooms to the right follow what happened to a release.
func (s *Service) tell(tx *db.Tx, actor identity.Actor, r *Release, verb Verb) error {
	for _, room := range s.follow {
		if err := room.Follow(tx, actor, r, verb); err != nil {
			return err
		}
	}
	return nil
}

// attend opens the next gate and moves the change along.
func (s *Service) attend(tx *db.Tx, actor identity.Actor, r *Release, verb Verb) error {
	gate := map[Verb]GateCode{VerbSubmit: A1, VerbAuthorisePlan: A2, VerbAuthoriseBuild: A3, VerbCheckIn: A4,
		VerbExitEarlyLife: A5, VerbReview: A5}[verb]
	if gate != "" {
		submitter := int64(0)
		if verb == VerbSubmit || verb == VerbReview { // the others follow from a decision
			submitter = actor.UserID
		}
		if err := s.openGate(tx, r, gate, submitter); err != nil {
			return err
		}
	}
	switch verb {
	case VerbRework, VerbRebuild:
		return s.rework(tx, actor, r, verb)
	case VerbCancel:
		if err := s.giveBack(tx, actor, r); err != nil {
			return err
		}
	case VerbRollBack:
		if err := s.takeBack(tx, actor, r); err != nil {
			return err
		}
	}
	return s.moveChange(tx, actor, r, verb)
}

// moveChange keeps the accompanying change in step with the release.
func (s *Service) moveChange(tx *db.Tx, actor identity.Actor, r *Release, verb Verb) error {
	c, err := s.change.Find(tx, r.ChangeKey)
	if err != nil {
		return fmt.Errorf("change of %s: %w", r.Key, err)
	}
	var steps []change.Verb
	switch verb {
	case VerbSubmit:
		if !c.Emergency {
			if c.State == change.Rejected {
				steps = append(steps, change.Redraft)
			}
			if c.State == change.Draft || c.State == change.Rejected {
				steps = append(steps, change.Submit, change.Assess)
			}
		}
	case VerbReject:
		if c.State == change.Assessing {
			steps = append(steps, change.Reject)
		}
	case VerbStart:
		if c.State == change.Scheduled || c.State == change.ECABAuthorised {
			steps = append(steps, change.Implement)
		}
	case VerbExitEarlyLife, VerbReview, VerbClose:
		if c.State == change.Implementing || c.State == change.RetroApproved || c.State == change.RetroRefused {
			steps = append(steps, change.Review)
		}
		if verb == VerbClose {
			steps = append(steps, change.Close)
		}
	case VerbCancel: // a debt of an emergency outlives its release
		if slices.Contains(c.Allowed(), change.Cancel) {
			steps = append(steps, change.Cancel)
		}
	}
	for _, step := range steps {
		if err := s.change.Advance(tx, actor, c.Key, step, "with release "+r.Key); err != nil {
			return err
		}
	}
	return nil
}
