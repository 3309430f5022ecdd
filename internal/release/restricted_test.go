package release_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// outsiders may not know that a restricted release of the service is there.
func (w *world) outsiders() map[string]identity.Actor {
	w.t.Helper()
	other := w.addService("SHOP", "Shop").ID
	machine := dbtest.User(w.t, w.d, "pipeline")
	machine.Kind, machine.Scopes = identity.Machine, []string{"api:read", "api:write", "build:report", "deploy:report"}
	return map[string]identity.Actor{
		"a stakeholder":                   w.stefan,
		"a stakeholder of the service":    dbtest.UserWith(w.t, w.d, "sten", identity.Grant{Role: identity.Stakeholder, ServiceID: w.service.ID}),
		"a manager of another service":    dbtest.UserWith(w.t, w.d, "mona", identity.Grant{Role: identity.ReleaseManager, ServiceID: other}, identity.Grant{Role: identity.ChangeManager, ServiceID: other}),
		"somebody without any role":       dbtest.User(w.t, w.d, "nils"),
		"a machine of nobody in the know": machine,
	}
}

// doors are all methods that are asked for a release by its key, by whoever asks.
func doors(svc *release.Service) map[string]reflect.Value {
	list, want := map[string]reflect.Value{}, []reflect.Type{reflect.TypeFor[context.Context](), reflect.TypeFor[identity.Actor](), reflect.TypeFor[string]()}
	kind := reflect.TypeOf(svc)
	for i := range kind.NumMethod() {
		m := kind.Method(i)
		if m.Name == "Choices" { // its key is a service's
			continue
		}
		in := make([]reflect.Type, 0, 3)
		for n := 1; n < min(m.Type.NumIn(), 4); n++ {
			in = append(in, m.Type.In(n))
		}
		if slices.Equal(in, want) {
			list[m.Name] = reflect.ValueOf(svc).Method(i)
		}
	}
	return list
}

func through(door reflect.Value, actor identity.Actor, key string) error {
	args := []reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(actor), reflect.ValueOf(key)}
	for n := 3; n < door.Type().NumIn(); n++ {
		args = append(args, reflect.Zero(door.Type().In(n)))
	}
	out := door.Call(args)
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

func TestARestrictedReleaseIsNotThereForOutsiders(t *testing.T) {
	w := newWorld(t)
	key, open := w.create(restricted), w.create()
	w.to(key, release.BuildTest)
	list := doors(w.svc)
	if len(list) < 30 {
		t.Fatalf("only %d doors are tried", len(list))
	}
	before := w.entries()
	for name, actor := range w.outsiders() {
		for method, door := range list {
			if err := through(door, actor, key); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s through %s: %v", name, method, err)
			}
			if err := through(door, actor, "PAY-1999.1.1"); fault.KindOf(err) != fault.NotFound || err.Error() != through(door, actor, key).Error() {
				t.Errorf("%s through %s can tell it from one that is not there: %v", name, method, err)
			}
		}
		w.view(func(tx *db.Tx) error {
			_, err := w.svc.ByID(tx, actor, w.read(key).ID)
			kindIs(t, err, fault.NotFound)
			return nil
		})
		if r, err := w.svc.Find(ctx, actor, open); err != nil || r.Key != open {
			t.Errorf("%s does not see what is open: %v", name, err)
		}
	}
	if w.entries() != before+1 { // the other service's
		t.Errorf("%d entries more", w.entries()-before)
	}
}

func TestARestrictedReleaseIsOnNoListOfOutsiders(t *testing.T) {
	w := newWorld(t)
	key, open := w.create(restricted), w.create()
	w.to(key, release.BuildTest)
	w.pack(key)
	server := w.item(key, "pay-server").ItemID
	media := w.lines(key)[1]
	keys := func(actor identity.Actor, f release.Filter) (keys []string) {
		t.Helper()
		list, err := w.svc.List(ctx, actor, f)
		w.must(err)
		for _, r := range list {
			keys = append(keys, r.Key)
		}
		return keys
	}
	insiders := map[string]identity.Actor{"the manager": w.maya, "an auditor": w.ada, "operations of the service": dbtest.UserWith(t, w.d, "otto", identity.Grant{Role: identity.Operations, ServiceID: w.service.ID})}
	for name, actor := range insiders {
		if list := keys(actor, release.Filter{}); !slices.Equal(list, []string{open, key}) {
			t.Errorf("%s sees %v", name, list)
		}
	}
	for name, actor := range w.outsiders() {
		for _, f := range []release.Filter{{}, {Text: key}, {Text: "refunds"}, {ServiceKey: "PAY"}, {Type: release.Minor}, {State: release.BuildTest}, {Before: 1 << 40}} {
			if list := keys(actor, f); slices.Contains(list, key) {
				t.Errorf("%s finds it by %+v", name, f)
			}
		}
		total, err := w.svc.Counts(ctx, actor)
		w.must(err)
		flights, err2 := w.svc.InFlight(ctx, actor)
		w.must(err2)
		if total[release.BuildTest] != 0 || total[release.Draft] != 1 || flights[w.service.ID] != 1 {
			t.Errorf("%s counts %v, in flight %v", name, total, flights)
		}
		uses, err := w.svc.ItemUses(ctx, actor, server)
		w.must(err)
		becomes, err := w.svc.ItemMedia(ctx, actor, server)
		w.must(err)
		if len(uses) != 1 || uses[0].ReleaseKey != open || len(becomes) != 0 {
			t.Errorf("%s reads on the item's page: %+v, %+v", name, uses, becomes)
		}
		w.unknown(name, actor, key, media.MediaItem)
	}
	w.view(func(tx *db.Tx) error {
		gates, err := w.svc.WaitingGates(tx, w.outsider(identity.ChangeManager), 10)
		if len(gates) != 0 {
			t.Errorf("its gate waits for a stranger: %+v", gates)
		}
		return err
	})
}

// outsider holds a role for a service that is none.
func (w *world) outsider(role identity.Role) identity.Actor {
	return dbtest.UserWith(w.t, w.d, "far-away", identity.Grant{Role: role, ServiceID: 999})
}

// unknown demands that the rooms to the left keep quiet about the release.
func (w *world) unknown(name string, actor identity.Actor, key, item string) {
	w.t.Helper()
	list, err := w.change.List(ctx, actor, change.Filter{})
	w.must(err)
	if slices.ContainsFunc(list, func(c change.Change) bool { return c.ReleaseKey == key }) {
		w.t.Errorf("%s finds its change", name)
	}
	r := w.read(key)
	calendar, err := w.change.CalendarEntries(ctx, actor, r.WindowStart.Add(-time.Hour), r.WindowEnd)
	w.must(err)
	for _, e := range calendar.Entries {
		if e.Booking != nil && e.Booking.ReleaseKey == key {
			w.t.Errorf("%s finds it on the calendar as %s", name, e.Booking.Name())
		}
	}
	detail, err := w.media.Detail(ctx, actor, item)
	if fault.KindOf(err) == fault.NotFound {
		return
	}
	w.must(err)
	for _, v := range detail.Versions {
		if slices.ContainsFunc(v.UsedBy, func(u dml.Use) bool { return u.ReleaseKey == key }) {
			w.t.Errorf("%s finds it beside %s", name, v.Title())
		}
	}
}

func TestAReleaseThatIsRestrictedLater(t *testing.T) {
	w := newWorld(t)
	key := w.created(release.BuildTest)
	w.pack(key)
	r := w.read(key)
	w.in(func(tx *db.Tx) error { // a wave of it, as the deployment room books it
		return w.change.Book(tx, change.Booking{ReleaseKey: key, Part: "wave 1", ServiceID: r.ServiceID, FromAt: r.WindowStart, ToAt: r.WindowEnd})
	})
	edit := release.Edit{Version: r.Version, Title: r.Title, Summary: r.Summary, OwnerID: r.OwnerID, Restricted: true}
	w.must(w.svc.Rename(ctx, w.maya, key, edit))
	for name, actor := range w.outsiders() {
		if _, err := w.svc.Find(ctx, actor, key); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s still finds it: %v", name, err)
		}
		for _, line := range w.lines(key) {
			w.unknown(name, actor, key, line.MediaItem)
		}
		if total, err := w.svc.Counts(ctx, actor); err != nil || total[release.BuildTest] != 0 {
			t.Errorf("%s counts %v, %v", name, total, err)
		}
	}
	edit.Version, edit.Restricted = w.read(key).Version, false
	w.must(w.svc.Rename(ctx, w.maya, key, edit))
	if total, err := w.svc.Counts(ctx, w.stefan); err != nil || total[release.BuildTest] != 1 {
		t.Errorf("opened again a stakeholder counts %v, %v", total, err)
	}
}

func TestWhomARestrictedReleaseNames(t *testing.T) {
	w := newWorld(t)
	key, other := w.create(restricted), w.create(restricted)
	w.in(func(tx *db.Tx) error {
		r, err := w.svc.FindIn(tx, w.maya, key)
		if err != nil {
			return err
		}
		for range 2 { // saying it twice is saying it once
			if err := w.svc.AddViewer(tx, r, w.stefan.UserID); err != nil {
				return err
			}
		}
		return nil
	})
	if r, err := w.svc.Find(ctx, w.stefan, key); err != nil || r.Key != key {
		t.Errorf("whom it names does not see it: %v", err)
	}
	_, err := w.svc.Find(ctx, w.stefan, other)
	kindIs(t, err, fault.NotFound)
	list, err := w.svc.List(ctx, w.stefan, release.Filter{})
	w.must(err)
	if len(list) != 1 || list[0].Key != key {
		t.Errorf("on the list: %+v", list)
	}
	kindIs(t, w.svc.Do(ctx, w.stefan, key, release.VerbSubmit, "", 0), fault.Forbidden)
}
