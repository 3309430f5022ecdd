package audit_test

import (
	"context"
	"errors"
	"fmt"
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

// The entries of a transaction are chained at its end, in their order; whoever
// reads the record before that finds them all the same.
func TestEntriesOfOneTransaction(t *testing.T) {
	d := dbtest.New(t)
	record(t, d, "planned it")
	ctx, statements := db.CountStatements(context.Background())
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for n := range 5 {
			if err := audit.Record(tx, audit.By{Name: "Maya"}, audit.Entry{Release: "PAY-1", Sentence: fmt.Sprintf("deed %d", n)}); err != nil {
				return err
			}
		}
		return nil
	})
	if got := statements.Load(); err != nil || got > 3 {
		t.Errorf("five entries took %d statements, %v", got, err)
	}
	err = d.InTx(context.Background(), func(tx *db.Tx) error {
		for n := range 1200 { // more than one INSERT holds
			if err := audit.Record(tx, audit.By{Name: "Maya"}, audit.Entry{Release: "PAY-2", Sentence: fmt.Sprintf("deed %d", n)}); err != nil {
				return err
			}
		}
		if seq, err := audit.LastSeq(tx); err != nil || seq != 1206 {
			t.Errorf("the newest entry is %d, %v", seq, err)
		}
		return audit.Record(tx, audit.By{Name: "Maya"}, audit.Entry{Release: "PAY-2", Sentence: "the last deed"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := verify(t, d); err != nil || n != 1207 {
		t.Errorf("a chain of %d, %v", n, err)
	}
	_ = d.View(context.Background(), func(tx *db.Tx) error {
		entries, err := audit.ForRelease(tx, "PAY-1", 0, 10)
		for i, e := range entries[:5] {
			if want := fmt.Sprintf("deed %d", 4-i); e.Sentence != want {
				t.Errorf("%s stands where %s should", e.Sentence, want)
			}
		}
		if last, err := audit.Recent(tx, 0, 1); err != nil || last[0].Sentence != "the last deed" {
			t.Error(last, err)
		}
		return err
	})
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

// write records an entry of a release with an action.
func write(t *testing.T, d *db.DB, key, action string) {
	t.Helper()
	err := d.InTx(context.Background(), func(tx *db.Tx) error {
		return audit.Record(tx, audit.By{Name: "Maya", Kind: "person"}, audit.Entry{Action: action, Kind: "release", Key: key, Release: key, Sentence: "did " + action})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAReleaseIsReadByWhatWasDone(t *testing.T) {
	d := dbtest.New(t)
	for _, action := range []string{"plan.draw", "gate.approve", "plan.edit", "planting"} {
		write(t, d, "PAY-1", action)
		write(t, d, "PAY-2", action)
	}
	for name, want := range map[string]struct {
		actions []string
		before  int64
		found   string
	}{
		"everything":    {nil, 0, "planting plan.edit gate.approve plan.draw"},
		"one room":      {[]string{"plan."}, 0, "plan.edit plan.draw"},
		"two rooms":     {[]string{"plan.", "gate."}, 0, "plan.edit gate.approve plan.draw"},
		"the next page": {[]string{"plan."}, 5, "plan.draw"},
		"a wild card":   {[]string{"%"}, 0, "planting plan.edit gate.approve plan.draw"},
	} {
		err := d.View(context.Background(), func(tx *db.Tx) error {
			list, err := audit.ForReleaseOf(tx, "PAY-1", want.actions, want.before, 10)
			var found []string
			for _, e := range list {
				found = append(found, e.Action)
			}
			if got := strings.Join(found, " "); got != want.found {
				t.Errorf("%s: %s, want %s", name, got, want.found)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestAReleaseIsCheckedAlone(t *testing.T) {
	d := dbtest.New(t)
	for range 3 {
		write(t, d, "PAY-1", "plan.edit")
		write(t, d, "PAY-2", "plan.edit")
	}
	check := func(tx *db.Tx, key string) string {
		n, err := audit.VerifyRelease(tx, key)
		if err == nil {
			return fmt.Sprintf("%d hold", n)
		}
		return err.Error()
	}
	for name, c := range map[string]struct{ tamper, one, other string }{
		"untouched":                             {"", "3 hold", "3 hold"},
		"altered":                               {"UPDATE audit_entries SET reason = 'none' WHERE seq = 3", "breaks at entry 3: its content", "3 hold"},
		"removed":                               {"DELETE FROM audit_entries WHERE seq = 2", "breaks at entry 3: it does not carry", "2 hold"},
		"renumbered, and hashed anew by nobody": {"UPDATE audit_entries SET previous = 'slipway' WHERE seq = 5", "breaks at entry 5: it does not carry", "3 hold"},
	} {
		undo := errors.New("undo")
		err := d.InTx(context.Background(), func(tx *db.Tx) error {
			if c.tamper != "" {
				if err := tx.Gorm().Exec(c.tamper).Error; err != nil {
					return err
				}
			}
			if got := check(tx, "PAY-1"); !strings.Contains(got, c.one) {
				t.Errorf("%s: PAY-1: %s, want %s", name, got, c.one)
			}
			if got := check(tx, "PAY-2"); got != c.other {
				t.Errorf("%s: PAY-2: %s, want %s", name, got, c.other)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
	}
}
