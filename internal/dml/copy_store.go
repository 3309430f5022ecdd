package dml

import (
	"strconv"

	"slipway/internal/db"
)

func copyByID(tx *db.Tx, id int64) (*Copy, error) {
	var c Copy
	return &c, tx.First(&c, "id = ?", id)
}

func copiesByID(tx *db.Tx, ids []int64) (list []Copy, err error) {
	return list, tx.Gorm().Where("id IN ?", ids).Order("id").Find(&list).Error
}

func copiesOf(tx *db.Tx, itemID int64) (list []Copy, err error) {
	return list, tx.Gorm().Where("item_id = ?", itemID).Order("site, shelf, id").Limit(stockPage).Find(&list).Error
}

func copiesOfKey(tx *db.Tx, itemKey string) (list []Copy, err error) {
	return list, tx.Gorm().Where("item_id = (SELECT id FROM media_items WHERE item_key = ?) AND state <> ?", itemKey, WrittenOff).Order("id").Find(&list).Error
}

// copiesWithSerial gives those of a serial, one that is in use first.
func copiesWithSerial(tx *db.Tx, serial string) (list []Copy, err error) {
	return list, tx.Gorm().Where("serial = ?", serial).Order("CASE WHEN state = 'WrittenOff' THEN 1 ELSE 0 END, id").Find(&list).Error
}

// copyWords writes what copies repeat of their item.
func copyWords(tx *db.Tx, item *Item) error {
	return tx.Gorm().Model(&Copy{}).Where("item_id = ?", item.ID).UpdateColumns(map[string]any{"name": item.Name, "service_id": item.ServiceID}).Error
}

// listCopies lists by site and shelf; the cursor is the last one of the page before.
func listCopies(tx *db.Tx, f StockFilter, limit int) (list []Copy, err error) {
	q := tx.Gorm().Model(&Copy{})
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	} else {
		q = q.Where("state <> ?", WrittenOff)
	}
	for column, value := range map[string]string{"site": f.Site, "shelf": f.Shelf, "item_key": f.ItemKey} {
		if value != "" {
			q = q.Where(column+" = ?", value)
		}
	}
	if len(f.IDs) > 0 {
		q = q.Where("id IN ?", f.IDs)
	}
	if f.Overdue {
		q = q.Where("(state = ? AND sighted_at < ? OR state = ? AND lent_until < ?)", InPlace, tx.Now.Add(-SightEvery), Lent, tx.Now)
	}
	if after, err := strconv.ParseInt(f.After, 10, 64); err == nil {
		c, err := copyByID(tx, after)
		if err != nil {
			return nil, err
		}
		q = q.Where("(site > ? OR site = ? AND (shelf > ? OR shelf = ? AND id > ?))", c.Site, c.Site, c.Shelf, c.Shelf, c.ID)
	}
	return list, q.Order("site, shelf, id").Limit(limit).Find(&list).Error
}

func shelvings(tx *db.Tx) (list []Shelving, err error) {
	return list, tx.Gorm().Model(&Copy{}).Select("site, shelf, COUNT(*) AS copies").Where("state <> ?", WrittenOff).
		Group("site, shelf").Order("site, shelf").Limit(500).Scan(&list).Error
}

func overdueCopies(tx *db.Tx) (unseen, late, missing int64, err error) {
	var row struct{ Unseen, Late, Missing int64 }
	err = tx.Gorm().Model(&Copy{}).Select(`COALESCE(SUM(CASE WHEN state = 'InPlace' AND sighted_at < ? THEN 1 ELSE 0 END), 0) AS unseen,
		COALESCE(SUM(CASE WHEN state = 'Lent' AND lent_until < ? THEN 1 ELSE 0 END), 0) AS late,
		COALESCE(SUM(CASE WHEN state = 'Missing' THEN 1 ELSE 0 END), 0) AS missing`, tx.Now.Add(-SightEvery), tx.Now).Scan(&row).Error
	return row.Unseen, row.Late, row.Missing, err
}

func stocktakings(tx *db.Tx, limit int) (list []Stocktaking, err error) {
	return list, tx.Gorm().Order("id DESC").Limit(limit).Find(&list).Error
}
