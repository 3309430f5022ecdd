package deploy

import (
	"slipway/internal/db"
	"slipway/internal/dml"
)

// formersOf gives the releases that the targets of a wave ran before it.
func formersOf(tx *db.Tx, waveID int64) (keys []string, err error) {
	return keys, tx.Gorm().Model(&WaveTarget{}).Where("wave_id = ? AND former_release <> ''", waveID).Distinct().Pluck("former_release", &keys).Error
}

// releasesOn gives the releases that reached for a target.
func releasesOn(tx *db.Tx, targetID int64) (keys []string, err error) {
	return keys, tx.Gorm().Raw(`SELECT DISTINCT waves.release_key FROM wave_targets JOIN waves ON waves.id = wave_targets.wave_id WHERE wave_targets.target_id = ?`, targetID).Scan(&keys).Error
}

// seatsOf counts the targets on which a release is verified and in use, and
// those that need it no longer.
func seatsOf(tx *db.Tx, releaseKey string) (n dml.Seats, err error) {
	return n, tx.Gorm().Raw(`SELECT COALESCE(SUM(CASE WHEN wt.state = @verified AND NOT t.retired AND t.installed_release = @key THEN 1 ELSE 0 END), 0) AS installed,
		COALESCE(SUM(CASE WHEN wt.state IN @gone OR t.retired OR wt.state = @verified AND t.installed_release <> @key THEN 1 ELSE 0 END), 0) AS gone
		FROM wave_targets wt JOIN waves w ON w.id = wt.wave_id JOIN targets t ON t.id = wt.target_id WHERE w.release_key = @key`,
		map[string]any{"key": releaseKey, "verified": TargetVerified, "gone": []TargetState{TargetExcluded, TargetRolledBack}}).Scan(&n).Error
}

func spotsOf(tx *db.Tx, releaseKeys []string) (list []dml.Spot, err error) {
	return list, tx.Gorm().Raw(`SELECT t.installed_release AS release_key, e.environment_key, e.name AS environment_name, COUNT(*) AS targets
		FROM targets t JOIN environments e ON e.id = t.environment_id WHERE t.installed_release IN ? AND NOT t.retired
		GROUP BY t.installed_release, e.environment_key, e.name, e.position ORDER BY t.installed_release, e.position, e.environment_key`, releaseKeys).Scan(&list).Error
}

// wavesFor gives the waves of the release with a key.
func wavesFor(tx *db.Tx, releaseKey string) (list []Wave, err error) {
	return list, tx.Gorm().Where("release_key = ?", releaseKey).Order("number").Find(&list).Error
}

// followedIn counts the targets in a wave's list that still run one of those
// releases.
func followedIn(tx *db.Tx, w *Wave, keys []string) (list []dml.Succession, err error) {
	return list, tx.Gorm().Raw(`SELECT t.installed_release AS "from", COUNT(*) AS targets FROM wave_targets wt JOIN targets t ON t.id = wt.target_id
		WHERE wt.wave_id = ? AND wt.state NOT IN ? AND t.installed_release IN ? AND NOT t.retired GROUP BY t.installed_release`,
		w.ID, []TargetState{TargetVerified, TargetExcluded, TargetRolledBack}, keys).Scan(&list).Error
}

// wouldFollow counts those that the wave's filter would take now.
func wouldFollow(tx *db.Tx, w *Wave, filter Filter, earlier []Wave, keys []string) (list []dml.Succession, err error) {
	q, err := takes(tx, w, filter, earlier)
	if err != nil {
		return nil, err
	}
	return list, q.Where("targets.installed_release IN ?", keys).Select(`targets.installed_release AS "from", COUNT(*) AS targets`).Group("targets.installed_release").Scan(&list).Error
}
