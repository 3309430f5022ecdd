package releases_test

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"testing"

	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

func drive(t *testing.T, s *webtest.Server, to string, state release.State) {
	t.Helper()
	if err := sample.Drive(context.Background(), s.App, path.Base(to), state); err != nil {
		t.Fatal(err)
	}
}

// Every state has a sentence, and the verbs that a person may say in it.
func TestTheOverviewOfEveryState(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	for state, want := range map[release.State]struct{ verdict, verb string }{
		release.Proposed:  {"A1", "Cancel the release"},
		release.Planning:  {"Not ready for A2", "Put on hold"},
		release.BuildTest: {"Not ready for A3", "Put on hold"},
		release.Ready:     {"Not ready for A4", "Rework"},
		release.OnHold:    {"On hold; it goes on in", "Resume"},
		release.Cancelled: {"Cancelled", ""},
	} {
		to := plan(maya, nil)
		drive(t, s, to, state)
		page := maya.Get(to).Status(http.StatusOK).Has("#verdict", want.verdict)
		if want.verb != "" {
			page.Has("#more", want.verb)
		} else if page.Doc().Find("#more").Length() != 0 {
			t.Errorf("%s: something may still be said", state)
		}
	}
}

func TestTheOverviewAfterTheDeployment(t *testing.T) {
	s := webtest.New(t)
	maya := s.As("maya")
	to := plan(maya, nil)
	for _, step := range []struct {
		state   release.State
		verdict string
	}{{release.Deploying, "Deploying"}, {release.EarlyLife, "early life support"}, {release.Review, "A5"}, {release.Closed, "Closed: Succeeded"}} {
		drive(t, s, to, step.state)
		// the session ends while weeks go by
		maya = s.As("maya")
		maya.Get(to).Status(http.StatusOK).Has("#verdict", step.verdict)
	}
	maya.Get(to).Has("#facts", "Succeeded").Has("#plan", "Early life support").Has("#people", "A1, A2, A4, A5")
}

// What a new window voids is named before it is saved, and void after.
func TestAWindowThatVoidsA4SaysSoFirst(t *testing.T) {
	s := webtest.New(t)
	to := plan(s.As("maya"), nil)
	drive(t, s, to, release.Deploying)
	maya := s.As("maya")
	form := url.Values{"version": {version(maya.Get(to + "/edit"))}, "window_start": {"2027-03-02T22:00"}, "window_end": {"2027-03-04T02:00"}, "zone": {"Europe/Oslo"}, "reason": {"The bank asked"}}
	maya.Post(to+"/window", form).Status(http.StatusOK).Has("#window", "have to be taken again: A4 deploy")
	maya.Get(to).Lacks("#verdict", "void").Lacks(".rail", "Voided")
	form.Set("confirm", "true")
	maya.Post(to+"/window", form).Status(http.StatusSeeOther)
	maya.Get(to).Has(".rail", "Voided").Has("#standing-panel", "A4 is void: the window moved")
	maya.Get(to+"/plan").Has("#standing", "A4 is void")
}

func TestAReworkNamesWhatFalls(t *testing.T) {
	s := webtest.New(t)
	to := plan(s.As("maya"), nil)
	drive(t, s, to, release.Ready)
	maya := s.As("maya")
	move := maya.Get(to+"/moves?verb=rework").Status(http.StatusOK).Has("#move", "have to be taken again: A3 check-in").Has("#move", "is withdrawn")
	maya.Post(to+"/moves", url.Values{"verb": {"rework"}, "version": {version(move)}, "reason": {"A defect was found"}}).Status(http.StatusSeeOther)
	maya.Get(to).Has(".page-head", "Build and test").Has("#activity", "A defect was found").Has("#verdict", "A3")
}
