package report

import (
	"strconv"
	"time"
)

// Table gives the figures as rows of text, the first with the names of the
// columns. A figure of too few cases is empty, never zero.
func (f *Figures) Table() [][]string {
	from, last := f.Query.From.Std().In(f.Query.Zone).Format(time.DateOnly), f.Query.Until.Std().Add(-time.Millisecond).In(f.Query.Zone).Format(time.DateOnly)
	rows := [][]string{{"group", "measure", "value", "unit", "counted", "n", "of", "from", "until", "service", "type", "definition", "note"}}
	add := func(group, name, value, unit, counted string, n int64, of, says, note string) {
		rows = append(rows, []string{group, name, value, unit, counted, strconv.FormatInt(n, 10), of, from, last, f.Query.ServiceKey, f.Query.Type, says, note})
	}
	for _, m := range f.Measures {
		value, counted := "", ""
		if m.Known() {
			value = number(m.Value)
		}
		if m.Unit == Share || m.Unit == Rate {
			counted = strconv.FormatInt(m.Hits, 10)
		}
		add(m.Group, m.Name, value, string(m.Unit), counted, m.Cases, m.Of, m.Says, m.Note)
	}
	lengths := func(group, of, says string, list []Length) {
		for _, l := range list {
			median, p90 := "", ""
			if l.Known() {
				median, p90 = number(l.Median.Hours()), number(l.P90.Hours())
			}
			add(group, l.Name+", median", median, string(Span), "", l.Cases, of, says, "")
			add(group, l.Name+", 90th percentile", p90, string(Span), "", l.Cases, of, says, "")
		}
	}
	lengths("Gate wait", "decisions", "From the gate being open to its decision.", f.Gates)
	lengths("Lead time by type", "releases completed", "From A1 to the last verified target.", f.LeadTimes)
	for _, o := range f.Outcomes {
		add("Outcomes", o.Label, strconv.FormatInt(o.Total, 10), "count", "", o.Total, "releases ended", "Releases that ended in the period, by outcome.", "")
	}
	for _, m := range f.Months {
		const says = "Releases first put into production in the month, and those of them remediated or rolled back."
		month := m.Start.Format("2006-01")
		deployed, failed, note := strconv.FormatInt(m.Deployed, 10), strconv.FormatInt(m.Failed, 10), ""
		if !m.Known {
			deployed, failed, note = "", "", "not recorded"
		}
		add("Months", month+", deployed", deployed, "count", "", m.Deployed, "releases deployed", says, note)
		add("Months", month+", failed", failed, "count", "", m.Deployed, "releases deployed", says, note)
	}
	return rows
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
