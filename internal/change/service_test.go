package change_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

type fixture struct {
	t                       *testing.T
	d                       *db.DB
	s                       *change.Service
	maya, chen, olga, guest identity.Actor
}

func setUp(t *testing.T) fixture {
	d := dbtest.New(t)
	return fixture{t, d, change.New(d), dbtest.User(t, d, "maya", identity.ReleaseManager), dbtest.User(t, d, "chen", identity.ChangeManager),
		dbtest.User(t, d, "olga", identity.ChangeAuthority), dbtest.User(t, d, "stefan", identity.Stakeholder)}
}

var ctx = context.Background()

func (f fixture) write(fn func(tx *db.Tx) error) {
	f.t.Helper()
	if err := f.d.InTx(ctx, fn); err != nil {
		f.t.Fatal(err)
	}
}

func request() change.Request {
	return change.Request{Title: "New tariff table", ServiceID: 7, ServiceName: "Billing", Reason: "a", Return: "b", Risks: "c", Resources: "d",
		Responsible: "Maya", Relationship: "none", WindowStart: day(2), WindowEnd: day(3)}
}

func day(n int) db.Time { return db.At(dbtest.Start.Add(time.Duration(n) * 24 * time.Hour)) }

func (f fixture) want(kind fault.Kind, err error, what string) {
	f.t.Helper()
	if err == nil || !errors.Is(err, kind) {
		f.t.Errorf("%s: %v, want %s", what, err, kind.Error())
	}
}

func TestAChangeByHand(t *testing.T) {
	f := setUp(t)
	c, err := f.s.Open(ctx, f.maya, request())
	if err != nil || c.Key != "CHG-1" {
		t.Fatalf("%v, %v", c, err)
	}
	_, err = f.s.Open(ctx, f.guest, request())
	f.want(fault.Forbidden, err, "a stakeholder raised a change")
	if err := f.s.Do(ctx, f.maya, c.Key, change.Submit, "", c.Version); err != nil {
		t.Fatal(err)
	}
	f.want(fault.Conflict, f.s.Do(ctx, f.chen, c.Key, change.Assess, "", c.Version), "a stale command")
	f.want(fault.Conflict, f.s.Edit(ctx, f.maya, c.Key, request(), c.Version), "a stale edit")
	if err := f.s.Do(ctx, f.chen, c.Key, change.Assess, "", c.Version+1); err != nil {
		t.Fatal(err)
	}
	f.want(fault.Forbidden, f.s.Do(ctx, f.maya, c.Key, change.Authorise, "", c.Version+2), "the requester authorised")
	if err := f.s.Advise(ctx, f.chen, c.Key, change.BoardRecord{Board: "CAB", Members: "Olga, Omar", Advice: "recommend"}); err != nil {
		t.Fatal(err)
	}
	if err := f.s.Do(ctx, f.olga, c.Key, change.Authorise, "sound", c.Version+2); err != nil {
		t.Fatal(err)
	}
	f.want(fault.Refused, f.s.Edit(ctx, f.maya, c.Key, request(), c.Version+3), "an authorised change was edited")
	dossier, err := f.s.Dossier(ctx, f.chen, c.Key)
	if err != nil || len(dossier.Steps) != 3 || len(dossier.Boards) != 1 || dossier.Change.State != change.Authorised {
		t.Errorf("%+v, %v", dossier, err)
	}
}

func TestAReleasesChangeFollowsItsGates(t *testing.T) {
	f := setUp(t)
	q := request()
	q.ReleaseKey, q.ReleaseType, q.Restricted = "BIL-1", "minor", true
	f.write(func(tx *db.Tx) error {
		_, err := f.s.Raise(tx, f.maya, q)
		return err
	})
	f.want(fault.Refused, f.s.Do(ctx, f.maya, "CHG-1", change.Submit, "", 1), "moved past the gates")
	_, err := f.s.Dossier(ctx, f.guest, "CHG-1")
	f.want(fault.NotFound, err, "a stakeholder read a restricted change")
	list, err := f.s.List(ctx, f.guest, change.Filter{})
	if err != nil || len(list) != 0 {
		t.Errorf("the list shows a restricted change: %v, %v", list, err)
	}
	f.write(func(tx *db.Tx) error {
		for _, verb := range []change.Verb{change.Submit, change.Assess, change.Authorise, change.Schedule} {
			if err := f.s.Advance(tx, f.olga, "CHG-1", verb, ""); err != nil {
				return err
			}
		}
		return f.s.Retitle(tx, f.maya, "CHG-1", "Moved", true, day(5), day(6))
	})
	dossier, err := f.s.Dossier(ctx, f.olga, "CHG-1")
	if err != nil || dossier.Change.State != change.Assessing {
		t.Errorf("a moved window leaves it %v, %v", dossier.Change.State, err)
	}
}

func TestAnOverrideIsForOneReleaseByAnother(t *testing.T) {
	f := setUp(t)
	q := request()
	q.ReleaseKey, q.ReleaseType = "BIL-1", "minor"
	f.write(func(tx *db.Tx) error {
		_, err := f.s.Raise(tx, f.chen, q)
		return err
	})
	second := dbtest.User(t, f.d, "chandra", identity.ChangeManager)
	_, err := f.s.AddFreeze(ctx, f.maya, change.Freeze{Title: "x"})
	f.want(fault.Forbidden, err, "a release manager added a freeze")
	_, err = f.s.AddFreeze(ctx, f.chen, change.Freeze{Title: "Year end", Reason: "books", StartsAt: day(3), StopsAt: day(2), Zone: "Mars/Base"})
	f.want(fault.Invalid, err, "an impossible freeze")
	freeze, err := f.s.AddFreeze(ctx, f.chen, change.Freeze{Title: "Year end", Reason: "books", StartsAt: day(1), StopsAt: day(4), Zone: "Europe/Oslo"})
	if err != nil {
		t.Fatal(err)
	}
	blocked := func(key string) (n int) {
		f.write(func(tx *db.Tx) error {
			b, err := f.s.FreezeBlockers(tx, key, 7, "minor", day(2), day(3))
			n = len(b)
			return err
		})
		return n
	}
	if blocked("BIL-1") != 1 {
		t.Error("the window of BIL-1 is frozen")
	}
	f.want(fault.Refused, f.s.OverrideFreeze(ctx, f.chen, freeze.Number, "BIL-1", "I want to"), "let one's own release through")
	f.want(fault.Invalid, f.s.OverrideFreeze(ctx, second, freeze.Number, "BIL-1", " "), "an override without a reason")
	if err := f.s.OverrideFreeze(ctx, second, freeze.Number, "BIL-1", "a legal deadline"); err != nil {
		t.Fatal(err)
	}
	if blocked("BIL-1") != 0 || blocked("BIL-2") != 1 {
		t.Error("an override lets exactly one release through")
	}
	f.want(fault.Conflict, f.s.CancelFreeze(ctx, f.chen, freeze.Number, "over", 9), "a stale cancel")
	if err := f.s.CancelFreeze(ctx, f.chen, freeze.Number, "over", freeze.Version); err != nil {
		t.Fatal(err)
	}
	if blocked("BIL-2") != 0 {
		t.Error("a cancelled freeze still holds")
	}
}

func TestAnOverrideOfTheOwnerOrOfAnotherServiceIsNone(t *testing.T) {
	f := setUp(t)
	owner, second := dbtest.User(t, f.d, "owner", identity.ChangeManager), dbtest.User(t, f.d, "chandra", identity.ChangeManager)
	elsewhere := second
	elsewhere.Grants = []identity.Grant{{Role: identity.ChangeManager, ServiceID: 8}}
	q := request()
	q.ReleaseKey, q.ReleaseType, q.Restricted = "BIL-1", "minor", true
	f.write(func(tx *db.Tx) error {
		if _, err := f.s.Raise(tx, f.maya, q); err != nil {
			return err
		}
		return f.s.Book(tx, change.Booking{ReleaseKey: "BIL-1", ServiceID: 7, ServiceName: "Billing", FromAt: day(2), ToAt: day(3), PersonID: owner.UserID, PersonName: owner.Name, Restricted: true})
	})
	freeze, err := f.s.AddFreeze(ctx, f.chen, change.Freeze{Title: "Year end", Reason: "books", StartsAt: day(1), StopsAt: day(4), Zone: "Europe/Oslo"})
	if err != nil {
		t.Fatal(err)
	}
	f.want(fault.Refused, f.s.OverrideFreeze(ctx, owner, freeze.Number, "BIL-1", "mine"), "the release's owner let it through")
	other := dbtest.User(t, f.d, "other", identity.ChangeManager)
	other.Grants = []identity.Grant{{Role: identity.ChangeManager, ServiceID: 8}, {Role: identity.ServiceOwner, ServiceID: 7}}
	f.want(fault.Forbidden, f.s.OverrideFreeze(ctx, other, freeze.Number, "BIL-1", "theirs"), "the change manager of another service let it through")
	f.want(fault.Invalid, f.s.OverrideFreeze(ctx, elsewhere, freeze.Number, "BIL-1", "unseen"), "whoever does not see it let it through")
	if err := f.s.OverrideFreeze(ctx, second, freeze.Number, "BIL-1", "a legal deadline"); err != nil {
		t.Fatal(err)
	}
	for name, tried := range map[string]struct {
		actor identity.Actor
		want  int
	}{"a stakeholder": {f.guest, 0}, "a manager of another service": {elsewhere, 0}, "the release manager": {f.maya, 1}} {
		if _, list, err := f.s.Freeze(ctx, tried.actor, freeze.Number); err != nil || len(list) != tried.want {
			t.Errorf("%s reads of %d releases that were let through, want %d; %v", name, len(list), tried.want, err)
		}
	}
}

func TestNobodyAcceptsAConflictOfTheirOwn(t *testing.T) {
	f := setUp(t)
	owner := dbtest.User(t, f.d, "owner", identity.ChangeAuthority)
	q := request()
	q.ReleaseKey, q.ReleaseType = "BIL-1", "minor"
	f.write(func(tx *db.Tx) error {
		if _, err := f.s.Raise(tx, f.chen, q); err != nil {
			return err
		}
		for _, b := range []change.Booking{{ReleaseKey: "BIL-1", PersonID: 99}, {ReleaseKey: "BIL-2", PersonID: owner.UserID}} {
			b.ServiceID, b.ServiceName, b.FromAt, b.ToAt = 7, "Billing", day(2), day(3)
			if err := f.s.Book(tx, b); err != nil {
				return err
			}
		}
		return nil
	})
	f.want(fault.Refused, f.s.AcceptConflict(ctx, f.chen, "BIL-1", "BIL-2", "service", "fine"), "who raised one accepted it")
	f.want(fault.Refused, f.s.AcceptConflict(ctx, owner, "BIL-1", "BIL-2", "service", "fine"), "who owns the other accepted it")
	if err := f.s.AcceptConflict(ctx, f.olga, "BIL-1", "BIL-2", "service", "Different tables."); err != nil {
		t.Fatal(err)
	}
}

func TestWhoSubmitsAChangeDoesNotDecideIt(t *testing.T) {
	f := setUp(t)
	c, err := f.s.Open(ctx, f.maya, request())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.s.Do(ctx, f.chen, c.Key, change.Submit, "", c.Version); err != nil {
		t.Fatal(err)
	}
	if err := f.s.Do(ctx, f.chen, c.Key, change.Assess, "", c.Version+1); err != nil {
		t.Fatal(err)
	}
	f.want(fault.Refused, f.s.Do(ctx, f.chen, c.Key, change.Authorise, "sound", c.Version+2), "the submitter authorised")
	f.want(fault.Refused, f.s.Do(ctx, f.chen, c.Key, change.Reject, "unsound", c.Version+2), "the submitter rejected")
	if err := f.s.Do(ctx, f.olga, c.Key, change.Authorise, "sound", c.Version+2); err != nil {
		t.Fatal(err)
	}
}

func TestConflictsAndTheCalendar(t *testing.T) {
	f := setUp(t)
	book := func(key, part string, service int64, from, to int, restricted bool, items ...change.Item) {
		f.write(func(tx *db.Tx) error {
			return f.s.Book(tx, change.Booking{ReleaseKey: key, Part: part, ServiceID: service, ServiceName: "S", FromAt: day(from), ToAt: day(to),
				Standing: change.Agreed, Items: items, Restricted: restricted, Outage: policy.Away(20)})
		})
	}
	shared := change.Item{ID: 3, Key: "hes-osl-01"}
	book("BIL-1", "", 7, 1, 3, false, shared)
	book("MGW-1", "", 8, 2, 4, false, shared)
	book("MGW-1", "wave 1", 8, 2, 3, false, shared)
	book("IAM-1", "", 9, 2, 4, true)
	book("BIL-2", "", 7, 3, 5, false) // begins as BIL-1 ends
	conflicts := func() (list []change.Conflict) {
		f.write(func(tx *db.Tx) (err error) {
			list, err = f.s.Conflicts(tx, "BIL-1")
			return err
		})
		return list
	}
	if list := conflicts(); len(list) != 1 || list[0].Shared != "item:hes-osl-01" || list[0].Overlap.From != day(2) {
		t.Fatalf("conflicts %+v", list)
	}
	f.want(fault.Forbidden, f.s.AcceptConflict(ctx, f.maya, "BIL-1", "MGW-1", "item:hes-osl-01", "fine"), "a release manager accepted a conflict")
	if err := f.s.AcceptConflict(ctx, f.olga, "BIL-1", "MGW-1", "item:hes-osl-01", "different tables"); err != nil {
		t.Fatal(err)
	}
	if list := conflicts(); len(list) != 1 || list[0].Accepted == nil {
		t.Error("the acceptance is lost")
	}
	calendar, err := f.s.CalendarEntries(ctx, f.guest, day(0), day(9))
	if err != nil || len(calendar.Entries) != 4 {
		t.Errorf("a stakeholder sees %d entries, %v", len(calendar.Entries), err)
	}
	calendar, err = f.s.CalendarEntries(ctx, f.maya, day(0), day(9))
	if err != nil || len(calendar.Entries) != 5 || len(calendar.Outages) == 0 {
		t.Errorf("the release manager sees %d entries, %v", len(calendar.Entries), err)
	}
	secret := change.Item{ID: 4, Key: "vault"}
	book("BIL-1", "", 7, 1, 3, false, secret)
	book("KEY-1", "", 9, 2, 4, true, secret)
	if list := conflicts(); len(list) != 1 || list[0].Told("BIL-1") != "BIL-1 and a restricted release both need the item vault at the same time." || !strings.Contains(list[0].Told("KEY-1"), "KEY-1") {
		t.Errorf("a restricted release is named: %+v", list)
	}
	book("BIL-1", "", 7, 1, 3, false, shared)
	book("MGW-1", "", 8, 6, 7, false, shared)
	book("MGW-1", "wave 1", 8, 6, 7, false, shared)
	if list := conflicts(); len(list) != 0 {
		t.Errorf("moved apart, still %+v", list)
	}
}
