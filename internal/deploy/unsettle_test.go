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

// a4 is the gate of the deployment as it stands.
func (w *world) a4() release.Gate {
	w.t.Helper()
	var g release.Gate
	w.must(w.d.View(ctx, func(tx *db.Tx) error { return tx.First(&g, "code = ?", release.A4) }))
	return g
}

func (w *world) edit(n int64, change func(*deploy.WaveEdit)) {
	w.t.Helper()
	wave := w.wave(n)
	e := wave.Edit()
	change(&e)
	w.must(w.svc.EditWave(ctx, w.maya, w.key, n, wave.Version, e))
}

// TestPlanningAnewVoidsA4 holds what A4 hangs on: each part of a wave that says
// who is reached, when, and what counts as good.
func TestPlanningAnewVoidsA4(t *testing.T) {
	for what, change := range map[string]func(*deploy.WaveEdit){
		"filter": func(e *deploy.WaveEdit) { e.Filter = "site=Oslo" }, "pilot": func(e *deploy.WaveEdit) { e.Pilot = !e.Pilot },
		"point of no return": func(e *deploy.WaveEdit) { e.NoReturn = true }, "window start": func(e *deploy.WaveEdit) { e.WindowStart = e.WindowStart.Add(time.Hour) },
		"window end": func(e *deploy.WaveEdit) { e.WindowEnd = e.WindowEnd.Add(time.Hour) }, "soak": func(e *deploy.WaveEdit) { e.SoakHours += 2 },
		"success": func(e *deploy.WaveEdit) { e.SuccessPercent = 90 }, "failure": func(e *deploy.WaveEdit) { e.FailurePercent = 40 }, "count": func(e *deploy.WaveEdit) { e.FailureCount = 3 },
		"interruption": func(e *deploy.WaveEdit) { e.Outage = policy.Away(15) },
		"environment":  func(e *deploy.WaveEdit) { e.EnvironmentKey = "staging" },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w.must(w.svc.AddEnvironment(ctx, w.maya, deploy.EnvironmentDraft{Key: "staging", Name: "Staging", Zone: "Europe/Oslo"}))
			w.edit(1, change)
			if g := w.a4(); g.State != release.GateVoided || !strings.Contains(g.VoidReason, "changed Wave 1, Pilot") {
				t.Errorf("A4 is %s, because %q", g.State, g.VoidReason)
			}
		})
	}
}

func TestNoGoOnAVoidA4(t *testing.T) {
	w := newWorld(t)
	w.ready(1)
	w.edit(2, func(e *deploy.WaveEdit) { e.SoakHours++ })
	says(t, w.goFor(1), "A4 is void: changed Wave 2, The rest")
}

func TestAddingMovingAndRemovingWavesVoidsA4(t *testing.T) {
	for what, do := range map[string]func(*world) error{
		"add": func(w *world) error {
			_, err := w.svc.AddWave(ctx, w.maya, w.key, deploy.WaveEdit{Name: "Late", EnvironmentKey: "production", SuccessPercent: 100})
			return err
		},
		"move":   func(w *world) error { return w.svc.MoveWave(ctx, w.maya, w.key, 2, w.wave(2).Version, true) },
		"remove": func(w *world) error { return w.svc.RemoveWave(ctx, w.maya, w.key, 2, w.wave(2).Version) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w.must(do(w))
			if g := w.a4(); g.State != release.GateVoided {
				t.Errorf("A4 is %s", g.State)
			}
		})
	}
}

// TestNamesAndStaffLeaveA4 holds that a wave may still be staffed and told
// better after A4, and that a gate that was not given is left alone.
func TestNamesAndStaffLeaveA4(t *testing.T) {
	w := newWorld(t)
	w.edit(1, func(e *deploy.WaveEdit) {
		e.Name, e.Trigger, e.LeadID, e.StaffIDs = "First", "two smoke tests fail", w.dario.UserID, []int64{w.dina.UserID}
	})
	w.must(w.svc.AddStep(ctx, w.maya, w.key, 1, deploy.StepDraft{Kind: deploy.Verify, Title: "Look at the dashboard"}))
	if g := w.a4(); g.State != release.GateApproved {
		t.Errorf("A4 is %s", g.State)
	}
	w = newWorld(t, func(r *release.Release, _ *policy.Body) { r.State = release.BuildTest })
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Gate{}).Where("code = ?", release.A4).Update("state", release.GatePending).Error
	})
	w.edit(1, func(e *deploy.WaveEdit) { e.SoakHours++ })
	if g := w.a4(); g.State != release.GatePending {
		t.Errorf("A4 is %s", g.State)
	}
}
