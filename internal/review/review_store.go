package review

import (
	"slipway/internal/db"
	"slipway/internal/fault"
)

// nextNumber gives the next number within the release. Writers are serial, so
// nobody can take it in between.
func nextNumber(tx *db.Tx, table string, releaseID int64) (int64, error) {
	var number int64
	err := tx.Gorm().Table(table).Where("release_id = ?", releaseID).Select("COALESCE(MAX(number), 0) + 1").Scan(&number).Error
	return number, err
}

// insert adds a row or a slice of rows.
func insert(tx *db.Tx, rows any) error { return tx.Create(rows) }

// save writes a row that nobody saved since it was read.
func save(tx *db.Tx, row db.Versioned) error { return tx.Save(row) }

// numbered finds a release's row by its number, drawn from the version of the form.
func numbered[T any, P interface {
	*T
	db.Versioned
}](tx *db.Tx, releaseID, number, version int64) (P, error) {
	var row T
	if err := find(tx, &row, releaseID, number); err != nil {
		return nil, err
	}
	return P(&row), db.CheckVersion(P(&row), version)
}

// find is numbered whatever the version.
func find(tx *db.Tx, row any, releaseID, number int64) error {
	return tx.First(row, "release_id = ? AND number = ?", releaseID, number)
}

// all lists a release's rows in the order given.
func all[T any](tx *db.Tx, releaseID int64, order string) ([]T, error) {
	var list []T
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order(order).Find(&list).Error
}

// only finds the one row of a release, nil when there is none.
func only[T any](tx *db.Tx, releaseID int64) (*T, error) {
	var row T
	err := tx.First(&row, "release_id = ?", releaseID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return &row, err
}

func dayOf(tx *db.Tx, releaseID, day int64) (*ServiceDay, error) {
	var row ServiceDay
	err := tx.First(&row, "release_id = ? AND day = ?", releaseID, day)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return &row, err
}

func removeShift(tx *db.Tx, releaseID, id int64) (bool, error) {
	result := tx.Gorm().Where("release_id = ? AND id = ?", releaseID, id).Delete(&Shift{})
	return result.RowsAffected > 0, result.Error
}

// severe is an open severity-1 incident with the release that it is recorded with.
type severe struct {
	Title, OpenedBy, ReleaseKey string
	Restricted                  bool
}

func openSevere(tx *db.Tx, serviceID int64) ([]severe, error) {
	var list []severe
	return list, tx.Gorm().Raw(`SELECT i.title, i.opened_by, r.release_key, r.restricted FROM early_incidents i JOIN releases r ON r.id = i.release_id
		WHERE r.service_id = ? AND i.state = ? AND i.severity = 1 ORDER BY i.opened_at, i.id`, serviceID, IncidentOpen).Scan(&list).Error
}
