package deploy_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/web/webtest"
)

func TestTheBoardByRole(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	maya, dario, stefan := c.s.As("maya"), c.s.As("dario"), c.s.As("stefan")
	page := maya.Get(c.board()).Status(http.StatusOK)
	page.Has("h1", "Settlement four times a night").Has("#live h2", "Wave 2 of 2, The rest, is running").Has("#wave-1 .st", "Complete").Has("#wave-2 .st", "Running").
		Has("#wave-2", "Carried out by Dario Conti, Dina Haddad").Has("#window", "closes in").Has("#rollback", "back-out steps").Has("#signed-bytes", "Match").
		Has("#live summary", "Stop and remediate").Has("#whole summary", "Pause the release").Has("[aria-current=page]", "Deployment")
	if page.Doc().Find("h1").Length() != 1 {
		t.Error("the board has not one h1")
	}
	seen := map[string]bool{}
	for _, node := range page.Doc().Find("[id]").Nodes {
		for _, a := range node.Attr {
			if a.Key == "id" && seen[a.Val] {
				t.Errorf("the id %s stands twice", a.Val)
			} else if a.Key == "id" {
				seen[a.Val] = true
			}
		}
	}
	staff := dario.Get(c.board()).Status(http.StatusOK).Has("#live summary", "Pause")
	lacksForm(t, staff, c.wave("2/edit"))
	for _, action := range []string{c.wave("2/pause"), c.board() + "/pause", c.wave("2/verified"), c.wave("2/fail")} {
		lacksForm(t, stefan.Get(c.board()).Status(http.StatusOK), action)
		stefan.Post(action, url.Values{"reason": {"mine"}, "digest": {"sha256:" + strings.Repeat("a", 64)}, "evidence": {"x"}}).Status(http.StatusForbidden)
		c.s.Nobody().Post(action, nil).Status(http.StatusSeeOther)
	}
	stefan.Get(c.wave("new")).Status(http.StatusForbidden)
	stefan.Get(c.wave("0/preview?environment=production")).Status(http.StatusForbidden)
	maya.Get(c.wave("9/run")).Status(http.StatusNotFound)
	maya.Get(c.wave("x/run")).Status(http.StatusNotFound)
	c.waveIs(2, deploy.WaveRunning)
}

func TestARestrictedReleaseIsNotThere(t *testing.T) {
	c := at(t, "PAY", release.BuildTest)
	stefan := c.s.As("stefan")
	for _, path := range []string{c.board(), c.board() + "/board", c.wave("1/run"), c.wave("1/targets")} {
		stefan.Get(path).Status(http.StatusNotFound)
	}
}

func TestTheBoardLooksForNews(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	part := fragment(t, c.s.As("maya"), c.board()+"/board").Status(http.StatusOK).Has("#board[data-live] #wave-2", "The rest")
	board := part.Doc().Find("#board")
	if trigger, _ := board.Attr("hx-trigger"); !strings.HasPrefix(trigger, "every 10s") {
		t.Errorf("it looks %s", trigger)
	}
	if from, _ := board.Attr("hx-get"); from != c.board()+"/board" {
		t.Errorf("it asks %s", from)
	}
	if board.Find("[data-heard][hidden]").Length() != 1 || strings.Contains(part.Body, "<h1") {
		t.Error("the part is no live panel, or a whole page")
	}
	over := at(t, "PAY", release.Closed)
	if over.s.As("maya").Get(over.board()).Status(http.StatusOK).Doc().Find("[data-live]").Length() != 0 {
		t.Error("a closed release is still looked at")
	}
}

func TestPauseAndResume(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	dario := c.s.As("dario")
	c.does(dario, c.board(), c.wave("2/pause")).Status(http.StatusUnprocessableEntity).Has("#f-reason-error", "Say why").Has("details[open] summary", "Pause")
	c.done(dario, c.board(), c.wave("2/pause"), "reason", "A switch is replaced.")
	dario.Get(c.board()).Has("#live", "A switch is replaced.").Has("#live h2", "is paused").Has("#live summary", "Resume")
	dario.Get(c.wave("2/run")).Has("#sheet .notice", "A switch is replaced.")
	c.done(dario, c.board(), c.wave("2/resume"), "reason", "It is in.")
	c.waveIs(2, deploy.WaveRunning)
	c.done(dario, c.board(), c.board()+"/pause", "reason", "Storm.")
	c.waveIs(2, deploy.WavePaused)
	c.done(dario, c.board(), c.board()+"/resume", "reason", "It has passed.")
	c.waveIs(2, deploy.WaveRunning)
	again := dario.Post(c.board()+"/resume", url.Values{"reason": {"Once more, please."}}).Status(http.StatusConflict)
	again.Has("[role=alert] .blockers", "is Deploying").Has(".notice", "Once more, please.")
}

func TestFailRemediateAndBackOut(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	maya, dario, chen := c.s.As("maya"), c.s.As("dario"), c.s.As("chen")
	c.rows(&deploy.Wave{}, "no_return", true)
	maya.Get(c.board()).Has("#wave-2 .noreturn-note", "Point of no return").Has("#rollback", "wave 1 is passed")
	c.done(dario, c.board(), c.wave("2/fail"), "reason", "Two hosts do not boot.")
	maya.Get(c.board()).Has("#live", "Two hosts do not boot.").Has("#live summary", "Remediate")
	c.done(dario, c.board(), c.wave("2/remediate"), "reason", "Back to the former version.")
	refused := c.does(maya, c.board(), c.wave("2/back-out"), "reason", "It cannot be mended tonight.").Status(http.StatusConflict)
	refused.Has("[role=alert] .blockers", "point of no return").Has(".notice", "It cannot be mended tonight.")
	if href, _ := refused.Doc().Find("[role=alert] .blockers a").Attr("href"); href != c.board()+"#rollback" {
		t.Errorf("the blocker leads to %s", href)
	}
	lacksForm(t, maya.Get(c.board()), c.board()+"/rollback")
	c.done(chen, c.board(), c.board()+"/rollback", "reason", "Shops lose a night; that is bearable.")
	maya.Get(c.board()).Has("#rollback", "Chen Wei decided").Has("#rollback", "Shops lose a night")
	c.done(maya, c.board(), c.wave("2/back-out"), "reason", "It cannot be mended tonight.")
	dario.Get(c.wave("2/run")).Has("#sheet h2", "Back-out").Has("#step-4", "Claim step 4")

	c.does(dario, c.board(), c.wave("2/rolled-back"), "evidence", "They answer.").Status(http.StatusConflict).Has(".blockers", "back-out steps").Has("[role=alert] a[href='"+c.wave("2/run")+"']", "Open the run sheet")
	c.done(dario, c.wave("2/run"), c.wave("2/steps/4/claim"))
	c.done(dario, c.wave("2/run"), c.wave("2/steps/4/sign"), "evidence", "The former version answers.")
	c.done(dario, c.board(), c.wave("2/rolled-back"), "evidence", "They answer.")
	c.waveIs(2, deploy.WaveRolledBack)
	c.done(dario, c.board(), c.wave("1/remediate"), "reason", "The pilot goes back too.")
	c.done(chen, c.board(), c.board()+"/rollback", "reason", "All or nothing.")
	c.done(maya, c.board(), c.wave("1/back-out"), "reason", "All or nothing.")
	c.done(dario, c.wave("1/run"), c.wave("1/steps/4/claim"))
	c.done(dario, c.wave("1/run"), c.wave("1/steps/4/sign"), "evidence", "The former version answers.")
	target := firstTarget(c, "1")
	former := maya.Get(target).Text("#facts dt:contains('Before') + dd code")
	c.done(dario, target, target+"/rolled-back", "digest", former, "evidence", "sha256sum on it")
	c.waveIs(1, deploy.WaveRolledBack)
	c.done(maya, c.board(), c.board()+"/roll-back", "reason", "Built anew.")
	if r := c.release(); r.State != release.RolledBack {
		t.Errorf("the release is %s", r.State)
	}
}

func TestAFailedWaveKeepsItsReleasePaused(t *testing.T) {
	c := at(t, "BRF", release.Paused)
	page := c.s.As("maya").Get(c.board()).Status(http.StatusOK)
	page.Has("#whole [aria-disabled=true]", "Resume the release").Has("#wave-1-trouble", "wave 1 is Failed").Has("#live", "1 of 8 targets failed").Has("#wave-2 .noreturn-note", "Point of no return")
	lacksForm(t, page, c.board()+"/resume")
	lacksForm(t, page, c.wave("1/verified"))
	c.s.As("maya").Post(c.board()+"/resume", url.Values{"reason": {"Go on."}}).Status(http.StatusConflict).Has("[role=alert] .blockers", "Wave 1, Pilot sites is Failed")
}

func TestRetryAndGoOn(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	maya, dario, olga := c.s.As("maya"), c.s.As("dario"), c.s.As("olga")
	c.done(dario, c.board(), c.wave("2/remediate"), "reason", "A host hangs.")
	dario.Get(c.wave("2/run")).Has("#sheet .notice", "being remediated")
	c.done(dario, c.board(), c.wave("2/retry"), "reason", "It is restarted.")
	c.waveIs(2, deploy.WaveRunning)

	c.done(dario, c.board(), c.wave("1/remediate"), "reason", "A look back.")
	refused := c.does(dario, c.board(), c.wave("1/retry"), "reason", "Nothing was wrong.").Status(http.StatusConflict)
	refused.Has("[role=alert] .blockers", "The window of Wave 1, Pilot closed").Has("[role=alert] .blockers", "Change authority")
	lacksLink(t, dario.Get(c.board()), "/releases/"+c.key+"/window-override")
	olga.Get(c.board()).Has("#window a", "Let it start outside the window")
	c.done(olga, "/releases/"+c.key+"/window-override", "/releases/"+c.key+"/window-override", "until", "2026-11-23T18:00", "reason", "It runs already.")
	dario.Get(c.board()).Has("#window", "Olga Petrova lets it start outside its window").Has("#window", "18:00 CET").Has("#window", "It runs already.")
	c.done(dario, c.board(), c.wave("1/retry"), "reason", "Nothing was wrong.")
	if r := c.release(); r.State != release.Deploying {
		t.Errorf("the release is %s", r.State)
	}

	c.done(dario, c.board(), c.wave("2/remediate"), "reason", "It hangs again.")
	c.done(maya, c.board(), c.wave("2/back-out"), "reason", "Another night.")
	c.done(dario, c.wave("2/run"), c.wave("2/steps/4/claim"))
	c.done(dario, c.wave("2/run"), c.wave("2/steps/4/sign"), "evidence", "The former version answers.")
	c.done(dario, c.board(), c.wave("2/rolled-back"), "evidence", "They answer.")
	c.done(maya, c.board(), c.board()+"/redeploy", "reason", "The second wave is planned anew.")
	c.done(maya, c.board(), c.wave("2/replan"))
	c.waveIs(2, deploy.WavePlanned)
}

func lacksLink(t *testing.T, page *webtest.Page, href string) {
	t.Helper()
	if page.Doc().Find("main a[href='"+href+"']").Length() > 0 {
		t.Errorf("there is a link to %s", href)
	}
}

func firstTarget(c *scene, wave string) string {
	c.t.Helper()
	page := c.s.As("maya").Get(c.wave(wave + "/targets")).Status(http.StatusOK)
	href, _ := page.Doc().Find("tbody th a").First().Attr("href")
	if href == "" {
		c.t.Fatal("the wave has no target")
	}
	return href
}

func TestAGuestOfTheBoard(t *testing.T) {
	s := webtest.New(t)
	s.As("maya").Get("/releases/PAY-2026.99.9/deployment").Status(http.StatusNotFound)
	if to := s.Nobody().Get("/releases/PAY-2026.99.9/deployment").Location(); !strings.HasPrefix(to, "/login") {
		t.Errorf("nobody is led to %s", to)
	}
}
