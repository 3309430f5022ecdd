package dml

import (
	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// arrivalsOf gives what a person has under way for a submission, the newest first.
func arrivalsOf(tx *db.Tx, userID int64, after db.Time) (list []upload, err error) {
	return list, tx.Gorm().Where("user_id = ? AND repo = '' AND seen_at > ?", userID, after).Order("id DESC").Limit(maxArrivals).Find(&list).Error
}

// storedUpload notes that an upload is whole.
func storedUpload(tx *db.Tx, id string, d blob.Digest) error {
	return tx.Gorm().Model(&upload{}).Where("upload = ?", id).UpdateColumns(map[string]any{"digest": d, "seen_at": tx.Now}).Error
}
