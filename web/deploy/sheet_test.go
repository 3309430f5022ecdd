package deploy_test

import (
	"net/http"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/release"
)

// TestTheRunSheetToItsEnd carries the second wave to its end on nothing but
// forms, as a phone without a script does.
func TestTheRunSheetToItsEnd(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	dina, dario, elin := c.s.As("dina"), c.s.As("dario"), c.s.As("elin")
	run := c.wave("2/run")
	page := dina.Get(run).Status(http.StatusOK)
	page.Has("h1", "Wave 2, The rest").Has(".sheet-bar", "Step 2 of 3").Has(".sheet-bar", "1 signed").Has(".sheet-bar", "window closes in").Has("details.step summary", "Step 1 is settled").
		Has("#step-1", "the log shows no error").Has("#step-2.is-mine", "claimed by you").Has("#step-2 .sign-by", "“I, Dina Haddad, have done step 2: Install the signed package.”").
		Has("#step-3", "waits for step 2").Has("#step-4", "back-out").Has("#targets", "0 of 4 verified")
	if page.Doc().Find("[data-live]").Length() != 0 {
		t.Error("the sheet changes under the hands of who writes evidence into it")
	}
	if dario.Get(run).Doc().Find("#sheet[data-live]").Length() != 1 {
		t.Error("the sheet of somebody who waits looks for no news")
	}
	part := fragment(t, dario, run).Status(http.StatusOK).Has("#sheet #step-2", "claimed by Dina Haddad")
	if strings.Contains(part.Body, "<h1") {
		t.Error("the part is a whole page")
	}
	lacksForm(t, dario.Get(run), c.wave("2/steps/2/sign"))

	sign := c.wave("2/steps/2/sign")
	c.does(dina, run, sign).Status(http.StatusUnprocessableEntity).Has("#step-2 #f-evidence-error", "Say what shows").Has("[role=alert] a[href='#f-evidence']", "Say what shows")
	form := filled(t, dina.Get(run), sign, "evidence", "All four report 4.3.0.")
	to := dina.Post(sign, form).Status(http.StatusSeeOther).Location()
	if again := dina.Post(sign, form).Status(http.StatusSeeOther).Location(); again != to || to != run+"#step-2" {
		t.Errorf("signed, it leads to %s; the second tap to %s", to, again)
	}
	form.Del("once")
	dina.Post(sign, form).Status(http.StatusConflict).Has(".notice", "All four report 4.3.0.").Has("[role=alert]", "Somebody else saved this")
	c.waveIs(2, deploy.WaveVerifying)

	c.done(dario, run, c.wave("2/steps/3/claim"))
	dario.Get(run).Has("#step-3", "Signed, package v1").Has("#step-3 button", "Sign step 3 for its witness")
	c.done(dario, run, c.wave("2/steps/3/sign"), "evidence", "Digests match.")
	dario.Get(run).Has("#step-3 .st", "Awaits witness").Has("#step-3", "You have signed")
	lacksForm(t, dario.Get(run), c.wave("2/steps/3/witness"))
	lacksForm(t, elin.Get(run), c.wave("2/steps/3/witness"))
	dina.Get(run).Has("#step-3 .sign-by", "“I, Dina Haddad, have seen that step 3 is done as Dario Conti signed it.”")
	c.done(dina, run, c.wave("2/steps/3/witness"), "note", "Read it aloud.")
	dina.Get(run).Has(".sheet-bar", "All 3 steps settled").Has("#step-3", "Witnessed by Dina Haddad").Has("#step-3", "Read it aloud.")

	all := c.wave("2/verified")
	c.does(dario, run, all, "digest", "sha256:5a13", "evidence", "Read it.").Status(http.StatusUnprocessableEntity).Has("#f-digest-error", "64 hexadecimal digits").Has("details[open] textarea", "Read it.")
	wrong := c.does(dario, run, all, "digest", "sha256:"+strings.Repeat("a", 64), "evidence", "Read it.").Status(http.StatusConflict)
	wrong.Has("[role=alert] .blockers", "is not the signed").Has(".notice", "Read it.")
	c.done(dario, run, all, "digest", strings.TrimPrefix(c.release().PackageDigest, "sha256:"), "evidence", "sha256sum on each")
	c.waveIs(2, deploy.WaveComplete)
	if r := c.release(); r.State != release.EarlyLife {
		t.Errorf("the release is %s", r.State)
	}
	dario.Get(run).Has("#sheet .notice", "The wave is complete").Has("#targets", "Every target has its verdict")
}

func TestStepsAreHandedBackFailedAndSkipped(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	dina, dario, maya, stefan := c.s.As("dina"), c.s.As("dario"), c.s.As("maya"), c.s.As("stefan")
	run := c.wave("2/run")
	lacksForm(t, dario.Get(run), c.wave("2/steps/2/hand-back"))
	c.done(maya, run, c.wave("2/steps/2/hand-back")) // leads the wave
	kept := dina.Post(c.wave("2/steps/2/sign"), map[string][]string{"version": {"1"}, "evidence": {"Typed in the lift."}}).Status(http.StatusConflict)
	kept.Has(".notice", "Typed in the lift.").Has("#step-2", "Claim step 2")
	stefan.Post(c.wave("2/steps/2/claim"), filled(t, kept, c.wave("2/steps/2/claim"))).Status(http.StatusForbidden)
	c.done(dario, run, c.wave("2/steps/2/claim"))
	c.does(dario, run, c.wave("2/steps/2/fail")).Status(http.StatusUnprocessableEntity).Has("#step-2 #f-reason-error", "Say what went wrong")
	c.done(dario, run, c.wave("2/steps/2/fail"), "reason", "The disk is full.")
	dina.Get(run).Has("#step-2 .st", "Failed").Has("#step-2", "Failed, says Dario Conti: The disk is full.")
	maya.Get(c.board()).Has("#wave-2", "1 failed")
	c.done(dario, run, c.wave("2/steps/2/retry"), "reason", "There is room now.")
	dina.Get(run).Has("#step-2", "Opened again by Dario Conti: There is room now.")
	lacksForm(t, dario.Get(run), c.wave("2/steps/2/skip"))
	c.done(maya, run, c.wave("2/steps/2/skip"), "reason", "The package is there already.")
	maya.Get(run).Has("#step-2", "Does not apply, says Maya Lindqvist")
	c.waveIs(2, deploy.WaveVerifying)
}

func TestPlanningARunSheet(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya, dario := c.s.As("maya"), c.s.As("dario")
	run := c.wave("1/run")
	maya.Get(run).Status(http.StatusOK).Has("#sheet .notice", "its steps are taken once it runs").Has("#step-1", "from")
	lacksForm(t, dario.Get(run).Status(http.StatusOK), c.wave("1/steps"))
	dario.Post(c.wave("1/steps"), map[string][]string{"kind": {"install"}, "title": {"Mine"}}).Status(http.StatusForbidden)
	add := c.wave("1/steps")
	c.does(maya, run, add, "title", "", "instruction", "Kept").Status(http.StatusUnprocessableEntity).Has("#f-title-error", "160 characters").Has("#f-instruction", "Kept")
	c.does(maya, run, add, "title", "Smoke", "after", "one").Status(http.StatusUnprocessableEntity).Has("#f-after-error", "numbers of steps")
	c.does(maya, run, add, "title", "Smoke", "after", "9").Status(http.StatusUnprocessableEntity).Has("#f-after-error", "only for steps before it")
	c.done(maya, run, add, "title", "Smoke test", "kind", "verify", "after", "1, 3", "minutes", "90", "witness", "true")
	maya.Get(run).Has("#step-5 h3", "Smoke test").Has("#step-5", "waits for step 1 and step 3").Has("#step-5", "1 h 30 min").Has("#step-5", "with a witness")
	c.does(maya, run, c.wave("1/steps/3/remove")).Status(http.StatusConflict).Has("[role=alert] .blockers", "waits for it")
	edit := c.wave("1/steps/5/edit")
	old := filled(t, maya.Get(run), edit, "title", "Older")
	c.done(maya, run, edit, "title", "Smoke tests", "after", "")
	maya.Post(edit, old).Status(http.StatusConflict)
	maya.Get(run).Has("#step-5 h3", "Smoke tests")
	c.done(maya, run, c.wave("1/steps/5/remove"))
	maya.Get(run).Lacks("#sheet", "Smoke tests")
}

func TestANoteIsLeftForTheNextShift(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	dario, dina := c.s.As("dario"), c.s.As("dina")
	run, notes := c.wave("2/run"), c.wave("2/notes")
	c.does(dario, run, notes, "text", "").Status(http.StatusUnprocessableEntity).Has("#shift-note[open]", "Say how it stands")
	c.does(dario, run, notes, "text", "pay-osl-2 is slow").Status(http.StatusSeeOther)
	dario.Get(run).Has(".notice", "pay-osl-2 is slow").Lacks(".notice", "I have read it")
	page := dina.Get(run).Has(".notice", "I have read it")
	action, _ := page.Doc().Find(".notice form").First().Attr("action")
	dina.Post(action, filled(t, page, action)).Status(http.StatusSeeOther)
	dina.Get(run).Has("#shift", "read by Dina Haddad").Lacks("#sheet", "I have read it")
}
