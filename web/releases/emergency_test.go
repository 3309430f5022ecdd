package releases_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/internal/identity"
	"slipway/web/webtest"
)

// urgent plans an emergency and gives its address.
func urgent(p *webtest.Person) string {
	return plan(p, func(f url.Values) {
		f.Set("type", "emergency")
		f.Set("incident", "INC-4711")
	})
}

func TestTheEmergencyPathIsClosedToPlannedWork(t *testing.T) {
	s := webtest.New(t)
	to := plan(s.As("maya"), nil)
	olga := s.As("olga")
	olga.Get(to+"/emergency").Status(http.StatusOK).Has("#closed", "The emergency path is closed to it").Lacks("main form", "Authorise")
	olga.Get(to).Lacks("nav[aria-label=Release]", "Emergency")
	olga.Post(to+"/emergency/authorise", url.Values{"kind": {"ECAB"}, "comment_ecab": {"By telephone."}}).Status(http.StatusConflict).Has("[role=alert] .blockers", "is planned work")
}

func TestTheBoardAuthorisesAnEmergency(t *testing.T) {
	s := webtest.New(t)
	maya, olga, stefan := s.As("maya"), s.As("olga"), s.As("stefan")
	to := urgent(maya)
	stefan.Get(to+"/emergency").Status(http.StatusOK).Has("#ecab", "This is for the change authority or the change manager to say.").Has("[aria-current=page]", "Emergency")
	form := url.Values{"kind": {"ECAB"}, "comment_ecab": {"Asked Chen and Sofia by telephone."}}
	stefan.Post(to+"/emergency/authorise", form).Status(http.StatusForbidden)
	page := olga.Post(to+"/emergency/authorise", with(form, "comment_ecab", " ")).Status(http.StatusUnprocessableEntity).Has("#f-comment_ecab-error", "on what grounds")
	if strings.Contains(page.Text("#glass"), "on what grounds") {
		t.Error("the other form is wrong too")
	}
	if codes := twice(olga, to+"/emergency/authorise", with(form, "once", "one-press")); codes != [2]int{http.StatusSeeOther, http.StatusSeeOther} {
		t.Errorf("two clicks answered %v", codes)
	}
	olga.Get(to+"/emergency").Has("#authority", "Olga Petrova authorised it for the emergency board").Has("#authority", "by telephone").Lacks("main", "Decide in retrospect")
	olga.Post(to+"/emergency/authorise", form).Status(http.StatusConflict).Has("[role=alert] .blockers", "authorised it already")
	olga.Get(to+"/gates/A1").Has("#authority", "the authority speaks for A1").Has("#approvers", "spoke for all of them, on emergency authority")
	olga.Get(to+"/gates/A3").Has("#authority", "A3 is never skipped")
	maya.Post(to+"/emergency/retro", url.Values{"verdict": {"approve"}, "comment_retro": {"Well done"}}).Status(http.StatusForbidden)
	olga.Post(to+"/emergency/retro", url.Values{"verdict": {"approve"}, "comment_retro": {"Well done"}}).Status(http.StatusConflict)
}

// Nobody breaks the glass alone: not for a release of their own.
func TestNobodyBreaksTheGlassAlone(t *testing.T) {
	s := webtest.New(t)
	maya, elin := s.As("maya"), s.As("elin")
	to := urgent(maya)
	form := url.Values{"kind": {"glass"}, "comment_glass": {"Nobody of the board answers."}}
	maya.Get(to+"/emergency").Has("#glass", "nobody breaks the glass alone").Has("#glass [aria-disabled=true]", "Break the glass")
	maya.Post(to+"/emergency/authorise", form).Status(http.StatusConflict).Has("[role=alert] .blockers", "You asked for this release or own it").Has("[role=alert] .blockers", "Another manager on duty")
	s.As("dario").Post(to+"/emergency/authorise", form).Status(http.StatusForbidden)
	elin.Get(to+"/emergency").Has("#glass", "This leaves a debt.").Lacks("main", "Authorise it for the board")
	elin.Post(to+"/emergency/authorise", with(form, "comment_glass", "")).Status(http.StatusUnprocessableEntity).Has("#f-comment_glass-error", "on what grounds")
	elin.Post(to+"/emergency/authorise", form).Status(http.StatusSeeOther)
	maya.Get(to+"/emergency").Has("#debt", "is owed by").Has("#authority", "Elin Berg broke the glass")
	maya.Get(to).Has(".notice", "retrospective decision is still owed")
	// what never relaxes is named when the owner goes on
	maya.Post(to+"/emergency/proceed", nil).Status(http.StatusConflict)
}

func TestTheDebtOfABrokenGlass(t *testing.T) {
	s := webtest.Demo(t)
	to := at(t, s, lostCounts, "emergency")
	elin, chen, maya := s.As("elin"), s.As("chen"), s.As("maya")
	page := chen.Get(to).Status(http.StatusOK).Has("#debt", "is owed by").Has("#owed", "Readiness: 12 areas are not reported").Has("#retro", "It was right to go ahead")
	count(t, page, "#owed .glyph[aria-label=Owed]", 3)
	maya.Get(to).Has("#retro", "This is for the change authority or the change manager to say.")
	form := url.Values{"verdict": {"approve"}, "comment_retro": {"Two halls stood still."}}
	elin.Post(to+"/retro", form).Status(http.StatusForbidden)
	typed(t, chen.Post(to+"/retro", with(form, "verdict", "")).Status(http.StatusUnprocessableEntity).Has("#f-verdict", "Say whether it was right"), "#f-comment_retro", "Two halls stood still.")
	chen.Post(to+"/retro", with(form, "comment_retro", " ")).Status(http.StatusUnprocessableEntity).Has("#f-comment_retro-error", "kept on the record")
	// what is made good since is shown so
	elin.Post(at(t, s, lostCounts, "readiness"), url.Values{"area": {"data"}, "version": {"0"}, "colour_data": {"green"}, "note_data": {"Counts were compared."}}).Status(http.StatusSeeOther)
	chen.Get(to).Has("#owed", "Readiness: 11 areas are not reported").Has("#owed", "Readiness: data")
	chen.Post(to+"/retro", form).Status(http.StatusSeeOther)
	chen.Get(to).Has("main", "it was right to go ahead").Lacks("main", "is owed by").Lacks("main", "Sign the decision")
	chen.Post(to+"/retro", form).Status(http.StatusConflict)
}

// Whoever broke the glass holds a deciding role too, and still does not decide.
func TestWhoBrokeTheGlassDoesNotDecide(t *testing.T) {
	s := webtest.Demo(t)
	grant(t, s, "elin", identity.ChangeAuthority)
	grant(t, s, "maya", identity.ChangeAuthority)
	to := at(t, s, lostCounts, "emergency")
	elin, maya := s.As("elin"), s.As("maya")
	form := url.Values{"verdict": {"approve"}, "comment_retro": {"I would do it again."}}
	elin.Get(to).Has("#retro [aria-disabled=true]", "Sign the decision").Has("#retro", "broke the glass")
	elin.Post(to+"/retro", form).Status(http.StatusConflict).Has("[role=alert] .blockers", "Elin Berg broke the glass")
	maya.Get(to).Has("#retro", "You own this release").Has("#retro", "Maya Lindqvist raised")
	refused := maya.Post(to+"/retro", form).Status(http.StatusConflict).Has("[role=alert] .blockers", "You own this release")
	count(t, refused, "[role=alert] .blockers > li", 2)
}

func TestAWindowIsOverriddenByName(t *testing.T) {
	s := webtest.Demo(t)
	to := at(t, s, acquirer, "window-override")
	chen, maya := s.As("chen"), s.As("maya")
	form := url.Values{"until": {"2026-11-24T20:00"}, "reason": {"The acquirer is down now."}}
	maya.Get(to).Status(http.StatusForbidden)
	maya.Post(to, form).Status(http.StatusForbidden)
	chen.Get(to).Status(http.StatusOK).Has("#window", "Freezes still hold").Has("#window", "Its window:")
	for name, c := range map[string]struct{ field, value, says string }{
		"no end": {"until", "", "the time lies ahead"}, "an end gone by": {"until", "2026-11-20T20:00", "the time lies ahead"},
		"no time": {"until", "tonight", "Write the time like"}, "no reason": {"reason", " ", "Say why"},
	} {
		page := chen.Post(to, with(form, c.field, c.value)).Status(http.StatusUnprocessableEntity)
		if text := page.Text("#f-" + c.field + "-error"); !strings.Contains(text, c.says) {
			t.Errorf("%s: %q under the field, want %q", name, text, c.says)
		}
		if c.field != "reason" {
			typed(t, page, "#f-reason", "The acquirer is down now.")
		}
	}
	if codes := twice(chen, to, with(form, "once", "one-press")); codes != [2]int{http.StatusSeeOther, http.StatusSeeOther} {
		t.Errorf("two clicks answered %v", codes)
	}
	history := chen.Get(at(t, s, acquirer, "history")).Has("#exceptions", "Chen Wei let it start outside its window until").Has("#exceptions", "The acquirer is down now.")
	if n := strings.Count(history.Text("#exceptions"), "let it start outside"); n != 1 {
		t.Errorf("%d overrides", n)
	}
	grant(t, s, "bruno", identity.ChangeAuthority) // he owns it
	s.As("bruno").Post(to, form).Status(http.StatusConflict).Has("[role=alert] .blockers", "You own this release or asked for it")
}
