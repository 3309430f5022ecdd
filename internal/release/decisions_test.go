package release_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/jobs"
	"slipway/internal/release"
)

func (w *world) changeIs(key string, state change.State) {
	w.t.Helper()
	r := w.read(key)
	w.view(func(tx *db.Tx) error {
		c, err := w.change.Find(tx, r.ChangeKey)
		if err == nil && c.State != state {
			w.t.Errorf("the change of %s is %s, want %s", key, c.State, state)
		}
		return err
	})
}

func (w *world) resubmit(key string, code release.GateCode) {
	w.t.Helper()
	w.must(w.svc.Resubmit(ctx, w.maya, key, code, w.gate(key, code).Version))
}

func TestARejectionListsWhatToMend(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.Proposed)
	for _, blank := range []string{"", " \n\t"} {
		wrong(t, w.say(w.chen, key, release.A1, release.Say{Verdict: release.Reject, Comment: blank}), "comment")
	}
	wrong(t, w.say(w.chen, key, release.A1, release.Say{Verdict: "perhaps", Comment: "hm"}), "verdict")
	wrong(t, w.say(w.chen, key, release.A1, release.Say{Verdict: release.Reject, Comment: strings.Repeat("x", 4001)}), "comment")
	w.must(w.say(w.chen, key, release.A1, release.Say{Verdict: release.Reject, Comment: "Name the gateway.\nMove the window."}))
	w.stands(key, release.Draft)
	w.changeIs(key, change.Rejected)
	sheet, err := w.svc.Gate(ctx, w.maya, key, release.A1)
	w.must(err)
	if g := sheet.Gate; g.State != release.GateRejected || g.DecidedBy != w.chen.Name || sheet.Decisions[0].Comment != "Name the gateway.\nMove the window." || sheet.Resubmits {
		t.Errorf("%+v, %+v", g, sheet.Decisions)
	}
	refused(t, w.svc.Resubmit(ctx, w.maya, key, release.A1, sheet.Gate.Version), "gate.state") // a draft is submitted, not its gate
	w.do(key, release.VerbSubmit)
	w.changeIs(key, change.Assessing)
	if g := w.gate(key, release.A1); g.State != release.GateOpen || g.Round != 2 || g.DecidedBy != "" {
		t.Errorf("submitted anew: %+v", g)
	}
	w.approve(key, release.A1, w.chen) // who rejected it may approve what was mended
	w.stands(key, release.Planning)
}

func TestARejectionOfALaterGateLeavesTheRelease(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.Planning)
	w.must(w.say(w.chen, key, release.A2, release.Say{Verdict: release.Reject, Comment: "No test of load."}))
	w.stands(key, release.Planning)
	w.gateIs(key, release.A2, release.GateRejected)
	refused(t, w.approves(w.carl, key, release.A2), "gate.state")
	kindIs(t, w.svc.Resubmit(ctx, w.chen, key, release.A2, w.gate(key, release.A2).Version), fault.Forbidden)
	w.resubmit(key, release.A2)
	w.approve(key, release.A2, w.carl)
	w.stands(key, release.BuildTest)
	if r := w.read(key); r.Gates != "Approved Approved Open Pending Pending" {
		t.Errorf("lists show %q", r.Gates)
	}
}

func TestAGateExpiresUndecided(t *testing.T) {
	w := newWorld(t)
	key, other := w.created(release.Proposed), w.created(release.Planning)
	opened := w.gate(key, release.A1)
	w.later(14 * 24 * time.Hour)
	w.must(w.svc.ExpireGates(ctx))
	w.gateIs(key, release.A1, release.GateOpen) // the last moment is still in time
	w.later(time.Millisecond)
	refused(t, w.approves(w.chen, key, release.A1), "gate.expired") // although no clock has come by
	w.must(w.svc.ExpireGates(ctx))
	w.gateIs(key, release.A1, release.GateExpired)
	w.gateIs(other, release.A2, release.GateExpired)
	w.stands(key, release.Proposed)
	if r := w.read(key); r.Gates != "Expired Pending Pending Pending Pending" {
		t.Errorf("lists show %q", r.Gates)
	}
	if g := w.gate(other, release.A1); g.State != release.GateApproved {
		t.Errorf("a decided gate is %s", g.State)
	}
	kindIs(t, w.svc.DecideGate(ctx, w.chen, key, release.A1, release.Say{Verdict: release.Approve, Version: opened.Version}), fault.Conflict)
	refused(t, w.approves(w.chen, key, release.A1), "gate.state")
	version := w.gate(key, release.A1).Version
	w.must(w.svc.ExpireGates(ctx))
	if w.gate(key, release.A1).Version != version {
		t.Error("the clock expires it a second time")
	}
	w.resubmit(key, release.A1)
	w.approve(key, release.A1, w.chen)
	w.stands(key, release.Planning)
}

func TestTheClockOfTheGatesGoesOn(t *testing.T) {
	w := newWorld(t)
	runner := jobs.NewRunner(w.d, slog.New(slog.DiscardHandler))
	w.svc.Jobs(runner)
	w.must(w.svc.Schedule(ctx))
	w.must(w.svc.Schedule(ctx)) // at every start
	key := w.created(release.Proposed)
	for range 4 { // the last turn is taken on the fifteenth day
		for worked := true; worked; {
			var err error
			worked, err = runner.Step(ctx)
			w.must(err)
		}
		w.later(5 * 24 * time.Hour)
	}
	w.gateIs(key, release.A1, release.GateExpired)
}

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
	refused(t, w.approves(w.chen, key, release.A4), "gate.a2") // the earlier one falls as well
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
	w.approve(key, release.A3, w.chen, w.cora)
	w.stands(key, release.Ready)
	w.gateIs(key, release.A4, release.GateOpen)
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
