package dml

import (
	"context"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
)

func (l library) licence(key string, entitled int64) {
	l.t.Helper()
	err := l.SaveLicence(context.Background(), l.cora, 0, Licence{Key: key, Name: "Field licence", Metric: PerDevice, Entitled: entitled,
		ValidFrom: db.At(dbtest.Start), ValidTo: db.At(dbtest.Start.Add(24 * time.Hour))})
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l library) do(fn func(tx *db.Tx) error) error { return l.db.InTx(context.Background(), fn) }

func TestTheLastOneIsTakenOnce(t *testing.T) {
	l := newLibrary(t)
	l.licence("ENT-1", 10)
	reserve := func(release string, n int64) error {
		return l.do(func(tx *db.Tx) error {
			return l.Reserve(tx, l.bruno, Reservation{LicenceKey: "ENT-1", ReleaseKey: release, Quantity: n})
		})
	}
	if err := reserve("A", 6); err != nil {
		t.Fatal(err)
	}
	wantKind(t, reserve("B", 5), fault.Refused, "entitles to 10")
	if err := reserve("A", 10); err != nil { // replaces its own 6
		t.Fatal(err)
	}
	wantKind(t, reserve("B", 1), fault.Refused, "10 are held")
	if err := l.do(func(tx *db.Tx) error { return l.Release(tx, l.bruno, "ENT-1", "A") }); err != nil {
		t.Fatal(err)
	}
	if err := reserve("B", 10); err != nil {
		t.Fatal(err)
	}
	if err := l.do(func(tx *db.Tx) error { return l.Consume(tx, l.bruno, "ENT-1", "B") }); err != nil {
		t.Fatal(err)
	}
	wantKind(t, reserve("A", 1), fault.Refused, "10 are held")
	wantKind(t, reserve("B", 5), fault.Conflict, "consumed")
	if err := l.do(func(tx *db.Tx) error { return l.Withdraw(tx, l.bruno, "ENT-1", "B") }); err != nil {
		t.Fatal(err)
	}
	dbtest.Advance(l.db, 25*time.Hour)
	wantKind(t, reserve("A", 1), fault.Refused, "expired")
	wantKind(t, reserve("A", 0), fault.Invalid, "at least one")
}

func TestEntitlementBehindCommercialMedia(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	sub := submission("1")
	sub.Provenance, sub.Supplier, sub.Licence, sub.LicenceKey = Procured, "Kvarn", Commercial, "ENT-9"
	v, err := l.Receive(ctx, l.bruno, sub, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, l.Accept(ctx, l.cora, v.ID, v.Row.Version, Decision{}), fault.Refused, "no entitlement ENT-9")
	l.licence("ENT-9", 1)
	if err := l.RunChecks(ctx, l.cora, v.ID); err != nil {
		t.Fatal(err)
	}
	if err := l.Accept(ctx, l.cora, v.ID, l.get(v.ID).Row.Version, Decision{}); err != nil {
		t.Fatal(err)
	}
}

func TestSavingLicences(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	l.licence("ENT-1", 10)
	if err := l.do(func(tx *db.Tx) error {
		return l.Reserve(tx, l.bruno, Reservation{LicenceKey: "ENT-1", ReleaseKey: "A", Quantity: 6})
	}); err != nil {
		t.Fatal(err)
	}
	want := Licence{Key: "ENT-1", Name: "Renamed", Metric: PerDevice, Entitled: 5}
	wantKind(t, l.SaveLicence(ctx, l.cora, 0, want), fault.Invalid, "already")
	wantKind(t, l.SaveLicence(ctx, l.cora, 1, want), fault.Invalid, "6 are held")
	want.Entitled = 6
	wantKind(t, l.SaveLicence(ctx, l.bruno, 1, want), fault.Forbidden, "")
	if err := l.SaveLicence(ctx, l.cora, 1, want); err != nil {
		t.Fatal(err)
	}
	wantKind(t, l.SaveLicence(ctx, l.cora, 1, want), fault.Conflict, "Somebody else")
	list, err := l.Licences(ctx, l.cora, "", 10)
	if err != nil || len(list) != 1 || list[0].Held != 6 || list[0].Name != "Renamed" || len(list[0].Parts) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
}
