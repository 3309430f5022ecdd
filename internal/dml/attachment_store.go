package dml

import (
	"gorm.io/gorm"

	"slipway/internal/db"
)

// voucher makes an attachment part of what its owner said.
type voucher struct {
	AttachmentID int64 `gorm:"primaryKey;autoIncrement:false"`
	VouchedAt    db.Time
}

// TableName is the table of vouchers.
func (voucher) TableName() string { return "media_vouchers" }

// attached reads attachments with the state of their bytes, and when they were
// vouched for.
func attached(tx *db.Tx) *gorm.DB {
	return tx.Gorm().Model(&Attachment{}).Joins("JOIN media_blobs b ON b.digest = media_attachments.digest").
		Joins("LEFT JOIN media_vouchers v ON v.attachment_id = media_attachments.id").
		Select("media_attachments.*", "b.state = 'damaged' AS damaged", "COALESCE(v.vouched_at, 0) AS vouched_at").Order("media_attachments.id")
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
