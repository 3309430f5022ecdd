package deploy

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/state"
)

// PullState is where one action of a device stands. An action is one attempt to
// have one device fetch one package; its number is all that the device knows.
type PullState string

// The states of an action.
const (
	PullOpen      PullState = "Open"
	PullDone      PullState = "Done"
	PullFailed    PullState = "Failed"
	PullCancelled PullState = "Cancelled"
)

// PullStates lists every state.
func PullStates() []PullState { return []PullState{PullOpen, PullDone, PullFailed, PullCancelled} }

// Scan refuses a stored word that is no state.
func (s *PullState) Scan(src any) error { return state.ScanWord(s, src, PullStates()) }

// PullVerb moves an action.
type PullVerb string

// The verbs of an action.
const (
	PullFinish PullVerb = "be finished"
	PullFail   PullVerb = "fail"
	PullCancel PullVerb = "be cancelled"
)

// PullVerbs lists every verb.
func PullVerbs() []PullVerb { return []PullVerb{PullFinish, PullFail, PullCancel} }

var pullActionMoves = state.Table[PullState, PullVerb]{
	{PullOpen, PullFinish, PullDone},
	{PullOpen, PullFail, PullFailed},
	{PullOpen, PullCancel, PullCancelled},
}

// Consent is what a device, or a person for it, says to a deployment that asks.
type Consent string

// The words of consent.
const (
	ConsentNone   Consent = "" // nobody is asked
	ConsentAsked  Consent = "asked"
	ConsentGiven  Consent = "given"
	ConsentDenied Consent = "denied" // asked again at the next poll
)

// Scan refuses a stored word that is none.
func (c *Consent) Scan(src any) error {
	return state.ScanWord(c, src, []Consent{ConsentNone, ConsentAsked, ConsentGiven, ConsentDenied})
}

// PullAction is one action of a device.
type PullAction struct {
	ID           int64
	WaveTargetID int64
	WaveID       int64
	TargetID     int64
	TargetKey    string
	PackageID    int64
	Purpose      string // ForDeploy or ForBackOut
	Attempt      int64
	State        PullState
	Consent      Consent
	ConsentBy    string
	Refused      bool // the device would not break it off, so that it goes on
	OfferedAt    db.Time
	TakenAt      db.Time // when it was first fetched
	InstalledAt  db.Time // when the device first said that all is written
	DueAt        db.Time // overdue from then on, on the clock of its wave; see PullWave
	ConfirmBy    db.Time // overdue from then on, once it is installed
	ClosedAt     db.Time
	Progress     int64
	ProgressOf   int64
	Statuses     int64
}

// TableName is the table of actions.
func (PullAction) TableName() string { return "pull_actions" }

// Open tells whether the device may still be heard about it.
func (a *PullAction) Open() bool { return a.State == PullOpen }

// Noun is the action in a sentence.
func (a *PullAction) Noun() string { return fmt.Sprintf("Action %d", a.ID) }

func (a *PullAction) move(verb PullVerb, now db.Time) error {
	to, err := pullActionMoves.Next(a.Noun(), a.State, verb)
	if err == nil {
		a.State, a.ClosedAt = to, now
	}
	return err
}

// PullStatus is one thing that a device said of an action.
type PullStatus struct {
	ID         int64
	ActionID   int64
	Execution  string
	Finished   string
	Code       int64
	Progress   int64
	ProgressOf int64
	Details    string
	Late       bool // said after the action was closed
	HappenedAt db.Time
}

// TableName is the table of what devices said.
func (PullStatus) TableName() string { return "pull_statuses" }

// PullWave is what the devices of a wave are offered and how long they may
// take. HeldMS is for how long nothing was handed out since it started: its
// clock stood still meanwhile, so that a pause makes no device late.
type PullWave struct {
	WaveID    int64 `gorm:"primaryKey"`
	PackageID int64
	ConfirmMS int64
	StuckMS   int64
	HeldMS    int64
	LookedAt  db.Time
}

// TableName is the table of such waves.
func (PullWave) TableName() string { return "pull_waves" }

// clock is the time on the wave's own clock.
func (w *PullWave) clock(now db.Time) db.Time {
	return now.Add(-time.Duration(w.HeldMS) * time.Millisecond)
}

// due is when a device that begins now is overdue, on the wave's own clock.
func (w *PullWave) due(now db.Time) db.Time {
	return w.clock(now).Add(time.Duration(w.StuckMS) * time.Millisecond)
}

// PullFeedback is a report of a device, in the words of its protocol.
type PullFeedback struct {
	Execution string // closed, proceeding, canceled, scheduled, rejected, resumed, download, downloaded
	Finished  string // success, failure, none
	Count, Of int64
	Code      int64
	Details   []string
}

// What is kept of what devices say.
const (
	maxStatuses = 200     // of one action; the last words are always kept
	maxSaid     = 8 << 10 // bytes of one report
	maxReason   = 1000
)

// said is the details as one text, no longer than is kept.
func (f *PullFeedback) said(limit int) string {
	text := strings.TrimSpace(strings.ToValidUTF8(strings.Join(f.Details, "\n"), "�"))
	text = strings.ReplaceAll(text, "\x00", "")
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + " …"
}

// word is what a report means to Slipway.
type word int

const (
	heard      word = iota // to be kept, and no more
	written                // all is installed and awaits the confirmation of a boot
	confirmed              // the device runs it
	broken                 // it failed
	brokenOff              // it was stopped, by the device or as it was told
	keepsGoing             // it will not be stopped
)

// means reads a report on a deployment. A device closes an action with success
// once it has started what it installed; until then its reports are only that it
// works. "Skipped" is never success: it says that nothing was installed.
func (f *PullFeedback) means() word {
	switch f.Execution {
	case "closed":
		if f.Finished == "failure" || f.skipped() {
			return broken
		}
		return confirmed
	case "canceled":
		return brokenOff
	case "proceeding":
		if f.Of > 0 && f.Count >= f.Of || f.says("All Chunks Installed.") {
			return written
		}
	}
	return heard
}

// meansToCancel reads a report on being told to stop.
func (f *PullFeedback) meansToCancel() word {
	switch {
	case f.Execution == "closed" && f.Finished == "failure":
		return broken
	case f.Execution == "closed":
		return brokenOff
	case f.Execution == "rejected":
		return keepsGoing
	}
	return heard
}

func (f *PullFeedback) skipped() bool {
	for _, line := range f.Details {
		if strings.HasPrefix(strings.TrimSpace(line), "Skipped") {
			return true
		}
	}
	return false
}

func (f *PullFeedback) says(what string) bool {
	for _, line := range f.Details {
		if strings.Contains(line, what) {
			return true
		}
	}
	return false
}

// status is the report as it is kept.
func (f *PullFeedback) status(a *PullAction, now db.Time) *PullStatus {
	return &PullStatus{ActionID: a.ID, Execution: f.Execution, Finished: f.Finished, Code: f.Code, Progress: f.Count, ProgressOf: f.Of,
		Details: f.said(maxSaid), Late: !a.Open(), HappenedAt: now}
}
