package deploy

import (
	"context"
	"fmt"

	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/state"
)

// control runs a deed on a wave that somebody pauses, stops or mends.
func (s *Service) control(ctx context.Context, actor identity.Actor, key string, number int64, reason *string, fn func(*deed) error) error {
	return s.writeWave(ctx, actor, key, number, 0, identity.WaveControl, func(d *deed) error {
		if err := because(reason, "reason", "Say why; everybody who works on the wave reads it."); err != nil {
			return err
		}
		return fn(d)
	})
}

// PauseWave pauses one wave. Steps that are held may be finished; none is begun.
func (s *Service) PauseWave(ctx context.Context, actor identity.Actor, key string, number int64, reason string) error {
	return s.control(ctx, actor, key, number, &reason, func(d *deed) error {
		if err := d.pause(reason, false); err != nil {
			return err
		}
		return d.record("pause", reason, "paused %s", d.w.Label())
	})
}

func (d *deed) pause(reason string, withRelease bool) error {
	if err := d.w.move(WaveVerbPause); err != nil {
		return err
	}
	d.w.PauseReason, d.w.PausedWith = reason, withRelease
	return save(d.tx, d.w)
}

// ResumeWave resumes a wave. It is a start like any other: leave is asked again.
func (s *Service) ResumeWave(ctx context.Context, actor identity.Actor, key string, number int64, reason string) error {
	return s.control(ctx, actor, key, number, &reason, func(d *deed) error {
		if !waveMoves.Allows(d.w.State, WaveVerbResume) {
			return d.w.move(WaveVerbResume)
		}
		list, err := d.leave(d.tx.Now)
		if err != nil {
			return err
		}
		list = append(list, d.releaseBlockers(release.Deploying)...)
		if err := fault.Refuse(d.w.Label()+" was not resumed.", list...); err != nil {
			return err
		}
		return d.resume(reason)
	})
}

func (d *deed) resume(reason string) error {
	if err := d.w.move(WaveVerbResume); err != nil {
		return err
	}
	d.w.PauseReason, d.w.PausedWith = "", false
	if err := d.record("resume", reason, "resumed %s", d.w.Label()); err != nil {
		return err
	}
	return d.proceed()
}

// FailWave stops a wave and calls it failed.
func (s *Service) FailWave(ctx context.Context, actor identity.Actor, key string, number int64, reason string) error {
	return s.control(ctx, actor, key, number, &reason, func(d *deed) error {
		if err := d.unpause(); err != nil {
			return err
		}
		if err := d.fail(reason); err != nil {
			return err
		}
		if err := save(d.tx, d.w); err != nil {
			return err
		}
		return d.allBackItself()
	})
}

// unpause lets a paused wave be stopped: it is running as far as the table goes.
func (d *deed) unpause() error {
	if d.w.State != WavePaused {
		return nil
	}
	d.w.PauseReason, d.w.PausedWith = "", false
	return d.w.move(WaveVerbResume)
}

// RemediateWave stops a wave and takes it, and its release, to Remediating.
// Then it is retried or backed out. A complete wave is remediated too, while
// the release deploys or in early life.
func (s *Service) RemediateWave(ctx context.Context, actor identity.Actor, key string, number int64, reason string) error {
	return s.control(ctx, actor, key, number, &reason, func(d *deed) error {
		return d.stop(reason)
	})
}

// stop takes a wave to remediation from wherever it stands.
func (d *deed) stop(reason string) error {
	if err := d.unpause(); err != nil {
		return err
	}
	if d.w.State == WaveRunning || d.w.State == WaveVerifying {
		if err := d.w.move(WaveVerbFail); err != nil {
			return err
		}
		d.w.FailedAt, d.w.FailReason = d.tx.Now, reason
	}
	if err := d.remediate(reason); err != nil {
		return err
	}
	return save(d.tx, d.w)
}

// remediate takes a failed or complete wave, and its release, to Remediating.
func (d *deed) remediate(reason string) error {
	if err := d.w.move(WaveVerbRemediate); err != nil {
		return err
	}
	d.w.RemediatingAt, d.w.BackOutAt, d.w.BackOutBy, d.w.BackOutReason = d.tx.Now, 0, "", ""
	if err := d.record("remediate", reason, "took %s to remediation", d.w.Label()); err != nil {
		return err
	}
	if d.r.State == release.Remediating {
		return nil
	}
	return d.s.release.Advance(d.tx, d.actor, d.r, release.VerbRemediate, reason)
}

// RetryWave sends a remediating wave on: its failed targets and steps begin
// again. Everything that a start asks for is asked again.
func (s *Service) RetryWave(ctx context.Context, actor identity.Actor, key string, number int64, reason string) error {
	damaged, err := s.rehash(ctx, actor, key, identity.WaveControl)
	if err != nil {
		return err
	}
	return s.control(ctx, actor, key, number, &reason, func(d *deed) error {
		if !waveMoves.Allows(d.w.State, WaveVerbRetry) {
			return d.w.move(WaveVerbRetry)
		}
		list, err := d.leave(d.tx.Now)
		if err != nil {
			return err
		}
		if !d.w.BackOutAt.IsZero() {
			list = append(list, d.block("wave.backingout", "Finish the back-out", "%s is being backed out since %s.", d.w.Label(), d.at(d.w.BackOutAt)))
		}
		list = append(list, d.othersBroken()...)
		if err := fault.Refuse(d.w.Label()+" was not begun again.", append(damaged, list...)...); err != nil {
			return err
		}
		return d.retry(reason)
	})
}

// othersBroken names other waves that are failed or remediating: the release
// goes back to Deploying only when none is.
func (d *deed) othersBroken() []fault.Blocker {
	var list []fault.Blocker
	for i := range d.waves {
		w := &d.waves[i]
		if (d.w == nil || w.ID != d.w.ID) && (w.State == WaveFailed || w.State == WaveRemediating) {
			list = append(list, fault.Blocker{Code: "wave.broken", Sentence: fmt.Sprintf("%s is %s.", w.Label(), state.Word(w.State)), Owner: d.r.OwnerName, Link: w.Link(), Action: "Open " + w.Part()})
		}
	}
	return list
}

func (d *deed) retry(reason string) error {
	if err := d.w.move(WaveVerbRetry); err != nil {
		return err
	}
	d.w.RemediatingAt, d.w.FailedAt, d.w.FailReason, d.w.CompletedAt, d.w.SoakUntil = 0, 0, "", 0, 0
	if err := d.moveTargets([]TargetVerb{TargetRetry}, map[string]any{"attempts": another(), "reason": "", "settled_at": 0}, TargetFailed, TargetOverdue); err != nil {
		return err
	}
	if err := d.begin(); err != nil {
		return err
	}
	if err := d.recount(); err != nil {
		return err
	}
	steps, err := stepsOf(d.tx, d.w.ID)
	if err != nil {
		return err
	}
	for i := range steps {
		if steps[i].State != StepFailed || steps[i].Kind == BackOut {
			continue
		}
		if err := steps[i].reopen(d.actor.Name, reason); err != nil {
			return err
		}
		if err := save(d.tx, &steps[i]); err != nil {
			return err
		}
	}
	if err := d.record("retry", reason, "began %s again where it failed", d.w.Label()); err != nil {
		return err
	}
	if d.r.State == release.Remediating {
		if err := d.s.release.Advance(d.tx, d.actor, d.r, release.VerbRedeploy, reason); err != nil {
			return err
		}
	}
	return d.settle()
}
