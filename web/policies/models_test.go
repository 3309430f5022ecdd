package policies_test

import (
	"net/http"
	"net/url"
	"testing"

	"slipway/web/webtest"
)

func TestTheModelsOfTheDemonstration(t *testing.T) {
	s := webtest.New(t)
	stefan := s.As("stefan")
	stefan.Get("/models").Status(http.StatusOK).Has("tbody", "phased, pull, manual").Has("tbody", "Version 1").Lacks("main", "Draw up a model").
		Has("a[href='/models'][aria-current=page]", "Models")
	stefan.Get("/models/field-firmware").Status(http.StatusOK).Has("#wave-1", "Pilot sites").Has("#wave-2", "point of no return").Has("#wave-1 details", "Verify what the devices report").
		Has("#milestones", "28 days before the window").Has("#transfers", "Recover a device").Lacks("main", "Write version")
	for _, closed := range []string{"/models/new", "/models/field-firmware/edit"} {
		stefan.Get(closed).Status(http.StatusForbidden)
		stefan.Post(closed, url.Values{}).Status(http.StatusForbidden)
		stefan.Post(closed, url.Values{"add": {"waves"}}).Status(http.StatusForbidden)
	}
	stefan.Post("/models/field-firmware/approve", url.Values{"version": {"2"}}).Status(http.StatusForbidden)
	maya := s.As("maya")
	for _, nowhere := range []string{"/models/field-firmware/2", "/models/nobody", "/models/nobody/edit", "/models/new?from=nobody"} {
		maya.Get(nowhere).Status(http.StatusNotFound)
	}
}

func TestAModelFromATemplateToItsApproval(t *testing.T) {
	s := webtest.New(t)
	maya, chen := s.As("maya"), s.As("chen")
	maya.Get("/models").Has("#templates", "Start from it")
	form := typed(t, maya.Get("/models/new?from=rolling-service").Status(http.StatusOK), "model-form")
	maya.Post("/models/new", form).Status(http.StatusUnprocessableEntity).Has("#f-key-error", "There is a model with this key already.")
	form.Set("key", "shops")
	form.Set("name", "Shops")
	form.Set("waves[1].hours", "soon")
	form.Set("waves[0].steps[2].after", "3")
	wrong := maya.Post("/models/new", form).Status(http.StatusUnprocessableEntity)
	wrong.Has("#f-waves-1-hours-error", "1 hour to 60 days").Has("#f-waves-0-steps-2-after-error", "only for steps before it")
	if kept := typed(t, wrong, "model-form").Get("waves[1].hours"); kept != "soon" {
		t.Errorf("what was typed came back as %q", kept)
	}
	form.Set("waves[1].hours", "6")
	form.Set("waves[0].steps[2].after", "1, 2")
	if to := maya.Post("/models/new", form).Status(http.StatusSeeOther).Location(); to != "/models/shops/1" {
		t.Errorf("saving leads to %s", to)
	}
	maya.Get("/models/shops").Has("#waiting button[aria-disabled=true]", "Approve version 1").Has("#waiting", "You wrote this version").Has("#wave-1 details", "1, 2")
	maya.Post("/models/shops/approve", url.Values{"version": {"1"}}).Status(http.StatusConflict).Has(".blockers", "somebody else approves it")
	chen.Post("/models/shops/approve", url.Values{"version": {"2"}}).Status(http.StatusConflict)
	chen.Post("/models/shops/approve", decision(chen.Get("/models/shops"), "/models/shops/approve")).Status(http.StatusSeeOther)
	chen.Get("/models/shops").Has(".page-head", "Active").Has("#wave-2", "within 6 hours")

	form = typed(t, chen.Get("/models/shops/edit").Status(http.StatusOK), "model-form")
	form.Set("waves[1].soak", "5")
	stale := typed(t, maya.Get("/models/shops/edit"), "model-form")
	chen.Post("/models/shops/edit", form).Status(http.StatusSeeOther)
	stale.Set("tests", "typed over a newer change")
	maya.Post("/models/shops/edit", stale).Status(http.StatusConflict).Has("textarea[name=tests]", "typed over a newer change").Has("#newer", "Wave 2")
	chen.Get("/models/shops/2").Has("#difference", "soak 5 hours").Has("main", "Version 1 is in use")
}

func TestWavesAndStepsAreAddedAndTakenAway(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	send := func(form url.Values, verb, what string) (*webtest.Page, url.Values) {
		form.Set(verb, what)
		page := maya.Post("/models/new", form).Status(http.StatusOK)
		next := typed(t, page, "model-form")
		return page, next
	}
	form := typed(t, maya.Get("/models/new"), "model-form")
	form.Set("waves[0].name", "Pilot")
	form.Set("waves[0].environment", "production")
	form.Set("waves[0].hours", "soon")
	form.Set("waves[0].steps[0].title", "Install")
	page, form := send(form, "add", "waves[0].steps")
	if page.Doc().Find("#wave-1[open] #step-1-3").Length() != 1 || form.Get("waves[0].steps[0].title") != "Install" || form.Get("waves[0].hours") != "soon" {
		t.Errorf("adding a step lost something: %v", form)
	}
	page, form = send(form, "add", "waves")
	if page.Doc().Find("#wave-2[open]").Length() != 1 || form.Get("waves[1].environment") != "production" || form.Get("waves[1].steps[0].title") != "Install" || form.Get("waves[1].name") != "" {
		t.Errorf("the second wave is no copy of the first: %v", form)
	}
	form.Set("waves[1].name", "The rest")
	_, form = send(form, "drop", "0")
	if form.Get("waves[0].name") != "The rest" || form.Has("waves[1].name") {
		t.Errorf("taking a wave away left %v", form)
	}
	for _, rows := range []string{"roles", "milestones", "risks", "transfers", "notices"} {
		before := len(form)
		if _, form = send(form, "add", rows); len(form) <= before {
			t.Errorf("no row of %s was added", rows)
		}
	}
	form.Set("scale", "big bang")
	form.Set("purpose", "All shops at once")
	form.Set("key", "shops")
	form.Set("name", "Shops")
	form.Set("waves[0].hours", "4")
	form.Set("waves[0].outage", "241")
	form.Set("waves[0].confirm", "45")
	maya.Post("/models/new", form).Status(http.StatusUnprocessableEntity).Has("#f-waves-0-outage-error", "window of 240 minutes")
	form.Set("waves[0].outage", "20")
	maya.Post("/models/new", form).Status(http.StatusSeeOther)
	maya.Get("/models/shops").Has("#wave-1", "Interruption expected20 minutes").Has("#wave-1", "Devices confirm within45 minutes")
	maya.Get("/models/shops").Has("#wave-1", "The rest").Lacks("main", "Wave 2")
}
