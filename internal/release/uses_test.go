package release_test

import (
	"testing"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/release"
)

// TestClosingUpdatesTheCatalogue takes a release that changes the server and
// takes the gateway out of operation to its end.
func TestClosingUpdatesTheCatalogue(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	w.decideItems(key)
	gateway, server := w.item(key, "pay-gateway"), w.item(key, "pay-server")
	w.must(w.svc.DecideItem(ctx, w.bruno, key, gateway.ID, gateway.Version, release.Included, release.Retired, ""))
	w.add(key, w.receive("pay-server", "2.0", dml.Software, dml.Built))
	w.add(key, w.receive("pay-guide", "2", dml.Documentation, dml.Built))
	w.must(w.svc.Baseline(ctx, w.bruno, key))
	w.verify(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	w.approve(key, release.A3, w.chen, w.cora)
	w.prepare(key)
	w.approve(key, release.A4, w.chen)
	w.flies(key, true)
	w.deployed(key)
	w.advance(key, release.VerbExitEarlyLife)
	w.approve(key, release.A5, w.chen)
	w.flies(key, false)

	for itemKey, want := range map[string]catalog.Item{"pay-server": {CurrentVersion: "2.0"}, "pay-gateway": {Retired: true}, "pay-refunds": {CurrentVersion: "1.0"}} {
		v, err := w.catalog.Item(ctx, w.maya, itemKey)
		w.must(err)
		if v.Item.CurrentVersion != want.CurrentVersion || v.Item.Retired != want.Retired {
			t.Errorf("%s is %q, retired %v", itemKey, v.Item.CurrentVersion, v.Item.Retired)
		}
		if itemKey != "pay-refunds" && (len(v.Versions) != 2 || v.Versions[0].Label != want.CurrentVersion || v.Versions[0].ReleaseKey != key) {
			t.Errorf("%s had the versions %+v", itemKey, v.Versions)
		}
	}
	w.view(func(tx *db.Tx) error {
		asIs, err := w.catalog.BaselineOf(tx, w.service.ID)
		if err != nil {
			return err
		}
		version, _ := asIs.VersionOf(server.ItemID)
		if _, still := asIs.VersionOf(gateway.ItemID); version != "2.0" || still || asIs.ReleaseKey != key {
			t.Errorf("the as-is baseline: %+v", asIs)
		}
		return nil
	})
}

// flies asserts whether the release is listed among those in flight.
func (w *world) flies(key string, want bool) {
	w.t.Helper()
	list, err := w.svc.List(ctx, w.maya, release.Filter{InFlight: true})
	w.must(err)
	if got := len(list) == 1 && list[0].Key == key; got != want {
		w.t.Errorf("in flight: %+v, want %s there: %v", list, key, want)
	}
	totals, err := w.svc.InFlight(ctx, w.maya)
	w.must(err)
	if got := totals[w.service.ID] == 1; got != want {
		w.t.Errorf("counted in flight: %v", totals)
	}
}

func TestWhereAnItemIsUsed(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	server := w.item(key, "pay-server")
	v := w.receive("pay-server", "2.0", dml.Software, dml.Built)
	w.must(w.svc.AddComponent(ctx, w.bruno, key, release.Component{Kind: release.Software, MediaVersionID: v.ID, ItemID: server.ItemID}))
	uses, err := w.svc.ItemUses(ctx, w.omar, server.ItemID)
	w.must(err)
	media, err := w.svc.ItemMedia(ctx, w.omar, server.ItemID)
	w.must(err)
	if len(uses) != 1 || uses[0].ReleaseKey != key || uses[0].AsIs != "1.0" || uses[0].State != release.BuildTest || uses[0].Decision != release.Undecided {
		t.Errorf("releases: %+v", uses)
	}
	if len(media) != 1 || media[0].ReleaseKey != key || media[0].MediaItem != v.ItemKey || media[0].Label != "2.0" || media[0].Digest != v.Digest.String() || media[0].Package != 1 {
		t.Errorf("media: %+v", media)
	}
	w.must(w.svc.Baseline(ctx, w.bruno, key))
	w.must(w.svc.AddComponent(ctx, w.bruno, key, release.Component{Kind: release.Other, Name: "Decision", Reference: "D-7"}))
	if media, err = w.svc.ItemMedia(ctx, w.omar, server.ItemID); err != nil || len(media) != 1 || media[0].Package != 2 {
		t.Errorf("after the next package: %+v, %v", media, err)
	}
	if none, err := w.svc.ItemMedia(ctx, w.omar, w.item(key, "pay-guide").ItemID); err != nil || len(none) != 0 {
		t.Errorf("of the guide: %+v, %v", none, err)
	}
}
