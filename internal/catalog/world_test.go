package catalog

import (
	"context"
	"errors"
	"slices"
	"testing"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// world is a catalogue with two services, each kept by its own people.
type world struct {
	t                   *testing.T
	d                   *db.DB
	s                   *Service
	sofia, maya, stefan identity.Actor
	petra, otto         identity.Actor // owners of PAY alone, and of SHOP alone
	pay, shop           ServiceRecord
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, d: dbtest.New(t)}
	w.s = New(w.d)
	w.sofia = dbtest.User(t, w.d, "sofia", identity.ServiceOwner)
	w.maya = dbtest.User(t, w.d, "maya", identity.ReleaseManager)
	w.stefan = dbtest.User(t, w.d, "stefan", identity.Stakeholder)
	w.pay = ServiceRecord{Key: "PAY", Name: "Payments", Criticality: "vital", OwnerID: w.sofia.UserID}
	w.shop = ServiceRecord{Key: "SHOP", Name: "Shop", Criticality: "low", OwnerID: w.sofia.UserID}
	for _, r := range []*ServiceRecord{&w.pay, &w.shop} {
		w.must(w.s.SaveService(context.Background(), w.sofia, r))
	}
	w.petra = dbtest.UserWith(t, w.d, "petra", identity.Grant{Role: identity.ServiceOwner, ServiceID: w.pay.ID})
	w.otto = dbtest.UserWith(t, w.d, "otto", identity.Grant{Role: identity.ServiceOwner, ServiceID: w.shop.ID})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// fails asserts the kind of an error, and the fields that it names.
func (w *world) fails(what string, err error, kind fault.Kind, fields ...string) {
	w.t.Helper()
	if !errors.Is(err, kind) {
		w.t.Errorf("%s: %v, want %v", what, err, kind)
		return
	}
	if found := named(err); len(fields) > 0 && !slices.Equal(found, fields) {
		w.t.Errorf("%s: %v is wrong, want %v", what, found, fields)
	}
}

// item adds an item to a service.
func (w *world) item(key string, service ServiceRecord) *Item {
	w.t.Helper()
	i := &Item{Key: key, Name: "The " + key, Kind: "software", ServiceID: service.ID, CurrentVersion: "1"}
	w.must(w.s.SaveItem(context.Background(), w.sofia, i))
	return i
}

func (w *world) unit(name string, items ...*Item) *Unit {
	w.t.Helper()
	u := &Unit{ServiceID: items[0].ServiceID, Name: name}
	ids := make([]int64, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	w.must(w.s.SaveUnit(context.Background(), w.sofia, u, ids))
	return u
}

func (w *world) relate(from, to *Item, kind RelationKind) {
	w.t.Helper()
	w.must(w.s.Relate(context.Background(), w.sofia, from.Key, to.Key, kind))
}

func (w *world) sheet(key string, actor identity.Actor) *ItemSheet {
	w.t.Helper()
	v, err := w.s.Item(context.Background(), actor, key)
	w.must(err)
	return v
}

// lastSentence is the newest entry of the record.
func (w *world) lastSentence() string {
	w.t.Helper()
	var sentence string
	w.must(w.d.View(context.Background(), func(tx *db.Tx) error {
		list, err := audit.Recent(tx, 0, 1)
		if err == nil && len(list) > 0 {
			sentence = list[0].Sentence
		}
		return err
	}))
	return sentence
}

func keys(list []Item) []string {
	var names []string
	for _, i := range list {
		names = append(names, i.Key)
	}
	return names
}

func neighbourKeys(list []Neighbour) []string {
	var names []string
	for _, n := range list {
		names = append(names, n.Item.Key)
	}
	return names
}
