package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/internal/state"
)

// ReadyWave freezes the wave's list of targets and stages the package.
func (s *Service) ReadyWave(ctx context.Context, actor identity.Actor, key string, number, version int64) error {
	return s.writeWave(ctx, actor, key, number, version, identity.WavePlan, func(d *deed) error {
		if !waveMoves.Allows(d.w.State, WaveVerbReady) {
			return d.w.move(WaveVerbReady)
		}
		blockers, err := d.readyBlockers()
		if err != nil {
			return err
		}
		if err := fault.Refuse(d.w.Label()+" is not ready.", blockers...); err != nil {
			return err
		}
		if err := d.w.move(WaveVerbReady); err != nil {
			return err
		}
		if err := d.stage(); err != nil {
			return err
		}
		if err := save(d.tx, d.w); err != nil {
			return err
		}
		return d.record("ready", "", "made %s ready: %s frozen, staged %s", d.w.Label(), noun.Count(d.w.Total, "target"), d.w.PackageDigest)
	})
}

// stage freezes the targets under the digest that they will get.
func (d *deed) stage() error {
	w := d.w
	filter, err := w.choice()
	if err != nil {
		return err
	}
	state, err := d.stagedState()
	if err != nil {
		return err
	}
	w.Joined = 0
	if _, err := freeze(d.tx, w, filter, d.earlier(), d.r.Approach.Delivery, state); err != nil {
		return err
	}
	w.PackageVersion, w.PackageDigest, w.ReadyAt, w.ReadyBy = d.r.PackageVersion, d.r.PackageDigest, d.tx.Now, d.actor.Name
	return d.recount()
}

// stagedState is where a target stands that a wave has frozen and not begun.
func (d *deed) stagedState() (TargetState, error) {
	if d.r.Approach.Delivery == "pull" {
		return TargetPending, nil
	}
	return pushMoves.Next(d.w.Label(), TargetPending, TargetStage)
}

// stageable are the states of a release in which its package is checked in.
var stageable = []release.State{release.Ready, release.Deploying, release.Paused, release.Remediating}

// readyBlockers lists all that keeps the wave from being ready.
func (d *deed) readyBlockers() ([]fault.Blocker, error) {
	r, w := d.r, d.w
	var list []fault.Blocker
	if !slices.Contains(stageable, r.State) {
		list = append(list, fault.Blocker{Code: "release.ready", Sentence: fmt.Sprintf("%s is %s; its package is not checked in.", r.Key, state.Word(r.State)),
			Owner: identity.ChangeManager.Label(), Link: r.Link("gates", string(release.A3)), Action: "Open A3"})
	} else if r.PackageDigest == "" || r.SignedDigest != r.PackageDigest {
		list = append(list, fault.Blocker{Code: "wave.digest", Sentence: "No signed package can be staged.", Owner: identity.ChangeManager.Label(), Link: r.Link("package"), Action: "Open the package"})
	}
	n, err := d.taken()
	if err != nil {
		return nil, err
	}
	list = append(list, d.planBlockers(n)...)
	steps, err := stepsOf(d.tx, w.ID)
	if err != nil {
		return nil, err
	}
	list = append(list, d.stepBlockers(steps)...)
	staff, err := d.staffBlockers(steps)
	if err != nil {
		return nil, err
	}
	lacks, err := d.method().Blockers(d.tx, r, w)
	return append(append(list, staff...), lacks...), err
}

// taken counts the targets that the wave has or would take now.
func (d *deed) taken() (int64, error) {
	if d.w.State != WavePlanned && d.w.State != WaveNoGo {
		return d.w.Total, nil
	}
	filter, err := d.w.choice()
	if err != nil {
		return 0, nil
	}
	if err := d.guard(); err != nil {
		return 0, err
	}
	return countTaken(d.tx, d.w, filter, d.earlier())
}

// guard finds what is newer in the wave's environment once for all its waves.
func (d *deed) guard() error {
	for i := range d.waves {
		if one := &d.waves[i]; one.guarded && one.EnvironmentID == d.w.EnvironmentID {
			d.w.newer, d.w.guarded = one.newer, true
		}
	}
	return guard(d.tx, d.w)
}

// planBlockers say what the wave's plan lacks: a place, targets, a window.
func (d *deed) planBlockers(targets int64) []fault.Blocker {
	r, w := d.r, d.w
	var list []fault.Blocker
	if w.EnvironmentID == 0 {
		list = append(list, fault.Blocker{Code: "wave.environment", Sentence: fmt.Sprintf("There is no environment %s.", w.EnvironmentKey), Owner: placeOwner, Link: "/environments", Action: "Add the environment"})
	} else if targets == 0 {
		list = append(list, d.block("wave.targets", "Change the filter", "%s takes no target.", w.Label()))
	}
	switch {
	case w.WindowStart.IsZero():
		list = append(list, d.block("wave.window", "Set its window", "%s has no window.", w.Label()))
	case r.WindowStart.IsZero() || w.WindowStart.Before(r.WindowStart) || w.WindowEnd.After(r.WindowEnd):
		list = append(list, d.block("wave.window", "Move its window", "The window of %s does not lie inside the release's.", w.Label()))
	}
	return list
}

// stepBlockers say which kinds of steps are missing. Machines need no run sheet.
func (d *deed) stepBlockers(steps []Step) []fault.Blocker {
	if d.w.ByMachine() {
		return nil
	}
	var list []fault.Blocker
	for _, kind := range StepKinds() {
		if len(ofKind(steps, kind)) == 0 {
			b := d.block("wave.steps", "Add the step", "%s has no %s step.", d.w.Label(), kind)
			b.Link = d.w.RunLink()
			list = append(list, b)
		}
	}
	return list
}

// staffBlockers say whether somebody is named, still holds the role, and can be
// witnessed where a step asks for it.
func (d *deed) staffBlockers(steps []Step) ([]fault.Blocker, error) {
	steps = handwork(d.w, steps)
	if d.w.ByMachine() && len(steps) == 0 {
		return nil, nil
	}
	people, err := identity.People(d.tx, d.r.ServiceID, identity.RolesFor(identity.StepSign)...)
	if err != nil {
		return nil, err
	}
	staffed := slices.ContainsFunc(d.w.Staff, func(s Staff) bool {
		return slices.ContainsFunc(people, func(p identity.Person) bool { return p.ID == s.UserID })
	})
	if !staffed {
		return []fault.Blocker{d.block("wave.staffed", "Name deployment staff", "Nobody is named to carry out %s.", d.w.Label())}, nil
	}
	if !slices.ContainsFunc(steps, func(s Step) bool { return s.Witness }) || len(people) > 1 {
		return nil, nil
	}
	witnesses, err := identity.People(d.tx, d.r.ServiceID, append(identity.RolesFor(identity.StepSign), identity.RolesFor(identity.WaveGo)...)...)
	if err != nil || len(witnesses) > 1 {
		return nil, err
	}
	return []fault.Blocker{d.block("wave.witness", "Name a second person", "A step of %s needs a witness, and there is only one person who may sign.", d.w.Label())}, nil
}

// NoGo refuses go, or takes it back before the start, with a reason.
func (s *Service) NoGo(ctx context.Context, actor identity.Actor, key string, number, version int64, reason string) error {
	p, err := s.goBy(ctx, actor, key, number)
	if err != nil {
		return err
	}
	return s.writeWave(ctx, actor, key, number, version, p, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		stand, err := d.mayGo()
		if err != nil {
			return err
		}
		if err := because(&reason, "reason", "Say what has to be mended before go."); err != nil {
			return err
		}
		if err := d.w.move(WaveVerbNoGo); err != nil {
			return err
		}
		d.w.NoGoAt, d.w.NoGoByID, d.w.NoGoBy, d.w.NoGoReason = d.tx.Now, actor.UserID, standingFor(actor.Name, stand), reason
		if err := save(d.tx, d.w); err != nil {
			return err
		}
		files, err := dml.Vouch(d.tx, actor, goSubject, d.w.ID)
		if err != nil {
			return err
		}
		return d.recordDetail("nogo", reason, strings.Join(files, "\n"), "%s", standingFor("refused go for "+d.w.Label(), stand))
	})
}

// ReplanWave takes a wave that got no go, or was rolled back, back to planning.
func (s *Service) ReplanWave(ctx context.Context, actor identity.Actor, key string, number, version int64) error {
	return s.writeWave(ctx, actor, key, number, version, identity.WavePlan, func(d *deed) error { return d.replan() })
}

// replan forgets the frozen list and begins the run sheet anew. What became of
// each target stays in its history, who signed what in the record.
func (d *deed) replan() error {
	w := d.w
	if err := w.move(WaveVerbReplan); err != nil {
		return err
	}
	if err := thaw(d.tx, w.ID); err != nil {
		return err
	}
	steps, err := stepsOf(d.tx, w.ID)
	if err != nil {
		return err
	}
	if err := deleteSteps(d.tx, w.ID); err != nil {
		return err
	}
	for i, step := range steps {
		steps[i] = Step{WaveID: w.ID, ReleaseID: w.ReleaseID, Number: step.Number, Kind: step.Kind, Title: step.Title, Instruction: step.Instruction, Command: step.Command,
			Minutes: step.Minutes, Witness: step.Witness, WaitsFor: step.WaitsFor, State: StepWaiting}
	}
	schedule(w.WindowStart, steps)
	if err := insertSteps(d.tx, steps); err != nil {
		return err
	}
	w.forget()
	if err := d.estimate(); err != nil {
		return err
	}
	if err := save(d.tx, w); err != nil {
		return err
	}
	if err := d.s.book(d.tx, d.r, w); err != nil {
		return err
	}
	return d.record("replan", w.NoGoReason, "took %s back to planning", w.Label())
}

// forget clears what happened to the wave before it is planned anew. The last
// no-go stays, so that whoever plans sees what to mend.
func (w *Wave) forget() {
	w.PackageVersion, w.PackageDigest, w.ReadyAt, w.ReadyBy = 0, "", 0, ""
	w.Total, w.Verified, w.Active, w.Failed, w.Excluded, w.RolledBack = 0, 0, 0, 0, 0, 0
	w.GoAt, w.GoByID, w.GoBy, w.GoComment, w.StartedAt, w.StartedBy = 0, 0, "", "", 0, ""
	w.PausedWith, w.PauseReason, w.CompletedAt, w.SoakUntil, w.FailedAt, w.FailReason = false, "", 0, 0, 0, ""
	w.Retrying, w.HealthAt, w.HealthBy, w.HealthNote = 0, 0, "", ""
	w.RemediatingAt, w.BackOutAt, w.BackOutBy, w.BackOutReason, w.RolledBackAt = 0, 0, "", "", 0
}
