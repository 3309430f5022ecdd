package deploy_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func (w *world) bookings() (parts []string) {
	w.t.Helper()
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		list, err := w.change.Bookings(tx, w.key)
		for _, b := range list {
			parts = append(parts, b.Part+" "+b.Title+" "+string(b.Standing))
		}
		return err
	}))
	return parts
}

func TestWavesAreDrawnAndBooked(t *testing.T) {
	w := newWorld(t)
	one, two := w.wave(1), w.wave(2)
	if one.WindowStart != db.At(dbtest.Start) || one.WindowEnd.Sub(one.WindowStart) != 8*time.Hour || two.WindowStart.Sub(one.WindowStart) != 24*time.Hour || !one.Pilot || !one.Production {
		t.Errorf("drawn %+v and %+v", one, two)
	}
	if got := strings.Join(w.bookings(), ", "); got != "wave 1 Pilot agreed, wave 2 The rest agreed" {
		t.Errorf("booked %s", got)
	}
	if s := w.step(1, 2); s.PlannedAt != one.WindowStart.Add(5*time.Minute) {
		t.Errorf("step 2 is planned at %v", s.PlannedAt.Std())
	}
}

func TestPlanningWaves(t *testing.T) {
	w := newWorld(t)
	kindIs(t, w.svc.EditWave(ctx, w.dario, w.key, 1, 1, w.wave(1).Edit()), fault.Forbidden)
	e := w.wave(1).Edit()
	e.Filter, e.StaffIDs, e.LeadID = "tag=", []int64{w.chen.UserID}, 9999
	f, _ := fault.As(w.svc.EditWave(ctx, w.maya, w.key, 1, w.wave(1).Version, e))
	if f == nil || len(f.Fields) != 3 || !strings.Contains(f.Error(), "At character 5") {
		t.Errorf("%v", f)
	}
	e = w.wave(1).Edit()
	e.Filter, e.WindowStart = "site=Oslo and key!=osl-2", e.WindowStart.Add(time.Hour)
	version := w.wave(1).Version
	w.must(w.svc.EditWave(ctx, w.maya, w.key, 1, version, e))
	kindIs(t, w.svc.EditWave(ctx, w.maya, w.key, 1, version, e), fault.Conflict)
	if got := w.wave(1); got.Total != 1 || w.step(1, 1).PlannedAt != e.WindowStart {
		t.Errorf("edited: %+v", got)
	}
	e.WindowEnd = e.WindowEnd.Add(90 * 24 * time.Hour)
	field(t, w.svc.EditWave(ctx, w.maya, w.key, 1, w.wave(1).Version, e), "window_start")

	n, err := w.svc.AddWave(ctx, w.maya, w.key, deploy.WaveEdit{Name: "Late", EnvironmentKey: "production", SuccessPercent: 100, WindowStart: w.wave(2).WindowStart, WindowEnd: w.wave(2).WindowEnd})
	if err != nil || n != 3 {
		t.Fatalf("wave %d, %v", n, err)
	}
	w.must(w.svc.MoveWave(ctx, w.maya, w.key, 3, w.wave(3).Version, true))
	if w.wave(2).Name != "Late" || w.wave(3).Name != "The rest" {
		t.Errorf("moved: %s, %s", w.wave(2).Name, w.wave(3).Name)
	}
	w.must(w.svc.RemoveWave(ctx, w.maya, w.key, 2, w.wave(2).Version))
	if got := strings.Join(w.bookings(), ", "); w.wave(2).Name != "The rest" || got != "wave 1 Pilot agreed, wave 2 The rest agreed" {
		t.Errorf("removed: %s; booked %s", w.wave(2).Name, got)
	}
	refused(t, w.svc.MoveWave(ctx, w.maya, w.key, 1, w.wave(1).Version, true), "wave.order")
}

func TestPlanningSteps(t *testing.T) {
	w := newWorld(t)
	field(t, w.svc.AddStep(ctx, w.maya, w.key, 1, deploy.StepDraft{Kind: deploy.Verify, Title: "Smoke", After: []int64{9}}), "after")
	w.must(w.svc.AddStep(ctx, w.maya, w.key, 1, deploy.StepDraft{Kind: deploy.Verify, Title: "Smoke", After: []int64{2}, Minutes: 3}))
	refused(t, w.svc.RemoveStep(ctx, w.maya, w.key, 1, 2, w.step(1, 2).Version), "step.awaited")
	w.must(w.svc.EditStep(ctx, w.maya, w.key, 1, 5, w.step(1, 5).Version, deploy.StepDraft{Kind: deploy.Verify, Title: "Smoke test"}))
	w.must(w.svc.RemoveStep(ctx, w.maya, w.key, 1, 2, w.step(1, 2).Version))
	kindIs(t, w.svc.RemoveStep(ctx, w.dina, w.key, 1, 1, 1), fault.Forbidden)
	w.run(1)
	refused(t, w.svc.AddStep(ctx, w.maya, w.key, 1, deploy.StepDraft{Kind: deploy.Install, Title: "Late"}), "wave.planned")
}

func TestFindingsOfA4(t *testing.T) {
	w := newWorld(t)
	list := w.findings(release.A4)
	if list["deploy.waves"].State != release.Met || list["deploy.steps"].State != release.Met || list["deploy.staffed"].State != release.Unmet {
		t.Errorf("%+v", list)
	}
	w.staff(1)
	w.staff(2)
	if f := w.findings(release.A4)["deploy.staffed"]; f.State != release.Met {
		t.Errorf("%+v", f)
	}
	w.in(func(tx *db.Tx) error { return tx.Gorm().Where("kind = ?", deploy.BackOut).Delete(&deploy.Step{}).Error })
	w.set(&deploy.Target{}, "retired", true)
	list = w.findings(release.A4)
	if f := list["deploy.waves"]; f.State != release.Unmet || !strings.Contains(f.Detail, "takes no target") || f.Link != "/releases/PAY-2026.11.2/deployment#wave-1" {
		t.Errorf("%+v", f)
	}
	if f := list["deploy.steps"]; f.State != release.Unmet || !strings.Contains(f.Detail, "no back-out step") {
		t.Errorf("%+v", f)
	}
	w.set(&release.Release{}, "scale", "big bang")
	if f := w.findings(release.A4)["deploy.waves"]; !strings.Contains(f.Detail, "A big bang has one wave") {
		t.Errorf("%+v", f)
	}
	if len(w.findings(release.A2)) != 0 {
		t.Error("deployment has no say in A2")
	}
}

func TestFindingsWithoutWaves(t *testing.T) {
	w := newWorld(t, func(_ *release.Release, b *policy.Body) { b.Waves = nil })
	for code, f := range w.findings(release.A4) {
		if f.State != release.Unmet && f.State != release.Concern {
			t.Errorf("%s is %s", code, f.State)
		}
	}
}

// follow says a verb to the room as release does.
func (w *world) follow(verb release.Verb, change func(*release.Release)) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		r, err := w.releases.FindIn(tx, w.maya, w.key)
		if err != nil {
			return err
		}
		change(r)
		if err := tx.Save(r); err != nil {
			return err
		}
		return w.svc.Follow(tx, w.maya, r, verb)
	})
}

func TestWavesFollowTheirRelease(t *testing.T) {
	w := newWorld(t)
	w.ready(1)
	was := w.wave(1)
	w.follow(release.VerbReschedule, func(r *release.Release) {
		r.WindowStart, r.WindowEnd = r.WindowStart.Add(72*time.Hour), r.WindowEnd.Add(72*time.Hour)
	})
	if got := w.wave(1); got.WindowStart.Sub(was.WindowStart) != 72*time.Hour || got.WindowEnd.Sub(was.WindowEnd) != 72*time.Hour || w.step(1, 1).PlannedAt != got.WindowStart {
		t.Errorf("moved to %v", got.WindowStart.Std())
	}
	w.follow(release.VerbRework, func(r *release.Release) { r.State = release.BuildTest })
	if got := w.wave(1); got.State != deploy.WavePlanned || got.PackageDigest != "" || got.NoGoReason == "" {
		t.Errorf("after rework: %+v", got)
	}
	w.follow(release.VerbCancel, func(r *release.Release) { r.State = release.Cancelled })
	if got := w.bookings(); len(got) != 0 {
		t.Errorf("a cancelled release books %v", got)
	}
	refused(t, w.svc.ReadyWave(ctx, w.maya, w.key, 1, w.wave(1).Version))
}

func TestEnvironmentsAndTargets(t *testing.T) {
	w := newWorld(t)
	kindIs(t, w.svc.AddEnvironment(ctx, w.dario, deploy.EnvironmentDraft{Key: "lab", Name: "Lab", Zone: "UTC"}), fault.Forbidden)
	field(t, w.svc.AddEnvironment(ctx, w.maya, deploy.EnvironmentDraft{Key: "production", Name: "Again", Zone: "UTC"}), "key")
	w.must(w.svc.AddEnvironment(ctx, w.maya, deploy.EnvironmentDraft{Key: "lab", Name: "Lab", Zone: "UTC"}))
	list, err := w.svc.Environments(ctx, w.maya)
	if err != nil || len(list.Environments) != 2 || !list.CanEdit || list.Environments[1].Targets != 5 {
		t.Errorf("%+v, %v", list, err)
	}
	one, err := w.svc.EnvironmentPage(ctx, w.maya, "production")
	w.must(err)
	refused(t, w.svc.RemoveEnvironment(ctx, w.maya, "production", one.Version), "")
	w.must(w.svc.EditEnvironment(ctx, w.maya, "production", one.Version, deploy.EnvironmentDraft{Name: "Live", Zone: "Europe/Oslo"}))
	kindIs(t, w.svc.EditEnvironment(ctx, w.maya, "production", one.Version, deploy.EnvironmentDraft{Name: "Live", Zone: "Europe/Oslo"}), fault.Conflict)
	if got := w.wave(1); got.EnvironmentName != "Live" || got.Production {
		t.Errorf("the wave says %s, %v", got.EnvironmentName, got.Production)
	}
	lab, err := w.svc.EnvironmentPage(ctx, w.maya, "lab")
	w.must(err)
	w.must(w.svc.RemoveEnvironment(ctx, w.maya, "lab", lab.Version))

	field(t, w.svc.AddTarget(ctx, w.maya, deploy.TargetDraft{Key: "osl-1", EnvironmentKey: "production"}), "key")
	field(t, w.svc.AddTarget(ctx, w.maya, deploy.TargetDraft{Key: "osl-9", EnvironmentKey: "nowhere"}), "environment")
	target := w.installed("osl-1")
	w.must(w.svc.EditTarget(ctx, w.maya, "osl-1", target.Version, deploy.TargetDraft{EnvironmentKey: "production", Tags: "edge", Attributes: "site=Bodø"}))
	page, err := w.svc.TargetsPage(ctx, w.maya, deploy.TargetFilter{Filter: "site=bodø and tag!=pilot"})
	if err != nil || len(page.Targets) != 1 || page.Targets[0].InstalledDigest != former {
		t.Errorf("%+v, %v", page, err)
	}
	field(t, w.svc.RetireTarget(ctx, w.maya, "osl-1", w.installed("osl-1").Version, true, ""), "reason")
	w.must(w.svc.RetireTarget(ctx, w.maya, "osl-1", w.installed("osl-1").Version, true, "scrapped"))
	first, err := w.svc.TargetsPage(ctx, w.maya, deploy.TargetFilter{Limit: 3})
	if err != nil || len(first.Targets) != 3 || first.Next != "bgo-3" {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := w.svc.TargetsPage(ctx, w.maya, deploy.TargetFilter{Limit: 3, After: first.Next})
	if err != nil || len(second.Targets) != 1 || second.Next != "" {
		t.Errorf("%+v, %v", second, err)
	}
	_, err = w.svc.ImportTargets(ctx, w.maya, "production", "new-1\nosl-2")
	field(t, err, "lines")
	says(t, err, "Line 2")
	_, err = w.svc.TargetsPage(ctx, w.maya, deploy.TargetFilter{Filter: "site"})
	field(t, err, "filter")
}

func TestEnvironmentThatComesAfterTheWaves(t *testing.T) {
	w := newWorld(t, func(_ *release.Release, b *policy.Body) { b.Waves[0].Environment = "edge" })
	if f := w.findings(release.A4)["deploy.waves"]; !strings.Contains(f.Detail, "There is no environment edge.") || f.Link != "/environments" {
		t.Errorf("%+v", f)
	}
	w.must(w.svc.AddEnvironment(ctx, w.maya, deploy.EnvironmentDraft{Key: "edge", Name: "Edge", Zone: "UTC"}))
	w.must(w.svc.AddTarget(ctx, w.maya, deploy.TargetDraft{Key: "edge-1", EnvironmentKey: "edge", Tags: "pilot"}))
	if f := w.findings(release.A4)["deploy.waves"]; f.State != release.Met {
		t.Errorf("%+v", f)
	}
}
