package release_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

func TestWhatIsToldByHand(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.Planning)
	for _, verb := range []release.Verb{release.VerbHold, release.VerbCancel} {
		wrong(t, w.svc.Do(ctx, w.maya, key, verb, " \t", 0), "reason")
	}
	for _, verb := range []release.Verb{release.VerbAuthoriseBuild, release.VerbStart, release.VerbClose, release.VerbSubmit, release.VerbResume, "ship"} {
		kindIs(t, w.svc.Do(ctx, w.maya, key, verb, "Please.", 0), fault.Refused)
		_, err := w.svc.MoveEffect(ctx, w.maya, key, verb)
		kindIs(t, err, fault.Refused)
	}
	for _, actor := range []identity.Actor{w.bruno, w.chen, w.sofia, w.stefan, w.ada} {
		kindIs(t, w.svc.Do(ctx, actor, key, release.VerbHold, "Please.", 0), fault.Forbidden)
	}
	w.do(key, release.VerbHold)
	refused(t, w.approves(w.chen, key, release.A2), "release.held")
	w.must(w.svc.Do(ctx, w.maya, key, release.VerbResume, "", 0)) // takes no reason
	w.approve(key, release.A2, w.chen)
	phases := w.phases(key)
	if want := []release.State{release.Draft, release.Proposed, release.Planning, release.OnHold, release.Planning, release.BuildTest}; !slices.Equal(phases, want) {
		t.Errorf("its life: %v, want %v", phases, want)
	}
}

func (w *world) phases(key string) (states []release.State) {
	w.t.Helper()
	r := w.read(key)
	w.view(func(tx *db.Tx) error {
		list, err := w.svc.Phases(tx, r)
		for _, p := range list {
			states = append(states, p.State)
		}
		return err
	})
	return states
}

func TestTheConsequenceIsShownFirst(t *testing.T) {
	w := newWorld(t)
	key := w.cleared()
	move, err := w.svc.MoveEffect(ctx, w.maya, key, release.VerbRework)
	w.must(err)
	var voids []release.GateCode
	for _, g := range move.Voids {
		voids = append(voids, g.Code)
	}
	if !slices.Equal(voids, []release.GateCode{release.A3, release.A4}) || move.Withdraws == nil || move.To != release.BuildTest || move.Opens != release.A3 || !move.Reason {
		t.Errorf("a rework would void %v, withdraw %+v, lead to %s and open %s", voids, move.Withdraws, move.To, move.Opens)
	}
	w.stands(key, release.Ready)
	if move, err = w.svc.MoveEffect(ctx, w.maya, key, release.VerbHold); err != nil || len(move.Voids) != 0 || move.Opens != "" || move.To != release.OnHold {
		t.Errorf("a hold: %+v, %v", move, err)
	}
	r := w.read(key)
	same := release.Window{Start: r.WindowStart, End: r.WindowEnd, Zone: r.Zone}
	later := release.Window{Start: r.WindowStart.Add(time.Hour), End: r.WindowEnd.Add(time.Hour), Zone: r.Zone}
	_, err = w.change.AddFreeze(ctx, w.chen, change.Freeze{Title: "Stock-taking", Reason: "Nothing moves.", StartsAt: r.WindowEnd, StopsAt: r.WindowEnd.Add(time.Hour), Zone: "UTC"})
	w.must(err)
	if gates, freezes, err := w.svc.RescheduleEffect(ctx, w.maya, key, same); err != nil || len(gates) != 0 || len(freezes) != 0 {
		t.Errorf("the same window voids %+v, meets %+v, %v", gates, freezes, err)
	}
	gates, freezes, err := w.svc.RescheduleEffect(ctx, w.maya, key, later)
	w.must(err)
	if len(gates) != 1 || gates[0].Code != release.A4 || len(freezes) != 1 {
		t.Errorf("a later window voids %+v, meets %+v", gates, freezes)
	}
	early := w.create()
	if gates, _, err := w.svc.RescheduleEffect(ctx, w.maya, early, later); err != nil || len(gates) != 0 {
		t.Errorf("of a draft it voids %+v, %v", gates, err)
	}
}

func TestAWindowThatMoves(t *testing.T) {
	w := newWorld(t)
	key := w.cleared()
	r := w.read(key)
	move := func(start, end db.Time, zone, reason string) error {
		return w.svc.Reschedule(ctx, w.maya, key, w.read(key).Version, release.Window{Start: start, End: end, Zone: zone}, reason)
	}
	wrong(t, move(0, 0, "Europe/Oslo", "Later."), "window_start")
	wrong(t, move(r.WindowEnd, r.WindowStart, "Moon/Base", " "), "window_end", "zone", "reason")
	wrong(t, move(r.WindowStart, 0, "", "Later."), "window_end", "zone")
	w.must(move(r.WindowStart.Add(time.Hour), r.WindowEnd.Add(time.Hour), "Europe/Helsinki", "The hall is busy."))
	g := w.gate(key, release.A4)
	if g.State != release.GateVoided || !strings.Contains(g.VoidReason, "the window moved from Mon 30 Nov, 10:00 – Tue 1 Dec, 10:00 Europe/Oslo to Mon 30 Nov, 12:00 – Tue 1 Dec, 12:00 Europe/Helsinki") {
		t.Errorf("A4: %+v", g)
	}
	w.changeIs(key, change.Assessing)
	w.view(func(tx *db.Tx) error {
		list, err := w.change.Bookings(tx, key)
		if len(list) != 1 || list[0].FromAt != r.WindowStart.Add(time.Hour) {
			t.Errorf("on the schedule: %+v", list)
		}
		c, err2 := w.change.Find(tx, r.ChangeKey)
		if err2 == nil && c.WindowStart != r.WindowStart.Add(time.Hour) {
			t.Errorf("the change: %+v", c)
		}
		return err
	})
	kindIs(t, w.svc.Reschedule(ctx, w.bruno, key, w.read(key).Version, release.Window{}, ""), fault.Forbidden)
}

func TestWhatMayBeEditedAndWhen(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.Planning)
	r := w.read(key)
	edit := release.Edit{Version: r.Version, Title: " ", Summary: strings.Repeat("x", 4001), OwnerID: 99_999}
	wrong(t, w.svc.Rename(ctx, w.maya, key, edit), "title", "summary", "owner")
	edit = release.Edit{Version: r.Version, Title: " Refunds at once ", Summary: "Sooner.", OwnerID: w.bruno.UserID, Incident: "INC-9"}
	kindIs(t, w.svc.Rename(ctx, w.bruno, key, edit), fault.Forbidden)
	w.must(w.svc.Rename(ctx, w.maya, key, edit))
	if r := w.read(key); r.Title != "Refunds at once" || r.OwnerID != w.bruno.UserID || r.Incident != "" { // planned work corrects none
		t.Errorf("%+v", r)
	}
	quick := w.create(emergency)
	wrong(t, w.svc.Rename(ctx, w.maya, quick, release.Edit{Version: w.read(quick).Version, Title: "x", Summary: "y", OwnerID: w.maya.UserID}), "incident")
	w.do(key, release.VerbCancel)
	over := w.read(key)
	edit.Version = over.Version
	for name, err := range map[string]error{
		"rename":     w.svc.Rename(ctx, w.maya, key, edit),
		"reschedule": w.svc.Reschedule(ctx, w.maya, key, over.Version, release.Window{Start: over.WindowStart, End: over.WindowEnd, Zone: over.Zone}, "Later."),
		"resume":     w.svc.Do(ctx, w.maya, key, release.VerbResume, "", over.Version),
		"add":        w.svc.AddItem(ctx, w.bruno, key, "pay-refunds"),
		"attest":     w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."),
		"report":     w.svc.ReportReadiness(ctx, w.maya, key, release.Report{Area: "data", Colour: release.Green, Note: "Fine."}),
		"resubmit":   w.svc.Resubmit(ctx, w.maya, key, release.A2, w.gate(key, release.A2).Version),
	} {
		if fault.KindOf(err) != fault.Refused {
			t.Errorf("%s on what is over: %v", name, err)
		}
	}
	refused(t, w.approves(w.chen, key, release.A2), "release.over")
	refused(t, w.say(w.chen, key, release.A2, release.Say{Verdict: release.Reject, Comment: "No."}), "release.over")
}

func TestWhatWaitsForWhom(t *testing.T) {
	w := newWorld(t)
	key := w.unnotified()
	w.must(w.svc.AskWaiver(ctx, w.bruno, key, w.exception()))
	w.created(release.Proposed)
	held := w.created(release.Planning)
	w.do(held, release.VerbHold)
	waits := func(actor identity.Actor) (gates []string, waivers int) {
		t.Helper()
		w.view(func(tx *db.Tx) error {
			list, err := w.svc.WaitingGates(tx, actor, 10)
			if err != nil {
				return err
			}
			for _, g := range list {
				gates = append(gates, string(g.Gate.Code))
			}
			exceptions, err := w.svc.WaitingWaivers(tx, actor, 10)
			waivers = len(exceptions)
			return err
		})
		return gates, waivers
	}
	for _, c := range []struct {
		actor   identity.Actor
		gates   []string
		waivers int
	}{{w.chen, []string{"A4", "A1"}, 1}, {w.carl, []string{"A4", "A1"}, 1}, {w.olga, nil, 1}, {w.sofia, nil, 0}, {w.maya, nil, 0}, {w.stefan, nil, 0}, {identity.System("scheduler"), nil, 0}} {
		gates, waivers := waits(c.actor)
		slices.Sort(gates)
		slices.Sort(c.gates)
		if !slices.Equal(gates, c.gates) || waivers != c.waivers {
			t.Errorf("%s: gates %v, %d waivers", c.actor.Name, gates, waivers)
		}
	}
	w.must(w.decideWaiver(w.olga, key, release.Approve, "Fine."))
	w.approve(key, release.A4, w.chen)
	if gates, waivers := waits(w.carl); !slices.Equal(gates, []string{"A1"}) || waivers != 0 {
		t.Errorf("once it is decided carl is asked for %v and %d waivers", gates, waivers)
	}
}

func TestWhoConfirmsACriterionOfThePolicy(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	for _, actor := range []identity.Actor{w.maya, w.bruno, w.chen, w.stefan} {
		kindIs(t, w.svc.Attest(ctx, actor, key, release.A3, "A3.notes", "Read them."), fault.Forbidden)
	}
	machine := w.tess
	machine.Kind = identity.Machine
	kindIs(t, w.svc.Attest(ctx, machine, key, release.A3, "A3.notes", "Green."), fault.Forbidden)
	kindIs(t, w.svc.Attest(ctx, w.tess, key, release.A4, "A3.notes", "Read them."), fault.NotFound)
	wrong(t, w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "  "), "evidence_A3.notes")
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", " Read them aloud. "))
	if f := w.finding(key, release.A3, "A3.notes"); f.State != release.Met || f.Detail != "Read them aloud. ("+w.tess.Name+")" || f.CheckedAt != w.d.Now() {
		t.Errorf("%+v", f)
	}
}
