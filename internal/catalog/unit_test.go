package catalog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"slipway/internal/fault"
)

func TestAUnitIsMadeOfItsServicesItems(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	server, guide, foreign, gone := w.item("pay-server", w.pay), w.item("pay-guide", w.pay), w.item("shop-site", w.shop), w.item("pay-old", w.pay)
	w.must(w.s.RetireItem(ctx, w.sofia, gone.Key, gone.Version))
	for name, row := range map[string]struct {
		unit  Unit
		items []int64
		wrong []string
		says  string
	}{
		"nothing typed":             {Unit{}, nil, []string{"name", "items"}, "at least one"},
		"a long text":               {Unit{Name: strings.Repeat("x", 121), Description: strings.Repeat("x", 1001)}, []int64{server.ID}, []string{"name", "description"}, "1,000"},
		"an item of another":        {Unit{Name: "x"}, []int64{server.ID, foreign.ID}, []string{"items"}, "shop-site belongs to another service"},
		"a retired item":            {Unit{Name: "x"}, []int64{gone.ID}, []string{"items"}, "pay-old is retired"},
		"an item that is not there": {Unit{Name: "x"}, []int64{server.ID, 999999}, []string{"items"}, "is gone"},
	} {
		row.unit.ServiceID = w.pay.ID
		err := w.s.SaveUnit(ctx, w.sofia, &row.unit, row.items)
		w.fails(name, err, fault.Invalid, row.wrong...)
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.fails("of no service", w.s.SaveUnit(ctx, w.sofia, &Unit{Name: "x"}, []int64{server.ID}), fault.NotFound)

	u := &Unit{ServiceID: w.pay.ID, Name: " Server "}
	asked := []int64{server.ID, guide.ID, server.ID}
	w.must(w.s.SaveUnit(ctx, w.maya, u, asked))
	if !slices.Equal(asked, []int64{server.ID, guide.ID, server.ID}) {
		t.Error("the caller's list was reordered")
	}
	w.fails("a second of the name", w.s.SaveUnit(ctx, w.sofia, &Unit{ServiceID: w.pay.ID, Name: "Server"}, []int64{server.ID}), fault.Invalid, "name")
	w.must(w.s.SaveUnit(ctx, w.sofia, &Unit{ServiceID: w.shop.ID, Name: "Server"}, []int64{foreign.ID}))
	v, err := w.s.Unit(ctx, w.petra, u.ID)
	w.must(err)
	if v.Unit.Name != "Server" || v.Unit.ServiceKey != "PAY" || !slices.Equal(keys(v.Unit.Items), []string{"pay-guide", "pay-server"}) || !v.Edits || !slices.Equal(keys(v.Items), []string{"pay-guide", "pay-server"}) {
		t.Errorf("as drawn up: %+v", v.Unit)
	}

	stale := *v.Unit
	changed := *v.Unit
	changed.ServiceID = w.shop.ID // it stays with its service
	w.must(w.s.SaveUnit(ctx, w.sofia, &changed, []int64{server.ID}))
	w.fails("a stale form", w.s.SaveUnit(ctx, w.maya, &stale, []int64{guide.ID}), fault.Conflict)
	if v, err = w.s.Unit(ctx, w.stefan, u.ID); err != nil || v.Unit.ServiceKey != "PAY" || !slices.Equal(keys(v.Unit.Items), []string{"pay-server"}) || v.Edits {
		t.Errorf("after the change: %+v, %v", v, err)
	}
}

func TestUnitsByService(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	server, site := w.item("pay-server", w.pay), w.item("shop-site", w.shop)
	w.unit("Server", server)
	u := w.unit("Everything", server)
	groups, err := w.s.UnitGroups(ctx, w.petra)
	w.must(err)
	if len(groups) != 2 || len(groups[0].Units) != 2 || groups[0].Units[0].Name != "Everything" || len(groups[0].Units[0].Items) != 1 ||
		!groups[0].Edits || groups[1].Edits || groups[1].Units != nil {
		t.Errorf("the units: %+v", groups)
	}
	w.fails("dissolved as it was read earlier", w.s.DropUnit(ctx, w.sofia, u.ID, u.Version+1), fault.Conflict)
	w.must(w.s.DropUnit(ctx, w.sofia, u.ID, u.Version))
	if said := w.lastSentence(); said != "dissolved the release unit Everything" {
		t.Errorf("the record says %q", said)
	}
	w.fails("dissolved twice", w.s.DropUnit(ctx, w.sofia, u.ID, u.Version), fault.NotFound)
	if _, err := w.s.Unit(ctx, w.sofia, u.ID); !errors.Is(err, fault.NotFound) {
		t.Errorf("it is still there: %v", err)
	}
	v, err := w.s.NewUnit(ctx, w.maya, "SHOP")
	w.must(err)
	if v.Unit.ServiceID != w.shop.ID || !slices.Equal(keys(v.Items), []string{site.Key}) || !v.Edits {
		t.Errorf("to draw one up: %+v", v)
	}
	w.fails("of no service", second(w.s.NewUnit(ctx, w.maya, "NONE")), fault.NotFound)
}
