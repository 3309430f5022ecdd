package change

import (
	"slipway/internal/db"
	"slipway/internal/fault"
)

func insertFreeze(tx *db.Tx, f *Freeze) error     { return tx.Create(f) }
func insertOverride(tx *db.Tx, o *Override) error { return tx.Create(o) }

func findFreeze(tx *db.Tx, number int64) (*Freeze, error) {
	var f Freeze
	err := tx.First(&f, "number = ?", number)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.NotFound, "There is no freeze F-%d.", number)
	}
	return &f, err
}

// freezes are few, and recurrence is no matter for SQL: all are read.
func freezes(tx *db.Tx) (list []Freeze, err error) {
	return list, tx.Gorm().Order("starts_at, id").Find(&list).Error
}

func overridesOf(tx *db.Tx, releaseKey string) (list []Override, err error) {
	return list, tx.Find(&list, "release_key = ?", releaseKey)
}

func overridesOfFreeze(tx *db.Tx, freezeID int64) (list []Override, err error) {
	return list, tx.Find(&list, "freeze_id = ?", freezeID)
}
