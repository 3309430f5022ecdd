package policies_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/catalog"
	"slipway/web/webtest"
)

// typed gives what a browser would send of the form with this id.
func typed(t *testing.T, p *webtest.Page, id string) url.Values {
	t.Helper()
	form := p.Doc().Find("form#" + id)
	if form.Length() != 1 {
		t.Fatalf("there is no form %s", id)
	}
	values := url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, _ := s.Attr("name")
		value := s.AttrOr("value", "")
		switch kind := s.AttrOr("type", ""); {
		case name == "" || name == "once":
			return
		case kind == "checkbox" || kind == "radio":
			if _, on := s.Attr("checked"); !on {
				return
			}
		case goquery.NodeName(s) == "textarea":
			value = s.Text()
		case goquery.NodeName(s) == "select":
			value = s.Find("option[selected]").AttrOr("value", "")
		}
		values.Add(name, value)
	})
	return values
}

func decision(p *webtest.Page, action string) url.Values {
	return url.Values{"version": {p.Doc().Find("form[action='"+action+"'] input[name=version]").AttrOr("value", "none")}}
}

func TestThePoliciesOfTheDemonstration(t *testing.T) {
	s := webtest.New(t)
	stefan := s.As("stefan")
	stefan.Get("/policies").Status(http.StatusOK).Has("tbody", "Payments").Has("tbody", "Version 1").Lacks("main", "Draw up a policy").
		Has("a[href='/policies'][aria-current=page]", "Policies")
	show := stefan.Get("/policies/payments").Status(http.StatusOK)
	show.Has("#summary-card", "PAY-").Has("#types", "Emergency").Has("#stage-A4", "Change authority, for major and emergency").
		Has("#stage-A3", "release notes").Has("#limits", "48 hours").Has("#responsible", "Test manager").Lacks("main", "Write version")
	stefan.Get("/policies/payments/1").Status(http.StatusOK)
	for _, nowhere := range []string{"/policies/payments/2", "/policies/payments/x", "/policies/nobody", "/policies/nobody/edit"} {
		s.As("maya").Get(nowhere).Status(http.StatusNotFound)
	}
	for _, closed := range []string{"/policies/new", "/policies/payments/edit"} {
		stefan.Get(closed).Status(http.StatusForbidden)
		stefan.Post(closed, url.Values{}).Status(http.StatusForbidden)
	}
	stefan.Post("/policies/payments/approve", url.Values{"version": {"3"}}).Status(http.StatusForbidden)
	stefan.Post("/policies/payments/activate", url.Values{"version": {"3"}}).Status(http.StatusForbidden)
}

func TestAnotherVersionFromTheFormIntoForce(t *testing.T) {
	s := webtest.New(t)
	maya, sofia := s.As("maya"), s.As("sofia")
	form := typed(t, maya.Get("/policies/payments/edit").Status(http.StatusOK), "policy-form")
	form.Set("pattern", "PAY-{N}")
	form.Set("gate_days", "many")
	form.Set("incidents", "INC{X}")
	maya.Post("/policies/payments/edit", form).Status(http.StatusUnprocessableEntity).
		Has("#f-pattern-error", "begins with {SERVICE}").Has("#f-incidents-error", "{N} for a number").Has("#f-gate_days-error", "1 to 90 days").Has("#summary", "The policy was not saved.")
	if kept := typed(t, maya.Post("/policies/payments/edit", form), "policy-form"); kept.Get("gate_days") != "many" || kept.Get("version") != form.Get("version") {
		t.Errorf("what was typed came back as %q", kept.Get("gate_days"))
	}
	form.Set("pattern", "{SERVICE}-{YY}.{N}")
	form.Set("incidents", "INC{N}")
	form.Del("type[minor].auto_back")
	form.Set("type[minor].auto_all", "true")
	maya.Post("/policies/payments/edit", form).Status(http.StatusUnprocessableEntity).Has("#f-gate_days-error", "1 to 90 days").Has("#f-type-minor-auto_all-error", "only where a wave that failed does")
	form.Set("type[minor].auto_back", "true")
	form.Set("gate_days", "7")
	form.Set("stage[A5].approvals[1].role", "service-owner")
	form.Set("stage[A5].exit[0].text", "The books agree")
	form.Set("stage[A5].exit[0].role", "operations")
	if to := maya.Post("/policies/payments/edit", form).Status(http.StatusSeeOther).Location(); to != "/policies/payments/2" {
		t.Errorf("saving leads to %s", to)
	}
	draft := maya.Get("/policies/payments/2").Status(http.StatusOK).Has("#difference", "References of incidents").Has("main", "names what it corrects as INC4711")
	draft.Has("#difference", "with every wave that began once it crosses its failure threshold").Has("main", "with every wave that began when too many targets failed")
	draft.Has("#difference", "An open gate expires after").Has("#difference", "7 days").Has("#stage-A5", "Service owner").Has("#stage-A5", "The books agree").
		Has("#waiting", "It waits for Sofia Marttinen").Lacks("#waiting", "Approve version")
	maya.Get("/policies/payments").Has("main", "Version 1").Has("#limits", "expires after 14 days").Has("#waiting", "Version 2")

	asked := decision(sofia.Get("/policies/payments/2"), "/policies/payments/approve")
	again := typed(t, maya.Get("/policies/payments/edit"), "policy-form")
	again.Set("pir_days", "6")
	maya.Post("/policies/payments/edit", again).Status(http.StatusSeeOther)
	sofia.Post("/policies/payments/approve", asked).Status(http.StatusConflict).Has("#summary", "wrote this version again").Has("#waiting", "Approve version 2")
	asked = decision(sofia.Get("/policies/payments/2"), "/policies/payments/approve")
	sofia.Post("/policies/payments/approve", asked).Status(http.StatusSeeOther)
	if now := maya.Get("/policies/payments"); now.Text("#waiting form[action='/policies/payments/activate'] button") != "Activate version 2" {
		t.Errorf("after approval: %s", now.Text("#waiting"))
	}
	maya.Post("/policies/payments/activate", decision(maya.Get("/policies/payments"), "/policies/payments/activate")).Status(http.StatusSeeOther)
	maya.Get("/policies/payments").Has("#limits", "expires after 7 days").Has("#versions", "Superseded").Has("#summary-card", "{SERVICE}-{YY}.{N}").Lacks("main", "Activate version")
}

func TestTheAuthorSeesWhyTheyMayNotApprove(t *testing.T) {
	s := webtest.New(t)
	sofia := s.As("sofia")
	sofia.Post("/policies/payments/edit", typed(t, sofia.Get("/policies/payments/edit"), "policy-form")).Status(http.StatusSeeOther)
	page := sofia.Get("/policies/payments/2").Has("#waiting button[aria-disabled=true]", "Approve version 2").Has("#waiting", "You wrote this version")
	if page.Doc().Find("form[action$='/approve']").Length() != 0 {
		t.Error("the author is offered a form")
	}
	sofia.Post("/policies/payments/approve", url.Values{"version": {"1"}}).Status(http.StatusConflict).Has(".blockers", "another service owner approves it")
}

func TestAStaleFormKeepsWhatWasTyped(t *testing.T) {
	s := webtest.New(t)
	maya, chen := s.As("maya"), s.As("chen")
	mine, theirs := typed(t, maya.Get("/policies/payments/edit"), "policy-form"), typed(t, chen.Get("/policies/payments/edit"), "policy-form")
	theirs.Set("risk_appetite", "3")
	chen.Post("/policies/payments/edit", theirs).Status(http.StatusSeeOther)
	mine.Set("type[minor].definition", "typed over a newer change")
	stale := maya.Post("/policies/payments/edit", mine).Status(http.StatusConflict)
	stale.Has("textarea[name='type[minor].definition']", "typed over a newer change").Has("#newer", "Risk appetite").Has("#newer", "Minor: definition")
	next := typed(t, stale, "policy-form")
	maya.Post("/policies/payments/edit", next).Status(http.StatusSeeOther)
}

func TestARowIsAddedWithoutLosingAnything(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	page := maya.Get("/policies/payments/edit")
	form := typed(t, page, "policy-form")
	form.Set("gate_days", "many")
	form.Set("add", "stage[A4].approvals")
	before := page.Doc().Find("#stage-A4 select[name$='.role']").Length()
	after := maya.Post("/policies/payments/edit", form).Status(http.StatusOK)
	if n := after.Doc().Find("#stage-A4[open] select[name$='.role']").Length(); n != before+1 {
		t.Errorf("%d rows became %d", before, n)
	}
	form.Del("add")
	for name, values := range typed(t, after, "policy-form") {
		if was := form[name]; strings.Join(was, "|") != strings.Join(values, "|") && !strings.HasPrefix(name, "stage[A4].approvals[3]") {
			t.Errorf("%s was %q and came back as %q", name, was, values)
		}
	}
}

func TestANewPolicyBeginsComplete(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	owner, err := s.App.Identity.Local(t.Context(), "sofia")
	if err != nil {
		t.Fatal(err)
	}
	parking := catalog.ServiceRecord{Key: "PARK", Name: "Parking", Criticality: "low", OwnerID: owner.UserID}
	if err := s.App.Catalog.SaveService(t.Context(), owner, &parking); err != nil {
		t.Fatal(err)
	}
	maya.Get("/policies").Has("main", "Draw up a policy").Has(".notice", "No policy holds yet for Parking")
	form := typed(t, maya.Get("/policies/new").Status(http.StatusOK).Has("#f-services", "Parking").Lacks("#f-services", "Payments"), "policy-form")
	form.Set("key", "parking")
	maya.Post("/policies/new", form).Status(http.StatusUnprocessableEntity).Has("#f-name-error", "Name the policy.").Has("#f-services", "Choose at least one service.")
	form.Set("name", "Parking")
	form["services"] = []string{"1"} // it has a policy
	maya.Post("/policies/new", form).Status(http.StatusUnprocessableEntity).Has("#f-services", "has a policy already")
	form["services"] = []string{strconv.FormatInt(parking.ID, 10)}
	if to := maya.Post("/policies/new", form).Status(http.StatusSeeOther).Location(); to != "/policies/parking/1" {
		t.Errorf("saving leads to %s", to)
	}
	maya.Get("/policies/parking").Has("#services", "Parking").Has("#waiting", "Draft").Has("#summary-card", "PARK-").Has("#stage-A4", "Alarms")
	maya.Get("/policies").Lacks("main", "No policy holds yet")
}
