package sample_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"slipway/internal/app"
	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/sample"
)

// demo is a database with the demonstration and some hundred releases of
// former years.
func demo(t *testing.T) (*app.App, identity.Actor) {
	t.Helper()
	a := open(t)
	start := a.DB.Now()
	if err := sample.Demo(context.Background(), a, sample.Options{Releases: sample.Told + 400, Targets: 300, Version: "1.2.3"}); err != nil {
		t.Fatal(err)
	}
	if now := a.DB.Now(); now < start || now.Sub(start).Minutes() > 1 {
		t.Errorf("the clock was not given back: %s, began at %s", now.Std(), start.Std())
	}
	return a, person(t, a, identity.ReleaseManager)
}

func person(t *testing.T, a *app.App, role identity.Role) identity.Actor {
	t.Helper()
	actor, err := a.Identity.Local(context.Background(), sample.Holder(role))
	if err != nil {
		t.Fatal(err)
	}
	return actor
}

func everyRelease(t *testing.T, a *app.App, actor identity.Actor) (all []release.Release) {
	t.Helper()
	f := release.Filter{Limit: 200}
	for {
		page, err := a.Release.List(context.Background(), actor, f)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, page...); len(page) < f.Limit {
			return all
		}
		f.Before = page[len(page)-1].ID
	}
}

func TestDemo(t *testing.T) {
	a, maya := demo(t)
	ctx := context.Background()
	billsTell(t, a, maya)
	all := everyRelease(t, a, maya)
	if len(all) != sample.Told+400 {
		t.Errorf("%d releases, want %d", len(all), sample.Told+400)
	}
	t.Run("every state and every type is there", func(t *testing.T) { everyKind(t, a, all[:sample.Told]) })
	t.Run("the counters are what counting gives", func(t *testing.T) { recount(t, a, maya, all) })
	t.Run("the record holds and is in the order of time", func(t *testing.T) { record(t, a) })
	t.Run("whatever waits to be done is somebody's work", func(t *testing.T) {
		if kinds, err := a.Jobs.Unhandled(ctx); err != nil || len(kinds) > 0 {
			t.Error("nobody does jobs of the kinds", kinds, err)
		}
	})
	t.Run("each release can be opened", func(t *testing.T) {
		for i := range all {
			if i > sample.Told && i%10 != 0 {
				continue
			}
			if _, err := a.Release.Overview(ctx, maya, all[i].Key); err != nil {
				t.Errorf("%s: %v", all[i].Key, err)
			}
		}
	})
	t.Run("stakeholders do not see what is restricted", func(t *testing.T) {
		hidden := 0
		for i := range all {
			if _, err := a.Release.Find(ctx, person(t, a, identity.Stakeholder), all[i].Key); err != nil {
				hidden++
				if !all[i].Restricted {
					t.Errorf("%s is hidden", all[i].Key)
				}
			}
		}
		if hidden != 1 {
			t.Errorf("%d releases are hidden, want 1", hidden)
		}
	})
	t.Run("filling again changes nothing", func(t *testing.T) {
		if err := sample.Demo(ctx, a, sample.Options{Releases: 1000}); err != nil {
			t.Fatal(err)
		}
		if again := everyRelease(t, a, maya); len(again) != len(all) {
			t.Errorf("%d releases, were %d", len(again), len(all))
		}
	})
	t.Run("a number given in bulk is not given again", func(t *testing.T) {
		r := draft(t, a, "PAY", "rolling-service", release.Minor)
		for i := range all {
			if all[i].Key == r.Key || all[i].ChangeKey == r.ChangeKey {
				t.Errorf("%s, %s is given twice", r.Key, r.ChangeKey)
			}
		}
	})
}

func TestOnlyAnEmptyDatabaseIsFilled(t *testing.T) {
	foreign := open(t)
	if err := sample.People(context.Background(), foreign); err != nil {
		t.Fatal(err)
	}
	if err := sample.Demo(context.Background(), foreign, sample.Options{}); !errors.Is(err, sample.ErrForeign) {
		t.Errorf("data of somebody else: %v", err)
	}
	stopped := open(t)
	ctx, stop := context.WithCancel(context.Background())
	if err := sample.Demo(ctx, stopped, sample.Options{Begin: stop}); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped at its beginning: %v", err)
	}
	if err := sample.Demo(context.Background(), stopped, sample.Options{}); !errors.Is(err, sample.ErrUnfinished) {
		t.Errorf("begun and stopped: %v", err)
	}
}

func everyKind(t *testing.T, a *app.App, told []release.Release) {
	states, types, outcomes := map[release.State]bool{}, map[release.Type]bool{}, map[string]bool{}
	for _, r := range told {
		states[r.State], types[r.Type], outcomes[r.Outcome] = true, true, true
	}
	for _, s := range release.States() {
		if !states[s] {
			t.Errorf("no release is %s", s)
		}
	}
	for _, kind := range release.Types() {
		if !types[kind] {
			t.Errorf("no release is of type %s", kind)
		}
	}
	for _, o := range []release.Outcome{release.OutcomeSucceeded, release.OutcomeWithKnownErrors, release.OutcomeRolledBack, release.OutcomeCancelled} {
		if !outcomes[string(o)] {
			t.Errorf("no release ended as %s", o)
		}
	}
	debts := 0
	err := a.DB.View(context.Background(), func(tx *db.Tx) error {
		for _, r := range told {
			list, err := a.Change.Debts(tx, r.ServiceID)
			if err != nil {
				return err
			}
			for i := range list {
				if list[i].ReleaseKey == r.Key {
					debts++
				}
			}
		}
		return nil
	})
	if err != nil || debts != 1 {
		t.Errorf("%d emergencies owe their decision, want 1: %v", debts, err)
	}
}

func recount(t *testing.T, a *app.App, maya identity.Actor, all []release.Release) {
	counted := map[release.State]int64{}
	for _, r := range all {
		counted[r.State]++
	}
	kept, err := a.Release.Counts(context.Background(), maya)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range release.States() {
		if kept[s] != counted[s] {
			t.Errorf("%s: %d are kept, %d counted", s, kept[s], counted[s])
		}
	}
}

func record(t *testing.T, a *app.App) {
	err := a.DB.View(context.Background(), func(tx *db.Tx) error {
		n, err := audit.Verify(tx)
		if err == nil && n < 1000 {
			err = fmt.Errorf("%d entries only", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestAccounts holds the accounts and roles that stand firm from outside.
func TestAccounts(t *testing.T) {
	a := open(t)
	if err := sample.People(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	want := map[string]identity.Role{"maya": identity.ReleaseManager, "bruno": identity.BuildManager, "tess": identity.TestManager, "chen": identity.ChangeManager,
		"olga": identity.ChangeAuthority, "dario": identity.DeploymentStaff, "dina": identity.DeploymentStaff, "elin": identity.EarlyLifeSupport, "omar": identity.Operations,
		"sofia": identity.ServiceOwner, "cora": identity.DMLCustodian, "stefan": identity.Stakeholder, "ada": identity.Auditor, "root": identity.Administrator}
	users, err := a.Identity.Users(context.Background(), person(t, a, identity.Administrator))
	if err != nil || len(users) != len(want) {
		t.Fatalf("%d accounts: %v", len(users), err)
	}
	for _, u := range users {
		if len(u.Grants) != 1 || u.Grants[0] != (identity.Grant{Role: want[u.Username]}) {
			t.Errorf("%s holds %v", u.Username, u.Grants)
		}
		if !strings.Contains(sample.Accounts(), u.Username) {
			t.Errorf("%s is not named among the accounts", u.Username)
		}
		if _, err := a.Identity.Login(context.Background(), identity.Credentials{Username: u.Username, Password: sample.Password, IP: u.Username}); err != nil {
			t.Errorf("%s cannot sign in: %v", u.Username, err)
		}
	}
}
