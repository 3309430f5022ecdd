package release

import (
	"slipway/internal/db"
	"slipway/internal/identity"
)

func usesOfItem(tx *db.Tx, actor identity.Actor, itemID int64, limit int) ([]ItemUse, error) {
	q := tx.Gorm().Table("releases").Joins("JOIN release_items i ON i.release_id = releases.id").
		Select("releases.release_key, releases.title, releases.state, i.as_is, i.to_be, i.decision").Where("i.item_id = ?", itemID)
	var list []ItemUse
	return list, scope(q, actor).Order("releases.id DESC").Limit(limit).Find(&list).Error
}

// changingItem gives the releases in flight that include an item, the newest first.
func changingItem(tx *db.Tx, itemID int64) ([]Release, error) {
	var list []Release
	return list, tx.Gorm().Where("state NOT IN ? AND id IN (SELECT release_id FROM release_items WHERE item_id = ? AND decision = ?)",
		[]State{Closed, Cancelled}, itemID, Included).Order("id DESC").Limit(usesShown).Find(&list).Error
}

// mediaOfItem reads the newest package of each release; older ones are history.
func mediaOfItem(tx *db.Tx, actor identity.Actor, itemID int64, limit int) ([]MediaUse, error) {
	q := tx.Gorm().Table("releases").Joins("JOIN packages p ON p.release_id = releases.id AND p.number = releases.package_version").
		Joins("JOIN components c ON c.package_id = p.id").Select("releases.release_key, p.number AS package, c.media_item, c.label, c.digest").
		Where("c.item_id = ? AND c.media_version_id <> 0", itemID)
	var list []MediaUse
	return list, scope(q, actor).Order("releases.id DESC, c.id").Limit(limit).Find(&list).Error
}
