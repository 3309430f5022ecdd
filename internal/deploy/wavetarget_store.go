package deploy

import (
	"strings"

	"gorm.io/gorm"

	"slipway/internal/db"
)

// usable is the query for the targets in use where a wave runs.
func usable(tx *db.Tx, w *Wave) *gorm.DB {
	return tx.Gorm().Model(&Target{}).Where("targets.environment_id = ? AND NOT targets.retired", w.EnvironmentID)
}

func countTaken(tx *db.Tx, w *Wave, filter Filter, earlier []Wave) (n int64, err error) {
	q, err := takes(tx, w, filter, earlier)
	if err != nil {
		return 0, err
	}
	return n, q.Count(&n).Error
}

func countMatching(tx *db.Tx, w *Wave, filter Filter) (n int64, err error) {
	q, err := matching(tx, usable(tx, w), filter)
	if err != nil {
		return 0, err
	}
	return n, q.Count(&n).Error
}

func sampleTaken(tx *db.Tx, w *Wave, filter Filter, earlier []Wave, limit int) ([]Target, error) {
	q, err := takes(tx, w, filter, earlier)
	if err != nil {
		return nil, err
	}
	var list []Target
	return list, q.Order("target_key").Limit(limit).Find(&list).Error
}

// freeze writes the list of targets that a wave takes, in one statement.
func freeze(tx *db.Tx, w *Wave, filter Filter, earlier []Wave, delivery string, state TargetState) (int64, error) {
	if err := thaw(tx, w.ID); err != nil {
		return 0, err
	}
	q, err := takes(tx, w, filter, earlier)
	if err != nil {
		return 0, err
	}
	return freezeAll(tx, w, q, delivery, state)
}

// freezeAll writes what a query finds into the list of a wave.
func freezeAll(tx *db.Tx, w *Wave, q *gorm.DB, delivery string, state TargetState) (int64, error) {
	result := tx.Gorm().Exec(`INSERT INTO wave_targets (version, created_at, updated_at, wave_id, release_id, target_id, target_key, target_name, delivery, state,
		former_digest, former_version, former_release)
		SELECT 1, ?, ?, ?, ?, id, target_key, name, ?, ?, installed_digest, installed_version, installed_release FROM targets WHERE id IN (?)`,
		tx.Now, tx.Now, w.ID, w.ReleaseID, delivery, state, q.Select("targets.id"))
	return result.RowsAffected, result.Error
}

// thaw forgets the frozen list of a wave that is planned anew.
func thaw(tx *db.Tx, waveID int64) error {
	return tx.Gorm().Delete(&WaveTarget{}, "wave_id = ?", waveID).Error
}

func findWaveTarget(tx *db.Tx, waveID int64, key string) (*WaveTarget, error) {
	var t WaveTarget
	return &t, tx.First(&t, "wave_id = ? AND target_key = ?", waveID, key)
}

// moveAll moves every target of a wave that stands in one of the states.
func moveAll(tx *db.Tx, w *Wave, from []TargetState, to TargetState, more map[string]any) (int64, error) {
	if len(from) == 0 {
		return 0, nil
	}
	columns := map[string]any{"state": to, "retry_at": 0, "version": gorm.Expr("version + 1"), "updated_at": tx.Now}
	for name, value := range more {
		columns[name] = value
	}
	result := tx.Gorm().Model(&WaveTarget{}).Where("wave_id = ? AND state IN ?", w.ID, from).Updates(columns)
	return result.RowsAffected, result.Error
}

// another adds one to a count of attempts.
func another() any { return gorm.Expr("attempts + 1") }

// oneAtLeast counts the first attempt, and keeps what a retry counted.
func oneAtLeast() any { return gorm.Expr("CASE WHEN attempts = 0 THEN 1 ELSE attempts END") }

// anyIn tells whether a target of the wave stands in one of the states.
func anyIn(tx *db.Tx, waveID int64, states ...TargetState) (bool, error) {
	var ids []int64
	err := tx.Gorm().Model(&WaveTarget{}).Where("wave_id = ? AND state IN ?", waveID, states).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, err
}

func waveTargetByID(tx *db.Tx, id int64) (*WaveTarget, error) {
	var t WaveTarget
	return &t, tx.First(&t, "id = ?", id)
}

// StateCount is how many targets of a wave stand in a state.
type StateCount struct {
	State    TargetState
	Total    int64
	Retrying int64 // of them, that are tried again by themselves
}

func countStates(tx *db.Tx, waveID int64) ([]StateCount, error) {
	var rows []StateCount
	return rows, tx.Gorm().Model(&WaveTarget{}).Select("state, COUNT(*) AS total, SUM(CASE WHEN retry_at <> 0 THEN 1 ELSE 0 END) AS retrying").Where("wave_id = ?", waveID).Group("state").Scan(&rows).Error
}

// A batch marks the targets that one deed moves together. It is the version of
// the wave as the deed found it, so no other deed's batch is the same.

// installBatch writes on the targets of a batch what they run now.
func installBatch(tx *db.Tx, w *Wave, digest, version string) error {
	return tx.Gorm().Exec(`UPDATE targets SET version = version + 1, updated_at = ?, former_digest = installed_digest, former_version = installed_version,
		former_release = installed_release, installed_digest = ?, installed_version = ?, installed_release = ?, installed_at = ?
		WHERE id IN (SELECT target_id FROM wave_targets WHERE wave_id = ? AND batch = ? AND state = ?)`,
		tx.Now, digest, version, w.ReleaseKey, tx.Now, w.ID, w.Version, TargetVerified).Error
}

// restoreBatch writes back on the targets of a batch what they ran before the wave.
func restoreBatch(tx *db.Tx, w *Wave) error {
	return tx.Gorm().Exec(`UPDATE targets SET version = version + 1, updated_at = ?, former_digest = installed_digest, former_version = installed_version,
		former_release = installed_release, installed_at = ?,
		installed_digest = (SELECT former_digest FROM wave_targets wt WHERE wt.wave_id = ? AND wt.target_id = targets.id),
		installed_version = (SELECT former_version FROM wave_targets wt WHERE wt.wave_id = ? AND wt.target_id = targets.id),
		installed_release = (SELECT former_release FROM wave_targets wt WHERE wt.wave_id = ? AND wt.target_id = targets.id)
		WHERE installed_release = ? AND id IN (SELECT target_id FROM wave_targets WHERE wave_id = ? AND batch = ? AND state = ?)`,
		tx.Now, tx.Now, w.ID, w.ID, w.ID, w.ReleaseKey, w.ID, w.Version, TargetRolledBack).Error
}

// noteBatch keeps one event for each target of a batch.
func noteBatch(tx *db.Tx, w *Wave, note string, byID int64, byName string) error {
	return tx.Gorm().Exec(`INSERT INTO target_events (target_id, target_key, release_id, release_key, wave_number, state, digest, label, note, by_id, by_name, happened_at)
		SELECT target_id, target_key, release_id, ?, ?, state, installed_digest, installed_version, ?, ?, ?, ? FROM wave_targets WHERE wave_id = ? AND batch = ?`,
		w.ReleaseKey, w.Number, note, byID, byName, tx.Now, w.ID, w.Version).Error
}

// busy counts the targets of a wave that another release works on now, and
// names one of those releases.
func busy(tx *db.Tx, w *Wave) (n int64, releaseKey string, err error) {
	var rows []struct {
		ReleaseKey string
		Total      int64
	}
	err = tx.Gorm().Raw(`SELECT waves.release_key AS release_key, COUNT(*) AS total FROM wave_targets mine
		JOIN wave_targets other ON other.target_id = mine.target_id AND other.release_id <> mine.release_id AND other.touched AND other.state NOT IN ?
		JOIN waves ON waves.id = other.wave_id AND waves.state IN ?
		WHERE mine.wave_id = ? GROUP BY waves.release_key ORDER BY waves.release_key`,
		[]TargetState{TargetVerified, TargetExcluded, TargetRolledBack}, []WaveState{WaveRunning, WavePaused, WaveVerifying, WaveFailed, WaveRemediating}, w.ID).Scan(&rows).Error
	for _, row := range rows {
		n += row.Total
		releaseKey = row.ReleaseKey
	}
	return n, releaseKey, err
}

// troubled gives the failed and overdue targets of each wave, the newest first.
func troubled(tx *db.Tx, waveID int64, limit int) ([]WaveTarget, error) {
	var list []WaveTarget
	return list, tx.Gorm().Where("wave_id = ? AND state IN ?", waveID, []TargetState{TargetFailed, TargetOverdue}).
		Order("settled_at DESC, target_key").Limit(limit).Find(&list).Error
}

func exclusionsAsked(tx *db.Tx, releaseID int64) ([]WaveTarget, error) {
	var list []WaveTarget
	return list, tx.Gorm().Where("release_id = ? AND exclude_asked_by_id <> 0 AND state <> ?", releaseID, TargetExcluded).Order("target_key").Find(&list).Error
}

// listWaveTargets gives a page of a wave's targets: those in trouble first, then
// the others, each by key. A page on goes after the last of the one before.
func listWaveTargets(tx *db.Tx, waveID int64, q TargetQuery, states []TargetState, limit int) ([]WaveTarget, error) {
	if len(states) == 0 {
		states = TargetStates()
	}
	bad, rest := divide(states)
	after, begun := strings.CutPrefix(q.After, troubleMark)
	var list []WaveTarget
	if len(bad) > 0 && (begun || q.After == "") {
		if err := someTargets(tx, waveID, q.Text, bad, after, limit).Find(&list).Error; err != nil {
			return nil, err
		}
		after = ""
	}
	if len(rest) == 0 || len(list) >= limit {
		return list, nil
	}
	var more []WaveTarget
	err := someTargets(tx, waveID, q.Text, rest, after, limit-len(list)).Find(&more).Error
	return append(list, more...), err
}

// troubleMark before the key of a page's last target says that it is in trouble;
// no key begins with it.
const troubleMark = "!"

// cursor is what the next page goes after.
func (t *WaveTarget) cursor() string {
	if t.State.troubled() {
		return troubleMark + t.TargetKey
	}
	return t.TargetKey
}

func divide(states []TargetState) (bad, rest []TargetState) {
	for _, s := range states {
		if s.troubled() {
			bad = append(bad, s)
		} else {
			rest = append(rest, s)
		}
	}
	return bad, rest
}

func someTargets(tx *db.Tx, waveID int64, text string, states []TargetState, after string, limit int) *gorm.DB {
	g := tx.Gorm().Where("wave_id = ? AND state IN ?", waveID, states)
	if text != "" {
		like := "%" + escapeLike(strings.ToLower(text)) + "%"
		g = g.Where(`(LOWER(target_key) LIKE ? ESCAPE '\' OR LOWER(target_name) LIKE ? ESCAPE '\')`, like, like)
	}
	if after != "" {
		g = g.Where("target_key > ?", after)
	}
	return g.Order("target_key").Limit(limit)
}

// restoreWords says of the touched targets of a wave, as far as it is known what
// they ran before, that they run it again, and puts them into the batch.
func restoreWords(tx *db.Tx, w *Wave, from []TargetState, to TargetState, evidence string, byID int64, byName string) (int64, error) {
	result := tx.Gorm().Model(&WaveTarget{}).Where("wave_id = ? AND touched AND former_digest <> '' AND state IN ?", w.ID, from).Updates(map[string]any{
		"state": to, "retry_at": 0, "version": gorm.Expr("version + 1"), "updated_at": tx.Now, "batch": w.Version, "settled_at": tx.Now, "evidence": evidence, "by_id": byID, "by_name": byName,
		"installed_digest": gorm.Expr("former_digest"), "installed_version": gorm.Expr("former_version")})
	return result.RowsAffected, result.Error
}

// touchedLeft counts the targets that were touched and not reported back.
func touchedLeft(tx *db.Tx, waveID int64) (n int64, err error) {
	return n, tx.Gorm().Model(&WaveTarget{}).Where("wave_id = ? AND touched AND state NOT IN ?", waveID, []TargetState{TargetRolledBack, TargetExcluded}).Count(&n).Error
}
