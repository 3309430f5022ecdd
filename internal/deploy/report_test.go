package deploy_test

import (
	"testing"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// tolerant lets a wave go on with failures, so that targets can be tried one by one.
func tolerant(_ *release.Release, b *policy.Body) {
	b.Waves[0].SuccessPercent, b.Waves[0].FailurePercent, b.Waves[0].Filter = 50, 100, "site=Bergen"
}

func TestVerifiedOnlyWithTheSignedDigest(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	for _, digest := range []string{"", "sha256:12", "latest"} {
		field(t, w.verify(1, "osl-1", digest), "digest")
	}
	err := w.verify(1, "osl-1", other)
	refused(t, err, "target.digest")
	says(t, err, "The installed "+other+" is not the signed "+signed)
	refused(t, w.verify(1, "osl-1", image), "target.digest") // no component of this package
	field(t, w.svc.ReportVerified(ctx, w.dario, w.key, 1, "osl-1", deploy.Report{Digest: signed}), "evidence")
	if got := w.target(1, "osl-1"); got.State != deploy.TargetDeploying {
		t.Errorf("osl-1 is %s", got.State)
	}
	w.must(w.verify(1, "osl-1", signed))
	kindIs(t, w.verify(1, "osl-1", signed), fault.Refused) // once
	got := w.target(1, "osl-1")
	if got.State != deploy.TargetVerified || got.Evidence != "sha256sum" || got.InstalledDigest != signed || got.ByName != "Dario" {
		t.Errorf("osl-1 is %+v", got)
	}
}

func TestWhoMayReport(t *testing.T) {
	w := newWorld(t)
	rep := deploy.Report{Digest: signed, Evidence: "seen"}
	refused(t, w.svc.ReportVerified(ctx, w.dario, w.key, 1, "osl-1", rep)) // planned
	w.run(1)
	for _, actor := range []identity.Actor{w.chen, w.sofia, w.stefan} {
		kindIs(t, w.svc.ReportVerified(ctx, actor, w.key, 1, "osl-1", rep), fault.Forbidden)
	}
	stranger := w.machine
	stranger.Scopes = []string{"dml:read"}
	kindIs(t, w.svc.ReportVerified(ctx, stranger, w.key, 1, "osl-1", rep), fault.Forbidden)
	w.must(w.svc.ReportVerified(ctx, w.machine, w.key, 1, "osl-1", deploy.Report{Digest: signed}))
	kindIs(t, w.svc.ReportVerified(ctx, w.machine, w.key, 1, "bgo-1", deploy.Report{Digest: signed}), fault.NotFound) // of another wave
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		hands, err := w.svc.Deployers(tx, w.release().ID)
		if len(hands) != 2 || hands[0] != w.dario.UserID || hands[1] != w.machine.UserID { // who started, and whose token reported
			t.Errorf("deployed by %v", hands)
		}
		return err
	}))
}

func TestAllAtOnceOnlyAfterTheInstallation(t *testing.T) {
	w := newWorld(t)
	w.run(1)
	rep := deploy.Report{Digest: signed, Evidence: "seen"}
	_, err := w.svc.ReportAllVerified(ctx, w.dario, w.key, 1, rep)
	refused(t, err, "wave.installed")
	w.sign(1, 1, 2)
	_, err = w.svc.ReportAllVerified(ctx, w.dario, w.key, 1, deploy.Report{Digest: other, Evidence: "seen"})
	refused(t, err, "target.digest")
	w.must(w.verify(1, "osl-1", signed))
	n, err := w.svc.ReportAllVerified(ctx, w.dario, w.key, 1, rep)
	if err != nil || n != 1 {
		t.Fatalf("%d, %v: osl-1 was verified before, so one is left", n, err)
	}
	_, err = w.svc.ReportAllVerified(ctx, w.dario, w.key, 1, rep)
	refused(t, err, "wave.open")
	for _, key := range []string{"osl-1", "osl-2"} {
		d, err := w.svc.TargetDetail(ctx, w.maya, key)
		w.must(err)
		if len(d.History) != 1 || d.History[0].State != deploy.TargetVerified || d.Target.InstalledDigest != signed || d.Target.FormerDigest != former {
			t.Errorf("%s has %+v and %+v", key, d.Target, d.History)
		}
	}
	if wave := w.wave(1); wave.Verified != 2 || wave.Active != 0 {
		t.Errorf("counted %+v", wave)
	}
}

func TestFailuresFailTheWaveAtItsThreshold(t *testing.T) {
	w := newWorld(t, func(_ *release.Release, b *policy.Body) {
		b.Waves[0].Filter, b.Waves[0].FailurePercent = "site=Bergen", 60
	})
	w.run(1)
	field(t, w.svc.ReportFailed(ctx, w.dario, w.key, 1, "bgo-1", 0, ""), "reason")
	w.must(w.fail(1, "bgo-1"))
	w.stands(1, deploy.WaveRunning)
	w.releaseIs(release.Deploying)
	w.must(w.fail(1, "bgo-2"))
	w.stands(1, deploy.WaveFailed)
	w.releaseIs(release.Paused)
	if got := w.wave(1); got.Failed != 2 || got.Active != 1 || got.FailReason == "" {
		t.Errorf("counted %+v", got)
	}
	kindIs(t, w.svc.ClaimStep(ctx, w.dario, w.key, 1, 1, w.step(1, 1).Version), fault.Refused)
}

func TestRetryCountsAttempts(t *testing.T) {
	w := newWorld(t, tolerant)
	w.run(1)
	w.must(w.fail(1, "bgo-1"))
	kindIs(t, w.verify(1, "bgo-1", signed), fault.Refused) // retried first
	kindIs(t, w.svc.RetryTarget(ctx, w.chen, w.key, 1, "bgo-1", 0), fault.Forbidden)
	w.must(w.svc.RetryTarget(ctx, w.dario, w.key, 1, "bgo-1", w.target(1, "bgo-1").Version))
	if got := w.target(1, "bgo-1"); got.State != deploy.TargetDeploying || got.Attempts != 2 {
		t.Errorf("retried: %+v", got)
	}
	kindIs(t, w.svc.RetryTarget(ctx, w.dario, w.key, 1, "bgo-1", 1), fault.Conflict)
	w.must(w.verify(1, "bgo-1", signed))
}

func TestExclusionTakesTwoPeopleOfTwoRoles(t *testing.T) {
	w := newWorld(t, tolerant)
	both := identity.Actor{}
	w.run(1)
	both = w.maya
	both.Grants = append(both.Grants, identity.Grant{Role: identity.ServiceOwner})
	kindIs(t, w.svc.AskExclusion(ctx, w.dario, w.key, 1, "bgo-1", 0, "gone"), fault.Forbidden)
	kindIs(t, w.svc.AskExclusion(ctx, w.machine, w.key, 1, "bgo-1", 0, "gone"), fault.Forbidden)
	field(t, w.svc.AskExclusion(ctx, w.maya, w.key, 1, "bgo-1", 0, ""), "reason")
	w.must(w.svc.AskExclusion(ctx, w.maya, w.key, 1, "bgo-1", 0, "removed from the network"))
	if got := w.target(1, "bgo-1"); got.State == deploy.TargetExcluded || !got.ExclusionAsked() {
		t.Fatalf("asked: %+v", got)
	}
	for _, actor := range []identity.Actor{w.maya, both} {
		refused(t, w.svc.ConfirmExclusion(ctx, actor, w.key, 1, "bgo-1", 0, true), "target.exclusion")
	}
	kindIs(t, w.svc.ConfirmExclusion(ctx, w.chen, w.key, 1, "bgo-1", 0, true), fault.Forbidden)
	w.must(w.svc.ConfirmExclusion(ctx, w.sofia, w.key, 1, "bgo-1", 0, true))
	if got := w.target(1, "bgo-1"); got.State != deploy.TargetExcluded || got.Reason != "removed from the network" {
		t.Errorf("excluded: %+v", got)
	}
	if wave := w.wave(1); wave.Excluded != 1 || wave.Counted() != 2 {
		t.Errorf("counted %+v", wave)
	}
	w.must(w.svc.AskExclusion(ctx, w.sofia, w.key, 1, "bgo-2", 0, "gone too"))
	w.must(w.svc.ConfirmExclusion(ctx, w.maya, w.key, 1, "bgo-2", 0, false))
	if got := w.target(1, "bgo-2"); got.ExclusionAsked() {
		t.Error("a refused exclusion still waits")
	}
}

func TestReleaseEndsOnlyWhenEveryTargetIsSettled(t *testing.T) {
	w := newWorld(t, func(r *release.Release, b *policy.Body) {
		b.Waves = b.Waves[:1]
		r.Approach.Scale = "big bang"
		b.Waves[0].Filter, b.Waves[0].SuccessPercent, b.Waves[0].FailurePercent = "site=Bergen", 60, 100
	})
	w.run(1)
	w.sign(1, 1, 2, 3)
	w.must(w.fail(1, "bgo-3"))
	w.must(w.verify(1, "bgo-1", signed))
	w.must(w.verify(1, "bgo-2", signed))
	w.stands(1, deploy.WaveComplete)
	w.releaseIs(release.Deploying)
	if f := w.findings(release.A5)["deploy.settled"]; f.State != release.Unmet {
		t.Errorf("%+v", f)
	}
	w.must(w.svc.AskExclusion(ctx, w.sofia, w.key, 1, "bgo-3", 0, "scrapped"))
	w.must(w.svc.ConfirmExclusion(ctx, w.maya, w.key, 1, "bgo-3", 0, true))
	w.releaseIs(release.EarlyLife)
}

func TestPullByHand(t *testing.T) {
	w := newWorld(t, func(r *release.Release, b *policy.Body) { r.Approach.Delivery = "pull" })
	w.ready(1)
	if got := w.target(1, "osl-1").State; got != deploy.TargetPending {
		t.Errorf("frozen as %s", got)
	}
	w.must(w.goFor(1))
	w.must(w.startIt(1))
	if got := w.target(1, "osl-1").State; got != deploy.TargetOffered {
		t.Errorf("started as %s", got)
	}
	w.sign(1, 1, 2, 3)
	if got := w.target(1, "osl-1").State; got != deploy.TargetOffered {
		t.Errorf("a device that said nothing is %s", got)
	}
	w.verifyAll(1)
	w.stands(1, deploy.WaveComplete)
}
