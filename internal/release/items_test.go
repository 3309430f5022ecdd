package release_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

func TestANewReleaseListsWhatItMayAffect(t *testing.T) {
	w := newWorld(t)
	key := w.create()
	want := map[string]string{"pay-server": "in the unit Server", "pay-guide": "in the unit Server", "pay-gateway": "related to one of them"}
	items := w.items(key)
	if len(items) != len(want) {
		t.Errorf("%d items: %+v", len(items), items)
	}
	for _, i := range items {
		if i.Why != want[i.ItemKey] || i.AsIs != "1.0" || i.ToBe != "" || i.Decision != release.Undecided || i.Change() != "undecided" {
			t.Errorf("%+v", i)
		}
	}
	w.must(w.svc.AddItem(ctx, w.bruno, key, " pay-refunds "))
	wrong(t, w.svc.AddItem(ctx, w.bruno, key, "pay-refunds"), "item")
	wrong(t, w.svc.AddItem(ctx, w.bruno, key, "pay-nothing"), "item")
	kindIs(t, w.svc.AddItem(ctx, w.chen, key, "pay-refunds"), fault.Forbidden)
}

func (w *world) item(key, itemKey string) release.Item {
	w.t.Helper()
	items := w.items(key)
	at := slices.IndexFunc(items, func(i release.Item) bool { return i.ItemKey == itemKey })
	if at < 0 {
		w.t.Fatalf("%s does not list %s", key, itemKey)
	}
	return items[at]
}

func TestAnItemIsIncludedOrLeftOutWithAReason(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	i := w.item(key, "pay-server")
	field := func(name string) string { return fmt.Sprintf("%s_%d", name, i.ID) }
	decide := func(version int64, decision release.Inclusion, toBe, reason string) error {
		return w.svc.DecideItem(ctx, w.bruno, key, i.ID, version, decision, toBe, reason)
	}
	wrong(t, decide(i.Version, "", "", ""), field("decision"))
	wrong(t, decide(i.Version, "perhaps", "", ""), field("decision"))
	wrong(t, decide(i.Version, release.Included, "  ", ""), field("to_be"))
	wrong(t, decide(i.Version, release.Excluded, "", " "), field("reason"))
	kindIs(t, w.svc.DecideItem(ctx, w.tess, key, i.ID, i.Version, release.Included, "2.0", ""), fault.Forbidden)
	kindIs(t, w.svc.DecideItem(ctx, w.bruno, key, 99_999, 1, release.Included, "2.0", ""), fault.NotFound)
	w.must(decide(i.Version, release.Included, "2.0", ""))
	kindIs(t, decide(i.Version, release.Excluded, "", "Somebody else's form."), fault.Conflict)
	for _, c := range []struct{ toBe, change string }{{"2.0", "changed"}, {"1.0", "kept"}, {release.Retired, "retired"}} {
		w.must(decide(w.item(key, "pay-server").Version, release.Included, c.toBe, ""))
		if got := w.item(key, "pay-server"); got.Change() != c.change || got.ToBe != c.toBe {
			t.Errorf("to be %s is %s", c.toBe, got.Change())
		}
	}
	w.must(decide(w.item(key, "pay-server").Version, release.Excluded, "9.9", "Its owner wants it next month."))
	if got := w.item(key, "pay-server"); got.ToBe != "1.0" || got.Change() != "kept" || got.Reason != "Its owner wants it next month." {
		t.Errorf("left out: %+v", got)
	}
	if (release.Item{Decision: release.Included, ToBe: "1.0"}).Change() != "added" {
		t.Error("what was not there is not added")
	}
}

func TestNoAffectedItemIsHidden(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	w.pack(key)
	w.verify(key)
	w.must(w.svc.Attest(ctx, w.tess, key, release.A3, "A3.notes", "Read them."))
	w.must(w.svc.AddItem(ctx, w.bruno, key, "pay-refunds"))
	if f := w.finding(key, release.A3, "items.decided"); f.State != release.Unmet || !strings.Contains(f.Detail, "pay-refunds") {
		t.Errorf("%+v", f)
	}
	refused(t, w.approves(w.chen, key, release.A3), "items.decided")
	w.must(w.svc.DecideItem(ctx, w.bruno, key, w.item(key, "pay-refunds").ID, 1, release.Excluded, "", "Nothing changes for clerks."))
	w.approve(key, release.A3, w.chen)
	i := w.item(key, "pay-gateway") // decided otherwise once change management has spoken
	w.must(w.svc.DecideItem(ctx, w.bruno, key, i.ID, i.Version, release.Included, "3.0", ""))
	if g := w.gate(key, release.A3); g.Round != 2 || g.State != release.GateOpen {
		t.Errorf("the word on another scope stands: %+v", g)
	}
	w.approve(key, release.A3, w.chen, w.cora)
	w.stands(key, release.Ready)
}

func TestWhatThePackageBringsIsOnTheList(t *testing.T) {
	w := newWorld(t)
	key := w.create(func(q *release.Request) { q.UnitIDs = nil })
	w.must(w.svc.AddItem(ctx, w.bruno, key, "pay-guide")) // which is related to nothing
	w.to(key, release.BuildTest)
	var server int64
	w.view(func(tx *db.Tx) error {
		found, err := w.catalog.FindItem(tx, "pay-server")
		server = found.ID
		return err
	})
	i := w.item(key, "pay-guide")
	w.must(w.svc.DecideItem(ctx, w.bruno, key, i.ID, i.Version, release.Included, "2.0", ""))
	v := w.receive("pay-server", "2.0", "software", "built")
	w.must(w.svc.AddComponent(ctx, w.bruno, key, release.Component{Kind: release.Software, MediaVersionID: v.ID, ItemID: server}))
	hides := func(says string) {
		t.Helper()
		if f := w.finding(key, release.A3, "items.decided"); f.State != release.Unmet || !strings.Contains(f.Detail, says) {
			t.Errorf("%+v, want it to say %q", f, says)
		}
	}
	hides("becomes pay-server, which is not on the list")
	w.must(w.svc.AddItem(ctx, w.bruno, key, "pay-server"))
	if got := w.item(key, "pay-gateway"); got.Why != "related to pay-server" || got.AsIs != "1.0" {
		t.Errorf("what depends on it came as %+v", got)
	}
	hides("Undecided: pay-gateway, pay-server.")
	for _, i := range w.items(key) {
		if i.Decision == release.Undecided {
			w.must(w.svc.DecideItem(ctx, w.bruno, key, i.ID, i.Version, release.Excluded, "", "Next month."))
		}
	}
	hides("becomes pay-server, which is left out")
	i = w.item(key, "pay-server")
	w.must(w.svc.DecideItem(ctx, w.bruno, key, i.ID, i.Version, release.Included, "2.0", ""))
	if f := w.finding(key, release.A3, "items.decided"); f.State != release.Met {
		t.Errorf("%+v", f)
	}
}

func TestTheScopeIsClosedOnceItIsCheckedIn(t *testing.T) {
	w := newWorld(t)
	key := w.cleared()
	media := w.receive("pay-extra", "1", "software", "built")
	for _, held := range []bool{false, true} {
		if held {
			w.do(key, release.VerbHold)
		}
		i := w.item(key, "pay-server")
		refused(t, w.svc.AddItem(ctx, w.bruno, key, "pay-refunds"), "package.closed")
		refused(t, w.svc.DecideItem(ctx, w.bruno, key, i.ID, i.Version, release.Included, "6.6", ""), "package.closed")
		refused(t, w.svc.AddComponent(ctx, w.bruno, key, release.Component{Kind: release.Software, MediaVersionID: media.ID}), "package.closed")
		refused(t, w.svc.RemoveComponent(ctx, w.bruno, key, w.lines(key)[0].ID), "package.closed")
		refused(t, w.svc.Baseline(ctx, w.bruno, key), "package.closed")
	}
	w.gateIs(key, release.A4, release.GateApproved)
	w.do(key, release.VerbResume)
	w.stands(key, release.Ready)
	early := w.created(release.BuildTest)
	w.do(early, release.VerbHold)
	w.must(w.svc.AddItem(ctx, w.bruno, early, "pay-refunds")) // nor does a hold close what was open
}

func (w *world) lines(key string) (lines []release.Component) {
	w.t.Helper()
	r := w.read(key)
	w.view(func(tx *db.Tx) (err error) {
		_, lines, err = w.svc.CurrentPackage(tx, r)
		return err
	})
	return lines
}

func TestTheScheduleKnowsWhatAReleaseAffects(t *testing.T) {
	w := newWorld(t)
	one := w.create()
	other := w.create(func(q *release.Request) { q.UnitIDs = nil })
	shared := func() (items []string) {
		t.Helper()
		w.view(func(tx *db.Tx) error {
			list, err := w.change.Conflicts(tx, other)
			for _, c := range list {
				if key, ok := strings.CutPrefix(c.Shared, "item:"); ok {
					items = append(items, key)
				}
			}
			return err
		})
		return items
	}
	if list := shared(); len(list) != 0 {
		t.Errorf("they share %v", list)
	}
	w.must(w.svc.AddItem(ctx, w.bruno, other, "pay-gateway"))
	if list := shared(); !slices.Equal(list, []string{"pay-gateway", "pay-server"}) { // which it depends on
		t.Errorf("once it affects the gateway, they share %v", list)
	}
	w.must(w.svc.DecideItem(ctx, w.bruno, one, w.item(one, "pay-gateway").ID, 1, release.Excluded, "", "Not touched."))
	if list := shared(); !slices.Equal(list, []string{"pay-server"}) {
		t.Errorf("once the other leaves it out, they share %v", list)
	}
}

func TestTheToBeBecomesTheAsIs(t *testing.T) {
	w := newWorld(t)
	key := w.cleared()
	w.deployed(key)
	w.advance(key, release.VerbExitEarlyLife)
	w.approve(key, release.A5, w.chen)
	w.view(func(tx *db.Tx) error {
		baseline, err := w.catalog.BaselineOf(tx, w.service.ID)
		if err != nil || baseline.ReleaseKey != key {
			t.Errorf("the newest baseline is of %q: %v", baseline.ReleaseKey, err)
		}
		for itemKey, want := range map[string]string{"pay-server": "2.0", "pay-guide": "2.0", "pay-gateway": "1.0", "pay-refunds": "1.0"} {
			i, err := w.catalog.FindItem(tx, itemKey)
			if err != nil {
				return err
			}
			if version, _ := baseline.VersionOf(i.ID); i.CurrentVersion != want || version != want {
				t.Errorf("%s is %s, in the baseline %s, want %s", itemKey, i.CurrentVersion, version, want)
			}
		}
		return nil
	})
	next := w.create()
	if i := w.item(next, "pay-server"); i.AsIs != "2.0" {
		t.Errorf("the next release finds %s", i.AsIs)
	}
}

func TestAnItemThatAReleaseChangesIsNotRetired(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	keeper := dbtest.UserWith(t, w.d, "petra", identity.Grant{Role: identity.ServiceOwner, ServiceID: w.service.ID})
	i := w.item(key, "pay-gateway")
	retire := func() error {
		v, err := w.catalog.Item(ctx, keeper, "pay-gateway")
		w.must(err)
		err = w.catalog.RetireItem(ctx, keeper, "pay-gateway", v.Item.Version)
		if f, _ := fault.As(err); f != nil && len(f.Blockers) != len(v.Against) {
			t.Errorf("the page names %+v, the refusal %+v", v.Against, f.Blockers)
		}
		return err
	}
	w.must(w.svc.DecideItem(ctx, w.bruno, key, i.ID, i.Version, release.Included, "2.0", ""))
	f, _ := fault.As(retire())
	if f == nil || len(f.Blockers) != 1 || f.Blockers[0].Sentence != key+", which is Build and test, changes it." || f.Blockers[0].Owner == "" || f.Blockers[0].Link == "" {
		t.Fatalf("retired although a release changes it: %+v", f)
	}
	elsewhere := w.addService("SHOP", "Shop")
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Release{}).Where("release_key = ?", key).Updates(map[string]any{"restricted": true, "service_id": elsewhere.ID}).Error
	})
	f, _ = fault.As(retire())
	if f == nil || len(f.Blockers) != 1 || strings.Contains(f.Blockers[0].Sentence+f.Blockers[0].Link, key) {
		t.Fatalf("a restricted release is named, or does not count: %+v", f)
	}
	i = w.item(key, "pay-gateway")
	w.must(w.svc.DecideItem(ctx, w.bruno, key, i.ID, i.Version, release.Excluded, "", "Goes on its own."))
	w.must(retire())
}

// Two releases that change a part and its whole at the same time conflict, though
// each leaves the other's item out.
func TestAPartAndItsWholeConflict(t *testing.T) {
	w := newWorld(t)
	elsewhere := w.addService("SHOP", "Shop")
	key := w.created(release.BuildTest)
	w.decideItems(key)
	r := w.read(key)
	w.in(func(tx *db.Tx) error {
		part, err := w.catalog.FindItem(tx, "pay-refunds")
		if err != nil {
			return err
		}
		return w.change.Book(tx, change.Booking{ReleaseKey: "SHOP-1", Title: "SHOP-1", ServiceID: elsewhere.ID, ServiceName: elsewhere.Name,
			FromAt: r.WindowStart, ToAt: r.WindowEnd, Standing: change.Agreed, Items: []change.Item{{ID: part.ID, Key: part.Key}}})
	})
	told := func() (told bool) {
		w.view(func(tx *db.Tx) error {
			list, err := w.change.Conflicts(tx, key)
			told = slices.ContainsFunc(list, func(c change.Conflict) bool {
				return strings.Contains(c.Sentence, "pay-refunds, or its parts or whole,")
			})
			return err
		})
		return told
	}
	if told() {
		t.Error("two items that have nothing to do with each other conflict")
	}
	w.must(w.catalog.Relate(ctx, w.sofia, "pay-refunds", "pay-server", catalog.PartOf)) // long after both were booked
	if !told() {
		t.Error("the conflict over the whole is not told")
	}
	sheet, err := w.catalog.Item(ctx, w.sofia, "pay-refunds")
	w.must(err)
	w.must(w.catalog.Unrelate(ctx, w.sofia, "pay-refunds", sheet.PartOf[0].RelationID))
	if told() {
		t.Error("what is no part any more conflicts still")
	}
	w.must(w.catalog.Relate(ctx, w.sofia, "pay-refunds", "pay-server", catalog.DependsOn))
	if told() {
		t.Error("what only depends on it conflicts")
	}
}
