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
	Share Unit = "share" // of the cases, 0 to 1
	Span  Unit = "hours"
	Rate  Unit = "number"
)

// Measure is one figure with what it was counted from. Cases is n, and Hits how
// many of them count, for a share.
type Measure struct {
	Code, Group, Name string
	Unit              Unit
	Value             float64
	Hits, Cases       int64
	Of                string // what a case is: "releases deployed"
	Note              string
}

// Known tells whether there are enough cases to say anything.
func (m *Measure) Known() bool { return m.Cases >= enough }

// share is a measure that counts hits among cases.
func share(code, group, name string, hits, cases int64, of, note string) Measure {
	m := Measure{Code: code, Group: group, Name: name, Unit: Share, Hits: hits, Cases: cases, Of: of, Note: note}
	if cases > 0 {
		m.Value = float64(hits) / float64(cases)
	}
	return m
}

// middle is a measure that takes the median of lengths of time.
func middle(code, group, name string, lengths []time.Duration, of, note string) Measure {
	return Measure{Code: code, Group: group, Name: name, Unit: Span, Value: Median(lengths).Hours(), Cases: int64(len(lengths)), Of: of, Note: note}
}

// ratio is a measure of how many there are for each case.
func ratio(code, group, name string, total, cases int64, of, note string) Measure {
	m := Measure{Code: code, Group: group, Name: name, Unit: Rate, Hits: total, Cases: cases, Of: of, Note: note}
	if cases > 0 {
		m.Value = float64(total) / float64(cases)
	}
	return m
}

// Median is the middle of lengths of time, 0 of none.
func Median(lengths []time.Duration) time.Duration {
	if len(lengths) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(lengths))
	if len(s)%2 == 1 {
		return s[len(s)/2]
	}
	return (s[len(s)/2-1] + s[len(s)/2]) / 2
}

// Percentile is the smallest length that p percent of them do not exceed.
func Percentile(lengths []time.Duration, p int) time.Duration {
	if len(lengths) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(lengths))
	at := (len(s)*p + 99) / 100
	return s[max(at, 1)-1]
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
	ReleaseKey                  string
	Number, Probability, Impact int64
	Appetite                    int64
}

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
	Risks     []RiskPoint
	Deployed  int64
}

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
