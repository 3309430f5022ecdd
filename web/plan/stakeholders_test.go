package plan_test

import (
	"net/http"
	"testing"

	"slipway/web/webtest"
)

// The page says what everybody who has to agree said of the newest plan.
func TestStakeholdersShowWhoAgreed(t *testing.T) {
	s := webtest.Demo(t)
	maya := s.As("maya")
	maya.Get("/releases/PAY-2026.10.2/stakeholders").Status(http.StatusOK).Has("td[data-th=Agreement]", "agrees").Has("td[data-th=Agreement]", "not asked").Lacks("td[data-th=Agreement]", "not yet")
	maya.Get("/releases/SLW-2026.11.1/stakeholders").Has("td[data-th=Agreement]", "not yet")
}
