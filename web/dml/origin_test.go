package dml_test

import (
	"net/http"
	"strings"
	"testing"

	"slipway/web/webtest"
)

// The item's page leads from the version to the build that made it, the release
// it was made for, and where that runs.
func TestWhereAVersionComesFrom(t *testing.T) {
	s := webtest.Demo(t)
	page := s.As("maya").Get("/dml/pay/pay-server")
	if page.Code != http.StatusOK {
		t.Fatal(page.Code)
	}
	at := strings.Index(page.Body, "Where it comes from")
	part := page.Body[at : at+strings.Index(page.Body[at:], "Submitted by")]
	for _, want := range []string{"/tests\">Build 1, pay pipeline</a>", "Made on: build host 2", "From: Revision", "class=\"key\" href=\"/releases/PAY-"} {
		if !strings.Contains(part, want) {
			t.Errorf("%q is missing in\n%s", want, part)
		}
	}
	if !strings.Contains(page.Body, "/deployment\">") {
		t.Error("the page does not say where it runs")
	}
}
