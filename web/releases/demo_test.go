package releases_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

// The releases of the demonstration that these pages are asked of, by title.
const (
	shelfLabels = "Shelf labels are read from two metres"              // before A4, with much in the way
	acquirer    = "A second acquirer for cards"                        // A4 is approved
	cardKeys    = "Rotation of the card keys"                          // restricted, before A3
	membersDay  = "Triple points on members' day"                      // on hold, without a package
	mails       = "Mail and feeds for what waits"                      // before A2
	goodsIn     = "Goods-in with handhelds"                            // before A1
	revisionD   = "Image for revision D of the router"                 // a draft
	settlement  = "Settlement four times a night"                      // being deployed
	greeting    = "Image with the season's greeting"                   // cancelled after A2 expired
	lostCounts  = "Counts lost when two handhelds synchronise at once" // an emergency; its debt is owed
)

// at is the address of a release by its title.
func at(t *testing.T, s *webtest.Server, title string, parts ...string) string {
	t.Helper()
	return found(t, s, title).Link(parts...)
}

func found(t *testing.T, s *webtest.Server, title string) *release.Release {
	t.Helper()
	list, err := s.App.Release.List(context.Background(), actor(t, s, "maya"), release.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if list[i].Title == title {
			return &list[i]
		}
	}
	t.Fatalf("the demonstration has no %q", title)
	return nil
}

func actor(t *testing.T, s *webtest.Server, username string) identity.Actor {
	t.Helper()
	a, err := s.App.Identity.Local(context.Background(), username)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// of is the version that a form of the page carries.
func of(p *webtest.Page, form string) string {
	v, _ := p.Doc().Find(form + " input[name=version]").First().Attr("value")
	return v
}

// typed asserts what a field holds.
func typed(t *testing.T, p *webtest.Page, selector, want string) {
	t.Helper()
	field := p.Doc().Find(selector)
	got, _ := field.Attr("value")
	if field.Is("textarea") {
		got = field.Text()
	}
	if field.Is("select") {
		got, _ = field.Find("option[selected]").Attr("value")
	}
	if got != want {
		t.Errorf("%s holds %q, want %q", selector, got, want)
	}
}

// count asserts how many there are of what a selector finds.
func count(t *testing.T, p *webtest.Page, selector string, want int) {
	t.Helper()
	if n := p.Doc().Find(selector).Length(); n != want {
		t.Errorf("%d of %s, want %d", n, selector, want)
	}
}

// twice sends one form two times at once, as an impatient finger does.
func twice(p *webtest.Person, path string, form url.Values) [2]int {
	var codes [2]int
	var wait sync.WaitGroup
	for i := range codes {
		wait.Go(func() { codes[i] = p.Post(path, form).Code })
	}
	wait.Wait()
	return codes
}

// with gives a copy of a form with pairs of names and values changed.
func with(form url.Values, pairs ...string) url.Values {
	changed := url.Values{}
	for name, values := range form {
		changed[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		changed.Set(pairs[i], pairs[i+1])
	}
	return changed
}

// Whoever a restricted release is kept from learns from no page of it that it
// is there, nor can they do anything to it.
func TestARestrictedReleaseIsOutOfSightOnEachPage(t *testing.T) {
	s := webtest.Demo(t)
	stefan, chen := s.As("stefan"), s.As("chen")
	to := at(t, s, cardKeys)
	stefan.Get(at(t, s, shelfLabels)).Status(http.StatusOK)
	for _, page := range []string{"/package", "/package?version=1", "/package/1/manifest.json", "/gates/A1", "/gates/A3", "/gates/A5", "/readiness", "/emergency", "/window-override", "/history", "/history?of=gates&verify=1"} {
		chen.Get(to + page).Status(http.StatusOK)
		answer := stefan.Get(to + page).Status(http.StatusNotFound)
		fragment(t, stefan, to+page).Status(http.StatusNotFound)
		if strings.Contains(answer.Body, cardKeys) {
			t.Errorf("%s names the release", page)
		}
	}
	for _, deed := range []string{"/package/components", "/package/components/1/remove", "/package/items", "/package/items/1", "/package/baseline", "/package/recheck", "/readiness",
		"/gates/A3/decision", "/gates/A3/resubmit", "/gates/A3/proceed", "/gates/A3/attestations", "/gates/A3/waivers", "/gates/A3/waivers/1",
		"/emergency/authorise", "/emergency/proceed", "/emergency/retro", "/window-override"} {
		stefan.Post(to+deed, url.Values{"verdict": {"approve"}, "until": {"2026-12-01T10:00"}}).Status(http.StatusNotFound)
	}
	s.Nobody().Get(to + "/history").Status(http.StatusSeeOther)
}

// grant adds a role to a person of the demonstration.
func grant(t *testing.T, s *webtest.Server, username string, role identity.Role) {
	t.Helper()
	root := actor(t, s, sample.Holder(identity.Administrator))
	u, err := s.App.Identity.FindUser(context.Background(), root, username)
	if err != nil {
		t.Fatal(err)
	}
	err = s.App.Identity.EditUser(context.Background(), root, username, identity.Edit{Version: u.Version, Name: u.Name, Email: u.Email, Grants: append(u.Grants, identity.Grant{Role: role})})
	if err != nil {
		t.Fatal(err)
	}
}
