// Package reports shows the figures.
package reports

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"slipway/internal/noun"
	"slipway/internal/report"
	"slipway/templates/ui"
)

// Typed is the filter as it stands in the address.
type Typed struct{ Service, Type, From, Until, Query string }

// fill shows the period that the figures are of, where none was typed.
func (t Typed) fill(f *report.Figures) Typed {
	if t.From == "" {
		t.From = day(f, f.Query.From.Std())
	}
	if t.Until == "" {
		t.Until = day(f, f.Query.Until.Std().Add(-time.Millisecond))
	}
	return t
}

func day(f *report.Figures, at time.Time) string { return at.In(f.Query.Zone).Format(time.DateOnly) }

// narrowed tells whether anything was typed that could be cleared.
func (t Typed) narrowed() bool { return t.Query != "" }

func (t Typed) csv() string {
	if t.Query == "" {
		return "/reports.csv"
	}
	return "/reports.csv?" + t.Query
}

func period(f *report.Figures) string {
	const layout = "2 January 2006"
	return f.Query.From.Std().In(f.Query.Zone).Format(layout) + " to " + f.Query.Until.Std().Add(-time.Millisecond).In(f.Query.Zone).Format(layout)
}

// figure is a measure as it is read.
func figure(m *report.Measure) string {
	switch m.Unit {
	case report.Share:
		return fmt.Sprintf("%.1f %%", 100*m.Value)
	case report.Span:
		return hours(m.Value)
	case report.Variance:
		return strings.Replace(fmt.Sprintf("%+.1f %%", 100*m.Value), "-", "−", 1)
	}
	return strconv.FormatFloat(m.Value, 'f', 1, 64)
}

func hours(h float64) string { return ui.Duration(time.Duration(h * float64(time.Hour))) }

// basis says what a measure was counted from.
func basis(m *report.Measure) string {
	if m.Unit == report.Share {
		return fmt.Sprintf("%s of %s %s", ui.Count(m.Hits), ui.Count(m.Cases), m.Of)
	}
	if m.Unit == report.Rate && m.Code != "frequency" {
		return fmt.Sprintf("%s in %s %s", ui.Count(m.Hits), ui.Count(m.Cases), m.Of)
	}
	return fmt.Sprintf("n = %s %s", ui.Count(m.Cases), m.Of)
}

// head are the figures that stand on top.
var head = []string{"on-time", "fail-rate", "recovery", "emergency", "value"}

func ofGroup(f *report.Figures, group string) []report.Measure {
	var list []report.Measure
	for _, m := range f.Measures {
		if m.Group == group {
			list = append(list, m)
		}
	}
	return list
}

func serviceOptions(list []report.ServiceName) []ui.Option {
	options := make([]ui.Option, len(list))
	for i, s := range list {
		options[i] = ui.Option{Value: s.Key, Label: s.Name}
	}
	return options
}

var typeOptions = []ui.Option{{Value: "major", Label: "Major"}, {Value: "minor", Label: "Minor"}, {Value: "emergency", Label: "Emergency"}}

func typeWord(word string) string {
	for _, o := range typeOptions {
		if o.Value == word {
			return o.Label
		}
	}
	return word
}

func ended(f *report.Figures) (sum int64) {
	for _, o := range f.Outcomes {
		sum += o.Total
	}
	return sum
}

func outcomeSegments(f *report.Figures) []ui.Segment {
	families := map[string]string{"Succeeded": "good", "WithKnownErrors": "warn", "Partial": "active2", "RolledBack": "bad", "Cancelled": "void"}
	var list []ui.Segment
	for _, o := range f.Outcomes {
		list = append(list, ui.Segment{Family: families[o.Label], Label: ui.StateWord(o.Label), Count: o.Total})
	}
	return list
}

// worstRisks is how many risks are named beside the map.
const worstRisks = 5

// heatCells puts a count into each cell of the map that holds open risks.
func heatCells(f *report.Figures) []ui.HeatRisk {
	counts := map[[2]int64]int64{}
	var list []ui.HeatRisk
	for _, r := range f.Risks {
		cell := [2]int64{r.Probability, r.Impact}
		if counts[cell] == 0 {
			list = append(list, ui.HeatRisk{Href: fmt.Sprintf("/risks?probability=%d&impact=%d", r.Probability, r.Impact), Probability: int(r.Probability), Impact: int(r.Impact)})
		}
		counts[cell]++
	}
	for i := range list {
		list[i].Label = noun.Count(counts[[2]int64{int64(list[i].Probability), int64(list[i].Impact)}], "risk")
	}
	return list
}

func riskLink(r report.RiskPoint) string {
	return fmt.Sprintf("/releases/%s/risks#risk-%d", r.ReleaseKey, r.Number)
}

func riskScore(r report.RiskPoint) string {
	if r.Score() > r.Appetite {
		return fmt.Sprintf("scores %d, above the appetite of %d", r.Score(), r.Appetite)
	}
	return fmt.Sprintf("scores %d", r.Score())
}

// appetite is the least that any of the risks is measured against.
func appetite(f *report.Figures) int {
	least := int64(25)
	for _, r := range f.Risks {
		if r.Appetite > 0 {
			least = min(least, r.Appetite)
		}
	}
	return int(least)
}
