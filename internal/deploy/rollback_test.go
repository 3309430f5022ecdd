package deploy_test

import (
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/release"
)

// out brings both waves out, the second still running.
func (w *world) out() {
	w.t.Helper()
	w.run(1)
	w.complete(1)
	w.later(25 * time.Hour)
	w.run(2)
	w.sign(2, 1, 2)
}

// goesBack carries out the back-out of a wave.
func (w *world) goesBack(n int64) {
	w.t.Helper()
	w.sign(n, 4)
	_, err := w.svc.ReportAllRolledBack(ctx, w.dario, w.key, n, "read on each")
	w.must(err)
	w.stands(n, deploy.WaveRolledBack)
}

func TestARolloutBackSoaksBetweenItsWaves(t *testing.T) {
	w := newWorld(t)
	w.plans(2, func(e *deploy.WaveEdit) { e.SoakHours = 2 })
	field(t, w.svc.RollOutBack(ctx, w.maya, w.key, " ", ""), "reason")
	refused(t, w.svc.RollOutBack(ctx, w.maya, w.key, "errors", ""), "remediation.waves")
	w.out()
	kindIs(t, w.svc.RollOutBack(ctx, w.dario, w.key, "errors", ""), fault.Forbidden)
	w.must(w.svc.RollOutBack(ctx, w.maya, w.key, "errors everywhere", ""))
	w.releaseIs(release.Remediating)
	w.stands(1, deploy.WaveRemediating)
	w.stands(2, deploy.WaveRemediating)
	if first, second := w.wave(1), w.wave(2); !first.BackOutAt.IsZero() || second.BackOutAt.IsZero() {
		t.Fatal("the last wave goes back first, alone")
	}
	refused(t, w.svc.RollOutBack(ctx, w.maya, w.key, "again", ""), "remediation.open")
	w.goesBack(2)
	w.ticks()
	if !w.wave(1).BackOutAt.IsZero() {
		t.Fatal("the first wave goes back before the service was watched")
	}
	w.later(2 * time.Hour)
	w.ticks()
	if one := w.wave(1); one.BackOutAt.IsZero() || one.BackOutBy != "Maya" {
		t.Fatalf("the first wave does not go back after the soak: %q", one.BackOutBy)
	}
	w.goesBack(1)
	board, err := w.svc.Board(ctx, w.maya, w.key)
	w.must(err)
	if board.Back != nil || !board.Can.RollBack {
		t.Error("the rollout back has not ended")
	}
	for _, key := range []string{"osl-1", "bgo-1"} {
		if got := w.installed(key); got.InstalledDigest != former {
			t.Errorf("%s runs %s", key, got.InstalledDigest)
		}
	}
}

func TestAnIncidentDoesNotWait(t *testing.T) {
	w := newWorld(t)
	w.plans(2, func(e *deploy.WaveEdit) { e.SoakHours = 2 })
	w.out()
	w.must(w.svc.RollOutBack(ctx, w.maya, w.key, "nobody can pay", "INC-4711"))
	w.goesBack(2)
	if w.wave(1).BackOutAt.IsZero() {
		t.Fatal("the first wave waits although there is an incident")
	}
	w.goesBack(1)
}

func TestARolloutBackPastThePointOfNoReturnIsDecided(t *testing.T) {
	w := newWorld(t)
	w.plans(2, func(e *deploy.WaveEdit) { e.NoReturn = true })
	w.out()
	refused(t, w.svc.RollOutBack(ctx, w.maya, w.key, "errors", ""), "wave.noreturn")
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 2, "errors"))
	w.must(w.svc.DecideRollback(ctx, w.chen, w.key, "the loss is smaller"))
	w.must(w.svc.RollOutBack(ctx, w.maya, w.key, "errors", ""))
}
