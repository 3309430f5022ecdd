package change

import (
	"testing"
	"time"

	"slipway/internal/db"
)

func at(t *testing.T, zone, wall string) db.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	moment, err := time.ParseInLocation("2006-01-02 15:04", wall, loc)
	if err != nil {
		t.Fatal(err)
	}
	return db.At(moment)
}

func utc(t *testing.T, wall string) db.Time { return at(t, "UTC", wall) }

// TestRecurrenceKeepsTheWallClock: the moments are worked out by hand in UTC.
func TestRecurrenceKeepsTheWallClock(t *testing.T) {
	const oslo, york = "Europe/Oslo", "America/New_York"
	tests := []struct {
		name, zone, from, to string
		repeat               Recurrence
		moment               string // UTC
		frozen               bool
	}{
		{"once, inside", oslo, "2026-12-21 00:00", "2027-01-04 00:00", Once, "2026-12-31 12:00", true},
		{"once, its end is free", oslo, "2026-12-21 00:00", "2027-01-04 00:00", Once, "2027-01-03 23:00", false},
		{"weekly in Oslo begins at 17:00 UTC in winter", oslo, "2026-03-20 18:00", "2026-03-23 06:00", Weekly, "2026-03-20 17:00", true},
		{"a week on, after the clocks moved, at 16:00 UTC", oslo, "2026-03-20 18:00", "2026-03-23 06:00", Weekly, "2026-04-03 16:00", true},
		{"and not before", oslo, "2026-03-20 18:00", "2026-03-23 06:00", Weekly, "2026-04-03 15:59", false},
		{"the weekend of the change is an hour shorter, its end at 04:00 UTC", oslo, "2026-03-20 18:00", "2026-03-23 06:00", Weekly, "2026-03-30 03:59", true},
		{"and free from then", oslo, "2026-03-20 18:00", "2026-03-23 06:00", Weekly, "2026-03-30 04:00", false},
		{"weekly in New York, before spring: 23:00 UTC", york, "2026-03-02 18:00", "2026-03-02 20:00", Weekly, "2026-03-02 23:30", true},
		{"weekly in New York, after 8 March: 22:00 UTC", york, "2026-03-02 18:00", "2026-03-02 20:00", Weekly, "2026-03-09 22:00", true},
		{"weekly in New York, over by midnight UTC", york, "2026-03-02 18:00", "2026-03-02 20:00", Weekly, "2026-03-10 00:00", false},
		{"New York's autumn: 1:30 comes twice, first", york, "2026-10-25 01:00", "2026-10-25 01:45", Weekly, "2026-11-01 05:15", true},
		{"New York's autumn: 1:30 comes twice, again", york, "2026-10-25 01:00", "2026-10-25 01:45", Weekly, "2026-11-01 06:15", true},
		{"New York's autumn: then it is free", york, "2026-10-25 01:00", "2026-10-25 01:45", Weekly, "2026-11-01 06:45", false},
		{"Oslo's spring skips 2:30; the freeze still holds", oslo, "2026-03-22 02:15", "2026-03-22 02:45", Weekly, "2026-03-29 01:00", true},
		{"monthly on the 31st holds on 30 April", oslo, "2026-01-31 08:00", "2026-01-31 20:00", Monthly, "2026-04-30 10:00", true},
		{"monthly on the 31st holds on 31 May", oslo, "2026-01-31 08:00", "2026-01-31 20:00", Monthly, "2026-05-31 10:00", true},
		{"and not on 30 May", oslo, "2026-01-31 08:00", "2026-01-31 20:00", Monthly, "2026-05-30 10:00", false},
		{"yearly over new year, ten years on", oslo, "2026-12-21 00:00", "2027-01-04 00:00", Yearly, "2037-01-02 00:00", true},
		{"yearly, in between", oslo, "2026-12-21 00:00", "2027-01-04 00:00", Yearly, "2036-12-20 22:59", false},
		{"yearly, from its first minute in Oslo", oslo, "2026-12-21 00:00", "2027-01-04 00:00", Yearly, "2036-12-20 23:00", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := Freeze{StartsAt: at(t, test.zone, test.from), StopsAt: at(t, test.zone, test.to), Zone: test.zone, Recurrence: test.repeat, State: FreezePlanned}
			moment := utc(t, test.moment)
			if got := len(f.Occurrences(moment, moment, 1)) > 0; got != test.frozen {
				t.Errorf("at %s UTC frozen is %v", test.moment, got)
			}
		})
	}
}

func TestTheWholeWindowIsTested(t *testing.T) {
	f := Freeze{StartsAt: utc(t, "2026-11-27 18:00"), StopsAt: utc(t, "2026-11-30 06:00"), Zone: "UTC", Recurrence: Weekly, UntilAt: utc(t, "2026-12-12 00:00"), State: FreezePlanned}
	for _, test := range []struct {
		from, to string
		spans    int
	}{
		{"2026-11-26 08:00", "2026-11-27 18:00", 0}, // ends as it begins
		{"2026-11-26 08:00", "2026-11-27 18:01", 1},
		{"2026-11-30 06:00", "2026-12-04 18:00", 0}, // from one to the next
		{"2026-11-26 08:00", "2026-12-20 00:00", 3}, // none begins after the last day
		{"2026-11-28 08:00", "2026-11-28 09:00", 1}, // wholly within
		{"2027-06-01 00:00", "2027-07-01 00:00", 0},
	} {
		if got := f.Occurrences(utc(t, test.from), utc(t, test.to), 0); len(got) != test.spans {
			t.Errorf("%s to %s: %d occurrences, want %d", test.from, test.to, len(got), test.spans)
		}
	}
}

func TestScopeAndExemption(t *testing.T) {
	for _, test := range []struct {
		f       Freeze
		service int64
		kind    string
		want    bool
	}{
		{Freeze{}, 7, "minor", true},
		{Freeze{ServiceID: 7}, 7, "minor", true},
		{Freeze{ServiceID: 8}, 7, "minor", false},
		{Freeze{Exempt: "emergency"}, 7, "emergency", false},
		{Freeze{Exempt: "emergency"}, 7, "major", true},
		{Freeze{State: FreezeCancelled}, 7, "minor", false},
	} {
		if got := test.f.Covers(test.service, test.kind); got != test.want {
			t.Errorf("%+v covers %d %s: %v", test.f, test.service, test.kind, got)
		}
	}
}

func TestFreezeStateAndVerb(t *testing.T) {
	want := map[FreezeState]map[FreezeVerb]FreezeState{
		FreezePlanned: {FreezeBegin: FreezeActive, FreezeEnd: FreezeEnded, FreezeCancel: FreezeCancelled},
		FreezeActive:  {FreezeRest: FreezePlanned, FreezeEnd: FreezeEnded, FreezeCancel: FreezeCancelled},
	}
	for _, from := range FreezeStates() {
		for _, verb := range []FreezeVerb{FreezeBegin, FreezeRest, FreezeEnd, FreezeCancel} {
			to, err := freezeTransitions.Next("F", from, verb)
			if expected, ok := want[from][verb]; ok != (err == nil) || ok && to != expected {
				t.Errorf("%s %s gives %s, %v", from, verb, to, err)
			}
		}
	}
	f := Freeze{StartsAt: utc(t, "2026-11-27 18:00"), StopsAt: utc(t, "2026-11-30 06:00"), Zone: "UTC", Recurrence: Weekly, State: FreezePlanned}
	for _, step := range []struct {
		moment string
		want   FreezeState
	}{{"2026-11-27 00:00", FreezePlanned}, {"2026-11-28 00:00", FreezeActive}, {"2026-12-01 00:00", FreezePlanned}, {"2026-12-05 00:00", FreezeActive}} {
		if f.settle(utc(t, step.moment)); f.State != step.want {
			t.Errorf("at %s it is %s, want %s", step.moment, f.State, step.want)
		}
	}
}
