package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"slipway/internal/noun"
	"slipway/internal/report"
)

// The run chart's frame, in the units of its own drawing.
const (
	plotLeft, plotRight = 34.0, 552.0
	plotTop, plotBottom = 10.0, 166.0
)

// run is the chart of deployments and failures by month.
type run struct {
	months []report.Month
	top    int64 // of the scale
	median float64
}

func runOf(months []report.Month) run {
	r := run{months: months, top: 4}
	var counts []float64
	for _, m := range months {
		r.top = max(r.top, m.Deployed, m.Failed)
		if m.Known {
			counts = append(counts, float64(m.Deployed))
		}
	}
	r.top = (r.top + 3) / 4 * 4
	slices.Sort(counts)
	if n := len(counts); n > 0 {
		r.median = (counts[(n-1)/2] + counts[n/2]) / 2
	}
	return r
}

func num(v float64) string { return fmt.Sprintf("%.1f", v) }

func (r run) x(i int) float64 {
	if len(r.months) < 2 {
		return (plotLeft + plotRight) / 2
	}
	return plotLeft + 4 + float64(i)*(plotRight-plotLeft-8)/float64(len(r.months)-1)
}

func (r run) y(count float64) float64 { return plotBottom - count*(plotBottom-plotTop)/float64(r.top) }

func (r run) line() string {
	var points []string
	for i, m := range r.months {
		if m.Known {
			points = append(points, num(r.x(i))+","+num(r.y(float64(m.Deployed))))
		}
	}
	return strings.Join(points, " ")
}

func (r run) lines() []int64 { return []int64{0, r.top / 4, r.top / 2, r.top * 3 / 4, r.top} }

// labelled tells whether there is room for the month's name.
func (r run) labelled(i int) bool { return i%((len(r.months)+11)/12) == 0 }

func monthLabel(m report.Month) string {
	if m.Start.Month() == time.January {
		return m.Start.Format("Jan 06")
	}
	return m.Start.Format("Jan")
}

// title tells the chart in words.
func (r run) title() string {
	var deployed, failed, known int64
	for _, m := range r.months {
		deployed += m.Deployed
		failed += m.Failed
		if m.Known {
			known++
		}
	}
	text := fmt.Sprintf("Releases deployed by month: %d in %s, median %s a month; %d of them failed", deployed, noun.Count(known, "month"), medianText(r.median), failed)
	if unknown := int64(len(r.months)) - known; unknown > 0 {
		text += "; nothing is recorded of " + noun.Count(unknown, "month") + " before"
	}
	return text
}

func medianText(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

// slipChart is the chart of lateness.
type slipChart struct {
	rows []report.Slip
	most float64 // days at the right edge
}

const (
	slipZero, slipEdge = 170.0, 480.0
	slipRow            = 24.5
)

func slipsOf(rows []report.Slip) slipChart {
	c := slipChart{rows: rows, most: 1}
	for _, s := range rows {
		c.most = max(c.most, math.Ceil(s.Days))
	}
	return c
}

func (c slipChart) y(i int) float64            { return 14 + float64(i)*slipRow }
func (c slipChart) width(days float64) float64 { return max(days/c.most*(slipEdge-slipZero), 2) }
func (c slipChart) bottom() float64            { return c.y(len(c.rows)) - 6 }
func (c slipChart) box() string                { return fmt.Sprintf("0 0 560 %.0f", c.bottom()+20) }

func late(s report.Slip) string {
	switch {
	case !s.Known:
		return "no window was agreed"
	case s.Days == 0:
		return "on time"
	case s.Days < 1:
		return hours(s.Days*24) + " late"
	}
	return fmt.Sprintf("%.1f days late", s.Days)
}

func (c slipChart) title() string {
	parts := make([]string, len(c.rows))
	for i, s := range c.rows {
		parts[i] = s.Key + " " + late(s)
	}
	return "How late releases were complete, against the end of their agreed window: " + strings.Join(parts, ", ")
}

func plainDays(v float64) string {
	if v == 1 {
		return "1 day late"
	}
	return fmt.Sprintf("%.0f days late", v)
}
