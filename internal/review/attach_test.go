package review_test

import (
	"strings"
	"testing"

	"slipway/internal/build"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/review"
)

func namesOf(list []dml.Attachment) (names string) {
	for _, a := range list {
		names += a.FileName + " "
	}
	return names
}

func TestGiverAndReceiverAttachInTheirTurn(t *testing.T) {
	w := newWorld(t, release.Ready)
	tr := w.planTransfer()
	attach := func(actor identity.Actor, name string) error {
		return w.svc.AttachToTransfer(ctx, actor, w.key, tr.Number, name, strings.NewReader(name))
	}
	refusedWith(t, attach(w.omar, "early.txt"), "Bruno")
	refusedWith(t, attach(w.maya, "mine.txt"), "Bruno")
	kindIs(t, attach(machineOf(w.bruno), "bot.txt"), fault.Forbidden)
	w.must(attach(w.bruno, "agenda.txt"))
	w.must(w.svc.MoveTransfer(ctx, w.bruno, w.key, tr.Number, 1, review.VerbDeliver, "walked through"))
	refusedWith(t, attach(w.bruno, "late.txt"), "Omar")
	w.must(attach(w.omar, "attendance.txt"))
	if sh := w.sheet(w.omar); namesOf(sh.OfTransfer(sh.Transfers[0])) != "agenda.txt " || namesOf(sh.HeldForTransfer(sh.Transfers[0])) != "attendance.txt " {
		t.Errorf("given %q, held %q", namesOf(sh.OfTransfer(sh.Transfers[0])), namesOf(sh.HeldForTransfer(sh.Transfers[0])))
	}
	w.must(w.svc.MoveTransfer(ctx, w.omar, w.key, tr.Number, 2, review.VerbConfirm, "clear"))
	refusedWith(t, attach(w.omar, "after.txt"), "takes no more files")
	if sh := w.sheet(w.maya); namesOf(sh.OfTransfer(sh.Transfers[0])) != "agenda.txt attendance.txt " {
		t.Errorf("given %q", namesOf(sh.OfTransfer(sh.Transfers[0])))
	}
}

func TestOfferAndAnswerOfAHandoverHaveFiles(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	attach := func(actor identity.Actor, name string) error {
		return w.svc.AttachToHandover(ctx, actor, w.key, 1, name, strings.NewReader(name))
	}
	kindIs(t, attach(w.stefan, "a.txt"), fault.Forbidden)
	w.must(attach(w.maya, "runbook.txt"))
	w.must(w.svc.Offer(ctx, w.maya, w.key, 1, 1, "runbook 4.12 in the library"))
	kindIs(t, attach(w.maya, "late.txt"), fault.Forbidden)
	refusedWith(t, attach(w.dina, "mine.txt"), "took part in deploying")
	w.must(attach(w.omar, "restore.log"))
	w.must(w.svc.DecideHandover(ctx, w.omar, w.key, 1, 2, review.VerbAcceptItem, ""))
	refusedWith(t, attach(w.maya, "after.txt"), "accepted")
	if sh := w.sheet(w.stefan); namesOf(sh.OfItem(sh.Items[0])) != "runbook.txt restore.log " {
		t.Errorf("given %q", namesOf(sh.OfItem(sh.Items[0])))
	}
}

func TestALiveVerdictHasItsFiles(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	attach := func(actor identity.Actor, name string) error {
		return w.svc.AttachToMeasurement(ctx, actor, w.key, 1, name, strings.NewReader(name))
	}
	kindIs(t, attach(w.maya, "a.txt"), fault.Forbidden)
	w.must(attach(w.elin, "week.csv"))
	if sh := w.sheet(w.elin); namesOf(sh.OfValue(sh.Values[0])) != "" || namesOf(sh.HeldForValue(sh.Values[0])) != "week.csv " {
		t.Errorf("before the verdict: %+v", sh.Papers)
	}
	w.measure(1, build.VerbPass)
	sh := w.sheet(w.maya)
	if namesOf(sh.OfValue(sh.Values[0])) != "week.csv " || namesOf(sh.OfValue(sh.Values[1])) != "" {
		t.Errorf("after it: %+v", sh.Papers)
	}
}
