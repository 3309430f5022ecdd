package deploy

import (
	"encoding/json"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func pullSettingsOf(tx *db.Tx, environmentID int64) (*PullSettings, error) {
	var p PullSettings
	return &p, tx.First(&p, "environment_id = ?", environmentID)
}

func allPullSettings(tx *db.Tx) ([]PullSettings, error) {
	var list []PullSettings
	return list, tx.Find(&list, "1 = 1")
}

// deviceOf gives what is kept of a device; a target that never polled is new.
func deviceOf(tx *db.Tx, targetID int64) (*DeviceRecord, error) {
	var d DeviceRecord
	err := tx.First(&d, "target_id = ?", targetID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return &DeviceRecord{TargetID: targetID, WantsConfig: true}, nil
	}
	return &d, err
}

// keepDevice writes a device, but when it was seen: that is written for many at once.
func keepDevice(tx *db.Tx, d *DeviceRecord) error {
	return tx.Gorm().Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "target_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"token_hash", "token_at", "token_by", "auto_confirm", "wants_config", "reported_at", "claims"})}).Create(d).Error
}

func wantConfig(tx *db.Tx, targetID int64) error {
	return tx.Gorm().Model(&DeviceRecord{}).Where("target_id = ?", targetID).Update("wants_config", true).Error
}

// readDevice reads all that a poll needs. It leaves k as it is where there is no
// target of the key.
func readDevice(tx *db.Tx, key string, k *knownDevice) error {
	var rows []struct {
		ID, EnvironmentID        int64
		Retired                  bool
		TokenHash                *string
		WantsConfig, AutoConfirm *bool
	}
	err := tx.Gorm().Raw(`SELECT t.id, t.environment_id, t.retired, d.token_hash, d.wants_config, d.auto_confirm
		FROM targets t LEFT JOIN devices d ON d.target_id = t.id WHERE t.target_key = ?`, key).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return err
	}
	row := rows[0]
	k.targetID, k.environmentID, k.key, k.retired, k.wantsConfig = row.ID, row.EnvironmentID, key, row.Retired, true
	if row.TokenHash != nil {
		k.token, k.hasToken = sumFrom(*row.TokenHash)
		k.wantsConfig, k.autoConfirm = *row.WantsConfig, *row.AutoConfirm
	}
	if k.open, err = openActions(tx, k.targetID); err != nil {
		return err
	}
	return tx.Gorm().Raw("SELECT COALESCE(MAX(id), 0) FROM pull_actions WHERE target_id = ? AND state = ?", k.targetID, PullDone).Scan(&k.done).Error
}

func openActions(tx *db.Tx, targetID int64) ([]openAction, error) {
	var list []openAction
	return list, tx.Gorm().Raw(`SELECT a.*, wt.state AS target_state FROM pull_actions a JOIN wave_targets wt ON wt.id = a.wave_target_id
		WHERE a.target_id = ? AND a.state = ? ORDER BY a.id LIMIT 10`, targetID, PullOpen).Scan(&list).Error
}

// pullAction gives an action of a target; NotFound for another target's.
func pullAction(tx *db.Tx, targetID, id int64) (*PullAction, error) {
	var a PullAction
	return &a, tx.First(&a, "id = ? AND target_id = ?", id, targetID)
}

func saveAction(tx *db.Tx, a *PullAction) error {
	return tx.Gorm().Model(&PullAction{}).Where("id = ?", a.ID).Select("state", "consent", "consent_by", "refused", "taken_at", "installed_at",
		"due_at", "confirm_by", "closed_at", "progress", "progress_of", "statuses").Updates(a).Error
}

// addStatus keeps one thing that a device said. Of a device that says too much
// the word before gives way.
func addStatus(tx *db.Tx, a *PullAction, status *PullStatus) error {
	if a.Statuses >= maxStatuses {
		if err := tx.Gorm().Exec("DELETE FROM pull_statuses WHERE id = (SELECT MAX(id) FROM pull_statuses WHERE action_id = ?)", a.ID).Error; err != nil {
			return err
		}
	} else {
		a.Statuses++
	}
	return insert(tx, status)
}

func statusesOf(tx *db.Tx, actionID int64, limit int) ([]PullStatus, error) {
	var list []PullStatus
	return list, tx.Gorm().Where("action_id = ?", actionID).Order("id DESC").Limit(limit).Find(&list).Error
}

func actionsOf(tx *db.Tx, targetID int64, limit int) ([]PullAction, error) {
	var list []PullAction
	return list, tx.Gorm().Where("target_id = ?", targetID).Order("id DESC").Limit(limit).Find(&list).Error
}

func pullWave(tx *db.Tx, waveID int64) (*PullWave, error) {
	var w PullWave
	return &w, tx.First(&w, "wave_id = ?", waveID)
}

func keepPullWave(tx *db.Tx, w *PullWave) error {
	return tx.Gorm().Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "wave_id"}}, UpdateAll: true}).Create(w).Error
}

// offerAll makes an action for every target of a wave that is offered its
// package and has none open of it, in one statement.
func offerAll(tx *db.Tx, w *Wave, p *PullWave) error {
	if err := tx.Gorm().Exec(`UPDATE pull_actions SET state = ?, closed_at = ? WHERE wave_id = ? AND state = ?
		AND EXISTS (SELECT 1 FROM wave_targets wt WHERE wt.id = pull_actions.wave_target_id AND wt.state = ? AND (wt.attempts > pull_actions.attempt OR pull_actions.package_id <> ?))`,
		PullCancelled, tx.Now, w.ID, PullOpen, TargetOffered, p.PackageID).Error; err != nil {
		return err
	}
	consent, agreed := ConsentNone, ConsentNone
	if w.Consent {
		consent, agreed = ConsentAsked, ConsentGiven
	}
	return tx.Gorm().Exec(`INSERT INTO pull_actions (wave_target_id, wave_id, target_id, target_key, package_id, attempt, state, consent, offered_at, due_at)
		SELECT wt.id, wt.wave_id, wt.target_id, wt.target_key, ?, wt.attempts, ?, CASE WHEN COALESCE(d.auto_confirm, FALSE) THEN ? ELSE ? END, ?, ?
		FROM wave_targets wt LEFT JOIN devices d ON d.target_id = wt.target_id
		WHERE wt.wave_id = ? AND wt.state = ? AND NOT EXISTS (SELECT 1 FROM pull_actions a WHERE a.wave_target_id = wt.id AND a.state = ?)`,
		p.PackageID, PullOpen, agreed, consent, tx.Now, p.due(tx.Now), w.ID, TargetOffered, PullOpen).Error
}

// withdrawAll closes the actions of a wave that nobody has fetched.
func withdrawAll(tx *db.Tx, waveID int64) error {
	return tx.Gorm().Exec("UPDATE pull_actions SET state = ?, closed_at = ? WHERE wave_id = ? AND state = ? AND taken_at = 0", PullCancelled, tx.Now, waveID, PullOpen).Error
}

// offerBack makes an action for every device of a wave that has installed, of the
// package that it ran before, and ends the one that it waits for no longer.
func offerBack(tx *db.Tx, w *Wave) error {
	err := tx.Gorm().Exec(`INSERT INTO pull_actions (wave_target_id, wave_id, target_id, target_key, package_id, attempt, state, consent, purpose, offered_at, due_at)
		SELECT wt.id, wt.wave_id, wt.target_id, wt.target_key, p.id, wt.attempts, ?, ?, ?, ?, 0
		FROM wave_targets wt JOIN packages p ON p.id = (SELECT MAX(k.id) FROM packages k WHERE k.digest = wt.former_digest)
		WHERE wt.wave_id = ? AND wt.touched AND wt.former_digest <> '' AND wt.state IN ?
		AND EXISTS (SELECT 1 FROM components c WHERE c.package_id = p.id AND c.kind = ? AND c.media_version_id <> 0)
		AND NOT EXISTS (SELECT 1 FROM pull_actions a WHERE a.wave_target_id = wt.id AND a.state = ? AND a.purpose = ?)`,
		PullOpen, ConsentNone, ForBackOut, tx.Now, w.ID, []TargetState{TargetInstalled, TargetVerified, TargetFailed, TargetOverdue},
		release.Software, PullOpen, ForBackOut).Error
	if err != nil {
		return err
	}
	return tx.Gorm().Exec(`UPDATE pull_actions SET state = ?, closed_at = ? WHERE wave_id = ? AND state = ? AND purpose = ?
		AND EXISTS (SELECT 1 FROM pull_actions b WHERE b.wave_target_id = pull_actions.wave_target_id AND b.state = ? AND b.purpose = ?)`,
		PullCancelled, tx.Now, w.ID, PullOpen, ForDeploy, PullOpen, ForBackOut).Error
}

func consentAll(tx *db.Tx, targetID int64, to Consent, by string) error {
	return tx.Gorm().Model(&PullAction{}).Where("target_id = ? AND state = ? AND consent IN ?", targetID, PullOpen, []Consent{ConsentAsked, ConsentDenied}).
		Updates(map[string]any{"consent": to, "consent_by": by}).Error
}

// unreachable counts the targets of a wave that have no token.
func unreachable(tx *db.Tx, waveID int64) (n int64, err error) {
	return n, tx.Gorm().Raw(`SELECT COUNT(*) FROM wave_targets wt LEFT JOIN devices d ON d.target_id = wt.target_id
		WHERE wt.wave_id = ? AND wt.state <> ? AND COALESCE(d.token_hash, '') = ''`, waveID, TargetExcluded).Scan(&n).Error
}

// pullsLive gives the waves in which a device may become overdue.
func pullsLive(tx *db.Tx) ([]PullWave, error) {
	var list []PullWave
	return list, tx.Gorm().Joins("JOIN waves ON waves.id = pull_waves.wave_id").
		Where("waves.state IN ?", []WaveState{WaveRunning, WavePaused, WaveVerifying, WaveComplete, WaveFailed}).
		Where("EXISTS (SELECT 1 FROM wave_targets wt WHERE wt.wave_id = waves.id AND wt.state IN ?)", []TargetState{TargetOffered, TargetTaken, TargetInstalled}).
		Order("pull_waves.wave_id").Find(&list).Error
}

// overdueAll moves the targets of a wave that took too long, and puts them into
// the wave's batch. The class is that of a failure that may be tried again.
func overdueAll(tx *db.Tx, w *Wave, from []TargetState, class, reason, late string, args ...any) (int64, error) {
	query := tx.Gorm().Model(&PullAction{}).Select("wave_target_id").Where("wave_id = ? AND state = ? AND purpose = ?", w.ID, PullOpen, ForDeploy).Where(late, args...)
	result := tx.Gorm().Model(&WaveTarget{}).Where("wave_id = ? AND state IN ? AND id IN (?)", w.ID, from, query).Updates(map[string]any{
		"state": TargetOverdue, "version": gorm.Expr("version + 1"), "updated_at": tx.Now, "batch": w.Version, "fail_class": class, "reason": reason, "settled_at": tx.Now,
		"by_id": 0, "by_name": waveKeeper.Name})
	return result.RowsAffected, result.Error
}

// recallAll fails the targets of a wave that fetched and did not install, and
// puts them into the wave's batch.
func recallAll(tx *db.Tx, w *Wave, reason string) (int64, error) {
	written := tx.Gorm().Model(&PullAction{}).Select("wave_target_id").Where("wave_id = ? AND state = ? AND purpose = ? AND installed_at <> 0", w.ID, PullOpen, ForDeploy)
	result := tx.Gorm().Model(&WaveTarget{}).Where("wave_id = ? AND state = ? AND id NOT IN (?)", w.ID, TargetTaken, written).Updates(map[string]any{
		"state": TargetFailed, "version": gorm.Expr("version + 1"), "updated_at": tx.Now, "batch": w.Version, "fail_class": policy.FailUnknown, "reason": reason, "settled_at": tx.Now,
		"by_id": 0, "by_name": waveKeeper.Name})
	return result.RowsAffected, result.Error
}

// keepReported writes what a device tells of itself, beside what people wrote.
func keepReported(tx *db.Tx, t *Target) error {
	return tx.Gorm().Model(&Target{}).Where("id = ?", t.ID).Updates(map[string]any{"reported": t.Reported, "facets": t.Facets}).Error
}

// writeSightings writes when devices were seen, in one statement.
func writeSightings(tx *db.Tx, ids []int64, seen map[int64]sighting) error {
	type row struct {
		ID   int64  `json:"i"`
		At   int64  `json:"a"`
		From string `json:"f"`
	}
	rows := make([]row, len(ids))
	for i, id := range ids {
		rows[i] = row{id, int64(seen[id].at), seen[id].from}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	from := "SELECT value ->> '$.i', value ->> '$.a', value ->> '$.f' FROM json_each(?) WHERE true"
	if tx.Postgres() {
		from = "SELECT i, a, f FROM json_to_recordset(CAST(? AS json)) AS r(i BIGINT, a BIGINT, f TEXT)"
	}
	return tx.Gorm().Exec("INSERT INTO devices (target_id, seen_at, seen_from) "+from+
		" ON CONFLICT (target_id) DO UPDATE SET seen_at = excluded.seen_at, seen_from = excluded.seen_from", string(text)).Error
}

// openActionsOf gives the open action of each target of a wave that has one.
func openActionsOf(tx *db.Tx, waveTargetIDs []int64) (map[int64]*PullAction, error) {
	var list []PullAction
	err := tx.Gorm().Where("wave_target_id IN ? AND state = ?", waveTargetIDs, PullOpen).Order("id").Find(&list).Error
	byTarget := make(map[int64]*PullAction, len(list))
	for i := range list {
		byTarget[list[i].WaveTargetID] = &list[i]
	}
	return byTarget, err
}

func awaited(tx *db.Tx, waveID int64) (a Awaited, err error) {
	return a, tx.Gorm().Raw(`SELECT COALESCE(SUM(CASE WHEN a.installed_at <> 0 AND wt.state = @installed THEN 1 ELSE 0 END), 0) AS installed,
		COALESCE(MIN(CASE WHEN a.installed_at <> 0 AND wt.state = @installed THEN a.confirm_by END), 0) AS first,
		COALESCE(SUM(CASE WHEN a.consent IN @asked AND wt.state = @offered THEN 1 ELSE 0 END), 0) AS asked
		FROM pull_actions a JOIN wave_targets wt ON wt.id = a.wave_target_id WHERE a.wave_id = @wave AND a.state = @open`,
		map[string]any{"wave": waveID, "open": PullOpen, "installed": TargetInstalled, "offered": TargetOffered, "asked": []Consent{ConsentAsked, ConsentDenied}}).Scan(&a).Error
}
