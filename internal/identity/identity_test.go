package identity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

var ctx = context.Background()

const password = "correct horse battery"

func setUp(t *testing.T) (*db.DB, *identity.Service, identity.Actor) {
	t.Helper()
	d := dbtest.New(t)
	s := identity.New(d)
	u, err := s.SetUp(ctx, identity.Account{Username: "root", Name: "Root", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return d, s, u.Actor()
}

func login(t *testing.T, s *identity.Service, username, password string) (string, error) {
	t.Helper()
	return s.Login(ctx, identity.Credentials{Username: username, Password: password, IP: "192.0.2.1"})
}

func TestOnlyTheFirstSetUpCreatesAnAdministrator(t *testing.T) {
	_, s, root := setUp(t)
	if !root.Can(identity.AdminUsers, 0) {
		t.Error("the first account cannot administer")
	}
	_, err := s.SetUp(ctx, identity.Account{Username: "mallory", Name: "Mallory", Password: password})
	if !errors.Is(err, fault.Conflict) {
		t.Errorf("a second set-up: %v", err)
	}
}

func TestSessionEndsWhenItShould(t *testing.T) {
	endings := map[string]func(*testing.T, *db.DB, *identity.Service, identity.Actor, string){
		"logout": func(t *testing.T, _ *db.DB, s *identity.Service, a identity.Actor, token string) {
			must(t, s.Logout(ctx, a, token))
		},
		"logout everywhere": func(t *testing.T, _ *db.DB, s *identity.Service, a identity.Actor, _ string) {
			must(t, s.LogoutEverywhere(ctx, a))
		},
		"idle": func(_ *testing.T, d *db.DB, _ *identity.Service, _ identity.Actor, _ string) {
			dbtest.Advance(d, identity.IdleLimit+time.Second)
		},
		"disabled": func(t *testing.T, _ *db.DB, s *identity.Service, a identity.Actor, _ string) {
			_, err := s.CreateUser(ctx, a, identity.Account{Username: "second", Name: "Second", Password: password}, []identity.Grant{{Role: identity.Administrator}})
			must(t, err)
			u, err := s.FindUser(ctx, a, "root")
			must(t, err)
			must(t, s.EditUser(ctx, a, "root", identity.Edit{Version: u.Version, Name: "Root", Disabled: true, Grants: u.Grants}))
		},
		"password changed elsewhere": func(t *testing.T, _ *db.DB, s *identity.Service, a identity.Actor, _ string) {
			must(t, s.ChangePassword(ctx, a, password, "another good one", "other token"))
		},
	}
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			d, s, root := setUp(t)
			token, err := login(t, s, "root", password)
			must(t, err)
			session, err := s.FindSession(ctx, token)
			if err != nil || session.Actor.Username != "root" || !session.Actor.Has(identity.Administrator, 0) {
				t.Fatalf("a live session: %+v, %v", session, err)
			}
			end(t, d, s, root, token)
			if _, err := s.FindSession(ctx, token); !errors.Is(err, fault.Unauthenticated) {
				t.Errorf("the session still answers %v", err)
			}
		})
	}
}

func TestWrongPasswordsAreThrottledPerAccountAndAddress(t *testing.T) {
	_, s, _ := setUp(t)
	var last error
	for range 11 {
		_, last = login(t, s, "root", "wrong password")
	}
	if !errors.Is(last, fault.TooMany) {
		t.Errorf("the eleventh wrong try: %v", last)
	}
	if _, err := s.Login(ctx, identity.Credentials{Username: "root", Password: password, IP: "198.51.100.7"}); err != nil {
		t.Errorf("the right password from elsewhere: %v", err)
	}
	if _, err := login(t, s, "nobody", "wrong password"); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("an unknown name: %v", err)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	_, s, root := setUp(t)
	u, err := s.FindUser(ctx, root, "root")
	must(t, err)
	err = s.EditUser(ctx, root, "root", identity.Edit{Version: u.Version, Name: "Root"})
	if f, ok := fault.As(err); !ok || f.Kind != fault.Refused || len(f.Blockers) != 1 {
		t.Errorf("taking the last administrator's role: %v", err)
	}
	if err := s.EditUser(ctx, root, "root", identity.Edit{Version: u.Version - 1, Name: "Root", Grants: u.Grants}); !errors.Is(err, fault.Conflict) {
		t.Errorf("a stale form: %v", err)
	}
}

func TestPasswordsAnybodyWouldTry(t *testing.T) {
	_, s, root := setUp(t)
	for _, bad := range []string{"short", "aaaaaaaaaaaaaa", "password1234!", "zoezoezoezoe", "123456789012", "Password-2026-"} {
		_, err := s.CreateUser(ctx, root, identity.Account{Username: "zoe", Name: "Zoe", Password: bad}, nil)
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Fields[0].Name != "password" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAuthorize(t *testing.T) {
	maya := identity.Actor{UserID: 1, Kind: identity.PersonKind, Grants: []identity.Grant{{Role: identity.ReleaseManager, ServiceID: 7}}}
	robot := identity.Actor{UserID: 1, Kind: identity.Machine, Grants: maya.Grants, Scopes: identity.Scopes}
	local := identity.Actor{UserID: 2, Kind: identity.PersonKind, Grants: []identity.Grant{{Role: identity.Administrator, ServiceID: 7}, {Role: identity.Auditor, ServiceID: 7}, {Role: identity.Stakeholder}}}
	global := identity.Actor{UserID: 3, Kind: identity.PersonKind, Grants: []identity.Grant{{Role: identity.Administrator}}}
	clock := identity.System("clock")
	for _, c := range []struct {
		who     identity.Actor
		what    identity.Permission
		service int64
		may     bool
	}{
		{maya, identity.ReleaseEdit, 7, true},
		{maya, identity.ReleaseEdit, 8, false},
		{maya, identity.ReleaseEdit, 0, true},
		{maya, identity.GateDecide, 7, false},
		{robot, identity.ReleaseEdit, 7, true},
		{robot, identity.GateDecide, 7, false},
		{robot, identity.StepSign, 7, false},
		{robot, identity.PolicyApprove, 7, false},
		{local, identity.CatalogEdit, 0, true},
		{local, identity.AuditRead, 0, false}, // the record and the accounts are of every service
		{local, identity.AuditRead, 7, false},
		{local, identity.AdminUsers, 0, false},
		{global, identity.AuditRead, 0, true},
		{global, identity.AdminUsers, 0, true},
		{clock, identity.WaveControl, 7, true},
		{clock, identity.WaveGo, 7, false},
		{clock, identity.GateDecide, 7, false},
	} {
		if got := c.who.Can(c.what, c.service); got != c.may {
			t.Errorf("%s %s on service %d: %v, want %v", c.who.Kind, c.what, c.service, got, c.may)
		}
	}
	if robot.MustBePerson() == nil || clock.MustBePerson() == nil || maya.MustBePerson() != nil {
		t.Error("only a person decides")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
