package report

import (
	"fmt"
	"sync"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/noun"
	"slipway/internal/release"
)

// gateNames says what each authorisation is for.
var gateNames = map[release.GateCode]string{release.A1: "the plan", release.A2: "the build", release.A3: "the check-in", release.A4: "the deployment", release.A5: "the closing"}

// gates are the authorisations and the exceptions from them that wait for the
// actor's word. Each weighs the evidence of all rooms, so that a page that is
// drawn again before anything was recorded takes them from memory.
func (d *desk) gates(w *Work) error {
	seq, err := audit.LastSeq(d.tx)
	if err != nil {
		return err
	}
	fresh := false
	if d.weighed, fresh = d.s.weighed.find(d.actor.UserID, seq, d.tx.Now); !fresh && (!d.glance || d.weighed.at.IsZero()) {
		d.weighed = weighing{seq: seq, at: d.tx.Now}
		if err := d.weigh(); err != nil {
			return err
		}
		d.s.weighed.keep(d.actor.UserID, d.weighed)
	}
	tasks := d.weighed.tasks
	w.Cut = w.Cut || len(tasks) > Longest
	for _, t := range tasks[:min(len(tasks), Longest)] {
		w.add(d.tx.Now, false, t)
	}
	return nil
}

func (d *desk) weigh() error {
	gates, err := d.s.rooms.Release.WaitingGates(d.tx, d.actor, Longest+1)
	if err != nil {
		return err
	}
	var tasks []Task
	for _, g := range gates {
		tasks = append(tasks, gateTask(g))
	}
	waivers, err := d.s.rooms.Release.WaitingWaivers(d.tx, d.actor, Longest)
	if err != nil {
		return err
	}
	for _, e := range waivers {
		tasks = append(tasks, Task{Family: "warn", Title: fmt.Sprintf("Allow or refuse the exception from “%s”", e.Waiver.Title), Release: e.Release.Key,
			Why:  fmt.Sprintf("%s asks at %s; %s answers for the risk", e.Waiver.AskedBy, e.Waiver.Gate, e.Waiver.RiskOwner),
			Href: e.Release.Link("gates", string(e.Waiver.Gate)) + "#waivers", Action: "Decide the waiver"})
	}
	d.weighed.tasks = tasks
	standings, err := d.s.rooms.Release.Standings(d.tx, d.actor, looked)
	d.weighed.stand(d.actor, standings)
	return err
}

// gateTask says whether a gate can be decided now, or waits for others too.
func gateTask(g release.WaitingGate) Task {
	r, code := g.Release, g.Gate.Code
	t := Task{Family: "active", Title: fmt.Sprintf("Decide %s, %s of %s", code, gateNames[code], r.Title), Release: r.Key,
		Why: "Every criterion is met; you decide as " + roleWords(g.Roles), Href: r.Link("gates", string(code)), Action: "Decide " + string(code), Due: g.Gate.ExpiresAt}
	if g.Unmet > 0 {
		t.Family, t.Action = notYet, "Read "+string(code)
		t.Why = fmt.Sprintf("%s not met yet; you decide as %s", noun.Count(g.Unmet, "criterion is", "criteria are"), roleWords(g.Roles))
	}
	return t
}

// weighing is what waited for a person when the record had its last entry.
type weighing struct {
	seq   int64
	at    db.Time
	tasks []Task
	ways  []way
	unmet map[string]int // what blocks the open gate of a release, by its key
}

// looked is how many open gates are looked at for what one can clear away.
const looked = 30

const (
	weighedFor  = 30_000 // milliseconds; clocks run out even while nothing is recorded
	weighedMost = 500    // people; a full memory is emptied
)

type weighings struct {
	mu   sync.Mutex
	last map[int64]weighing // by person
}

// find gives what was weighed last for a person, and whether it still is so.
func (m *weighings) find(person, seq int64, now db.Time) (w weighing, fresh bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, known := m.last[person]
	return w, known && w.seq == seq && now >= w.at && now-w.at < weighedFor
}

func (m *weighings) keep(person int64, w weighing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil || len(m.last) >= weighedMost {
		m.last = map[int64]weighing{}
	}
	m.last[person] = w
}
