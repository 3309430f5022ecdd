package releases

import (
	"strings"

	"slipway/internal/db"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/templates/ui"
)

// phaseNames are the four phases in their order.
var phaseNames = []string{"Planning", "Build and test", "Deployment", "Review and close"}

// place is how far a release has come, in stretches of rail.
var place = map[release.State]int{release.Draft: 0, release.Proposed: 0, release.Planning: 1, release.BuildTest: 2, release.Ready: 3,
	release.Deploying: 4, release.Paused: 4, release.Remediating: 4, release.RolledBack: 4, release.EarlyLife: 5, release.Review: 6, release.Closed: 7}

// rail draws a release's way from plan to close.
func rail(f ui.Frame, v *release.Overview) ui.RailView {
	at, now := place[v.State], v.Viewed()
	if v.State == release.OnHold || v.State == release.Cancelled {
		at = place[release.State(v.HeldFrom)]
	}
	gates := overviewGates(f, v)
	view := ui.RailView{Label: "Phases and authorisations of " + v.Key}
	stretch := 0
	segment := func(long bool) ui.RailPart {
		part := ui.RailPart{Long: long, Done: stretch < at || stretch == at && at != 0 && at != 4 && at != 5, Now: stretch == at,
			Here: v.State != release.Cancelled && (stretch == at || stretch == 6 && at == 7)}
		stretch++
		return part
	}
	gate := func(i int) ui.RailPart { return ui.RailPart{Gate: &gates[i]} }
	parts := [][]ui.RailPart{{segment(false), gate(0), segment(true), gate(1)}, {segment(true), gate(2), segment(false), gate(3)},
		{segment(false), segment(false)}, {segment(false), gate(4)}}
	seen := false
	for i, name := range phaseNames {
		p := ui.RailPhase{Name: name, Note: phaseNote(f, v, i), Parts: parts[i], Now: name == now && !v.State.Over(), Done: !seen && name != now}
		if name == now {
			seen, p.Done = true, v.State == release.Closed
		}
		view.Phases = append(view.Phases, p)
	}
	return view
}

// overviewGates are the gates with who decided, or what is awaited.
func overviewGates(f ui.Frame, v *release.Overview) []ui.RailGate {
	list := railGates(&v.Head)
	for i, g := range v.Gates {
		switch {
		case g.State.Passed():
			list[i].Note = strings.Trim(shortDay(f, g.DecidedAt)+", "+g.DecidedBy, ", ")
		case g.State == release.GateVoided:
			list[i].Note = "since " + shortDay(f, g.VoidedAt)
		case g.State == release.GateOpen && list[i].Next:
			if n := len(v.Blockers); n > 0 {
				list[i].State, list[i].Family, list[i].Note = "Not ready", "warn g-lock", noun.Count(n, "blocker")
			} else {
				list[i].Note = "awaits its decision"
			}
		}
	}
	return list
}

func shortDay(f ui.Frame, t db.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Std().In(f.Zone).Format("2 Jan")
}

// phaseNote gives a phase's dates, as they were or as they are planned.
func phaseNote(f ui.Frame, v *release.Overview, phase int) string {
	name := phaseNames[phase]
	from, to, running := spent(v, name)
	switch {
	case running && v.State == release.OnHold:
		return shortDay(f, from) + " – on hold"
	case running && v.State == release.Cancelled:
		return shortDay(f, from) + " – cancelled"
	case running && v.State == release.Closed:
		return shortDay(f, from) + " – " + shortDay(f, v.EndedAt)
	case running:
		return shortDay(f, from) + " – now in " + ui.StateWord(string(v.State))
	case !from.IsZero():
		return shortDay(f, from) + " – " + shortDay(f, to)
	case name == "Deployment" && !v.WindowStart.IsZero():
		return shortDay(f, v.WindowStart) + " – " + shortDay(f, earlyLifeEnd(v.Release)) + " planned"
	case v.State == release.Cancelled:
		return "not reached"
	}
	return "not begun"
}

// spent is when a release was in a phase.
func spent(v *release.Overview, phase string) (from, to db.Time, running bool) {
	return stretchOf(v.Phases, func(s release.State) bool { return s.Phase() == phase })
}

// stretchOf is from the first state that belongs to the first one after it that
// does not. It is running while none came after; a hold belongs where it began.
func stretchOf(phases []release.Phase, belongs func(release.State) bool) (from, to db.Time, running bool) {
	for _, p := range phases {
		switch {
		case belongs(p.State):
			if from.IsZero() {
				from = p.Since
			}
			to, running = 0, true
		case p.State.Phase() != "" && running:
			to, running = p.Since, false
		}
	}
	return from, to, running
}

// earlyLifeEnd is when early life support would end if all goes to plan.
func earlyLifeEnd(r *release.Release) db.Time { return r.WindowEnd + db.Time(r.ELSDays*24*60*60*1000) }
