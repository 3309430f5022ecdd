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

func childrenOf(tx *db.Tx, repo string, parent blob.Digest) (list []Content, err error) {
	return list, tx.Gorm().Where("repo = ? AND digest IN (SELECT child FROM registry_refs WHERE repo = ? AND parent = ?)", repo, repo, parent).Order("id").Find(&list).Error
}
