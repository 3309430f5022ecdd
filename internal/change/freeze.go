package change

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
	"slipway/internal/zone"
)

// FreezeState is where a freeze stands.
type FreezeState string

// A freeze waits, holds, and ends; or it is cancelled.
const (
	FreezePlanned   FreezeState = "Planned"
	FreezeActive    FreezeState = "Active"
	FreezeEnded     FreezeState = "Ended"
	FreezeCancelled FreezeState = "Cancelled"
)

// FreezeStates lists every state of a freeze.
func FreezeStates() []FreezeState {
	return []FreezeState{FreezePlanned, FreezeActive, FreezeEnded, FreezeCancelled}
}

// Scan refuses a stored word that is no state.
func (s *FreezeState) Scan(src any) error { return state.ScanWord(s, src, FreezeStates()) }

// FreezeVerb is a command to a freeze; the clock gives the first three.
type FreezeVerb string

// The verbs of a freeze. A recurring one rests between two occurrences.
const (
	FreezeBegin  FreezeVerb = "begin"
	FreezeRest   FreezeVerb = "rest"
	FreezeEnd    FreezeVerb = "end"
	FreezeCancel FreezeVerb = "cancel"
)

var freezeTransitions = state.Table[FreezeState, FreezeVerb]{
	{FreezePlanned, FreezeBegin, FreezeActive},
	{FreezePlanned, FreezeEnd, FreezeEnded},
	{FreezeActive, FreezeRest, FreezePlanned},
	{FreezeActive, FreezeEnd, FreezeEnded},
	{FreezePlanned, FreezeCancel, FreezeCancelled},
	{FreezeActive, FreezeCancel, FreezeCancelled},
}

// Recurrence is how a freeze repeats; empty is once.
type Recurrence string

// The recurrences, by the calendar and the clock on the wall of the freeze's zone.
const (
	Once    Recurrence = ""
	Weekly  Recurrence = "weekly"
	Monthly Recurrence = "monthly"
	Yearly  Recurrence = "yearly"
)

// Freeze is a time in which nothing of its scope may be deployed. ServiceID 0
// is every service. Exempt holds the release types that it lets through.
type Freeze struct {
	db.Row
	Number       int64
	Title        string
	Reason       string
	ServiceID    int64
	ServiceName  string
	StartsAt     db.Time
	StopsAt      db.Time
	Zone         string
	Recurrence   Recurrence
	UntilAt      db.Time // no occurrence begins after it; 0 is for good
	Exempt       string  // release types, separated by commas
	State        FreezeState
	ByID         int64
	ByName       string
	CancelledBy  string
	CancelReason string
}

// Key is what people call the freeze.
func (f *Freeze) Key() string { return fmt.Sprintf("F-%d", f.Number) }

// Scope is the frozen part in words.
func (f *Freeze) Scope() string {
	if f.ServiceID == 0 {
		return "Every service"
	}
	return f.ServiceName
}

// ExemptTypes lists the release types that the freeze lets through.
func (f *Freeze) ExemptTypes() []string {
	return strings.FieldsFunc(f.Exempt, func(r rune) bool { return r == ',' || r == ' ' })
}

// Covers tells whether the freeze concerns releases of the type to the service.
func (f *Freeze) Covers(serviceID int64, releaseType string) bool {
	return f.State != FreezeCancelled && (f.ServiceID == 0 || f.ServiceID == serviceID) && !slices.Contains(f.ExemptTypes(), releaseType)
}

// Span is a stretch of time, its end excluded.
type Span struct{ From, To db.Time }

func (s Span) meets(from, to db.Time) bool {
	if from == to { // a moment: a start, now
		return s.From <= from && from < s.To
	}
	return s.From < to && from < s.To
}

// Occurrences gives the freeze's spans that touch [from, to), in order. With
// limit > 0 it stops there. A cancelled freeze has none.
func (f *Freeze) Occurrences(from, to db.Time, limit int) []Span {
	in := zone.OrUTC(f.Zone)
	start, stop := f.StartsAt.Std().In(in), f.StopsAt.Std().In(in)
	if f.State == FreezeCancelled {
		return nil
	}
	if f.Recurrence == Once {
		if span := (Span{f.StartsAt, f.StopsAt}); span.meets(from, to) {
			return []Span{span}
		}
		return nil
	}
	var spans []Span
	for n := f.firstNear(from); ; n++ {
		span := f.occurrence(n, start, stop, in)
		if span.From > to || f.UntilAt != 0 && span.From > f.UntilAt {
			return spans
		}
		if span.meets(from, to) {
			spans = append(spans, span)
			if len(spans) == limit {
				return spans
			}
		}
	}
}

// firstNear is a number of an occurrence that surely ends before the moment, or 0.
func (f *Freeze) firstNear(at db.Time) int {
	longest := map[Recurrence]time.Duration{Weekly: 7, Monthly: 31, Yearly: 366}[f.Recurrence] * 24 * time.Hour
	n := int((at.Sub(f.StartsAt)-f.StopsAt.Sub(f.StartsAt))/longest) - 2
	return max(n, 0)
}

// occurrence keeps the wall clock of both ends: 18:00 stays 18:00 on either side
// of a change of the clocks. A 31st becomes the last day of a shorter month.
func (f *Freeze) occurrence(n int, start, stop time.Time, zone *time.Location) Span {
	first := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, time.UTC)
	last := time.Date(stop.Year(), stop.Month(), stop.Day(), 0, 0, 0, 0, time.UTC)
	var day time.Time
	switch f.Recurrence {
	case Weekly:
		day = first.AddDate(0, 0, 7*n)
	case Monthly:
		day = shiftMonths(first, n)
	default:
		day = shiftMonths(first, 12*n)
	}
	if n == 0 {
		return Span{f.StartsAt, f.StopsAt}
	}
	begin, _ := instants(day, start, zone)
	_, end := instants(day.Add(last.Sub(first)), stop, zone)
	return Span{db.At(begin), db.At(end)}
}

func shiftMonths(day time.Time, months int) time.Time {
	first := time.Date(day.Year(), day.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	length := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day.Day(), length)-1)
}

// instants gives the earliest and the latest moment at which a clock on the
// zone's wall shows the time on the day. They differ in the hour that autumn
// repeats and in the one that spring skips: a freeze takes the wider.
func instants(day, clock time.Time, zone *time.Location) (earliest, latest time.Time) {
	wall := time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
	var candidates, real []time.Time
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(near).In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		candidates = append(candidates, t)
		if _, there := t.In(zone).Zone(); there == offset {
			real = append(real, t)
		}
	}
	if len(real) > 0 {
		candidates = real
	}
	return slices.MinFunc(candidates, time.Time.Compare), slices.MaxFunc(candidates, time.Time.Compare)
}

// settle gives the freeze the state that the clock has brought. The rules never
// look at it: they test intervals, so a late clock lets nothing through.
func (f *Freeze) settle(now db.Time) {
	verb := FreezeRest
	switch {
	case len(f.Occurrences(now, now, 1)) > 0:
		verb = FreezeBegin
	case f.Recurrence == Once && f.StopsAt <= now, f.Recurrence != Once && f.UntilAt != 0 && f.UntilAt <= now && f.StartsAt <= now:
		verb = FreezeEnd
	}
	if to, err := freezeTransitions.Next(f.Key(), f.State, verb); err == nil {
		f.State = to
	}
}

func (f *Freeze) validate() error {
	var check fault.Check
	check.Need(f.Title != "", "title", "Give the freeze a name.")
	check.Need(len(f.Title) <= 120, "title", "Keep the name under 120 characters.")
	check.Need(f.Reason != "", "reason", "Say why nothing may be deployed.")
	check.Need(f.StartsAt != 0, "starts_at", "Say when it begins.")
	check.Need(f.StopsAt > f.StartsAt, "stops_at", "It has to end after it begins.")
	check.Need(zone.Known(f.Zone), "zone", "There is no such time zone. Write it like Europe/Oslo.")
	longest, known := map[Recurrence]time.Duration{Once: 366, Weekly: 7, Monthly: 28, Yearly: 365}[f.Recurrence]
	check.Need(known, "recurrence", "Choose how it repeats.")
	check.Need(!known || f.StopsAt.Sub(f.StartsAt) < longest*24*time.Hour, "stops_at", "It is longer than the time until it repeats.")
	check.Need(f.UntilAt == 0 || f.Recurrence != Once && f.UntilAt >= f.StartsAt, "until_at", "Only a repeating freeze has a last day, and not before its first.")
	for _, exempt := range f.ExemptTypes() {
		check.Need(slices.Contains([]string{"major", "minor", "emergency"}, exempt), "exempt", "Only release types can be exempt.")
	}
	return check.Err("The freeze is not complete.")
}
