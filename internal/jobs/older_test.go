package jobs_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"slipway/internal/db"
	"slipway/internal/jobs"
)

// TestOlderJobsThatNobodyDoesAreGone comes from the schema before.
func TestOlderJobsThatNobodyDoesAreGone(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(db.Options{Path: filepath.Join(t.TempDir(), "slipway.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.MigrateTo(ctx, 322); err != nil {
		t.Fatal(err)
	}
	err = d.InTx(ctx, func(tx *db.Tx) error {
		for _, kind := range []string{"plan.notice", "dml.check", "plan.agreement"} {
			if err := jobs.Enqueue(tx, kind, 1); err != nil {
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
	if kinds, err := jobs.NewRunner(d, slog.New(slog.DiscardHandler)).Unhandled(ctx); err != nil || !slices.Equal(kinds, []string{"dml.check"}) {
		t.Error(kinds, err)
	}
}
