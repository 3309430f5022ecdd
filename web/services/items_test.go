package services_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/web/webtest"
)

func TestTheListOfItemsIsNarrowed(t *testing.T) {
	s := webtest.New(t)
	stefan := s.As("stefan")
	stefan.Get("/items?q=guide").Status(http.StatusOK).Has("tbody", "pay-api-guide").Lacks("tbody", "pay-server")
	stefan.Get("/items?service=WHS&kind=hardware").Has("tbody", "whs-scanner").Lacks("tbody", "whs-app").Has("#fs option[selected]", "Warehouse handhelds")
	stefan.Get("/items?q=no+such+thing").Has("#items", "Nothing matches.").Has("#items a", "Clear filters")
	r, err := http.NewRequest(http.MethodGet, s.URL+"/items?q=guide", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Request-Type", "partial")
	part := stefan.Do(r).Status(http.StatusOK)
	if part.Doc().Find("section#items").Length() != 1 || part.Doc().Find("h1, form.filters").Length() != 0 {
		t.Errorf("htmx gets %s", part.Body)
	}
	sofia := s.As("sofia")
	sofia.Get("/items/pay-database").Has("#retire", "pay-server depends on it.").Has("#retire button[aria-disabled=true]", "Retire")
	sofia.Post("/items/whs-quick-card/retire", url.Values{"version": {"1"}}).Status(http.StatusConflict).Has(".blockers", "The release unit Handheld application brings it.")
	sofia.Post("/items/pay-refund-process/retire", typed(t, sofia.Get("/items/pay-refund-process"), "retire-form")).Status(http.StatusSeeOther)
	stefan.Get("/items?q=refund").Lacks("tbody", "pay-refund-process")
	stefan.Get("/items?q=refund&retired=true").Has("tbody", "pay-refund-process").Has("tbody", "Retired")
}

func TestItemsArePaged(t *testing.T) {
	s := webtest.New(t)
	sofia := s.As("sofia")
	form := typed(t, sofia.Get("/items/new?service=LOY"), "item-form")
	form.Set("kind", "other")
	for n := range 51 {
		form.Set("key", "zz-"+strings.Repeat("z", n+1))
		form.Set("name", "Part "+strings.Repeat("I", n+1))
		sofia.Post("/items/new", form).Status(http.StatusSeeOther)
	}
	first := sofia.Get("/items?q=zz-&service=LOY").Status(http.StatusOK)
	next := first.Doc().Find("a[rel=next]").AttrOr("href", "")
	if rows := first.Doc().Find("tbody tr").Length(); rows != 50 || !strings.Contains(next, "service=LOY") {
		t.Fatalf("%d rows, then %q", rows, next)
	}
	if last := sofia.Get(next); last.Doc().Find("tbody tr").Length() != 1 || last.Doc().Find("a[rel=next]").Length() != 0 {
		t.Errorf("the last page: %s", last.Text("tbody"))
	}
}

func TestAnItemFromItsFormToRetirement(t *testing.T) {
	s := webtest.New(t)
	maya, sofia := s.As("maya"), s.As("sofia")
	form := typed(t, maya.Get("/items/new?service=PAY").Status(http.StatusOK), "item-form")
	if form.Get("service") == "" {
		t.Error("the form forgot the service of the address")
	}
	form.Set("key", "Pay Cache")
	form.Set("kind", "hardware")
	wrong := maya.Post("/items/new", form).Status(http.StatusUnprocessableEntity)
	wrong.Has("#f-key-error", "lower-case").Has("#f-name-error", "Name the item").Has("#f-location-error", "where the hardware stands")
	kept(t, wrong, "item-form", form, "key", "kind", "service")
	form.Set("key", "pay-cache")
	form.Set("name", "Cache of tokens")
	form.Set("location", "Fornebu, rack 5")
	if to := maya.Post("/items/new", form).Status(http.StatusSeeOther).Location(); to != "/items/pay-cache" {
		t.Errorf("adding leads to %s", to)
	}
	maya.Post("/items/new", form).Status(http.StatusUnprocessableEntity).Has("#f-key-error", "already")
	show := maya.Get("/items/pay-cache").Status(http.StatusOK)
	show.Has("#facts", "Sofia Marttinen").Has("#facts", "rack 5").Has("#relations", "None noted").Has("#versions", "None yet").Has("#uses", "In none")

	mine, theirs := typed(t, maya.Get("/items/pay-cache/edit").Status(http.StatusOK), "item-form"), typed(t, sofia.Get("/items/pay-cache/edit"), "item-form")
	if mine.Has("key") || mine.Has("service") {
		t.Error("key and service are offered to be changed")
	}
	theirs.Set("current_version", "R2")
	sofia.Post("/items/pay-cache/edit", theirs).Status(http.StatusSeeOther)
	mine.Set("serial", "NH-0007")
	stale := maya.Post("/items/pay-cache/edit", mine).Status(http.StatusConflict).Has("#newer", "R2").Has("#newer", "NH-0007").Lacks("#newer", "Place")
	again := kept(t, stale, "item-form", mine, "serial", "current_version")
	again.Set("current_version", "R2")
	maya.Post("/items/pay-cache/edit", again).Status(http.StatusSeeOther)
	maya.Get("/items/pay-cache").Has("#versions", "R2").Has("#versions", "Corrected by hand").Has("#facts", "NH-0007")

	retire := typed(t, maya.Get("/items/pay-cache"), "retire-form")
	maya.Post("/items/pay-cache/retire", url.Values{"version": {"1"}}).Status(http.StatusConflict).Has("#summary", "Somebody else saved this")
	maya.Post("/items/pay-cache/retire", retire).Status(http.StatusSeeOther)
	gone := maya.Get("/items/pay-cache").Has(".page-head", "Retired")
	if gone.Doc().Find("#relation-form").Length() != 0 {
		t.Error("a retired item is offered new relations")
	}
	maya.Post("/items/pay-cache/restore", typed(t, gone, "retire-form")).Status(http.StatusSeeOther)
	maya.Get("/items/pay-cache").Lacks(".page-head", "Retired")
}

func TestRelationsAreNotedAndTakenAway(t *testing.T) {
	s := webtest.New(t)
	sofia := s.As("sofia")
	form := typed(t, sofia.Get("/items/pay-api-guide"), "relation-form")
	sofia.Post("/items/pay-api-guide/relations", form).Status(http.StatusUnprocessableEntity).Has("#f-relation-error", "Choose how").Has("#f-to-error", "no item with this key")
	form.Set("relation", "part of")
	form.Set("to", "whs-nothing")
	kept(t, sofia.Post("/items/pay-api-guide/relations", form).Status(http.StatusUnprocessableEntity), "relation-form", form, "relation", "to")
	form.Set("to", "pay-server")
	if to := sofia.Post("/items/pay-api-guide/relations", form).Status(http.StatusSeeOther).Location(); to != "/items/pay-api-guide#relations" {
		t.Errorf("it leads to %s", to)
	}
	sofia.Post("/items/pay-api-guide/relations", form).Status(http.StatusUnprocessableEntity).Has("#f-to-error", "already")
	sofia.Post("/items/pay-server/relations", url.Values{"relation": {"part of"}, "to": {"pay-api-guide"}}).Status(http.StatusUnprocessableEntity).Has("#f-to-error", "itself a part of pay-server")
	sofia.Get("/items/pay-server").Has("#relations tr:contains('pay-api-guide')", "Has the part")
	away := sofia.Get("/items/pay-api-guide").Doc().Find("#relations form[action$='/remove']").AttrOr("action", "none")
	sofia.Post(away, nil).Status(http.StatusSeeOther)
	sofia.Post(away, nil).Status(http.StatusNotFound)
	sofia.Get("/items/pay-server").Lacks("#relations", "pay-api-guide")
}

func TestAUnitFromItsFormToItsEnd(t *testing.T) {
	s := webtest.New(t)
	maya, sofia := s.As("maya"), s.As("sofia")
	page := maya.Get("/units/new?service=LOY").Status(http.StatusOK)
	form := typed(t, page, "unit-form")
	form.Set("description", "Rules alone")
	wrong := maya.Post("/units/new?service=LOY", form).Status(http.StatusUnprocessableEntity)
	wrong.Has("#f-name-error", "Name the release unit").Has("#f-items-error", "at least one")
	kept(t, wrong, "unit-form", form, "description")
	rules := page.Doc().Find("#f-items label:contains('Rules of points') input").AttrOr("value", "none")
	form.Set("name", "Rules")
	form.Set("items", "x")
	maya.Post("/units/new?service=LOY", form).Status(http.StatusUnprocessableEntity).Has("#f-items-error", "gone")
	form.Set("items", rules)
	maya.Post("/units/new?service=LOY", form).Status(http.StatusSeeOther)
	maya.Post("/units/new?service=LOY", form).Status(http.StatusUnprocessableEntity).Has("#f-name-error", "already")
	address := maya.Get("/units").Doc().Find("#units-LOY li:contains('Rules alone') a.strong").AttrOr("href", "none")
	s.As("stefan").Get(address).Status(http.StatusOK).Has("main", "loy-rules").Lacks("main", "Save the unit")

	mine, theirs := typed(t, maya.Get(address).Status(http.StatusOK), "unit-form"), typed(t, sofia.Get(address), "unit-form")
	if mine.Get("items") != rules {
		t.Errorf("the form ticks %q", mine["items"])
	}
	runbook := page.Doc().Find("#f-items label:contains('Loyalty runbook') input").AttrOr("value", "none")
	theirs.Add("items", runbook)
	sofia.Post(address, theirs).Status(http.StatusSeeOther)
	mine.Set("name", "Rules of points")
	stale := maya.Post(address, mine).Status(http.StatusConflict).Has("#newer", "loy-rules, loy-runbook").Has("#newer", "Rules of points").Lacks("#newer", "Description")
	again := kept(t, stale, "unit-form", mine, "name", "items")
	maya.Post(address+"/drop", url.Values{"version": {mine.Get("version")}}).Status(http.StatusConflict).Has("#summary", "Somebody else saved this")
	maya.Post(address, again).Status(http.StatusSeeOther)
	maya.Post(address+"/drop", typed(t, maya.Get(address), "drop-form")).Status(http.StatusSeeOther)
	maya.Get(address).Status(http.StatusNotFound)
	maya.Get("/units").Lacks("#units-LOY", "Rules alone")
}
