package dml

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Every state × verb, with all that the verb asks for.
func TestWhereACopyCanGo(t *testing.T) {
	now := db.Time(1000)
	want := map[string]CopyState{
		"InPlace sight": InPlace, "InPlace move": InPlace, "InPlace lend": Lent, "InPlace miss": Missing, "InPlace write-off": WrittenOff,
		"Lent return": InPlace, "Lent miss": Missing, "Lent write-off": WrittenOff,
		"Missing sight": InPlace, "Missing move": InPlace, "Missing write-off": WrittenOff,
	}
	for _, from := range CopyStates() {
		for _, verb := range CopyVerbs() {
			c := Copy{Kind: Spare, Name: "Radio", State: from}
			err := c.Do(CopyDeed{Verb: verb, LendTo: "Omar", Until: 2000, Site: "Oslo", Reason: "so"}, identity.Actor{UserID: 7, Name: "Cora"}, now)
			to, ok := want[string(from)+" "+string(verb)]
			switch {
			case ok != (err == nil), ok && c.State != to, !ok && (fault.KindOf(err) != fault.Refused || c.State != from):
				t.Errorf("%s, %s: %s, %v", from, verb, c.State, err)
			case ok && (to == InPlace) != (c.SightedBy == "Cora" && c.SightedAt == now):
				t.Errorf("%s, %s: sighted by %q", from, verb, c.SightedBy)
			}
		}
	}
	for verb, field := range map[CopyVerb]string{CopyLend: "lend_to", CopyMove: "site", CopyMiss: "reason", CopyWriteOff: "reason"} {
		c := Copy{State: InPlace}
		f, ok := fault.As(c.Do(CopyDeed{Verb: verb}, identity.Actor{}, now))
		if !ok || f.Kind != fault.Invalid || f.Fields[0].Name != field || c.State != InPlace {
			t.Errorf("%s with nothing said: %v", verb, f)
		}
	}
	c := Copy{State: InPlace, SightedAt: now}
	if err := c.Do(CopyDeed{Verb: CopyLend, LendTo: "Omar", Until: now}, identity.Actor{}, now); fault.KindOf(err) != fault.Invalid {
		t.Errorf("lent until now: %v", err)
	}
	if c.Unseen(now.Add(SightEvery)) || !c.Unseen(now.Add(SightEvery)+1) || (&Copy{State: Lent, LentUntil: 5}).Late(5) || !(&Copy{State: Lent, LentUntil: 5}).Late(6) {
		t.Error("what is overdue is not told")
	}
}

func (l library) shelve(c Copy, count int) *Copy {
	l.t.Helper()
	first, err := l.AddCopies(context.Background(), l.cora, c, count)
	if err != nil {
		l.t.Fatal(err)
	}
	return first
}

func (l library) deed(c *Copy, d CopyDeed) *Copy {
	l.t.Helper()
	c, err := l.DoCopy(context.Background(), l.cora, c.ID, c.Row.Version, d)
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

func TestLookingAfterACopy(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	l.accepted("1.4.0", "program")
	item := Copy{Kind: MediaCopy, ItemKey: "payments-api/server", Label: "1.4.0", Site: "Oslo", Shelf: "A1"}
	add := func(actor identity.Actor, c Copy, n int) error { _, err := l.AddCopies(ctx, actor, c, n); return err }
	wantKind(t, add(l.bruno, item, 1), fault.Forbidden, "")
	wantKind(t, add(l.cora, Copy{Kind: MediaCopy, ItemKey: "none", Site: "Oslo"}, 1), fault.Invalid, "no such item")
	wantKind(t, add(l.cora, Copy{Kind: MediaCopy, ItemKey: item.ItemKey, Label: "9", Site: "Oslo"}, 1), fault.Invalid, "no version 9")
	wantKind(t, add(l.cora, Copy{Kind: Spare, Name: "Radio", Serial: "SN-1", Site: "Oslo"}, 2), fault.Invalid, "one by one")
	wantKind(t, add(l.cora, Copy{Kind: Spare, Name: "Radio"}, 51), fault.Invalid, "where it stands")
	c := l.shelve(item, 2)
	spare := l.shelve(Copy{Kind: Spare, Name: "Radio", Serial: "SN-1", Site: "Bergen", Keeper: "Dina"}, 1)
	wantKind(t, add(l.cora, Copy{Kind: Spare, Name: "Radio", Serial: "SN-1", Site: "Oslo"}, 1), fault.Invalid, spare.Key())
	if c.Name != "Payments server" || c.Keeper != "Cora" && c.Keeper != l.cora.Name || c.SightedAt.IsZero() {
		t.Fatalf("%+v", c)
	}

	_, err := l.DoCopy(ctx, l.bruno, c.ID, c.Row.Version, CopyDeed{Verb: CopySight})
	wantKind(t, err, fault.Forbidden, "")
	stale := *c
	c = l.deed(c, CopyDeed{Verb: CopyLend, LendTo: "Omar", Until: l.db.Now().Add(24 * time.Hour)})
	_, err = l.DoCopy(ctx, l.cora, stale.ID, stale.Row.Version, CopyDeed{Verb: CopyMiss, Reason: "gone"})
	wantKind(t, err, fault.Conflict, "Somebody else")
	dbtest.Advance(l.db, 48*time.Hour)
	stock, err := l.Stock(ctx, l.bruno, StockFilter{Overdue: true})
	if err != nil || len(stock.Copies) != 1 || stock.Copies[0].ID != c.ID || stock.Late != 1 || stock.MayAct {
		t.Fatalf("%+v %v", stock, err)
	}
	c = l.deed(c, CopyDeed{Verb: CopyReturn})
	if c.State != InPlace || c.ReturnedAt != l.db.Now() || c.LentTo != "Omar" {
		t.Fatalf("%+v", c)
	}
	c = l.deed(c, CopyDeed{Verb: CopyMove, Site: "Bergen", Shelf: "B2"})
	if c.Place() != "Bergen, B2" {
		t.Fatal(c.Place())
	}
	c = l.deed(c, CopyDeed{Verb: CopyWriteOff, Reason: "Scratched"})
	d, err := l.CopyDetail(ctx, l.bruno, c.ID)
	if err != nil || d.MayAct || d.Copy.State != WrittenOff {
		t.Fatalf("%+v %v", d, err)
	}
	var actions []string
	for _, e := range d.History {
		actions = append(actions, strings.TrimPrefix(e.Action, "copy."))
	}
	if got := strings.Join(actions, " "); got != "write-off move return lend add" || d.History[0].Reason != "Scratched" {
		t.Fatal(got, d.History[0])
	}
	detail, err := l.Detail(ctx, l.bruno, item.ItemKey)
	if err != nil || len(detail.Copies) != 2 {
		t.Fatalf("%+v %v", detail, err)
	}
	if page, err := l.List(ctx, l.bruno, Filter{Store: Physical}); err != nil || page.Matching != 1 {
		t.Fatal(page, err)
	}
	outsider := dbtest.User(t, l.db, "stefan", identity.Stakeholder)
	_, err = l.Stock(ctx, outsider, StockFilter{})
	wantKind(t, err, fault.Forbidden, "")
	_, err = l.CopyDetail(ctx, outsider, c.ID)
	wantKind(t, err, fault.Forbidden, "")
}

func TestStockIsTaken(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	first := l.shelve(Copy{Kind: Spare, Name: "Radio", Site: "Oslo", Shelf: "A1"}, 4)
	other := l.shelve(Copy{Kind: Spare, Name: "Switch", Serial: "SN-9", Site: "Bergen"}, 1)
	stock, err := l.Stock(ctx, l.cora, StockFilter{Site: "Oslo"})
	if err != nil || len(stock.Copies) != 4 || !stock.MayAct || len(stock.Sites) != 2 {
		t.Fatalf("%+v %v", stock, err)
	}
	var ids []int64
	for _, c := range stock.Copies {
		ids = append(ids, c.ID)
	}
	lent := l.deed(first, CopyDeed{Verb: CopyLend, LendTo: "Omar", Until: l.db.Now().Add(time.Hour)}) // after the form was drawn
	dbtest.Advance(l.db, SightEvery+time.Hour)
	if stock, err = l.Stock(ctx, l.cora, StockFilter{Overdue: true}); err != nil || stock.Unseen != 4 || stock.Late != 1 || len(stock.Copies) != 5 {
		t.Fatalf("%+v %v", stock, err)
	}
	round := Count{Site: "Oslo", Listed: append(ids, other.ID), Seen: ids[1:3], Note: "Quarterly"}
	_, err = l.TakeStock(ctx, l.bruno, round)
	wantKind(t, err, fault.Forbidden, "")
	_, err = l.TakeStock(ctx, l.cora, Count{Site: "Oslo"})
	wantKind(t, err, fault.Invalid, "Nothing stands there")
	took, err := l.TakeStock(ctx, l.cora, round)
	if err != nil || took.Seen != 2 || took.Missing != 1 {
		t.Fatalf("%+v %v", took, err)
	}
	want := map[int64]CopyState{lent.ID: Lent, ids[1]: InPlace, ids[2]: InPlace, ids[3]: Missing, other.ID: InPlace} // Bergen was not counted
	if stock, err = l.Stock(ctx, l.cora, StockFilter{}); err != nil || stock.Missing != 1 || len(stock.Rounds) != 1 {
		t.Fatalf("%+v %v", stock, err)
	}
	for _, c := range stock.Copies {
		if c.State != want[c.ID] {
			t.Errorf("%s is %s, not %s", c.Key(), c.State, want[c.ID])
		}
	}
	if again, err := l.TakeStock(ctx, l.cora, Count{Site: "Oslo", Listed: ids, Seen: ids}); err != nil || again.Seen != 3 || again.Missing != 0 {
		t.Fatalf("%+v %v", again, err)
	}
	err = l.db.View(ctx, func(tx *db.Tx) error {
		entries, err := audit.ForRecord(tx, "stock", "Oslo", 0, 9)
		if len(entries) != 2 || entries[1].Sentence != "took stock at Oslo: 2 seen, 1 missing" || entries[1].Reason != "Quarterly" {
			t.Errorf("%+v", entries)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatAPackageNeedsFromTheShelf(t *testing.T) {
	l := newLibrary(t)
	l.accepted("1.4.0", "program")
	const key = "payments-api/server"
	blocked := func(itemKey, serial, words string) {
		t.Helper()
		var list []fault.Blocker
		err := l.do(func(tx *db.Tx) (err error) { list, err = l.ShelfBlockers(tx, itemKey, serial); return err })
		if err != nil || (len(list) == 0) != (words == "") || len(list) > 0 && (!strings.Contains(list[0].Sentence, words) || list[0].Owner == "" || list[0].Link == "") {
			t.Errorf("%s %s: %+v %v", itemKey, serial, list, err)
		}
	}
	blocked(key, "", "") // nothing physical is on record
	blocked("", "SN-1", "")
	a := l.shelve(Copy{Kind: MediaCopy, ItemKey: key, Site: "Oslo"}, 2)
	b := *a
	b.ID++
	spare := l.shelve(Copy{Kind: Spare, Name: "Radio", Serial: "SN-1", Site: "Oslo"}, 1)
	blocked(key, "", "")
	blocked("", "SN-1", "")
	l.deed(a, CopyDeed{Verb: CopyMiss, Reason: "gone"})
	blocked(key, "", "") // the other is there
	l.deed(&b, CopyDeed{Verb: CopyMiss, Reason: "gone"})
	blocked(key, "", "None of the 2 physical copies of Payments server is in place.")
	spare = l.deed(spare, CopyDeed{Verb: CopyLend, LendTo: "Omar", Until: l.db.Now().Add(time.Hour)})
	blocked("", "SN-1", "is lent")
	l.deed(spare, CopyDeed{Verb: CopyWriteOff, Reason: "broken"})
	blocked("", "SN-1", "is written off")
	l.shelve(Copy{Kind: MediaCopy, ItemKey: key, Site: "Bergen"}, 1)
	blocked(key, "", "")
}

// The place that an item named becomes a copy; items without one have none.
func TestCopiesOfOlderItems(t *testing.T) {
	ctx := context.Background()
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 190); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Exec(`INSERT INTO media_items (item_key, name, kind, provenance, service_id, site, shelf, keeper, sighted_at, updated_at) VALUES
			('a', 'A', 'software', 'built', 3, 'Oslo', 'B7', 'Cora', 900, 1000), ('b', 'B', 'software', 'built', 0, '', '', '', 0, 1000)`).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	stock, err := New(d, nil).Stock(ctx, dbtest.User(t, d, "cora", identity.DMLCustodian), StockFilter{})
	if err != nil || len(stock.Copies) != 1 {
		t.Fatalf("%+v %v", stock, err)
	}
	c := stock.Copies[0]
	if c.Kind != MediaCopy || c.Name != "A" || c.ItemKey != "a" || c.ServiceID != 3 || c.Place() != "Oslo, B7" || c.Keeper != "Cora" || c.SightedAt != 900 || c.State != InPlace {
		t.Errorf("%+v", c)
	}
}

func TestAPageOfStockGoesOn(t *testing.T) {
	l := newLibrary(t)
	for _, site := range []string{"Oslo", "Bergen", "Oslo"} {
		l.shelve(Copy{Kind: Spare, Name: "Radio", Site: site, Shelf: "A"}, 2)
	}
	var seen []int64
	err := l.do(func(tx *db.Tx) error {
		after := ""
		for range 4 {
			list, err := listCopies(tx, StockFilter{After: after}, 2)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, c := range list {
				seen = append(seen, c.ID)
			}
			after = strings.TrimLeft(list[len(list)-1].Key(), "C-0")
		}
		return nil
	})
	if err != nil || !slices.Equal(seen, []int64{3, 4, 1, 2, 5, 6}) {
		t.Fatal(seen, err)
	}
}
