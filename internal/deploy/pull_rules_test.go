package deploy

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
)

// Every state of an action is asked every verb: only an open one moves.
func TestActionsMoveOnce(t *testing.T) {
	for _, from := range PullStates() {
		for _, verb := range PullVerbs() {
			a := &PullAction{ID: 7, State: from}
			if err := a.move(verb, 5); (err == nil) != (from == PullOpen) || (err == nil) != (a.State != from) || (err == nil) != (a.ClosedAt == 5) {
				t.Errorf("%s to %s: %s, %v", from, verb, a.State, err)
			}
		}
	}
}

func TestWhatReportsMean(t *testing.T) {
	for _, c := range []struct {
		f               PullFeedback
		deploys, cancel word
	}{
		{PullFeedback{Execution: "closed", Finished: "success"}, confirmed, brokenOff},
		{PullFeedback{Execution: "closed", Finished: "none"}, confirmed, brokenOff},
		{PullFeedback{Execution: "closed", Finished: "success", Details: []string{" Skipped Update."}}, broken, brokenOff},
		{PullFeedback{Execution: "closed", Finished: "failure"}, broken, broken},
		{PullFeedback{Execution: "canceled"}, brokenOff, heard},
		{PullFeedback{Execution: "rejected"}, heard, keepsGoing},
		{PullFeedback{Execution: "proceeding", Finished: "success"}, heard, heard},
		{PullFeedback{Execution: "proceeding", Count: 1, Of: 2}, heard, heard},
		{PullFeedback{Execution: "proceeding", Count: 2, Of: 2}, written, heard},
		{PullFeedback{Execution: "proceeding"}, heard, heard}, // 0 of 0
		{PullFeedback{Execution: "proceeding", Details: []string{"x", "All Chunks Installed."}}, written, heard},
		{PullFeedback{Execution: "downloaded", Finished: "success"}, heard, heard},
		{PullFeedback{Execution: "download"}, heard, heard},
		{PullFeedback{Execution: "scheduled"}, heard, heard},
		{PullFeedback{Execution: "resumed"}, heard, heard},
	} {
		if got := c.f.means(); got != c.deploys {
			t.Errorf("%+v means %d, want %d", c.f, got, c.deploys)
		}
		if got := c.f.meansToCancel(); got != c.cancel {
			t.Errorf("%+v means %d to a cancellation, want %d", c.f, got, c.cancel)
		}
	}
}

func TestWhatADeviceGetsToHear(t *testing.T) {
	const now = db.Time(1)
	for name, c := range map[string]struct {
		a        PullAction
		t        TargetState
		w        WaveState
		open     bool
		want     offered
		replaced bool
	}{
		"offered":                        {PullAction{}, TargetOffered, WaveRunning, true, offersDeployment, false},
		"withheld":                       {PullAction{}, TargetOffered, WaveRunning, false, offersNothing, false},
		"paused":                         {PullAction{}, TargetOffered, WavePaused, false, offersNothing, false},
		"late":                           {PullAction{}, TargetOverdue, WaveComplete, true, offersDeployment, false},
		"failed before it fetched":       {PullAction{}, TargetFailed, WaveRunning, true, offersNothing, false},
		"verified by a person":           {PullAction{}, TargetVerified, WaveRunning, true, offersNothing, false},
		"left out before it fetched":     {PullAction{}, TargetExcluded, WaveRunning, true, offersNothing, false},
		"asked":                          {PullAction{Consent: ConsentAsked}, TargetOffered, WaveRunning, true, offersConfirmation, false},
		"denied":                         {PullAction{Consent: ConsentDenied}, TargetOffered, WaveRunning, true, offersConfirmation, false},
		"asked while withheld":           {PullAction{Consent: ConsentAsked}, TargetOffered, WavePaused, false, offersNothing, false},
		"given":                          {PullAction{Consent: ConsentGiven}, TargetOffered, WaveRunning, true, offersDeployment, false},
		"fetched, paused":                {PullAction{TakenAt: now}, TargetTaken, WavePaused, false, offersDeployment, false},
		"fetched, wave failed":           {PullAction{TakenAt: now}, TargetTaken, WaveFailed, false, offersCancel, false},
		"fetched, remediated":            {PullAction{TakenAt: now}, TargetTaken, WaveRemediating, false, offersCancel, false},
		"fetched, left out":              {PullAction{TakenAt: now}, TargetExcluded, WaveRunning, true, offersCancel, false},
		"fetched, would not stop":        {PullAction{TakenAt: now, Refused: true}, TargetTaken, WaveFailed, false, offersDeployment, false},
		"installed, wave failed":         {PullAction{TakenAt: now, InstalledAt: now}, TargetInstalled, WaveFailed, false, offersDeployment, false},
		"installed, overdue":             {PullAction{TakenAt: now, InstalledAt: now}, TargetOverdue, WaveFailed, false, offersDeployment, false},
		"fetched, verified by a person":  {PullAction{TakenAt: now}, TargetVerified, WaveRunning, true, offersDeployment, false},
		"of a wave that was rolled back": {PullAction{}, TargetRolledBack, WaveRolledBack, true, offersNothing, false},
		"replaced before it fetched":     {PullAction{}, TargetOffered, WaveRunning, true, offersNothing, true},
		"replaced while asked":           {PullAction{Consent: ConsentAsked}, TargetOffered, WaveRunning, true, offersNothing, true},
		"replaced while it fetches":      {PullAction{TakenAt: now}, TargetTaken, WaveRunning, true, offersCancel, true},
		"replaced while paused":          {PullAction{TakenAt: now}, TargetTaken, WavePaused, false, offersCancel, true},
		"replaced, would not stop":       {PullAction{TakenAt: now, Refused: true}, TargetTaken, WaveRunning, true, offersDeployment, true},
		"replaced once installed":        {PullAction{TakenAt: now, InstalledAt: now}, TargetInstalled, WaveRunning, true, offersDeployment, true},
		"replaced and put back":          {PullAction{Purpose: ForBackOut}, TargetInstalled, WaveRemediating, false, offersDeployment, true},
	} {
		if got := decideOffer(&openAction{c.a, c.t}, c.w, c.open, c.replaced); got != c.want {
			t.Errorf("%s: hears %d, want %d", name, got, c.want)
		}
	}
}

func TestWhatIsKeptOfDetails(t *testing.T) {
	f := PullFeedback{Details: []string{"one\x00", strings.Repeat("ü", 10), "\xff"}}
	if got := f.said(12); len(got) > 12+len(" …") || strings.ContainsRune(got, 0) {
		t.Errorf("%q", got)
	}
	if got := reportedWord("a|b\nc\x1b[31m\xff", 6); got != "ab c [" {
		t.Errorf("%q", got)
	}
	for seconds, want := range map[int64]string{0: "00:00:01", 1: "00:00:01", 9: "00:00:09"} {
		if got := jittered(seconds); got != want {
			t.Errorf("%d seconds are %s", seconds, got)
		}
	}
	for took, want := range map[time.Duration]string{time.Hour + time.Minute + time.Second: "01:01:01", 1000 * time.Hour: "23:59:59"} {
		if got := sleepWords(took); got != want {
			t.Errorf("%s is %s", took, got)
		}
	}
}
