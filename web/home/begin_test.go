package home_test

import (
	"net/http"
	"testing"

	"slipway/web/webtest"
)

func TestBeforeTheFirstReleaseItIsSaidWhatToSetUp(t *testing.T) {
	s := webtest.New(t) // people, services, a policy and a model; no release
	page := s.As("maya").Get("/").Status(http.StatusOK).Has("#begin", "Plan the first release")
	steps := page.Doc().Find("#begin li")
	if done := steps.Find(".muted:contains('done')").Length(); steps.Length() != 7 || done != 6 {
		t.Errorf("%d of %d are done", done, steps.Length())
	}
	if to, _ := steps.Last().Find("a").Attr("href"); to != "/releases/new" {
		t.Errorf("the last leads to %q", to)
	}
	other := s.As("dario").Get("/").Has("#begin", "By: Release and deployment manager.")
	if other.Doc().Find("#begin a").Length() != 0 {
		t.Error("deployment staff are led to what they may not do")
	}
	webtest.Demo(t).As("maya").Get("/").Lacks("main", "Set up Slipway")
}

func TestTimesAreShownInUTCAndBack(t *testing.T) {
	maya := webtest.Demo(t).As("maya")
	to := func(page *webtest.Page) string {
		href, _ := page.Doc().Find(".page-foot a").First().Attr("href")
		return href
	}
	page := maya.Get("/search?q=handheld").Has(".page-foot", "Times in Europe/Oslo").Has(".page-foot a", "Show UTC")
	if to(page) != "?q=handheld&tz=UTC" {
		t.Fatalf("UTC is at %s", to(page))
	}
	page = maya.Get("/search"+to(page)).Has(".page-foot", "Times in UTC").Has(".page-foot a", "Show your own zone")
	if to(page) != "?q=handheld" {
		t.Errorf("back is at %s", to(page))
	}
	if back := to(maya.Get("/services?tz=UTC")); back != "/services" {
		t.Errorf("back is at %s", back)
	}
}
