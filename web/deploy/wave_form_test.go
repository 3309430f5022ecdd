package deploy_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/deploy"
	"slipway/internal/policy"
	"slipway/internal/release"
)

func TestDrawnWavesAreStaffed(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya, dario := c.s.As("maya"), c.s.As("dario")
	page := maya.Get(c.board()).Status(http.StatusOK)
	page.Has("#unstaffed", "Nobody is named to carry out wave 1 and wave 2").Has("#unstaffed", "Maya Lindqvist").Has("#wave-1", "Nobody named").Has("#wave-1 a[href='"+c.wave("1/edit")+"#staff']", "Name deployment staff")
	page.Has("#blockers h2", "before wave 1 can be ready").Has("#blockers", "package is not checked in").Has("#blockers", "Nobody is named to carry out Wave 1").Has("#wave-1 [aria-disabled=true]", "Make ready").Has("#wave-1", "2 reasons")
	lacksForm(t, page, c.wave("1/ready"))
	dario.Get(c.board()).Has("#wave-1", "Maya Lindqvist names deployment staff").Lacks("#wave-1", "Edit")
	dario.Get(c.wave("1/edit")).Status(http.StatusForbidden)

	form := maya.Get(c.wave("1/edit")).Status(http.StatusOK).Has("#f-wave-staff-hint", "A4 asks")
	if form.Doc().Find("#costs").Length() != 0 {
		t.Error("it warns of a decision that nobody made")
	}
	values := filled(t, form, c.wave("1/edit"))
	form.Doc().Find("input[name=staff]").Each(func(i int, box *goquery.Selection) { values.Add("staff", box.AttrOr("value", "")) })
	maya.Post(c.wave("1/edit"), values).Status(http.StatusSeeOther)
	maya.Get(c.board()).Has("#wave-1", "Carried out by Dario Conti, Dina Haddad").Has("#unstaffed", "carry out wave 2.").Has("#wave-1", "1 reason")
}

func TestTheWaveFormKeepsWhatWasTyped(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya := c.s.As("maya")
	edit := c.wave("1/edit")
	page := c.does(maya, edit, edit, "name", "", "filter", "tag=", "window_start", "soon", "soak_hours", "a while", "trigger", "Nobody can pay").Status(http.StatusUnprocessableEntity)
	page.Has("#f-soak_hours-error", "not a value we can read").Has("#f-trigger", "Nobody can pay").Has("#preview", "At character 5")
	page = c.does(maya, edit, edit, "window_start", "soon", "trigger", "Nobody can pay").Status(http.StatusUnprocessableEntity)
	page.Has("#f-window_start-error", "2026-11-23 14:30")
	page = c.does(maya, edit, edit, "name", "", "filter", "tag=", "success_percent", "120", "trigger", "Nobody can pay").Status(http.StatusUnprocessableEntity)
	page.Has("#f-name-error", "Name the wave").Has("#f-filter-error", "At character 5").Has("#f-success_percent-error", "1 to 100").Has("#f-trigger", "Nobody can pay").Has("[role=alert] a[href='#f-name']", "Name the wave")
	if typed, _ := page.Doc().Find("#f-filter").Attr("value"); typed != "tag=" {
		t.Errorf("the filter holds %q", typed)
	}
}

func TestWindowsAreInTheReleasesZone(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya := c.s.As("maya")
	r := c.release()
	c.rows(&release.Release{}, "zone", "America/New_York")
	edit := c.wave("1/edit")
	maya.Get(edit).Has("#f-wave-window_start-hint", "In America/New_York.")
	c.done(maya, edit, edit)
	if w := c.find(1); w.WindowStart != r.WindowStart {
		t.Errorf("saved as it was, the window begins %v in place of %v", w.WindowStart.Std(), r.WindowStart.Std())
	}
	maya.Get(c.board()).Has("#wave-1", "EST").Has("#window", "EST")
	maya.Get(c.wave("1/run")).Has("#step-1", "EST")
}

func TestThePreviewTellsTheTargets(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya := c.s.As("maya")
	edit := c.wave("1/edit")
	page := c.does(maya, edit, edit, "filter", "key=pay-osl-2", "then", "preview", "name", "Half typed").Status(http.StatusOK)
	page.Has("#preview", "It takes 1 target").Has("#preview", "pay-osl-2")
	if name, _ := page.Doc().Find("#f-name").Attr("value"); name != "Half typed" || c.find(1).Name == name {
		t.Errorf("the preview holds %q, and wave 1 is %q", name, c.find(1).Name)
	}
	fragment(t, maya, c.wave("2/preview?environment=production&filter=tag%3Dpilot")).Status(http.StatusOK).Has("#preview", "It takes no target").Has("#preview", "earlier wave")
	fragment(t, maya, c.wave("0/preview?environment=production&filter=tag")).Status(http.StatusOK).Has("#preview", "At character")
}

func TestSomebodysNewerWave(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya := c.s.As("maya")
	edit := c.wave("1/edit")
	old := filled(t, maya.Get(edit), edit, "soak_hours", "9", "trigger", "Nobody can pay")
	c.done(maya, edit, edit, "name", "First", "filter", "key=pay-osl-2")
	page := maya.Post(edit, old).Status(http.StatusConflict)
	page.Has("#newer", "First").Has("#newer", "key=pay-osl-2").Has("#f-trigger", "Nobody can pay")
	if c.find(1).Name != "First" || c.find(1).SoakHours == 9 {
		t.Error("the older form was saved over the newer wave")
	}
	maya.Post(edit, filled(t, page, edit, "name", "First of all")).Status(http.StatusSeeOther)
	if w := c.find(1); w.Name != "First of all" || w.SoakHours != 9 {
		t.Errorf("saved %q with %d hours", w.Name, w.SoakHours)
	}
	stale := filled(t, maya.Get(c.board()), c.wave("1/later"))
	c.done(maya, edit, edit, "name", "Pilot")
	maya.Post(c.wave("1/later"), stale).Status(http.StatusConflict).Has("[role=alert]", "Somebody else saved this")
	maya.Post(c.wave("1/remove"), nil).Status(http.StatusConflict)
}

func TestAddMoveAndRemoveWaves(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya := c.s.As("maya")
	add := "/releases/" + c.key + "/waves"
	c.does(maya, c.wave("new"), add, "name", "").Status(http.StatusUnprocessableEntity).Has("#f-name-error", "Name the wave").Has("#f-environment-error", "Choose")
	c.done(maya, c.wave("new"), add, "name", "Late", "environment", "production", "filter", "key=pay-osl-3")
	maya.Get(c.board()).Has("#wave-3 h2", "3 Late")
	c.done(maya, c.board(), c.wave("3/earlier"))
	maya.Get(c.board()).Has("#wave-2 h2", "Late").Has("#wave-3 h2", "The rest")
	c.done(maya, c.board(), c.wave("2/later"))
	c.done(maya, c.board(), c.wave("3/remove"))
	page := maya.Get(c.board())
	if n := page.Doc().Find(".wave").Length(); n != 2 {
		t.Errorf("%d waves are left", n)
	}
	c.done(maya, c.board(), c.wave("1/remove"))
	c.done(maya, c.board(), c.wave("1/remove"))
	maya.Get(c.board()).Has("#live .empty", "No waves yet").Has("#window", "opens in").Has("#rollback", "Going back")
}

func TestMaterialChangesSayThatTheyVoidA4(t *testing.T) {
	c := at(t, "PAY", release.Ready)
	maya := c.s.As("maya")
	if c.gate(release.A4) != release.GateApproved {
		t.Fatal("A4 does not hold")
	}
	edit := c.wave("1/edit")
	maya.Get(edit).Has("#costs", "A4 was given for this wave as it is").Has("#costs", "filter, pilot, window, interruption, soak, threshold")
	maya.Get(c.wave("new")).Has("#costs", "A new wave voids it")
	maya.Get(c.board()).Has("#wave-2-remove", "A4 was given for the waves as they are")
	c.done(maya, edit, edit, "name", "First", "trigger", "Nobody can pay")
	if state := c.gate(release.A4); state != release.GateApproved {
		t.Errorf("a name makes A4 %s", state)
	}
	c.done(maya, edit, edit, "soak_hours", "3")
	if state := c.gate(release.A4); state != release.GateVoided {
		t.Errorf("a longer soak leaves A4 %s", state)
	}
	maya.Get(c.board()).Has("#standing", "A4 is void: changed Wave 1, First")
	c.waveIs(1, deploy.WavePlanned)
}

func TestAFilterThatCannotBeReadIsMarked(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya := c.s.As("maya")
	form := maya.Get(c.wave("new"))
	sent := filled(t, form, "/releases/"+c.key+"/waves", "filter", "tag=pilot and (site<)", "name", "East")
	again := maya.Post("/releases/"+c.key+"/waves", sent)
	again.Status(http.StatusUnprocessableEntity)
	if got := again.Doc().Find(".filter-mark mark").First().Text(); got != ")" {
		t.Errorf("marked is %q", got)
	}
	if got := again.Doc().Find(".filter-mark").First().Text(); strings.TrimSpace(got) != "tag=pilot and (site<)" {
		t.Errorf("the filter is shown as %q", got)
	}
	if !strings.Contains(again.Body, "At character 21: a value is missing.") {
		t.Error("the field does not say where")
	}
	list := maya.Get("/targets?filter=" + url.QueryEscape("site in (Oslo"))
	if got := list.Doc().Find(".filter-mark mark").First().Text(); got != "(" {
		t.Errorf("the list marks %q", got)
	}
}

func TestARolloutIsPlannedOnTheFormOfItsWave(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya := c.s.As("maya")
	c.does(maya, c.wave("1/edit"), c.wave("1/edit"), "auto_go", "true", "auto_start", "true", "failure_limit", "3", "sample", "5", "health", "note",
		"retry_attempts", "3", "retry_minutes", "10", "retry_on", "unreachable").Status(http.StatusSeeOther)
	got := c.find(1).Rollout
	want := policy.Rollout{AutoGo: true, AutoStart: true, FailureLimit: 3, Sample: 5, Health: policy.HealthNote, RetryAttempts: 3, RetryMinutes: 10, RetryOn: "unreachable"}
	if got != want {
		t.Errorf("planned is %+v", got)
	}
	form := maya.Get(c.wave("1/edit"))
	form.Has("details summary", "fails at 3 failed targets")
	again := c.does(maya, c.wave("1/edit"), c.wave("1/edit"), "sample", "many", "take_count", "5", "take_percent", "5").Status(http.StatusUnprocessableEntity)
	again.Has("details[open] #f-sample-error", "Enter 0 or more reports").Has("#f-take_percent-error", "not both")
	if value, _ := again.Doc().Find("#f-sample").Attr("value"); value != "many" {
		t.Errorf("what was typed came back as %q", value)
	}
	maya.Get(c.board()).Has("#wave-1", "Waits for a person's go, since the policy lets no such wave go by itself")
}

func TestTheInterruptionIsPlannedOnTheFormOfItsWave(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	maya := c.s.As("maya")
	edit := c.wave("1/edit")
	for _, wave := range []string{"1/edit", "2/edit"} { // the model states none
		c.done(maya, c.wave(wave), c.wave(wave), "outage", "")
	}
	maya.Get(c.board()).Has("#wave-1", "Interruption expected: not stated").Has("#outage", "length not stated")
	maya.Get("/releases/"+c.key+"/readiness").Has("#communication", "Wave 1").Has("#communication", "does not state for how long").Has("#evidence", "The outage of the service is projected")
	again := c.does(maya, edit, edit, "outage", "a while").Status(http.StatusUnprocessableEntity).Has("#f-outage-error", "Enter 0 to 86,400")
	if got, _ := again.Doc().Find("#f-name").Attr("value"); got == "" {
		t.Error("what was typed elsewhere is lost")
	}
	c.done(maya, edit, edit, "outage", "25")
	c.done(maya, c.wave("2/edit"), c.wave("2/edit"), "outage", "0")
	maya.Get(c.board()).Has("#wave-1", "Interruption expected: 25 minutes").Has("#wave-2", "Interruption expected: none").Has("#outage", "up to 25 minutes").Lacks("#outage", "not stated")
	if got, _ := maya.Get(c.wave("2/edit")).Doc().Find("#f-wave-outage").Attr("value"); got != "0" {
		t.Errorf("the field of a wave that interrupts nothing holds %q", got)
	}
	maya.Get("/releases/"+c.key+"/readiness").Lacks("#communication", "does not state").Has("#evidence", "Up to 25 minutes in 1 window.")
	maya.Get("/calendar?view=agenda&from="+c.find(1).WindowStart.Std().Format("2006-01-02")).Has("#outages", "up to 25 minutes")
	c.s.As("dario").Post(edit, filled(t, maya.Get(edit), edit, "outage", "5")).Status(http.StatusForbidden)
	if got := c.find(1).Outage; got != policy.Away(25) {
		t.Errorf("planned is %+v", got)
	}
}
