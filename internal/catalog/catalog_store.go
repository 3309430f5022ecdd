package catalog

import (
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
)

func serviceByKey(tx *db.Tx, key string) (*ServiceRecord, error) {
	var s ServiceRecord
	return &s, tx.First(&s, "service_key = ?", key)
}

func serviceByID(tx *db.Tx, id int64) (*ServiceRecord, error) {
	var s ServiceRecord
	return &s, tx.First(&s, "id = ?", id)
}

func serviceNames(tx *db.Tx) ([]ServiceName, error) {
	rows, err := tx.Gorm().Raw("SELECT service_key, name FROM services ORDER BY name, id").Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []ServiceName
	for rows.Next() {
		var n ServiceName
		if err := rows.Scan(&n.Key, &n.Name); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

func allServices(tx *db.Tx) ([]ServiceRecord, error) {
	var list []ServiceRecord
	return list, tx.Gorm().Order("name, id").Find(&list).Error
}

func promisesOf(tx *db.Tx, serviceID int64) ([]Promise, error) {
	var list []Promise
	return list, tx.Find(&list, "service_id = ? AND NOT retired", serviceID)
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

// ItemFilter narrows the list of items. After pages by key.
type ItemFilter struct {
	Text       string // in key or name
	ServiceKey string
	Kind       string
	Retired    bool // with the retired ones
	After      string
	Limit      int
}

// findItems lists items after a key, those whose key or name holds the text.
func findItems(tx *db.Tx, f ItemFilter) ([]Item, error) {
	q := tx.Gorm().Where("item_key > ?", f.After)
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(f.Text)) + "%"
		q = q.Where(`(item_key LIKE ? ESCAPE '\' OR LOWER(name) LIKE ? ESCAPE '\')`, like, like)
	}
	if f.ServiceKey != "" {
		q = q.Where("service_key = ?", f.ServiceKey)
	}
	if f.Kind != "" {
		q = q.Where("kind = ?", f.Kind)
	}
	if !f.Retired {
		q = q.Where("NOT retired")
	}
	var list []Item
	return list, q.Order("item_key").Limit(f.Limit).Find(&list).Error
}

// itemCounts tells how many items each service has, the retired ones left out.
func itemCounts(tx *db.Tx) (map[int64]int64, error) {
	var rows []struct{ ServiceID, Total int64 }
	err := tx.Gorm().Model(&Item{}).Select("service_id, COUNT(*) AS total").Where("NOT retired").Group("service_id").Find(&rows).Error
	counts := map[int64]int64{}
	for _, r := range rows {
		counts[r.ServiceID] = r.Total
	}
	return counts, err
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

// wholesOf gives what the items are parts of.
func wholesOf(tx *db.Tx, ids []int64) ([]int64, error) {
	var wholes []int64
	return wholes, tx.Gorm().Model(&Relation{}).Where("from_id IN ? AND kind = ?", ids, PartOf).Pluck("to_id", &wholes).Error
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
	if err := q.Find(&units).Error; err != nil {
		return nil, err
	}
	return units, fillUnits(tx, units)
}

// unitsWith gives the units that bring the item.
func unitsWith(tx *db.Tx, itemID int64) ([]Unit, error) {
	var units []Unit
	return units, tx.Gorm().Where("id IN (SELECT unit_id FROM unit_items WHERE item_id = ?)", itemID).Order("name").Find(&units).Error
}

func unitByID(tx *db.Tx, id int64) (*Unit, error) {
	units := make([]Unit, 1)
	if err := tx.First(&units[0], "id = ?", id); err != nil {
		return nil, err
	}
	return &units[0], fillUnits(tx, units)
}

// fillUnits gives the units their items, by key.
func fillUnits(tx *db.Tx, units []Unit) error {
	if len(units) == 0 {
		return nil
	}
	var rows []struct {
		Item
		UnitID int64
	}
	ids, at := make([]int64, len(units)), map[int64]int{}
	for i, u := range units {
		ids[i], at[u.ID] = u.ID, i
	}
	err := tx.Gorm().Table("unit_items").Select("items.*, unit_items.unit_id").Joins("JOIN items ON items.id = unit_items.item_id").
		Where("unit_items.unit_id IN ?", ids).Order("items.item_key").Find(&rows).Error
	for _, r := range rows {
		u := &units[at[r.UnitID]]
		u.Items = append(u.Items, r.Item)
	}
	return err
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

func deleteUnit(tx *db.Tx, id int64) error {
	if err := tx.Gorm().Where("unit_id = ?", id).Delete(&unitItem{}).Error; err != nil {
		return err
	}
	return tx.Gorm().Delete(&Unit{}, "id = ?", id).Error
}

// latestBaseline gives the newest baseline of a service, and nil before the
// first. What it lists stays as it is, and is read once.
func (s *Service) latestBaseline(tx *db.Tx, serviceID int64) (*Baseline, error) {
	var id, version int64
	err := tx.Row("SELECT id, version FROM baselines WHERE service_id = ? ORDER BY number DESC LIMIT 1", []any{serviceID}, &id, &version)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.baselines.Get(tx, id, version, func() (*Baseline, error) { return baselineByID(tx, id) })
}

func baselineByID(tx *db.Tx, id int64) (*Baseline, error) {
	var b Baseline
	return &b, tx.First(&b, "id = ?", id)
}

func baselineByNumber(tx *db.Tx, serviceID, number int64) (*Baseline, error) {
	var b Baseline
	return &b, tx.First(&b, "service_id = ? AND number = ?", serviceID, number)
}

// baselineHeads are the baselines of a service without their lines.
func baselineHeads(tx *db.Tx, serviceID int64) ([]Baseline, error) {
	var list []Baseline
	return list, tx.Gorm().Omit("lines").Where("service_id = ?", serviceID).Order("number DESC").Limit(100).Find(&list).Error
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
