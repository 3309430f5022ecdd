package changes_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

// TestWhoSeesWhatARoleForOneServiceOpens holds what is kept from a stakeholder
// and from somebody whose deciding role is for one service alone: an override of
// a freeze for a restricted release, the whole record and the accounts.
func TestWhoSeesWhatARoleForOneServiceOpens(t *testing.T) {
	s := webtest.Demo(t)
	maya, err := s.App.Identity.Local(t.Context(), "maya")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.App.Release.List(t.Context(), maya, release.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	key, other, restricted := "", int64(0), int64(0)
	for i := range list {
		if list[i].Restricted && !list[i].State.Over() {
			key, restricted = list[i].Key, list[i].ServiceID
		}
	}
	for i := range list {
		if list[i].ServiceID != restricted {
			other = list[i].ServiceID
		}
	}
	to := s.As("chen").Post("/freezes", freeze()).Status(http.StatusSeeOther).Location()
	s.As("chen").Post(to+"/override", url.Values{"release": {key}, "reason": {"The keys leaked."}}).Status(http.StatusSeeOther)
	root, err := s.App.Identity.Local(t.Context(), sample.Holder(identity.Administrator))
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.App.Identity.FindUser(t.Context(), root, "stefan")
	if err != nil {
		t.Fatal(err)
	}
	err = s.App.Identity.EditUser(t.Context(), root, "stefan", identity.Edit{Version: u.Version, Name: u.Name, Email: u.Email, Grants: append(u.Grants, identity.Grant{Role: identity.ChangeManager, ServiceID: other})})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who             string
		knows           bool
		audit, accounts int
	}{{"maya", true, http.StatusForbidden, http.StatusForbidden}, {"chen", true, http.StatusOK, http.StatusForbidden}, {"stefan", false, http.StatusForbidden, http.StatusForbidden},
		{sample.Holder(identity.Administrator), true, http.StatusOK, http.StatusOK}} {
		p := s.As(c.who)
		if got := strings.Contains(p.Get(to).Status(http.StatusOK).Body, key); got != c.knows {
			t.Errorf("%s reads of %s on the freeze: %v", c.who, key, got)
		}
		if code := p.Get("/audit").Code; code != c.audit {
			t.Errorf("%s reads the record: %d", c.who, code)
		}
		if code := p.Get("/admin/users").Code; code != c.accounts {
			t.Errorf("%s reads the accounts: %d", c.who, code)
		}
	}
}
