package review_test

import (
	"context"
	"testing"
	"time"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/release"
	"slipway/internal/review"
)

var ctx = context.Background()

func TestBeginIsIdempotent(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	first := w.sheet(w.elin)
	w.begin()
	again := w.sheet(w.elin)
	if len(again.Items) != len(review.HandoverKinds()) || len(first.Items) != len(again.Items) {
		t.Errorf("%d handover items, then %d", len(first.Items), len(again.Items))
	}
	if again.EarlyLife.StartedAt != first.EarlyLife.StartedAt || again.Review.ID != first.Review.ID || len(again.Promises) != len(first.Promises) {
		t.Error("a second beginning changed what was there")
	}
	if again.EarlyLife.LeadName != "Elin" {
		t.Errorf("the only person of early life support leads, not %q", again.EarlyLife.LeadName)
	}
}

func TestPageBeginsWhatNobodyBegan(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	if sh := w.sheet(w.stefan); sh.EarlyLife == nil || sh.Review == nil || len(sh.Items) == 0 {
		t.Error("a release in early life has no early life support")
	}
}

func TestOtherPackageStartsTheDaysAnew(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	w.attestAll()
	dbtest.Advance(w.d, 30*time.Hour)
	w.repackage("sha256:second")
	w.begin()
	if e := w.sheet(w.elin).EarlyLife; e.UsersBy != "" || e.Day(w.d.Now()) != 1 {
		t.Errorf("what was stated of the first package holds for the second: %+v", e)
	}
}

func TestExitNamesEveryBlocker(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	w.planTransfer()
	if _, err := w.svc.ReportIncident(ctx, w.elin, w.key, review.IncidentReport{Title: "Down", Severity: 1}); err != nil {
		t.Fatal(err)
	}
	err := w.svc.RequestExit(ctx, w.elin, w.key, w.els().Version)
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Refused {
		t.Fatalf("left early life with everything open: %v", err)
	}
	codes := map[string]int{}
	for _, b := range f.Blockers {
		codes[b.Code]++
		if b.Owner == "" || b.Link == "" {
			t.Errorf("%q has no owner or link", b.Sentence)
		}
	}
	for code, want := range map[string]int{"els.users": 1, "els.stable": 1, "els.severity-1": 1, "value.live": 2, "els.training": 1, "els.contracts": 1, "transfer.confirmed": 1} {
		if codes[code] != want {
			t.Errorf("%s is named %d times, want %d: %v", code, codes[code], want, err)
		}
	}
	kindIs(t, w.svc.RequestExit(ctx, w.omar, w.key, w.els().Version), fault.Forbidden)
}

func TestExit(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	w.fulfil()
	refusedWith(t, w.svc.AcceptExit(ctx, w.omar, w.key, w.els().Version), "Active")
	if err := w.svc.RequestExit(ctx, w.elin, w.key, w.els().Version); err != nil {
		t.Fatal(err)
	}
	kindIs(t, w.svc.AcceptExit(ctx, w.elin, w.key, w.els().Version), fault.Forbidden)
	refusedWith(t, w.svc.AcceptExit(ctx, w.dina, w.key, w.els().Version), "took part in deploying")

	// A criterion that fails after the lead asked stops the acceptance.
	w.measure(1, build.VerbFail)
	refusedWith(t, w.svc.AcceptExit(ctx, w.omar, w.key, w.els().Version), "fail")
	w.measure(1, build.VerbPass)
	if err := w.svc.AcceptExit(ctx, w.omar, w.key, w.els().Version); err != nil {
		t.Fatal(err)
	}
	if state := w.releaseState(); state != release.Review {
		t.Errorf("the release is %s after its exit", state)
	}
}

func TestLeadNeverAcceptsEvenWithTwoRoles(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	w.fulfil()
	if err := w.svc.TakeLead(ctx, w.both, w.key, w.els().Version); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, w.svc.RequestExit(ctx, w.elin, w.key, w.els().Version), "The lead asks")
	if err := w.svc.RequestExit(ctx, w.both, w.key, w.els().Version); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, w.svc.AcceptExit(ctx, w.both, w.key, w.els().Version), "asked for this exit yourself")
}

func TestExtensionAsksForItsDays(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	w.fulfil()
	if err := w.svc.RequestExit(ctx, w.elin, w.key, w.els().Version); err != nil {
		t.Fatal(err)
	}
	if err := w.svc.Extend(ctx, w.omar, w.key, w.els().Version, 1, "the month's end is not seen yet"); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, w.svc.RequestExit(ctx, w.elin, w.key, w.els().Version), "not stable for the agreed days")
	dbtest.Advance(w.d, 24*time.Hour)
	w.day(3)
	if err := w.svc.RequestExit(ctx, w.elin, w.key, w.els().Version); err != nil {
		t.Error(err)
	}
}

func TestDaysAreNotRecordedAhead(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	kindIs(t, w.svc.RecordDay(ctx, w.elin, w.key, review.DayReport{Day: 2, Stable: true, Levels: "99.99 %"}), fault.Invalid)
	kindIs(t, w.svc.RecordDay(ctx, w.elin, w.key, review.DayReport{Day: 1, Levels: "97 %"}), fault.Invalid)
}

func TestGiverNeverConfirms(t *testing.T) {
	w := newWorld(t, release.Ready)
	tr := w.planTransfer()
	refusedWith(t, w.svc.MoveTransfer(ctx, w.omar, w.key, tr.Number, 1, review.VerbDeliver, ""), "Only Bruno")
	if err := w.svc.MoveTransfer(ctx, w.bruno, w.key, tr.Number, 1, review.VerbDeliver, "walked through"); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, w.svc.MoveTransfer(ctx, w.bruno, w.key, tr.Number, 2, review.VerbConfirm, ""), "The giver never confirms")
	refusedWith(t, w.svc.MoveTransfer(ctx, w.maya, w.key, tr.Number, 2, review.VerbConfirm, ""), "Only Omar")
	w.finding(release.A4, "transfer.confirmed", release.Unmet)
	if err := w.svc.MoveTransfer(ctx, w.omar, w.key, tr.Number, 2, review.VerbConfirm, "clear"); err != nil {
		t.Fatal(err)
	}
	w.finding(release.A4, "transfer.confirmed", release.Met)
	kindIs(t, w.svc.MoveTransfer(ctx, w.omar, w.key, tr.Number, 2, review.VerbConfirm, ""), fault.Conflict)
}

func TestRosterIsAskedForBeforeGoingLive(t *testing.T) {
	w := newWorld(t, release.Ready)
	w.finding(release.A4, "els.roster", release.Unmet)
	if err := w.svc.AddShifts(ctx, w.maya, w.key, review.ShiftPlan{FromDay: 1, ToDay: 2, Shift: "day", PersonID: w.elin.UserID, Contact: "+47 1"}); err != nil {
		t.Fatal(err)
	}
	w.finding(release.A4, "els.roster", release.Met)
	sh := w.sheet(w.maya)
	if err := w.svc.RemoveShift(ctx, w.maya, w.key, sh.Roster[0].ID); err != nil {
		t.Fatal(err)
	}
	w.finding(release.A4, "els.roster", release.Unmet)
}

func TestHandoverIsDecidedByOperationsAlone(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	if err := w.svc.Offer(ctx, w.maya, w.key, 1, 1, "runbook 4.12 in the library"); err != nil {
		t.Fatal(err)
	}
	kindIs(t, w.svc.DecideHandover(ctx, w.maya, w.key, 1, 2, review.VerbAcceptItem, ""), fault.Forbidden)
	refusedWith(t, w.svc.DecideHandover(ctx, w.dina, w.key, 1, 2, review.VerbAcceptItem, ""), "took part in deploying")
	kindIs(t, w.svc.DecideHandover(ctx, w.omar, w.key, 1, 2, review.VerbReturn, ""), fault.Invalid)
	if err := w.svc.DecideHandover(ctx, w.omar, w.key, 1, 2, review.VerbAcceptItem, ""); err != nil {
		t.Fatal(err)
	}
	if err := w.svc.Offer(ctx, w.both, w.key, 2, 1, "alarms"); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, w.svc.DecideHandover(ctx, w.both, w.key, 2, 2, review.VerbAcceptItem, ""), "You offered this item")
}

func TestReviewIsAgreedBySomebodyElse(t *testing.T) {
	w := newWorld(t, release.Review)
	version := w.sheet(w.maya).Review.Version
	if err := w.svc.Hold(ctx, w.chen, w.key, version, full); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, w.svc.Agree(ctx, w.chen, w.key, version+1, ""), "You held this review")
	action, err := w.svc.AddAction(ctx, w.maya, w.key, review.ActionPlan{Title: "Buy a spare"})
	if err != nil {
		t.Fatal(err)
	}
	w.finding(release.A5, "actions.owned", release.Unmet)
	refusedWith(t, w.svc.Agree(ctx, w.sofia, w.key, version+1, ""), "Buy a spare")
	if err := w.svc.ReviseAction(ctx, w.maya, w.key, action.Number, 1, review.ActionPlan{Title: "Buy a spare", OwnerID: w.omar.UserID, Due: w.d.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := w.svc.Agree(ctx, w.sofia, w.key, version+1, ""); err != nil {
		t.Fatal(err)
	}
	w.finding(release.A5, "actions.owned", release.Met)
	w.finding(release.A5, "pir.agreed", release.Met)
	refusedWith(t, w.svc.FinishAction(ctx, w.maya, w.key, action.Number, 2, "bought"), "Only Omar")
	if err := w.svc.FinishAction(ctx, w.omar, w.key, action.Number, 2, "bought"); err != nil {
		t.Error(err)
	}
}

func TestExceptionsAreApprovedByTheServiceOwner(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	refusedWith(t, w.svc.StatePromise(ctx, w.maya, w.key, 1, 1, review.Met, "it runs"), "not met live")
	if err := w.svc.StatePromise(ctx, w.maya, w.key, 1, 1, review.Deviated, "only in daytime"); err != nil {
		t.Fatal(err)
	}
	w.finding(release.A5, "package.delivered", release.Unmet)
	kindIs(t, w.svc.ApprovePromise(ctx, w.maya, w.key, 1, 2), fault.Forbidden)
	if err := w.svc.ApprovePromise(ctx, w.sofia, w.key, 1, 2); err != nil {
		t.Error(err)
	}
}

func TestClosingFindings(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	for _, code := range []string{"pir.agreed", "els.accepted", "handover.accepted", "items.reconciled", "value.live", "package.delivered"} {
		w.finding(release.A5, code, release.Unmet)
	}
	w.fulfil()
	w.finding(release.A5, "value.live", release.Met)
	known := w.knownError()
	w.finding(release.A5, "knownerrors.transferred", release.Unmet)
	if err := w.svc.Offer(ctx, w.maya, w.key, 8, 1, "one error"); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, w.svc.DecideHandover(ctx, w.omar, w.key, 8, 2, review.VerbAcceptItem, ""), known.Key())
}

// TestWhatClosingProvesIsNotWaived: review, handover and reconciliation are met,
// or the release does not close.
func TestWhatClosingProvesIsNotWaived(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	firm := map[string]bool{"pir.agreed": true, "handover.accepted": true, "items.reconciled": true}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		r, err := w.releases.FindIn(tx, w.maya, w.key)
		if err != nil {
			return err
		}
		list, err := w.svc.Findings(tx, r, release.A5)
		for _, f := range list {
			if f.Waivable == firm[f.Code] || (f.Firm != "") != firm[f.Code] {
				t.Errorf("%s may be waived: %v (%s)", f.Code, f.Waivable, f.Firm)
			}
			delete(firm, f.Code)
		}
		return err
	}))
	if len(firm) > 0 {
		t.Errorf("A5 says nothing of %v", firm)
	}
}

func TestMachinesSayNothingHere(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	machine := machineOf(w.elin)
	kindIs(t, w.svc.RequestExit(ctx, machine, w.key, w.els().Version), fault.Forbidden)
	kindIs(t, w.svc.MoveTransfer(ctx, machine, w.key, 1, 1, review.VerbConfirm, ""), fault.Forbidden)
	kindIs(t, w.svc.RecordDay(ctx, machine, w.key, review.DayReport{Day: 1, Stable: true, Levels: "x"}), fault.Forbidden)
}
