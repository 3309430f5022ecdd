package dml

import (
	"strings"

	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

func evidenceOf(tx *db.Tx, versionIDs ...int64) (list []Evidence, err error) {
	return list, tx.Gorm().Where("media_version_id IN ?", versionIDs).Order("id").Find(&list).Error
}

// putComponents writes the lines of a bill and counts them.
func putComponents(tx *db.Tx, e *Evidence, list []Component) error {
	if len(list) == 0 {
		return nil
	}
	if err := tx.Gorm().CreateInBatches(&list, 500).Error; err != nil {
		return err
	}
	e.Components = int64(len(list))
	return tx.Gorm().Model(e).UpdateColumn("components", e.Components).Error
}

// componentsLike finds components whose name and version begin as said.
func componentsLike(tx *db.Tx, name, label string, after int64, limit int) (list []Component, err error) {
	q := begins(tx, tx.Gorm(), "name_key", name)
	if label != "" {
		q = begins(tx, q, "label", label)
	}
	return list, q.Where("id > ?", after).Order("id").Limit(limit).Find(&list).Error
}

// begins narrows to texts with a prefix. SQLite uses its index for a range only;
// on PostgreSQL a range would depend on the database's collation.
func begins(tx *db.Tx, q *gorm.DB, column, prefix string) *gorm.DB {
	if tx.Postgres() {
		return q.Where(column+` LIKE ? ESCAPE '\'`, strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(prefix)+"%")
	}
	return q.Where(column+" >= ? AND "+column+" < ?", prefix, prefix+"\uffff")
}

func versionsByID(tx *db.Tx, ids []int64) (map[int64]Version, error) {
	var list []Version
	if err := tx.Gorm().Where("id IN ?", ids).Find(&list).Error; err != nil {
		return nil, err
	}
	byID := make(map[int64]Version, len(list))
	for _, v := range list {
		byID[v.ID] = v
	}
	return byID, nil
}

func versionsByManifest(tx *db.Tx, key string, manifest blob.Digest) (list []Version, err error) {
	return list, tx.Gorm().Where("item_key = ? AND manifest = ?", key, manifest).Order("id").Find(&list).Error
}

func evidenceByID(tx *db.Tx, id int64) (*Evidence, error) {
	var e Evidence
	return &e, tx.First(&e, "id = ?", id)
}

// dueEvidence gives what has to be judged, after one.
func dueEvidence(tx *db.Tx, after int64, limit int) (list []Evidence, err error) {
	return list, tx.Gorm().Where("checked_at = 0 AND id > ?", after).Order("id").Limit(limit).Find(&list).Error
}

// saveJudgement writes what judging found out; evidence itself never changes.
func saveJudgement(tx *db.Tx, e *Evidence) error {
	return tx.Gorm().Model(e).Select("kind", "format", "signer", "about", "standing", "verdict", "detail", "key_id", "subject", "checked_at").Updates(e).Error
}

// unjudge makes due what a key has verified; for no key, what none makes good.
func unjudge(tx *db.Tx, keyID int64) error {
	q := tx.Gorm().Model(&Evidence{})
	if keyID == 0 {
		q = q.Where("kind IN ? AND standing <> ?", []EvidenceKind{Signature, Attestation}, Good)
	} else {
		q = q.Where("key_id = ?", keyID)
	}
	return q.UpdateColumn("checked_at", 0).Error
}

// unjudgeVersion makes due all that lies beside a version whose bytes have
// changed, and lets none of it count meanwhile.
func unjudgeVersion(tx *db.Tx, versionID int64) error {
	return tx.Gorm().Model(&Evidence{}).Where("media_version_id = ? AND kind IN ?", versionID, []EvidenceKind{Signature, Attestation}).
		UpdateColumns(map[string]any{"checked_at": 0, "standing": "", "verdict": Unknown, "key_id": 0, "subject": "", "detail": "The version was pushed anew; this is judged again."}).Error
}

// keyStamp differs whenever a key was added or revoked.
func keyStamp(tx *db.Tx) (stamp int64, err error) {
	return stamp, tx.Gorm().Model(&TrustedKey{}).Select("COALESCE(SUM(version), 0)").Scan(&stamp).Error
}

// componentsOf gives what bills of materials say is in a version.
func componentsOf(tx *db.Tx, versionID int64, limit int) (list []Component, err error) {
	return list, tx.Gorm().Where("media_version_id = ?", versionID).Order("id").Limit(limit).Find(&list).Error
}
