package change

import (
	"context"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
)

func TestConflictsOverPartsAndWholes(t *testing.T) {
	server, rack := Item{ID: 1, Key: "server"}, Item{ID: 2, Key: "rack"}
	kin := func(i Item) Item { i.Kin = true; return i }
	for name, test := range map[string]struct {
		one, other []Item
		want       string
	}{
		"the same item":                     {[]Item{server}, []Item{server}, "both need the item server at"},
		"a part, and the whole":             {[]Item{server, kin(rack)}, []Item{rack, kin(server)}, "both need the item server, or its parts or whole, at"},
		"a part, and the whole by itself":   {[]Item{server, kin(rack)}, []Item{rack}, "both need the item rack, or its parts or whole, at"},
		"two parts of a whole that stays":   {[]Item{server, kin(rack)}, []Item{{ID: 3, Key: "fan"}, kin(rack)}, ""},
		"nothing in common, nobody's whole": {[]Item{server}, []Item{rack}, ""},
	} {
		list := []Booking{
			{ReleaseKey: "A-1", ServiceID: 1, FromAt: 10, ToAt: 20, Items: test.one},
			{ReleaseKey: "B-1", ServiceID: 2, FromAt: 15, ToAt: 25, Items: test.other},
		}
		found := collide(list)
		if test.want == "" && len(found) > 0 || test.want != "" && (len(found) == 0 || !strings.Contains(found[0].Sentence, test.want)) {
			t.Errorf("%s: %+v, want %q", name, found, test.want)
		}
	}
}

// What was booked as a part or a whole is looked up now, and booked no more.
func TestOlderBookingsHoldWhatTheyChange(t *testing.T) {
	ctx, d := context.Background(), dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 270); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		if err := tx.Gorm().Exec(`INSERT INTO bookings (release_key, title, service_id, from_at, to_at, standing) VALUES ('A-1', 'One', 1, 10, 20, ?)`, Agreed).Error; err != nil {
			return err
		}
		return tx.Gorm().Exec(`INSERT INTO booking_items (booking_id, item_id, item_key, kin) VALUES (1, 7, 'server', FALSE), (1, 8, 'rack', TRUE)`).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		list, err := bookingsOf(tx, "A-1")
		if len(list) != 1 || len(list[0].Items) != 1 || list[0].Items[0] != (Item{ID: 7, Key: "server"}) {
			t.Errorf("%+v", list)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
