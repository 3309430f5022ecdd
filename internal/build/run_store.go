package build

import "slipway/internal/db"

func insertRun(tx *db.Tx, run *TestRun, failures []Failure) error {
	if err := tx.Create(run); err != nil {
		return err
	}
	if len(failures) == 0 {
		return nil
	}
	for i := range failures {
		failures[i].RunID = run.ID
	}
	return tx.Create(&failures)
}

func findRun(tx *db.Tx, releaseID, number int64) (*TestRun, error) {
	var run TestRun
	return &run, tx.First(&run, "release_id = ? AND number = ?", releaseID, number)
}

// runsOf lists a release's runs, newest first, without their failures.
func runsOf(tx *db.Tx, releaseID int64) ([]TestRun, error) {
	var list []TestRun
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("number DESC").Find(&list).Error
}

func failuresOf(tx *db.Tx, runID int64) ([]Failure, error) {
	var list []Failure
	return list, tx.Find(&list, "run_id = ?", runID)
}
