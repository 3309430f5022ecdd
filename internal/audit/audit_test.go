package audit_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dbtest"
)

func record(t *testing.T, d *db.DB, sentence string) {
	t.Helper()
	err := d.InTx(context.Background(), func(tx *db.Tx) error {
		return audit.Record(tx, audit.By{Name: "Maya", Kind: "person"}, audit.Entry{Action: "x", Kind: "release", Key: "PAY-1", Release: "PAY-1", Sentence: sentence})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, d *db.DB) (n int64, err error) {
	t.Helper()
	err = d.View(context.Background(), func(tx *db.Tx) (err error) {
		n, err = audit.Verify(tx)
		return err
	})
	return n, err
}

func TestChainHoldsUntilSomebodyTouchesIt(t *testing.T) {
	d := dbtest.New(t)
	for _, sentence := range []string{"planned it", "submitted it", "approved it"} {
		record(t, d, sentence)
	}
	if n, err := verify(t, d); err != nil || n != 3 {
		t.Fatalf("an untouched chain of 3: %d, %v", n, err)
	}
	for name, tamper := range map[string]string{
		"altered":  "UPDATE audit_entries SET sentence = 'rejected it' WHERE seq = 2",
		"removed":  "DELETE FROM audit_entries WHERE seq = 2",
		"reversed": "UPDATE audit_entries SET previous = hash WHERE seq = 3",
	} {
		t.Run(name, func(t *testing.T) {
			undo := errors.New("undo")
			err := d.InTx(context.Background(), func(tx *db.Tx) error {
				if err := tx.Gorm().Exec(tamper).Error; err != nil {
					return err
				}
				_, err := audit.Verify(tx)
				var broken audit.Broken
				if !errors.As(err, &broken) {
					t.Errorf("%s: Verify says %v", tamper, err)
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Fatal(err)
			}
		})
	}
}

func TestEntryGoesWithItsTransaction(t *testing.T) {
	d := dbtest.New(t)
	failed := errors.New("the deed failed")
	err := d.InTx(context.Background(), func(tx *db.Tx) error {
		if err := audit.Record(tx, audit.By{Name: "Maya"}, audit.Entry{Sentence: "never happened"}); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if n, err := verify(t, d); n != 0 || err != nil {
		t.Errorf("%d entries are left, %v", n, err)
	}
	record(t, d, "did happen")
	_ = d.View(context.Background(), func(tx *db.Tx) error {
		entries, err := audit.ForRelease(tx, "PAY-1", 0, 10)
		if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Sentence, "did happen") {
			t.Errorf("ForRelease gives %v, %v", entries, err)
		}
		return nil
	})
}
