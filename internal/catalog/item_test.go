package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
)

func TestAnItemAndItsVersions(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	i := &Item{Key: "pay-server", Name: "Payment server", Kind: "software", ServiceID: w.pay.ID}
	w.must(w.s.SaveItem(ctx, w.maya, i))
	if i.ServiceKey != "PAY" || i.OwnerName != w.sofia.Name {
		t.Errorf("it belongs to %s, %s", i.ServiceKey, i.OwnerName)
	}
	if v := w.sheet(i.Key, w.stefan); len(v.Versions) != 0 {
		t.Errorf("nothing operates, yet it had %+v", v.Versions)
	}
	w.fails("a second of the key", w.s.SaveItem(ctx, w.sofia, &Item{Key: "pay-server", Name: "x", Kind: "software", ServiceID: w.shop.ID}), fault.Invalid, "key")
	w.fails("without a service", w.s.SaveItem(ctx, w.sofia, &Item{Key: "stray", Name: "x", Kind: "software"}), fault.Invalid, "service")
	w.fails("all wrong at once", w.s.SaveItem(ctx, w.sofia, &Item{Key: "A", Kind: "x", ServiceID: w.pay.ID, OwnerID: 999999}), fault.Invalid, "owner", "key", "name", "kind")

	stale := *i
	dbtest.Advance(w.d, time.Hour)
	i.CurrentVersion, i.Key, i.ServiceID, i.Retired = "1.0", "renamed", w.shop.ID, true
	w.must(w.s.SaveItem(ctx, w.maya, i))
	dbtest.Advance(w.d, time.Hour)
	i.Name = "The payment server"
	w.must(w.s.SaveItem(ctx, w.maya, i))
	v := w.sheet("pay-server", w.maya)
	if v.Item.ServiceKey != "PAY" || v.Item.Retired || v.ServiceName != "Payments" || !v.Edits {
		t.Errorf("after two edits: %+v", v.Item)
	}
	if len(v.Versions) != 1 || v.Versions[0].Label != "1.0" || v.Versions[0].Why != "corrected by hand" || v.Versions[0].ByName != w.maya.Name {
		t.Errorf("its versions: %+v", v.Versions)
	}
	w.fails("a stale form", w.s.SaveItem(ctx, w.sofia, &stale), fault.Conflict)
	w.fails("one that never was", w.s.SaveItem(ctx, w.sofia, &Item{Row: db.Row{ID: 999999}, ServiceID: w.pay.ID}), fault.NotFound)

	dbtest.Advance(w.d, time.Hour)
	w.must(w.d.InTx(ctx, func(tx *db.Tx) error {
		return errors.Join(w.s.SetItemVersion(tx, w.maya, i.ID, "2.0", "release PAY-2026.11.1", "PAY-2026.11.1"),
			w.s.SetItemVersion(tx, w.maya, i.ID, "2.0", "again", "PAY-2026.11.2"))
	}))
	v = w.sheet("pay-server", w.stefan)
	if v.Item.CurrentVersion != "2.0" || len(v.Versions) != 2 || v.Versions[0].ReleaseKey != "PAY-2026.11.1" || v.Versions[0].Since <= v.Versions[1].Since {
		t.Errorf("after the release: %+v", v.Versions)
	}
	if said := w.lastSentence(); said != `updated pay-server from "1.0" to "2.0"` {
		t.Errorf("the record says %q", said)
	}
}

func TestItemsAreFoundPageByPage(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	for n := range itemsPerPage + 3 {
		w.item(fmt.Sprintf("pay-part-%02d", n), w.pay)
	}
	odd := &Item{Key: "shop_site", Name: "100% Shop", Kind: "process", ServiceID: w.shop.ID}
	w.must(w.s.SaveItem(ctx, w.sofia, odd))
	gone := w.item("shop-old", w.shop)
	w.must(w.s.RetireItem(ctx, w.sofia, gone.Key, gone.Version))

	one, err := w.s.ItemList(ctx, w.stefan, ItemFilter{Text: "PART"})
	w.must(err)
	if len(one.Items) != itemsPerPage || one.Next != one.Items[itemsPerPage-1].Key || one.Adds || len(one.Services) != 2 {
		t.Errorf("the first page holds %d, next %q", len(one.Items), one.Next)
	}
	two, err := w.s.ItemList(ctx, w.maya, ItemFilter{Text: "part", After: one.Next})
	w.must(err)
	if len(two.Items) != 3 || two.Next != "" || two.Items[0].Key != "pay-part-50" || !two.Adds {
		t.Errorf("the second page: %v, next %q", keys(two.Items), two.Next)
	}
	for name, row := range map[string]struct {
		f    ItemFilter
		want []string
	}{
		"of a service":        {ItemFilter{ServiceKey: "SHOP"}, []string{"shop_site"}},
		"with retired ones":   {ItemFilter{ServiceKey: "SHOP", Retired: true}, []string{"shop-old", "shop_site"}},
		"of a kind":           {ItemFilter{Kind: "process"}, []string{"shop_site"}},
		"by name":             {ItemFilter{Text: "100% shop"}, []string{"shop_site"}},
		"a per cent sign":     {ItemFilter{Text: "%"}, []string{"shop_site"}},
		"an underscore":       {ItemFilter{Text: "p_s"}, []string{"shop_site"}},
		"a backslash":         {ItemFilter{Text: `\`}, nil},
		"nothing of the sort": {ItemFilter{Text: "warehouse"}, nil},
	} {
		v, err := w.s.ItemList(ctx, w.stefan, row.f)
		if got := keys(v.Items); err != nil || !slices.Equal(sorted(got), sorted(row.want)) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, row.want)
		}
	}
}

// sorted leaves the order of keys to the database, which each has its own.
func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func TestRelationsReadBothWays(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	server, settings, db0, gateway := w.item("pay-server", w.pay), w.item("pay-settings", w.pay), w.item("pay-database", w.pay), w.item("shop-gateway", w.shop)
	w.relate(settings, server, PartOf)
	w.relate(server, db0, DependsOn)
	w.relate(gateway, server, DependsOn)
	v := w.sheet(server.Key, w.petra)
	if !slices.Equal(neighbourKeys(v.Parts), []string{"pay-settings"}) || !slices.Equal(neighbourKeys(v.DependsOn), []string{"pay-database"}) ||
		!slices.Equal(neighbourKeys(v.Dependants), []string{"shop-gateway"}) || v.PartOf != nil {
		t.Errorf("the server: %+v", v)
	}
	if !v.Parts[0].Removes || !v.DependsOn[0].Removes || v.Dependants[0].Removes {
		t.Error("a relation is taken away by whoever keeps the item that it leads from")
	}
	if v := w.sheet(settings.Key, w.stefan); !slices.Equal(neighbourKeys(v.PartOf), []string{"pay-server"}) || v.PartOf[0].Removes {
		t.Errorf("the settings: %+v", v.PartOf)
	}
	w.fails("the dependant of another service", w.s.Unrelate(ctx, w.petra, server.Key, v.Dependants[0].RelationID), fault.Forbidden)
	w.fails("a relation of other items", w.s.Unrelate(ctx, w.sofia, db0.Key, v.Parts[0].RelationID), fault.NotFound)
	w.must(w.s.Unrelate(ctx, w.sofia, server.Key, v.Dependants[0].RelationID))
	if said := w.lastSentence(); said != "noted that shop-gateway no longer depends on pay-server" {
		t.Errorf("the record says %q", said)
	}
	w.fails("taken away twice", w.s.Unrelate(ctx, w.sofia, server.Key, v.Dependants[0].RelationID), fault.NotFound)
	if v := w.sheet(gateway.Key, w.stefan); len(v.DependsOn) != 0 {
		t.Errorf("still there: %+v", v.DependsOn)
	}
}

func TestWhatMayNotBeRelated(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	server, module, class, gone := w.item("server", w.pay), w.item("module", w.pay), w.item("class", w.pay), w.item("gone", w.pay)
	w.must(w.s.RetireItem(ctx, w.sofia, gone.Key, gone.Version))
	w.relate(module, server, PartOf)
	w.relate(class, module, PartOf)
	w.relate(server, module, DependsOn) // a whole may depend on its part
	for name, row := range map[string]struct {
		from, to string
		kind     RelationKind
		wrong    fault.Kind
		says     string
	}{
		"to itself":              {"server", "server", DependsOn, fault.Invalid, "not related to itself"},
		"to nothing":             {"server", "", DependsOn, fault.Invalid, "no item with this key"},
		"to what is not there":   {"server", "nobody", PartOf, fault.Invalid, "no item with this key"},
		"to a retired one":       {"server", "gone", DependsOn, fault.Invalid, "gone is retired"},
		"in a way of its own":    {"server", "class", "likes", fault.Invalid, "Choose how"},
		"once more":              {"module", "server", PartOf, fault.Invalid, "already"},
		"a whole in its part":    {"server", "module", PartOf, fault.Invalid, "module is itself a part of server"},
		"at two removes":         {"server", "class", PartOf, fault.Invalid, "class is itself a part of server"},
		"from a retired one":     {"gone", "server", PartOf, fault.Refused, "gone is retired"},
		"from what is not there": {"nobody", "server", PartOf, fault.NotFound, ""},
	} {
		err := w.s.Relate(ctx, w.sofia, row.from, row.to, row.kind)
		if !errors.Is(err, row.wrong) || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.must(w.s.Relate(ctx, w.sofia, "class", " server ", DependsOn))
}

func TestAffectedItems(t *testing.T) {
	w := newWorld(t)
	server, part, base, user, far := w.item("server", w.pay), w.item("part", w.pay), w.item("base", w.pay), w.item("user", w.shop), w.item("far", w.shop)
	w.relate(part, server, PartOf)
	w.relate(server, base, DependsOn)
	w.relate(user, server, DependsOn)
	w.relate(far, user, DependsOn)
	w.must(w.d.View(context.Background(), func(tx *db.Tx) error {
		got, err := w.s.Affected(tx, []int64{server.ID})
		if want := []int64{server.ID, part.ID, base.ID, user.ID}; !slices.Equal(got, want) {
			t.Errorf("affected: %v, want %v; far is %d", got, want, far.ID)
		}
		none, err2 := w.s.Affected(tx, nil)
		if none != nil {
			t.Errorf("of nothing: %v", none)
		}
		return errors.Join(err, err2)
	}))
}

func TestRetiringNamesEverythingInTheWay(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	server, part, user, free := w.item("server", w.pay), w.item("part", w.pay), w.item("user", w.shop), w.item("free", w.pay)
	w.relate(part, server, PartOf)
	w.relate(user, server, DependsOn)
	w.relate(server, free, DependsOn)
	u := w.unit("Everything", server, part)
	err := w.s.RetireItem(ctx, w.sofia, "server", server.Version)
	f, _ := fault.As(err)
	if !errors.Is(err, fault.Refused) || len(f.Blockers) != 3 {
		t.Fatalf("retired although needed: %v", err)
	}
	for n, want := range []struct{ says, link string }{{"The release unit Everything brings it.", u.Link()}, {"part is a part of it.", "/items/part"}, {"user depends on it.", "/items/user"}} {
		if b := f.Blockers[n]; b.Sentence != want.says || b.Link != want.link || b.Owner != w.sofia.Name || b.Action == "" {
			t.Errorf("blocker %d: %+v", n, b)
		}
	}
	if v := w.sheet("server", w.stefan); len(v.Against) != 3 || len(v.Units) != 1 {
		t.Errorf("its page lists %+v", v.Against)
	}
	w.must(w.s.DropUnit(ctx, w.sofia, u.ID, u.Version))
	w.must(w.s.RetireItem(ctx, w.sofia, "part", part.Version)) // what is retired needs nothing any more
	w.must(w.s.RetireItem(ctx, w.sofia, "user", user.Version))
	w.fails("as it was read earlier", w.s.RetireItem(ctx, w.sofia, "server", server.Version+1), fault.Conflict)
	w.must(w.s.RetireItem(ctx, w.sofia, "server", server.Version))
	w.fails("retired twice", w.s.RetireItem(ctx, w.sofia, "server", server.Version+1), fault.Refused)
	w.must(w.s.RestoreItem(ctx, w.sofia, "server", server.Version+1))
	if said := w.lastSentence(); said != "brought the configuration item The server back" {
		t.Errorf("the record says %q", said)
	}
	w.fails("brought back twice", w.s.RestoreItem(ctx, w.sofia, "server", server.Version+2), fault.Refused)
	w.fails("one that never was", w.s.RetireItem(ctx, w.sofia, "nobody", 1), fault.NotFound)
}

func TestAReleaseRetiresAnItem(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	i := w.item("pay-old", w.pay)
	w.unit("Everything", i) // what needs it was asked before the release was allowed
	for range 2 {
		w.must(w.d.InTx(ctx, func(tx *db.Tx) error { return w.s.RetireBy(tx, w.maya, i.ID, "PAY-2026.11.1") }))
	}
	v := w.sheet("pay-old", w.stefan)
	if !v.Item.Retired || v.Item.CurrentVersion != "" || v.Item.Version != i.Version+1 {
		t.Errorf("it is %+v", v.Item)
	}
	if len(v.Versions) != 2 || v.Versions[0].Label != "" || v.Versions[0].Why != "retired by release PAY-2026.11.1" || v.Versions[0].ReleaseKey != "PAY-2026.11.1" {
		t.Errorf("its versions: %+v", v.Versions)
	}
	if said := w.lastSentence(); said != "retired the configuration item The pay-old" {
		t.Errorf("the record says %q", said)
	}
}
