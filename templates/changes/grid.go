package changes

import (
	"slices"
	"strings"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/templates/ui"
)

// Day is one column of the calendar.
type Day struct {
	At      time.Time
	Weekend bool
	Today   bool
}

// Cell is one cell of a lane: a day, or an entry over several.
type Cell struct {
	Span    int
	Entry   *change.Entry
	Weekend bool
}

// Lane is one service with as many rows as its entries need side by side.
type Lane struct {
	Service string
	Rows    [][]Cell
}

// CalendarView is a stretch of the schedule in the viewer's zone.
type CalendarView struct {
	View             string // "week", "month" or "agenda"
	Days             []Day
	Lanes            []Lane
	Calendar         *change.Calendar
	Earlier, Later   string // addresses
	Freezes, Decides bool   // the viewer may add freezes, accept conflicts
	Zone             *time.Location
	Errors           ui.Errors
	Tried            Accepting
}

// Accepting is a conflict that somebody tried to accept, with what was typed.
type Accepting struct{ One, Other, Shared, Reason string }

func (t Accepting) is(c *change.Conflict) bool {
	return t.One == c.One.ReleaseKey && t.Other == c.Other.ReleaseKey && t.Shared == c.Shared
}

// Arrange lays entries into lanes by service, so that none covers another. A
// freeze of every service stands in every lane.
func (v *CalendarView) Arrange(services []string) {
	names := slices.Clone(services)
	for _, e := range v.Calendar.Entries {
		name := ""
		switch {
		case e.Booking != nil:
			name = e.Booking.ServiceName
		case e.Freeze.ServiceID != 0:
			name = e.Freeze.ServiceName
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = []string{"Every service"}
	}
	for _, name := range names {
		lane := Lane{Service: name}
		var rows [][]placed
		for i := range v.Calendar.Entries {
			e := &v.Calendar.Entries[i]
			if e.Booking != nil && e.Booking.ServiceName != name || e.Freeze != nil && e.Freeze.ServiceID != 0 && e.Freeze.ServiceName != name {
				continue
			}
			first, last := v.columns(e.Span)
			if last < first {
				continue
			}
			row := slices.IndexFunc(rows, func(row []placed) bool {
				before := row[len(row)-1]
				return before.last < first && before.wave() == (placed{entry: e}).wave()
			})
			if row < 0 {
				rows, row = append(rows, nil), len(rows)
			}
			rows[row] = append(rows[row], placed{e, first, last})
		}
		if len(rows) == 0 {
			rows = [][]placed{nil}
		}
		for _, row := range rows {
			lane.Rows = append(lane.Rows, v.cells(row))
		}
		v.Lanes = append(v.Lanes, lane)
	}
}

type placed struct {
	entry       *change.Entry
	first, last int
}

// wave tells whether it is a wave. Waves stand in rows of their own, below the
// releases that they are part of, since their short names do not say which.
func (p placed) wave() bool { return p.entry.Booking != nil && p.entry.Booking.Part != "" }

// columns gives the first and last day that a span touches.
func (v *CalendarView) columns(span change.Span) (first, last int) {
	first, last = len(v.Days), -1
	for i, day := range v.Days {
		begin, end := db.At(day.At), db.At(day.At.AddDate(0, 0, 1))
		if span.From < end && begin < span.To {
			first, last = min(first, i), i
		}
	}
	return first, last
}

func (v *CalendarView) cells(row []placed) []Cell {
	var cells []Cell
	for day := 0; day < len(v.Days); {
		if len(row) > 0 && row[0].first == day {
			cells = append(cells, Cell{Span: row[0].last - day + 1, Entry: row[0].entry})
			day, row = row[0].last+1, row[1:]
			continue
		}
		cells = append(cells, Cell{Span: 1, Weekend: v.Days[day].Weekend})
		day++
	}
	return cells
}

// family is how an entry is coloured.
func family(e *change.Entry) string {
	switch {
	case e.Conflict:
		return "bad"
	case e.Booking.Standing == change.Done:
		return "good"
	case e.Booking.Standing == change.Dropped:
		return "void"
	case e.Booking.Standing == change.Proposed:
		return "neutral"
	}
	return "active"
}

// standingWord says the same in a word, since colour never speaks alone.
func standingWord(e *change.Entry) string {
	if e.Conflict {
		return string(e.Booking.Standing) + ", conflict"
	}
	return string(e.Booking.Standing)
}

// label is the name of a booking as it fits over so many days; the lane names
// the service already, and the whole name stands in the title.
func (v CalendarView) label(b *change.Booking, days int) string {
	_, number, found := strings.Cut(b.ReleaseKey, "-")
	short := number
	if parts := strings.Split(number, "."); len(parts) > 2 {
		short = strings.Join(parts[len(parts)-2:], ".")
	}
	wave := strings.Replace(b.Part, "wave ", "W", 1)
	switch {
	case !found:
		return b.Name()
	case v.View == "week" && days == 1 && b.Part != "":
		return short + " " + b.Part
	case v.View == "week" || days > 3:
		return b.Name()
	case wave != "":
		return wave
	case days == 3:
		return number
	}
	return short
}

func familyOf(e *change.Entry) string { return "st-" + family(e) }
