package report

import (
	"slices"
	"time"

	"slipway/internal/db"
)

// enough is how many cases a figure needs before it says something.
const enough = 5

// Unit is how a figure is read.
type Unit string

// The units of figures.
const (
	Share    Unit = "share" // of the cases, 0 to 1
	Span     Unit = "hours"
	Rate     Unit = "number"
	Variance Unit = "variance" // from what was planned: 0.1 is a tenth more
)

// Measure is one figure with what it was counted from. Cases is n, and Hits how
// many of them count, for a share.
type Measure struct {
	Code, Group, Name string
	Unit              Unit
	Value             float64
	Hits, Cases       int64
	Of                string // what a case is: "releases deployed"
	Says              string // its definition
	Note              string // what to know of it this time
}

// Known tells whether there are enough cases to say anything.
func (m *Measure) Known() bool { return m.Cases >= enough }

// share is a measure that counts hits among cases.
func share(code, group, name string, hits, cases int64, of, says string) Measure {
	m := ratio(code, group, name, hits, cases, of, says)
	m.Unit = Share
	return m
}

// ratio is a measure of how many there are for each case.
func ratio(code, group, name string, total, cases int64, of, says string) Measure {
	m := Measure{Code: code, Group: group, Name: name, Unit: Rate, Hits: total, Cases: cases, Of: of, Says: says}
	if cases > 0 {
		m.Value = float64(total) / float64(cases)
	}
	return m
}

// middle is a measure that takes the median of lengths of time.
func middle(code, group, name string, lengths []time.Duration, of, says string) Measure {
	return Measure{Code: code, Group: group, Name: name, Unit: Span, Value: Median(lengths).Hours(), Cases: int64(len(lengths)), Of: of, Says: says}
}

// variance is a measure of how far things went from their plan, the median.
func variance(code, group, name string, parts []float64, of, says string) Measure {
	return Measure{Code: code, Group: group, Name: name, Unit: Variance, Value: Median(parts), Cases: int64(len(parts)), Of: of, Says: says}
}

// beyond is by which part of the planned length the actual one was longer.
func beyond(planned, actual time.Duration) float64 {
	return float64(actual-planned) / float64(planned)
}

// Median is the middle of lengths, 0 of none.
func Median[T ~int64 | ~float64](lengths []T) T {
	n := len(lengths)
	if n == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(lengths))
	return (s[(n-1)/2] + s[n/2]) / 2
}

// Percentile is the smallest length that p percent of them do not exceed.
func Percentile(lengths []time.Duration, p int) time.Duration {
	if len(lengths) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(lengths))
	return s[max((len(s)*p+99)/100, 1)-1]
}

// Length is how long something took: by type, by gate.
type Length struct {
	Code, Name string
	Cases      int64
	Median     time.Duration
	P90        time.Duration
}

// Known tells whether there are enough cases to say anything.
func (l *Length) Known() bool { return l.Cases >= enough }

func length(code, name string, lengths []time.Duration) Length {
	return Length{Code: code, Name: name, Cases: int64(len(lengths)), Median: Median(lengths), P90: Percentile(lengths, 90)}
}

// Month is what was deployed in a month of the viewer's calendar. Nothing is
// known of a month that was over before the first release was made here.
type Month struct {
	Start            time.Time
	Deployed, Failed int64
	Keys             []string // of those deployed
	Known            bool
}

// Slip is how long after the end of its agreed window a release was complete.
type Slip struct {
	Key   string
	Days  float64 // late; 0 is on time
	Known bool    // a window was agreed
}

// Count is how many there are of something.
type Count struct {
	Label string
	Total int64
}

// RiskPoint is an open risk on the map.
type RiskPoint struct {
	ReleaseKey, Event           string
	Number, Probability, Impact int64
	Appetite                    int64
}

// Score is what the map sorts by.
func (r *RiskPoint) Score() int64 { return r.Probability * r.Impact }

// ServiceName is a service by its key and name.
type ServiceName struct{ Key, Name string }

// Query is what a report is narrowed to.
type Query struct {
	ServiceKey string
	Type       string
	From       db.Time
	Until      db.Time // the first moment after the period
	Zone       *time.Location
}

// Figures are the measures of a period.
type Figures struct {
	Query     Query
	Services  []ServiceName // to filter by
	Measures  []Measure
	Gates     []Length
	LeadTimes []Length
	Months    []Month
	Slips     []Slip
	Outcomes  []Count
	Risks     []RiskPoint // the worst first
	OpenRisks int64
	Deployed  int64
	First     db.Time // when the first release was made here, 0 before that
}

func (f *Figures) add(list ...Measure) { f.Measures = append(f.Measures, list...) }

// Measure finds a measure by its code.
func (f *Figures) Measure(code string) *Measure {
	for i := range f.Measures {
		if f.Measures[i].Code == code {
			return &f.Measures[i]
		}
	}
	return &Measure{Code: code}
}

// Groups are the headings of the measures, in order.
func (f *Figures) Groups() []string {
	var list []string
	for _, m := range f.Measures {
		if !slices.Contains(list, m.Group) {
			list = append(list, m.Group)
		}
	}
	return list
}
