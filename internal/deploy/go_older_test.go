package deploy_test

import (
	"testing"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/dml"
	"slipway/internal/release"
)

// A wave that was refused, and a step's file, from before files were evidence of
// go and of no go stand as they stood.
func TestOlderRefusalsHaveNoFiles(t *testing.T) {
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 312); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
		if err := tx.Create(service); err != nil {
			return err
		}
		r := &release.Release{Key: "PAY-1", Title: "One", State: release.Ready, ServiceID: service.ID}
		if err := tx.Create(r); err != nil {
			return err
		}
		if err := tx.Gorm().Exec(`INSERT INTO waves (release_id, release_key, service_id, number, name, environment_key, state, no_go_by, no_go_reason)
			VALUES (?, 'PAY-1', ?, 1, 'Pilot', 'prod', ?, 'Maya', 'the queue is long')`, r.ID, service.ID, deploy.WaveNoGo).Error; err != nil {
			return err
		}
		if err := tx.Gorm().Exec("INSERT INTO media_blobs (digest, size, state) VALUES ('sha256:1', 1, 'stored')").Error; err != nil {
			return err
		}
		return tx.Gorm().Exec(`INSERT INTO media_attachments (release_id, subject, subject_id, about, link, digest, file_name, media_type, size, by_id, by_name)
			VALUES (?, 'step', 1, 'Wave 1, step 1', '/', 'sha256:1', 'log.txt', 'text/plain', 1, 7, 'Dario')`, r.ID).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		var w deploy.Wave
		if err := tx.First(&w, "release_key = ?", "PAY-1"); err != nil {
			return err
		}
		if w.State != deploy.WaveNoGo || w.NoGoBy != "Maya" || w.NoGoReason == "" || w.NoGoByID != 0 || !w.NoGoAt.IsZero() {
			t.Errorf("%+v", w)
		}
		files, err := dml.AttachmentsTo(tx, "step", 1)
		if err != nil || len(files) != 1 || files[0].FileName != "log.txt" || !files[0].VouchedAt.IsZero() {
			t.Errorf("%+v, %v", files, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
