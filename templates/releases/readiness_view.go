package releases

import (
	"slices"

	"github.com/a-h/templ"

	"slipway/internal/release"
	"slipway/templates/draft"
	"slipway/templates/ui"
)

// ReadinessView is the readiness audit before A4 as its page shows it.
type ReadinessView struct {
	Head  *release.Head
	Sheet *release.ReadinessSheet
	Draft draft.Draft
	Zone  string // that the viewer types dates in
}

func (v ReadinessView) at() string { return v.Head.Link("readiness") }

// allAreas names the one form for all areas.
const allAreas = "all"

// reportAll leads to it, for those who report.
func (v ReadinessView) reportAll() templ.Component {
	if !v.Sheet.Edits {
		return nil
	}
	return linkTo(v.at()+"?do="+allAreas+"#areas", "Report on all at once")
}

func (v ReadinessView) open(area string) string { return v.at() + "?do=" + area + "#" + area }

// colourOf is how an area is shown; what nobody reported is not known.
func colourOf(l release.ReadinessLine) (family, word string) {
	if l.Report == nil {
		return "warn g-unknown", "Not reported"
	}
	if l.Lapsed != "" {
		return "void", "Lapsed"
	}
	switch l.Report.Colour {
	case release.Red:
		return "bad", "Red"
	case release.Amber:
		if l.Finding.Blocks() {
			return "bad g-clock", "Amber, overdue"
		}
		return "warn", "Amber"
	}
	if len(l.Minded) > 0 {
		return "warn", "Amber"
	}
	return "good", "Green"
}

func colourFamily(l release.ReadinessLine) string { f, _ := colourOf(l); return f }
func colourWord(l release.ReadinessLine) string   { _, w := colourOf(l); return w }

// lines puts what blocks A4 first: red, then what nobody reported.
func (v ReadinessView) lines() []release.ReadinessLine {
	rank := func(l release.ReadinessLine) int {
		switch {
		case l.Report == nil || l.Lapsed != "":
			return 2
		case l.Report.Colour == release.Red:
			return 0
		case l.Finding.Blocks():
			return 1
		case l.Report.Colour == release.Amber || len(l.Minded) > 0:
			return 3
		}
		return 4
	}
	list := slices.Clone(v.Sheet.Lines)
	slices.SortStableFunc(list, func(a, b release.ReadinessLine) int { return rank(a) - rank(b) })
	return list
}

func (v ReadinessView) bar() []ui.Segment {
	green, amber, red, unknown := v.Sheet.Counts()
	return []ui.Segment{{Family: "good", Label: "green", Count: green}, {Family: "warn", Label: "amber", Count: amber},
		{Family: "bad", Label: "red", Count: red}, {Family: "neutral", Label: "not reported", Count: unknown}}
}

// blocking counts the areas that stand in the way of A4.
func (v ReadinessView) blocking() (n int) {
	for _, l := range v.Sheet.Lines {
		if l.Finding.Blocks() {
			n++
		}
	}
	return n
}

// evidence is what else A4 asks: what is still to be minded, and what is met.
func (v ReadinessView) evidence() (open, met []release.Finding) {
	for _, f := range v.Sheet.Evidence {
		switch {
		case f.Blocks():
			open = append(open, f)
		case f.State != release.Concern:
			met = append(met, f)
		}
	}
	for _, f := range v.Sheet.Evidence {
		if !f.Blocks() && f.State == release.Concern {
			open = append(open, f)
		}
	}
	return open, met
}

func colours() []ui.Option {
	return []ui.Option{{Value: string(release.Green), Label: "Green", Hint: "Ready."},
		{Value: string(release.Amber), Label: "Amber", Hint: "Not quite, but it may go ahead: somebody deals with it by a date."},
		{Value: string(release.Red), Label: "Red", Hint: "Not ready. It blocks A4."}}
}

// shortColours are the same where they stand twelve times.
func shortColours() []ui.Option {
	list := colours()
	for i := range list {
		list[i].Hint = ""
	}
	return list
}

func (v ReadinessView) peopleOptions() []ui.Option {
	list := make([]ui.Option, len(v.Sheet.People))
	for i, p := range v.Sheet.People {
		list[i] = ui.Option{Value: id(p.ID), Label: p.Name}
	}
	return list
}

// reported gives what was reported of an area, or an empty report.
func reported(l release.ReadinessLine) release.Readiness {
	if l.Report == nil {
		return release.Readiness{}
	}
	return *l.Report
}

func optionalID(n int64) string {
	if n == 0 {
		return ""
	}
	return id(n)
}
