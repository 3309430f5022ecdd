package jobs

import (
	"context"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
)

func insert(tx *db.Tx, job *Job) error { return tx.Create(job) }

func isOpen(tx *db.Tx, key string) (bool, error) {
	var n int64
	err := tx.Gorm().Model(&Job{}).Where("unique_key = ? AND state IN ?", key, []State{Waiting, Running}).Count(&n).Error
	return n > 0, err
}

// anyDue looks with a reading handle first, so that an idle queue never takes
// the one writer.
func anyDue(ctx context.Context, d *db.DB, kinds []string) (due bool, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		args := []any{Waiting, tx.Now, Running, tx.Now}
		for _, kind := range kinds {
			args = append(args, kind)
		}
		var id int64
		return tx.Row("SELECT id FROM jobs WHERE ("+dueCondition+") AND kind IN (?"+strings.Repeat(", ?", len(kinds)-1)+") LIMIT 1", args, &id)
	})
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

func kindsDue(tx *db.Tx) (kinds []string, err error) {
	rows, err := tx.Rows("SELECT DISTINCT kind FROM jobs WHERE "+dueCondition, Waiting, tx.Now, Running, tx.Now)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			return nil, err
		}
		kinds = append(kinds, kind)
	}
	return kinds, rows.Err()
}

// openKinds are the kinds of the jobs that wait to be done.
func openKinds(tx *db.Tx) (kinds []string, err error) {
	return kinds, tx.Gorm().Model(&Job{}).Where("state IN ?", []State{Waiting, Running}).Distinct().Order("kind").Pluck("kind", &kinds).Error
}

const dueCondition = "(state = ? AND run_at <= ?) OR (state = ? AND locked_until < ?)"

// claim leases the job that has been due longest; nil when none is.
func claim(tx *db.Tx, kinds []string) (*Job, error) {
	var due []Job
	err := tx.Gorm().Where("kind IN ?", kinds).Where(tx.Gorm().Where(dueCondition, Waiting, tx.Now, Running, tx.Now)).
		Order("run_at, id").Limit(1).Find(&due).Error
	if err != nil || len(due) == 0 {
		return nil, err
	}
	job := &due[0]
	if job.State == Running { // its worker died, which is no failure of the job
		job.MaxAttempts++
	}
	job.State, job.Attempts, job.LockedUntil = Running, job.Attempts+1, tx.Now.Add(lease)
	return job, tx.Gorm().Model(job).Select("state", "attempts", "max_attempts", "locked_until").Updates(job).Error
}

// giveBack puts a job back that the end of the server interrupted. That was no
// failure, so it costs no attempt.
func giveBack(tx *db.Tx, job *Job) error {
	return tx.Gorm().Model(&Job{}).Where("id = ? AND attempts = ? AND state = ?", job.ID, job.Attempts, Running).
		Updates(map[string]any{"state": Waiting, "run_at": tx.Now, "max_attempts": job.MaxAttempts + 1}).Error
}

// finish ends an attempt, unless somebody else has claimed the job since.
func finish(tx *db.Tx, job *Job, failure error) error {
	end := map[string]any{"state": Done, "ended_at": tx.Now, "last_error": ""}
	switch {
	case failure != nil && job.Attempts >= job.MaxAttempts:
		end = map[string]any{"state": Dead, "ended_at": tx.Now, "last_error": failure.Error()}
	case failure != nil:
		end = map[string]any{"state": Waiting, "run_at": tx.Now.Add(backOff(job.failures())), "last_error": failure.Error()}
	}
	return tx.Gorm().Model(&Job{}).Where("id = ? AND attempts = ? AND state = ?", job.ID, job.Attempts, Running).Updates(end).Error
}

// prolong renews the lease of a job, unless somebody else has claimed it since.
func prolong(tx *db.Tx, job *Job, was db.Time) (until db.Time, held bool, err error) {
	until = tx.Now.Add(lease)
	result := tx.Gorm().Model(&Job{}).Where("id = ? AND attempts = ? AND state = ?", job.ID, job.Attempts, Running).Update("locked_until", until)
	if result.Error != nil {
		return was, false, result.Error
	}
	return until, result.RowsAffected > 0, nil
}
