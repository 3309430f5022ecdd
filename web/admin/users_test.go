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
