package change

import (
	"slipway/internal/db"
	"slipway/internal/fault"
)

// nextNumber gives the next number of a table. Writers are serial, so nobody
// can take it in between.
func nextNumber(tx *db.Tx, table string) (n int64, err error) {
	return n, tx.Row("SELECT COALESCE(MAX(number), 0) + 1 FROM "+table, nil, &n)
}

func save(tx *db.Tx, row db.Versioned) error      { return tx.Save(row) }
func insertChange(tx *db.Tx, c *Change) error     { return tx.Create(c) }
func insertStep(tx *db.Tx, s *Step) error         { return tx.Create(s) }
func insertBoard(tx *db.Tx, b *BoardRecord) error { return tx.Create(b) }

func findChange(tx *db.Tx, key string) (*Change, error) {
	var c Change
	err := tx.First(&c, "change_key = ?", key)
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.NotFound, "There is no change %s.", key)
	}
	return &c, err
}

func changeOfRelease(tx *db.Tx, releaseKey string) (*Change, error) {
	var c Change
	return &c, tx.First(&c, "release_key = ?", releaseKey)
}

func debtsOf(tx *db.Tx, serviceID int64) (list []Change, err error) {
	return list, tx.Find(&list, "service_id = ? AND state IN ?", serviceID, []State{RetroDue, RetroRefused})
}

func stepsOf(tx *db.Tx, changeID int64) (list []Step, err error) {
	return list, tx.Gorm().Where("change_id = ?", changeID).Order("id DESC").Find(&list).Error
}

// undecided lists what waits for a decision by itself or with one of the releases.
func undecided(tx *db.Tx, releases []string) (list []Change, err error) {
	return list, tx.Gorm().Where("state = ? OR release_key = '' AND state IN ? OR release_key <> '' AND release_key IN ?", RetroDue, []State{Submitted, Assessing}, releases).
		Order("number").Find(&list).Error
}

func boardsOf(tx *db.Tx, changeIDs ...int64) (list []BoardRecord, err error) {
	return list, tx.Gorm().Where("change_id IN ?", changeIDs).Order("held_at DESC, id DESC").Find(&list).Error
}

// listChanges pages by number, newest first.
func listChanges(tx *db.Tx, f Filter) (list []Change, err error) {
	q := tx.Gorm().Order("number DESC").Limit(f.Limit)
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.ServiceID != 0 {
		q = q.Where("service_id = ?", f.ServiceID)
	}
	if f.Before != 0 {
		q = q.Where("number < ?", f.Before)
	}
	if f.Text != "" {
		like := "%" + f.Text + "%"
		q = q.Where("(LOWER(title) LIKE LOWER(?) OR LOWER(change_key) LIKE LOWER(?) OR LOWER(release_key) LIKE LOWER(?))", like, like, like)
	}
	return list, q.Find(&list).Error
}
