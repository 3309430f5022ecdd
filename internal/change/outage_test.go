package change

import (
	"context"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/policy"
)

func TestOutagesAreProjectedFromWindows(t *testing.T) {
	booking := func(key, part string, service int64, from, to db.Time, o policy.Outage) Booking {
		return Booking{ReleaseKey: key, Part: part, ServiceID: service, ServiceName: "S", FromAt: from, ToAt: to, Outage: o, Standing: Agreed}
	}
	unknown := policy.Outage{}
	done := booking("A-1", "wave 1", 1, 10, 20, policy.Away(5))
	done.Standing = Done
	for name, test := range map[string]struct {
		list []Booking
		want []string
	}{
		"nothing":                    {nil, nil},
		"none stated":                {[]Booking{booking("A-1", "", 1, 10, 20, unknown)}, []string{"length not stated; reckon with the whole window"}},
		"stated as none":             {[]Booking{booking("A-1", "", 1, 10, 20, policy.Away(0))}, nil},
		"stated":                     {[]Booking{booking("A-1", "", 1, 10, 20, policy.Away(5))}, []string{"up to 5 minutes"}},
		"two that overlap":           {[]Booking{booking("A-1", "", 1, 10, 20, policy.Away(5)), booking("B-1", "", 1, 15, 25, policy.Away(7))}, []string{"up to 12 minutes"}},
		"two that touch":             {[]Booking{booking("A-1", "", 1, 10, 20, policy.Away(5)), booking("B-1", "", 1, 20, 25, policy.Away(7))}, []string{"up to 5 minutes", "up to 7 minutes"}},
		"of two services":            {[]Booking{booking("A-1", "", 1, 10, 20, policy.Away(5)), booking("B-1", "", 2, 15, 25, policy.Away(7))}, []string{"up to 5 minutes", "up to 7 minutes"}},
		"one does not state it":      {[]Booking{booking("A-1", "", 1, 10, 20, policy.Away(5)), booking("B-1", "wave 2", 1, 15, 25, unknown)}, []string{"5 minutes stated; for B-1 wave 2 no length is stated"}},
		"one of the two is none":     {[]Booking{booking("A-1", "", 1, 10, 20, policy.Away(5)), booking("B-1", "", 1, 15, 25, policy.Away(0))}, []string{"up to 5 minutes"}},
		"a wave that is over":        {[]Booking{done}, nil},
		"three in a row are one":     {[]Booking{booking("A-1", "", 1, 10, 20, policy.Away(1)), booking("B-1", "", 1, 15, 40, policy.Away(2)), booking("C-1", "", 1, 30, 50, policy.Away(3))}, []string{"up to 6 minutes"}},
		"the second day is its own":  {[]Booking{booking("A-1", "wave 1", 1, 10, 20, policy.Away(1)), booking("A-1", "wave 2", 1, 110, 120, policy.Away(2))}, []string{"up to 1 minute", "up to 2 minutes"}},
		"an unstated one beside one": {[]Booking{booking("A-1", "", 1, 10, 20, unknown), booking("B-1", "", 1, 110, 120, policy.Away(2))}, []string{"length not stated; reckon with the whole window", "up to 2 minutes"}},
	} {
		found := Project(test.list)
		if len(found) != len(test.want) {
			t.Errorf("%s: %+v, want %v", name, found, test.want)
			continue
		}
		for i := range found {
			if got := found[i].Words(); got != test.want[i] {
				t.Errorf("%s: %q, want %q", name, got, test.want[i])
			}
		}
	}
}

// A release whose waves are booked is away when they run, also where a page
// shows a week in which none of them does.
func TestWavesSayWhenTheServiceIsAway(t *testing.T) {
	ctx, d := context.Background(), dbtest.New(t)
	s := New(d)
	book := func(tx *db.Tx, key, part string, from, to db.Time, o policy.Outage) error {
		return s.Book(tx, Booking{ReleaseKey: key, Part: part, ServiceID: 1, ServiceName: "S", FromAt: from, ToAt: to, Outage: o})
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, b := range []struct {
			key, part string
			from, to  db.Time
			o         policy.Outage
		}{{"A-1", "", 100, 900, policy.Outage{}}, {"A-1", "wave 1", 200, 300, policy.Away(20)}, {"A-1", "wave 2", 800, 900, policy.Outage{}},
			{"B-1", "", 250, 280, policy.Outage{}}} {
			if err := book(tx, b.key, b.part, b.from, b.to, b.o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	maya := dbtest.User(t, d, "maya", "release-manager")
	for _, test := range []struct {
		from, to db.Time
		want     []string
	}{
		{400, 700, nil},
		{100, 240, []string{"up to 20 minutes"}},
		{240, 260, []string{"20 minutes stated; for B-1 no length is stated"}},
		{750, 950, []string{"length not stated; reckon with the whole window"}},
	} {
		calendar, err := s.CalendarEntries(ctx, maya, test.from, test.to)
		if err != nil || len(calendar.Outages) != len(test.want) {
			t.Errorf("%d to %d: %+v, %v", test.from, test.to, calendar.Outages, err)
			continue
		}
		for i, o := range calendar.Outages {
			if o.Words() != test.want[i] {
				t.Errorf("%d to %d: %q, want %q", test.from, test.to, o.Words(), test.want[i])
			}
		}
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		list, err := s.Conflicts(tx, "B-1")
		if len(list) != 1 || list[0].Away() != "Interruption expected meanwhile: 20 minutes, and not stated." {
			t.Errorf("%+v", list)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What was booked with minutes states them; 0 was not stated.
func TestOlderBookingsStateTheirMinutes(t *testing.T) {
	ctx, d := context.Background(), dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 269); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Exec(`INSERT INTO bookings (release_key, title, service_id, from_at, to_at, standing, outage_minutes) VALUES ('A-1', 'One', 1, 10, 20, ?, 30), ('B-1', 'Two', 1, 10, 20, ?, 0)`, Agreed, Agreed).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		for key, want := range map[string]policy.Outage{"A-1": policy.Away(30), "B-1": {}} {
			list, err := bookingsOf(tx, key)
			if err != nil || len(list) != 1 || list[0].Outage != want {
				t.Errorf("%s: %+v, %v", key, list, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
