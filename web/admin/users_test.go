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
