package releases_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/web/webtest"
)

func decision(p *webtest.Page, pairs ...string) url.Values {
	return with(url.Values{"version": {of(p, "#decide")}, "verdict": {"approve"}, "comment": {""}}, pairs...)
}

// An approval that cannot be given names everything in its way at once, each
// with who can remove it and where.
func TestARefusedApprovalListsEverythingInItsWay(t *testing.T) {
	s := webtest.Demo(t)
	chen := s.As("chen")
	gate := at(t, s, shelfLabels, "gates", "A4")
	page := chen.Get(gate).Status(http.StatusOK).Has("h1", "A4: authorise deployment of "+shelfLabels).Has("#criteria", "6 not met").Has("#approvers", "You, awaited").
		Has("#decision", "Refused while 12 criteria are not met")
	if first, _ := page.Doc().Find("#criteria li .glyph").First().Attr("aria-label"); first != "Not met" {
		t.Errorf("what stands in the way is not first, but %q", first)
	}
	count(t, page, "#criteria details[open]", 12)
	refused := chen.Post(gate+"/decision", decision(page, "comment", "Looks ready to me.")).Status(http.StatusConflict).
		Has("[role=alert]", "A4 was not decided.").Has(".blockers", "The media was hashed anew within a day").Has(".blockers", "Elin Berg")
	count(t, refused, "[role=alert] .blockers > li", 12)
	refused.Doc().Find("[role=alert] .blockers > li").Each(func(_ int, li *goquery.Selection) {
		if li.Find(".who").Length() == 0 {
			t.Errorf("nobody is named for %q", li.Text())
		}
		if href, _ := li.Find("a.btn").Attr("href"); !strings.HasPrefix(href, "/") {
			t.Errorf("%q leads nowhere", li.Text())
		}
	})
	typed(t, refused, "#f-comment", "Looks ready to me.")
	count(t, refused, "#f-verdict-approve[checked]", 1)
	chen.Get(gate).Has(".page-head", "Open").Lacks("main", "Decisions so far")
}

func TestADecisionFormKeepsWhatWasTyped(t *testing.T) {
	s := webtest.Demo(t)
	chen := s.As("chen")
	gate := at(t, s, goodsIn, "gates", "A1")
	page := chen.Get(gate)
	none := chen.Post(gate+"/decision", decision(page, "verdict", "", "comment", "Not sure")).Status(http.StatusUnprocessableEntity).
		Has("#f-verdict-error", "Approve or reject.").Has("#summary", "Approve or reject.")
	typed(t, none, "#f-comment", "Not sure")
	if href, _ := none.Doc().Find("#summary a").Attr("href"); href == "" || none.Doc().Find(href).Length() != 1 {
		t.Errorf("the summary leads to %q, which is not there", href)
	}
	chen.Post(gate+"/decision", decision(page, "verdict", "reject", "comment", " ")).Status(http.StatusUnprocessableEntity).Has("#f-comment-error", "what has to be mended")
	long := strings.Repeat("Mend this. ", 400)
	typed(t, chen.Post(gate+"/decision", decision(page, "verdict", "reject", "comment", long)).Status(http.StatusUnprocessableEntity).Has("#f-comment-error", "4,000"), "#f-comment", long)
	stale := chen.Post(gate+"/decision", decision(page, "version", "99", "comment", "From an old page")).Status(http.StatusConflict).Has("[role=alert]", "Somebody else saved this")
	typed(t, stale, "#f-comment", "From an old page")
	if got := of(stale, "#decide"); got != of(page, "#decide") {
		t.Errorf("the fresh form carries version %q", got)
	}
	chen.Post(gate+"/decision", decision(stale, "comment", "From an old page")).Status(http.StatusSeeOther)
	chen.Get(gate).Has("#decision", "Approved").Has("#decisions", "From an old page").Has("#criteria-h", "as they were decided on")
}

func TestWhoDecidesAGate(t *testing.T) {
	s := webtest.Demo(t)
	gate := at(t, s, goodsIn, "gates", "A1")
	form := decision(s.As("chen").Get(gate))
	for _, name := range []string{"maya", "bruno", "dario", "stefan", "ada"} {
		person := s.As(name)
		page := person.Get(gate).Status(http.StatusOK).Has("#decision", "A1 is decided by one change manager")
		count(t, page, "#decide", 0)
		count(t, page, "a[href='#decision']", 0)
		person.Post(gate+"/decision", form).Status(http.StatusForbidden)
	}
	// a role that decides, and is not asked here
	olga := s.As("olga")
	olga.Get(gate).Has("a[href='#decision']", "To the decision").Has("#decision", "The policy does not ask for a role of yours").Has("#decision [aria-disabled=true]", "Sign the decision")
	olga.Post(gate+"/decision", form).Status(http.StatusConflict).Has("[role=alert] .blockers", "does not ask for a role of yours")
	for _, code := range []string{"A0", "A6", "a1", "x"} {
		olga.Get(at(t, s, goodsIn, "gates", code)).Status(http.StatusNotFound)
		olga.Post(at(t, s, goodsIn, "gates", code, "decision"), form).Status(http.StatusNotFound)
	}
}

// Four eyes hold on the record, not on the title.
func TestNobodyApprovesTheirOwnSubmission(t *testing.T) {
	s := webtest.Demo(t)
	grant(t, s, "maya", identity.ChangeManager)
	maya, chen := s.As("maya"), s.As("chen")
	gate := at(t, s, goodsIn, "gates", "A1")
	page := maya.Get(gate).Status(http.StatusOK).Has("#decision", "You submitted "+found(t, s, goodsIn).Key+", so somebody else decides A1.")
	count(t, page, "#decide [aria-disabled=true]", 3) // both choices and the button
	maya.Post(gate+"/decision", decision(page)).Status(http.StatusConflict).Has("[role=alert] .blockers", "You submitted").Has("[role=alert] .blockers", "Another change authority")
	maya.Get(gate).Has(".page-head", "Open")
	chen.Post(gate+"/decision", decision(chen.Get(gate))).Status(http.StatusSeeOther)
}

func TestADoubleClickSignsOnce(t *testing.T) {
	s := webtest.Demo(t)
	chen := s.As("chen")
	gate := at(t, s, goodsIn, "gates", "A1")
	form := decision(chen.Get(gate), "once", "one-press-of-the-button", "comment", "Worth doing.")
	if codes := twice(chen, gate+"/decision", form); codes != [2]int{http.StatusSeeOther, http.StatusSeeOther} {
		t.Errorf("two clicks answered %v", codes)
	}
	count(t, chen.Get(gate), "#decisions > .card-body > .timeline > li", 1)
	// without the key, the version in the form refuses the second
	chen.Post(gate+"/decision", with(form, "once", "another")).Status(http.StatusConflict)
	chen.Get(at(t, s, goodsIn)).Has(".page-head", "Planning")
}

func TestARejectionIsAListToMend(t *testing.T) {
	s := webtest.Demo(t)
	chen, maya := s.As("chen"), s.As("maya")
	gate := at(t, s, mails, "gates", "A2")
	chen.Post(gate+"/decision", decision(chen.Get(gate), "verdict", "reject", "comment", "Name who is on call.\nSay what happens to mails that bounce.")).Status(http.StatusSeeOther)
	page := maya.Get(gate).Status(http.StatusOK).Has("#rejection", "rejected by Chen Wei").Has("#rejection", "no failed deployment").Has("#decision", "It is decided once Maya Lindqvist submits it anew")
	count(t, page, "#rejection li", 2)
	count(t, page, "#decide", 0)
	chen.Get(gate).Lacks("main", "Submit A2 anew")
	chen.Post(gate+"/resubmit", url.Values{"version": {of(page, "#resubmit")}}).Status(http.StatusForbidden)
	maya.Post(gate+"/resubmit", url.Values{"version": {"1"}}).Status(http.StatusConflict).Has("[role=alert]", "Somebody else saved this")
	maya.Post(gate+"/resubmit", url.Values{"version": {of(page, "#resubmit")}}).Status(http.StatusSeeOther)
	maya.Get(gate).Has(".page-head", "Open").Has("#decisions", "no longer counts").Lacks("main", "What must be mended:")
	// rejected at A1, a release is a draft again
	first := at(t, s, goodsIn, "gates", "A1")
	chen.Post(first+"/decision", decision(chen.Get(first), "verdict", "reject", "comment", "Say for which halls.")).Status(http.StatusSeeOther)
	maya.Get(first).Has("#decision", "is a draft again. A1 opens when Maya Lindqvist submits it")
}

func TestAnExpiredGateAndOneThatIsNotOpen(t *testing.T) {
	s := webtest.Demo(t)
	if err := s.App.Release.ExpireGates(context.Background()); err != nil {
		t.Fatal(err)
	}
	maya := s.As("maya")
	maya.Get(at(t, s, greeting, "gates", "A2")).Has("#expired", "ran out").Has("#decision", "is cancelled. A2 is not decided any more").Lacks("main", "submit it anew")
	maya.Get(at(t, s, goodsIn, "gates", "A4")).Has("#decision", "A4 opens once A3 is passed")
	maya.Get(at(t, s, goodsIn, "gates", "A5")).Has("#decision", "A5 opens when the release comes into review")
	maya.Get(at(t, s, revisionD, "gates", "A1")).Has("#decision", "A1 opens when Maya Lindqvist submits the release")
	s.As("chen").Get(at(t, s, membersDay, "gates", "A3")).Has("#decision", "is on hold")
	maya.Post(at(t, s, goodsIn, "gates", "A4", "resubmit"), url.Values{"version": {"1"}}).Status(http.StatusConflict).Has("[role=alert] .blockers", "A4 comes later")
}

// What voids an approval is shown beside the next decision.
func TestAVoidGateShowsWhatChanged(t *testing.T) {
	s := webtest.Demo(t)
	r := found(t, s, acquirer)
	gate := r.Link("gates", "A4")
	s.As("chen").Get(gate).Has("#decision", "Approved").Has("#criteria-h", "as they were decided on").Lacks("main", "Changed since")
	s.As("chen").Get(gate+"?now=1").Has("#criteria-h", "as they are now")
	maya := s.As("maya")
	edit := maya.Get(r.Link("edit"))
	maya.Post(r.Link("window"), url.Values{"version": {version(edit)}, "window_start": {"2026-11-28T19:00"}, "window_end": {"2026-11-30T07:00"}, "zone": {"Europe/Oslo"}, "reason": {"The acquirer asked"}, "confirm": {"true"}}).Status(http.StatusSeeOther)
	void := maya.Get(gate).Has(".page-head", "Voided").Has("#voided", "A4 is void.").Has("#voided", "The window moved").Has("#difference del", "24 Nov, 20:00").Has("#difference ins", "28 Nov, 19:00").
		Has("#approvers", "0 of 1").Has("#decisions", "no longer counts")
	maya.Post(gate+"/resubmit", url.Values{"version": {of(void, "#resubmit")}}).Status(http.StatusSeeOther)
	ctx := context.Background()
	sheet, err := s.App.Plan.Sheet(ctx, actor(t, s, "maya"), r.Key, 0)
	if err != nil {
		t.Fatal(err)
	}
	content := sheet.Plan.Content
	content.Set("back_out", "The former adapter is started again within ten minutes.")
	if _, err := s.App.Plan.Save(ctx, actor(t, s, "maya"), r.Key, content, sheet.Plan.Version); err != nil {
		t.Fatal(err)
	}
	s.As("chen").Get(gate).Status(http.StatusOK).Has("#voided", "open again").Has("#difference", "A window lies ahead criterion").
		Has("#difference", "Back-out plan").Has("#difference td[data-th=Now]", "started again within ten minutes").Has("#difference del", "v1").Has("#difference ins", "v2")
}

func TestTheCriteriaAreLookedAtAgain(t *testing.T) {
	s := webtest.Demo(t)
	gate := at(t, s, shelfLabels, "gates", "A4")
	part := fragment(t, s.As("chen"), gate).Status(http.StatusOK).Has("#criteria", "6 not met")
	if strings.Contains(part.Body, "<h1") {
		t.Error("the part is a whole page")
	}
}

// TestWhoRecordedABuildIsShownWhyTheyDoNotDecide is asked of the page and of its
// form, by the builder and by somebody else.
func TestWhoRecordedABuildIsShownWhyTheyDoNotDecide(t *testing.T) {
	s := webtest.Demo(t)
	r := found(t, s, cardKeys)
	gate, chen := r.Link("gates", "A3"), s.As("chen")
	const why = "You recorded a build of"
	chen.Get(gate).Status(http.StatusOK).Lacks("#decision", why)
	err := s.App.DB.InTx(t.Context(), func(tx *db.Tx) error {
		return tx.Create(&build.Build{ReleaseID: r.ID, ReleaseKey: r.Key, Number: 99, Name: "again", BuilderID: actor(t, s, "chen").UserID, BuilderName: "Chen Wei", Result: build.Succeeded})
	})
	if err != nil {
		t.Fatal(err)
	}
	page := chen.Get(gate).Status(http.StatusOK).Has("#decision", why)
	chen.Post(gate+"/decision", decision(page, "verdict", "reject", "comment", "Not like this.")).Status(http.StatusConflict).Has("[role=alert] .blockers", why).Has("#decision", "Not like this.")
	s.As("stefan").Get(gate).Status(http.StatusNotFound) // it is restricted
	s.As("maya").Get(gate).Status(http.StatusOK).Lacks("#decision", why)
}

// A gate that nobody can decide says who helps: whoever gives roles is led there.
func TestAGateThatNobodyCanDecideLeadsToWhoGivesTheRole(t *testing.T) {
	s := webtest.Demo(t)
	root, gate := s.As("root"), at(t, s, goodsIn, "gates", "A1")
	version, _ := root.Get("/admin/users/chen").Doc().Find("input[name=version]").Attr("value")
	root.Post("/admin/users/chen", url.Values{"version": {version}, "name": {"Chen Wei"}, "roles": {"change-manager"}, "disabled": {"true"}}).Status(http.StatusSeeOther)
	root.Get(gate).Has("#approvers .st", "Missing").Has("#approvers a[href='/admin/users']", "Give it to somebody")
	s.As("maya").Get(gate).Has("#approvers", "An administrator gives it.").Lacks("#approvers", "Give it to somebody")
}
