package catalog

import (
	"strings"

	"slipway/internal/db"
)

func serviceByKey(tx *db.Tx, key string) (*ServiceRecord, error) {
	var s ServiceRecord
	return &s, tx.First(&s, "service_key = ?", key)
}

func serviceByID(tx *db.Tx, id int64) (*ServiceRecord, error) {
	var s ServiceRecord
	return &s, tx.First(&s, "id = ?", id)
}

func allServices(tx *db.Tx) ([]ServiceRecord, error) {
	var list []ServiceRecord
	return list, tx.Gorm().Order("name, id").Find(&list).Error
}

func promisesOf(tx *db.Tx, serviceID int64) ([]Promise, error) {
	var list []Promise
	return list, tx.Gorm().Where("service_id = ? AND NOT retired", serviceID).Order("id").Find(&list).Error
}

func promiseByID(tx *db.Tx, id int64) (*Promise, error) {
	var p Promise
	return &p, tx.First(&p, "id = ?", id)
}

func itemByKey(tx *db.Tx, key string) (*Item, error) {
	var i Item
	return &i, tx.First(&i, "item_key = ?", key)
}

func itemByID(tx *db.Tx, id int64) (*Item, error) {
	var i Item
	return &i, tx.First(&i, "id = ?", id)
}

func itemsByID(tx *db.Tx, ids []int64) ([]Item, error) {
	var list []Item
	return list, tx.Gorm().Where("id IN ?", ids).Order("item_key").Find(&list).Error
}

func itemsOf(tx *db.Tx, serviceID int64) ([]Item, error) {
	var list []Item
	return list, tx.Gorm().Where("service_id = ? AND NOT retired", serviceID).Order("item_key").Find(&list).Error
}

// findItems lists items after a key, those whose key or name holds the text.
func findItems(tx *db.Tx, text, after string, limit int) ([]Item, error) {
	q := tx.Gorm().Where("item_key > ?", after)
	if text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(text)) + "%"
		q = q.Where(`item_key LIKE ? ESCAPE '\' OR LOWER(name) LIKE ? ESCAPE '\'`, like, like)
	}
	var list []Item
	return list, q.Order("item_key").Limit(limit).Find(&list).Error
}

func relationsOf(tx *db.Tx, itemID int64) ([]Relation, error) {
	var list []Relation
	return list, tx.Gorm().Where("from_id = ? OR to_id = ?", itemID, itemID).Order("id").Find(&list).Error
}

func neighbours(tx *db.Tx, ids []int64) ([]int64, error) {
	var list []Relation
	if err := tx.Gorm().Where("from_id IN ? OR to_id IN ?", ids, ids).Find(&list).Error; err != nil {
		return nil, err
	}
	var found []int64
	for _, r := range list {
		found = append(found, r.FromID, r.ToID)
	}
	return found, nil
}

func versionsOf(tx *db.Tx, itemID int64) ([]ItemVersion, error) {
	var list []ItemVersion
	return list, tx.Gorm().Where("item_id = ?", itemID).Order("since DESC, id DESC").Limit(200).Find(&list).Error
}

func unitsOf(tx *db.Tx, serviceID int64) ([]Unit, error) {
	q := tx.Gorm().Order("service_key, name")
	if serviceID != 0 {
		q = q.Where("service_id = ?", serviceID)
	}
	var units []Unit
	if err := q.Find(&units).Error; err != nil || len(units) == 0 {
		return nil, err
	}
	var rows []struct {
		Item
		UnitID int64
	}
	ids := make([]int64, len(units))
	for i, u := range units {
		ids[i] = u.ID
	}
	err := tx.Gorm().Table("unit_items").Select("items.*, unit_items.unit_id").Joins("JOIN items ON items.id = unit_items.item_id").
		Where("unit_items.unit_id IN ?", ids).Order("items.item_key").Find(&rows).Error
	for i := range units {
		for _, r := range rows {
			if r.UnitID == units[i].ID {
				units[i].Items = append(units[i].Items, r.Item)
			}
		}
	}
	return units, err
}

type unitItem struct{ ID, UnitID, ItemID int64 }

func setUnitItems(tx *db.Tx, unitID int64, items []int64) error {
	if err := tx.Gorm().Where("unit_id = ?", unitID).Delete(&unitItem{}).Error; err != nil {
		return err
	}
	rows := make([]unitItem, len(items))
	for i, id := range items {
		rows[i] = unitItem{UnitID: unitID, ItemID: id}
	}
	return tx.Create(&rows)
}

func latestBaseline(tx *db.Tx, serviceID int64) (*Baseline, error) {
	var list []Baseline
	err := tx.Gorm().Where("service_id = ?", serviceID).Order("number DESC").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func baselineByID(tx *db.Tx, id int64) (*Baseline, error) {
	var b Baseline
	return &b, tx.First(&b, "id = ?", id)
}

func baselinesOf(tx *db.Tx, serviceID int64) ([]Baseline, error) {
	var list []Baseline
	return list, tx.Gorm().Where("service_id = ?", serviceID).Order("number DESC").Limit(100).Find(&list).Error
}

func insert(tx *db.Tx, row any) error        { return tx.Create(row) }
func save(tx *db.Tx, row db.Versioned) error { return tx.Save(row) }

func deleteRelation(tx *db.Tx, id int64) error {
	return tx.Gorm().Delete(&Relation{}, "id = ?", id).Error
}
