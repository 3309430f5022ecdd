package dml

import (
	"gorm.io/gorm"

	"slipway/internal/db"
)

// attached reads attachments with the state of their bytes.
func attached(tx *db.Tx) *gorm.DB {
	return tx.Gorm().Model(&Attachment{}).Joins("JOIN media_blobs b ON b.digest = media_attachments.digest").
		Select("media_attachments.*", "b.state = 'damaged' AS damaged").Order("media_attachments.id")
}

// AttachmentsTo gives what is kept with some subjects of a kind, the first first.
func AttachmentsTo(tx *db.Tx, subject string, ids ...int64) (list []Attachment, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return list, attached(tx).Where("subject = ? AND subject_id IN ?", subject, ids).Find(&list).Error
}

// AttachmentsOf gives everything that is kept with a release, the first first.
func AttachmentsOf(tx *db.Tx, releaseID int64) (list []Attachment, err error) {
	return list, attached(tx).Where("release_id = ?", releaseID).Find(&list).Error
}

// AttachmentOf gives one attachment of a release.
func AttachmentOf(tx *db.Tx, releaseID, id int64) (*Attachment, error) {
	var a Attachment
	return &a, tx.First(&a, "release_id = ? AND id = ?", releaseID, id)
}
