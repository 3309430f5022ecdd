package dml

import (
	"errors"

	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

func verificationByID(tx *db.Tx, id int64) (*Verification, error) {
	var v Verification
	return &v, tx.First(&v, "id = ?", id)
}

// lastVerification gives the latest, or nil.
func lastVerification(tx *db.Tx) (*Verification, error) {
	var v Verification
	err := tx.Gorm().Order("id DESC").Limit(1).Take(&v).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &v, err
}

// sumHeld adds up what the library answers for.
func sumHeld(tx *db.Tx) (sum Sum, err error) {
	return sum, tx.Gorm().Model(&blobRow{}).Where("state IN ?", heldStates).Select("COUNT(*) AS n, COALESCE(SUM(size), 0) AS bytes").Scan(&sum).Error
}

// nextHeld gives the blob after one that was there at a moment, or nil.
func nextHeld(tx *db.Tx, after int64, moment db.Time) (*blobRow, error) {
	var row blobRow
	err := tx.Gorm().Where("id > ? AND created_at <= ? AND state IN ?", after, moment, heldStates).Order("id").Limit(1).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &row, err
}

// damagedSince gives what was found damaged since a moment and has not healed,
// with the versions that need it.
func damagedSince(tx *db.Tx, moment db.Time, limit int) (list []Damage, err error) {
	if err := tx.Gorm().Model(&blobRow{}).Where("state = ? AND verified_at >= ?", blobDamaged, moment).Order("digest").Limit(limit).Find(&list).Error; err != nil || len(list) == 0 {
		return nil, err
	}
	at, digests := map[blob.Digest]int{}, make([]blob.Digest, len(list))
	for i := range list {
		digests[i], at[list[i].Digest] = list[i].Digest, i
	}
	var named []struct {
		Root           blob.Digest
		ItemKey, Label string
	}
	err = tx.Gorm().Raw(`WITH RECURSIVE above (root, digest) AS (
  SELECT digest, digest FROM media_blobs WHERE digest IN @digests
  UNION
  SELECT above.root, r.parent FROM registry_refs r JOIN above ON above.digest = r.child
) SELECT DISTINCT above.root, v.item_key, v.label FROM above JOIN media_versions v ON v.digest = above.digest OR v.manifest = above.digest
WHERE v.let_go_at = 0 ORDER BY v.item_key, v.label`, map[string]any{"digests": digests}).Scan(&named).Error
	for _, one := range named {
		d := &list[at[one.Root]]
		d.Versions = append(d.Versions, one.ItemKey+":"+one.Label)
	}
	return list, err
}
