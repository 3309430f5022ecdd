package report

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
)

// way is an open gate in whose way something is that the actor can remove.
type way struct {
	release *release.Release
	gate    release.Gate
	all     int
	yours   []fault.Blocker
}

// stand keeps what blocks the open gates, and which of it is the actor's.
func (m *weighing) stand(actor identity.Actor, standings []release.Standing) {
	m.unmet = map[string]int{}
	for _, st := range standings {
		m.unmet[st.Release.Key] = len(st.Blockers)
		if yours := st.Release.AskedOf(actor, st.Blockers); len(yours) > 0 {
			m.ways = append(m.ways, way{st.Release, st.Gate, len(st.Blockers), yours})
		}
	}
}

// ways are what the actor clears away before others can decide. What a task on
// the same page of the release asks for already is not said twice.
func (d *desk) ways(w *Work) error {
	asked := map[string]bool{}
	for _, tasks := range [][]Task{w.Decisions, w.Overdue, w.Handed} {
		for _, t := range tasks {
			asked[pathOf(t.Href)] = true
		}
	}
	shown := 0
	for _, one := range d.weighed.ways {
		one.yours = slices.DeleteFunc(slices.Clone(one.yours), func(b fault.Blocker) bool { return asked[pathOf(b.Link)] })
		if len(one.yours) == 0 {
			continue
		}
		if shown++; shown > Longest {
			w.Cut = true
			break
		}
		w.add(d.tx.Now, false, one.task())
	}
	return nil
}

// task says what one can do for the gate; a single blocker leads to where it is removed.
func (o *way) task() Task {
	r, code := o.release, o.gate.Code
	t := Task{Family: "active", Title: fmt.Sprintf("Clear the way to %s, %s of %s", code, gateNames[code], r.Title), Release: r.Key, Due: o.gate.ExpiresAt}
	if len(o.yours) == 1 {
		b := o.yours[0]
		t.Why, t.Href, t.Action = b.Sentence, b.Link, b.Action
		return t
	}
	var actions []string
	for _, b := range o.yours {
		if action := noun.Lower(b.Action); !slices.Contains(actions, action) {
			actions = append(actions, action)
		}
	}
	if len(actions) > 4 {
		actions = append(actions[:3], "and more")
	}
	t.Why = fmt.Sprintf("%d of %d blockers are yours: %s", len(o.yours), o.all, strings.Join(actions, ", "))
	t.Href, t.Action = r.Link()+"#blockers", "See what is missing"
	return t
}

// pathOf is an address without its part of a page.
func pathOf(href string) string {
	path, _, _ := strings.Cut(href, "#")
	return path
}
