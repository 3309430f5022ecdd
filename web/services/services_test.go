package services_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/identity"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

// typed gives what a browser would send of the form with this id.
func typed(t *testing.T, p *webtest.Page, id string) url.Values {
	t.Helper()
	form := p.Doc().Find("form#" + id)
	if form.Length() != 1 {
		t.Fatalf("there is no form %s", id)
	}
	values := url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
		switch {
		case name == "" || name == "once":
			return
		case s.Is("[type=checkbox]"):
			if !s.Is("[checked]") {
				return
			}
		case s.Is("textarea"):
			value = s.Text()
		case s.Is("select"):
			value = s.Find("option[selected]").AttrOr("value", "")
		}
		values.Add(name, value)
	})
	return values
}

// kept asserts that the form came back with what was typed.
func kept(t *testing.T, p *webtest.Page, form string, want url.Values, names ...string) url.Values {
	t.Helper()
	back := typed(t, p, form)
	for _, name := range names {
		if strings.Join(back[name], "|") != strings.Join(want[name], "|") {
			t.Errorf("%s was typed as %q and came back as %q", name, want[name], back[name])
		}
	}
	return back
}

// TestTheDemonstration reads the pages of one told demonstration, which no part
// of the test changes.
func TestTheDemonstration(t *testing.T) {
	s := webtest.Demo(t)
	t.Run("everybody reads, and some edit", func(t *testing.T) { everybodyReads(t, s) })
	t.Run("a restricted release stays out of sight", func(t *testing.T) { restrictedIsHidden(t, s) })
	t.Run("an item shows the media that become it", func(t *testing.T) { mediaOfAnItem(t, s) })
}

func everybodyReads(t *testing.T, s *webtest.Server) {
	for _, role := range identity.Roles() {
		p := s.As(sample.Holder(role))
		list := p.Get("/services").Status(http.StatusOK).Has("tbody", "Payments API").Has("tbody", "Vital").Has("a[href='/services'][aria-current=page]", "Services")
		show := p.Get("/services/PAY").Status(http.StatusOK)
		show.Has("#part-utility", "Refunds").Has("#part-availability", "≥ 99.95 % a month").Has("#part-capacity", "Christmas load").Has("#part-security", "Card data").
			Has("#part-continuity", "Loss of a site").Has("#part-service-level", "95th percentile").Has("#part-acceptance-criterion", "Settlement").Has("#part-required-item", "Runbook").
			Has("#items", "pay-server").Has("#units", "Card gateway").Has("#baselines", "as found").Has("#facts", "Sofia Marttinen").Has("#facts", "payments-ops@")
		show.Has("#governing", "Payments").Has("#governing", "version 1").Has("#governing", "Model").Has("#releases", "PAY-")
		item := p.Get("/items/pay-server").Status(http.StatusOK)
		item.Has("#relations", "Has the part").Has("#relations", "pay-settings").Has("#relations", "Depends on").Has("#relations", "pay-database").Has("#relations", "Is needed by").
			Has("#relations", "pay-gateway").Has("#uses", "Payment server and papers").Has("#uses", "PAY-").Has("#versions", "First recorded")
		p.Get("/items").Status(http.StatusOK).Has("tbody", "brf-image")
		p.Get("/units").Status(http.StatusOK).Has("#units-WHS", "whs-app")
		p.Get("/units/1").Status(http.StatusOK).Has("main", "Payment server and papers")
		p.Get("/services/PAY/baselines/1").Status(http.StatusOK).Has("#lines", "pay-hsm-a")
		edits := 0
		for _, page := range []*webtest.Page{list, show, item, p.Get("/items"), p.Get("/units"), p.Get("/units/1")} {
			edits += page.Doc().Find("main form[method=post], main a[href$='/edit'], main a[href*='/new']:not([href*='releases'], [href*='policies'])").Length()
		}
		may := role == identity.ServiceOwner || role == identity.ReleaseManager || role == identity.Administrator
		if may != (edits > 0) {
			t.Errorf("%s is offered %d ways to edit", role, edits)
		}
	}
}

func TestWhoMayNotEditIsRefused(t *testing.T) {
	s := webtest.New(t)
	stefan, nobody := s.As("stefan"), s.Nobody()
	for _, form := range []string{"/services/new", "/services/PAY/edit", "/services/PAY/package/new", "/services/PAY/package/1/edit", "/items/new", "/items/pay-server/edit", "/units/new?service=PAY"} {
		stefan.Get(form).Status(http.StatusForbidden)
		stefan.Post(form, url.Values{}).Status(http.StatusForbidden)
		if to := nobody.Get(form).Status(http.StatusSeeOther).Location(); !strings.HasPrefix(to, "/login") {
			t.Errorf("%s leads nobody to %s", form, to)
		}
	}
	for _, verb := range []string{"/services/PAY/package/1/retire", "/services/PAY/baselines", "/items/pay-server/retire", "/items/pay-server/restore", "/items/pay-server/relations",
		"/items/pay-server/relations/1/remove", "/units/1", "/units/1/drop"} {
		stefan.Post(verb, url.Values{"version": {"1"}, "to": {"pay-database"}, "relation": {"depends on"}}).Status(http.StatusForbidden)
	}
	maya := s.As("maya")
	for _, nowhere := range []string{"/services/NONE", "/services/NONE/edit", "/services/PAY/package/999/edit", "/services/PAY/package/x/edit", "/services/BRF/package/1/edit", "/services/PAY/baselines/9",
		"/services/PAY/baselines/x", "/services/PAY/baselines/1?with=9", "/services/PAY/baselines/1?with=x", "/items/nobody", "/items/nobody/edit", "/units/999", "/units/x", "/units/new", "/units/new?service=NONE"} {
		maya.Get(nowhere).Status(http.StatusNotFound)
	}
	maya.Post("/items/nobody/retire", nil).Status(http.StatusNotFound)
	maya.Post("/items/pay-server/relations/999/remove", nil).Status(http.StatusNotFound)
}

func TestAServiceFromItsFormToItsPage(t *testing.T) {
	s := webtest.New(t)
	sofia := s.As("sofia")
	sofia.Get("/services").Has("main", "Add a service")
	form := typed(t, sofia.Get("/services/new").Status(http.StatusOK), "service-form")
	form.Set("description", "Where cars stand")
	empty := sofia.Post("/services/new", form).Status(http.StatusUnprocessableEntity)
	empty.Has("#f-key-error", "2 to 8 capital letters").Has("#f-name-error", "Name the service").Has("#f-owner-error", "Choose the service owner").Has("#f-criticality-error", "critical").Has("#summary", "The service was not saved.")
	kept(t, empty, "service-form", form, "description")
	sofiaID := typed(t, sofia.Get("/services/PAY/edit"), "service-form").Get("owner")
	form.Set("key", "PAY")
	form.Set("name", "Parking")
	form.Set("owner", sofiaID)
	form.Set("criticality", "low")
	kept(t, sofia.Post("/services/new", form).Status(http.StatusUnprocessableEntity).Has("#f-key-error", "already"), "service-form", form, "key", "name", "owner", "criticality")
	form.Set("key", "PARK")
	if to := sofia.Post("/services/new", form).Status(http.StatusSeeOther).Location(); to != "/services/PARK" {
		t.Errorf("adding leads to %s", to)
	}
	fresh := sofia.Get("/services/PARK").Status(http.StatusOK)
	fresh.Has("#governing", "No policy").Has("#governing", "Draw up a policy").Has("#part-availability", "No target yet").Has("#items", "None yet").Has("#units", "None yet").Has("#baselines", "None yet").Has("#releases", "None.")
	sofia.Get("/services").Has("tbody", "Where cars stand")

	edit := typed(t, sofia.Get("/services/PARK/edit").Status(http.StatusOK), "service-form")
	if edit.Has("key") {
		t.Error("the key is offered to be changed")
	}
	mine := typed(t, s.As("maya").Get("/services/PARK/edit"), "service-form")
	edit.Set("contact", "extension 4700")
	sofia.Post("/services/PARK/edit", edit).Status(http.StatusSeeOther)
	mine.Set("name", "Car parks")
	stale := s.As("maya").Post("/services/PARK/edit", mine).Status(http.StatusConflict)
	stale.Has("#summary", "Somebody else saved this").Has("#newer", "extension 4700").Has("#newer", "Car parks").Lacks("#newer", "Criticality")
	again := kept(t, stale, "service-form", mine, "name", "contact")
	s.As("maya").Post("/services/PARK/edit", again).Status(http.StatusSeeOther)
	sofia.Get("/services/PARK").Has("h1", "Car parks")
	bad := url.Values{"owner": {"x"}}
	sofia.Post("/services/PARK/edit", bad).Status(http.StatusUnprocessableEntity)
}

func TestTheServicePackageIsWritten(t *testing.T) {
	s := webtest.New(t)
	sofia, maya := s.As("sofia"), s.As("maya")
	form := typed(t, sofia.Get("/services/PAY/package/new?kind=continuity").Status(http.StatusOK), "promise-form")
	if form.Get("kind") != "continuity" {
		t.Errorf("the form begins with %q", form.Get("kind"))
	}
	form.Set("aspect", "Loss of power")
	wrong := sofia.Post("/services/PAY/package/new", form).Status(http.StatusUnprocessableEntity)
	wrong.Has("#f-statement-error", "Say what is promised").Has("#f-measure-error", "cannot be judged").Has("#f-target-error", "Say the target")
	kept(t, wrong, "promise-form", form, "kind", "aspect")
	form.Set("statement", "Payments go on")
	form.Set("measure", "Hours on the generator")
	form.Set("target", "≥ 72 h")
	if to := sofia.Post("/services/PAY/package/new", form).Status(http.StatusSeeOther).Location(); to != "/services/PAY#part-continuity" {
		t.Errorf("saving leads to %s", to)
	}
	show := sofia.Get("/services/PAY").Has("#part-continuity", "≥ 72 h")
	href := show.Doc().Find("#part-continuity tr:contains('Loss of power') a").AttrOr("href", "none")
	mine, theirs := typed(t, maya.Get(href).Status(http.StatusOK), "promise-form"), typed(t, sofia.Get(href), "promise-form")
	theirs.Set("target", "≥ 96 h")
	sofia.Post(href, theirs).Status(http.StatusSeeOther)
	mine.Set("statement", "Payments go on without the grid")
	stale := maya.Post(href, mine).Status(http.StatusConflict).Has("#newer", "≥ 96 h").Has("#newer", "≥ 72 h").Lacks("#newer", "Measure")
	again := kept(t, stale, "promise-form", mine, "statement", "target")
	retire := strings.TrimSuffix(href, "edit") + "retire"
	maya.Post(retire, url.Values{"version": {mine.Get("version")}}).Status(http.StatusConflict).Has("#summary", "Somebody else saved this")
	maya.Post(href, again).Status(http.StatusSeeOther)
	taken := typed(t, maya.Get(href).Has("#retire", "releases planned from now on"), "retire-form")
	maya.Post(retire, taken).Status(http.StatusSeeOther)
	sofia.Get("/services/PAY").Lacks("#part-continuity", "Loss of power")
	maya.Post(retire, taken).Status(http.StatusNotFound)
	sofia.Get(href).Status(http.StatusNotFound)
}

func TestBaselinesAreTakenAndCompared(t *testing.T) {
	s := webtest.New(t)
	sofia := s.As("sofia")
	sofia.Post("/services/PAY/baselines", url.Values{"name": {" "}}).Status(http.StatusUnprocessableEntity).Has("#baseline-form .field-error", "what the baseline is for")
	long := strings.Repeat("x", 121)
	kept(t, sofia.Post("/services/PAY/baselines", url.Values{"name": {long}}).Status(http.StatusUnprocessableEntity), "baseline-form", url.Values{"name": {long}}, "name")
	item := typed(t, sofia.Get("/items/pay-server/edit"), "item-form")
	item.Set("current_version", "4.2.0")
	sofia.Post("/items/pay-server/edit", item).Status(http.StatusSeeOther)
	if to := sofia.Post("/services/PAY/baselines", url.Values{"name": {"before the move"}}).Status(http.StatusSeeOther).Location(); to != "/services/PAY#baselines" {
		t.Errorf("taking one leads to %s", to)
	}
	sofia.Get("/services/PAY").Has("#baselines tbody tr:first-child", "Baseline 2").Has("#baselines tbody tr:first-child", "As-is").Lacks("#baselines tbody tr:last-child", "As-is")
	second := sofia.Get("/services/PAY/baselines/2").Status(http.StatusOK).Has("h1", "Baseline 2 of Payments API")
	second.Has("#difference h2", "From baseline 1 to baseline 2").Has("#difference del", "4.1.2").Has("#difference ins", "4.2.0").Has("#difference", "1 difference").Lacks("#difference", "pay-gateway").Has("option[selected]", "Baseline 1")
	sofia.Get("/services/PAY/baselines/1").Has("main", "nothing stands before it").Lacks("main", "From baseline")
	sofia.Get("/services/PAY/baselines/1?with=2").Has("#difference h2", "From baseline 1 to baseline 2")
	sofia.Get("/services/PAY/baselines/2?with=0").Has("#difference h2", "From baseline 2 to now").Has("#difference", "The same items with the same versions.").Has("option[selected]", "as they are now")
	sofia.Get("/services/PAY/baselines/1?with=0").Has("#difference ins", "4.2.0")
}

func restrictedIsHidden(t *testing.T, s *webtest.Server) {
	maya, stefan := s.As("maya"), s.As("stefan")
	restricted := maya.Get("/services/PAY").Has("#releases", "Restricted").Doc().Find("#releases li:contains('Restricted') a.key").First().Text()
	if restricted == "" {
		t.Fatal("the demonstration has no restricted release in flight")
	}
	stefan.Get("/services/PAY").Lacks("#releases", restricted).Lacks("#releases", "Restricted")
	seen := false
	for _, key := range []string{"pay-gateway", "pay-api-guide"} {
		seen = seen || strings.Contains(maya.Get("/items/"+key).Text("#uses"), restricted)
		stefan.Get("/items/"+key).Lacks("main", restricted)
	}
	if !seen {
		t.Errorf("no item says that %s may affect it", restricted)
	}
	count := func(p *webtest.Person) string { return p.Get("/services").Text("a[href='/releases?service=PAY']") }
	if count(maya) == count(stefan) {
		t.Errorf("the list counts %s in flight to both", count(maya))
	}
}

func mediaOfAnItem(t *testing.T, s *webtest.Server) {
	maya := s.As("maya")
	p := maya.Get("/items/slw-program").Status(http.StatusOK).Has("#uses", "slw/slw-program")
	if p.Doc().Find("#uses .digest").Length() == 0 {
		t.Error("the media have no digest")
	}
	maya.Get(p.Doc().Find("#uses a[href^='/dml/']").First().AttrOr("href", "none")).Status(http.StatusOK)
	closed := s.As("stefan").Get("/items/slw-program").Has("#uses", "slw/slw-program")
	if closed.Doc().Find("#uses a[href^='/dml/']").Length() > 0 {
		t.Error("who does not see the library is led to it")
	}
}
