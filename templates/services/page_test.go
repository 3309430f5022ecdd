package services

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/templates/ui"
)

var (
	pay    = catalog.ServiceRecord{Row: db.Row{ID: 7, Version: 3}, Key: "PAY", Name: "Payments", Description: "Pays.", OwnerID: 4, OwnerName: "Sofia", Criticality: "vital"}
	server = catalog.Item{Row: db.Row{ID: 1, Version: 5}, Key: "pay-server", Name: "Server", Kind: "software", ServiceID: 7, ServiceKey: "PAY", CurrentVersion: "2", OwnerName: "Sofia", Location: "Fornebu", Serial: "S-1"}
	gone   = catalog.Item{Row: db.Row{ID: 2, Version: 1}, Key: "pay-old", Name: "Old", Kind: "other", ServiceKey: "PAY", Retired: true}
	both   = catalog.Unit{Row: db.Row{ID: 3, Version: 2}, ServiceID: 7, ServiceKey: "PAY", Name: "Both", Description: "Together.", Items: []catalog.Item{server, gone}}
	sofia  = []identity.Person{{ID: 4, Name: "Sofia"}}
)

func serviceView() ServiceView {
	v := ServiceView{Sheet: catalog.Sheet{Service: &pay, Items: []catalog.Item{server, gone}, Units: []catalog.Unit{both}, Owners: sofia, Edits: true,
		Baselines: []catalog.Baseline{{Number: 2, Name: "after"}, {Number: 1, Name: "as found"}}}, Drafts: true, Plans: true,
		Releases: []release.Release{{Key: "PAY-1", Title: "First", State: release.Planning, Type: release.Minor, Restricted: true}}}
	for n, kind := range catalog.PromiseKinds {
		v.Promises = append(v.Promises, catalog.Promise{Row: db.Row{ID: int64(n + 1)}, Kind: kind, Aspect: "Aspect", Statement: "It works", Measure: "By hand", Target: "all"})
	}
	return v
}

func itemView() ItemView {
	beside := func(i catalog.Item, removes bool) []catalog.Neighbour {
		return []catalog.Neighbour{{RelationID: i.ID, Item: i, Removes: removes}}
	}
	return ItemView{ItemSheet: catalog.ItemSheet{Item: &server, ServiceName: "Payments", PartOf: beside(gone, true), Parts: beside(gone, false), DependsOn: beside(gone, true), Dependants: beside(gone, false),
		Versions: []catalog.ItemVersion{{Label: "2", Why: "release PAY-1", ReleaseKey: "PAY-1"}, {Label: "", Why: "corrected by hand"}}, Units: []catalog.Unit{both}, Near: []catalog.Item{server, gone}, Edits: true},
		Releases: []release.ItemUse{{ReleaseKey: "PAY-1", Title: "First", State: release.Planning}}, Media: []release.MediaUse{{ReleaseKey: "PAY-1", Package: 1, MediaItem: "pay/server", Label: "2", Digest: "sha256:abcdef"}}}
}

func wrong(names ...string) Answer {
	a := Answer{Errors: ui.Errors{"": "It was not saved."}, Newer: []Saved{{"Name", "theirs", ""}}}
	for _, name := range names {
		a.Errors[name] = "wrong: " + name
	}
	return a
}

func rendered(t *testing.T, page templ.Component) *goquery.Document {
	t.Helper()
	var out bytes.Buffer
	if err := page.Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestEveryPageIsWhole renders each page with one of everything: one heading,
// a label for each field, no id twice, no style, and a scope on each heading.
func TestEveryPageIsWhole(t *testing.T) {
	refused := serviceView()
	refused.Answer = wrong("name")
	needed, related := itemView(), itemView()
	needed.Against = []fault.Blocker{fault.Blocked("It is needed.", "Sofia", "/units/3", "Open")}
	related.Answer = wrong("relation", "to")
	fresh := UnitView{UnitSheet: catalog.UnitSheet{Service: &pay, Unit: &catalog.Unit{}, Edits: true}, Answer: wrong("name", "items")}
	unit := UnitView{UnitSheet: catalog.UnitSheet{Service: &pay, Unit: &both, Items: []catalog.Item{server}, Edits: true}, Answer: wrong("name", "description", "items")}
	baseline := &catalog.Baseline{Number: 1, Name: "as found", ReleaseKey: "PAY-1", Lines: []catalog.BaselineLine{{Key: "pay-server", Name: "Server", Kind: "software", Version: "1"}}}
	changes := []catalog.LineChange{{Key: "a", Change: "added", After: "1"}, {Key: "b", Change: "removed", Before: "1"}, {Key: "c", Change: "changed", Before: "", After: "2"}}
	for name, page := range map[string]templ.Component{
		"services":         List(ListView{Overview: catalog.Overview{Entries: []catalog.Entry{{Service: pay, Items: 2}}, Adds: true}, InFlight: map[int64]int64{7: 3}}),
		"no services":      List(ListView{Overview: catalog.Overview{Adds: true}}),
		"service":          Service(serviceView()),
		"service refused":  Service(refused),
		"empty service":    Service(ServiceView{Sheet: catalog.Sheet{Service: &pay, Edits: true}, Policy: &policy.Entry{Policy: policy.Policy{Key: "pay", Name: "Payments"}}}),
		"service form":     EditService(ServiceEdit{Key: "PAY", Name: "Payments", Owners: sofia, Answer: wrong("name", "owner", "criticality", "description", "contact")}),
		"new service":      EditService(ServiceEdit{Answer: wrong("key", "name", "owner")}),
		"promise form":     EditPromise(PromiseEdit{Service: &pay, ID: 4, Form: PromiseForm{Kind: catalog.Required}, Answer: wrong("kind", "aspect", "statement", "measure", "target")}),
		"new promise":      EditPromise(PromiseEdit{Service: &pay}),
		"baseline":         Baseline(BaselineView{catalog.BaselineSheet{Service: &pay, Baseline: baseline, Others: []catalog.Baseline{*baseline}, Earlier: baseline, Later: &catalog.Baseline{}, Differences: changes}}),
		"first baseline":   Baseline(BaselineView{catalog.BaselineSheet{Service: &pay, Baseline: &catalog.Baseline{Number: 1}}}),
		"items":            Items(&catalog.ItemList{Items: []catalog.Item{server, gone}, Services: []catalog.ServiceRecord{pay}, Next: "pay-server", Adds: true}),
		"no items":         Items(&catalog.ItemList{Adds: true}),
		"item":             Item(itemView()),
		"item needed":      Item(needed),
		"item refused":     Item(related),
		"retired item":     Item(ItemView{ItemSheet: catalog.ItemSheet{Item: &gone, Edits: true}}),
		"item form":        EditItem(ItemEdit{Item: &server, Owners: sofia, Answer: wrong("name", "kind", "current_version", "owner", "location", "serial")}),
		"new item":         EditItem(ItemEdit{Services: []catalog.ServiceRecord{pay}, Answer: wrong("service", "key")}),
		"units":            Units([]catalog.UnitGroup{{Service: pay, Units: []catalog.Unit{both}, Edits: true}, {Service: catalog.ServiceRecord{Key: "SHOP", Name: "Shop"}}}),
		"no units":         Units(nil),
		"unit form":        Unit(unit),
		"unit of no items": Unit(fresh),
		"unit to be read":  Unit(UnitView{UnitSheet: catalog.UnitSheet{Service: &pay, Unit: &both}}),
	} {
		checkPage(t, name, rendered(t, page))
	}
}

func checkPage(t *testing.T, name string, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%s: %d h1", name, n)
	}
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if seen[id] {
			t.Errorf("%s: the id %q occurs twice", name, id)
		}
		seen[id] = true
	})
	doc.Find("main textarea, main select, main input:not([type=hidden])").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if label := doc.Find("label[for='" + id + "']"); label.Length() != 1 || strings.TrimSpace(label.Text()) == "" {
			t.Errorf("%s: the field %q has no label of its own", name, id)
		}
	})
	doc.Find("#summary a").Each(func(_ int, s *goquery.Selection) {
		if href, _ := s.Attr("href"); !seen[href[1:]] {
			t.Errorf("%s: the summary leads to %s, which is not there", name, href)
		}
		if message := s.Text(); !strings.Contains(doc.Find(".field-error").Text(), message) {
			t.Errorf("%s: %q stands at no field", name, message)
		}
	})
	if n := doc.Find("[style], th:not([scope]), table:not(:has(caption))").Length(); n > 0 {
		t.Errorf("%s: %d elements with a style, or tables without scope or caption", name, n)
	}
}

func TestFormsCarryTheVersionThatWasRead(t *testing.T) {
	for selector, want := range map[string]string{"#retire-form": "5", "#relation-form": "none"} {
		if got := rendered(t, Item(itemView())).Find(selector+" input[name=version]").AttrOr("value", "none"); got != want {
			t.Errorf("%s carries the version %s, want %s", selector, got, want)
		}
	}
	doc := rendered(t, Unit(UnitView{UnitSheet: catalog.UnitSheet{Service: &pay, Unit: &both, Edits: true}, Form: UnitForm{Version: 2}}))
	for _, form := range []string{"#unit-form", "#drop-form"} {
		if got := doc.Find(form+" input[name=version]").AttrOr("value", "none"); got != "2" {
			t.Errorf("%s carries the version %s", form, got)
		}
	}
}

func TestWhatMayBeTakenAwayFollowsTheItem(t *testing.T) {
	doc := rendered(t, Item(itemView()))
	if n := doc.Find("#relations form[action$='/remove']").Length(); n != 2 {
		t.Errorf("%d relations are offered to be taken away", n)
	}
	v := itemView()
	v.Against = []fault.Blocker{fault.Blocked("A unit brings it.", "Sofia", "/units/3", "Open the unit")}
	doc = rendered(t, Item(v))
	if doc.Find("#retire-form").Length() > 0 || doc.Find("#retire button[aria-disabled=true]").Length() != 1 || !strings.Contains(doc.Find("#retire").Text(), "A unit brings it.") {
		t.Errorf("a needed item: %s", doc.Find("#retire").Text())
	}
	v.Edits = false
	if doc = rendered(t, Item(v)); doc.Find("main form, #retire").Length() > 0 {
		t.Error("a reader is offered a verb")
	}
}

func TestAWarrantyThatIsMissingIsSaid(t *testing.T) {
	doc := rendered(t, Service(ServiceView{Sheet: catalog.Sheet{Service: &pay}}))
	for _, p := range parts {
		said := strings.Contains(doc.Find("#"+partID(p)).Text(), "No target yet")
		if want := p.warrants(); said != want {
			t.Errorf("%s: missing is said: %v", p.title, said)
		}
	}
	for n, kind := range catalog.PromiseKinds {
		if len(parts) != len(catalog.PromiseKinds) || parts[n].kind != kind {
			t.Errorf("the page has no place for %q", kind)
		}
	}
}
