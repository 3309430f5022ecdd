package web_test

import (
	"testing"

	"slipway/web/webtest"
)

// TestPagesKeepWithinTheirStatements holds the pages that people open most to a
// budget of SQL statements, so that none grows with what it lists.
func TestPagesKeepWithinTheirStatements(t *testing.T) {
	s := webtest.Demo(t)
	maya := s.As("maya")
	for _, page := range []struct {
		path string
		most int64
	}{
		{"/releases", 5}, {"/services", 6}, {"/services/PAY", 18}, {"/items", 5}, {"/units", 6}, {"/dml", 8}, {"/dml/quarantine", 6},
		{"/policies", 7}, {"/models", 5}, {"/changes", 4}, {"/changes/agenda", 20}, {"/calendar", 8}, {"/environments", 8}, {"/targets", 8}, {"/deployments", 20},
		{"/risks", 5}, {"/status", 4},
	} {
		if n := maya.Statements(page.path); n > page.most {
			t.Errorf("%s takes %d statements, at most %d", page.path, n, page.most)
		}
	}
}
