package dml

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"slipway/internal/dbtest"
)

func TestThePhysicalStore(t *testing.T) {
	s := newSite(t)
	s.upload("bruno", server, "a.bin", "x").want(http.StatusSeeOther)
	for _, path := range []string{"/dml/stock", "/dml/stock/labels", "/dml/stock/1", "/dml/stock/take"} {
		s.get("stefan", path).want(http.StatusForbidden)
	}
	s.get("cora", "/dml/stock").want(http.StatusOK, "Nothing stands on a shelf", "Put it on record")
	if strings.Contains(s.get("bruno", "/dml/stock").want(http.StatusOK).body, "Put it on record") {
		t.Error("a build manager is offered to add copies")
	}
	add := url.Values{"kind": {"media"}, "item": {"payments-api/server"}, "label": {"1.4.0"}, "count": {"2"}, "shelf": {"<A1>"}}
	s.post("bruno", "/dml/stock", add).want(http.StatusForbidden)
	s.post("cora", "/dml/stock", add).want(http.StatusUnprocessableEntity, "Say where it stands", "&lt;A1&gt;")
	add.Set("site", "Oslo")
	s.post("cora", "/dml/stock", add).want(http.StatusSeeOther)
	s.post("cora", "/dml/stock", url.Values{"kind": {"spare"}, "name": {"Radio"}, "serial": {"SN-1"}, "site": {"Oslo"}, "count": {"1"}}).want(http.StatusSeeOther)
	s.get("bruno", "/dml/stock").want(http.StatusOK, "Oslo, &lt;A1&gt;", "Payments server 1.4.0", "Radio, serial SN-1", "C-0003")
	s.get("bruno", "/dml/payments-api/server").want(http.StatusOK, "Electronic, and 2 physical", "C-0001")
	s.get("cora", "/dml?store=physical").want(http.StatusOK, "Payments server")

	page := s.get("cora", "/dml/stock/1").want(http.StatusOK, "I see it", "Put C-0001", "Lend it")
	version := page.value(`form[action="/dml/stock/1/lend"] input[name="version"]`)
	lend := url.Values{"version": {version}, "lend_to": {"Omar"}, "until": {"soon"}}
	s.post("bruno", "/dml/stock/1/lend", url.Values{"version": {version}, "lend_to": {"Omar"}, "until": {"2099-01-01"}}).want(http.StatusForbidden)
	s.post("cora", "/dml/stock/1/lend", lend).want(http.StatusUnprocessableEntity, "Write the day like", `value="Omar"`)
	lend.Set("until", s.db.Now().Add(48*time.Hour).Std().Format(time.DateOnly))
	s.post("cora", "/dml/stock/1/lend", lend).want(http.StatusSeeOther)
	s.post("cora", "/dml/stock/1/lend", lend).want(http.StatusConflict)
	s.post("cora", "/dml/stock/1/destroy", lend).want(http.StatusNotFound)
	s.post("cora", "/dml/stock/99/sight", url.Values{}).want(http.StatusNotFound)
	s.get("bruno", "/dml/stock/1").want(http.StatusOK, "to Omar", "Lent C-0001")
	dbtest.Advance(s.db, 72*time.Hour)
	s.get("bruno", "/dml/stock?overdue=1").want(http.StatusOK, "Lent, overdue", "1 loan is overdue")
	s.post("cora", "/dml/stock/2/miss", url.Values{"version": {"1"}}).want(http.StatusUnprocessableEntity, "Give the reason")

	count := s.get("cora", "/dml/stock/take?site=Oslo").want(http.StatusOK, "What is not ticked becomes missing", "is lent to Omar")
	if strings.Count(count.body, `name="listed"`) != 2 {
		t.Fatal("what is lent is counted, or what stands there is not:", count.body)
	}
	s.get("bruno", "/dml/stock/take?site=Oslo").want(http.StatusForbidden)
	round := url.Values{"site": {"Oslo"}, "listed": {"2", "3"}, "seen": {"3"}, "note": {"Quarterly"}}
	s.post("bruno", "/dml/stock/take", round).want(http.StatusForbidden)
	s.post("cora", "/dml/stock/take", url.Values{"site": {"Oslo"}, "note": {"kept"}}).want(http.StatusUnprocessableEntity, "Nothing stands there", "kept")
	s.post("cora", "/dml/stock/take", round).want(http.StatusSeeOther)
	s.get("bruno", "/dml/stock").want(http.StatusOK, "1 seen, 1 missing", "Quarterly", "1 copy is missing")
	s.get("bruno", "/dml/payments-api/server").want(http.StatusOK, "1 of them missing", "Missing")
}

func TestLabelsToPrint(t *testing.T) {
	s := newSite(t)
	s.upload("bruno", server, "a.bin", "x").want(http.StatusSeeOther)
	s.post("cora", "/dml/stock", url.Values{"kind": {"media"}, "item": {"payments-api/server"}, "label": {"1.4.0"}, "site": {"Oslo"}, "count": {"1"}}).want(http.StatusSeeOther)
	s.post("cora", "/dml/stock", url.Values{"kind": {"spare"}, "name": {"Radio"}, "site": {"Bergen"}, "count": {"1"}}).want(http.StatusSeeOther)
	all := s.get("bruno", "/dml/stock/labels").want(http.StatusOK, "Code that leads to "+s.url+"/dml/payments-api/server", "Code that leads to "+s.url+"/dml/stock/2", "C-0001 · Oslo", "2d7116…4881")
	if strings.Count(all.body, "<svg class=\"label-code\"") != 2 || strings.Contains(all.body, "data:image") {
		t.Fatal("not two drawn codes:", all.body)
	}
	one := s.get("bruno", "/dml/stock/labels?id=2").want(http.StatusOK, "Radio")
	if strings.Contains(one.body, "C-0001") {
		t.Error("another label is printed too")
	}
	s.get("bruno", "/dml/stock/labels?site=Nowhere").want(http.StatusOK, "nothing to print")
}

func TestTwoVersionsAreCompared(t *testing.T) {
	s := newSite(t)
	s.upload("bruno", server, "a.bin", "x").want(http.StatusSeeOther)
	s.upload("bruno", with(map[string]string{"label": "1.5.0"}), "a.bin", "longer").want(http.StatusSeeOther)
	s.get("bruno", "/dml/payments-api/server").want(http.StatusOK, `action="/dml/compare"`, "Where it comes from", "Source: not stated")
	s.get("bruno", "/dml/compare?from=1&to=2").want(http.StatusOK, "1.4.0", "1.5.0", "1 bytes, ", "6 bytes, ", "Changed", "1 B → 6 B")
	s.get("stefan", "/dml/compare?from=1&to=2").want(http.StatusNotFound)
	for _, query := range []string{"", "?from=1", "?from=1&to=x", "?from=1&to=99"} {
		s.get("bruno", "/dml/compare"+query).want(http.StatusNotFound)
	}
}
