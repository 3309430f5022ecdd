package deploy

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/state"
)

// writeStep runs a deed on one step. The record version decides, so that a
// double tap signs once: the second comes with an older version.
func (s *Service) writeStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, p identity.Permission, verb StepVerb, fn func(*deed, *Step) error) error {
	return s.writeWave(ctx, actor, key, wave, 0, p, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		step, err := findStep(d.tx, d.w.ID, number)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(step, version); err != nil {
			return err
		}
		if !stepMoves.Allows(step.State, verb) {
			return step.move(verb)
		}
		if !d.w.State.Live() {
			return fault.Refuse("The run sheet is not worked on now.", d.block("wave.live", "Open the wave", "%s is %s.", d.w.Label(), state.Word(d.w.State)))
		}
		if err := fn(d, step); err != nil {
			return err
		}
		if err := save(d.tx, step); err != nil {
			return err
		}
		var files []string
		if verb.vouches() {
			if files, err = dml.Vouch(d.tx, actor, stepSubject, step.ID); err != nil {
				return err
			}
		}
		if err := d.recordDetail("step."+string(step.State), step.Reason, strings.Join(files, "\n"), "%s", step.told(verb, d.w)); err != nil {
			return err
		}
		return d.settle()
	})
}

// told is the step's deed in words.
func (s *Step) told(verb StepVerb, w *Wave) string {
	words := map[StepVerb]string{StepVerbClaim: "claimed %s of %s", StepVerbHandBack: "handed back %s of %s", StepVerbSign: "signed %s of %s, to be witnessed",
		StepVerbComplete: "signed %s of %s as done", StepVerbWitness: "witnessed %s of %s", StepVerbFail: "reported that %s of %s failed",
		StepVerbRetry: "opened %s of %s again", StepVerbSkip: "said that %s of %s does not apply"}
	return fmt.Sprintf(words[verb], s.Label(), w.Label())
}

// workable says why nobody works on a step of the kind now.
func (d *deed) workable(kind StepKind) error {
	w := d.w
	if kind == BackOut {
		if w.State == WaveRemediating && !w.BackOutAt.IsZero() {
			return nil
		}
		return fault.Refuse("Back-out steps are not taken now.", d.block("wave.remediating", "Open the wave", "%s is %s; its back-out steps are taken once it is backed out.", w.Label(), state.Word(w.State)))
	}
	var list []fault.Blocker
	if w.State != WaveRunning && w.State != WaveVerifying {
		list = append(list, d.block("wave.running", "Open the wave", "%s is %s; its steps are taken while it runs.", w.Label(), state.Word(w.State)))
	}
	list = append(list, d.releaseBlockers(release.Deploying)...)
	return fault.Refuse("The step is not taken now.", list...)
}

// ClaimStep takes a step; one person holds it.
func (s *Service) ClaimStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64) error {
	return s.writeStep(ctx, actor, key, wave, number, version, identity.StepSign, StepVerbClaim, func(d *deed, step *Step) error {
		if err := d.workable(step.Kind); err != nil {
			return err
		}
		unread, err := d.noteBlockers()
		if err != nil {
			return err
		}
		if err := fault.Refuse("The step was not taken.", unread...); err != nil {
			return err
		}
		step.HolderID, step.HolderName, step.ClaimedAt = actor.UserID, actor.Name, d.tx.Now
		return step.move(StepVerbClaim)
	})
}

// HandBackStep gives a claimed step back. Its holder does, or the wave's lead
// where the holder is gone.
func (s *Service) HandBackStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64) error {
	return s.writeStep(ctx, actor, key, wave, number, version, identity.WaveControl, StepVerbHandBack, func(d *deed, step *Step) error {
		if step.HolderID != actor.UserID && !d.w.leads(actor) {
			return d.notYours(step)
		}
		if step.AwaitsWitness() {
			return fault.Refuse("The step was not handed back.", d.stepBlock(step, "%s is signed already; it waits for its witness.", step.Label()))
		}
		step.HolderID, step.HolderName, step.ClaimedAt = 0, "", 0
		return step.move(StepVerbHandBack)
	})
}

// SignStep says with evidence that the held step is done. A step with a witness
// is done once somebody else has signed too.
func (s *Service) SignStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, evidence string) error {
	return s.writeStep(ctx, actor, key, wave, number, version, identity.StepSign, StepVerbComplete, func(d *deed, step *Step) error {
		if step.HolderID != actor.UserID {
			return d.notYours(step)
		}
		if step.AwaitsWitness() {
			return fault.Refuse("The step is signed already.", d.stepBlock(step, "%s waits for its witness.", step.Label()))
		}
		if err := because(&evidence, "evidence", "Say what shows that it is done: what you read, saw or measured."); err != nil {
			return err
		}
		if _, err := d.byID(); err != nil {
			return err
		}
		step.Evidence, step.SignedAt = evidence, d.tx.Now
		if step.Witness {
			return step.move(StepVerbSign)
		}
		step.EndedAt = d.tx.Now
		return step.move(StepVerbComplete)
	})
}

// WitnessStep is the second signature, by somebody else: whoever may sign
// steps, or give go.
func (s *Service) WitnessStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, note string) error {
	return s.writeStep(ctx, actor, key, wave, number, version, identity.ReportRead, StepVerbWitness, func(d *deed, step *Step) error {
		if !d.mayWitness() {
			return identity.Authorize(actor, identity.StepSign, d.r.ServiceID)
		}
		if !step.AwaitsWitness() {
			return fault.Refuse("There is nothing to witness.", d.stepBlock(step, "%s is not signed yet.", step.Label()))
		}
		if step.HolderID == actor.UserID {
			return fault.Refuse("The step was not witnessed.", d.stepBlock(step, "You signed %s, so somebody else witnesses it.", step.Label()))
		}
		if _, err := d.byID(); err != nil {
			return err
		}
		step.WitnessID, step.WitnessName, step.WitnessNote, step.EndedAt = actor.UserID, actor.Name, strings.TrimSpace(note), d.tx.Now
		return step.move(StepVerbWitness)
	})
}

func (d *deed) mayWitness() bool {
	return d.actor.Can(identity.StepSign, d.r.ServiceID) || d.actor.Can(identity.WaveGo, d.r.ServiceID)
}

// FailStep says that the held step failed, and why. A witness who does not
// agree with what was signed fails it too.
func (s *Service) FailStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, reason string) error {
	return s.writeStep(ctx, actor, key, wave, number, version, identity.StepSign, StepVerbFail, func(d *deed, step *Step) error {
		if step.HolderID != actor.UserID && !step.AwaitsWitness() {
			return d.notYours(step)
		}
		if err := because(&reason, "reason", "Say what went wrong."); err != nil {
			return err
		}
		step.Reason, step.ReasonBy, step.EndedAt = reason, actor.Name, d.tx.Now
		return step.move(StepVerbFail)
	})
}

// RetryStep makes a failed step claimable again.
func (s *Service) RetryStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, reason string) error {
	return s.writeStep(ctx, actor, key, wave, number, version, identity.WaveControl, StepVerbRetry, func(d *deed, step *Step) error {
		if err := d.workable(step.Kind); err != nil {
			return err
		}
		if err := because(&reason, "reason", "Say what is different now."); err != nil {
			return err
		}
		return step.reopen(actor.Name, reason)
	})
}

func (s *Step) reopen(by, reason string) error {
	s.HolderID, s.HolderName, s.ClaimedAt, s.SignedAt, s.EndedAt, s.Evidence = 0, "", 0, 0, 0, ""
	s.Reason, s.ReasonBy = reason, by
	return s.move(StepVerbRetry)
}

// SkipStep says that a step does not apply; only the wave's lead may.
func (s *Service) SkipStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, reason string) error {
	return s.writeStep(ctx, actor, key, wave, number, version, identity.WaveControl, StepVerbSkip, func(d *deed, step *Step) error {
		if !d.w.leads(actor) {
			b := d.stepBlock(step, "Only the wave's lead says that a step does not apply.")
			b.Owner = d.w.LeadName
			return fault.Refuse("The step was not skipped.", b)
		}
		if err := d.workable(step.Kind); err != nil {
			return err
		}
		if err := because(&reason, "reason", "Say why it does not apply."); err != nil {
			return err
		}
		step.Reason, step.ReasonBy, step.EndedAt = reason, actor.Name, d.tx.Now
		return step.move(StepVerbSkip)
	})
}

func (d *deed) stepBlock(step *Step, format string, args ...any) fault.Blocker {
	return fault.Blocker{Code: "step.rule", Sentence: fmt.Sprintf(format, args...), Owner: identity.DeploymentStaff.Label(), Link: d.w.RunLink() + "#" + step.Anchor(), Action: "Open the step"}
}

func (d *deed) notYours(step *Step) error {
	b := d.stepBlock(step, "%s is held by %s.", step.Label(), step.HolderName)
	b.Owner = step.HolderName
	return fault.Refuse("This step is not yours.", b)
}
