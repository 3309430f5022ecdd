package deploy_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func (w *world) frozen(n int64) string {
	w.t.Helper()
	page, err := w.svc.WaveTargets(ctx, w.maya, w.key, n, deploy.TargetQuery{})
	w.must(err)
	var keys []string
	for _, t := range page.Targets {
		keys = append(keys, t.TargetKey)
	}
	return strings.Join(keys, " ")
}

func (w *world) arrives(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		w.must(w.svc.AddTarget(ctx, w.maya, deploy.TargetDraft{Key: key, EnvironmentKey: "production", Attributes: "site=Late"}))
	}
}

func TestWavesTakeANumberOrAPartOfWhatIsLeft(t *testing.T) {
	w := newWorld(t)
	w.plans(1, func(e *deploy.WaveEdit) { e.Filter, e.TakePercent = "", 40 })
	w.plans(2, func(e *deploy.WaveEdit) { e.TakeCount = 2 })
	_, err := w.svc.AddWave(ctx, w.maya, w.key, deploy.WaveEdit{Name: "Last", EnvironmentKey: "production", SuccessPercent: 100, FailurePercent: 10})
	w.must(err)
	board, err := w.svc.Board(ctx, w.maya, w.key)
	w.must(err)
	for i, want := range []int64{2, 2, 1} {
		if got := board.Waves[i].Total; got != want {
			t.Errorf("wave %d would take %d, want %d", i+1, got, want)
		}
	}
	p, err := w.svc.PreviewWave(ctx, w.maya, w.key, 2, deploy.WaveEdit{EnvironmentKey: "production", Rollout: policy.Rollout{TakeCount: 1}})
	w.must(err)
	if p.Total != 1 || len(p.Sample) != 1 || p.Sample[0].Key != "bgo-3" {
		t.Errorf("the preview takes %d: %v", p.Total, p.Sample)
	}
	w.ready(1)
	if got := w.frozen(1); got != "bgo-1 bgo-2" {
		t.Errorf("wave 1 took %s", got)
	}
	w.ready(2)
	if got := w.frozen(2); got != "bgo-3 osl-1" {
		t.Errorf("wave 2 took %s", got)
	}
}

func TestTargetsArePickedByHand(t *testing.T) {
	w := newWorld(t)
	wave := w.wave(1)
	e := wave.Edit()
	e.Filter, e.Picked = "", "bgo-2, nowhere"
	field(t, w.svc.EditWave(ctx, w.maya, w.key, 1, wave.Version, e), "picked")
	e.Picked = "bgo-2\nosl-1"
	w.must(w.svc.EditWave(ctx, w.maya, w.key, 1, wave.Version, e))
	w.set(&release.Gate{}, "state", release.GateApproved)
	w.ready(1)
	if got := w.frozen(1); got != "bgo-2 osl-1" {
		t.Errorf("wave 1 took %s", got)
	}
	w.ready(2)
	if got := w.frozen(2); got != "bgo-1 bgo-3 osl-2" {
		t.Errorf("wave 2 took %s", got)
	}
}

func TestLateTargetsGoWithTheLastWave(t *testing.T) {
	w := newWorld(t)
	w.plans(1, func(e *deploy.WaveEdit) { e.Filter = "site!=Bergen" })
	w.ready(1)
	w.arrives("new-1")
	board, err := w.svc.Board(ctx, w.maya, w.key)
	w.must(err)
	if one := board.Waves[0]; one.Late != 1 || one.Joins {
		t.Errorf("the first wave tells of %d late targets, joining: %v", one.Late, one.Joins)
	}
	w.must(w.goFor(1))
	w.must(w.startIt(1))
	if got := w.frozen(1); got != "osl-1 osl-2" {
		t.Errorf("wave 1 took %s", got)
	}
	w.complete(1)
	w.later(25 * time.Hour)
	w.ready(2)
	w.must(w.goFor(2))
	w.arrives("new-2")
	w.must(w.startIt(2))
	if got := w.frozen(2); got != "bgo-1 bgo-2 bgo-3 new-1 new-2" {
		t.Errorf("wave 2 took %s", got)
	}
	w.arrives("new-3")
	w.ticks()
	w.later(time.Minute)
	w.ticks()
	if got := w.target(2, "new-3"); got.State != deploy.TargetDeploying {
		t.Errorf("a target that joined while the wave runs is %s", got.State)
	}
	if got := w.wave(2); got.Joined != 2 || got.Total != 6 {
		t.Errorf("%d of %d joined late", got.Joined, got.Total)
	}
}

func TestARuleLeavesLateTargetsOutOrTakesThem(t *testing.T) {
	w := newWorld(t)
	w.plans(1, func(e *deploy.WaveEdit) { e.Filter, e.Joining = "site!=Bergen", policy.JoinTake })
	w.plans(2, func(e *deploy.WaveEdit) { e.Joining = policy.JoinNot })
	w.ready(1)
	w.ready(2)
	w.arrives("new-1")
	w.set(&release.Gate{}, "state", release.GateApproved)
	w.must(w.goFor(1))
	w.must(w.startIt(1))
	if got := w.frozen(1); got != "new-1 osl-1 osl-2" {
		t.Errorf("wave 1 took %s", got)
	}
	if got := w.frozen(2); got != "bgo-1 bgo-2 bgo-3" {
		t.Errorf("wave 2 took %s", got)
	}
}

func TestNothingGoesBackToAnOlderVersionUnlessSomebodySaysSo(t *testing.T) {
	w := newWorld(t)
	w.in(func(tx *db.Tx) error {
		later := &release.Release{Key: "PAY-2026.12.1", Title: "Later", State: release.EarlyLife, ServiceID: 1, ServiceKey: "PAY", ServiceName: "Payments", Type: release.Minor}
		if err := tx.Create(later); err != nil {
			return err
		}
		return tx.Gorm().Model(&deploy.Target{}).Where("target_key = 'bgo-1'").Updates(map[string]any{"installed_release": later.Key, "installed_version": "3.0"}).Error
	})
	board, err := w.svc.Board(ctx, w.maya, w.key)
	w.must(err)
	if one := board.Waves[1]; one.Total != 2 || one.Newer != 1 {
		t.Errorf("wave 2 would take %d and leave out %d", one.Total, one.Newer)
	}
	w.plans(2, func(e *deploy.WaveEdit) { e.Older = "the later release is withdrawn" })
	board, err = w.svc.Board(ctx, w.maya, w.key)
	w.must(err)
	if one := board.Waves[1]; one.Total != 3 || one.Newer != 0 {
		t.Errorf("with a reason wave 2 would take %d", one.Total)
	}
	w.plans(2, func(e *deploy.WaveEdit) { e.Older = "" })
	w.run(1)
	w.complete(1)
	w.later(25 * time.Hour)
	w.ready(2)
	if got := w.frozen(2); got != "bgo-2 bgo-3" {
		t.Errorf("wave 2 took %s", got)
	}
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.Target{}).Where("target_key = 'bgo-2'").Updates(map[string]any{"installed_release": "PAY-2026.12.1"}).Error
	})
	refused(t, w.goFor(2), "wave.downgrade")
}
