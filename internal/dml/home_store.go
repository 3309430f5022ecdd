package dml

import (
	"errors"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// homeOf gives the place that was remembered, or nil.
func homeOf(tx *db.Tx) (*home, error) {
	var h home
	err := tx.First(&h, "id > 0")
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &h, err
}

// countHeld counts the blobs that the library answers for.
func countHeld(tx *db.Tx) (n int64, err error) {
	return n, tx.Gorm().Model(&blobRow{}).Where("state IN ?", heldStates).Count(&n).Error
}
