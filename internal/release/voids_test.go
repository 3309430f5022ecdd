package release_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/release"
)

func TestAPlanThatChangesVoidsWhatWasDecidedOnIt(t *testing.T) {
	w := newWorld(t)
	key := w.cleared()
	w.changeIs(key, change.Scheduled)
	w.revise(key, 2)
	for code, state := range map[release.GateCode]release.GateState{release.A1: release.GateApproved, release.A2: release.GateVoided, release.A3: release.GateApproved, release.A4: release.GateVoided} {
		w.gateIs(key, code, state)
	}
	w.changeIs(key, change.Assessing)
	sheet, err := w.svc.Gate(ctx, w.maya, key, release.A4)
	w.must(err)
	if g := sheet.Gate; g.VoidReason != "the plan was revised (plan v0 is now v2)" || g.VoidedAt != w.d.Now() || len(sheet.Voided()) != 2 {
		t.Errorf("A4: %+v", g)
	}
	w.resubmit(key, release.A4)
	refused(t, w.approves(w.chen, key, release.A4), "A4.monitoring", "gate.a2") // the earlier one falls as well, and what was said of the plan
	w.must(w.svc.Attest(ctx, w.omar, key, release.A4, "A4.monitoring", "Saw it fire again."))
	w.resubmit(key, release.A2)
	w.approve(key, release.A2, w.chen)
	w.stands(key, release.Ready) // decided anew it moves nothing
	w.approve(key, release.A4, w.chen)
	w.changeIs(key, change.Scheduled)
	w.revise(key, 2)
	w.gateIs(key, release.A4, release.GateApproved) // nothing differs
}

// revise is what the plan room says of a new version.
func (w *world) revise(key string, version int64) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		r, err := w.svc.FindIn(tx, w.maya, key)
		if err != nil {
			return err
		}
		return w.svc.Revise(tx, w.maya, r, release.Revision{PlanVersion: version, PlanAgreed: true, What: "the plan was revised"})
	})
}

func TestAPackageThatChangesVoidsWhatWasDecidedOnIt(t *testing.T) {
	w := newWorld(t)
	key := w.cleared()
	signed := w.read(key).SignedDigest
	w.do(key, release.VerbRework)
	w.stands(key, release.BuildTest)
	w.gateIs(key, release.A2, release.GateApproved)
	w.gateIs(key, release.A3, release.GateOpen) // voided, and asked for anew at once
	w.gateIs(key, release.A4, release.GateVoided)
	if g := w.gate(key, release.A3); g.Round != 2 || !strings.Contains(g.VoidReason, "package "+signed[7:19]+" is now none") {
		t.Errorf("A3: %+v", g)
	}
	if r := w.read(key); r.PackageDigest != "" || r.SignedDigest != "" {
		t.Errorf("digests are left: %+v", r)
	}
	newer := w.receive("pay-server", "2.1", "software", "built")
	w.add(key, newer)
	w.must(w.svc.Baseline(ctx, w.bruno, key))
	sheet, err := w.svc.Gate(ctx, w.chen, key, release.A3)
	w.must(err)
	if sheet.FormerDigest != signed || len(sheet.Difference) != 1 || sheet.Difference[0].Is != "2.1 ("+newer.Digest.String()[7:19]+")" || sheet.Difference[0].Was != "" {
		t.Errorf("the page shows the difference from %s: %+v", sheet.FormerDigest, sheet.Difference)
	}
	w.verify(key)
	for code, criteria := range map[release.GateCode][]string{
		release.A3: {"A3.notes"}, release.A4: {"A4.monitoring", "readiness.package", "readiness.data", "readiness.security", "readiness.licences", "readiness.back-out"},
	} {
		for _, criterion := range criteria { // said of another package
			if f := w.finding(key, code, criterion); !f.Blocks() || !strings.Contains(f.Detail, "package "+signed[7:19]+", which is now "+w.read(key).PackageDigest[7:19]) {
				t.Errorf("%s: %+v", criterion, f)
			}
		}
	}
	if f := w.finding(key, release.A4, "readiness.people"); f.State != release.Met { // not about the package
		t.Errorf("%+v", f)
	}
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read the new ones."))
	kindIs(t, w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Again."), fault.Conflict)
	w.approve(key, release.A3, w.chen, w.cora)
	w.stands(key, release.Ready)
	w.gateIs(key, release.A4, release.GateOpen)
	readiness, err := w.svc.Readiness(ctx, w.maya, key)
	w.must(err)
	for _, line := range readiness.Lines {
		if lapsed := line.Lapsed != ""; lapsed != line.Area.OfPackage() || lapsed != line.Finding.Blocks() {
			t.Errorf("%s: lapsed %q, %+v", line.Area.Name, line.Lapsed, line.Finding)
		}
	}
	if green, _, _, unknown := readiness.Counts(); green != 7 || unknown != 5 {
		t.Errorf("%d green, %d unknown", green, unknown)
	}
	report := release.Report{Area: "package", Colour: release.Green, Note: "Installs elsewhere.", Version: 1}
	w.must(w.svc.ReportReadiness(ctx, w.maya, key, report))
	if f := w.finding(key, release.A4, "readiness.package"); f.State != release.Met {
		t.Errorf("%+v", f)
	}
	if w.read(key).SignedDigest == signed {
		t.Error("another package has the same digest")
	}
}

func TestWordsAlreadySaidFallWithTheirSubject(t *testing.T) {
	w := newWorld(t)
	key := w.create(func(q *release.Request) { q.Type = release.Major })
	w.to(key, release.Ready)
	w.prepare(key)
	half := func() {
		t.Helper()
		w.approve(key, release.A4, w.chen)
		w.gateIs(key, release.A4, release.GateOpen)
	}
	fallen := func(round int64, why string) {
		t.Helper()
		g := w.gate(key, release.A4)
		if g.State != release.GateOpen || g.Round != round || !strings.Contains(g.VoidReason, why) {
			t.Errorf("A4 is %s in round %d: %s", g.State, g.Round, g.VoidReason)
		}
		sheet, err := w.svc.Gate(ctx, w.chen, key, release.A4)
		w.must(err)
		if len(sheet.Against) > 0 || sheet.Seats[0].Filled() {
			t.Errorf("the word still stands: %+v, %+v", sheet.Seats, sheet.Against)
		}
	}
	half()
	w.revise(key, 1)
	fallen(2, "the plan was revised")
	w.resubmit(key, release.A2)
	w.approve(key, release.A2, w.chen)
	w.must(w.svc.Attest(ctx, w.omar, key, release.A4, "A4.monitoring", "Saw it fire again."))
	half()
	r := w.read(key)
	w.must(w.svc.Reschedule(ctx, w.maya, key, r.Version, release.Window{Start: r.WindowStart.Add(time.Hour), End: r.WindowEnd, Zone: r.Zone}, "Later."))
	fallen(3, "the window moved")
	half()
	w.unsettle(key)
	fallen(4, "wave 1 was edited")
	w.approve(key, release.A4, w.chen, w.olga)
	w.gateIs(key, release.A4, release.GateApproved)
}

// unsettle is what the deployment room says when waves are planned anew.
func (w *world) unsettle(key string) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		r, err := w.svc.FindIn(tx, w.maya, key)
		if err != nil {
			return err
		}
		return w.svc.Unsettle(tx, w.maya, r, "wave 1 was edited")
	})
}

func TestWavesPlannedAnewVoidLeaveToDeploy(t *testing.T) {
	w := newWorld(t)
	early := w.created(release.Planning)
	w.unsettle(early)
	w.gateIs(early, release.A4, release.GatePending)
	key := w.cleared()
	w.unsettle(key)
	w.gateIs(key, release.A4, release.GateVoided)
	w.gateIs(key, release.A2, release.GateApproved)
	w.changeIs(key, change.Assessing)
	if r, g := w.read(key), w.gate(key, release.A4); g.VoidReason != "wave 1 was edited" || r.Gates != "Approved Approved Approved Voided Pending" {
		t.Errorf("%q, %q", g.VoidReason, r.Gates)
	}
	w.unsettle(key) // again changes nothing
	w.gateIs(key, release.A4, release.GateVoided)
}
