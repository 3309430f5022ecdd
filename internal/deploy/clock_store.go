package deploy

import (
	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// selfMoving gives the waves that wait for their go or their start and are
// planned to move by themselves.
func selfMoving(tx *db.Tx) ([]waveArgs, error) {
	var list []waveArgs
	return list, tx.Gorm().Raw(`SELECT w.release_key AS release, w.number AS wave FROM waves w JOIN releases r ON r.id = w.release_id
		WHERE w.state IN ? AND r.state IN ? AND ((w.state = ? AND w.auto_go) OR (w.state = ? AND w.auto_start AND w.window_start <= ?)) ORDER BY w.id`,
		[]WaveState{WaveReady, WaveGo}, []release.State{release.Ready, release.Deploying}, WaveReady, WaveGo, tx.Now).Scan(&list).Error
}

// retriesDue gives the waves in which targets are due to be tried again.
func retriesDue(tx *db.Tx) ([]waveArgs, error) {
	var list []waveArgs
	return list, tx.Gorm().Raw(`SELECT w.release_key AS release, w.number AS wave FROM waves w JOIN releases r ON r.id = w.release_id
		WHERE w.state IN ? AND r.state = ? AND w.retrying > 0
		AND EXISTS (SELECT 1 FROM wave_targets t WHERE t.wave_id = w.id AND t.retry_at <> 0 AND t.retry_at <= ?) ORDER BY w.id`,
		serving, release.Deploying, tx.Now).Scan(&list).Error
}

// heldWaves gives the waves that stopped before their next target, of releases
// that deploy.
func heldWaves(tx *db.Tx) ([]waveArgs, error) {
	var list []waveArgs
	return list, tx.Gorm().Raw(`SELECT w.release_key AS release, w.number AS wave FROM waves w JOIN releases r ON r.id = w.release_id
		WHERE w.held_at <> 0 AND w.state IN ? AND r.state = ? ORDER BY w.id`, serving, release.Deploying).Scan(&list).Error
}

// retryAll has the targets of a wave wait again whose time has come, as one batch.
func retryAll(tx *db.Tx, w *Wave, to TargetState) (int64, error) {
	result := tx.Gorm().Model(&WaveTarget{}).Where("wave_id = ? AND state IN ? AND retry_at <> 0 AND retry_at <= ?", w.ID, []TargetState{TargetFailed, TargetOverdue}, tx.Now).
		Updates(map[string]any{"state": to, "version": gorm.Expr("version + 1"), "updated_at": tx.Now, "batch": w.Version, "retry_at": 0, "settled_at": 0,
			"reason": "", "attempts": another()})
	return result.RowsAffected, result.Error
}

// retrySilent plans the next attempt on the devices of a wave's batch that were
// found silent after so many attempts.
func retrySilent(tx *db.Tx, w *Wave, attempts int64, at db.Time) (int64, error) {
	result := tx.Gorm().Model(&WaveTarget{}).Where("wave_id = ? AND state = ? AND batch = ? AND fail_class = ? AND attempts = ?", w.ID, TargetOverdue, w.Version, policy.FailSilent, attempts).
		Update("retry_at", at)
	return result.RowsAffected, result.Error
}

// openRemediation gives the rollout back of a release that has not ended, or nil.
func openRemediation(tx *db.Tx, releaseID int64) (*Remediation, error) {
	var list []Remediation
	err := tx.Gorm().Where("release_id = ? AND ended_at = 0", releaseID).Order("id DESC").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// backsDue gives the releases whose next wave is due to go back.
func backsDue(tx *db.Tx) ([]waveArgs, error) {
	var list []waveArgs
	return list, tx.Gorm().Raw(`SELECT m.release_key AS release, 0 AS wave FROM remediations m JOIN releases r ON r.id = m.release_id
		WHERE m.ended_at = 0 AND m.next_at <> 0 AND m.next_at <= ? AND r.state = ? ORDER BY m.id`, tx.Now, release.Remediating).Scan(&list).Error
}

// runningWaves gives the waves whose targets are worked on now.
func runningWaves(tx *db.Tx) ([]waveArgs, error) {
	var list []waveArgs
	return list, tx.Gorm().Raw("SELECT release_key AS release, number AS wave FROM waves WHERE state IN ? ORDER BY id", []WaveState{WaveRunning, WaveVerifying}).Scan(&list).Error
}
