package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
)

type notes struct{ said []string }

// What is left for the end is done before the transaction is durable, can leave
// more, and can make it fail.
func TestWhatIsLeftForTheEnd(t *testing.T) {
	d := dbtest.New(t)
	ctx := context.Background()
	refused := errors.New("refused")
	for name, in := range map[string]func(context.Context, func(*db.Tx) error) error{"alone": d.InTx, "together": d.InTxTogether} {
		var said *[]string
		err := in(ctx, func(tx *db.Tx) error {
			say := func(word string) { n := db.Local[notes](tx); n.said = append(n.said, word); said = &n.said }
			tx.AfterCommit(func() { say("after") })
			tx.BeforeCommit(func() error {
				say("first")
				tx.BeforeCommit(func() error { say("third"); return nil })
				return nil
			})
			tx.BeforeCommit(func() error { say("second"); return nil })
			say("deed")
			return nil
		})
		if err != nil || !slices.Equal(*said, []string{"deed", "first", "second", "third", "after"}) {
			t.Errorf("%s: %v, %v", name, *said, err)
		}
		err = in(ctx, func(tx *db.Tx) error {
			if len(db.Local[notes](tx).said) > 0 {
				t.Error("it is another transaction's")
			}
			tx.AfterCommit(func() { t.Error("it was refused") })
			tx.BeforeCommit(func() error { return refused })
			return nil
		})
		if !errors.Is(err, refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A row is read once for each of its versions, and what a transaction that failed
// wrote is not remembered.
func TestRowsAreKeptByVersion(t *testing.T) {
	d, write := animals(t)
	owl := animal{Name: "owl", Legs: 2}
	write(func(tx *db.Tx) error { return tx.Create(&owl) })
	var kept db.Kept[animal]
	reads := 0
	get := func(tx *db.Tx) animal {
		t.Helper()
		var version int64
		if err := tx.Row("SELECT version FROM animals WHERE id = ?", []any{owl.ID}, &version); err != nil {
			t.Fatal(err)
		}
		a, err := kept.Get(tx, owl.ID, version, func() (*animal, error) {
			reads++
			var a animal
			return &a, tx.First(&a, "id = ?", owl.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		return *a
	}
	look := func(want int64, total int) {
		t.Helper()
		_ = d.View(context.Background(), func(tx *db.Tx) error {
			if a := get(tx); a.Legs != want || reads != total {
				t.Errorf("%d legs after %d reads, want %d after %d", a.Legs, reads, want, total)
			}
			return nil
		})
	}
	look(2, 1)
	look(2, 1)
	undone := owl
	undone.Legs = 3
	if err := d.InTx(context.Background(), func(tx *db.Tx) error {
		if err := tx.Save(&undone); err != nil {
			return err
		}
		if a := get(tx); a.Legs != 3 {
			t.Errorf("the transaction sees %d legs", a.Legs)
		}
		return errors.New("undo")
	}); err == nil {
		t.Fatal("it was done")
	}
	look(2, 2)
	owl.Legs = 4
	write(func(tx *db.Tx) error { return tx.Save(&owl) }) // the same version as the one that was undone
	look(4, 3)
	look(4, 3)
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	var kept db.Kept[animal]
	_ = dbtest.New(t).View(context.Background(), func(tx *db.Tx) error {
		reads := 0
		get := func(id int64) {
			_, _ = kept.Get(tx, id, 1, func() (*animal, error) { reads++; return &animal{}, nil })
		}
		for id := range int64(1000) {
			get(id)
		}
		get(0)
		if reads != 1001 {
			t.Errorf("%d reads: nothing was forgotten", reads)
		}
		return nil
	})
}

// Whoever leaves is not read for any longer.
func TestNobodyIsReadForWhoHasLeft(t *testing.T) {
	d, write := animals(t)
	write(func(tx *db.Tx) error { return tx.Create(&animal{Name: "owl", Legs: 2}) })
	ctx, leave := context.WithCancel(context.Background())
	err := d.View(ctx, func(tx *db.Tx) error {
		var owl animal
		if err := tx.First(&owl, "name = 'owl'"); err != nil {
			return err
		}
		leave()
		var n int64
		rows, failed := tx.Gorm().Raw("SELECT legs FROM animals").Rows()
		for what, err := range map[string]error{
			"a row":     tx.Row("SELECT legs FROM animals", nil, &n),
			"rows":      failed,
			"a find":    tx.Find(&[]animal{}, "legs > 1"),
			"its own":   tx.Context().Err(),
			"a counter": tx.Gorm().Model(&animal{}).Count(&n).Error,
		} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if rows != nil {
			t.Error("rows were read", rows.Close())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
