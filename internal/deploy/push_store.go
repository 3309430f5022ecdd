package deploy

import (
	"fmt"

	"gorm.io/gorm"

	"slipway/internal/db"
)

// queueRuns writes one run for every target of a wave that waits and has none of
// its attempt, in one statement each.
func queueRuns(tx *db.Tx, w *Wave) error {
	first := tx.Gorm().Exec("UPDATE wave_targets SET attempts = 1 WHERE wave_id = ? AND state = ? AND attempts = 0", w.ID, TargetStaged)
	if first.Error != nil {
		return first.Error
	}
	return tx.Gorm().Exec(`INSERT INTO ssh_runs (version, created_at, updated_at, wave_id, release_id, wave_target_id, target_id, purpose, attempt, state)
		SELECT 1, ?, ?, wt.wave_id, wt.release_id, wt.id, wt.target_id, ?, wt.attempts, ? FROM wave_targets wt
		WHERE wt.wave_id = ? AND wt.state = ? AND NOT EXISTS (SELECT 1 FROM ssh_runs r WHERE r.wave_target_id = wt.id AND r.purpose = ? AND r.attempt = wt.attempts)
		ORDER BY wt.target_key`,
		tx.Now, tx.Now, ForDeploy, RunWaiting, w.ID, TargetStaged, ForDeploy).Error
}

// queueBackOuts writes one run for every target of a wave that was touched and
// not put back; targets narrows them where it is not empty.
func queueBackOuts(tx *db.Tx, w *Wave, waveTargetIDs ...int64) (int64, error) {
	only := ""
	args := []any{tx.Now, tx.Now, ForBackOut, ForBackOut, RunWaiting, w.ID, []TargetState{TargetRolledBack, TargetExcluded}, ForBackOut, []RunState{RunWaiting, RunGoing}}
	if len(waveTargetIDs) > 0 {
		only = " AND wt.id IN ?"
		args = append(args, waveTargetIDs)
	}
	result := tx.Gorm().Exec(fmt.Sprintf(`INSERT INTO ssh_runs (version, created_at, updated_at, wave_id, release_id, wave_target_id, target_id, purpose, attempt, state)
		SELECT 1, ?, ?, wt.wave_id, wt.release_id, wt.id, wt.target_id, ?, 1 + (SELECT COUNT(*) FROM ssh_runs r WHERE r.wave_target_id = wt.id AND r.purpose = ?), ?
		FROM wave_targets wt WHERE wt.wave_id = ? AND wt.touched AND wt.state NOT IN ?
		AND NOT EXISTS (SELECT 1 FROM ssh_runs r WHERE r.wave_target_id = wt.id AND r.purpose = ? AND r.state IN ?)%s ORDER BY wt.target_key`, only), args...)
	return result.RowsAffected, result.Error
}

// withdrawWaiting ends the runs of a wave that were not begun.
func withdrawWaiting(tx *db.Tx, w *Wave, purpose, reason string) error {
	to, err := runMoves.Next("", RunWaiting, RunWithdraw)
	if err != nil {
		return err
	}
	return tx.Gorm().Model(&Run{}).Where("wave_id = ? AND purpose = ? AND state = ?", w.ID, purpose, RunWaiting).
		Updates(map[string]any{"state": to, "reason": reason, "ended_at": tx.Now, "updated_at": tx.Now, "version": gorm.Expr("version + 1")}).Error
}

func countRuns(tx *db.Tx, waveID int64, states ...RunState) (n int64, err error) {
	return n, tx.Gorm().Model(&Run{}).Where("wave_id = ? AND state IN ?", waveID, states).Count(&n).Error
}

// heldRun gives the run that a holder has not ended; nil when it has none.
func heldRun(tx *db.Tx, waveID int64, holder string) (*Run, error) {
	var list []Run
	err := tx.Gorm().Where("wave_id = ? AND state = ? AND holder = ?", waveID, RunGoing, holder).Order("id").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// waitingRun gives the run of a wave that has waited longest; nil when none
// waits. A host that somebody still works on is left alone.
func waitingRun(tx *db.Tx, waveID int64, purpose string) (*Run, error) {
	var list []Run
	err := tx.Gorm().Where("wave_id = ? AND state = ? AND purpose = ?", waveID, RunWaiting, purpose).
		Where("NOT EXISTS (SELECT 1 FROM ssh_runs o WHERE o.wave_target_id = ssh_runs.wave_target_id AND o.state = ?)", RunGoing).
		Order("id").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// runsOf gives the runs on a target of a wave, the newest first.
func runsOf(tx *db.Tx, waveTargetID int64) ([]Run, error) {
	var list []Run
	return list, tx.Gorm().Where("wave_target_id = ?", waveTargetID).Order("id DESC").Limit(maxRuns).Find(&list).Error
}

const maxRuns = 20

func commandsOf(tx *db.Tx, runID int64) ([]Command, error) {
	var list []Command
	return list, tx.Find(&list, "run_id = ?", runID)
}

// commandOf gives a command of a run as it was begun; nil when it was not.
func commandOf(tx *db.Tx, runID int64, kind StepKind, number, again int64) (*Command, error) {
	var list []Command
	err := tx.Gorm().Where("run_id = ? AND kind = ? AND number = ? AND again = ?", runID, kind, number, again).Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// openRuns names every wave with runs that wait or go, and who holds one.
func openRuns(tx *db.Tx) ([]Run, error) {
	var list []Run
	return list, tx.Gorm().Model(&Run{}).Distinct("wave_id", "holder").Where("state IN ?", []RunState{RunWaiting, RunGoing}).Order("wave_id, holder").Find(&list).Error
}

// runPulse is a word that changes whenever a run on a target of a wave, or what
// a command of it said, does.
func runPulse(tx *db.Tx, waveTargetID int64) (string, error) {
	var p struct{ Runs, Commands, Target int64 }
	err := tx.Gorm().Raw(`SELECT (SELECT COALESCE(SUM(version), 0) FROM ssh_runs WHERE wave_target_id = ?) AS runs,
		(SELECT COALESCE(SUM(c.version), 0) FROM ssh_commands c JOIN ssh_runs r ON r.id = c.run_id WHERE r.wave_target_id = ?) AS commands,
		(SELECT COALESCE(SUM(version), 0) FROM wave_targets WHERE id = ?) AS target`, waveTargetID, waveTargetID, waveTargetID).Scan(&p).Error
	return fmt.Sprintf("%d.%d.%d", p.Runs, p.Commands, p.Target), err
}
