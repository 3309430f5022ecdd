package releases_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web"
	"slipway/web/webtest"
)

// filled is the form of a new release with the first choice of every list.
func filled(p *webtest.Person) url.Values {
	doc := p.Get("/releases/new?service=PAY").Status(http.StatusOK).Doc()
	model, _ := doc.Find("select[name=model] option[value!='']").Last().Attr("value")
	owner, _ := doc.Find("select[name=owner] option[selected]").Attr("value")
	unit, _ := doc.Find("input[name=units]").First().Attr("value")
	return url.Values{"service": {"PAY"}, "title": {"Instant payments"}, "summary": {"Ten seconds, at any hour."}, "type": {"minor"}, "model": {model},
		"owner": {owner}, "units": {unit}, "zone": {"Europe/Oslo"}, "window_start": {"2026-12-01T22:30"}, "window_end": {"2026-12-02T02:30"}}
}

// plan makes a release through the form and gives its address.
func plan(p *webtest.Person, change func(url.Values)) string {
	form := filled(p)
	if change != nil {
		change(form)
	}
	return p.Post("/releases/new", form).Status(http.StatusSeeOther).Location()
}

func version(page *webtest.Page) string {
	v, _ := page.Doc().Find("input[name=version]").First().Attr("value")
	return v
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

func TestAReleaseFromTheFormToItsOverview(t *testing.T) {
	s := webtest.New(t)
	maya, stefan := s.As("maya"), s.As("stefan")
	maya.Get("/releases").Status(http.StatusOK).Has(".empty", "No releases yet").Has("main a.btn-primary", "Plan a release")
	stefan.Get("/releases").Status(http.StatusOK).Lacks("main", "Plan a release")
	stefan.Get("/releases/new").Status(http.StatusForbidden)
	stefan.Post("/releases/new", filled(maya)).Status(http.StatusForbidden)

	maya.Get("/releases/new?service=PAY").Has("#f-key-hint", "PAY-2026.11.1").Has("#policy-card", "days' notice").Lacks("#units-card legend", "Warehouse")
	maya.Get("/releases/new").Has("#units-card legend", "Payments API").Has("#units-card legend", "Warehouse")
	to := plan(maya, nil)
	if to != "/releases/PAY-2026.11.1" {
		t.Errorf("made %s", to)
	}
	page := stefan.Get(to).Status(http.StatusOK)
	page.Has("h1", "Instant payments").Has("title", "PAY-2026.11.1").Has(".rail", "A4 deploy").Has("#verdict", "Not submitted yet").
		Has("#facts", "Europe/Oslo").Has("#activity", "Maya Lindqvist planned PAY-2026.11.1").Has("[aria-current=page]", "Overview").Lacks("main", "Submit for A1")
	if page.Doc().Find("h1").Length() != 1 {
		t.Error("the overview has not one h1")
	}
	maya.Get("/releases").Has("main table tbody th a[href='/releases/PAY-2026.11.1']", "Instant payments").Has("tbody", "Maya Lindqvist")
}

func TestAWrongFormKeepsWhatWasTyped(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	form := filled(maya)
	unit := form.Get("units")
	form.Set("title", "")
	form.Set("zone", "Mars/Base")
	form.Set("incident", "INC-7")
	form.Set("window_end", "2026-11-30T02:30")
	page := maya.Post("/releases/new", form).Status(http.StatusUnprocessableEntity)
	page.Has("#f-title-error", "160 characters").Has("#f-zone-error", "time zone").Has("#f-type-error", "Only an emergency").Has("[role=alert]", "not created")
	doc := page.Doc()
	page.Has("#f-summary", "Ten seconds, at any hour.").Has("#f-type option[selected]", "Minor").Has("#f-service option[selected]", "Payments API (PAY)")
	for selector, want := range map[string]string{"#f-incident": "INC-7", "#f-window_start": "2026-12-01T22:30", "input[name=units][checked]": unit} {
		if got, _ := doc.Find(selector).Attr("value"); got != want {
			t.Errorf("%s holds %q, want %q", selector, got, want)
		}
	}
	maya.Get("/releases").Has(".empty", "No releases yet")
	form = filled(maya)
	form.Set("window_end", "2026-11-30T02:30")
	maya.Post("/releases/new", form).Status(http.StatusUnprocessableEntity).Has("#f-window_end-error", "ends after it starts")
	form = filled(maya)
	form.Set("key", "PAY-next")
	maya.Post("/releases/new", form).Status(http.StatusUnprocessableEntity).Has("#f-key-error", "pattern")
}

func TestTheServiceBringsItsUnitsAndNumber(t *testing.T) {
	s := webtest.New(t)
	part := fragment(t, s.As("maya"), "/releases/new?service=PAY&title=kept").Status(http.StatusOK)
	part.Has("#for-service", "Payments API").Has("#for-service", "PAY-2026.11.1")
	if strings.Contains(part.Body, "<h1") {
		t.Error("the part is a whole page")
	}
}

func TestTheListNarrows(t *testing.T) {
	s := webtest.New(t)
	maya, chen := s.As("maya"), s.As("chen")
	plan(maya, nil)
	plan(maya, func(f url.Values) {
		f.Set("title", "Night fix")
		f.Set("type", "emergency")
		f.Set("incident", "INC-7")
	})
	for query, want := range map[string]string{"q=instant": "Instant payments", "q=PAY-2026.11.2": "Night fix", "type=emergency": "Night fix", "service=PAY&type=minor": "Instant payments"} {
		page := maya.Get("/releases?"+query).Status(http.StatusOK).Has("tbody", want)
		if n := page.Doc().Find("tbody tr").Length(); n != 1 {
			t.Errorf("%s gives %d releases", query, n)
		}
	}
	for _, query := range []string{"q=%25", "state=Closed", "service=WHS"} {
		maya.Get("/releases?"+query).Status(http.StatusOK).Has(".empty", "Nothing matches").Has(".empty a", "Clear filters")
	}
	maya.Get("/releases?mine=true").Has("tbody", "Night fix")
	chen.Get("/releases?mine=true").Has(".empty", "Nothing matches")
	part := fragment(t, maya, "/releases?type=minor").Status(http.StatusOK).Has("#releases", "Instant payments").Lacks("#releases", "Night fix")
	if strings.Contains(part.Body, "<h1") {
		t.Error("the part is a whole page")
	}
	maya.Get("/releases?type=emergency&before=2").Has(".empty", "Nothing matches")
}

func TestALongListGoesOnAfterTheLastRow(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	form := filled(maya)
	actor, err := s.App.Identity.Local(context.Background(), "maya")
	if err != nil {
		t.Fatal(err)
	}
	model, _ := strconv.ParseInt(form.Get("model"), 10, 64)
	for range 51 {
		if _, err := s.App.Release.Create(context.Background(), actor, release.Request{ServiceKey: "PAY", Title: "Weekly", Summary: "As every week.", Type: release.Minor, ModelVersionID: model, Zone: "UTC"}); err != nil {
			t.Fatal(err)
		}
	}
	first := maya.Get("/releases?q=weekly").Status(http.StatusOK)
	if n := first.Doc().Find("tbody tr").Length(); n != 50 {
		t.Errorf("the first page holds %d", n)
	}
	next, _ := first.Doc().Find("a[rel=next]").Attr("href")
	if !strings.Contains(next, "q=weekly") {
		t.Errorf("the next page forgets the filter: %s", next)
	}
	second := maya.Get(next).Status(http.StatusOK)
	if n := second.Doc().Find("tbody tr").Length(); n != 1 || second.Doc().Find("a[rel=next]").Length() != 0 {
		t.Errorf("the last page holds %d", n)
	}
}

func TestTheVerdictNamesEverythingInTheWay(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	to := plan(maya, func(f url.Values) { f.Del("units") })
	maya.Post(to+"/moves", url.Values{"verb": {"submit"}, "version": {version(maya.Get(to))}}).Status(http.StatusSeeOther)
	page := maya.Get(to).Status(http.StatusOK).Has("#verdict", "Not ready for A1: 1 blocker").Has("#verdict", "criteria met").Has("#blockers", "No configuration item is named").
		Has("#blockers", "One of these is yours").Has(".rail-gate.is-next", "Not ready")
	if href, _ := page.Doc().Find("#blockers a.btn").Attr("href"); href != to+"/package#items" {
		t.Errorf("the blocker leads to %s", href)
	}
	panel := page.Doc().Find("#standing-panel")
	if address, _ := panel.Attr("hx-get"); address != to+"/verdict" {
		t.Errorf("the panel polls %q", address)
	}
	maya.Get(to + "/verdict").Status(http.StatusSeeOther)
	part := fragment(t, maya, to+"/verdict").Status(http.StatusOK).Has("#standing-panel #verdict", "Not ready for A1").Has("#standing-panel #blockers", "No configuration item")
	if strings.Contains(part.Body, "<h1") {
		t.Error("the part is a whole page")
	}
	ready := plan(maya, nil)
	maya.Post(ready+"/moves", url.Values{"verb": {"submit"}}).Status(http.StatusSeeOther)
	maya.Get(ready).Has("#verdict", "Ready for A1").Lacks("main", "What is in the way")
}

func TestAVerbSaysFirstWhatItBrings(t *testing.T) {
	s := webtest.New(t)
	maya, chen := s.As("maya"), s.As("chen")
	to := plan(maya, nil)
	ask := maya.Get(to+"/moves?verb=cancel").Status(http.StatusOK).Has("#move", "cannot be undone").Has("#move", "never used again")
	chen.Get(to + "/moves?verb=cancel").Status(http.StatusForbidden)
	chen.Post(to+"/moves", url.Values{"verb": {"cancel"}, "reason": {"no"}}).Status(http.StatusForbidden)
	maya.Get(to + "/moves?verb=hold").Status(http.StatusConflict)
	maya.Get(to + "/moves?verb=close").Status(http.StatusConflict)
	maya.Post(to+"/moves", url.Values{"verb": {"cancel"}, "version": {version(ask)}, "reason": {" "}}).Status(http.StatusUnprocessableEntity).Has("#f-reason-error", "Say why")
	maya.Post(to+"/moves", url.Values{"verb": {"cancel"}, "version": {"99"}, "reason": {"The market moved"}}).Status(http.StatusConflict).
		Has("[role=alert]", "Somebody else saved this").Has("textarea[name=reason]", "The market moved")
	maya.Post(to+"/moves", url.Values{"verb": {"cancel"}, "version": {version(ask)}, "reason": {"The market moved"}}).Status(http.StatusSeeOther)
	page := maya.Get(to).Status(http.StatusOK).Has("#verdict", "Cancelled").Has("#activity", "The market moved").Lacks(".page-head", "Reschedule").Lacks(".page-head", "More")
	if page.Doc().Find("[hx-trigger]").Length() != 0 {
		t.Error("a release that is over still polls")
	}
	maya.Get(to+"/edit").Status(http.StatusConflict).Has(".blockers", "part of the record")
}

func TestEditingKeepsWordsAndRefusesTheStale(t *testing.T) {
	s := webtest.New(t)
	maya, chen := s.As("maya"), s.As("chen")
	to := plan(maya, nil)
	chen.Get(to + "/edit").Status(http.StatusForbidden)
	form := maya.Get(to + "/edit").Status(http.StatusOK)
	owner, _ := form.Doc().Find("select[name=owner] option[selected]").Attr("value")
	typed := url.Values{"version": {version(form)}, "title": {"Instant payments, all day"}, "summary": {"Shorter."}, "owner": {owner}}
	chen.Post(to+"/edit", typed).Status(http.StatusForbidden)
	maya.Post(to+"/edit", typed).Status(http.StatusSeeOther)
	maya.Get(to).Has("h1", "all day").Has("#summary", "Shorter.")
	typed.Set("title", "From an old page")
	stale := maya.Post(to+"/edit", typed).Status(http.StatusConflict).Has("[role=alert]", "Somebody else saved this").Has("#saved", "Instant payments, all day")
	if kept, _ := stale.Doc().Find("#f-title").Attr("value"); kept != "From an old page" {
		t.Errorf("the typed title is %q now", kept)
	}
	typed.Set("version", version(stale))
	maya.Post(to+"/edit", typed).Status(http.StatusSeeOther)
	typed.Set("version", version(maya.Get(to+"/edit")))
	typed.Set("title", " ")
	maya.Post(to+"/edit", typed).Status(http.StatusUnprocessableEntity).Has("#f-title-error", "160 characters").Has("#f-summary", "Shorter.")
}

func TestAWindowMovesOnlyOnceItsConsequenceWasShown(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	chen, err := s.App.Identity.Local(context.Background(), "chen")
	if err != nil {
		t.Fatal(err)
	}
	starts := db.At(dbtest.Start.AddDate(0, 0, 27))
	if _, err := s.App.Change.AddFreeze(context.Background(), chen, change.Freeze{Title: "Year end", Reason: "The books are closed", StartsAt: starts, StopsAt: starts.Add(96 * 60 * 60 * 1e9), Zone: "Europe/Oslo"}); err != nil {
		t.Fatal(err)
	}
	to := plan(maya, nil)
	form := url.Values{"version": {version(maya.Get(to + "/edit"))}, "window_start": {"2026-12-21T22:00"}, "window_end": {"2026-12-22T02:00"}, "zone": {"Europe/Oslo"}, "reason": {"The bank asked"}}
	preview := maya.Post(to+"/window", form).Status(http.StatusOK).Has("#window", "Before it is saved").Has("#window", "Tue 1 Dec, 22:30").Has("#window .blockers", "Year end").Has("#window", "No decision is voided")
	if kept, _ := preview.Doc().Find("#f-reason").Attr("value"); kept != "The bank asked" {
		t.Errorf("the reason is %q now", kept)
	}
	maya.Get(to).Has("#facts", "Tue 1 Dec, 22:30")
	form.Set("confirm", "true")
	maya.Post(to+"/window", form).Status(http.StatusSeeOther)
	maya.Get(to).Has("#facts", "Mon 21 Dec, 22:00").Has("#activity", "The bank asked")
	stale := maya.Post(to+"/window", form).Status(http.StatusConflict).Has("[role=alert]", "Somebody else saved this")
	if kept, _ := stale.Doc().Find("#f-window_start").Attr("value"); kept != "2026-12-21T22:00" {
		t.Errorf("the typed window is %q now", kept)
	}
	form.Set("window_end", "2026-12-20T02:00")
	maya.Post(to+"/window", form).Status(http.StatusConflict)
	form.Set("version", version(maya.Get(to+"/edit")))
	maya.Post(to+"/window", form).Status(http.StatusUnprocessableEntity).Has("#f-window_end-error", "ends after it starts")
	s.As("stefan").Post(to+"/window", form).Status(http.StatusForbidden)
}

func TestARestrictedReleaseIsOutOfSight(t *testing.T) {
	s := webtest.New(t)
	maya, stefan := s.As("maya"), s.As("stefan")
	to := plan(maya, func(f url.Values) { f.Set("restricted", "true") })
	maya.Get(to).Status(http.StatusOK).Has(".page-head", "Restricted")
	for _, page := range []string{"", "/verdict", "/edit", "/moves?verb=submit"} {
		fragment(t, stefan, to+page).Status(http.StatusNotFound)
		if page != "/verdict" {
			stefan.Get(to + page).Status(http.StatusNotFound)
		}
	}
	stefan.Post(to+"/moves", url.Values{"verb": {"submit"}}).Status(http.StatusNotFound)
	stefan.Get("/releases").Lacks("main", "PAY-2026.11.1")
}

func TestAnEmergencyWithoutAReferenceKeepsWhatWasTyped(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	form := filled(maya)
	form.Set("type", "emergency")
	form.Set("incident", "Nobody can pay")
	page := maya.Post("/releases/new", form).Status(http.StatusUnprocessableEntity).Has("#f-incident-error", "such as INC-4711")
	typed(t, page, "#f-incident", "Nobody can pay")
	typed(t, page, "#f-title", form.Get("title"))
	s.As("stefan").Post("/releases/new", form).Status(http.StatusForbidden)
	to := plan(maya, func(f url.Values) {
		f.Set("type", "emergency")
		f.Set("incident", "INC-4711: nobody can pay")
	})
	page = maya.Post(to+"/edit", url.Values{"version": {version(maya.Get(to + "/edit"))}, "title": {"Pay again"}, "summary": {"At once."}, "owner": {"0"}, "incident": {"All is well"}})
	page.Status(http.StatusUnprocessableEntity).Has("#f-incident-error", "such as INC-4711")
	typed(t, page, "#f-incident", "All is well")
	typed(t, page, "#f-title", "Pay again")
}

func TestAnEmergencyLeadsToItsPath(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	to := plan(maya, func(f url.Values) {
		f.Set("type", "emergency")
		f.Set("incident", "INC-4711")
	})
	page := maya.Get(to).Status(http.StatusOK).Has("#facts", "INC-4711").Has(".notice", "emergency board")
	if href, _ := page.Doc().Find(".notice a").Attr("href"); href != to+"/emergency" {
		t.Errorf("the notice leads to %q", href)
	}
}

// The overview is the page that is opened most, so its cost is fixed.
func TestTheWarmOverviewKeepsWithinItsStatements(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	draft, submitted := plan(maya, nil), plan(maya, nil)
	maya.Post(submitted+"/moves", url.Values{"verb": {"submit"}}).Status(http.StatusSeeOther)
	emergency := plan(maya, func(f url.Values) {
		f.Set("type", "emergency")
		f.Set("incident", "INC-4711")
	})
	handler, err := web.New(s.App, web.Config{Zone: sample.Zone, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	login := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"username": {"maya"}, "password": {sample.Password}}.Encode()))
	login.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, login)
	ask := func(to string) int64 {
		ctx, count := db.CountStatements(context.Background())
		r := httptest.NewRequest(http.MethodGet, to, nil).WithContext(ctx)
		for _, cookie := range answer.Result().Cookies() {
			r.AddCookie(cookie)
		}
		page := httptest.NewRecorder()
		handler.ServeHTTP(page, r)
		if page.Code != http.StatusOK {
			t.Fatalf("the overview answered %d", page.Code)
		}
		return count.Load()
	}
	for name, to := range map[string]string{"draft": draft, "submitted": submitted, "emergency": emergency} {
		ask(to)
		if n := ask(to); n > 12 || n == 0 {
			t.Errorf("%s: %d statements, want at most 12", name, n)
		}
	}
}

func TestANewReleaseKnowsTheOnlyChoice(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	chosen := func(p *webtest.Page, field string) string {
		value, _ := p.Doc().Find("select[name=" + field + "] option[selected]").Attr("value")
		return value
	}
	ticked := func(p *webtest.Page) int { return p.Doc().Find("input[name=units][checked]").Length() }
	if p := maya.Get("/releases/new").Status(http.StatusOK); chosen(p, "service") != "" || ticked(p) != 0 {
		t.Error("one of several services is chosen")
	}
	if p := maya.Get("/releases/new?service=BRF").Status(http.StatusOK); chosen(p, "service") != "BRF" || ticked(p) != 1 {
		t.Errorf("%q has one unit, of which %d are ticked", chosen(p, "service"), ticked(p))
	}
	if p := maya.Get("/releases/new?service=PAY").Status(http.StatusOK); ticked(p) != 0 {
		t.Error("one of several units is ticked")
	}
}

// What A1 will ask is known before anybody is asked to decide.
func TestADraftIsToldWhatA1WillAsk(t *testing.T) {
	s := webtest.Demo(t)
	maya := s.As("maya")
	maya.Get(at(t, s, revisionD)).Status(http.StatusOK).Has("#verdict", "Not submitted yet").Has("#verdict", "criteria met")
	q := release.Request{ServiceKey: "PAY", Title: "Without a scope", Summary: "Tried.", Type: release.Minor, ModelVersionID: found(t, s, cardKeys).ModelVersionID, Zone: "Europe/Oslo", OwnerID: actor(t, s, "maya").UserID}
	bare, err := s.App.Release.Create(t.Context(), actor(t, s, "maya"), q)
	if err != nil {
		t.Fatal(err)
	}
	maya.Get(bare.Link()).Status(http.StatusOK).Has("#blockers h2", "What A1 will ask for").Has("#blockers", "The scope names what it affects").Has("#blockers a", "Name the items")
}
