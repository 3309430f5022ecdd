package policy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

func TestEveryStateAndVerb(t *testing.T) {
	want := map[string]State{
		"Draft approve": Approved, "Approved activate": Active, "Approved supersede": Superseded, "Active supersede": Superseded,
	}
	for _, from := range States {
		for _, verb := range Verbs {
			to, err := from.After(verb)
			expected, legal := want[fmt.Sprintf("%s %s", from, verb)]
			if legal && (err != nil || to != expected) {
				t.Errorf("%s %s: %s, %v; want %s", from, verb, to, err, expected)
			}
			if !legal && (!errors.Is(err, fault.Refused) || to != from) {
				t.Errorf("%s %s: %s, %v; want a refusal", from, verb, to, err)
			}
		}
	}
}

func TestPatterns(t *testing.T) {
	for pattern, ok := range map[string]bool{
		"{SERVICE}-{YYYY}.{MM}.{N}": true, "{SERVICE}-{N}": true, "{SERVICE}-{YY}w{WW}-{N}": true,
		"{SERVICE}-{YYYY}": false, "{SERVICE}-{N}-{N}": false, "PAY-{N}": false, "{SERVICE}/{N}": false, "{SERVICE}-{DAY}-{N}": false, "{SERVICE} {N}": false,
	} {
		if err := checkPattern(pattern); (err == nil) != ok {
			t.Errorf("%s: %v", pattern, err)
		}
	}
	before, after := around("{SERVICE}-{YY}w{WW}-{N}-x", "PAY", time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC))
	if before != "PAY-27w53-" || after != "-x" { // the ISO week of 2 January 2027 belongs to 2026
		t.Errorf("filled in: %q %q", before, after)
	}
}

func TestStandardIsComplete(t *testing.T) {
	rules := Standard()
	if err := checked(rules); err != nil {
		t.Error(err)
	}
	for _, m := range Templates() {
		var c fault.Check
		m.Body.check(&c)
		if err := c.Err("no"); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
	delete(rules.Stages, "A4")
	if err := checked(rules); !errors.Is(err, fault.Invalid) {
		t.Errorf("nobody decides A4: %v", err)
	}
}

func checked(rules Rules) error {
	var c fault.Check
	rules.check(&c)
	return c.Err("no")
}

type world struct {
	d           *db.DB
	s           *Service
	maya, sofia identity.Actor
	service     catalog.ServiceRecord
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{d: dbtest.New(t)}
	cat := catalog.New(w.d)
	w.s = New(w.d, cat)
	w.maya = dbtest.User(t, w.d, "maya", identity.ReleaseManager)
	w.sofia = dbtest.User(t, w.d, "sofia", identity.ServiceOwner, identity.ReleaseManager)
	w.service = catalog.ServiceRecord{Key: "PAY", Name: "Payments", Criticality: "vital", OwnerID: w.sofia.UserID}
	if err := cat.SaveService(context.Background(), w.sofia, &w.service); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w world) create(t *testing.T, author identity.Actor) *Version {
	t.Helper()
	v, err := w.s.Create(context.Background(), author, &Policy{Key: "PAY", Name: "Payments", Services: []int64{w.service.ID}}, Standard())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPolicyIsApprovedByTheServiceOwnerWhoDidNotWriteIt(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.create(t, w.sofia)
	if err := w.s.Approve(ctx, w.sofia, "PAY"); !errors.Is(err, fault.Refused) {
		t.Errorf("the author approves: %v", err)
	}
	if err := w.s.Approve(ctx, w.maya, "PAY"); !errors.Is(err, fault.Forbidden) {
		t.Errorf("somebody who owns no service approves: %v", err)
	}
	if err := w.s.Activate(ctx, w.maya, "PAY"); !errors.Is(err, fault.Refused) {
		t.Errorf("a draft is put into force: %v", err)
	}
}

func TestApprovedVersionNeverChanges(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	v := w.create(t, w.maya)
	must(t, w.s.Approve(ctx, w.sofia, "PAY"))
	must(t, w.s.Activate(ctx, w.maya, "PAY"))
	changed := Standard()
	changed.RiskAppetite = 4
	if _, err := w.s.Edit(ctx, w.maya, "PAY", v.Version, changed); !errors.Is(err, fault.Conflict) {
		t.Errorf("a stale form: %v", err)
	}
	draft, err := w.s.Edit(ctx, w.maya, "PAY", v.Version+2, changed)
	if err != nil || draft.Number != 2 || draft.State != Draft {
		t.Fatalf("editing what is in force: %+v, %v", draft, err)
	}
	must(t, w.d.View(ctx, func(tx *db.Tx) error {
		active, err := w.s.ActiveFor(tx, w.service.ID)
		if err != nil || active.Number != 1 || active.Rules.RiskAppetite != 9 {
			t.Errorf("in force: %+v, %v", active, err)
		}
		return nil
	}))
	must(t, w.s.Approve(ctx, w.sofia, "PAY"))
	must(t, w.s.Activate(ctx, w.maya, "PAY"))
	must(t, w.d.View(ctx, func(tx *db.Tx) error {
		_, versions, err := w.s.Find(tx, "PAY")
		if err != nil || versions[0].State != Active || versions[1].State != Superseded {
			t.Errorf("versions: %+v, %v", versions, err)
		}
		return nil
	}))
}

func TestNumbersAreGivenOnce(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	v := w.create(t, w.maya)
	var mu sync.Mutex
	given := map[string]bool{}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			err := w.d.InTx(ctx, func(tx *db.Tx) error {
				key, err := v.NextKey(tx, "PAY")
				mu.Lock()
				defer mu.Unlock()
				if given[key] {
					t.Errorf("%s was given twice", key)
				}
				given[key] = true
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for n := 1; n <= 32; n++ {
		if key := fmt.Sprintf("PAY-2026.11.%d", n); !given[key] {
			t.Errorf("%s is missing", key)
		}
	}
	must(t, w.d.InTx(ctx, func(tx *db.Tx) error {
		for key, ok := range map[string]bool{"PAY-2026.11.40": true, "PAY-2026.12.1": false, "BIL-2026.11.1": false, "PAY-2026.11.0": false, "PAY-2026.11.x": false, "PAY-2026.11.041": false} {
			if err := v.TakeKey(tx, "PAY", key); (err == nil) != ok {
				t.Errorf("%s: %v", key, err)
			}
		}
		if key, err := v.NextKey(tx, "PAY"); err != nil || key != "PAY-2026.11.41" {
			t.Errorf("after a typed 40 comes %s, %v", key, err)
		}
		return nil
	}))
}

func TestModelIsApprovedBySomebodyElse(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	template := Templates()[0]
	_, err := w.s.CreateModel(ctx, w.maya, &Model{Key: template.Key, Name: template.Name}, template.Body)
	must(t, err)
	if err := w.s.ApproveModel(ctx, w.maya, template.Key); !errors.Is(err, fault.Refused) {
		t.Errorf("the author approves: %v", err)
	}
	must(t, w.s.ApproveModel(ctx, w.sofia, template.Key))
	must(t, w.d.View(ctx, func(tx *db.Tx) error {
		models, err := w.s.ActiveModels(tx)
		if err != nil || len(models) != 1 || models[0].Body.Waves[0].Steps[2].Witness != true {
			t.Errorf("in use: %+v, %v", models, err)
		}
		return nil
	}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
