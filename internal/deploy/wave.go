package deploy

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/state"
)

// WaveState is where a wave stands.
type WaveState string

// The states of a wave.
const (
	WavePlanned     WaveState = "Planned"
	WaveReady       WaveState = "Ready"
	WaveNoGo        WaveState = "NoGo"
	WaveGo          WaveState = "Go"
	WaveRunning     WaveState = "Running"
	WavePaused      WaveState = "Paused"
	WaveVerifying   WaveState = "Verifying"
	WaveComplete    WaveState = "Complete"
	WaveFailed      WaveState = "Failed"
	WaveRemediating WaveState = "Remediating"
	WaveRolledBack  WaveState = "RolledBack"
)

// WaveStates lists every state in the order of a wave's life.
func WaveStates() []WaveState {
	return []WaveState{WavePlanned, WaveReady, WaveNoGo, WaveGo, WaveRunning, WavePaused, WaveVerifying, WaveComplete, WaveFailed, WaveRemediating, WaveRolledBack}
}

// Scan refuses a stored word that is no state.
func (s *WaveState) Scan(src any) error { return state.ScanWord(s, src, WaveStates()) }

// Live tells whether somebody works on the wave's targets in this state.
func (s WaveState) Live() bool {
	switch s {
	case WaveRunning, WavePaused, WaveVerifying, WaveFailed, WaveRemediating:
		return true
	}
	return false
}

// Begun tells whether targets may have been touched.
func (s WaveState) Begun() bool { return s.Live() || s == WaveComplete || s == WaveRolledBack }

// WaveVerb moves a wave.
type WaveVerb string

// The verbs of a wave.
const (
	WaveVerbReady     WaveVerb = "be ready"
	WaveVerbGo        WaveVerb = "go"
	WaveVerbNoGo      WaveVerb = "not go"
	WaveVerbReplan    WaveVerb = "be planned anew"
	WaveVerbStart     WaveVerb = "start"
	WaveVerbPause     WaveVerb = "pause"
	WaveVerbResume    WaveVerb = "resume"
	WaveVerbVerify    WaveVerb = "verify"
	WaveVerbComplete  WaveVerb = "complete"
	WaveVerbFail      WaveVerb = "fail"
	WaveVerbRemediate WaveVerb = "remediate"
	WaveVerbRetry     WaveVerb = "retry"
	WaveVerbRollBack  WaveVerb = "roll back"
)

// WaveVerbs lists every verb.
func WaveVerbs() []WaveVerb {
	return []WaveVerb{WaveVerbReady, WaveVerbGo, WaveVerbNoGo, WaveVerbReplan, WaveVerbStart, WaveVerbPause, WaveVerbResume,
		WaveVerbVerify, WaveVerbComplete, WaveVerbFail, WaveVerbRemediate, WaveVerbRetry, WaveVerbRollBack}
}

// waveMoves is the life of a wave. Three rows follow from the release's life: a
// go may be taken back before the start, a complete wave is remediated from
// early life, and a wave that was rolled back is planned anew.
var waveMoves = state.Table[WaveState, WaveVerb]{
	{WavePlanned, WaveVerbReady, WaveReady},
	{WaveReady, WaveVerbGo, WaveGo},
	{WaveReady, WaveVerbNoGo, WaveNoGo},
	{WaveGo, WaveVerbNoGo, WaveNoGo},
	{WaveNoGo, WaveVerbReplan, WavePlanned},
	{WaveGo, WaveVerbStart, WaveRunning},
	{WaveRunning, WaveVerbPause, WavePaused},
	{WavePaused, WaveVerbResume, WaveRunning},
	{WaveRunning, WaveVerbVerify, WaveVerifying},
	{WaveVerifying, WaveVerbComplete, WaveComplete},
	{WaveRunning, WaveVerbFail, WaveFailed},
	{WaveVerifying, WaveVerbFail, WaveFailed},
	{WaveFailed, WaveVerbRemediate, WaveRemediating},
	{WaveComplete, WaveVerbRemediate, WaveRemediating},
	{WaveRemediating, WaveVerbRetry, WaveRunning},
	{WaveRemediating, WaveVerbRollBack, WaveRolledBack},
	{WaveRolledBack, WaveVerbReplan, WavePlanned},
}

// Wave is one wave of a release: which targets, when, and what makes it good.
// The counters are kept as targets move; no page counts anew.
type Wave struct {
	db.Row
	ReleaseID       int64
	ReleaseKey      string
	ServiceID       int64
	Number          int64
	Name            string
	EnvironmentID   int64 // 0 while there is no environment of the key
	EnvironmentKey  string
	EnvironmentName string
	Production      bool
	Pilot           bool
	Picked          string // hand-picked keys, space between; with a filter both hold
	Older           string // why targets that run something newer are taken too; empty leaves them out
	Filter          string // which targets of the environment; see ParseFilter
	Days            int64  // after the start of the release's window
	Hours           int64  // length of its own window
	WindowStart     db.Time
	WindowEnd       db.Time `gorm:"column:window_stop"`
	Anchor          db.Time // the start of the release's window that the wave's hangs on
	SoakHours       int64
	SuccessPercent  int64
	FailurePercent  int64
	FailureCount    int64  // failures at least, before the percentage speaks
	Trigger         string `gorm:"column:back_out_when"` // when to back out, in words
	policy.Outage          // of its service, while it runs
	policy.Rollout
	NoReturn       bool
	Method         string
	ConfirmMinutes int64 // within which devices confirm what they installed; 0 is the environment's
	Consent        bool  // devices are asked before they are given anything
	Parallel       int64 // hosts that are worked on at once; 0 is the usual
	LeadID         int64
	LeadName       string
	DelegateID     int64 // whom the lead named to give go in their place; 0 is nobody
	DelegateName   string
	State          WaveState
	PackageVersion int64
	PackageDigest  string // staged; what every target must run in the end

	Total      int64
	Verified   int64
	Active     int64
	Failed     int64
	Excluded   int64
	RolledBack int64
	Joined     int64 // of them, that were added after the freeze
	Retrying   int64 // failed targets that are tried again by themselves

	ReadyAt       db.Time
	ReadyBy       string
	GoAt          db.Time
	GoByID        int64
	GoBy          string
	GoComment     string
	NoGoAt        db.Time
	NoGoByID      int64
	NoGoBy        string
	NoGoReason    string
	StartedAt     db.Time
	StartedByID   int64
	StartedBy     string
	PausedWith    bool // paused together with the release
	PauseReason   string
	HeldAt        db.Time // when machines stopped before the next target, since nothing more might begin; 0 while it goes on
	CompletedAt   db.Time
	SoakUntil     db.Time
	HealthAt      db.Time // when somebody confirmed the service's health after the soak
	HealthBy      string
	HealthNote    string
	FailedAt      db.Time
	FailReason    string
	RemediatingAt db.Time
	BackOutAt     db.Time // set once it is decided to back out, not to retry
	BackOutBy     string
	BackOutReason string
	RolledBackAt  db.Time
	Staff         []Staff     `gorm:"-"`
	newer         []installed // what its targets run that is newer, once guarded
	guarded       bool
}

// Staff is a person named for a wave.
type Staff struct {
	ID       int64
	WaveID   int64
	UserID   int64
	UserName string
}

// TableName is the table of people named for waves.
func (Staff) TableName() string { return "wave_staff" }

// Label names the wave: "Wave 2, The rest".
func (w *Wave) Label() string { return fmt.Sprintf("Wave %d, %s", w.Number, w.Name) }

// Part is the wave's name on the schedule.
func (w *Wave) Part() string { return fmt.Sprintf("wave %d", w.Number) }

// Link is the wave on its release's board.
func (w *Wave) Link() string {
	return fmt.Sprintf("/releases/%s/deployment#wave-%d", w.ReleaseKey, w.Number)
}

// RunLink is the wave's run sheet.
func (w *Wave) RunLink() string {
	return fmt.Sprintf("/releases/%s/waves/%d/run", w.ReleaseKey, w.Number)
}

// Counted is how many targets the percentages are of.
func (w *Wave) Counted() int64 { return w.Total - w.Excluded }

// Open is how many targets have no verdict yet.
func (w *Wave) Open() int64 { return w.Total - w.Verified - w.Failed - w.Excluded - w.RolledBack }

// Settled tells whether every target is verified or excluded.
func (w *Wave) Settled() bool { return w.Verified+w.Excluded == w.Total }

// Needed is how many verified targets make the wave good: by its percentage and
// by its number, as far as it has so many.
func (w *Wave) Needed() int64 {
	return max(ceilPercent(w.SuccessPercent, w.Counted()), min(w.SuccessCount, w.Counted()))
}

// Good tells whether enough targets are verified.
func (w *Wave) Good() bool { return w.Verified >= w.Needed() }

// Lost is how many targets failed for good: those that are tried again by
// themselves are not lost yet.
func (w *Wave) Lost() int64 { return w.Failed - w.Retrying }

// Broken tells whether so many targets failed that the wave fails.
func (w *Wave) Broken() bool { return w.Breach() != "" }

// Breach says by which threshold the wave fails, empty while by none.
func (w *Wave) Breach() string {
	lost, of := w.Lost(), w.Counted()
	if w.FailureLimit > 0 && lost >= w.FailureLimit {
		return fmt.Sprintf("%d of %d targets failed; the wave fails at %d.", lost, of, w.FailureLimit)
	}
	if lost < max(1, w.FailureCount) {
		return ""
	}
	if w.Sample > 0 {
		if of = w.Verified + lost; of < min(w.Sample, w.Counted()) {
			return ""
		}
	}
	if lost*100 < w.FailurePercent*of {
		return ""
	}
	if w.Sample > 0 {
		return fmt.Sprintf("%d of the %d targets that reported failed; the wave fails at %d %%.", lost, of, w.FailurePercent)
	}
	return fmt.Sprintf("%d of %d targets failed; the wave fails at %d %%.", lost, of, w.FailurePercent)
}

// Tolerated is the number of failed targets at which the wave fails, as far as
// it can be told before they have reported.
func (w *Wave) Tolerated() int64 {
	of := w.Counted()
	if w.Sample > 0 {
		of = max(w.Verified+w.Lost(), min(w.Sample, of))
	}
	n := max(1, w.FailureCount, ceilPercent(w.FailurePercent, of))
	if w.FailureLimit > 0 {
		n = min(n, w.FailureLimit)
	}
	return n
}

// Soaked tells whether the wave is complete and has been watched long enough.
func (w *Wave) Soaked(now db.Time) bool { return w.State == WaveComplete && !now.Before(w.SoakUntil) }

// move moves the wave by its table.
func (w *Wave) move(verb WaveVerb) error {
	to, err := waveMoves.Next(w.Label(), w.State, verb)
	if err == nil {
		w.State = to
	}
	return err
}

// maxPicked is how many targets are picked by hand; more are chosen by a filter.
const maxPicked = 500

// WaveEdit is what a person plans of a wave.
type WaveEdit struct {
	Name           string
	EnvironmentKey string
	Pilot          bool
	Filter         string
	Picked         string // keys, apart by spaces, commas or lines
	Older          string // why targets that run something newer are taken too
	WindowStart    db.Time
	WindowEnd      db.Time
	SoakHours      int64
	SuccessPercent int64
	FailurePercent int64
	FailureCount   int64
	Trigger        string
	NoReturn       bool
	policy.Outage
	policy.Rollout
	Method         string  // empty is the environment's
	ConfirmMinutes int64   // 0 is the environment's
	Consent        bool    // of devices
	Parallel       int64   // hosts at once, over SSH; 0 is the usual
	LeadID         int64   // 0 is the release's owner
	StaffIDs       []int64 // people with the role deployment staff
}

// Edit is the wave as its form shows it.
func (w *Wave) Edit() WaveEdit {
	e := WaveEdit{Name: w.Name, EnvironmentKey: w.EnvironmentKey, Pilot: w.Pilot, Filter: w.Filter, Picked: w.Picked, Older: w.Older, WindowStart: w.WindowStart, WindowEnd: w.WindowEnd,
		SoakHours: w.SoakHours, SuccessPercent: w.SuccessPercent, FailurePercent: w.FailurePercent, FailureCount: w.FailureCount,
		Trigger: w.Trigger, NoReturn: w.NoReturn, Outage: w.Outage, Rollout: w.Rollout, Method: w.Method, Parallel: w.AtOnce(), ConfirmMinutes: w.ConfirmMinutes, Consent: w.Consent, LeadID: w.LeadID}
	for _, person := range w.Staff {
		e.StaffIDs = append(e.StaffIDs, person.UserID)
	}
	return e
}

func (e *WaveEdit) validate(c *fault.Check) {
	e.Name, e.EnvironmentKey, e.Filter, e.Trigger = strings.TrimSpace(e.Name), strings.TrimSpace(e.EnvironmentKey), strings.TrimSpace(e.Filter), strings.TrimSpace(e.Trigger)
	c.Need(e.Name != "" && len(e.Name) <= 120, "name", "Name the wave, in at most 120 characters.")
	c.Need(e.EnvironmentKey != "", "environment", "Choose the environment that the wave runs in.")
	e.Older = strings.TrimSpace(e.Older)
	e.Picked = strings.Join(strings.FieldsFunc(e.Picked, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' }), " ")
	c.Need(len(strings.Fields(e.Picked)) <= maxPicked, "picked", fmt.Sprintf("Pick at most %d targets by hand.", maxPicked))
	c.Need(len(e.Older) <= 1000, "older", "Keep it to 1,000 characters.")
	if _, err := ParseFilter(e.Filter); err != nil {
		c.Field("filter", err.Error())
	}
	c.Need(e.WindowStart.IsZero() == e.WindowEnd.IsZero(), "window_end", "A window has a start and an end.")
	c.Need(e.WindowEnd.IsZero() || e.WindowStart.Before(e.WindowEnd), "window_end", "The window ends after it starts.")
	c.Need(e.SoakHours >= 0 && e.SoakHours <= 24*60, "soak_hours", "Enter 0 to 1,440 hours.")
	c.Need(e.SuccessPercent >= 1 && e.SuccessPercent <= 100, "success_percent", "Enter 1 to 100 percent.")
	c.Need(e.FailurePercent >= 0 && e.FailurePercent <= 100, "failure_percent", "Enter 0 to 100 percent.")
	c.Need(e.FailureCount >= 0 && e.FailureCount <= 1_000_000, "failure_count", "Enter 0 or more targets.")
	c.Need(e.ConfirmMinutes >= 0 && e.ConfirmMinutes <= week, "confirm_minutes", "Enter 0 to 10,080 minutes.")
	c.Need(e.Parallel >= 0 && e.Parallel <= maxParallel, "parallel", fmt.Sprintf("Enter 1 to %d hosts.", maxParallel))
	e.Outage.Check(c, "outage", int64(max(e.WindowEnd.Sub(e.WindowStart), 0)/time.Minute))
	e.Rollout.Check(c, "")
	c.Need(len(e.Trigger) <= 1000, "trigger", "Keep it to 1,000 characters.")
}

// leads tells whether the actor is the person who leads the wave.
func (w *Wave) leads(actor identity.Actor) bool {
	return actor.Kind == identity.PersonKind && actor.UserID != 0 && actor.UserID == w.LeadID
}
