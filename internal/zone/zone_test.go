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
