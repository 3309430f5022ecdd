package dml

import (
	"gorm.io/gorm/clause"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// underHolds is everything that belongs to the versions on which holds stand:
// the bytes, their parts, and the evidence beside them.
const underHolds = `WITH RECURSIVE held (id, digest, manifest) AS (
  SELECT v.id, v.digest, v.manifest FROM media_holds h JOIN media_versions v ON v.item_id = h.item_id
  WHERE h.lifted_at = 0 AND v.let_go_at = 0 AND (h.media_version_id = 0 OR h.media_version_id = v.id)
), belongs (digest) AS (
  SELECT digest FROM (
    SELECT digest FROM held
    UNION SELECT manifest FROM held
    UNION SELECT e.digest FROM media_evidence e JOIN held ON held.id = e.media_version_id
    UNION SELECT e.manifest FROM media_evidence e JOIN held ON held.id = e.media_version_id) roots
  UNION
  SELECT r.child FROM registry_refs r JOIN belongs ON belongs.digest = r.parent
) `

// heldUnlocked gives bytes under a hold that the store could still delete.
func heldUnlocked(tx *db.Tx, limit int) (list []blob.Digest, err error) {
	return list, tx.Gorm().Raw(underHolds+`SELECT b.digest FROM media_blobs b WHERE b.state = @good AND b.digest IN (SELECT digest FROM belongs)
AND NOT EXISTS (SELECT 1 FROM media_locks l WHERE l.digest = b.digest) ORDER BY b.digest LIMIT @limit`, map[string]any{"good": blobGood, "limit": limit}).Scan(&list).Error
}

// lockedUnheld gives what is locked although no hold stands on it any more.
func lockedUnheld(tx *db.Tx, limit int) (list []blob.Digest, err error) {
	return list, tx.Gorm().Raw(underHolds+`SELECT l.digest FROM media_locks l WHERE l.digest NOT IN (SELECT digest FROM belongs) ORDER BY l.digest LIMIT @limit`,
		map[string]any{"limit": limit}).Scan(&list).Error
}

func noteLock(tx *db.Tx, d blob.Digest, on bool) error {
	if !on {
		return tx.Gorm().Where("digest = ?", d).Delete(&lock{}).Error
	}
	return tx.Gorm().Clauses(clause.OnConflict{DoNothing: true}).Create(&lock{Row: db.Row{Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now}, Digest: d}).Error
}

// lockedAmong gives those of the digests that the store keeps locked.
func lockedAmong(tx *db.Tx, digests []blob.Digest) (list []blob.Digest, err error) {
	return list, tx.Gorm().Model(&lock{}).Where("digest IN ?", digests).Pluck("digest", &list).Error
}
