package db_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
)

// A commit that need not wait leaves the next one waiting as ever, however it ended.
func TestInTxSoon(t *testing.T) {
	d := dbtest.New(t)
	setting, strict := "PRAGMA synchronous", "2"
	if os.Getenv("SLIPWAY_TEST_PG") != "" {
		setting, strict = "SHOW synchronous_commit", "on"
	}
	durability := func(in func(context.Context, func(*db.Tx) error) error) (is string) {
		t.Helper()
		if err := in(context.Background(), func(tx *db.Tx) error { return tx.Gorm().Raw(setting).Scan(&is).Error }); err != nil {
			t.Fatal(err)
		}
		return is
	}
	count := func() (n int64) {
		t.Helper()
		if err := d.View(context.Background(), func(tx *db.Tx) error { return tx.Gorm().Table("settled").Count(&n).Error }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := d.InTx(context.Background(), func(tx *db.Tx) error { return tx.Gorm().Exec("CREATE TABLE settled (n INTEGER)").Error }); err != nil {
		t.Fatal(err)
	}
	insert := func(tx *db.Tx) error { return tx.Gorm().Exec("INSERT INTO settled VALUES (1)").Error }

	if is := durability(d.InTxSoon); is == strict {
		t.Error("it waits for the disk after all:", is)
	}
	if err := d.InTxSoon(context.Background(), insert); err != nil || count() != 1 {
		t.Errorf("%d rows, %v", count(), err)
	}
	refused := errors.New("refused")
	if err := d.InTxSoon(context.Background(), func(tx *db.Tx) error { return errors.Join(insert(tx), refused) }); !errors.Is(err, refused) || count() != 1 {
		t.Errorf("%d rows, %v", count(), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := d.InTxSoon(ctx, func(tx *db.Tx) error { cancel(); return tx.Context().Err() }); err == nil {
		t.Error("a caller who left committed")
	}
	if is := durability(d.InTx); is != strict {
		t.Errorf("afterwards a commit is as durable as %q", is)
	}
	if err := d.InTx(context.Background(), func(tx *db.Tx) error { return d.InTxSoon(tx.Context(), insert) }); err == nil {
		t.Error("it nests")
	}
}
