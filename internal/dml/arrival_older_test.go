package dml

import (
	"context"
	"path/filepath"
	"testing"

	"slipway/internal/db"
)

// TestUploadsFromBeforeArrivals carries an upload over from the schema that knew
// pushes only: the push goes on, and is no arrival.
func TestUploadsFromBeforeArrivals(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(db.Options{Path: filepath.Join(t.TempDir(), "slipway.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.MigrateTo(ctx, 170); err != nil {
		t.Fatal(err)
	}
	err = d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Exec(`INSERT INTO registry_uploads (upload, repo, user_id, begun_at, seen_at) VALUES ('upload-1', 'a', 7, 5, 6)`).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		u, err := uploadOf(tx, "a", "upload-1", 7)
		if err != nil || u.SeenAt != 6 || u.Size != 0 || u.Digest != "" {
			t.Errorf("%+v %v", u, err)
		}
		list, err := arrivalsOf(tx, 7, 0)
		if err != nil || len(list) != 0 {
			t.Errorf("%+v %v", list, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
