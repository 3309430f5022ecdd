package deploy_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

// formAt gives what the form of an address would send as it stands.
func formAt(t *testing.T, p *webtest.Page, action string) url.Values {
	t.Helper()
	form := p.Doc().Find("main form").FilterFunction(func(_ int, s *goquery.Selection) bool {
		to, _, _ := strings.Cut(s.AttrOr("action", ""), "?once=")
		return to == action
	}).First()
	if form.Length() == 0 {
		t.Fatalf("there is no form for %s", action)
	}
	values := url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
		_, on := s.Attr("checked")
		switch {
		case name == "" || name == "once" || s.AttrOr("type", "") == "file" || s.AttrOr("type", "") == "checkbox" && !on:
			return
		case goquery.NodeName(s) == "textarea":
			value = strings.TrimPrefix(s.Text(), "\n")
		case goquery.NodeName(s) == "select":
			value = s.Find("option[selected]").AttrOr("value", "")
		}
		values.Add(name, value)
	})
	return values
}

// part asks for a part of a page, as htmx does.
func part(t *testing.T, p *webtest.Person, path string) *webtest.Page {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.Server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Request-Type", "partial")
	return p.Do(r)
}

// upload sends a form with a file, as its page would.
func upload(t *testing.T, p *webtest.Person, values url.Values, file string) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name := range values {
		if err := w.WriteField(name, values.Get(name)); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		f, err := w.CreateFormFile("file", "targets.csv")
		if err == nil {
			_, err = f.Write([]byte(file))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, p.Server.URL+"/targets/import", &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return p.Do(r)
}

// outsider signs in as somebody of operations whose role is on one service.
func outsider(t *testing.T, s *webtest.Server, serviceID int64) *webtest.Person {
	t.Helper()
	ctx := context.Background()
	root, err := s.App.Identity.Local(ctx, "root")
	if err == nil {
		_, err = s.App.Identity.CreateUser(ctx, root, identity.Account{Username: "otto", Name: "Otto Outside", Email: "otto@example.org", Password: sample.Password},
			[]identity.Grant{{Role: identity.Operations, ServiceID: serviceID}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.As("otto")
}

// change writes to the database past the rules, as a test's beginning.
func change(t *testing.T, s *webtest.Server, sql string, args ...any) {
	t.Helper()
	if err := s.App.DB.InTx(context.Background(), func(tx *db.Tx) error { return tx.Gorm().Exec(sql, args...).Error }); err != nil {
		t.Fatal(err)
	}
}

func TestDeploymentsNowAndNext(t *testing.T) {
	s := webtest.Demo(t)
	maya, stefan := s.As("maya"), s.As("stefan")
	page := maya.Get("/deployments").Status(http.StatusOK)
	page.Has("h1", "Deployments").Has("#headline", "3 releases are in deployment").Has("section.card h2", "Settlement four times a night").
		Has("section.card", "1 of 5 targets verified").Has("tbody td", "the wave fails at 1 %").Has("#coming tbody", "A second acquirer for cards").
		Has("#coming tbody", "Rotation of the card keys").Has("a[aria-current=page]", "Deployments").Has("tbody a.btn", "Run sheet").Lacks("main", "Steps for you")
	if to := page.Doc().Find("section.card h2 a").First().AttrOr("href", ""); !strings.HasSuffix(to, "/deployment") {
		t.Errorf("the release leads to %s", to)
	}
	s.As("dario").Get("/deployments").Has("#steps", "Sign step").Has("#steps a.btn[href*='/run#']", "step")
	stefan.Get("/deployments").Status(http.StatusOK).Has("h2", "Settlement four times a night").Lacks("main", "Rotation of the card keys")
	if news := part(t, maya, "/deployments").Status(http.StatusOK); news.Doc().Find("h1").Length() != 0 || news.Doc().Find("#deployments[data-live]").Length() != 1 {
		t.Error("what looks for news by itself is not the one part")
	}
	s.Nobody().Get("/deployments").Status(http.StatusSeeOther)
}

func TestNothingIsDeployed(t *testing.T) {
	s := webtest.New(t)
	s.As("maya").Get("/deployments").Status(http.StatusOK).Has("#headline", "Nothing is deployed now").Has("#coming .empty", "No wave is planned")
}

func TestRestrictedReleasesStayOffThePlaces(t *testing.T) {
	s := webtest.Demo(t)
	otto, omar := outsider(t, s, 999), s.As("omar")
	for _, path := range []string{"/deployments", "/environments", "/environments/production", "/targets", "/targets/pay-osl-1"} {
		otto.Get(path).Status(http.StatusOK)
	}
	otto.Get("/targets/pay-osl-1").Has("#runs", "PAY-2026.10.2").Has("#history", "PAY-2026.10.2")
	otto.Get("/environments/production").Has("#waves", "PAY-2026.10.2").Has("#targets", "PAY-2026.10.2")
	change(t, s, "UPDATE releases SET restricted = ? WHERE release_key = ?", true, "PAY-2026.10.2")
	for _, path := range []string{"/deployments", "/environments", "/environments/production", "/targets?q=pay-osl", "/targets/pay-osl-1"} {
		if body := otto.Get(path).Status(http.StatusOK).Body; strings.Contains(body, "PAY-2026.10.2") || strings.Contains(body, "Settlement four times") {
			t.Errorf("%s shows a restricted release to an outsider", path)
		}
		if path != "/environments" && !strings.Contains(omar.Get(path).Body, "PAY-2026.10.2") {
			t.Errorf("%s hides it from operations", path)
		}
	}
	otto.Get("/targets/pay-osl-1").Has("#runs", "sha256").Has("#history", "PAY-2026.10.1")
}

func TestEnvironmentsByRole(t *testing.T) {
	s := webtest.New(t)
	omar, dario, stefan := s.As("omar"), s.As("dario"), s.As("stefan")
	omar.Get("/environments").Status(http.StatusOK).Has("tbody th", "Production").Has(".page-head a.btn-primary", "Add an environment").Has("nav a[aria-current=page]", "Environments")
	omar.Get("/environments/field").Has("h1", "Branches and warehouses").Has("#facts", "Europe/Oslo").Has("#targets", "All 72").Has("main", "Remove Branches and warehouses")
	dario.Get("/environments").Status(http.StatusOK).Lacks("main", "Add an environment")
	dario.Get("/environments/field").Status(http.StatusOK).Lacks("main", "Remove").Lacks("main", "Edit")
	dario.Get("/targets").Lacks("main", "Add a target").Lacks("main", "Import")
	dario.Get("/targets/pay-osl-1").Status(http.StatusOK).Lacks("main", "Retire").Lacks(".page-head", "Edit")
	for _, path := range []string{"/environments/new", "/environments/field/edit", "/targets/new", "/targets/import", "/targets/pay-osl-1/edit"} {
		dario.Get(path).Status(http.StatusForbidden)
		dario.Post(path, url.Values{"version": {"1"}}).Status(http.StatusForbidden)
		omar.Get(path).Status(http.StatusOK)
	}
	for _, path := range []string{"/environments/field/remove", "/targets/pay-osl-1/retire", "/targets/pay-osl-1/restore"} {
		dario.Post(path, url.Values{"version": {"1"}, "reason": {"x"}}).Status(http.StatusForbidden)
	}
	for _, path := range []string{"/environments", "/environments/field", "/targets", "/targets/pay-osl-1"} {
		stefan.Get(path).Status(http.StatusForbidden)
	}
	stefan.Get("/").Lacks("nav", "Environments")
	for _, path := range []string{"/environments/nowhere", "/environments/nowhere/edit", "/targets/nothing", "/targets/nothing/edit"} {
		omar.Get(path).Status(http.StatusNotFound)
	}
}

func TestAnEnvironmentFromItsFormToItsRemoval(t *testing.T) {
	s := webtest.New(t)
	omar, maya := s.As("omar"), s.As("maya")
	form := formAt(t, omar.Get("/environments/new"), "/environments/new")
	if form.Get("zone") != "Europe/Oslo" || form.Get("position") != "5" {
		t.Errorf("a new environment begins with %v", form)
	}
	form.Set("key", "new")
	form.Set("name", "Training rooms")
	form.Set("zone", "Mars/Base")
	form.Set("position", "first")
	form.Set("production", "true")
	wrong := omar.Post("/environments/new", form).Status(http.StatusUnprocessableEntity)
	wrong.Has("#f-key-error", "address of Slipway's own").Has("#f-zone-error", "time zone").Has("#f-position-error", "whole number").Has("[role=alert] a[href='#f-zone']", "time zone")
	if kept := formAt(t, wrong, "/environments/new"); kept.Get("zone") != "Mars/Base" || kept.Get("position") != "first" || kept.Get("name") != "Training rooms" || kept.Get("production") != "true" {
		t.Errorf("what was typed came back as %v", kept)
	}
	form.Set("key", "training")
	form.Set("zone", "Europe/Oslo")
	form.Set("position", "1")
	form.Del("production")
	omar.Post("/environments/new", form).Status(http.StatusSeeOther)
	omar.Post("/environments/new", form).Status(http.StatusUnprocessableEntity).Has("#f-key-error", "already")

	stale := formAt(t, maya.Get("/environments/training/edit"), "/environments/training/edit")
	form = formAt(t, omar.Get("/environments/training/edit"), "/environments/training/edit")
	form.Set("name", "Class rooms")
	omar.Post("/environments/training/edit", form).Status(http.StatusSeeOther)
	stale.Set("name", "Halls")
	again := maya.Post("/environments/training/edit", stale).Status(http.StatusConflict)
	again.Has("#newer", "Class rooms").Has("#newer", "Halls").Lacks("#newer", "Time zone")
	if fresh := formAt(t, again, "/environments/training/edit"); fresh.Get("name") != "Halls" || fresh.Get("version") != "2" {
		t.Errorf("the stale form came back as %v", fresh)
	} else {
		maya.Post("/environments/training/edit", fresh).Status(http.StatusSeeOther)
	}
	omar.Get("/environments/training").Has("h1", "Halls").Has("#waves .empty", "No wave").Has("#targets .empty", "No targets stand here")

	omar.Post("/environments/training/remove", url.Values{"version": {"1"}}).Status(http.StatusConflict)
	omar.Post("/environments/training/remove", nil).Status(http.StatusConflict)
	omar.Post("/environments/training/remove", formAt(t, omar.Get("/environments/training"), "/environments/training/remove")).Status(http.StatusSeeOther)
	omar.Get("/environments/training").Status(http.StatusNotFound)
	refused := omar.Post("/environments/lab/remove", formAt(t, omar.Get("/environments/lab"), "/environments/lab/remove")).Status(http.StatusConflict)
	refused.Has(".blockers", "Targets stand in it").Has(".blockers a[href^='/targets?']", "Open the targets").Has("details[open]", "Remove")
}

func TestAPlaceWithoutAnything(t *testing.T) {
	s := webtest.New(t)
	omar := s.As("omar")
	change(t, s, "DELETE FROM targets")
	omar.Get("/targets").Status(http.StatusOK).Has(".empty", "No targets yet").Has(".empty a", "Import targets")
	s.As("ada").Get("/targets").Has(".empty", "No targets yet").Lacks(".empty", "Import")
	change(t, s, "DELETE FROM pull_settings")
	change(t, s, "DELETE FROM environments")
	omar.Get("/environments").Has(".empty a[href='/environments/new']", "Add an environment")
	omar.Get("/targets").Has(".empty a[href='/environments/new']", "Add an environment")
	omar.Get("/targets/import").Has("main", "there is none yet")
}
