package build_test

import (
	"context"
	"strings"
	"testing"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/release"
)

var ctx = context.Background()

func TestBuilderNeverVerifies(t *testing.T) {
	w := newWorld(t)
	w.build(w.tess) // the test manager built once, as build manager
	w.criteria()
	err := w.svc.Judge(ctx, w.tess, w.key, 1, 1, pass)
	refusedWith(t, err, "You built")
	if err := w.svc.Judge(ctx, w.verifier, w.key, 1, 1, pass); err != nil {
		t.Errorf("somebody who did not build verifies: %v", err)
	}
	refusedWith(t, w.svc.Judge(ctx, w.author, w.key, 2, 1, pass), "put this package together")
}

func TestMachineNeverJudges(t *testing.T) {
	w := newWorld(t)
	w.criteria()
	kindIs(t, w.svc.Judge(ctx, w.machine, w.key, 1, 1, pass), fault.Forbidden)
	kindIs(t, w.svc.VerifyPackage(ctx, w.machine, w.key), fault.Forbidden)
	if _, err := w.svc.UploadRun(ctx, w.machine, w.key, build.RunRecord{Name: "unit", Environment: "ci"}, strings.NewReader(greenReport)); err != nil {
		t.Errorf("a pipeline's token reports test runs: %v", err)
	}
	_, err := w.svc.RecordRun(ctx, w.machine, w.key, build.RunRecord{Name: "unit", Environment: "ci", Counts: build.Counts{Tests: 1, Passed: 1}})
	kindIs(t, err, fault.Forbidden)
}

func TestVerifyNamesEverythingMissing(t *testing.T) {
	w := newWorld(t)
	err := w.svc.VerifyPackage(ctx, w.verifier, w.key)
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Refused {
		t.Fatalf("an untested package was verified: %v", err)
	}
	codes := map[string]bool{}
	for _, b := range f.Blockers {
		codes[b.Code] = true
		if b.Owner == "" || b.Link == "" {
			t.Errorf("%q has no owner or link", b.Sentence)
		}
	}
	for _, code := range []string{"builds.succeeded", "tests.passed", "criteria.met", "verifier.independent"} {
		if !codes[code] {
			t.Errorf("the refusal does not name %s: %v", code, err)
		}
	}
}

func TestVerifiedPackage(t *testing.T) {
	w := newWorld(t)
	w.build(w.bruno)
	w.run(greenReport)
	w.criteria()
	w.judgeAll()
	if err := w.svc.VerifyPackage(ctx, w.verifier, w.key); err != nil {
		t.Fatal(err)
	}
	if state := w.packageState(); state != release.PackageVerified {
		t.Errorf("the package is %s", state)
	}
}

func TestNewDigestMakesVerdictsStale(t *testing.T) {
	w := newWorld(t)
	w.build(w.bruno)
	w.run(greenReport)
	w.criteria()
	w.judgeAll()
	w.findings(release.A3, map[string]release.FindingState{"tests.passed": release.Met, "criteria.met": release.Met, "verifier.independent": release.Met, "builds.succeeded": release.Met})
	w.repackage("sha256:second")
	w.findings(release.A3, map[string]release.FindingState{"tests.passed": release.Unknown, "criteria.met": release.Unknown, "verifier.independent": release.Unknown, "builds.succeeded": release.Met})
	kindIs(t, w.svc.VerifyPackage(ctx, w.verifier, w.key), fault.Refused)
	_, err := w.svc.UploadRun(ctx, w.tess, w.key, build.RunRecord{Name: "unit", Environment: "ci", PackageDigest: "sha256:first"}, strings.NewReader(greenReport))
	kindIs(t, err, fault.Invalid)
	stale := pass
	stale.Evidence, stale.RunNumber = "", 1
	kindIs(t, w.svc.Judge(ctx, w.verifier, w.key, 1, 2, stale), fault.Invalid)
}

func TestFailuresAreTakenOnlyWithAToleratedError(t *testing.T) {
	w := newWorld(t)
	run := w.run(redReport)
	w.findings(release.A3, map[string]release.FindingState{"tests.passed": release.Unmet})
	known := w.reportError(w.tess)
	w.findings(release.A3, map[string]release.FindingState{"knownerrors.decided": release.Unmet})
	kindIs(t, w.svc.TolerateRun(ctx, w.verifier, w.key, run.Number, run.Version, known.Key()), fault.Refused)

	w.move(w.tess, known, build.ErrorMove{Verb: build.VerbAssess, Impact: "a retry", AffectedItems: []string{"payments-api"}})
	w.findings(release.A4, map[string]release.FindingState{"knownerrors.documented": release.Unmet})
	refusedWith(t, w.svc.MoveError(ctx, w.tess, w.key, known.Key(), known.Version, build.ErrorMove{Verb: build.VerbTolerate, Decision: "rare"}), "no documented workaround")
	w.move(w.tess, known, build.ErrorMove{Verb: build.VerbAssess, Impact: "a retry", Workaround: "Retry.", AffectedItems: []string{"payments-api"}})
	w.build(w.bruno)
	refusedWith(t, w.svc.MoveError(ctx, w.bruno, w.key, known.Key(), known.Version, build.ErrorMove{Verb: build.VerbTolerate, Decision: "rare"}), "You built")
	w.move(w.tess, known, build.ErrorMove{Verb: build.VerbTolerate, Decision: "rare"})

	if err := w.svc.TolerateRun(ctx, w.verifier, w.key, run.Number, run.Version, known.Key()); err != nil {
		t.Fatal(err)
	}
	w.findings(release.A3, map[string]release.FindingState{"tests.passed": release.Met, "knownerrors.decided": release.Met})
	w.findings(release.A4, map[string]release.FindingState{"knownerrors.documented": release.Met})

	kindIs(t, w.svc.MoveError(ctx, w.tess, w.key, known.Key(), known.Version, build.ErrorMove{Verb: build.VerbTransfer, RecipientID: w.bruno.UserID}), fault.Invalid)
	w.move(w.tess, known, build.ErrorMove{Verb: build.VerbTransfer, RecipientID: w.omar.UserID})
}

func TestRehearsalIsEvidenceOnlyWhenWitnessed(t *testing.T) {
	w := newWorld(t)
	rehearsal, err := w.svc.RecordRehearsal(ctx, w.bruno, w.key, build.RehearsalRecord{Environment: "lab", Result: build.Succeeded, Minutes: 40, Notes: "restored"})
	if err != nil {
		t.Fatal(err)
	}
	w.findings(release.A4, map[string]release.FindingState{"backout.rehearsed": release.Unmet})
	refusedWith(t, w.svc.WitnessRehearsal(ctx, w.bruno, w.key, 1, rehearsal.Version, ""), "rehearsed this back-out yourself")
	if err := w.svc.WitnessRehearsal(ctx, w.tess, w.key, 1, rehearsal.Version, "saw it"); err != nil {
		t.Fatal(err)
	}
	w.findings(release.A4, map[string]release.FindingState{"backout.rehearsed": release.Met})
	w.repackage("sha256:second")
	w.findings(release.A4, map[string]release.FindingState{"backout.rehearsed": release.Unknown})
}

func TestRecordsBelongToTheirTime(t *testing.T) {
	w := newWorld(t)
	w.setState(release.Planning)
	_, err := w.svc.RecordBuild(ctx, w.bruno, w.key, aBuild)
	refusedWith(t, err, "while it is Build and test")
	w.setState(release.Closed)
	_, err = w.svc.ReportError(ctx, w.tess, w.key, build.ErrorReport{Relation: build.Introduced, Title: "Late"})
	kindIs(t, err, fault.Refused)
	w.setState(release.BuildTest)
	_, err = w.svc.RecordBuild(ctx, w.omar, w.key, aBuild)
	kindIs(t, err, fault.Forbidden)
	w.repackage("")
	_, err = w.svc.RecordRun(ctx, w.tess, w.key, build.RunRecord{Name: "unit", Environment: "ci", Counts: build.Counts{Tests: 1, Passed: 1}})
	refusedWith(t, err, "not baselined")
}

func TestStaleFormIsAConflict(t *testing.T) {
	w := newWorld(t)
	w.criteria()
	if err := w.svc.Judge(ctx, w.verifier, w.key, 1, 1, pass); err != nil {
		t.Fatal(err)
	}
	kindIs(t, w.svc.Judge(ctx, w.verifier, w.key, 1, 1, build.Verdict{Verb: build.VerbFail, Measured: "90 %", Evidence: "graph"}), fault.Conflict)
}

func TestANewRunOfTheNameCounts(t *testing.T) {
	w := newWorld(t)
	w.run(redReport)
	w.findings(release.A3, map[string]release.FindingState{"tests.passed": release.Unmet})
	w.run(greenReport)
	w.findings(release.A3, map[string]release.FindingState{"tests.passed": release.Met})
}

func TestTheBuilderDoesNotSayThatAnErrorIsGone(t *testing.T) {
	w := newWorld(t)
	known := w.reportError(w.tess)
	w.move(w.tess, known, build.ErrorMove{Verb: build.VerbAssess, Impact: "a retry", Workaround: "Retry.", AffectedItems: []string{"payments-api"}})
	w.move(w.tess, known, build.ErrorMove{Verb: build.VerbMustFix, Decision: "money", TargetFix: "next build"})
	w.build(w.bruno)
	gone := build.ErrorMove{Verb: build.VerbResolve, Resolution: "Fixed it."}
	refusedWith(t, w.svc.MoveError(ctx, w.bruno, w.key, known.Key(), known.Version, gone), "You built")
	refusedWith(t, w.svc.MoveError(ctx, w.author, w.key, known.Key(), known.Version, gone), "You put this package together")

	w.in(func(tx *db.Tx) error { // nor by the way of another release that names it
		r, err := w.releases.FindIn(tx, w.bruno, w.key)
		if err != nil {
			return err
		}
		return tx.Create(&release.Release{Key: "PAY-2026.12.1", State: release.Planning, ServiceID: r.ServiceID})
	})
	_, err := w.svc.ReportError(ctx, w.bruno, "PAY-2026.12.1", build.ErrorReport{Relation: build.Corrected, ExistingKey: known.Key()})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []build.ErrorMove{gone, {Verb: build.VerbTolerate, Decision: "rare"}} {
		refusedWith(t, w.svc.MoveError(ctx, w.bruno, "PAY-2026.12.1", known.Key(), known.Version, in), "You built "+w.key)
	}
	w.move(w.tess, known, gone)
}

func TestNothingGoesLiveWithAnErrorThatMustBeFixed(t *testing.T) {
	w := newWorld(t)
	w.setState(release.Ready) // found after the check-in
	known := w.reportError(w.tess)
	w.findings(release.A4, map[string]release.FindingState{"knownerrors.decided": release.Unmet, "knownerrors.documented": release.Unmet})
	w.move(w.tess, known, build.ErrorMove{Verb: build.VerbAssess, Impact: "a retry", Workaround: "Retry.", AffectedItems: []string{"payments-api"}})
	w.move(w.tess, known, build.ErrorMove{Verb: build.VerbMustFix, Decision: "money", TargetFix: "next build"})
	w.findings(release.A4, map[string]release.FindingState{"knownerrors.decided": release.Unmet, "knownerrors.documented": release.Met})
	w.move(w.tess, known, build.ErrorMove{Verb: build.VerbTolerate, Decision: "seldom, and nobody loses money"})
	w.findings(release.A4, map[string]release.FindingState{"knownerrors.decided": release.Met})
}

func TestWhatWasMadeIsNotAddedToLater(t *testing.T) {
	w := newWorld(t)
	w.build(w.bruno)
	for _, state := range []release.State{release.Ready, release.EarlyLife, release.Closed, release.Cancelled} {
		w.setState(state)
		_, err := w.svc.TieOutput(ctx, machineOf(w.bruno), w.key, 1, 1)
		refusedWith(t, err, "while it is Build and test")
		_, err = w.svc.AddOutput(ctx, w.bruno, w.key, 1, dml.Submission{}, strings.NewReader("late"))
		refusedWith(t, err, "while it is Build and test")
		_, err = w.svc.DrawCriteria(ctx, w.tess, w.key)
		refusedWith(t, err, "this is recorded while it is")
	}
}
