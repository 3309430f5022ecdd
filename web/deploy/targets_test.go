package deploy_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/identity"
	"slipway/web/webtest"
)

func TestTheTargetsNarrow(t *testing.T) {
	s := webtest.New(t)
	dario := s.As("dario")
	first := dario.Get("/targets").Status(http.StatusOK).Has("tbody th a[href='/targets/brf-0001']", "brf-0001").Has("nav a[rel=next]", "Next page").Lacks("nav", "First page")
	if n := first.Doc().Find("tbody tr").Length(); n != 50 {
		t.Errorf("a page holds %d targets", n)
	}
	next := first.Doc().Find("a[rel=next]").AttrOr("href", "")
	dario.Get(next).Status(http.StatusOK).Has("tbody", "whs-hh-024").Has("nav a", "First page").Lacks("tbody", "brf-0001")
	narrow := dario.Get("/targets?environment=field&filter=" + url.QueryEscape(`tag=pilot and site!=Oslo`))
	if n := narrow.Has("tbody", "brf-0002").Lacks("tbody", "brf-0001").Doc().Find("tbody tr").Length(); n != 10 {
		t.Errorf("%d pilots stand outside Oslo", n)
	}
	dario.Get("/targets?environment=production&q=PAY-O").Has("tbody", "pay-osl-3").Lacks("tbody", "pay-mma-1")
	dario.Get("/targets?q=nothing").Has(".empty", "Nothing matches").Has(".empty a[href='/targets']", "Clear filters")
	to := dario.Get("/targets/pay-osl-1").Doc().Find("#facts a[href*='site']").AttrOr("href", "")
	dario.Get(to).Has("tbody", "pay-osl-2").Lacks("tbody", "Malmö")

	broken := dario.Get("/targets?environment=field&filter=" + url.QueryEscape("tag=pilot and site")).Status(http.StatusUnprocessableEntity)
	broken.Has("#f-filter-error", "At character").Has("[role=alert] a[href='#f-filter']", "At character").Has("option[selected]", "Branches and warehouses")
	if typed := broken.Doc().Find("#f-filter").AttrOr("value", ""); typed != "tag=pilot and site" {
		t.Errorf("the filter came back as %q", typed)
	}
	if rows := part(t, dario, "/targets?q=brf-0001").Status(http.StatusOK); rows.Doc().Find("h1").Length() != 0 || rows.Doc().Find("#target-rows tbody tr").Length() != 1 {
		t.Error("the rows alone are not the rows alone")
	}
	part(t, dario, "/targets?filter=site").Status(http.StatusUnprocessableEntity).Has("#target-rows [role=alert]", "At character 5")
}

func TestATargetFromItsFormToRetirement(t *testing.T) {
	s := webtest.New(t)
	omar, maya := s.As("omar"), s.As("maya")
	form := formAt(t, omar.Get("/targets/new?environment=lab"), "/targets/new")
	if form.Get("environment") != "lab" {
		t.Errorf("a new target begins with %v", form)
	}
	form.Set("key", "bench 2")
	form.Set("tags", "bench, spare")
	form.Set("attributes", "service=BRF\nrev")
	form.Set("installed_digest", "abc")
	wrong := omar.Post("/targets/new", form).Status(http.StatusUnprocessableEntity)
	wrong.Has("#f-key-error", "letters, digits").Has("#f-attributes-error", "name=value").Has("#f-installed_digest-error", "64 hexadecimal")
	if kept := formAt(t, wrong, "/targets/new"); kept.Get("attributes") != "service=BRF\nrev" || kept.Get("key") != "bench 2" || kept.Get("installed_digest") != "abc" {
		t.Errorf("what was typed came back as %v", kept)
	}
	form.Set("key", "bench-2")
	form.Set("attributes", "service=BRF\nrev=D")
	form.Set("installed_digest", strings.Repeat("ab", 32))
	form.Set("installed_version", "6.1")
	if to := omar.Post("/targets/new", form).Status(http.StatusSeeOther).Location(); to != "/targets/bench-2" {
		t.Errorf("adding leads to %s", to)
	}
	omar.Get("/targets/bench-2").Has("#runs", "6.1").Has("#runs", "sha256 ababab…abab").Has("#facts", "spare").Has("#history", "No release has reached")

	const edit = "/targets/bench-2/edit"
	stale := formAt(t, maya.Get(edit), edit)
	form = formAt(t, omar.Get(edit), edit)
	form.Set("attributes", "service=BRF\nrev=E")
	omar.Post(edit, form).Status(http.StatusSeeOther)
	stale.Set("attributes", "service=BRF\r\nrev=F")
	stale.Set("environment", "field")
	again := maya.Post(edit, stale).Status(http.StatusConflict).Has("#newer", "rev=E").Has("#newer", "rev=F").Has("#newer", "Environment").Lacks("#newer", "Tags")
	fresh := formAt(t, again, edit)
	if fresh.Get("environment") != "field" || !strings.Contains(fresh.Get("attributes"), "rev=F") {
		t.Errorf("the stale form came back as %v", fresh)
	}
	maya.Post(edit, fresh).Status(http.StatusSeeOther)
	omar.Get("/targets/bench-2").Has("#facts", "Branches and warehouses").Has("#runs", "6.1")

	const retire = "/targets/bench-2/retire"
	bare := formAt(t, omar.Get("/targets/bench-2"), retire)
	omar.Post(retire, bare).Status(http.StatusUnprocessableEntity).Has("details[open] #f-reason-error", "Say why")
	bare.Set("reason", "Scrapped after the fire")
	old := url.Values{"version": {"1"}, "reason": {"Sold"}}
	omar.Post(retire, old).Status(http.StatusConflict).Has("main", "Sold")
	omar.Post(retire, bare).Status(http.StatusSeeOther)
	omar.Get("/targets/bench-2").Has(".page-head", "Retired").Has("main button", "Take it back into use").Lacks("main", "Retire bench-2")
	omar.Get("/targets?q=bench-2").Has(".empty", "Nothing matches")
	omar.Get("/targets?q=bench-2&retired=true").Has("tbody", "Retired")
	omar.Post("/targets/bench-2/restore", formAt(t, omar.Get("/targets/bench-2"), "/targets/bench-2/restore")).Status(http.StatusSeeOther)
	omar.Get("/targets?q=bench-2").Has("tbody", "bench-2")
}

func TestAListIsSeenBeforeItIsImported(t *testing.T) {
	s := webtest.New(t)
	omar, maya := s.As("omar"), s.As("maya")
	const list = "key;tags;site;rack\nbrf-0001;branch;Oslo;\nbrf-0002;branch pilot;Bergen;\nbrf-0900;branch;Bodø;7\n"
	values := url.Values{"environment": {"field"}}
	preview := upload(t, omar, values, list).Status(http.StatusOK)
	preview.Has("#preview", "1 target added, 1 target changed, 1 as they are").Has("#preview .diff", "brf-0001").Has("#preview del", "branch pilot").Has("#preview table", "rack=7").Has("#preview button", "Import 2 targets")
	omar.Get("/targets/brf-0900").Status(http.StatusNotFound)
	seen := formAt(t, preview, "/targets/import")
	if seen.Get("lines") != list || seen.Get("environment") != "field" || seen.Get("mark") == "" {
		t.Fatalf("the preview would send %v", seen)
	}

	const edit = "/targets/brf-0001/edit"
	form := formAt(t, maya.Get(edit), edit)
	form.Set("tags", "branch pilot flagship")
	maya.Post(edit, form).Status(http.StatusSeeOther)
	anew := upload(t, omar, seen, "").Status(http.StatusConflict).Has("[role=alert]", "Somebody changed one of these targets").Has("#preview del", "flagship")
	omar.Get("/targets/brf-0900").Status(http.StatusNotFound)
	if to := upload(t, omar, formAt(t, anew, "/targets/import"), "").Status(http.StatusSeeOther).Location(); to != "/environments/field" {
		t.Errorf("the import leads to %s", to)
	}
	omar.Get("/targets/brf-0900").Has("#facts", "Bodø")
	omar.Get("/targets/brf-0001").Lacks("#facts", "pilot").Has("#facts", "BRF")
	omar.Get("/environments/field").Has("#targets", "All 73")
	upload(t, omar, values, list).Has("#preview", "Nothing would change").Lacks("#preview", "Import 2")
}

func TestABadListIsNotImported(t *testing.T) {
	s := webtest.New(t)
	omar := s.As("omar")
	values := url.Values{"environment": {"field"}}
	bad := upload(t, omar, values, "key,site\nbrf-0901,Bodø\nbrf 0902,Oslo\nbrf-0901,Oslo\npay-osl-1,Oslo\n").Status(http.StatusUnprocessableEntity)
	bad.Has("[role=alert]", "3 faults").Has("[role=alert] li", "Line 3: Give a key").Has("[role=alert] li", "Line 4: brf-0901 stands in line 2").Has("[role=alert] li", "Line 5: pay-osl-1 stands in production").
		Has("#f-lines-error", "3 faults").Has("#f-lines", "brf-0901,Bodø").Has("option[selected]", "Branches and warehouses").Lacks("main", "Import 1")
	omar.Get("/targets/brf-0901").Status(http.StatusNotFound)
	upload(t, omar, nil, "key,site\nbrf-0901,Bodø\n").Status(http.StatusUnprocessableEntity).Has("#f-environment-error", "Choose the environment").Has("#f-lines", "brf-0901")
	upload(t, omar, values, "").Status(http.StatusUnprocessableEntity).Has("#f-lines-error", "at least one target")
	upload(t, omar, values, "key,site\nbrf-0901,Bod\xf8\n").Status(http.StatusUnprocessableEntity).Has("#f-lines-error", "UTF-8")
	upload(t, omar, values, strings.Repeat("brf-0901,Bodø\n", 80_000)).Status(http.StatusRequestEntityTooLarge).Has("[role=alert]", "1024 KiB")
	forged := url.Values{"environment": {"field"}, "lines": {"key,site\nbrf-0903,Bodø"}, "mark": {"seen by nobody"}}
	upload(t, omar, forged, "").Status(http.StatusConflict)
	omar.Get("/targets/brf-0903").Status(http.StatusNotFound)
	omar.Post("/targets/import", url.Values{"environment": {"field"}, "lines": {"brf-0904, Branch, branch, site=Bodø"}}).Status(http.StatusOK).Has("#preview", "1 target added")
}

func TestUnauthorisedDeploymentsAreShown(t *testing.T) {
	s := webtest.Demo(t)
	ctx := context.Background()
	list, err := s.App.Deploy.TargetsPage(ctx, actor(t, s, "maya"), deploy.TargetFilter{EnvironmentKey: "production"})
	if err != nil || len(list.Targets) < 2 {
		t.Fatal(err)
	}
	loose, drifted := list.Targets[0].Key, list.Targets[1].Key
	var signed string
	if err := s.App.DB.View(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Raw("SELECT digest FROM packages WHERE state IN ('SignedOff', 'Deployed') AND digest <> ? ORDER BY id LIMIT 1", list.Targets[1].InstalledDigest).Scan(&signed).Error
	}); err != nil {
		t.Fatal(err)
	}
	for key, digest := range map[string]string{loose: "sha256:" + strings.Repeat("0123", 16), drifted: signed} {
		if err := s.App.Deploy.ReportInstalled(ctx, identity.System("a device"), key, digest, "9"); err != nil {
			t.Fatal(err)
		}
	}
	maya := s.As("maya")
	maya.Get("/targets?drift=unauthorised").Has("tbody", loose).Lacks("tbody", drifted).Has("tbody", "Unauthorised deployment")
	maya.Get("/targets?drift=drifted").Has("tbody", drifted).Has("tbody", "Drifted")
	maya.Get("/deployments").Has("#unauthorised", "1 target").Has("#drifted", "1 target")
	maya.Get("/environments").Has("tbody", "1 unauthorised")
	maya.Get("/").Has("main", "Unauthorised deployment")
	maya.Get("/targets/"+loose).Has("#drift", "No authorised package holds this digest").Lacks("#drift", "Take it into the records")
	page := maya.Get("/targets/"+drifted).Has("#drift", "Take it into the records")
	action := "/targets/" + drifted + "/accept"
	maya.Post(action, filled(t, page, action, "reason", "by hand, in the outage")).Status(http.StatusSeeOther)
	maya.Get("/targets/"+drifted).Lacks("main", "It reports something else")
	s.As("dario").Get("/targets/"+loose).Lacks("#drift", "Take it into the records")
}
