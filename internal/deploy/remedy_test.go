package deploy_test

import (
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func TestPauseOfTheReleasePausesItsWaves(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.must(w.svc.PauseRelease(ctx, w.maya, w.key, "storm"))
	w.stands(1, deploy.WavePaused)
	w.releaseIs(release.Paused)
	refused(t, w.svc.ResumeWave(ctx, w.dario, w.key, 1, "now"), "release.state")
	w.freeze()
	refused(t, w.svc.ResumeRelease(ctx, w.maya, w.key, "calm"), "window.freeze")
	w.stands(1, deploy.WavePaused)
	w.must(w.change.OverrideFreeze(ctx, w.chen, 1, w.key, "half done is worse"))
	w.must(w.svc.ResumeRelease(ctx, w.maya, w.key, "calm"))
	w.stands(1, deploy.WaveRunning)
	w.releaseIs(release.Deploying)
}

func TestResumeIsAStart(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.must(w.svc.PauseWave(ctx, w.dario, w.key, 1, "lunch"))
	w.set(&release.Gate{}, "state", release.GateVoided)
	refused(t, w.svc.ResumeWave(ctx, w.dario, w.key, 1, "back"), "gate.a4")
}

func TestRetryOfAFailedWave(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.sign(1, 1, 2)
	w.must(w.fail(1, "osl-1"))
	w.stands(1, deploy.WaveFailed)
	refused(t, w.svc.RetryWave(ctx, w.dario, w.key, 1, "again")) // remediated first
	w.must(w.svc.RemediateWave(ctx, w.dario, w.key, 1, "osl-1 is lost"))
	w.stands(1, deploy.WaveRemediating)
	w.releaseIs(release.Remediating)
	w.set(&release.Gate{}, "state", release.GateVoided)
	refused(t, w.svc.RetryWave(ctx, w.dario, w.key, 1, "new disk"), "gate.a4")
	w.set(&release.Gate{}, "state", release.GateApproved)
	w.must(w.svc.RetryWave(ctx, w.dario, w.key, 1, "new disk"))
	w.releaseIs(release.Deploying)
	w.stands(1, deploy.WaveVerifying)
	if got := w.target(1, "osl-1"); got.State != deploy.TargetVerifying || got.Attempts != 2 {
		t.Errorf("retried: %+v", got)
	}
	w.sign(1, 3)
	w.verifyAll(1)
	w.stands(1, deploy.WaveComplete)
}

func TestBackOut(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.sign(1, 1, 2)
	w.must(w.verify(1, "osl-1", signed))
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 1, "refunds are wrong"))
	kindIs(t, w.verify(1, "osl-2", signed), fault.Refused)
	refused(t, w.svc.ReportRolledBack(ctx, w.dario, w.key, 1, "osl-1", deploy.Report{Digest: former, Evidence: "seen"}), "wave.remediating")
	refused(t, w.svc.RollBackRelease(ctx, w.maya, w.key, "wrong"), "wave.rolledback")
	w.must(w.svc.BackOutWave(ctx, w.maya, w.key, 1, "refunds are wrong"))
	kindIs(t, w.svc.BackOutWave(ctx, w.maya, w.key, 1, "again"), fault.Refused)
	refused(t, w.svc.RetryWave(ctx, w.maya, w.key, 1, "changed my mind"), "wave.backingout")
	_, err := w.svc.ReportAllRolledBack(ctx, w.dario, w.key, 1, "seen")
	refused(t, err, "wave.backedout")
	w.sign(1, 4)
	w.stands(1, deploy.WaveRemediating) // until the digests are reported
	err = w.svc.ReportRolledBack(ctx, w.dario, w.key, 1, "osl-1", deploy.Report{Digest: signed, Evidence: "seen"})
	refused(t, err, "target.digest")
	says(t, err, "is not what osl-1 ran before")
	w.must(w.svc.ReportRolledBack(ctx, w.dario, w.key, 1, "osl-1", deploy.Report{Digest: former, Evidence: "seen"}))
	n, err := w.svc.ReportAllRolledBack(ctx, w.dario, w.key, 1, "seen")
	if err != nil || n != 1 {
		t.Fatalf("%d were put back, %v", n, err)
	}
	w.stands(1, deploy.WaveRolledBack)
	if wave := w.wave(1); wave.RolledBack != 2 || wave.Verified != 0 || wave.Active != 0 {
		t.Errorf("counted %+v", wave)
	}
	for _, key := range []string{"osl-1", "osl-2"} {
		if got := w.installed(key); got.InstalledDigest != former || got.InstalledRelease != "PAY-2026.10.1" || got.InstalledVersion != "1.0" {
			t.Errorf("%s runs %+v", key, got)
		}
	}
	w.must(w.svc.RollBackRelease(ctx, w.maya, w.key, "refunds are wrong"))
	w.releaseIs(release.RolledBack)
	if f := w.findings(release.A5)["deploy.settled"]; f.State != release.Met {
		t.Errorf("%+v", f)
	}
	w.must(w.releases.Do(ctx, w.maya, w.key, release.VerbRebuild, "mend the refunds", 0))
	if got := w.wave(1); got.State != deploy.WavePlanned || got.Total != 2 || got.RolledBack != 0 || w.step(1, 4).State != deploy.StepWaiting {
		t.Errorf("after the rebuild: %+v", got)
	}
}

func TestRedeployAfterABackOut(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 1, "wrong host"))
	refused(t, w.svc.RedeployRelease(ctx, w.maya, w.key, "again"), "wave.broken")
	w.must(w.svc.BackOutWave(ctx, w.maya, w.key, 1, "wrong host"))
	w.sign(1, 4)
	_, err := w.svc.ReportAllRolledBack(ctx, w.dario, w.key, 1, "seen")
	w.must(err)
	w.must(w.svc.RedeployRelease(ctx, w.maya, w.key, "again"))
	w.releaseIs(release.Deploying)
	w.must(w.svc.ReplanWave(ctx, w.maya, w.key, 1, w.wave(1).Version))
	if got := w.step(1, 4); got.State != deploy.StepWaiting || got.HolderID != 0 {
		t.Errorf("the run sheet begins anew: %+v", got)
	}
	w.run(1)
	w.complete(1)
	w.must(w.svc.PauseRelease(ctx, w.maya, w.key, "evening"))
	d, err := w.svc.TargetDetail(ctx, w.maya, "osl-1")
	if err != nil || len(d.History) != 2 {
		t.Errorf("osl-1 remembers %+v", d.History)
	}
}

func TestNoWayBackPastThePointOfNoReturnWithoutAFreshDecision(t *testing.T) {
	w := newWorld(t, func(_ *release.Release, b *policy.Body) { b.Waves[0].NoReturn = true })
	w.run(1)
	refused(t, w.svc.DecideRollback(ctx, w.chen, w.key, "early"), "release.state")
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 1, "data is wrong"))
	err := w.svc.BackOutWave(ctx, w.maya, w.key, 1, "go back")
	refused(t, err, "wave.noreturn")
	kindIs(t, w.svc.DecideRollback(ctx, w.maya, w.key, "I say so"), fault.Forbidden)
	kindIs(t, w.svc.DecideRollback(ctx, w.dario, w.key, "I say so"), fault.Forbidden)
	field(t, w.svc.DecideRollback(ctx, w.chen, w.key, ""), "reason")
	w.set(&release.Release{}, "author_id", w.chen.UserID)
	refused(t, w.svc.DecideRollback(ctx, w.chen, w.key, "mine"), "rollback.independent")
	w.set(&release.Release{}, "author_id", w.maya.UserID)
	w.must(w.svc.DecideRollback(ctx, w.chen, w.key, "two hours of data are lost and told to the owner"))
	w.must(w.svc.RetryWave(ctx, w.maya, w.key, 1, "a last try"))
	w.later(time.Minute)
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 1, "still wrong"))
	refused(t, w.svc.BackOutWave(ctx, w.maya, w.key, 1, "go back"), "wave.noreturn") // the decision is stale
	w.must(w.svc.DecideRollback(ctx, w.chen, w.key, "now indeed"))
	w.must(w.svc.BackOutWave(ctx, w.maya, w.key, 1, "go back"))
}

func TestRemediateFromEarlyLife(t *testing.T) {
	w := newWorld(t, func(r *release.Release, b *policy.Body) {
		b.Waves = b.Waves[:1]
		r.Approach.Scale = "big bang"
	})
	w.run(1)
	w.complete(1)
	w.releaseIs(release.EarlyLife)
	kindIs(t, w.svc.RemediateWave(ctx, w.chen, w.key, 1, "errors"), fault.Forbidden)
	w.must(w.svc.RemediateWave(ctx, w.elin, w.key, 1, "errors rise"))
	w.releaseIs(release.Remediating)
	w.must(w.svc.BackOutWave(ctx, w.elin, w.key, 1, "errors rise"))
	w.sign(1, 4)
	_, err := w.svc.ReportAllRolledBack(ctx, w.dario, w.key, 1, "seen")
	w.must(err)
	w.must(w.svc.RollBackRelease(ctx, w.maya, w.key, "errors rise"))
	w.releaseIs(release.RolledBack)
}

func TestFailByHand(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	w.must(w.svc.PauseWave(ctx, w.dario, w.key, 1, "hm"))
	w.must(w.svc.FailWave(ctx, w.dario, w.key, 1, "it is no use"))
	w.stands(1, deploy.WaveFailed)
	w.releaseIs(release.Paused)
	kindIs(t, w.svc.FailWave(ctx, w.dario, w.key, 1, "again"), fault.Refused)
}
