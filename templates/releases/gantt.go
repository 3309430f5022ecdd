package releases

import (
	"fmt"
	"slices"
	"time"

	"slipway/internal/db"
	"slipway/internal/release"
	"slipway/templates/ui"
)

// bar is one stretch of a chart, in percent of its width.
type bar struct{ x, width string }

// ganttRow is one stage, as it is planned and as it went.
type ganttRow struct {
	name, note, words  string
	plan, actual, late *bar
}

type tick struct{ x, label string }

// gantt is the plan and what became of it, on one axis of time.
type gantt struct {
	rows  []ganttRow
	ticks []tick
	today string
}

// stage is a row before it is drawn.
type stage struct {
	name             string
	planFrom, planTo db.Time
	from, to         db.Time
	begun, still     bool
	passed           bool // the release went on without it
}

func deploying(s release.State) bool {
	return s.Phase() == "Deployment" && s != release.EarlyLife
}

func stages(f ui.Frame, v *release.Overview) []stage {
	end := db.At(f.Now)
	if v.State.Over() {
		end = v.EndedAt
	}
	list := []stage{{name: "Planning"}, {name: "Build and test"}, {name: "Deployment", planFrom: v.WindowStart, planTo: v.WindowEnd}, {name: "Early life support"}, {name: "Review and close"}}
	if !v.WindowEnd.IsZero() {
		list[3].planFrom, list[3].planTo = v.WindowEnd, earlyLifeEnd(v.Release)
	}
	belongs := []func(release.State) bool{
		func(s release.State) bool { return s.Phase() == "Planning" }, func(s release.State) bool { return s.Phase() == "Build and test" },
		deploying, func(s release.State) bool { return s == release.EarlyLife }, func(s release.State) bool { return s.Phase() == "Review and close" }}
	for i := range list {
		var running bool
		list[i].from, list[i].to, running = stretchOf(v.Phases, belongs[i])
		list[i].begun, list[i].still = !list[i].from.IsZero(), running && !v.State.Over()
		if running {
			list[i].to = end
		}
	}
	for i := range list {
		list[i].passed = !list[i].begun && (v.State.Over() || slices.ContainsFunc(list[i+1:], func(s stage) bool { return s.begun }))
	}
	return list
}

// ganttOf draws the stages between the first moment and the last.
func ganttOf(f ui.Frame, v *release.Overview) gantt {
	list, now := stages(f, v), db.At(f.Now)
	first, last := now, now
	for _, s := range list {
		for _, t := range []db.Time{s.planFrom, s.planTo, s.from, s.to} {
			if !t.IsZero() {
				first, last = min(first, t), max(last, t)
			}
		}
	}
	last += (last - first) / 20
	at := func(t db.Time) float64 { return 100 * float64(t-first) / float64(max(last-first, 1)) }
	between := func(from, to db.Time) *bar {
		return &bar{percent(at(from)), percent(max(at(to)-at(from), 0.5))}
	}
	g := gantt{today: percent(at(now))}
	for _, t := range ticks(f.Zone, first, last) {
		// A label begins at its line and today's stands across its own; they stay apart.
		if x := at(t.at); x < 97 && (x < at(now)-16 || x > at(now)+7) {
			g.ticks = append(g.ticks, tick{percent(x), t.label})
		}
	}
	for _, s := range list {
		row := ganttRow{name: s.name, note: s.note(f), words: s.words(f)}
		planned := !s.planFrom.IsZero()
		if planned {
			row.plan = between(s.planFrom, s.planTo)
		}
		switch {
		case !s.begun:
		case planned && s.to > s.planTo:
			row.late = between(max(s.planTo, s.from), s.to)
			if s.from < s.planTo {
				row.actual = between(s.from, s.planTo)
			}
		default:
			row.actual = between(s.from, s.to)
		}
		g.rows = append(g.rows, row)
	}
	return g
}

func percent(p float64) string { return fmt.Sprintf("%.2f%%", p) }

// note says how the stage stands against its plan, where there is one.
func (s stage) note(f ui.Frame) string {
	planned := !s.planFrom.IsZero()
	late := s.to.Sub(s.planTo)
	switch {
	case s.passed:
		return "did not happen"
	case !s.begun && planned:
		return "from " + shortDay(f, s.planFrom)
	case !s.begun:
		return "not begun"
	case planned && late >= time.Minute:
		return ui.Duration(late) + " late"
	case s.still:
		return "since " + shortDay(f, s.from)
	case planned && late <= -time.Hour:
		return ui.Duration(-late) + " early"
	case planned:
		return "on time"
	}
	return "took " + ui.Duration(s.to.Sub(s.from))
}

// words say what the bars draw.
func (s stage) words(f ui.Frame) string {
	text := ""
	if !s.planFrom.IsZero() {
		text = "Planned " + shortDay(f, s.planFrom) + " to " + shortDay(f, s.planTo) + ". "
	}
	switch {
	case s.still:
		text += "Begun " + shortDay(f, s.from) + "."
	case s.begun:
		text += "Actual " + shortDay(f, s.from) + " to " + shortDay(f, s.to) + "."
	}
	return text
}

// mostTicks keeps the labels of the axis apart.
const mostTicks = 5

// label is a moment that the axis names.
type label struct {
	at    db.Time
	label string
}

// ticks are the months or days of the axis.
func ticks(zone *time.Location, first, last db.Time) (list []label) {
	days := int(last.Sub(first).Hours() / 24)
	begin := first.Std().In(zone)
	t := time.Date(begin.Year(), begin.Month(), begin.Day(), 0, 0, 0, 0, zone)
	step, layout := max(1, (days+mostTicks-1)/mostTicks), "2 Jan"
	next := func(t time.Time) time.Time { return t.AddDate(0, 0, step) }
	if days > 62 {
		t, layout = time.Date(begin.Year(), begin.Month(), 1, 0, 0, 0, 0, zone), "Jan"
		months := max(1, (days/30+mostTicks-1)/mostTicks)
		next = func(t time.Time) time.Time { return t.AddDate(0, months, 0) }
	}
	for ; !t.After(last.Std()); t = next(t) {
		if when := db.At(t); when >= first {
			list = append(list, label{when, t.Format(layout)})
		}
	}
	return list
}
