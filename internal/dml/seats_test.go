package dml

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

func TestHowAPartFollowsItsTargets(t *testing.T) {
	device, user := &Licence{Metric: PerDevice}, &Licence{Metric: PerUser}
	for _, c := range []struct {
		l                             *Licence
		was                           Allocation
		n                             Seats
		quantity, installed, returned int64
		state                         AllocationState
	}{
		{device, Allocation{Quantity: 5}, Seats{}, 5, 0, 0, Reserved},
		{device, Allocation{Quantity: 5}, Seats{Installed: 2}, 5, 2, 0, Reserved},
		{device, Allocation{Quantity: 5}, Seats{Installed: 5}, 5, 5, 0, Consumed},
		{device, Allocation{Quantity: 5}, Seats{Installed: 3, Gone: 2}, 3, 3, 2, Consumed},
		{device, Allocation{Quantity: 3, Installed: 3, Returned: 2}, Seats{Installed: 4, Gone: 1}, 4, 4, 1, Consumed},
		{device, Allocation{Quantity: 3, Installed: 3}, Seats{Installed: 2, Gone: 3}, 2, 2, 1, Consumed},
		{device, Allocation{Quantity: 2}, Seats{Installed: 7, Gone: 9}, 2, 2, 0, Consumed},
		{device, Allocation{Quantity: 2, Installed: 2}, Seats{Gone: 9}, 0, 0, 2, Reserved},
		{user, Allocation{Quantity: 50}, Seats{Installed: 1}, 50, 50, 0, Consumed},
		{user, Allocation{Quantity: 50, Installed: 50}, Seats{Gone: 4}, 50, 0, 0, Reserved},
	} {
		a := c.was
		a.seat(c.l, c.n)
		if a.Quantity != c.quantity || a.Installed != c.installed || a.Returned != c.returned || a.standing() != c.state {
			t.Errorf("%s %+v with %+v: %d held, %d in use, %d back, %s", c.l.Metric, c.was, c.n, a.Quantity, a.Installed, a.Returned, a.standing())
		}
	}
}

// Eight releases sign off at once, each for the last seat: one gets it.
func TestTheLastSeatIsTakenOnceByMany(t *testing.T) {
	l := newLibrary(t)
	l.licence("ENT-1", 3)
	reserve := func(release string, n int64) error {
		return l.do(func(tx *db.Tx) error {
			return l.Reserve(tx, l.bruno, Reservation{LicenceKey: "ENT-1", ReleaseKey: release, Quantity: n})
		})
	}
	if err := reserve("first", 2); err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = reserve(fmt.Sprint("R-", i), 1) })
	}
	all.Wait()
	got := 0
	for _, err := range errs {
		if err == nil {
			got++
			continue
		}
		wantKind(t, err, fault.Refused, "entitles to 3")
	}
	if got != 1 {
		t.Fatalf("%d releases got the last seat", got)
	}
	v, err := l.LicenceDetail(context.Background(), l.cora, "ENT-1")
	if err != nil || v.Held != 3 || v.Free() != 0 || v.Reserved() != 3 || len(v.Parts) != 2 {
		t.Fatalf("%+v %v", v, err)
	}
}

func TestSeatsOfAReleaseInTheLibrary(t *testing.T) {
	l := newLibrary(t)
	l.licence("ENT-1", 6)
	reserve := func(release string, n int64) {
		t.Helper()
		if err := l.do(func(tx *db.Tx) error {
			return l.Reserve(tx, l.bruno, Reservation{LicenceKey: "ENT-1", ReleaseKey: release, Quantity: n})
		}); err != nil {
			t.Fatal(err)
		}
	}
	seat := func(installed, gone int64) {
		t.Helper()
		if err := l.do(func(tx *db.Tx) error { return l.Seat(tx, l.bruno, "A", Seats{installed, gone}) }); err != nil {
			t.Fatal(err)
		}
	}
	blocked := func(targets int64, want ...string) {
		t.Helper()
		err := l.do(func(tx *db.Tx) error {
			list, err := l.SeatBlockers(tx, "A", targets)
			if err == nil {
				err = fault.Refuse("No.", list...)
			}
			return err
		})
		switch {
		case len(want) == 0 && err != nil:
			t.Error(err)
		case len(want) > 0:
			wantKind(t, err, fault.Refused, want[0])
		}
	}
	sums := func(held, installed int64) {
		t.Helper()
		v, err := l.LicenceDetail(context.Background(), l.cora, "ENT-1")
		if err != nil || v.Held != held || v.Installed != installed || v.Free() != v.Entitled-held {
			t.Fatalf("%+v %v", v, err)
		}
	}
	reserve("A", 5)
	blocked(5)
	blocked(6, "5 of licence ENT-1 were signed off for A, and its waves reach 6 targets")
	seat(2, 0)
	sums(5, 2)
	seat(2, 2) // two are left out: what they would have taken is free
	sums(3, 2)
	reserve("B", 3)
	blocked(5, "entitles to 6") // they are wanted again, and gone
	blocked(3)
	if err := l.do(func(tx *db.Tx) error { return l.Consume(tx, l.bruno, "ENT-1", "A") }); err != nil {
		t.Fatal(err)
	}
	sums(5, 2) // the third target was never verified, so its seat is free
	if err := l.do(func(tx *db.Tx) error { return l.Withdraw(tx, l.bruno, "ENT-1", "A") }); err != nil {
		t.Fatal(err)
	}
	sums(3, 0)
	seat(2, 0) // nothing is held any more
	sums(3, 0)
}

// What releases had consumed before licences followed their targets stays consumed.
func TestSeatsOfOlderAllocations(t *testing.T) {
	ctx := context.Background()
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 180); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, sql := range []string{
			`INSERT INTO licences (licence_key, name, metric, entitled) VALUES ('ENT-1', 'Field licence', 'device', 9)`,
			`INSERT INTO licence_allocations (licence_id, licence_key, release_key, quantity, state) VALUES (1, 'ENT-1', 'A', 4, 'Consumed'), (1, 'ENT-1', 'B', 3, 'Reserved')`,
		} {
			if err := tx.Gorm().Exec(sql).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	v, err := New(d, nil).LicenceDetail(ctx, dbtest.User(t, d, "cora", identity.DMLCustodian), "ENT-1")
	if err != nil || v.Held != 7 || v.Installed != 4 || v.Free() != 2 {
		t.Fatalf("%+v %v", v, err)
	}
}
