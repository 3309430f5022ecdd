package deploy

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// AddStep adds a step at the end of a planned wave's run sheet.
func (s *Service) AddStep(ctx context.Context, actor identity.Actor, key string, wave int64, draft StepDraft) error {
	return s.planWave(ctx, actor, key, wave, 0, func(d *deed) error {
		steps, err := stepsOf(d.tx, d.w.ID)
		if err != nil {
			return err
		}
		number := int64(1)
		if len(steps) > 0 {
			number = steps[len(steps)-1].Number + 1
		}
		if err := draft.validate(steps, number); err != nil {
			return err
		}
		step := Step{WaveID: d.w.ID, ReleaseID: d.r.ID, Number: number, State: StepWaiting}
		draft.apply(&step)
		if err := insert(d.tx, &step); err != nil {
			return err
		}
		if err := d.replanSteps(); err != nil {
			return err
		}
		return d.record("step.add", "", "added %s to %s", step.Label(), d.w.Label())
	})
}

// EditStep changes a step of a planned wave.
func (s *Service) EditStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, draft StepDraft) error {
	return s.planStep(ctx, actor, key, wave, number, version, func(d *deed, step *Step, steps []Step) error {
		if err := draft.validate(steps, number); err != nil {
			return err
		}
		draft.apply(step)
		if err := save(d.tx, step); err != nil {
			return err
		}
		return d.record("step.edit", "", "changed %s of %s", step.Label(), d.w.Label())
	})
}

// RemoveStep takes a step out of a planned wave.
func (s *Service) RemoveStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64) error {
	return s.planStep(ctx, actor, key, wave, number, version, func(d *deed, step *Step, steps []Step) error {
		for _, other := range steps {
			if slices.Contains(other.After(), number) {
				return fault.Refuse("The step was not removed.", d.block("step.awaited", "Change that step first", "%s waits for it.", other.Label()))
			}
		}
		if err := deleteStep(d.tx, step.ID); err != nil {
			return err
		}
		return d.record("step.remove", "", "removed %s of %s", step.Label(), d.w.Label())
	})
}

func (s *Service) planStep(ctx context.Context, actor identity.Actor, key string, wave, number, version int64, fn func(*deed, *Step, []Step) error) error {
	return s.planWave(ctx, actor, key, wave, 0, func(d *deed) error {
		step, err := findStep(d.tx, d.w.ID, number)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(step, version); err != nil {
			return err
		}
		steps, err := stepsOf(d.tx, d.w.ID)
		if err != nil {
			return err
		}
		if err := fn(d, step, steps); err != nil {
			return err
		}
		return d.replanSteps()
	})
}
