package releases_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/internal/dbtest"
	"slipway/internal/release"
	"slipway/web/webtest"
)

func TestAPolicysCriterionIsConfirmedByItsRole(t *testing.T) {
	s := webtest.Demo(t)
	gate := at(t, s, shelfLabels, "gates", "A4")
	omar, dario := s.As("omar"), s.As("dario")
	form := url.Values{"criterion": {"A4.monitoring"}, "evidence_A4.monitoring": {"Fired twice on the bench."}}
	dario.Get(gate).Lacks("#criteria", "Confirm it")
	dario.Post(gate+"/attestations", form).Status(http.StatusForbidden)
	omar.Get(gate).Has("#criterion-A4-monitoring a", "Confirm it")
	open := omar.Get(gate + "?do=attest-A4-monitoring").Status(http.StatusOK)
	count(t, open, "#criterion-A4-monitoring details[open] textarea", 1)
	omar.Post(gate+"/attestations", with(form, "evidence_A4.monitoring", " ")).Status(http.StatusUnprocessableEntity).Has("#criterion-A4-monitoring .field-error", "Say what you saw")
	omar.Post(gate+"/attestations", with(form, "criterion", "A4.nothing")).Status(http.StatusNotFound)
	omar.Post(gate+"/attestations", form).Status(http.StatusSeeOther)
	if glyph, _ := omar.Get(gate).Has("#criterion-A4-monitoring", "Fired twice on the bench.").Doc().Find("#criterion-A4-monitoring .glyph").Attr("aria-label"); glyph != "Met" {
		t.Errorf("the confirmed criterion is %q", glyph)
	}
	omar.Post(gate+"/attestations", form).Status(http.StatusConflict).Has("[role=alert]", "confirmed already")
}

// TestAWordFallsWithThePlanAndShowsTheDifference is seen alike by whoever sees
// the gate; only the role that the policy names confirms anew.
func TestAWordFallsWithThePlanAndShowsTheDifference(t *testing.T) {
	s := webtest.Demo(t)
	gate := at(t, s, shelfLabels, "gates", "A4")
	omar := s.As("omar")
	form := url.Values{"criterion": {"A4.monitoring"}, "evidence_A4.monitoring": {"Fired twice on the bench."}}
	omar.Post(gate+"/attestations", form).Status(http.StatusSeeOther)
	count(t, omar.Get(gate), "#criterion-A4-monitoring [data-lapsed]", 0)
	maya, err := s.App.Identity.Local(t.Context(), "maya")
	if err != nil {
		t.Fatal(err)
	}
	key := strings.Split(gate, "/")[2]
	sheet, err := s.App.Plan.Sheet(t.Context(), maya, key, 0)
	if err != nil {
		t.Fatal(err)
	}
	content := sheet.Plan.Content
	content.Scope += " And the price per litre."
	_, err = s.App.Plan.Save(t.Context(), maya, key, content, sheet.Plan.Version)
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"omar", "chen", "dario"} {
		page := s.As(who).Get(gate).Status(http.StatusOK).Has("#criterion-A4-monitoring", "confirmed it for plan v1, which is now v2").
			Has("#criterion-A4-monitoring [data-lapsed]", "And the price per litre.")
		if confirms := page.Doc().Find("#criterion-A4-monitoring a[href*='do=attest']").Length(); (confirms > 0) != (who == "omar") {
			t.Errorf("%s is offered to confirm it %d times", who, confirms)
		}
	}
	omar.Post(gate+"/attestations", form).Status(http.StatusSeeOther)
	count(t, omar.Get(gate), "#criterion-A4-monitoring [data-lapsed]", 0)
}

// TestWhatClosingProvesIsNotWaived is refused beside the field, with what was
// typed and why, to those who may ask at all.
func TestWhatClosingProvesIsNotWaived(t *testing.T) {
	s := webtest.New(t)
	to := plan(s.As("maya"), nil)
	drive(t, s, to, release.Review)
	maya, gate := s.As("maya"), to+"/gates/A5"
	page := maya.Get(gate).Status(http.StatusOK)
	page.Has("#criterion-pir-agreed", "It cannot be waived.").Lacks("#criterion-pir-agreed", "Ask for a waiver")
	for _, code := range []string{"pir.agreed", "handover.accepted", "items.reconciled"} {
		form := url.Values{"finding": {code}, "exception": {"We are in a hurry."}, "expires": {"2027-12-01"}, "risk_owner": {"1"}}
		answer := maya.Post(gate+"/waivers", form).Status(http.StatusUnprocessableEntity)
		if typed(t, answer, "#f-exception", "We are in a hurry."); code == "pir.agreed" {
			answer.Has("#f-finding-error", "Nobody can waive this criterion. Without the review")
		}
		s.As("stefan").Post(gate+"/waivers", form).Status(http.StatusForbidden)
	}
}

func TestAWaiverNeedsAnIndependentApprover(t *testing.T) {
	s := webtest.Demo(t)
	gate := at(t, s, shelfLabels, "gates", "A4")
	maya, sofia, chen, stefan := s.As("maya"), s.As("sofia"), s.As("chen"), s.As("stefan")
	row := maya.Get(gate).Status(http.StatusOK).Has("#waivers", "The bench handheld is in repair").Has("#waivers", "Asked for").Doc().Find("#waivers .rows > li")
	name, _ := row.Attr("id")
	id := strings.TrimPrefix(name, "waiver-")
	form := url.Values{"version": {"1"}, "waiver_verdict": {"approve"}, "waiver_comment": {"Rehearsed last month."}}
	stefan.Post(gate+"/waivers/"+id, form).Status(http.StatusForbidden)
	maya.Post(gate+"/waivers/"+id, form).Status(http.StatusForbidden)
	// she answers for the risk
	sofia.Get(gate).Has("#"+name, "You answer for the risk of this exception").Lacks("#"+name+" a", "Decide")
	sofia.Post(gate+"/waivers/"+id, form).Status(http.StatusConflict).Has("[role=alert] .blockers", "You answer for the risk of this exception")
	chen.Get(gate).Has("#"+name+" a", "Decide on the waiver of")
	chen.Get(gate+"?do="+name).Status(http.StatusOK).Has("#"+name+" form", "Allow the exception")
	chen.Post(gate+"/waivers/"+id, with(form, "waiver_verdict", "reject", "waiver_comment", "")).Status(http.StatusUnprocessableEntity).Has("#f-waiver_comment-error", "Say why")
	chen.Post(gate+"/waivers/"+id, with(form, "waiver_verdict", "")).Status(http.StatusUnprocessableEntity).Has("#f-waiver_verdict", "Allow the exception or refuse it.")
	typed(t, chen.Post(gate+"/waivers/"+id, with(form, "version", "7")).Status(http.StatusConflict), "#f-waiver_comment", "Rehearsed last month.")
	chen.Post(gate+"/waivers/99999", form).Status(http.StatusNotFound)
	chen.Post(gate+"/waivers/x", form).Status(http.StatusNotFound)
	chen.Post(gate+"/waivers/"+id, form).Status(http.StatusSeeOther)
	chen.Get(gate).Has("#"+name, "Holds").Has("#"+name, "Rehearsed last month.").Has("#criteria", "1 waived").Has("#criterion-backout-rehearsed", "Waived by Chen Wei; Sofia Marttinen answers for the risk.")
	// once it has run out, the criterion stands in the way again
	dbtest.Advance(s.App.DB, 11*24*3600*1e9)
	s.As("chen").Get(gate).Has("#"+name, "Expired").Lacks("#criteria", "1 waived")
}

func TestAskingForAWaiver(t *testing.T) {
	s := webtest.Demo(t)
	gate := at(t, s, shelfLabels, "gates", "A4")
	maya, chen := s.As("maya"), s.As("chen")
	open := maya.Get(gate+"?do=waive&finding=readiness.data").Status(http.StatusOK).Has("#waive form", "who did not ask for it")
	typed(t, open, "#f-finding", "readiness.data")
	owner, _ := open.Doc().Find("#f-risk_owner option:not([value=''])").First().Attr("value")
	form := url.Values{"finding": {"readiness.data"}, "risk_owner": {owner}, "expires": {"2026-12-05T12:00"}, "exception": {"No data is moved."}}
	chen.Get(gate).Lacks("main", "Ask for a waiver")
	chen.Post(gate+"/waivers", form).Status(http.StatusForbidden)
	for name, c := range map[string]struct{ field, value, says string }{
		"no criterion":      {"finding", "", "Choose the criterion"},
		"one that is met":   {"finding", "window.set", "is met"},
		"one of the law":    {"finding", "package.rechecked", "Nobody can waive"},
		"nobody":            {"risk_owner", "", "answers for the risk"},
		"a word as owner":   {"risk_owner", "sofia", "not a value"},
		"no end":            {"expires", "", "the date lies ahead"},
		"an end in June":    {"expires", "2026-06-01T12:00", "the date lies ahead"},
		"no time at all":    {"expires", "soon", "Write the time like"},
		"no reason":         {"exception", " ", "what is excepted"},
		"too much to read":  {"exception", strings.Repeat("long ", 500), "2,000 characters"},
		"another criterion": {"finding", "no.such", "Choose the criterion"},
	} {
		page := maya.Post(gate+"/waivers", with(form, c.field, c.value)).Status(http.StatusUnprocessableEntity)
		if text := page.Text("#f-" + c.field + "-error"); !strings.Contains(text, c.says) {
			t.Errorf("%s: %q under the field, want %q", name, text, c.says)
		}
		if c.field != "exception" {
			typed(t, page, "#f-exception", "No data is moved.")
		}
	}
	maya.Post(gate+"/waivers", form).Status(http.StatusSeeOther)
	count(t, maya.Get(gate).Has("#waivers", "No data is moved."), "#waivers .rows > li", 2)
}
