package deploy_test

import (
	"net/http"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
)

// TestFromPlannedToStarted goes the way of a wave up to its start, with every
// refusal on it.
func TestFromPlannedToStarted(t *testing.T) {
	c := at(t, "PAY", release.Ready)
	maya, dario := c.s.As("maya"), c.s.As("dario")
	lacksForm(t, dario.Get(c.board()), c.wave("1/ready"))
	stale := filled(t, maya.Get(c.board()), c.wave("1/ready"))
	twice := maya.Post(c.wave("1/ready"), stale).Status(http.StatusSeeOther).Location()
	if again := maya.Post(c.wave("1/ready"), stale).Status(http.StatusSeeOther).Location(); again != twice {
		t.Errorf("the second click leads to %s", again)
	}
	c.waveIs(1, deploy.WaveReady)
	stale.Del("once")
	maya.Post(c.wave("1/ready"), stale).Status(http.StatusConflict)
	maya.Get(c.board()).Has("#live h2", "waits for go").Has("#wave-1", "1 target frozen for it")

	lacksForm(t, dario.Get(c.board()), c.wave("1/go"))
	dario.Post(c.wave("1/go"), filled(t, maya.Get(c.board()), c.wave("1/go"))).Status(http.StatusForbidden)
	c.done(maya, c.board(), c.wave("1/no-go"), "reason", "The supplier is asleep.")
	maya.Get(c.board()).Has("#wave-1", "The supplier is asleep.").Has("#wave-1 .st", "No go")
	c.done(maya, c.board(), c.wave("1/replan"))
	c.done(maya, c.board(), c.wave("1/ready"))
	c.done(maya, c.board(), c.wave("1/go"), "comment", "All set.")
	page := maya.Get(c.board()).Has("#wave-1", "Go by Maya Lindqvist").Has("#wave-1", "All set.")
	page.Has("#blockers h2", "before wave 1 can start").Has("#blockers", "The window of Wave 1").Has("#blockers", "outside the window").Has("#wave-1 [aria-disabled=true]", "Start")
	lacksForm(t, page, c.wave("1/start"))
	early := map[string][]string{"version": {stale.Get("version")}}
	dario.Post(c.wave("1/start"), early).Status(http.StatusConflict)

	c.later(c.find(1).WindowStart.Std().Sub(c.s.App.DB.Now().Std()) + time.Minute)
	maya, dario = c.s.As("maya"), c.s.As("dario")
	c.done(dario, c.board(), c.wave("1/start"))
	c.waveIs(1, deploy.WaveRunning)
	maya.Get(c.board()).Has("#live h2", "is running").Has("#live", "Open the run sheet").Has("#live", "Without a verdict")
	if r := c.release(); r.State != release.Deploying {
		t.Errorf("the release is %s", r.State)
	}
	c.done(maya, c.board(), c.wave("2/ready"))
	maya.Get(c.board()).Has("#blockers h2", "before wave 2 can go").Has("#blockers", "the pilot, is Running").Has("#wave-2 [aria-disabled=true]", "Give go")
}

// TestTheNextWaveIsRefusedWhileThePilotRuns holds that a refusal names every
// reason with its owner and where it is removed.
func TestTheNextWaveIsRefusedWhileThePilotRuns(t *testing.T) {
	c := at(t, "PAY", release.Ready)
	maya := c.s.As("maya")
	c.done(maya, c.board(), c.wave("1/ready"))
	c.done(maya, c.board(), c.wave("2/ready"))
	page := c.does(maya, c.board(), c.wave("2/go"), "comment", "Both at once.").Status(http.StatusConflict)
	page.Has("[role=alert] .blockers", "Wave 1, Pilot, the pilot, is Ready").Has(".notice", "Both at once.")
	blocker := page.Doc().Find("[role=alert] .blockers li").First()
	if href, _ := blocker.Find("a").Attr("href"); href != c.board()+"#wave-1" {
		t.Errorf("the blocker leads to %s", href)
	}
	if blocker.Find(".who").Text() == "" {
		t.Error("the blocker has no owner")
	}
}

func TestAllOfItIsRolledBackFromTheBoard(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	maya := c.s.As("maya")
	c.s.As("dario").Get(c.board()).Lacks("#whole", "Roll all of it back")
	again := c.does(maya, c.board(), c.board()+"/roll-out-back", "reason", "", "incident", "INC-1").Status(http.StatusUnprocessableEntity)
	again.Has("#roll-out-back[open]", "Say why all of it goes back")
	c.does(maya, c.board(), c.board()+"/roll-out-back", "reason", "nobody can pay", "incident", "INC-1").Status(http.StatusSeeOther)
	maya.Get(c.board()).Has("#going-back", "on Maya Lindqvist’s word").Has("#going-back", "incident INC-1, so nothing soaks").Lacks("#whole", "Roll all of it back")
}

func TestInAnIncidentNothingSoaksOnTheWayBack(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	maya := c.s.As("maya")
	back := c.board() + "/roll-out-back"
	c.s.As("dario").Post(back, filled(t, maya.Get(c.board()), back, "reason", "nobody can pay", "at_once", "true")).Status(http.StatusForbidden)
	again := c.does(maya, c.board(), back, "reason", "", "at_once", "true").Status(http.StatusUnprocessableEntity)
	if again.Doc().Find("#roll-out-back input[name=at_once][checked]").Length() != 1 {
		t.Error("what was ticked is lost")
	}
	c.does(maya, c.board(), back, "reason", "nobody can pay", "at_once", "true").Status(http.StatusSeeOther)
	maya.Get(c.board()).Has("#going-back", "on Maya Lindqvist’s word").Has("#going-back", "in an incident, so nothing soaks")
}
