package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
)

type thing struct {
	Name string
}

func (thing) TableName() string { return "things" }

// Hundreds of deeds at once are each kept or undone by themselves.
func TestDeedsDoneTogetherStandOrFallAlone(t *testing.T) {
	d := dbtest.New(t)
	ctx := context.Background()
	if err := d.InTx(ctx, func(tx *db.Tx) error { return tx.Gorm().Exec("CREATE TABLE things (name TEXT PRIMARY KEY)").Error }); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var told atomic.Int64
	failed := errors.New("as asked")
	for n := range 300 {
		all.Go(func() {
			err := d.InTxTogether(ctx, func(tx *db.Tx) error {
				tx.AfterCommit(func() { told.Add(1) })
				if err := tx.Create(&thing{fmt.Sprint("thing ", n)}); err != nil {
					return err
				}
				if n%3 == 0 {
					return failed
				}
				if n%3 == 1 { // a statement that fails must not take the others with it
					return tx.Create(&thing{fmt.Sprint("thing ", n)})
				}
				return nil
			})
			if n%3 == 0 && !errors.Is(err, failed) || n%3 == 1 && fault.KindOf(err) != fault.Conflict || n%3 == 2 && err != nil {
				t.Errorf("deed %d: %v", n, err)
			}
		})
	}
	all.Wait()
	var kept int64
	if err := d.View(ctx, func(tx *db.Tx) error { return tx.Gorm().Model(&thing{}).Count(&kept).Error }); err != nil {
		t.Fatal(err)
	}
	if kept != 100 || told.Load() != 100 {
		t.Errorf("%d are kept, %d were told", kept, told.Load())
	}
}

func TestADeedDoneTogetherPanicsWhereItWasAsked(t *testing.T) {
	d := dbtest.New(t)
	ctx := context.Background()
	func() {
		defer func() {
			if recover() != "as asked" {
				t.Error("the panic is lost")
			}
		}()
		_ = d.InTxTogether(ctx, func(*db.Tx) error { panic("as asked") })
	}()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := d.InTxTogether(gone, func(*db.Tx) error { t.Error("done for nobody"); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	err := d.InTxTogether(ctx, func(tx *db.Tx) error {
		return d.InTxTogether(tx.Context(), func(*db.Tx) error { return nil })
	})
	if err == nil {
		t.Error("transactions nest")
	}
}
