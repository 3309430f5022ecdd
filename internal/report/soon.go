package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/noun"
)

// soonest is how many moments of the next two days are listed.
const soonest = 8

// soon lists what begins and ends within 48 hours: windows, freezes, and what
// the actor's own tasks and everybody's debts are due.
func (d *desk) soon(w *Work) error {
	now, until := d.tx.Now, d.tx.Now.Add(48*time.Hour)
	cal, err := d.s.rooms.Change.CalendarEntries(d.ctx, d.actor, now, until)
	if err != nil {
		return err
	}
	add := func(at db.Time, family, text, href string) {
		if !at.Before(now) && at.Before(until) {
			w.Soon = append(w.Soon, Moment{at, family, text, href})
		}
	}
	for _, e := range cal.Entries {
		switch {
		case e.Freeze != nil:
			add(e.From, "void", fmt.Sprintf("Freeze %s begins, %s", e.Freeze.Key(), e.Freeze.Title), "/freezes/"+e.Freeze.Key())
			add(e.To, "neutral g-clock", fmt.Sprintf("Freeze %s ends", e.Freeze.Key()), "/freezes/"+e.Freeze.Key())
		case e.Booking.Standing != change.Done && e.Booking.Standing != change.Dropped && !sameAsWave(e, cal.Entries):
			name, family := "Window of "+e.Booking.Name(), "neutral g-clock"
			if e.Booking.Standing == change.Running {
				family = "active"
			}
			add(e.From, family, name+" opens", e.Booking.Link()+"/deployment")
			add(e.To, family, name+" closes", e.Booking.Link()+"/deployment")
		}
	}
	for _, debt := range w.Debts {
		add(debt.Due, "bad g-clock", strings.TrimSpace("Retrospective decision, "+cmp.Or(debt.Release, debt.ChangeKey)), debt.Href)
	}
	for _, t := range w.Steps {
		if t.Action != "Claim" {
			add(t.Due, "active", t.Title+" ends, "+t.Release, t.Href)
		}
	}
	slices.SortStableFunc(w.Soon, func(a, b Moment) int { return cmp.Compare(a.At, b.At) })
	w.Soon = w.Soon[:min(len(w.Soon), soonest)]
	return nil
}

// sameAsWave tells whether the whole window of a release begins and ends as one
// of its waves does, which says it better.
func sameAsWave(e change.Entry, all []change.Entry) bool {
	return e.Booking.Part == "" && slices.ContainsFunc(all, func(o change.Entry) bool {
		return o.Booking != nil && o.Booking.Part != "" && o.Booking.ReleaseKey == e.Booking.ReleaseKey && o.Span == e.Span
	})
}

// loose tells those who keep the environments what runs there unauthorised.
func (d *desk) loose(w *Work) error {
	if !d.actor.Can(identity.EnvironmentEdit, 0) || d.actor.Kind != identity.PersonKind {
		return nil
	}
	n, err := d.s.rooms.Deploy.Drift(d.tx)
	if err != nil {
		return err
	}
	if n.Unauthorised > 0 {
		w.add(d.tx.Now, false, Task{Family: "bad", Title: "Unauthorised deployment", Why: fmt.Sprintf("%s what no authorised package holds", noun.Count(n.Unauthorised, "target runs", "targets run")), Href: "/targets?drift=unauthorised", Action: "See which"})
	}
	if n.Drifted > 0 {
		w.add(d.tx.Now, false, Task{Family: "warn", Title: "Drift", Why: fmt.Sprintf("%s another package than the records say", noun.Count(n.Drifted, "target runs", "targets run")), Href: "/targets?drift=drifted", Action: "See which"})
	}
	return nil
}

// steps are the run-sheet steps that the actor holds, may witness or may claim.
func (d *desk) steps(w *Work) error {
	list, err := d.s.rooms.Deploy.MySteps(d.ctx, d.actor)
	for i := range list {
		m := &list[i]
		if len(w.Steps) == Longest {
			w.Cut = true
			break
		}
		t := Task{Family: "active", Title: m.Label(), Release: m.ReleaseKey, Why: fmt.Sprintf("You hold it, in wave %d, %s", m.WaveNumber, m.WaveName), Href: m.RunLink(), Action: "Continue", Due: m.PlannedEnd}
		switch m.What {
		case "witness":
			t.Why, t.Action = m.HolderName+" signed it; a second person has to", "Witness"
		case "claim":
			t.Family, t.Why, t.Action, t.Due = "neutral", fmt.Sprintf("Nobody holds it, in wave %d, %s", m.WaveNumber, m.WaveName), "Claim", m.PlannedAt
		}
		if m.What == "sign" && t.Late(d.tx.Now) {
			t.Family = "bad g-clock"
		}
		w.Steps = append(w.Steps, t)
	}
	return err
}
