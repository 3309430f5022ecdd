package dml

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// TestEvidenceFromBeforeSignatures carries evidence over from the schema that
// knew no signatures.
func TestEvidenceFromBeforeSignatures(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(db.Options{Path: filepath.Join(t.TempDir(), "slipway.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.MigrateTo(ctx, 140); err != nil {
		t.Fatal(err)
	}
	digest := blob.Of([]byte("x"))
	err = d.InTx(ctx, func(tx *db.Tx) error {
		for _, sql := range []string{
			`INSERT INTO media_blobs (digest, size, state) VALUES (@digest, 1, 'stored')`,
			`INSERT INTO media_items (item_key, name, kind, provenance) VALUES ('a', 'A', 'software', 'built')`,
			`INSERT INTO media_versions (item_id, item_key, item_name, kind, label, state, file_name, media_type, size, digest) VALUES (1, 'a', 'A', 'software', '1', 'Accepted', 'a', 'text/plain', 1, @digest)`,
			`INSERT INTO media_evidence (media_version_id, kind, digest, manifest, size, verdict, added_at) VALUES (1, 'bill of materials', @digest, @digest, 1, 'met', 5)`,
			`INSERT INTO media_blobs (digest, size, state) VALUES ('other', 1, 'stored')`,
			`INSERT INTO media_evidence (media_version_id, kind, digest, manifest, size, verdict, added_at) VALUES (1, 'evidence', 'other', @digest, 1, 'unknown', 6)`,
		} {
			if err := tx.Gorm().Exec(strings.ReplaceAll(sql, "@digest", "'"+digest.String()+"'")).Error; err != nil {
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
		list, err := evidenceOf(tx, 1)
		if err != nil || len(list) != 2 || list[0].CheckedAt != 5 || list[0].Verdict != Met || list[1].AddedAt != 6 {
			t.Errorf("%+v %v", list, err)
		}
		due, err := dueEvidence(tx, 0, 10)
		if err != nil || len(due) != 1 || due[0].Kind != OtherEvidence {
			t.Errorf("due: %+v %v", due, err)
		}
		item, err := itemByKey(tx, "a")
		if err != nil || item.MustBeSigned {
			t.Errorf("%+v %v", item, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
