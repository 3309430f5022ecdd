package deploy

import (
	"fmt"

	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/release"
)

func wavesOf(tx *db.Tx, releaseID int64) ([]Wave, error) {
	var list []Wave
	if err := tx.Gorm().Where("release_id = ?", releaseID).Order("number").Find(&list).Error; err != nil || len(list) == 0 {
		return list, err
	}
	return list, withStaff(tx, list)
}

// wavesByRelease gives the waves of several releases, in order.
func wavesByRelease(tx *db.Tx, releaseIDs []int64) (map[int64][]Wave, error) {
	var list []Wave
	byRelease := map[int64][]Wave{}
	if err := tx.Gorm().Where("release_id IN ?", releaseIDs).Order("release_id, number").Find(&list).Error; err != nil || len(list) == 0 {
		return byRelease, err
	}
	if err := withStaff(tx, list); err != nil {
		return nil, err
	}
	for _, w := range list {
		byRelease[w.ReleaseID] = append(byRelease[w.ReleaseID], w)
	}
	return byRelease, nil
}

func withStaff(tx *db.Tx, list []Wave) error {
	place := make(map[int64]int, len(list))
	ids := make([]int64, len(list))
	for i, w := range list {
		place[w.ID], ids[i] = i, w.ID
	}
	var staff []Staff
	err := tx.Gorm().Where("wave_id IN ?", ids).Order("user_name, id").Find(&staff).Error
	for _, person := range staff {
		w := &list[place[person.WaveID]]
		w.Staff = append(w.Staff, person)
	}
	return err
}

func wavesIn(tx *db.Tx, states []WaveState) ([]Wave, error) {
	var list []Wave
	return list, tx.Gorm().Where("state IN ?", states).Order("release_id, number").Find(&list).Error
}

// wavesAhead gives the waves that have not begun in releases of the states, by
// their window; those without one stand last.
func wavesAhead(tx *db.Tx, states []release.State, limit int) ([]Wave, error) {
	var list []Wave
	return list, tx.Gorm().Joins("JOIN releases ON releases.id = waves.release_id").
		Where("waves.state IN ? AND releases.state IN ?", []WaveState{WavePlanned, WaveReady, WaveNoGo, WaveGo}, states).
		Order("CASE WHEN waves.window_start = 0 THEN 1 ELSE 0 END, waves.window_start, waves.release_id, waves.number").Limit(limit).Find(&list).Error
}

func wavesByID(tx *db.Tx, ids []int64) ([]Wave, error) {
	var list []Wave
	return list, tx.Find(&list, "id IN ?", ids)
}

func setStaff(tx *db.Tx, waveID int64, staff []Staff) error {
	if err := tx.Gorm().Delete(&Staff{}, "wave_id = ?", waveID).Error; err != nil || len(staff) == 0 {
		return err
	}
	return insert(tx, &staff)
}

// deleteWave removes a wave that never began, with its run sheet.
func deleteWave(tx *db.Tx, id int64) error {
	for _, child := range []any{&Staff{}, &Step{}, &WaveTarget{}, &ShiftNote{}} {
		if err := tx.Gorm().Delete(child, "wave_id = ?", id).Error; err != nil {
			return err
		}
	}
	return tx.Gorm().Delete(&Wave{}, "id = ?", id).Error
}

// renumber gives a wave another number, by way of one that none has.
func renumber(tx *db.Tx, waveID, number int64) error {
	return tx.Gorm().Model(&Wave{}).Where("id = ?", waveID).Updates(map[string]any{"number": number, "version": gorm.Expr("version + 1"), "updated_at": tx.Now}).Error
}

func stepsOf(tx *db.Tx, waveID int64) ([]Step, error) {
	var list []Step
	return list, tx.Gorm().Where("wave_id = ?", waveID).Order("number").Find(&list).Error
}

// stepsByWave gives the steps of all waves of a release.
func stepsByWave(tx *db.Tx, releaseID int64) (map[int64][]Step, error) {
	var list []Step
	err := tx.Gorm().Where("release_id = ?", releaseID).Order("wave_id, number").Find(&list).Error
	byWave := map[int64][]Step{}
	for _, s := range list {
		byWave[s.WaveID] = append(byWave[s.WaveID], s)
	}
	return byWave, err
}

func findStep(tx *db.Tx, waveID, number int64) (*Step, error) {
	var s Step
	return &s, tx.First(&s, "wave_id = ? AND number = ?", waveID, number)
}

func insertSteps(tx *db.Tx, steps []Step) error {
	if len(steps) == 0 {
		return nil
	}
	return insert(tx, &steps)
}

func deleteStep(tx *db.Tx, id int64) error { return tx.Gorm().Delete(&Step{}, "id = ?", id).Error }

func deleteSteps(tx *db.Tx, waveID int64) error {
	return tx.Gorm().Delete(&Step{}, "wave_id = ?", waveID).Error
}

// openSteps gives the steps in waves that run now which somebody may work on.
func openSteps(tx *db.Tx, userID int64) ([]Step, error) {
	var list []Step
	live := []WaveState{WaveRunning, WaveVerifying, WaveRemediating, WavePaused}
	return list, tx.Gorm().Joins("JOIN waves ON waves.id = wave_steps.wave_id").
		Where("waves.state IN ? AND (wave_steps.state = ? OR (wave_steps.state = ? AND (wave_steps.holder_id = ? OR wave_steps.signed_at <> 0)))", live, StepClaimable, StepInProgress, userID).
		Order("wave_steps.planned_at, wave_steps.wave_id, wave_steps.number").Limit(maxPage).Find(&list).Error
}

// hand is somebody who took part in deploying a release.
type hand struct {
	ReleaseID int64
	UserID    int64
}

// TableName is the table of those who took part.
func (hand) TableName() string { return "wave_hands" }

func layHand(tx *db.Tx, releaseID, userID int64) error {
	return tx.Gorm().Exec("INSERT INTO wave_hands (release_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING", releaseID, userID).Error
}

func handsOf(tx *db.Tx, releaseID int64) ([]int64, error) {
	var ids []int64
	return ids, tx.Gorm().Model(&hand{}).Where("release_id = ?", releaseID).Order("user_id").Pluck("user_id", &ids).Error
}

func newestDecision(tx *db.Tx, releaseID int64) (*Decision, error) {
	var list []Decision
	err := tx.Gorm().Where("release_id = ?", releaseID).Order("id DESC").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func progressOf(tx *db.Tx, releaseID int64) (Progress, error) {
	var p Progress
	return p, tx.Gorm().Model(&Wave{}).Where("release_id = ?", releaseID).
		Select("COALESCE(SUM(verified), 0) AS done, COALESCE(SUM(active), 0) AS active, COALESCE(SUM(failed), 0) AS failed, COALESCE(SUM(total - excluded), 0) AS total").Scan(&p).Error
}

// releaseNamed tells whether there is a release of the key, whoever asks.
func releaseNamed(tx *db.Tx, key string) (bool, error) {
	var n int64
	err := tx.Gorm().Model(&release.Release{}).Where("release_key = ?", key).Count(&n).Error
	return n > 0, err
}

func releasesIn(tx *db.Tx, state release.State, limit int) ([]int64, error) {
	var ids []int64
	return ids, tx.Gorm().Model(&release.Release{}).Where("state = ?", state).Order("id DESC").Limit(limit).Pluck("id", &ids).Error
}

// pulseOf is a word that changes whenever a release's deployment does.
func pulseOf(tx *db.Tx, releaseID int64) (string, error) {
	var row struct{ Release, Waves, Steps, Targets int64 }
	err := tx.Gorm().Raw(`SELECT r.version AS release, COALESCE(SUM(w.version), 0) AS waves,
		(SELECT COALESCE(SUM(s.version), 0) FROM wave_steps s WHERE s.release_id = r.id) AS steps,
		COALESCE(SUM(w.total + 3 * w.verified + 5 * w.active + 7 * w.failed), 0) AS targets
		FROM releases r LEFT JOIN waves w ON w.release_id = r.id WHERE r.id = ? GROUP BY r.id, r.version`, releaseID).Scan(&row).Error
	return fmt.Sprintf("%x-%x-%x-%x", row.Release, row.Waves, row.Steps, row.Targets), err
}
