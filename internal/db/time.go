package db

import "time"

// Time is a moment in milliseconds since 1970 in UTC. Zero means "not set".
// Both databases keep it as an integer, because text times compare wrongly
// across offsets and cost twice as much to read.
type Time int64

// At turns a time.Time into a Time; the zero time.Time stays "not set".
func At(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMilli())
}

// Std gives the moment as a time.Time in UTC; the zero time.Time if not set.
func (t Time) Std() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t)).UTC()
}

// IsZero tells whether the moment is not set.
func (t Time) IsZero() bool { return t == 0 }

// Before tells whether t is earlier than u.
func (t Time) Before(u Time) bool { return t < u }

// After tells whether t is later than u.
func (t Time) After(u Time) bool { return t > u }

// Add moves the moment by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// Sub gives the duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t-u) * time.Millisecond }
