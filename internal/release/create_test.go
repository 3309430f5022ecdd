package release_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"slipway/internal/audit"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func TestSixteenAtOnceGetSixteenNumbers(t *testing.T) {
	const many = 16
	w := newWorld(t)
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		keys []string
	)
	for n := range many {
		wait.Add(1)
		go func() {
			defer wait.Done()
			q := w.request()
			q.Title = fmt.Sprintf("Release %d", n)
			if n%4 == 0 { // some fail after their number was taken, and give it back
				q.OwnerID = 99_999
				_, err := w.svc.Create(ctx, w.maya, q)
				wrong(t, err, "owner")
				q.OwnerID = 0
			}
			r, err := w.svc.Create(ctx, w.maya, q)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			keys = append(keys, r.Key)
		}()
	}
	wait.Wait()
	numbers := make([]int, len(keys))
	for i, key := range keys {
		text, ok := strings.CutPrefix(key, "PAY-2026.11.") // the policy's pattern: {SERVICE}-{YYYY}.{MM}.{N}
		n, err := strconv.Atoi(text)
		if !ok || err != nil {
			t.Errorf("%s does not follow the pattern", key)
		}
		numbers[i] = n
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("a number is missing or given twice: %v", numbers)
		}
	}
	changes := map[string]bool{}
	for _, key := range keys {
		changes[w.read(key).ChangeKey] = true
	}
	total, err := w.svc.Counts(ctx, w.maya)
	w.must(err)
	if len(keys) != many || len(changes) != many || total[release.Draft] != many {
		t.Errorf("%d releases with %d changes, counted as %d", len(keys), len(changes), total[release.Draft])
	}
}

// fussy draws nothing for releases that it dislikes.
type fussy struct{}

func (fussy) Draw(_ *db.Tx, _ identity.Actor, r *release.Release, _ release.Origin) error {
	if strings.HasPrefix(r.Title, "Doomed") {
		return fault.New(fault.Invalid, "Not this one.")
	}
	return nil
}

// Releases that come at once are made in one transaction, and yet each stands or
// falls alone: what the fallen had taken is given to the next.
func TestReleasesThatFailAtOnceLeaveNothing(t *testing.T) {
	const many = 24
	w := newWorld(t)
	w.svc.Use(release.Rooms{Evidence: []release.Evidence{w.evidence}, Drawers: []release.Drawer{fussy{}}})
	var wait sync.WaitGroup
	for n := range many {
		wait.Go(func() {
			q := w.request()
			q.Title = fmt.Sprintf("Release %d", n)
			if n%2 == 0 {
				q.Title = fmt.Sprintf("Doomed %d", n)
			}
			if r, err := w.svc.Create(ctx, w.maya, q); (err != nil) != (n%2 == 0) {
				t.Error(q.Title, r, err)
			}
		})
	}
	wait.Wait()
	list, err := w.svc.List(ctx, w.maya, release.Filter{})
	w.must(err)
	for i, r := range list {
		if want := fmt.Sprintf("PAY-2026.11.%d", len(list)-i); r.Key != want || strings.HasPrefix(r.Title, "Doomed") {
			t.Errorf("%s: %s, want %s", r.Key, r.Title, want)
		}
	}
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		all, err := audit.Verify(tx)
		if err != nil {
			return err
		}
		entries, err := audit.Recent(tx, 0, int(all))
		planned := 0
		for _, e := range entries {
			if e.Action == "release.create" {
				planned++
			}
		}
		if len(list) != many/2 || planned != many/2 {
			t.Errorf("%d releases, %d of them on record", len(list), planned)
		}
		return err
	}))
}

func TestAnIdentifierOfOnesOwn(t *testing.T) {
	w := newWorld(t)
	own := func(key string) error {
		q := w.request()
		q.Key = key
		_, err := w.svc.Create(ctx, w.maya, q)
		return err
	}
	for _, off := range []string{"PAY-2026.11.0", "PAY-2026.11.07", "PAY-2026.12.1", "PAY-2026.11.x", "PAY-2026.11.", "SHOP-2026.11.1", "PAY 2026.11.1", "PAY-2026.11.-1", "PAY-2026.11.1/.."} {
		wrong(t, own(off), "key")
	}
	w.must(own(" PAY-2026.11.7 "))
	wrong(t, own("PAY-2026.11.7"), "key")
	if key := w.create(); key != "PAY-2026.11.8" {
		t.Errorf("the next is %s", key)
	}
	w.do("PAY-2026.11.8", release.VerbCancel)
	wrong(t, own("PAY-2026.11.8"), "key") // not even when its release is cancelled
	dbtest.SetTime(w.d, dbtest.Start.AddDate(0, 1, 0))
	if key := w.create(); key != "PAY-2026.12.1" {
		t.Errorf("the first of December is %s", key)
	}
}

func TestNoReleaseWithoutAPolicyInForce(t *testing.T) {
	w := newWorld(t)
	w.addService("SHOP", "Shop")
	q := w.request()
	q.ServiceKey = "SHOP"
	_, err := w.svc.Create(ctx, w.maya, q)
	refused(t, err, "policy.active")
	if err == nil || !strings.Contains(err.Error(), "Shop has no release policy in force.") {
		t.Errorf("it says %v", err)
	}
	choices, err := w.svc.Choices(ctx, w.maya, "SHOP")
	w.must(err)
	if choices.Policy != nil || len(choices.Without) != 1 || choices.Without[0].Owner != w.sofia.Name || choices.NextKey != "" {
		t.Errorf("the form offers %+v", choices)
	}
	if choices, err = w.svc.Choices(ctx, w.maya, "PAY"); err != nil || choices.Policy == nil || len(choices.Without) != 0 || choices.NextKey != "PAY-2026.11.1" || len(choices.Units) != 1 {
		t.Errorf("the form offers %+v, %v", choices, err)
	}
}

func TestEverythingWrongWithARequestIsNamed(t *testing.T) {
	w := newWorld(t)
	_, err := w.svc.Create(ctx, w.maya, release.Request{WindowStart: 20, WindowEnd: 10})
	wrong(t, err, "service", "title", "summary", "type", "model", "zone", "window_end")
	for field, change := range map[string]func(*release.Request){
		"service":    func(q *release.Request) { q.ServiceKey = "NONE" },
		"model":      func(q *release.Request) { q.ModelVersionID = 99 },
		"scale":      func(q *release.Request) { q.Approach.Scale = "sideways" },
		"delivery":   func(q *release.Request) { q.Approach.Delivery = "throw" },
		"execution":  func(q *release.Request) { q.Approach.Execution = "hope" },
		"zone":       func(q *release.Request) { q.Zone = "Local" },
		"window_end": func(q *release.Request) { q.WindowEnd = 0 },
		"owner":      func(q *release.Request) { q.OwnerID = 99_999 },
		"title":      func(q *release.Request) { q.Title = strings.Repeat("x", 161) },
		"type":       func(q *release.Request) { q.Type = "urgent" },
	} {
		q := w.request()
		change(&q)
		_, err := w.svc.Create(ctx, w.maya, q)
		wrong(t, err, field)
	}
	for _, actor := range []identity.Actor{w.bruno, w.chen, w.sofia, w.stefan} {
		_, err := w.svc.Create(ctx, actor, w.request())
		kindIs(t, err, fault.Forbidden)
	}
	one := policy.Templates()[2].Body // one wave, everywhere at once
	model, err := w.policy.CreateModel(ctx, w.maya, &policy.Model{Key: "fix", Name: "Fix"}, one)
	w.must(err)
	q := w.request()
	q.ModelVersionID = model.ID
	_, err = w.svc.Create(ctx, w.maya, q)
	wrong(t, err, "model") // not approved yet
	w.must(w.policy.ApproveModel(ctx, w.chen, "fix"))
	q.Approach.Scale = "phased"
	_, err = w.svc.Create(ctx, w.maya, q)
	wrong(t, err, "scale")
}

func TestANewReleasePinsWhatItIsMadeFrom(t *testing.T) {
	w := newWorld(t)
	key := w.create(func(q *release.Request) { q.OwnerID, q.Approach.Delivery = w.bruno.UserID, "pull" })
	r := w.read(key)
	if r.State != release.Draft || r.AuthorID != w.maya.UserID || r.OwnerID != w.bruno.UserID || r.PolicyLabel != "payments v1" || r.ModelLabel == "" || r.ELSDays != 5 ||
		r.Approach != (release.Approach{Scale: "phased", Delivery: "pull", Execution: "manual"}) || r.BaselineID == 0 || r.Gates != "Pending Pending Pending Pending Pending" {
		t.Errorf("%+v", r)
	}
	rules := policy.Standard()
	rules.Types["minor"] = policy.TypeRule{Definition: "Small.", NoticeDays: 1, ELSDays: 9}
	_, versions, err := w.versions("payments")
	w.must(err)
	_, err = w.policy.Edit(ctx, w.maya, "payments", versions[0].Version, rules)
	w.must(err)
	w.must(w.policy.Approve(ctx, w.sofia, "payments"))
	w.must(w.policy.Activate(ctx, w.maya, "payments"))
	if again := w.read(key); again.PolicyLabel != "payments v1" || again.ELSDays != 5 {
		t.Errorf("a newer policy changed it: %+v", again)
	}
	if next := w.read(w.create()); next.PolicyLabel != "payments v2" || next.ELSDays != 9 {
		t.Errorf("the next release: %+v", next)
	}
	w.do(key, release.VerbSubmit)
	if f := w.finding(key, release.A1, "policy.active"); f.State != release.Met {
		t.Errorf("a pinned policy that was superseded: %+v", f)
	}
	w.view(func(tx *db.Tx) error {
		c, err := w.change.Find(tx, r.ChangeKey)
		if err == nil && (c.ReleaseKey != key || c.State != change.Assessing || c.RaisedByID != w.maya.UserID) {
			t.Errorf("its change: %+v", c)
		}
		return err
	})
}

func (w *world) versions(key string) (p *policy.Policy, list []policy.Version, err error) {
	return p, list, w.d.View(ctx, func(tx *db.Tx) (err error) {
		p, list, err = w.policy.Find(tx, key)
		return err
	})
}

// cannot draws what no release is made without.
type cannot struct{ err error }

func (c cannot) Draw(*db.Tx, identity.Actor, *release.Release, release.Origin) error { return c.err }

func TestAReleaseThatCannotBeDrawnLeavesNothingBehind(t *testing.T) {
	w := newWorld(t)
	broken := errors.New("the disk is full")
	w.svc.Use(release.Rooms{Drawers: []release.Drawer{cannot{broken}}})
	if _, err := w.svc.Create(ctx, w.maya, w.request()); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	w.svc.Use(release.Rooms{})
	if key := w.create(); key != "PAY-2026.11.1" {
		t.Errorf("a number is lost: the first is %s", key)
	}
	if total, err := w.svc.Counts(ctx, w.maya); err != nil || total[release.Draft] != 1 {
		t.Errorf("counted: %v, %v", total, err)
	}
}
