package deploy_test

import (
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/fault"
)

func (w *world) reports(key, digest string) {
	w.t.Helper()
	w.must(w.svc.ReportInstalled(ctx, w.machine, key, digest, "9.9"))
}

func (w *world) drift(kind deploy.Drift) []string {
	w.t.Helper()
	list, err := w.svc.TargetsPage(ctx, w.maya, deploy.TargetFilter{Drift: kind})
	w.must(err)
	var keys []string
	for _, t := range list.Targets {
		keys = append(keys, t.Key)
		if t.Drift == deploy.NoDrift {
			w.t.Errorf("%s is listed and does not say how it drifts", t.Key)
		}
	}
	return keys
}

func TestDriftIsWhatTargetsReportAgainstTheRecords(t *testing.T) {
	w := newWorld(t)
	w.addImage()
	w.reports("osl-1", former) // as the records say
	w.reports("osl-2", image)  // a component of the signed package, not recorded here
	w.reports("bgo-1", other)  // held by no package
	if got := w.drift(deploy.AnyDrift); len(got) != 2 {
		t.Errorf("drift: %v", got)
	}
	if got := w.drift(deploy.Drifted); len(got) != 1 || got[0] != "osl-2" {
		t.Errorf("drifted: %v", got)
	}
	if got := w.drift(deploy.Unauthorised); len(got) != 1 || got[0] != "bgo-1" {
		t.Errorf("unauthorised: %v", got)
	}
	list, err := w.svc.Environments(ctx, w.maya)
	w.must(err)
	if got := list.Environments[0].Drift; got != (deploy.DriftCount{Drifted: 1, Unauthorised: 1}) {
		t.Errorf("the environment counts %+v", got)
	}
	field(t, w.svc.ReportInstalled(ctx, w.machine, "osl-1", "not a digest", ""), "digest")
	kindIs(t, w.svc.ReportInstalled(ctx, w.machine, "nowhere", image, ""), fault.NotFound)
	kindIs(t, w.svc.ReportInstalled(ctx, w.stefan, "osl-1", image, ""), fault.Forbidden)
	_, err = w.svc.TargetsPage(ctx, w.maya, deploy.TargetFilter{Drift: "somehow"})
	field(t, err, "drift")
}

func TestAReportIsTakenIntoTheRecordsUnlessItIsUnauthorised(t *testing.T) {
	w := newWorld(t)
	w.addImage()
	w.reports("osl-1", image)
	w.reports("bgo-1", other)
	version := func(key string) int64 { t := w.installed(key); return t.Version }
	field(t, w.svc.AcceptReport(ctx, w.maya, "osl-1", version("osl-1"), " "), "reason")
	kindIs(t, w.svc.AcceptReport(ctx, w.stefan, "osl-1", version("osl-1"), "by hand"), fault.Forbidden)
	kindIs(t, w.svc.AcceptReport(ctx, w.machine, "osl-1", version("osl-1"), "by hand"), fault.Forbidden)
	w.must(w.svc.AcceptReport(ctx, w.maya, "osl-1", version("osl-1"), "put there by hand in the outage"))
	if got := w.installed("osl-1"); got.InstalledDigest != image || got.FormerDigest != former {
		t.Errorf("the records say %s, before %s", got.InstalledDigest, got.FormerDigest)
	}
	refused(t, w.svc.AcceptReport(ctx, w.maya, "osl-1", version("osl-1"), "again"), "target.drift")
	refused(t, w.svc.AcceptReport(ctx, w.maya, "bgo-1", version("bgo-1"), "looks fine"), "target.drift")
	if got := w.drift(deploy.AnyDrift); len(got) != 1 || got[0] != "bgo-1" {
		t.Errorf("drift: %v", got)
	}
}

func TestAReleaseThatIsVerifiedEndsTheDrift(t *testing.T) {
	w := newWorld(t)
	w.reports("osl-1", other)
	w.run(1)
	board, err := w.svc.Board(ctx, w.maya, w.key)
	w.must(err)
	if board.Loose != 1 {
		t.Errorf("the board tells of %d unauthorised deployments", board.Loose)
	}
	w.later(time.Second)
	w.complete(1)
	if got := w.drift(deploy.AnyDrift); len(got) != 0 {
		t.Errorf("drift after the release: %v", got)
	}
	detail, err := w.svc.TargetDetail(ctx, w.maya, "osl-1")
	w.must(err)
	if detail.Target.Drift != deploy.NoDrift {
		t.Errorf("the target drifts: %s", detail.Target.Drift)
	}
	// A withdrawn package is no authority for what a target reports.
	w.later(time.Second)
	w.reports("osl-2", signed)
	w.in(func(tx *db.Tx) error { return tx.Gorm().Exec("UPDATE targets SET installed_digest = ?", former).Error })
	if got := w.drift(deploy.Drifted); len(got) != 1 {
		t.Fatalf("drifted: %v", got)
	}
	w.in(func(tx *db.Tx) error { return tx.Gorm().Exec("UPDATE packages SET state = 'Withdrawn'").Error })
	if got := w.drift(deploy.Unauthorised); len(got) != 1 {
		t.Errorf("unauthorised: %v", got)
	}
}
