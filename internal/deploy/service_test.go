package deploy_test

import (
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func TestWholeDeployment(t *testing.T) {
	w := newWorld(t)
	if one, two := w.wave(1), w.wave(2); one.Name != "Pilot" || one.Total != 2 || two.Total != 3 || one.LeadID != w.maya.UserID {
		t.Fatalf("drawn %+v and %+v", one, two)
	}
	w.run(1)
	w.releaseIs(release.Deploying)
	w.sign(1, 1, 2)
	w.stands(1, deploy.WaveVerifying)
	w.addImage()
	w.must(w.verify(1, "osl-1", image))
	w.must(w.verify(1, "osl-2", signed[len("sha256:"):])) // without its algorithm
	w.stands(1, deploy.WaveVerifying)
	w.sign(1, 3)
	w.stands(1, deploy.WaveComplete)
	if got := w.installed("osl-1"); got.InstalledDigest != image || got.InstalledVersion != "2.0" || got.FormerDigest != former || got.InstalledRelease != w.key {
		t.Errorf("osl-1 runs %+v", got)
	}
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Where("name = ?", "payments image").Delete(&release.Component{}).Error
	})

	w.ready(2)
	refused(t, w.goFor(2), "wave.pilot")
	w.later(25 * time.Hour)
	w.must(w.goFor(2))
	w.must(w.startIt(2))
	w.complete(2)
	w.releaseIs(release.EarlyLife)
	for _, f := range w.findings(release.A5) {
		if f.State != release.Met {
			t.Errorf("%+v", f)
		}
	}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		p, _, err := w.releases.CurrentPackage(tx, w.release())
		if p.State != release.PackageDeployed {
			t.Errorf("the package is %s", p.State)
		}
		if err != nil {
			return err
		}
		progress, err := w.svc.Progress(tx, p.ReleaseID)
		if err != nil || progress.Done != 5 || progress.Total != 5 || progress.Active != 0 {
			t.Errorf("progress %+v", progress)
		}
		hands, err := w.svc.Deployers(tx, p.ReleaseID)
		if len(hands) != 2 || hands[0] != w.dario.UserID || hands[1] != w.dina.UserID {
			t.Errorf("deployed by %v", hands)
		}
		if _, err := audit.Verify(tx); err != nil {
			return err
		}
		return err
	}))
}

func TestReadyNamesAllThatIsMissing(t *testing.T) {
	w := newWorld(t, func(r *release.Release, b *policy.Body) {
		b.Waves[0].Steps, b.Waves[0].Filter, b.Waves[1].Days = nil, "tag=nobody", 9
		r.State = release.BuildTest
	})
	refused(t, w.svc.ReadyWave(ctx, w.maya, w.key, 1, w.wave(1).Version), "release.ready", "wave.targets", "wave.steps", "wave.staffed")
	refused(t, w.svc.ReadyWave(ctx, w.maya, w.key, 2, w.wave(2).Version), "wave.window")
	w.set(&release.Release{}, "state", release.Ready)
	w.set(&release.Release{}, "signed_digest", "")
	refused(t, w.svc.ReadyWave(ctx, w.maya, w.key, 1, w.wave(1).Version), "wave.digest")
	kindIs(t, w.svc.ReadyWave(ctx, w.dario, w.key, 1, 1), fault.Forbidden)
	kindIs(t, w.svc.ReadyWave(ctx, w.maya, w.key, 1, 99), fault.Conflict)
	kindIs(t, w.svc.ReadyWave(ctx, w.stefan, w.key, 1, 1), fault.Forbidden)
}

func TestReadyFreezesTheTargets(t *testing.T) {
	w := newWorld(t)
	w.ready(1)
	w.must(w.svc.AddTarget(ctx, w.maya, deploy.TargetDraft{Key: "osl-3", EnvironmentKey: "production", Tags: "pilot"}))
	if got := w.wave(1); got.Total != 2 || got.PackageDigest != signed {
		t.Errorf("the frozen wave is %+v", got)
	}
	p, err := w.svc.PreviewWave(ctx, w.maya, w.key, 2, deploy.WaveEdit{EnvironmentKey: "production", Filter: ""})
	if err != nil || p.Total != 4 || p.Skipped != 2 {
		t.Errorf("the rest would take %+v, %v", p, err)
	}
	refused(t, w.svc.EditWave(ctx, w.maya, w.key, 1, w.wave(1).Version, w.wave(1).Edit()), "wave.planned")
	refused(t, w.svc.RemoveWave(ctx, w.maya, w.key, 1, w.wave(1).Version), "wave.planned")
}

func TestGoIsRefusedWithEveryReason(t *testing.T) {
	w := newWorld(t)
	w.ready(2)
	w.set(&release.Gate{}, "state", release.GateVoided)
	w.set(&release.Release{}, "package_digest", other)
	w.set(&release.Release{}, "signed_digest", other)
	w.set(&release.Release{}, "state", release.OnHold)
	w.in(func(tx *db.Tx) error { return tx.Gorm().Where("1 = 1").Delete(&deploy.Staff{}).Error })
	w.later(4 * 24 * time.Hour)
	refused(t, w.goFor(2), "release.state", "gate.a4", "package.signed", "window.outside", "wave.window", "wave.pilot", "wave.digest", "wave.staffed")
}

func TestGoNeedsAPersonWhoMay(t *testing.T) {
	w := newWorld(t)
	w.ready(1)
	version := w.wave(1).Version
	robot := w.maya
	robot.Kind, robot.Scopes = identity.Machine, []string{"api:write", "deploy:report"}
	for _, actor := range []identity.Actor{w.dario, w.chen, w.stefan, robot, identity.System("clock")} {
		kindIs(t, w.svc.GiveGo(ctx, actor, w.key, 1, version, ""), fault.Forbidden)
	}
	kindIs(t, w.svc.GiveGo(ctx, w.maya, w.key, 1, version-1, ""), fault.Conflict)
	w.must(w.svc.GiveGo(ctx, w.maya, w.key, 1, version, "")) // the author may
}

func TestNoGoReturnsToPlanning(t *testing.T) {
	w := newWorld(t)
	w.ready(1)
	field(t, w.svc.NoGo(ctx, w.maya, w.key, 1, w.wave(1).Version, " "), "reason")
	w.must(w.svc.NoGo(ctx, w.maya, w.key, 1, w.wave(1).Version, "storm"))
	w.stands(1, deploy.WaveNoGo)
	kindIs(t, w.goFor(1), fault.Refused)
	w.must(w.svc.ReplanWave(ctx, w.maya, w.key, 1, w.wave(1).Version))
	if got := w.wave(1); got.State != deploy.WavePlanned || got.NoGoReason != "storm" || got.PackageDigest != "" {
		t.Errorf("planned anew: %+v", got)
	}
	w.ready(1)
	w.must(w.goFor(1))
	w.must(w.svc.NoGo(ctx, w.maya, w.key, 1, w.wave(1).Version, "taken back"))
}

func TestStartAsksForLeaveAgain(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*world)
		code  string
	}{
		"voided gate":     {func(w *world) { w.set(&release.Gate{}, "state", release.GateVoided) }, "gate.a4"},
		"other package":   {func(w *world) { w.set(&release.Release{}, "package_digest", other) }, "wave.digest"},
		"outside window":  {func(w *world) { w.later(96 * time.Hour) }, "window.outside"},
		"its window over": {func(w *world) { w.later(20 * time.Hour) }, "wave.window"},
		"paused release":  {func(w *world) { w.set(&release.Release{}, "state", release.Paused) }, "release.state"},
		"freeze":          {func(w *world) { w.freeze() }, "window.freeze"},
		"nobody is staff": {func(w *world) {
			w.in(func(tx *db.Tx) error { return tx.Gorm().Where("1 = 1").Delete(&deploy.Staff{}).Error })
		}, "wave.staffed"},
		"busy with others": {func(w *world) { w.rival() }, "wave.busy"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.ready(1)
			w.must(w.goFor(1))
			c.spoil(w)
			refused(t, w.startIt(1), c.code)
			w.stands(1, deploy.WaveGo)
		})
	}
}

func TestStartBeforeTheWavesWindow(t *testing.T) {
	w := newWorld(t, func(_ *release.Release, b *policy.Body) { b.Waves[0].Days = 1 })
	w.ready(1)
	w.must(w.goFor(1)) // go may be given ahead
	refused(t, w.startIt(1), "wave.window")
	w.later(24 * time.Hour)
	w.must(w.startIt(1))
}

func TestNothingStartsWithoutGo(t *testing.T) {
	w := newWorld(t)
	kindIs(t, w.startIt(1), fault.Refused)
	w.ready(1)
	kindIs(t, w.startIt(1), fault.Refused)
	kindIs(t, w.svc.StartWave(ctx, w.chen, w.key, 1, 0), fault.Forbidden)
	w.releaseIs(release.Ready)
}

func TestFailedPredecessorBlocks(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.must(w.fail(1, "osl-1"))
	w.stands(1, deploy.WaveFailed)
	w.releaseIs(release.Paused)
	w.ready(2)
	refused(t, w.goFor(2), "wave.pilot", "release.state")
	refused(t, w.svc.ResumeRelease(ctx, w.maya, w.key, "go on"), "wave.broken")
}

func TestOutOfSight(t *testing.T) {
	w := newWorld(t)
	w.set(&release.Release{}, "restricted", true)
	_, err := w.svc.Board(ctx, w.stefan, w.key)
	kindIs(t, err, fault.NotFound)
	_, err = w.svc.RunSheet(ctx, w.stefan, w.key, 1)
	kindIs(t, err, fault.NotFound)
	_, err = w.svc.TargetsPage(ctx, w.stefan, deploy.TargetFilter{})
	kindIs(t, err, fault.Forbidden)
	_, err = w.svc.WaveTargets(ctx, w.maya, w.key, 9, deploy.TargetQuery{})
	kindIs(t, err, fault.NotFound)
}
