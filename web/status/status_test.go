package status_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/web/webtest"
)

func form(t *testing.T, page *webtest.Page) url.Values {
	t.Helper()
	values := url.Values{}
	page.Doc().Find("#status form [name]").Each(func(_ int, field *goquery.Selection) {
		name, _ := field.Attr("name")
		value, _ := field.Attr("value")
		if goquery.NodeName(field) == "textarea" {
			value = field.Text()
		}
		if kind, _ := field.Attr("type"); kind != "checkbox" {
			values.Set(name, value)
		} else if _, checked := field.Attr("checked"); checked {
			values.Set(name, "true")
		}
	})
	return values
}

func TestStatusPages(t *testing.T) {
	s := webtest.Demo(t)
	nobody, maya, stefan := s.Nobody(), s.As("maya"), s.As("stefan")
	edit := "" // the release of the page
	ctx := context.Background()
	actor, err := s.App.Identity.Local(ctx, "maya")
	if err != nil {
		t.Fatal(err)
	}
	flying, err := s.App.Release.List(ctx, actor, release.Filter{State: release.Deploying})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range flying {
		if maya.Get("/releases/"+r.Key+"/status").Text("#status .row-line a") == "/status/settlement" {
			edit = "/releases/" + r.Key + "/status"
		}
	}
	if edit == "" {
		t.Fatal("no release has the page /status/settlement")
	}
	key := strings.Split(edit, "/")[2]

	t.Run("read without signing in, in plain words", func(t *testing.T) {
		nobody.Get("/status").Status(http.StatusOK).Has("main", "Payments stay available while settlement is changed").Lacks("main", key)
		page := nobody.Get("/status/settlement").Status(http.StatusOK).Has("h1", "Payments stay available").Has("main", "Under way").Has("main", "The first of five hosts is changed").Lacks("body", key)
		for _, role := range identity.Roles() {
			page.Lacks("main", role.Label())
		}
		for suffix, kind := range map[string]string{".atom": "application/atom+xml; charset=utf-8", ".ics": "text/calendar; charset=utf-8"} {
			feed := nobody.Get("/status/settlement" + suffix).Status(http.StatusOK)
			if feed.Head.Get("Content-Type") != kind || strings.Contains(feed.Body, key) || !strings.Contains(feed.Body, "Payments stay available") {
				t.Errorf("%s: %s\n%s", suffix, feed.Head.Get("Content-Type"), feed.Body)
			}
		}
		nobody.Get("/status/no-such-page").Status(http.StatusNotFound)
	})
	t.Run("what cannot be saved is said beside the field", func(t *testing.T) {
		typed := form(t, maya.Get(edit))
		for field, bad := range map[string]string{"slug": "Not An Address", "headline": "", "contact": strings.Repeat("x", 201)} {
			f := form(t, maya.Get(edit))
			f.Set(field, bad)
			f.Set("lead", "What I typed")
			page := maya.Post(edit, f).Status(http.StatusUnprocessableEntity).Has("#f-lead", "What I typed")
			if page.Text("#f-"+field+"-error") == "" {
				t.Errorf("%s: no reason beside it", field)
			}
		}
		typed.Set("slug", "handhelds")
		maya.Post(edit, typed).Status(http.StatusUnprocessableEntity).Has("#f-slug-error", "Another release's page has this address.")
		maya.Post(edit+"/updates", url.Values{"title": {""}, "body": {"kept"}, "family": {"good"}}).Status(http.StatusUnprocessableEntity).Has("#f-title-error", "Say in one line").Has("#f-body", "kept")
	})
	t.Run("a stale form saves nothing, and keeps what was typed", func(t *testing.T) {
		mine, theirs := form(t, maya.Get(edit)), form(t, s.As("elin").Get(edit))
		theirs.Set("contact", "Desk, extension 1")
		s.As("elin").Post(edit, theirs).Status(http.StatusSeeOther)
		mine.Set("lead", "Mine")
		maya.Post(edit, mine).Status(http.StatusConflict).Has("#f-lead", "Mine")
		nobody.Get("/status/settlement").Has("main", "Desk, extension 1").Lacks("main", "Mine")
	})
	t.Run("an update is posted once, by those who may", func(t *testing.T) {
		maya.Post(edit+"/updates", url.Values{"title": {"All hosts are changed"}, "family": {"good"}}).Status(http.StatusSeeOther)
		nobody.Get("/status/settlement").Has(".timeline li:first-child", "All hosts are changed")
		stefan.Post(edit+"/updates", url.Values{"title": {"Nonsense"}, "family": {"good"}}).Status(http.StatusForbidden)
		stefan.Post(edit, form(t, maya.Get(edit))).Status(http.StatusForbidden)
	})
	t.Run("a page that is not public is for those who see the release", func(t *testing.T) {
		f := form(t, maya.Get(edit))
		f.Del("public")
		maya.Post(edit, f).Status(http.StatusSeeOther)
		gone(t, nobody)
		stefan.Get("/status/settlement").Status(http.StatusOK)
		f = form(t, maya.Get(edit))
		f.Set("public", "true")
		maya.Post(edit, f).Status(http.StatusSeeOther)
		nobody.Get("/status/settlement").Status(http.StatusOK)
	})
	t.Run("a release that becomes restricted takes its page away", func(t *testing.T) {
		r, err := s.App.Release.Find(ctx, actor, key)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.App.Release.Rename(ctx, actor, key, release.Edit{Version: r.Version, Title: r.Title, Summary: r.Summary, OwnerID: r.OwnerID, Restricted: true}); err != nil {
			t.Fatal(err)
		}
		gone(t, nobody)
		gone(t, stefan)
		maya.Get("/status/settlement").Status(http.StatusOK)
		f := form(t, maya.Get(edit))
		f.Set("public", "true")
		maya.Post(edit, f).Status(http.StatusConflict).Has("#blockers", "The release is restricted, so the public may not read about it.").Has("#blockers", "Lift the restriction first")
	})
}

// gone: neither the page, nor its feeds, nor the list show it.
func gone(t *testing.T, p *webtest.Person) {
	t.Helper()
	for _, suffix := range []string{"", ".atom", ".ics"} {
		if code := p.Get("/status/settlement" + suffix).Code; code != http.StatusNotFound {
			t.Errorf("/status/settlement%s answers %d", suffix, code)
		}
	}
	p.Get("/status").Status(http.StatusOK).Lacks("main", "Payments stay available")
}
