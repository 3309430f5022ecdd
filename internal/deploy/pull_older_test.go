package deploy_test

import (
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
)

// An action from before actions had a purpose is one that deploys.
func TestOlderActionsDeploy(t *testing.T) {
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 250); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Exec(`INSERT INTO pull_actions (wave_target_id, wave_id, target_id, target_key, package_id, attempt, state, offered_at, taken_at)
			VALUES (1, 1, 1, 'dev-1', 1, 1, ?, 7, 8)`, deploy.PullOpen).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		var a deploy.PullAction
		err := tx.First(&a, "target_key = ?", "dev-1")
		if a.Purpose != deploy.ForDeploy || !a.Open() || a.TakenAt != 8 {
			t.Errorf("%+v", a)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
