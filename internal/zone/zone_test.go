package zone_test

import (
	"testing"
	"time"

	"slipway/internal/zone"
)

func TestZonesAreThoseOfTheDatabase(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Oslo", "Asia/Kathmandu", "Europe/Oslo"} {
		at, err := zone.Load(name)
		if err != nil || at.String() != name || !zone.Known(name) {
			t.Errorf("%s: %v, %v", name, at, err)
		}
	}
	if zone.OrUTC("Europe/Oslo").String() != "Europe/Oslo" || zone.OrUTC("nowhere") != time.UTC {
		t.Error("a zone or UTC is something else")
	}
	for _, name := range []string{"", "Local", "Europe/Atlantis", "../etc/passwd", "europe oslo"} {
		if at, err := zone.Load(name); err == nil || zone.Known(name) {
			t.Errorf("%q is the zone %v", name, at)
		}
	}
}

func TestMomentsAndWindowsInSentences(t *testing.T) {
	at := func(text string) time.Time {
		moment, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, c := range []struct{ from, to, zone, want string }{
		{"2026-11-30 08:00", "2026-11-30 10:00", "Europe/Stockholm", "Mon 30 Nov, 09:00–11:00 Europe/Stockholm"},
		{"2026-11-30 22:30", "2026-11-30 23:30", "Europe/Stockholm", "Mon 30 Nov, 23:30 – Tue 1 Dec, 00:30 Europe/Stockholm"},
		{"2026-12-31 20:00", "2027-01-01 02:00", "UTC", "Thu 31 Dec, 20:00 – Fri 1 Jan 2027, 02:00 UTC"},
		{"2026-11-30 08:00", "2026-11-30 10:00", "nowhere", "Mon 30 Nov, 08:00–10:00 UTC"},
	} {
		if got := zone.Span(at(c.from), at(c.to), c.zone); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := zone.Moment(at("2026-07-01 22:00"), "Europe/Oslo"); got != "Thu 2 Jul, 00:00 Europe/Oslo" {
		t.Errorf("a moment is %q", got)
	}
}
