package dml

import (
	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// keptOf gives the versions of an item whose bytes are kept, the newest first.
func keptOf(tx *db.Tx, itemID int64) (list []Version, err error) {
	return list, tx.Gorm().Where("item_id = ? AND let_go_at = 0", itemID).Order("id DESC").Find(&list).Error
}

// letGoOf gives the versions of an item that were let go.
func letGoOf(tx *db.Tx, itemID int64) (list []Version, err error) {
	return list, tx.Gorm().Where("item_id = ? AND let_go_at > 0", itemID).Order("id").Find(&list).Error
}

// setKeepUntil follows a rule that changed. The row's version stays: nothing
// about the version is edited.
func setKeepUntil(tx *db.Tx, versionID int64, until db.Time) error {
	return tx.Gorm().Model(&Version{}).Where("id = ?", versionID).UpdateColumn("keep_until", until).Error
}

// itemsDue gives items after one whose rule may let something go by now.
func itemsDue(tx *db.Tx, after int64, limit int) (ids []int64, err error) {
	return ids, tx.Gorm().Raw(`SELECT i.id FROM media_items i WHERE i.id > @after AND (i.keep_rule = @last OR EXISTS (
  SELECT 1 FROM media_versions v WHERE v.item_id = i.id AND v.let_go_at = 0 AND v.keep_until > 0 AND v.keep_until <= @now AND v.state IN @states))
ORDER BY i.id LIMIT @limit`, map[string]any{"after": after, "last": KeepLast, "now": tx.Now, "states": []State{Rejected, Retired}, "limit": limit}).Scan(&ids).Error
}

// dropNames takes away the names of a version that is let go, and those by
// which clients find what refers to it.
func dropNames(tx *db.Tx, v *Version) error {
	if err := tx.Gorm().Where("media_version_id = ?", v.ID).Delete(&tag{}).Error; err != nil {
		return err
	}
	return dropFallbacks(tx, v.ItemKey, v.Manifest)
}

// dropFallbacks takes away the tags sha256-… of a digest, unless a version whose
// bytes are kept has that digest.
func dropFallbacks(tx *db.Tx, repo string, d blob.Digest) error {
	if d == "" {
		return nil
	}
	name := "sha256-" + d.Hex()
	return tx.Gorm().Where("repo = ? AND media_version_id = 0 AND (tag = ? OR tag LIKE ?)", repo, name, name+".%").
		Where("NOT EXISTS (SELECT 1 FROM media_versions v WHERE v.item_key = ? AND v.manifest = ? AND v.let_go_at = 0)", repo, d).Delete(&tag{}).Error
}

func holdByID(tx *db.Tx, id int64) (*Hold, error) {
	var h Hold
	return &h, tx.First(&h, "id = ?", id)
}

// holdsOf gives the holds that stand on an item and its versions.
func holdsOf(tx *db.Tx, itemID int64) (list []Hold, err error) {
	return list, tx.Gorm().Where("item_id = ? AND lifted_at = 0", itemID).Order("id").Find(&list).Error
}

// allHoldsOf gives every hold that ever was on an item, the newest first.
func allHoldsOf(tx *db.Tx, itemID int64) (list []Hold, err error) {
	return list, tx.Gorm().Where("item_id = ?", itemID).Order("id DESC").Limit(100).Find(&list).Error
}

// standingHolds gives the holds that stand, the oldest first.
func standingHolds(tx *db.Tx, limit int) (list []Hold, err error) {
	return list, tx.Gorm().Where("lifted_at = 0").Order("id").Limit(limit).Find(&list).Error
}

// bytesOf gives everything that belongs to a version: itself, its parts, and
// the evidence beside it.
func bytesOf(tx *db.Tx, v *Version) (list []blob.Digest, err error) {
	return list, tx.Gorm().Raw(`WITH RECURSIVE belongs (digest) AS (
  SELECT digest FROM (
    SELECT v.digest AS digest FROM media_versions v WHERE v.id = @id
    UNION SELECT v.manifest FROM media_versions v WHERE v.id = @id AND v.manifest <> ''
    UNION SELECT e.digest FROM media_evidence e WHERE e.media_version_id = @id
    UNION SELECT e.manifest FROM media_evidence e WHERE e.media_version_id = @id) roots
  UNION
  SELECT r.child FROM registry_refs r JOIN belongs ON belongs.digest = r.parent
) SELECT digest FROM belongs ORDER BY digest`, map[string]any{"id": v.ID}).Scan(&list).Error
}

// versionsNeeding gives the versions, with kept bytes, that are the digest or
// need it.
func versionsNeeding(tx *db.Tx, d blob.Digest) (list []Version, err error) {
	return list, tx.Gorm().Raw(`WITH RECURSIVE above (digest) AS (
  SELECT digest FROM media_blobs WHERE digest = @digest
  UNION
  SELECT r.parent FROM registry_refs r JOIN above ON above.digest = r.child
) SELECT * FROM media_versions v WHERE v.let_go_at = 0 AND (v.digest IN (SELECT digest FROM above) OR v.manifest IN (SELECT digest FROM above)) ORDER BY v.id`,
		map[string]any{"digest": d}).Scan(&list).Error
}

// countLost counts bytes that are deleted, or are about to be past return.
func countLost(tx *db.Tx, digests []blob.Digest) (n int64, err error) {
	return n, tx.Gorm().Model(&blobRow{}).Where("digest IN ? AND state IN ?", digests, []blobState{blobDeleting, blobGone}).Count(&n).Error
}

// spare takes back what was condemned and not deleted yet.
func spare(tx *db.Tx, digests []blob.Digest) error {
	return tx.Gorm().Model(&blobRow{}).Where("digest IN ? AND state = ?", digests, blobCondemned).
		UpdateColumns(map[string]any{"state": blobGood, "condemned_at": 0, "generation": 0, "verified_at": 0}).Error
}

func putRehearsal(tx *db.Tx, r *Rehearsal) error { return tx.Create(r) }

// rehearsalsOf gives the rehearsals of an item, the latest first.
func rehearsalsOf(tx *db.Tx, itemID int64) (list []Rehearsal, err error) {
	return list, tx.Gorm().Where("item_id = ?", itemID).Order("held_at DESC, id DESC").Limit(50).Find(&list).Error
}

// heldBytes adds up what the library answers for.
func heldBytes(tx *db.Tx) (n int64, err error) {
	return n, tx.Gorm().Model(&blobRow{}).Where("state IN ?", heldStates).Select("COALESCE(SUM(size), 0)").Scan(&n).Error
}
