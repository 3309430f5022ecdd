package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"slipway/web/webtest"
)

func TestAddressesLeadToRecords(t *testing.T) {
	s := webtest.Demo(t)
	root := s.As("root")
	for _, route := range []string{"/releases/:key", "/releases/:key/gates/:code", "/releases/:key/plan/:number", "/releases/:key/tests/builds/:n", "/releases/:key/handover",
		"/dml/*", "/policies/:key/:number", "/models/:key", "/changes/:key", "/freezes/:key", "/admin/users/:username"} {
		address := s.Address(route)
		if strings.ContainsAny(address, ":*") {
			t.Errorf("%s is filled to %s", route, address)
		}
		if code := root.Get(address).Code; code != http.StatusOK {
			t.Errorf("%s, %s answers %d", route, address, code)
		}
	}
}

func TestEachDemonstrationIsItsOwn(t *testing.T) {
	one, other := webtest.Demo(t), webtest.Demo(t)
	address := one.Address("/releases/:key")
	one.As("maya").Get(address).Status(http.StatusOK)
	if one.App.DB == other.App.DB || other.Address("/releases/:key") != address {
		t.Error("two servers share their data, or tell different stories")
	}
}
