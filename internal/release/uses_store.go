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
