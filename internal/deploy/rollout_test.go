package deploy_test

import (
	"log/slog"
	"testing"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/jobs"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// lets gives the world's release a policy that lets it move by itself.
func (w *world) lets(rule policy.TypeRule) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		rules := policy.Standard()
		p := &policy.Policy{Key: "pay", Name: "Payments"}
		if err := tx.Create(p); err != nil {
			return err
		}
		v := &policy.Version{PolicyID: p.ID, PolicyKey: "pay", Number: 1, State: policy.Active, Writers: []int64{}, Rules: rules}
		for name, one := range rules.Types {
			one.AutoGo, one.AutoBack, one.AutoAll = rule.AutoGo, rule.AutoBack, rule.AutoAll
			rules.Types[name] = one
		}
		if err := tx.Create(v); err != nil {
			return err
		}
		return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", w.key).Update("policy_version_id", v.ID).Error
	})
}

// plans changes how a planned wave goes over its targets.
func (w *world) plans(n int64, change func(*deploy.WaveEdit)) {
	w.t.Helper()
	wave := w.wave(n)
	e := wave.Edit()
	change(&e)
	w.must(w.svc.EditWave(ctx, w.maya, w.key, n, wave.Version, e))
	w.set(&release.Gate{}, "state", release.GateApproved) // A4 is given again
}

// ticks runs all background work that is due, as a server does.
func (w *world) ticks() {
	w.t.Helper()
	if w.runner == nil {
		w.runner = jobs.NewRunner(w.d, slog.New(slog.DiscardHandler))
		w.svc.Jobs(w.runner)
		w.must(w.svc.Schedule(ctx))
	}
	w.later(10 * time.Second)
	for {
		worked, err := w.runner.Step(ctx)
		w.must(err)
		if !worked {
			return
		}
	}
}

func TestAWaveGoesAndStartsByItselfWhereThePolicyLetsIt(t *testing.T) {
	w := newWorld(t)
	w.lets(policy.TypeRule{AutoGo: true})
	for _, n := range []int64{1, 2} {
		w.plans(n, func(e *deploy.WaveEdit) { e.AutoGo, e.AutoStart = true, true })
	}
	w.ready(1)
	w.ready(2)
	w.set(&release.Gate{}, "state", release.GateApproved)
	w.ticks()
	w.stands(1, deploy.WaveGo)
	w.ticks()
	w.stands(1, deploy.WaveRunning)
	w.stands(2, deploy.WaveReady) // the pilot is not good yet
	first := w.wave(1)
	if first.GoBy != "the policy pay v1" || first.GoByID != 0 || first.StartedBy != "rollout clock" {
		t.Errorf("go by %q (%d), started by %q", first.GoBy, first.GoByID, first.StartedBy)
	}
	w.complete(1)
	w.ticks()
	w.stands(2, deploy.WaveReady) // it soaks
	w.later(time.Hour)
	w.ticks()
	w.stands(2, deploy.WaveGo) // its window opens tomorrow
	w.later(24 * time.Hour)
	w.ticks()
	w.stands(2, deploy.WaveRunning)
}

func TestNoWaveGoesByItselfAgainstThePolicyOrARule(t *testing.T) {
	w := newWorld(t)
	w.lets(policy.TypeRule{})
	w.plans(1, func(e *deploy.WaveEdit) { e.AutoGo, e.AutoStart = true, true })
	w.ready(1)
	w.set(&release.Gate{}, "state", release.GateApproved)
	w.ticks()
	w.stands(1, deploy.WaveReady)

	w = newWorld(t)
	w.lets(policy.TypeRule{AutoGo: true})
	w.plans(1, func(e *deploy.WaveEdit) { e.AutoGo, e.AutoStart = true, true })
	w.ready(1)
	w.set(&release.Gate{}, "state", release.GateVoided)
	w.ticks()
	w.stands(1, deploy.WaveReady)
	w.set(&release.Gate{}, "state", release.GateApproved)
	w.in(func(tx *db.Tx) error { return tx.Gorm().Exec("DELETE FROM wave_staff").Error })
	w.ticks()
	w.stands(1, deploy.WaveReady)
}

func TestTheClockIsOneHoweverOftenItIsWound(t *testing.T) {
	w := newWorld(t)
	w.ticks()
	for range 5 { // five restarts
		w.must(w.svc.Schedule(ctx))
		w.ticks()
	}
	for range 4 {
		w.ticks()
	}
	var n int64
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&jobs.Job{}).Where("kind = ? AND state = ?", "deploy.clock", jobs.Waiting).Count(&n).Error
	})
	if n != 1 {
		t.Errorf("%d clocks tick", n)
	}
}

type unwell struct{ list []fault.Blocker }

func (u *unwell) Unhealthy(*db.Tx, *release.Release) ([]fault.Blocker, error) { return u.list, nil }

func TestTheNextWaveWaitsForTheHealthGate(t *testing.T) {
	w := newWorld(t)
	w.plans(1, func(e *deploy.WaveEdit) { e.Health = policy.HealthNote })
	w.run(1)
	kindIs(t, w.svc.ConfirmHealth(ctx, w.maya, w.key, 1, w.wave(1).Version, "early"), fault.Refused)
	w.complete(1)
	w.ready(2)
	w.set(&release.Gate{}, "state", release.GateApproved)
	kindIs(t, w.svc.ConfirmHealth(ctx, w.maya, w.key, 1, w.wave(1).Version, "still soaking"), fault.Refused)
	w.later(25 * time.Hour)
	refused(t, w.goFor(2), "wave.health")
	field(t, w.svc.ConfirmHealth(ctx, w.maya, w.key, 1, w.wave(1).Version, " "), "note")
	kindIs(t, w.svc.ConfirmHealth(ctx, w.stefan, w.key, 1, w.wave(1).Version, "fine"), fault.Forbidden)
	kindIs(t, w.svc.ConfirmHealth(ctx, w.machine, w.key, 1, w.wave(1).Version, "fine"), fault.Forbidden)
	w.must(w.svc.ConfirmHealth(ctx, w.maya, w.key, 1, w.wave(1).Version, "error rate as before"))
	w.must(w.goFor(2))

	w = newWorld(t)
	health := &unwell{list: []fault.Blocker{{Code: "wave.health", Sentence: "An incident is open.", Owner: "Elin", Link: "/", Action: "Resolve it"}}}
	w.svc.UseHealth(health)
	w.plans(1, func(e *deploy.WaveEdit) { e.Health = policy.HealthIncidents })
	w.run(1)
	w.complete(1)
	w.ready(2)
	w.set(&release.Gate{}, "state", release.GateApproved)
	w.later(25 * time.Hour)
	refused(t, w.goFor(2), "wave.health")
	health.list = nil
	w.must(w.goFor(2))
}

func TestAFailedWaveIsPutBackByItselfWhereThePolicyLetsIt(t *testing.T) {
	for _, lets := range []bool{true, false} {
		w := newWorld(t)
		w.lets(policy.TypeRule{AutoBack: lets})
		w.plans(1, func(e *deploy.WaveEdit) { e.AutoBackOut = true })
		w.run(1)
		w.must(w.fail(1, "osl-1"))
		if !lets {
			w.stands(1, deploy.WaveFailed)
			continue
		}
		w.stands(1, deploy.WaveRemediating)
		w.releaseIs(release.Remediating)
		if one := w.wave(1); one.BackOutBy != "the policy pay v1" || one.BackOutAt.IsZero() {
			t.Errorf("backed out by %q", one.BackOutBy)
		}
		w.sign(1, 4)
		_, err := w.svc.ReportAllRolledBack(ctx, w.dario, w.key, 1, "read on each")
		w.must(err)
		w.stands(1, deploy.WaveRolledBack)
	}
	w := newWorld(t)
	w.lets(policy.TypeRule{AutoBack: true})
	w.plans(1, func(e *deploy.WaveEdit) { e.AutoBackOut, e.NoReturn = true, true })
	w.run(1)
	w.must(w.fail(1, "osl-1"))
	w.stands(1, deploy.WaveFailed) // past the point of no return a person decides
}

// byMachine makes wave n one that a pretended machine carries out.
func (w *world) byMachine(n int64, change func(*deploy.WaveEdit)) {
	w.t.Helper()
	w.svc.Register(deploy.Pretend{Method: deploy.MethodSSH})
	w.set(&release.Release{}, "execution", "automated")
	w.plans(n, func(e *deploy.WaveEdit) {
		e.Method = deploy.MethodSSH
		change(e)
	})
}

func TestFailuresAreTriedAgainByThePlan(t *testing.T) {
	w := newWorld(t)
	w.byMachine(1, func(e *deploy.WaveEdit) {
		e.RetryAttempts, e.RetryMinutes, e.RetryOn = 3, 10, policy.FailUnreachable
	})
	w.run(1)
	fails := func(key, class string) {
		t.Helper()
		w.must(w.svc.FailBy(ctx, w.machine, w.target(1, key).ID, class, "no route"))
	}
	fails("osl-1", policy.FailUnreachable)
	w.stands(1, deploy.WaveRunning) // it fails at one lost target, and this one is not lost yet
	if one := w.wave(1); one.Failed != 1 || one.Retrying != 1 || one.Lost() != 0 {
		t.Errorf("%d failed, %d retrying", one.Failed, one.Retrying)
	}
	w.ticks()
	if got := w.target(1, "osl-1"); got.State != deploy.TargetFailed {
		t.Fatalf("it is tried again before its time: %s", got.State)
	}
	w.later(10 * time.Minute)
	w.must(w.svc.PauseWave(ctx, w.dario, w.key, 1, "look first"))
	w.ticks()
	if got := w.target(1, "osl-1"); got.State != deploy.TargetFailed {
		t.Fatalf("it is tried again while the wave is paused: %s", got.State)
	}
	w.must(w.svc.ResumeWave(ctx, w.dario, w.key, 1, "go on"))
	w.ticks()
	if got := w.target(1, "osl-1"); got.State != deploy.TargetDeploying || got.Attempts != 2 || got.RetryAt != 0 {
		t.Fatalf("it is %s, attempt %d", got.State, got.Attempts)
	}
	if one := w.wave(1); one.Failed != 0 || one.Retrying != 0 {
		t.Errorf("%d failed, %d retrying", one.Failed, one.Retrying)
	}
	fails("osl-1", policy.FailUnreachable)
	w.later(10 * time.Minute)
	w.ticks()
	if got := w.target(1, "osl-1"); got.State != deploy.TargetFailed {
		t.Fatal("the second rest is no longer than the first")
	}
	w.later(10 * time.Minute)
	w.ticks()
	fails("osl-1", policy.FailUnreachable) // the third attempt was the last
	w.stands(1, deploy.WaveFailed)

	w = newWorld(t)
	w.byMachine(1, func(e *deploy.WaveEdit) { e.RetryAttempts, e.RetryOn = 3, policy.FailUnreachable })
	w.run(1)
	fails("osl-1", policy.FailInstall) // not among those that are tried again
	w.stands(1, deploy.WaveFailed)
}

func TestARetryWaitsForAFreezeToEnd(t *testing.T) {
	w := newWorld(t)
	w.byMachine(1, func(e *deploy.WaveEdit) { e.RetryAttempts, e.RetryOn = 2, policy.FailUnreachable })
	w.run(1)
	w.must(w.svc.FailBy(ctx, w.machine, w.target(1, "osl-1").ID, policy.FailUnreachable, "no route"))
	w.in(func(tx *db.Tx) error {
		return tx.Create(&change.Freeze{Number: 1, Title: "Year end", Reason: "books", StartsAt: tx.Now, StopsAt: tx.Now.Add(time.Hour), Zone: "UTC", State: change.FreezePlanned})
	})
	w.ticks()
	if got := w.target(1, "osl-1"); got.State != deploy.TargetFailed {
		t.Fatalf("it is tried again in a freeze: %s", got.State)
	}
	w.later(time.Hour)
	w.ticks()
	if got := w.target(1, "osl-1"); got.State != deploy.TargetDeploying {
		t.Fatalf("after the freeze it is %s", got.State)
	}
}
