package release_test

import (
	"slices"
	"strings"
	"testing"

	"slipway/internal/audit"
	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/release"
)

// units gives the service's units by name.
func (w *world) units() map[string]int64 {
	w.t.Helper()
	ids := map[string]int64{}
	w.view(func(tx *db.Tx) error {
		r := w.read(w.create())
		list, err := w.catalog.Units(tx, r.ServiceID)
		for _, u := range list {
			ids[u.Name] = u.ID
		}
		return err
	})
	return ids
}

func TestAUnitIsAddedToAReleaseThatWasPlannedWithoutIt(t *testing.T) {
	w := newWorld(t)
	server := w.units()["Server"]
	key := w.create(func(q *release.Request) { q.UnitIDs = nil })
	missing := func() bool {
		sheet, err := w.svc.PackagePage(ctx, w.bruno, key, 0)
		w.must(err)
		return slices.ContainsFunc(sheet.Units, func(u catalog.Unit) bool { return u.ID == server })
	}
	if !missing() {
		t.Error("the unit is not offered")
	}
	before := w.entries()
	wrong(t, w.svc.AddUnit(ctx, w.bruno, key, 99_999), "unit")
	kindIs(t, w.svc.AddUnit(ctx, w.chen, key, server), fault.Forbidden)
	if len(w.items(key)) != 0 || w.entries() != before {
		t.Errorf("of what was refused is left %+v", w.items(key))
	}
	w.must(w.svc.AddItem(ctx, w.bruno, key, "pay-guide")) // it keeps how it came
	w.must(w.svc.AddUnit(ctx, w.bruno, key, server))
	want := map[string]string{"pay-server": "in the unit Server", "pay-guide": "added by Bruno", "pay-gateway": "related to one of them"}
	if items := w.items(key); len(items) != len(want) {
		t.Errorf("%d items: %+v", len(items), items)
	}
	for itemKey, why := range want {
		if i := w.item(key, itemKey); i.Why != why || i.AsIs != "1.0" || i.Decision != release.Undecided {
			t.Errorf("%+v, want it %s", i, why)
		}
	}
	w.view(func(tx *db.Tx) error {
		var last audit.Logged
		err := tx.First(&last, "seq = ?", w.entries())
		if last.Action != "unit.add" || !strings.Contains(last.Sentence, "the release unit Server") {
			t.Errorf("the record says %s %q", last.Action, last.Sentence)
		}
		return err
	})
	if missing() {
		t.Error("the unit is offered still")
	}
	wrong(t, w.svc.AddUnit(ctx, w.bruno, key, server), "unit") // all of it is listed
}

func TestAUnitIsAddedUntilThePackageIsSignedOff(t *testing.T) {
	w := newWorld(t)
	server := w.units()["Server"]
	for _, c := range []struct {
		state release.State
		kind  fault.Kind
	}{{release.Proposed, fault.Invalid}, {release.BuildTest, fault.Invalid}, {release.Ready, fault.Refused}} {
		// Everything is listed already: where the scope is open, that alone is wrong.
		kindIs(t, w.svc.AddUnit(ctx, w.bruno, w.created(c.state), server), c.kind)
	}
}
