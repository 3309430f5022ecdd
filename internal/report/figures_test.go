package report

import (
	"math"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
)

const hour = time.Hour

func moment(text string) db.Time {
	if text == "" {
		return 0
	}
	at, err := time.Parse("2006-01-02", text)
	if err != nil {
		panic(err)
	}
	return db.At(at)
}

func TestMedianAndPercentile(t *testing.T) {
	for _, c := range []struct {
		lengths     []time.Duration
		median, p90 time.Duration
	}{
		{nil, 0, 0},
		{[]time.Duration{7 * hour}, 7 * hour, 7 * hour},
		{[]time.Duration{9 * hour, 1 * hour}, 5 * hour, 9 * hour},
		{[]time.Duration{3 * hour, 1 * hour, 2 * hour}, 2 * hour, 3 * hour},
		{[]time.Duration{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 5, 9},
	} {
		if m, p := Median(c.lengths), Percentile(c.lengths, 90); m != c.median || p != c.p90 {
			t.Errorf("%v: median %v, 90th percentile %v; want %v and %v", c.lengths, m, p, c.median, c.p90)
		}
	}
}

// Fewer than five cases say nothing, and nothing is never zero.
func TestAFigureNeedsFiveCases(t *testing.T) {
	for n := range int64(7) {
		m := share("x", "", "", 0, n, "", "")
		if m.Known() != (n >= 5) {
			t.Errorf("known with %d cases: %v", n, m.Known())
		}
		f := Figures{Query: Query{Zone: time.UTC}, Measures: []Measure{m}}
		if value := f.Table()[1][2]; (value == "") == m.Known() {
			t.Errorf("%d cases are written %q", n, value)
		}
	}
}

// year is a release for each figure: on time, late, remediated, rolled back,
// an emergency, one that is still deploying, and one of another year.
func year() (Query, lives) {
	q := Query{From: moment("2026-01-01"), Until: moment("2027-01-01"), Zone: time.UTC}
	return q, lives{
		{ReleaseKey: "A", Type: "minor", CreatedAt: moment("2026-01-01"), AuthorisedAt: moment("2026-01-10"), DeployedAt: moment("2026-01-20"), LiveAt: moment("2026-01-20"), WindowStop: moment("2026-01-20"), EndedAt: moment("2026-03-01"), Outcome: "Succeeded"},
		{ReleaseKey: "B", Type: "minor", CreatedAt: moment("2026-01-01"), AuthorisedAt: moment("2026-01-10"), DeployedAt: moment("2026-02-19"), LiveAt: moment("2026-02-21"), WindowStop: moment("2026-01-31"), EndedAt: moment("2026-03-01"), Outcome: "Partial"},
		{ReleaseKey: "C", Type: "major", CreatedAt: moment("2026-01-01"), AuthorisedAt: moment("2026-01-10"), DeployedAt: moment("2026-02-20"), RemediatedAt: moment("2026-02-20"), LiveAt: moment("2026-02-20"), WindowStop: moment("2026-02-20")},
		{ReleaseKey: "D", Type: "major", CreatedAt: moment("2026-01-01"), DeployedAt: moment("2026-02-21"), RemediatedAt: moment("2026-02-21"), RolledBackAt: moment("2026-02-22")},
		{ReleaseKey: "E", Type: "emergency", CreatedAt: moment("2026-03-01"), AuthorisedAt: moment("2026-03-01"), DeployedAt: moment("2026-03-02"), LiveAt: moment("2026-03-02")},
		{ReleaseKey: "F", Type: "minor", CreatedAt: moment("2026-03-01"), DeployedAt: moment("2026-03-05")},
		{ReleaseKey: "old", Type: "minor", CreatedAt: moment("2025-02-01"), DeployedAt: moment("2025-03-05"), LiveAt: moment("2025-03-05"), WindowStop: moment("2025-03-05"), EndedAt: moment("2026-01-02"), Outcome: "Succeeded"},
	}
}

func TestTheFlowOfAYear(t *testing.T) {
	q, all := year()
	f := Figures{Query: q, First: moment("2025-12-15")}
	f.flow(all, []time.Duration{2 * hour, 4 * hour})
	for code, want := range map[string]struct {
		hits, cases int64
		value       float64
	}{
		"frequency": {6, 6, 6 / (365.0 / 30)}, "on-time": {2, 3, 2.0 / 3}, "emergency": {1, 6, 1.0 / 6}, "fail-rate": {2, 6, 1.0 / 3}, "rework": {1, 6, 1.0 / 6},
		"back-out": {1, 6, 1.0 / 6}, "first-time": {3, 4, 0.75}, "recovery": {0, 2, 3}, "lead-time": {0, 4, (10 + 41) * 12}, "duration": {0, 3, 0},
	} {
		m := f.Measure(code)
		if m.Hits != want.hits || m.Cases != want.cases || math.Abs(m.Value-want.value) > 1e-9 || m.Says == "" || m.Of == "" {
			t.Errorf("%s is %d of %d %q, %v; want %d of %d, %v (%q)", code, m.Hits, m.Cases, m.Of, m.Value, want.hits, want.cases, want.value, m.Says)
		}
	}
	if len(f.Months) != 12 || f.Months[1].Deployed != 3 || f.Months[1].Failed != 2 || strings.Join(f.Months[1].Keys, "") != "BCD" || !f.Months[11].Known {
		t.Errorf("months: %+v", f.Months)
	}
	if len(f.Slips) != 4 || f.Slips[0].Key != "E" || f.Slips[0].Known || f.Slips[1].Key != "B" || f.Slips[1].Days != 21 || f.Slips[2].Days != 0 {
		t.Errorf("slips: %+v", f.Slips)
	}
	if f.Outcomes[0].Total != 2 || f.Outcomes[2].Total != 1 || f.LeadTimes[1].Cases != 2 {
		t.Errorf("outcomes %+v, lead times %+v", f.Outcomes, f.LeadTimes)
	}
}

// A month that was over before anything was recorded is unknown; a later one
// without deployments is zero.
func TestMonthsBeforeTheFirstReleaseAreUnknown(t *testing.T) {
	q, _ := year()
	for first, known := range map[string]int{"": 0, "2026-01-01": 12, "2026-01-31": 12, "2026-02-01": 11, "2026-12-31": 1} {
		f := Figures{Query: q, First: moment(first)}
		f.months(nil)
		n := 0
		for _, m := range f.Months {
			if m.Known {
				n++
			}
		}
		if n != known {
			t.Errorf("first release %q: %d months are known, want %d", first, n, known)
		}
	}
}

// Months are the viewer's: an hour before midnight UTC is the next one in Oslo.
func TestMonthsFollowTheViewersCalendar(t *testing.T) {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	late := moment("2026-03-01").Add(-30 * time.Minute)
	for zone, at := range map[*time.Location]int{time.UTC: 1, oslo: 2} {
		f := Figures{Query: Query{From: moment("2026-01-15"), Until: moment("2026-06-01"), Zone: zone}, First: 1}
		f.months(lives{{DeployedAt: late}})
		if f.Months[at].Deployed != 1 {
			t.Errorf("%s: %+v", zone, f.Months)
		}
	}
}

func TestWhatAReportIsNarrowedTo(t *testing.T) {
	now := moment("2026-11-23")
	services := []ServiceName{{"PAY", "Payments"}}
	q, err := Query{Zone: time.UTC}.settled(now, services)
	if err != nil || q.From != moment("2025-12-01") || q.Until != now+1 {
		t.Errorf("the standard period is %v to %v, %v", q.From.Std(), q.Until.Std(), err)
	}
	for field, bad := range map[string]Query{
		"until": {From: moment("2026-05-02"), Until: moment("2026-05-01")}, "from": {From: moment("2020-01-01")}, "type": {Type: "huge"}, "service": {ServiceKey: "PAX"},
	} {
		bad.Zone = time.UTC
		_, err := bad.settled(now, services)
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
