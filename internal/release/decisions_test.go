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
		w.must(w.svc.Schedule(ctx)) // as after a restart
	}
	w.gateIs(key, release.A1, release.GateExpired)
	w.view(func(tx *db.Tx) error {
		var open int64
		err := tx.Gorm().Model(&jobs.Job{}).Where("kind = ? AND state = ?", "release.gates.expire", jobs.Waiting).Count(&open).Error
		if open > 2 {
			t.Errorf("after five starts %d clocks go", open)
		}
		return err
	})
}
