package catalog

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

func TestAServiceIsAddedOnceAndKeepsItsKey(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	again := ServiceRecord{Key: "PAY", Name: "Parking", Criticality: "low", OwnerID: w.sofia.UserID}
	w.fails("a second PAY", w.s.SaveService(ctx, w.sofia, &again), fault.Invalid, "key")
	w.fails("nothing typed", w.s.SaveService(ctx, w.sofia, &ServiceRecord{}), fault.Invalid, "key", "name", "criticality", "owner")

	changed := w.pay
	changed.Key, changed.Name, changed.OwnerName = "OTHER", "Payments API", "somebody else"
	w.must(w.s.SaveService(ctx, w.sofia, &changed))
	if said := w.lastSentence(); said != "changed the service Payments API" {
		t.Errorf("the record says %q", said)
	}
	v, err := w.s.Sheet(ctx, w.stefan, "PAY")
	w.must(err)
	if v.Service.Name != "Payments API" || v.Service.OwnerName != w.sofia.Name || v.Service.CreatedAt != w.pay.CreatedAt || v.Service.Version != 2 {
		t.Errorf("after the change: %+v", v.Service)
	}
	stale := w.pay
	stale.Name = "over a newer change"
	w.fails("a stale form", w.s.SaveService(ctx, w.sofia, &stale), fault.Conflict)
	if stale.Version != w.pay.Version {
		t.Errorf("the refused save left version %d", stale.Version)
	}
	if _, err := w.s.Sheet(ctx, w.sofia, "OTHER"); !errors.Is(err, fault.NotFound) {
		t.Errorf("the key changed: %v", err)
	}
}

func TestTheOwnerHoldsTheRole(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	r := w.shop
	r.OwnerID = w.maya.UserID
	w.fails("owned by somebody without the role", w.s.SaveService(ctx, w.sofia, &r), fault.Invalid, "owner")
	r.OwnerID = w.petra.UserID
	w.fails("owned by the owner of another service", w.s.SaveService(ctx, w.sofia, &r), fault.Invalid, "owner")
	r.OwnerID = 999999
	w.fails("owned by nobody", w.s.SaveService(ctx, w.sofia, &r), fault.Invalid, "owner")
	p := w.pay
	p.OwnerID = w.petra.UserID
	w.must(w.s.SaveService(ctx, w.sofia, &p))
	if p.OwnerName != w.petra.Name {
		t.Errorf("PAY is owned by %s", p.OwnerName)
	}
}

func TestWhoMayEditTheCatalogue(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	i, other := w.item("pay-server", w.pay), w.item("shop-site", w.shop)
	u := w.unit("Server", i)
	promise := &Promise{ServiceID: w.pay.ID, Kind: Utility, Statement: "Paying"}
	w.must(w.s.SavePromise(ctx, w.sofia, promise))
	robot := identity.Actor{Kind: identity.Machine, Name: "robot", Scopes: []string{"dml:write"}}
	for name, actor := range map[string]identity.Actor{"a stakeholder": w.stefan, "the owner of another service": w.otto, "a machine without the scope": robot, "the system": identity.System("clock")} {
		for verb, err := range map[string]error{
			"edits the service":      w.s.SaveService(ctx, actor, &ServiceRecord{Row: w.pay.Row}),
			"adds a service":         w.s.SaveService(ctx, actor, &ServiceRecord{Key: "NEW1"}),
			"promises":               w.s.SavePromise(ctx, actor, &Promise{ServiceID: w.pay.ID}),
			"takes a promise out":    w.s.RetirePromise(ctx, actor, "PAY", promise.ID, promise.Version),
			"adds an item":           w.s.SaveItem(ctx, actor, &Item{ServiceID: w.pay.ID}),
			"edits an item":          w.s.SaveItem(ctx, actor, &Item{Row: i.Row, ServiceID: w.pay.ID}),
			"retires an item":        w.s.RetireItem(ctx, actor, i.Key, i.Version),
			"restores an item":       w.s.RestoreItem(ctx, actor, i.Key, i.Version),
			"relates":                w.s.Relate(ctx, actor, i.Key, other.Key, DependsOn),
			"draws up a unit":        w.s.SaveUnit(ctx, actor, &Unit{ServiceID: w.pay.ID}, nil),
			"dissolves a unit":       w.s.DropUnit(ctx, actor, u.ID, u.Version),
			"takes a baseline":       second(w.s.Snapshot(ctx, actor, w.pay.ID, "mine")),
			"is given the owners":    second(w.s.Owners(ctx, actor)),
			"is given a unit's form": second(w.s.NewUnit(ctx, actor, "PAY")),
		} {
			if !errors.Is(err, fault.Forbidden) {
				t.Errorf("%s %s: %v", name, verb, err)
			}
		}
	}
	// Who edits one service does not smuggle records out of another.
	w.fails("an item of another service", w.s.SaveItem(ctx, w.otto, &Item{Row: i.Row, ServiceID: w.shop.ID, Name: "mine", Kind: "software"}), fault.Forbidden)
	w.fails("a unit of another service", w.s.SaveUnit(ctx, w.otto, &Unit{Row: u.Row, ServiceID: w.shop.ID, Name: "mine"}, []int64{other.ID}), fault.Forbidden)
	w.fails("a promise of another service", w.s.SavePromise(ctx, w.otto, &Promise{Row: promise.Row, ServiceID: w.shop.ID, Kind: Utility, Statement: "mine"}), fault.NotFound)
	w.fails("a promise by another's address", w.s.RetirePromise(ctx, w.otto, "SHOP", promise.ID, promise.Version), fault.NotFound)
	w.fails("a service is added with a role for one", w.s.SaveService(ctx, w.otto, &ServiceRecord{Key: "NEW1", Name: "x", Criticality: "low", OwnerID: w.otto.UserID}), fault.Forbidden)
	if v := w.sheet(i.Key, w.stefan); v.Edits || v.Owners != nil || v.Near != nil {
		t.Errorf("a stakeholder is offered to edit: %+v", v)
	}
	pipeline := w.petra // a token of hers
	pipeline.Kind, pipeline.Scopes = identity.Machine, []string{"api:write"}
	w.must(w.s.SaveItem(ctx, pipeline, &Item{Key: "found", Name: "Found", Kind: "software", ServiceID: w.pay.ID}))
	w.fails("it adds a service with a role for one", w.s.SaveService(ctx, pipeline, &ServiceRecord{Key: "NEW1"}), fault.Forbidden)
}

func second[T any](_ T, err error) error { return err }

func TestTheListOfServices(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	w.item("pay-server", w.pay)
	gone := w.item("pay-old", w.pay)
	w.must(w.s.RetireItem(ctx, w.sofia, gone.Key, gone.Version))
	for name, row := range map[string]struct {
		actor identity.Actor
		adds  bool
	}{"owner of all": {w.sofia, true}, "release manager": {w.maya, true}, "owner of one": {w.petra, false}, "stakeholder": {w.stefan, false}} {
		o, err := w.s.Overview(ctx, row.actor)
		w.must(err)
		if o.Adds != row.adds || len(o.Entries) != 2 || o.Entries[0].Service.Key != "PAY" || o.Entries[0].Items != 1 || o.Entries[1].Items != 0 {
			t.Errorf("%s sees %+v", name, o)
		}
		if _, err := w.s.Owners(ctx, row.actor); (err == nil) != row.adds {
			t.Errorf("%s is given the owners: %v", name, err)
		}
	}
}

func TestTheServicePackage(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	p := &Promise{ServiceID: w.pay.ID, Kind: Availability, Aspect: " Answering ", Statement: "Payments are answered", Measure: "At the gateway", Target: "≥ 99.9 %"}
	w.must(w.s.SavePromise(ctx, w.sofia, p))
	w.must(w.s.SavePromise(ctx, w.maya, &Promise{ServiceID: w.pay.ID, Kind: Required, Statement: "A runbook"}))
	w.fails("a promise without a service", w.s.SavePromise(ctx, w.sofia, &Promise{Kind: Utility, Statement: "x"}), fault.NotFound)
	mine, theirs := *p, *p
	theirs.Target = "≥ 99.95 %"
	w.must(w.s.SavePromise(ctx, w.sofia, &theirs))
	mine.Target = "≥ 90 %"
	w.fails("a stale form", w.s.SavePromise(ctx, w.maya, &mine), fault.Conflict)
	w.fails("taken out as it was read earlier", w.s.RetirePromise(ctx, w.sofia, "PAY", p.ID, p.Version), fault.Conflict)

	v, err := w.s.Sheet(ctx, w.stefan, "PAY")
	w.must(err)
	if got := v.Of(Availability); len(got) != 1 || got[0].Aspect != "Answering" || got[0].Target != "≥ 99.95 %" || len(v.Of(Utility)) != 0 || len(v.Of(Required)) != 1 {
		t.Errorf("the package: %+v", v.Promises)
	}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		criteria, err := w.s.Criteria(tx, w.pay.ID)
		required, err2 := w.s.RequiredItems(tx, w.pay.ID)
		if len(criteria) != 1 || criteria[0].Kind != "warranty" || len(required) != 1 || required[0].Statement != "A runbook" {
			t.Errorf("criteria %+v, required %+v", criteria, required)
		}
		return errors.Join(err, err2)
	}))

	w.must(w.s.RetirePromise(ctx, w.sofia, "PAY", p.ID, theirs.Version))
	if said := w.lastSentence(); !strings.HasPrefix(said, "took out of the service package: Payments are answered") {
		t.Errorf("the record says %q", said)
	}
	w.fails("taken out twice", w.s.RetirePromise(ctx, w.sofia, "PAY", p.ID, theirs.Version+1), fault.NotFound)
	w.fails("edited after it was taken out", w.s.SavePromise(ctx, w.sofia, &theirs), fault.NotFound)
	if v, err = w.s.Sheet(ctx, w.stefan, "PAY"); err != nil || len(v.Of(Availability)) != 0 {
		t.Errorf("it still stands: %+v, %v", v, err)
	}
}

func TestParallelBaselinesAreNumberedApart(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	w.item("pay-server", w.pay)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := w.s.Snapshot(ctx, w.sofia, w.pay.ID, "at once"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	v, err := w.s.Sheet(ctx, w.stefan, "PAY")
	w.must(err)
	for n, b := range v.Baselines {
		if b.Number != int64(8-n) || b.Lines != nil {
			t.Errorf("in place %d stands %+v", n, b)
		}
	}
}

func TestABaselineIsASnapshot(t *testing.T) {
	ctx, w := context.Background(), newWorld(t)
	server, old := w.item("pay-server", w.pay), w.item("pay-old", w.pay)
	w.item("shop-site", w.shop)
	w.fails("without a name", second(w.s.Snapshot(ctx, w.sofia, w.pay.ID, " ")), fault.Invalid, "name")
	w.fails("with a long one", second(w.s.Snapshot(ctx, w.sofia, w.pay.ID, strings.Repeat("x", 121))), fault.Invalid, "name")
	w.fails("of no service", second(w.s.Snapshot(ctx, w.sofia, 999999, "x")), fault.NotFound)
	first, err := w.s.Snapshot(ctx, w.sofia, w.pay.ID, " as found ")
	w.must(err)
	if first.Number != 1 || first.Name != "as found" || first.TakenBy != w.sofia.Name || len(first.Lines) != 2 {
		t.Errorf("the first: %+v", first)
	}
	server.CurrentVersion = "2"
	w.must(w.s.SaveItem(ctx, w.sofia, server))
	w.must(w.s.RetireItem(ctx, w.sofia, old.Key, old.Version))
	w.item("pay-cache", w.pay)
	_, err = w.s.Snapshot(ctx, w.sofia, w.pay.ID, "after")
	w.must(err)
	w.must(w.s.SaveItem(ctx, w.sofia, &Item{Key: "pay-late", Name: "Late", Kind: "other", ServiceID: w.pay.ID, CurrentVersion: "1"}))

	for name, row := range map[string]struct {
		number, with   int64
		earlier, later int64 // their numbers
		changes        string
	}{
		"the first has none before it": {1, -1, -1, -1, ""},
		"against the one before":       {2, -1, 1, 2, "added pay-cache, removed pay-old, changed pay-server"},
		"against a later one":          {1, 2, 1, 2, "added pay-cache, removed pay-old, changed pay-server"},
		"against what is now":          {2, Now, 2, 0, "added pay-late"},
		"against itself":               {2, 2, 2, 2, ""},
	} {
		v, err := w.s.Baseline(ctx, "PAY", row.number, row.with)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var said []string
		for _, c := range v.Differences {
			said = append(said, c.Change+" "+c.Key)
		}
		if numberOf(v.Earlier) != row.earlier || numberOf(v.Later) != row.later || strings.Join(said, ", ") != row.changes {
			t.Errorf("%s: %d to %d, %s", name, numberOf(v.Earlier), numberOf(v.Later), strings.Join(said, ", "))
		}
	}
	for _, asked := range [][2]int64{{3, -1}, {0, -1}, {1, 7}} {
		if _, err := w.s.Baseline(ctx, "PAY", asked[0], asked[1]); !errors.Is(err, fault.NotFound) {
			t.Errorf("baseline %d against %d: %v", asked[0], asked[1], err)
		}
	}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		newest, err := w.s.BaselineOf(tx, w.pay.ID)
		none, err2 := w.s.BaselineOf(tx, w.shop.ID)
		list, err3 := w.s.Baselines(tx, w.pay.ID)
		if err := errors.Join(err, err2, err3); err != nil {
			return err
		}
		if version, there := newest.VersionOf(server.ID); newest.Number != 2 || version != "2" || !there || none != nil || len(list) != 2 || len(list[1].Lines) != 2 {
			t.Errorf("newest %+v, of the shop %+v, %d in all", newest, none, len(list))
		}
		byID, err := w.s.BaselineByID(tx, first.ID)
		if version, _ := byID.VersionOf(server.ID); version != "1" {
			t.Errorf("the first now says %q", version)
		}
		return err
	}))
}

func numberOf(b *Baseline) int64 {
	if b == nil {
		return -1
	}
	return b.Number
}
