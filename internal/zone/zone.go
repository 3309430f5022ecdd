// Package zone gives time zones by their names in the tz database.
package zone

import (
	"fmt"
	"sync"
	"time"
)

var known sync.Map // name to *time.Location

// Load gives the zone of a name such as Europe/Oslo. The standard library reads
// its file anew each time; here each is read once. Neither the empty name nor
// "Local" is a zone: both would mean another to each reader.
func Load(name string) (*time.Location, error) {
	if zone, ok := known.Load(name); ok {
		return zone.(*time.Location), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q names no time zone", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	known.Store(name, zone)
	return zone, nil
}

// Known tells whether there is a zone of that name.
func Known(name string) bool {
	_, err := Load(name)
	return err == nil
}

// OrUTC gives the zone of a name, and UTC where there is none.
func OrUTC(name string) *time.Location {
	if zone, err := Load(name); err == nil {
		return zone
	}
	return time.UTC
}

// Moment writes a moment in a sentence, by the clock of a zone that it names:
// "Mon 30 Nov, 09:00 Europe/Oslo".
func Moment(at time.Time, name string) string {
	in := OrUTC(name)
	return at.In(in).Format("Mon 2 Jan, 15:04 ") + in.String()
}

// Span writes a window likewise: "Mon 30 Nov, 09:00–11:00 Europe/Oslo". One that
// ends on another day names both days, and the year where that is another too.
func Span(from, to time.Time, name string) string {
	in := OrUTC(name)
	from, to = from.In(in), to.In(in)
	text := from.Format("Mon 2 Jan, 15:04")
	switch {
	case from.Year() != to.Year():
		text += to.Format(" – Mon 2 Jan 2006, 15:04")
	case from.YearDay() != to.YearDay():
		text += to.Format(" – Mon 2 Jan, 15:04")
	default:
		text += to.Format("–15:04")
	}
	return text + " " + in.String()
}
