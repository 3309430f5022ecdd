package deploy_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/web/webtest"
)

// scene is the demonstration at one release.
type scene struct {
	t   *testing.T
	s   *webtest.Server
	key string
}

// at gives the release of a service that stands in a state.
func at(t *testing.T, service string, state release.State) *scene {
	t.Helper()
	s := webtest.Demo(t)
	list, err := s.App.Release.List(context.Background(), actor(t, s, "maya"), release.Filter{State: state, ServiceKey: service})
	if err != nil || len(list) == 0 {
		t.Fatalf("no release of %s is %s: %v", service, state, err)
	}
	return &scene{t: t, s: s, key: list[0].Key}
}

func actor(t *testing.T, s *webtest.Server, name string) identity.Actor {
	t.Helper()
	a, err := s.App.Identity.Local(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (c *scene) board() string           { return "/releases/" + c.key + "/deployment" }
func (c *scene) wave(rest string) string { return "/releases/" + c.key + "/waves/" + rest }

func (c *scene) find(n int64) *deploy.Wave {
	c.t.Helper()
	_, w, err := c.s.App.Deploy.FindWave(context.Background(), actor(c.t, c.s, "maya"), c.key, n)
	if err != nil {
		c.t.Fatal(err)
	}
	return w
}

func (c *scene) waveIs(n int64, state deploy.WaveState) {
	c.t.Helper()
	if got := c.find(n).State; got != state {
		c.t.Fatalf("wave %d is %s, want %s", n, got, state)
	}
}

func (c *scene) release() *release.Release {
	c.t.Helper()
	r, err := c.s.App.Release.Find(context.Background(), actor(c.t, c.s, "maya"), c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *scene) gate(code release.GateCode) release.GateState {
	c.t.Helper()
	h, err := c.s.App.Release.Head(context.Background(), actor(c.t, c.s, "maya"), c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, g := range h.Gates {
		if g.Code == code {
			return g.State
		}
	}
	c.t.Fatalf("there is no %s", code)
	return ""
}

func (c *scene) rows(table any, column string, value any) {
	c.t.Helper()
	err := c.s.App.DB.InTx(context.Background(), func(tx *db.Tx) error {
		return tx.Gorm().Model(table).Where("release_key = ?", c.key).Update(column, value).Error
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// filled is the form of an address as the page shows it, with what is typed
// into it.
func filled(t *testing.T, page *webtest.Page, action string, typed ...string) url.Values {
	t.Helper()
	form := formOf(page, action)
	if form.Length() == 0 {
		t.Fatalf("there is no form for %s", action)
	}
	values := url.Values{}
	if at, _ := form.Attr("action"); strings.Contains(at, "?once=") { // a form with files
		values.Set("once", at[strings.LastIndex(at, "=")+1:])
	}
	form.Find("input, textarea, select").Each(func(_ int, field *goquery.Selection) {
		name, _ := field.Attr("name")
		value, _ := field.Attr("value")
		kind, _ := field.Attr("type")
		_, on := field.Attr("checked")
		switch {
		case kind == "checkbox" && !on, kind == "file":
			return
		case goquery.NodeName(field) == "textarea":
			value = strings.TrimPrefix(field.Text(), "\n")
		case goquery.NodeName(field) == "select":
			value, _ = field.Find("option[selected]").Attr("value")
		}
		values.Add(name, value)
	})
	for i := 0; i+1 < len(typed); i += 2 {
		values.Set(typed[i], typed[i+1])
	}
	return values
}

// formOf gives the first form of an address; one with files carries its key there.
func formOf(page *webtest.Page, action string) *goquery.Selection {
	return page.Doc().Find("form[action='" + action + "'], form[action^='" + action + "?once=']").First()
}

// does fills the form of an address on a page and sends it.
func (c *scene) does(p *webtest.Person, on, action string, typed ...string) *webtest.Page {
	c.t.Helper()
	return p.Post(action, filled(c.t, p.Get(on).Status(http.StatusOK), action, typed...))
}

func (c *scene) done(p *webtest.Person, on, action string, typed ...string) *webtest.Page {
	c.t.Helper()
	return c.does(p, on, action, typed...).Status(http.StatusSeeOther)
}

// fragment asks as htmx does.
func fragment(t *testing.T, p *webtest.Person, path string) *webtest.Page {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.Server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Request-Type", "partial")
	return p.Do(r)
}

func lacksForm(t *testing.T, page *webtest.Page, action string) {
	t.Helper()
	if formOf(page, action).Length() > 0 {
		t.Errorf("there is a form for %s", action)
	}
}

func (c *scene) later(by time.Duration) { dbtest.Advance(c.s.App.DB, by) }
