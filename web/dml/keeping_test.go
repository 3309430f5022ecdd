package dml

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

func TestRulesHoldsAndRehearsalsOnTheItemsPage(t *testing.T) {
	s := newSite(t)
	s.upload("bruno", server, "a.bin", "x").want(http.StatusSeeOther)
	const item, retention = "/dml/payments-api/server", "/dml/retention/payments-api/server"
	s.post("cora", "/dml/versions/1/reject", url.Values{"version": {s.get("cora", item).value(`#v1 input[name="version"]`)}, "note": {"unsigned"}}).want(http.StatusSeeOther)

	rule := url.Values{"version": {"1"}, "rule": {"days"}, "days": {"soon"}}
	s.post("cora", retention, rule).want(http.StatusUnprocessableEntity, "Give a number of days", `value="soon"`)
	rule.Set("days", "5")
	rule.Set("preview", "1")
	s.post("bruno", retention, rule).want(http.StatusForbidden)
	s.post("cora", retention, rule).want(http.StatusOK, "1 version goes", "Payments server 1.4.0", `value="5"`)
	s.get("cora", item).want(http.StatusOK, "kept for good")
	rule.Del("preview")
	s.post("bruno", retention, rule).want(http.StatusForbidden)
	s.post("cora", retention, rule).want(http.StatusSeeOther)
	s.post("cora", retention, rule).want(http.StatusConflict, "Somebody else")
	s.get("cora", item).want(http.StatusOK, "Bytes go 5 days after")

	hold := url.Values{"item": {"payments-api/server"}, "held": {"1"}}
	s.post("cora", "/dml/holds", hold).want(http.StatusUnprocessableEntity, "Give the reason")
	hold.Set("reason", "Case 7")
	s.post("bruno", "/dml/holds", hold).want(http.StatusForbidden)
	s.post("cora", "/dml/holds", hold).want(http.StatusSeeOther)
	s.get("bruno", item).want(http.StatusOK, "Case 7", "1 stands")
	s.get("cora", "/dml/health").want(http.StatusOK, "Case 7")
	dbtest.Advance(s.db, 40*24*time.Hour)
	s.post("cora", retention, url.Values{"version": {"2"}, "rule": {"days"}, "days": {"1"}, "preview": {"1"}}).want(http.StatusOK, "lets nothing go")
	s.get("cora", "/dml/health/collection").want(http.StatusOK, "Nothing: everything")

	lift := url.Values{"version": {"1"}}
	s.post("cora", "/dml/holds/1/lift", lift).want(http.StatusUnprocessableEntity, "Say why the hold is lifted")
	lift.Set("lift_reason", "Settled")
	s.post("bruno", "/dml/holds/1/lift", lift).want(http.StatusForbidden)
	s.post("cora", "/dml/holds/1/lift", lift).want(http.StatusSeeOther)
	s.get("cora", item).want(http.StatusOK, "Lifted by", "Settled", "none stands")
	s.get("cora", "/dml/health/collection").want(http.StatusOK, "Payments server 1.4.0", "retention are over")
	s.get("bruno", "/dml/health/collection").want(http.StatusForbidden)
	if page := s.get("bruno", "/dml/health"); strings.Contains(page.body, "/dml/health/collection") {
		t.Error("who may not see what would be collected is led there")
	}
	s.get("cora", "/dml/health").want(http.StatusOK, `href="/dml/health/collection"`)

	rehearsal := url.Values{"item": {"payments-api/server"}, "rehearsed": {"1"}, "note": {"Quarterly"}}
	s.post("bruno", "/dml/rehearsals", rehearsal).want(http.StatusForbidden)
	s.post("cora", "/dml/rehearsals", rehearsal).want(http.StatusSeeOther)
	s.get("cora", item).want(http.StatusOK, "Verified", "from the store", "Quarterly")
}

func TestTheHealthOfTheLibrary(t *testing.T) {
	s := newSite(t)
	s.get("stefan", "/dml/health").want(http.StatusForbidden)
	empty := s.get("cora", "/dml/health").want(http.StatusOK, "nothing to verify yet", "unknown: nothing was verified yet", "None has run yet")
	if strings.Contains(empty.body, "100 %") {
		t.Error("an empty library claims to be verified")
	}
	s.upload("bruno", server, "a.bin", "x").want(http.StatusSeeOther)
	s.get("cora", "/dml").want(http.StatusOK, `href="/dml/health"`)
	s.get("cora", "/dml/health").want(http.StatusOK, "1 of 1 version (100 %)", "1 version waits")
	if _, err := s.dml.Collect(t.Context(), identity.System("test"), dml.DefaultGrace); err != nil {
		t.Fatal(err)
	}
	s.get("cora", "/dml/health").want(http.StatusOK, "Ended", "0 blobs deleted")
	dbtest.Advance(s.db, 31*24*time.Hour)
	s.get("cora", "/dml/health").want(http.StatusOK, "0 of 1 version (0 %)")
}

func TestTheLibraryIsTendedFromItsPage(t *testing.T) {
	s := newSite(t)
	s.upload("bruno", server, "a.bin", "x").want(http.StatusSeeOther)
	if strings.Contains(s.get("bruno", "/dml/health").want(http.StatusOK).body, "Verify everything now") {
		t.Error("a submitter is offered what is refused")
	}
	s.post("bruno", "/dml/health/verification", nil).want(http.StatusForbidden)
	s.post("bruno", "/dml/health/collection", nil).want(http.StatusForbidden)
	s.get("cora", "/dml/health").want(http.StatusOK, "Verify everything now")
	s.post("cora", "/dml/health/verification", nil).want(http.StatusSeeOther)
	if under := s.get("cora", "/dml/health").want(http.StatusOK, "Under way, 0 of 3 blobs", "<progress"); strings.Contains(under.body, "Verify everything now") {
		t.Error("another is offered while one is under way")
	}
	s.post("cora", "/dml/health/collection", nil).want(http.StatusSeeOther)
	runner := jobs.NewRunner(s.db, slog.New(slog.DiscardHandler))
	s.dml.Jobs(runner)
	for worked := true; worked; {
		var err error
		if worked, err = runner.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.get("cora", "/dml/health").want(http.StatusOK, "3 of 3 blobs", "all match", "Verify everything now", "Cora, ", "0 blobs deleted")
}
