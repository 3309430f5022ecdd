package release_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/release"
)

// entries is how much the record holds.
func (w *world) entries() (n int64) {
	w.t.Helper()
	w.view(func(tx *db.Tx) (err error) {
		n, err = audit.LastSeq(tx)
		return err
	})
	return n
}

// twice does a thing twice at the same time, and demands that it is done once:
// the second is refused or in conflict, and leaves nothing on the record.
func (w *world) twice(what string, do func() error) {
	w.t.Helper()
	var wait sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wait.Add(1)
		go func() {
			defer wait.Done()
			errs[i] = do()
		}()
	}
	wait.Wait()
	done, turned := 0, 0
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case errors.Is(err, fault.Conflict), errors.Is(err, fault.Refused), errors.Is(err, fault.NotFound):
			turned++
		}
	}
	if done != 1 || turned != 1 {
		w.t.Errorf("%s twice: %v", what, errs)
	}
	before := w.entries()
	if err := do(); err == nil || w.entries() != before {
		w.t.Errorf("%s a third time: %v, %d entries more", what, err, w.entries()-before)
	}
}

func TestADoubleClickActsOnce(t *testing.T) {
	w := newWorld(t)
	key := w.create()
	version := w.read(key).Version
	w.twice("submitting", func() error { return w.svc.Do(ctx, w.maya, key, release.VerbSubmit, "", version) })
	decide := func(code release.GateCode) func() error {
		version := w.gate(key, code).Version
		return func() error {
			return w.svc.DecideGate(ctx, w.chen, key, code, release.Say{Verdict: release.Approve, Version: version})
		}
	}
	w.twice("approving", decide(release.A1))
	w.approve(key, release.A2, w.chen)
	media := w.receive("pay-server", "2.0", dml.Software, dml.Built)
	w.twice("adding", func() error {
		return w.svc.AddComponent(ctx, w.bruno, key, release.Component{Kind: release.Software, MediaVersionID: media.ID})
	})
	w.decideItems(key)
	w.add(key, w.receive("pay-guide", "2", dml.Documentation, dml.Built))
	w.add(key, w.receive("pay-extra", "2", dml.Software, dml.Built))
	extra := w.lines(key)[1].ID
	w.twice("removing", func() error { return w.svc.RemoveComponent(ctx, w.bruno, key, extra) })
	w.twice("baselining", func() error { return w.svc.Baseline(ctx, w.bruno, key) })
	w.verify(key)
	w.twice("confirming", func() error {
		return w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them.")
	})
	w.twice("the first word of two", decide(release.A3))
	w.approve(key, release.A3, w.cora)
	w.twice("reporting", func() error {
		return w.svc.ReportReadiness(ctx, w.maya, key, release.Report{Area: "data", Colour: release.Green, Note: "Tried it."})
	})
	w.twice("cancelling", func() error {
		return w.svc.Do(ctx, w.maya, key, release.VerbCancel, "No more money.", w.read(key).Version)
	})
	quick := w.create(emergency)
	w.twice("breaking the glass", func() error { return w.authorise(w.omar, quick, release.Glass) })
	w.twice("deciding in retrospect", func() error {
		return w.svc.DecideRetro(ctx, w.olga, quick, release.Approve, "Right.")
	})
}

func TestAStaleFormChangesNothing(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.Proposed)
	drawn, gate := w.read(key), w.gate(key, release.A1)
	edit := release.Edit{Version: drawn.Version, Title: "Refunds at once", Summary: "Sooner.", OwnerID: drawn.OwnerID}
	window := release.Window{Start: drawn.WindowStart.Add(time.Hour), End: drawn.WindowEnd, Zone: drawn.Zone}
	w.must(w.svc.Rename(ctx, w.maya, key, edit)) // somebody else was quicker
	before := w.entries()
	edit.Title = "Refunds some day"
	kindIs(t, w.svc.Rename(ctx, w.maya, key, edit), fault.Conflict)
	kindIs(t, w.svc.Reschedule(ctx, w.maya, key, drawn.Version, window, "Later."), fault.Conflict)
	kindIs(t, w.svc.Do(ctx, w.maya, key, release.VerbCancel, "Enough.", drawn.Version), fault.Conflict)
	for _, version := range []int64{0, gate.Version - 1, gate.Version + 1} {
		kindIs(t, w.svc.DecideGate(ctx, w.chen, key, release.A1, release.Say{Verdict: release.Approve, Version: version}), fault.Conflict)
		kindIs(t, w.svc.Resubmit(ctx, w.maya, key, release.A1, version), fault.Conflict)
	}
	if r := w.read(key); r.Title != "Refunds at once" || r.WindowStart != drawn.WindowStart || w.entries() != before {
		t.Errorf("it changed: %+v", r)
	}
}

func TestTwoWhoReadTheSameGate(t *testing.T) {
	w := newWorld(t)
	key := w.create(func(q *release.Request) { q.Type = release.Major })
	w.to(key, release.Ready)
	w.prepare(key)
	read := w.gate(key, release.A4).Version
	say := release.Say{Verdict: release.Approve, Version: read}
	w.must(w.svc.DecideGate(ctx, w.chen, key, release.A4, say))
	kindIs(t, w.svc.DecideGate(ctx, w.olga, key, release.A4, say), fault.Conflict) // who has not seen the first word
	w.approve(key, release.A4, w.olga)
	w.gateIs(key, release.A4, release.GateApproved)
}

func TestAReportOfReadinessIsNotOverwritten(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.Ready)
	report := func(version int64, colour release.Colour, change ...func(*release.Report)) error {
		q := release.Report{Area: "data", Colour: colour, Note: "Tried it.", Version: version}
		for _, c := range change {
			c(&q)
		}
		return w.svc.ReportReadiness(ctx, w.omar, key, q)
	}
	w.must(report(0, release.Green))
	kindIs(t, report(0, release.Red), fault.Conflict)
	w.must(report(1, release.Red))
	kindIs(t, report(1, release.Green), fault.Conflict)
	if f := w.finding(key, release.A4, "readiness.data"); f.State != release.Unmet {
		t.Errorf("red reads %+v", f)
	}
	wrong(t, report(2, release.Amber), "owner_data", "due_data")
	soon := func(q *release.Report) { q.OwnerID, q.Due = w.omar.UserID, w.d.Now().Add(time.Hour) }
	w.must(report(2, release.Amber, soon))
	if f := w.finding(key, release.A4, "readiness.data"); f.State != release.Met || f.Owner != w.omar.Name {
		t.Errorf("amber with an owner and a date reads %+v", f)
	}
	w.later(time.Hour + time.Millisecond)
	if f := w.finding(key, release.A4, "readiness.data"); f.State != release.Unmet {
		t.Errorf("amber past its date reads %+v", f)
	}
	if f := w.finding(key, release.A4, "readiness.finance"); f.State != release.Unknown {
		t.Errorf("what nobody reported reads %+v", f)
	}
	kindIs(t, w.svc.ReportReadiness(ctx, w.stefan, key, release.Report{Area: "finance", Colour: release.Green, Note: "Rich."}), fault.Forbidden)
}

// Several areas are reported at once, all or none; what one leaves as it stands
// keeps its report, with who made it.
func TestAllAreasAreReportedAtOnce(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.Ready)
	said := func(area string, colour release.Colour, note string, version int64) release.Report {
		return release.Report{Area: area, Colour: colour, Note: note, Version: version}
	}
	reports := func() (list []string) {
		sheet, err := w.svc.Readiness(ctx, w.maya, key)
		w.must(err)
		for _, l := range sheet.Lines {
			if l.Report != nil {
				list = append(list, fmt.Sprintf("%s %s %s", l.Area.Code, l.Report.Colour, l.Report.ByName))
			}
		}
		return list
	}
	w.must(w.svc.ReportReadiness(ctx, w.omar, key, said("monitoring", release.Green, "They ring.", 0)))
	all := []release.Report{said("monitoring", release.Green, " They ring. ", 1), said("finance", release.Green, "Within the budget.", 0), said("support", "", "", 0), said("data", release.Amber, "One index.", 0)}
	before := w.entries()
	wrong(t, w.svc.ReportAllReadiness(ctx, w.maya, key, all), "owner_data", "due_data")
	if got := reports(); len(got) != 1 || w.entries() != before {
		t.Errorf("of what was refused is kept %v", got)
	}
	all[3].Colour = release.Red
	w.must(w.svc.ReportAllReadiness(ctx, w.maya, key, all))
	if got, want := reports(), []string{"data red Maya", "monitoring green Omar", "finance green Maya"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	kindIs(t, w.svc.ReportAllReadiness(ctx, w.maya, key, all[:1]), fault.Invalid) // nothing new
	kindIs(t, w.svc.ReportAllReadiness(ctx, w.maya, key, []release.Report{said("finance", release.Red, "It is spent.", 0)}), fault.Conflict)
	wrong(t, w.svc.ReportAllReadiness(ctx, w.maya, key, []release.Report{said("support", "", "They know.", 0)}), "colour_support")
	kindIs(t, w.svc.ReportAllReadiness(ctx, w.stefan, key, all), fault.Forbidden)
}
