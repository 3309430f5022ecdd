package admin_test

import (
	"net/http"
	"net/url"
	"testing"

	"slipway/web/webtest"
)

func TestOnlyAdministratorsSeeAccounts(t *testing.T) {
	s := webtest.New(t)
	s.As("maya").Get("/admin/users").Status(http.StatusForbidden)
	s.As("maya").Post("/admin/users/new", url.Values{"username": {"eve"}}).Status(http.StatusForbidden)
	s.As("root").Get("/admin/users").Status(http.StatusOK).Has("main table", "Maya Lindqvist")
}

func TestAccountIsAddedWithARoleForOneService(t *testing.T) {
	s := webtest.New(t)
	root := s.As("root")
	root.Get("/admin/users/new").Status(http.StatusOK).Has("main", "Roles for")
	values := url.Values{"username": {"nils"}, "name": {"Nils"}, "password": {"correct horse battery"}, "roles": {"release-manager@1"}}
	root.Post("/admin/users/new", values).Status(http.StatusSeeOther)
	root.Get("/admin/users/nils").Status(http.StatusOK)
	root.Post("/admin/users/new", values).Status(http.StatusUnprocessableEntity).Has("#f-username-error", "taken")
}

func TestARoleForOneServiceReadsNeitherTheRecordNorTheAccounts(t *testing.T) {
	s := webtest.New(t)
	values := url.Values{"username": {"nils"}, "name": {"Nils"}, "password": {"slipway-demo"}, "roles": {"change-manager@1", "administrator@1"}}
	s.As("root").Post("/admin/users/new", values).Status(http.StatusSeeOther)
	nils := s.As("nils")
	nils.Get("/audit").Status(http.StatusForbidden).Has("main", "for every service")
	nils.Get("/admin/users").Status(http.StatusForbidden)
	nils.Get("/releases").Status(http.StatusOK).Lacks(".nav-side", "Audit record")
	s.As("ada").Get("/audit").Status(http.StatusOK)
}

func TestStaleFormKeepsWhatWasTyped(t *testing.T) {
	s := webtest.New(t)
	root := s.As("root")
	edit := func(version, name string) *webtest.Page {
		return root.Post("/admin/users/maya", url.Values{"version": {version}, "name": {name}, "roles": {"release-manager"}})
	}
	edit("1", "Maya L.").Status(http.StatusSeeOther)
	stale := edit("1", "Maya Q.").Status(http.StatusConflict).Has("[role=alert]", "Somebody else saved")
	if value, _ := stale.Doc().Find("#f-name").Attr("value"); value != "Maya Q." {
		t.Errorf("what was typed is lost: the name is %q", value)
	}
}

// A release would wait in vain for a role that nobody holds; so it is said where
// roles are given, and on the first page before the first release.
func TestRolesThatNobodyHoldsAreNamed(t *testing.T) {
	s := webtest.Empty(t)
	ruth := s.Nobody()
	ruth.Post("/setup", url.Values{"name": {"Ruth"}, "username": {"ruth"}, "password": {"slipway-demo"}}).Status(http.StatusSeeOther)
	ruth.Post("/login", url.Values{"username": {"ruth"}, "password": {"slipway-demo"}}).Status(http.StatusSeeOther)
	page := ruth.Get("/admin/users").Status(http.StatusOK).Has("#vacant", "9 roles that nobody holds").Has("#vacant", "Change manager").Lacks("#vacant", "Auditor").Lacks("#vacant", "Administrator")
	ruth.Get("/").Has("#begin", "Nobody holds yet: Release and deployment manager, Packaging and build manager")
	to, _ := page.Doc().Find("#vacant a[href*=change-manager]").Attr("href")
	if ticked, _ := ruth.Get(to).Status(http.StatusOK).Doc().Find("input[name=roles][checked]").Attr("value"); ticked != "change-manager" {
		t.Errorf("%s leads to a form for %q", to, ticked)
	}
	chen := url.Values{"username": {"chen"}, "name": {"Chen"}, "password": {"slipway-demo"}, "roles": {"change-manager"}}
	ruth.Post("/admin/users/new", chen).Status(http.StatusSeeOther)
	ruth.Get("/admin/users").Has("#vacant", "8 roles").Lacks("#vacant", "Change manager")
	chen.Set("disabled", "true")
	chen.Set("version", "1")
	ruth.Post("/admin/users/chen", chen).Status(http.StatusSeeOther)
	ruth.Get("/admin/users").Has("#vacant", "9 roles").Has("#vacant", "Change manager")

	if webtest.New(t).As("root").Get("/admin/users").Doc().Find("#vacant").Length() > 0 {
		t.Error("a role is missing where somebody holds each")
	}
}
