package deploy_test

import (
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

func TestOnePersonHoldsAStep(t *testing.T) {
	w := newWorld(t)
	kindIs(t, w.svc.ClaimStep(ctx, w.dario, w.key, 1, 1, 1), fault.Refused) // planned
	w.run(1)
	before := w.step(1, 1)
	if !before.CanClaim || w.step(1, 2).State != deploy.StepWaiting || len(w.step(1, 2).Waits) != 1 {
		t.Fatalf("the first step is %+v", before)
	}
	kindIs(t, w.svc.ClaimStep(ctx, w.maya, w.key, 1, 1, before.Version), fault.Forbidden)
	kindIs(t, w.svc.ClaimStep(ctx, w.machine, w.key, 1, 1, before.Version), fault.Forbidden)
	w.claim(1, 1)
	kindIs(t, w.svc.ClaimStep(ctx, w.dina, w.key, 1, 1, before.Version), fault.Conflict)
	kindIs(t, w.svc.ClaimStep(ctx, w.dina, w.key, 1, 1, w.step(1, 1).Version), fault.Refused)
	refused(t, w.svc.SignStep(ctx, w.dina, w.key, 1, 1, w.step(1, 1).Version, "did it"), "step.rule")
	refused(t, w.svc.HandBackStep(ctx, w.dina, w.key, 1, 1, w.step(1, 1).Version), "step.rule")
	w.must(w.svc.HandBackStep(ctx, w.maya, w.key, 1, 1, w.step(1, 1).Version)) // the lead, for whoever is gone
	w.must(w.svc.ClaimStep(ctx, w.dina, w.key, 1, 1, w.step(1, 1).Version))
}

func TestADoubleTapSignsOnce(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.claim(1, 1)
	version := w.step(1, 1).Version
	field(t, w.svc.SignStep(ctx, w.dario, w.key, 1, 1, version, "  "), "evidence")
	w.later(7 * time.Minute)
	w.must(w.svc.SignStep(ctx, w.dario, w.key, 1, 1, version, "drained"))
	kindIs(t, w.svc.SignStep(ctx, w.dario, w.key, 1, 1, version, "drained"), fault.Conflict)
	got := w.step(1, 1)
	if got.State != deploy.StepDone || got.Version != version+1 || got.Evidence != "drained" || got.EndedAt.Sub(got.ClaimedAt) != 7*time.Minute || got.PlannedAt.IsZero() {
		t.Errorf("signed %+v", got)
	}
	if w.step(1, 2).State != deploy.StepClaimable {
		t.Error("the next step does not open")
	}
}

func TestWitnessIsSomebodyElse(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.sign(1, 1, 2)
	w.claim(1, 3)
	refused(t, w.svc.WitnessStep(ctx, w.dina, w.key, 1, 3, w.step(1, 3).Version, ""), "step.rule") // not signed yet
	w.must(w.svc.SignStep(ctx, w.dario, w.key, 1, 3, w.step(1, 3).Version, "read the digests"))
	if got := w.step(1, 3); got.State != deploy.StepInProgress || !got.AwaitsWitness() {
		t.Fatalf("signed: %+v", got)
	}
	refused(t, w.svc.SignStep(ctx, w.dario, w.key, 1, 3, w.step(1, 3).Version, "again"), "step.rule")
	refused(t, w.svc.HandBackStep(ctx, w.dario, w.key, 1, 3, w.step(1, 3).Version), "step.rule")
	refused(t, w.svc.WitnessStep(ctx, w.dario, w.key, 1, 3, w.step(1, 3).Version, ""), "step.rule")
	for _, actor := range []identity.Actor{w.chen, w.sofia, w.machine} {
		kindIs(t, w.svc.WitnessStep(ctx, actor, w.key, 1, 3, w.step(1, 3).Version, ""), fault.Forbidden)
	}
	list, err := w.svc.MySteps(ctx, w.dina)
	if err != nil || len(list) != 1 || list[0].What != "witness" || list[0].RunLink() != "/releases/PAY-2026.11.2/waves/1/run#step-3" {
		t.Errorf("dina is asked for %+v, %v", list, err)
	}
	w.must(w.svc.WitnessStep(ctx, w.maya, w.key, 1, 3, w.step(1, 3).Version, "on the bridge"))
	if got := w.step(1, 3); got.State != deploy.StepDone || got.WitnessName != "Maya" {
		t.Errorf("witnessed: %+v", got)
	}
}

func TestFailedStepsAreRetriedOrSkippedByTheLead(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.claim(1, 1)
	field(t, w.svc.FailStep(ctx, w.dario, w.key, 1, 1, w.step(1, 1).Version, ""), "reason")
	refused(t, w.svc.FailStep(ctx, w.dina, w.key, 1, 1, w.step(1, 1).Version, "no"), "step.rule")
	w.must(w.svc.FailStep(ctx, w.dario, w.key, 1, 1, w.step(1, 1).Version, "does not drain"))
	if w.step(1, 2).State != deploy.StepWaiting {
		t.Error("a step goes on after a failed one")
	}
	w.must(w.svc.RetryStep(ctx, w.dina, w.key, 1, 1, w.step(1, 1).Version, "killed the last session"))
	refused(t, w.svc.SkipStep(ctx, w.dario, w.key, 1, 1, w.step(1, 1).Version, "why not"), "step.rule")
	field(t, w.svc.SkipStep(ctx, w.maya, w.key, 1, 1, w.step(1, 1).Version, ""), "reason")
	w.must(w.svc.SkipStep(ctx, w.maya, w.key, 1, 1, w.step(1, 1).Version, "nobody is connected"))
	if got := w.step(1, 1); got.State != deploy.StepNotApplicable || got.Reason == "" || w.step(1, 2).State != deploy.StepClaimable {
		t.Errorf("skipped: %+v", got)
	}
	refused(t, w.svc.ClaimStep(ctx, w.dario, w.key, 1, 4, w.step(1, 4).Version)) // back-out
}

func TestPauseStopsClaimsButNotSignatures(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.claim(1, 1)
	kindIs(t, w.svc.PauseWave(ctx, w.chen, w.key, 1, "odd noise"), fault.Forbidden)
	field(t, w.svc.PauseWave(ctx, w.dario, w.key, 1, ""), "reason")
	w.must(w.svc.PauseWave(ctx, w.dario, w.key, 1, "odd noise"))
	w.must(w.svc.SignStep(ctx, w.dario, w.key, 1, 1, w.step(1, 1).Version, "was done already"))
	refused(t, w.svc.ClaimStep(ctx, w.dario, w.key, 1, 2, w.step(1, 2).Version), "wave.running")
	w.must(w.svc.ResumeWave(ctx, w.dario, w.key, 1, "it was the fan"))
	w.claim(1, 2)
}

func TestMySteps(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	for actor, want := range map[string]int{"dario": 1, "maya": 0, "chen": 0} {
		who := map[string]identity.Actor{"dario": w.dario, "maya": w.maya, "chen": w.chen}[actor]
		list, err := w.svc.MySteps(ctx, who)
		if err != nil || len(list) != want {
			t.Errorf("%s has %d steps, %v", actor, len(list), err)
		}
	}
	w.claim(1, 1)
	if list, _ := w.svc.MySteps(ctx, w.dina); len(list) != 0 {
		t.Errorf("dina is offered %+v", list)
	}
	if list, _ := w.svc.MySteps(ctx, w.dario); len(list) != 1 || list[0].What != "sign" {
		t.Errorf("dario holds %+v", list)
	}
}
