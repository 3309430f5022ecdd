package dml

import (
	"context"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
)

// TestKeepingOfOlderMedia carries a library over from the schema that knew no
// rules: what was kept for good stays so, and what was rejected gets its day.
func TestKeepingOfOlderMedia(t *testing.T) {
	ctx := context.Background()
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 160); err != nil {
		t.Fatal(err)
	}
	a := blob.Of([]byte("a"))
	const day = 86400000
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, row := range []struct {
			sql  string
			args []any
		}{
			{`INSERT INTO media_blobs (digest, size, state, created_at) VALUES (?, 1, 'stored', 1000)`, []any{a}},
			{`INSERT INTO media_items (item_key, name, kind, provenance) VALUES ('a', 'A', 'software', 'built')`, nil},
			{`INSERT INTO media_items (item_key, name, kind, provenance, keep_days) VALUES ('b', 'B', 'software', 'built', 10)`, nil},
			{`INSERT INTO media_versions (item_id, item_key, item_name, kind, label, state, file_name, media_type, size, digest, decided_at, suspect_why) VALUES
  (1, 'a', 'A', 'software', '1', 'Rejected', 'a', 'text/plain', 1, ?, 1000, ''),
  (2, 'b', 'B', 'software', '1', 'Rejected', 'b', 'text/plain', 1, ?, 1000, ''),
  (1, 'a', 'A', 'software', '2', 'Suspect', 'a', 'text/plain', 1, ?, 1000, 'its stored bytes no longer match their digest.'),
  (1, 'a', 'A', 'software', '3', 'Suspect', 'a', 'text/plain', 1, ?, 1000, 'the supplier was broken into.')`, []any{a, a, a, a}},
			{`INSERT INTO registry_uploads (upload, repo, user_id, begun_at) VALUES ('upload-1', 'a', 1, 77)`, nil},
		} {
			if err := tx.Gorm().Exec(row.sql, row.args...).Error; err != nil {
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
	err = d.View(ctx, func(tx *db.Tx) error {
		for key, want := range map[string]Retention{"a": {Rule: KeepAll}, "b": {Rule: KeepDays, Days: 10}} {
			if item, err := itemByKey(tx, key); err != nil || item.Retention() != want {
				t.Errorf("%s: %+v %v", key, item, err)
			}
		}
		var list []Version
		if err := tx.Find(&list, "1 = 1"); err != nil || len(list) != 4 {
			t.Fatal(list, err)
		}
		if list[0].KeepUntil != 1000+90*day || list[1].KeepUntil != 1000+10*day || list[2].KeepUntil != 0 {
			t.Errorf("kept until %d, %d, %d", list[0].KeepUntil, list[1].KeepUntil, list[2].KeepUntil)
		}
		if !list[2].Rotten || list[3].Rotten {
			t.Error("damage and doubt are confused")
		}
		row, err := blobByDigest(tx, a)
		if err != nil || row.LeasedUntil != db.Time(1000).Add(leaseFor) {
			t.Errorf("%+v %v", row, err)
		}
		stale, err := staleUploads(tx, 78)
		if err != nil || stale != 1 {
			t.Error(stale, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
