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
