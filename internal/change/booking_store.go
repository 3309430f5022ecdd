package change

import (
	"slices"

	"slipway/internal/catalog"
	"slipway/internal/db"
)

type bookingItem struct {
	ID        int64
	BookingID int64
	ItemID    int64
	ItemKey   string
}

func replaceBooking(tx *db.Tx, b *Booking) error {
	if err := dropBookings(tx, b.ReleaseKey, &b.Part); err != nil {
		return err
	}
	b.Row = db.Row{}
	if err := tx.Create(b); err != nil || len(b.Items) == 0 {
		return err
	}
	rows := make([]bookingItem, len(b.Items))
	for i, item := range b.Items {
		rows[i] = bookingItem{BookingID: b.ID, ItemID: item.ID, ItemKey: item.Key}
	}
	return tx.Create(&rows)
}

func dropBookings(tx *db.Tx, releaseKey string, part *string) error {
	q := tx.Gorm().Where("release_key = ?", releaseKey)
	if part != nil {
		q = q.Where("part = ?", *part)
	}
	return q.Delete(&Booking{}).Error
}

func setStanding(tx *db.Tx, releaseKey string, standing Standing) error {
	return tx.Gorm().Model(&Booking{}).Where("release_key = ?", releaseKey).
		Updates(map[string]any{"standing": standing, "updated_at": tx.Now}).Error
}

func restrictBookings(tx *db.Tx, releaseKey string, restricted bool) error {
	return tx.Gorm().Model(&Booking{}).Where("release_key = ?", releaseKey).
		Updates(map[string]any{"restricted": restricted, "updated_at": tx.Now}).Error
}

func bookingsOf(tx *db.Tx, releaseKey string) ([]Booking, error) {
	var list []Booking
	if err := tx.Gorm().Where("release_key = ?", releaseKey).Order("from_at, part").Find(&list).Error; err != nil {
		return nil, err
	}
	return withItems(tx, list)
}

func bookingsIn(tx *db.Tx, from, to db.Time) ([]Booking, error) {
	var list []Booking
	if err := tx.Gorm().Where("to_at > ? AND from_at < ?", from, to).Order("from_at, release_key, part").Find(&list).Error; err != nil {
		return nil, err
	}
	return withItems(tx, list)
}

func withItems(tx *db.Tx, list []Booking) ([]Booking, error) {
	if len(list) == 0 {
		return list, nil
	}
	place := make(map[int64]int, len(list))
	ids := make([]int64, len(list))
	for i, b := range list {
		place[b.ID], ids[i] = i, b.ID
	}
	var rows []bookingItem
	if err := tx.Find(&rows, "booking_id IN ?", ids); err != nil {
		return nil, err
	}
	for _, r := range rows {
		b := &list[place[r.BookingID]]
		b.Items = append(b.Items, Item{ID: r.ItemID, Key: r.ItemKey})
	}
	return list, withKin(tx, list, ids, place)
}

// withKin adds the parts and the wholes of what is booked. They are looked up
// each time: what becomes a part after it was booked counts, and what no longer
// is one does not.
func withKin(tx *db.Tx, list []Booking, ids []int64, place map[int64]int) error {
	var rows []bookingItem
	err := tx.Gorm().Raw(`SELECT b.booking_id, i.id AS item_id, i.item_key FROM booking_items b JOIN item_relations r ON r.from_id = b.item_id AND r.kind = @part
		JOIN items i ON i.id = r.to_id WHERE b.booking_id IN @ids
		UNION SELECT b.booking_id, i.id, i.item_key FROM booking_items b JOIN item_relations r ON r.to_id = b.item_id AND r.kind = @part
		JOIN items i ON i.id = r.from_id WHERE b.booking_id IN @ids ORDER BY 1, 2`, map[string]any{"part": catalog.PartOf, "ids": ids}).Scan(&rows).Error
	for _, r := range rows {
		b := &list[place[r.BookingID]]
		if !slices.ContainsFunc(b.Items, func(i Item) bool { return i.ID == r.ItemID }) {
			b.Items = append(b.Items, Item{ID: r.ItemID, Key: r.ItemKey, Kin: true})
		}
	}
	return err
}

func acceptances(tx *db.Tx) (list []Acceptance, err error) { return list, tx.Find(&list, "1 = 1") }

func insertAcceptance(tx *db.Tx, a *Acceptance) error { return tx.Create(a) }

// withParts gives those of the releases that have booked parts of their windows.
func withParts(tx *db.Tx, releaseKeys []string) (keys []string, err error) {
	if len(releaseKeys) == 0 {
		return nil, nil
	}
	return keys, tx.Gorm().Model(&Booking{}).Distinct().Where("part <> '' AND release_key IN ?", releaseKeys).Pluck("release_key", &keys).Error
}
