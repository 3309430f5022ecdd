package deploy

import (
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Board is the wave board of a release.
type Board struct {
	Release  *release.Release
	Digests  []SignedDigest // what targets must run in the end; empty before the package is baselined
	Waves    []WaveView
	Progress Progress
	Outages  []change.Outage // of the service, that the waves ahead bring
	Now      db.Time
	Loose    int64  // frozen targets that run what no authorised package holds
	Pulse    string // changes whenever the deployment does; see Watch
	Can      BoardCan
	Back     *Remediation             // the rollout back that goes on now; nil where none does
	Decision *Decision                // the newest decision to go back past the point of no return
	Sets     []release.WindowOverride // let waves whose targets they name start outside the window now
	Override *release.WindowOverride  // lets it start outside the window now; nil where none lives
}

// BoardCan is what the actor may tell the deployment as a whole, now.
type BoardCan struct {
	AddWave        bool
	Pause          bool // pauses the release and its running waves
	Resume         bool
	DecideRollback bool // a point of no return was passed and the release remediates
	RollBack       bool // every touched wave is rolled back
	RollOutBack    bool // every wave that began goes back, as a rollout of its own
	Redeploy       bool // the release goes back to Deploying
}

// WaveView is one wave with all that its panel shows.
type WaveView struct {
	Wave
	Newer        int64           // targets that it leaves out, since they run something newer
	Late         int64           // targets that were added since the freeze and are not in the release
	Joins        bool            // they go with this wave
	ByHand       bool            // people carry it out, or steps of it
	Steps        StepCount       // of its run sheet, as far as people work on it
	Failures     []WaveTarget    // failed and overdue first, at most five
	Exclusions   []WaveTarget    // exclusions that wait for their second person
	Awaited      Awaited         // of devices that fetch
	Withheld     []fault.Blocker // why machines begin nothing further in it, while something waits
	Replaced     bool            // what it was started with is not the release's signed package any more
	Next         bool            // the wave whose go comes next
	Blockers     []fault.Blocker
	BlockersFor  string            // "be ready", "go" or "start": what the blockers stand in the way of
	Itself       string            // who lets it go by itself, "the policy PAY v1"; empty where a person gives go
	BackBy       string            // who lets it go back by itself when it fails, with how much; empty where people decide
	PastNoReturn bool              // a back-out needs a fresh decision that was not made yet
	Files        []dml.Attachment  // of the last word on go
	Delegates    []identity.Person // whom the viewer, who leads it, may name to give go in their place
	Held         []dml.Attachment  // the viewer's, that no word on go has yet
	Can          WaveCan
}

// StepCount counts the steps of a run sheet, back-out steps only while they count.
type StepCount struct{ Settled, Total, Failed int64 }

// WaveCan is what the actor may tell the wave in its state; the service still
// checks what stands in the way.
type WaveCan struct {
	Edit, Remove, MoveUp, MoveDown    bool
	Ready, Go, NoGo, Replan, Start    bool
	Pause, Resume, Fail, Remediate    bool
	Retry, BackOut, Confirm           bool
	Report, ReportRolledBack, Exclude bool
	Run                               bool // work on the run sheet
}

// TargetView is one target of a wave with what the actor may do about it.
type TargetView struct {
	WaveTarget
	CanVerify, CanFail, CanRetry, CanRollBack bool
	CanAskExclusion, CanConfirmExclusion      bool
	CanAgree                                  bool        // in place of its device
	Action                                    *PullAction // the open one of its device; nil where there is none
	CanRefuseExclusion                        bool        // or take back one's own
}

// TargetQuery narrows the targets of a wave. After pages by key.
type TargetQuery struct {
	Text  string
	State TargetState
	After string
	Limit int
}

// TargetPage is one page of the targets of a wave: those in trouble first, then
// by key.
type TargetPage struct {
	Release *release.Release
	Wave    Wave
	Targets []TargetView
	Next    string       // to page on after; empty at the end
	Counts  []StateCount // of all its targets
	Digests []SignedDigest
	Opens   bool // the viewer may open the page of a target itself
}

// RunSheet is a wave as deployment staff work on it.
type RunSheet struct {
	Release *release.Release
	Wave    WaveView
	Steps   []StepView
	Digests []SignedDigest
	Targets TargetPage  // the first page of those without a verdict
	Notes   []ShiftNote // the newest first
	CanNote bool
	Pulse   string // of the deployment; see Watch
	Late    int64  // minutes behind plan; negative is ahead; 0 before a start
	Now     db.Time
}

// StepView is one step with what the actor may do about it.
type StepView struct {
	Step
	Waits                               []Step // unsettled steps that it waits for
	Mine                                bool   // the actor holds it
	ByMachine                           bool   // run on every target; nobody claims it
	CanClaim, CanHandBack, CanSign      bool
	CanWitness, CanFail, CanRetry, Skip bool
	CanEdit                             bool
	Files                               []dml.Attachment
}

// MyStep is a step that the actor holds, may claim or may witness.
type MyStep struct {
	Step
	ReleaseKey   string
	ReleaseTitle string
	WaveNumber   int64
	WaveName     string
	What         string // "sign", "witness" or "claim"
}

// RunLink is the run sheet with the step in view.
func (m *MyStep) RunLink() string {
	w := Wave{ReleaseKey: m.ReleaseKey, Number: m.WaveNumber}
	return w.RunLink() + "#" + m.Anchor()
}

// Running is a release whose deployment goes on now.
type Running struct {
	Release  *release.Release
	Waves    []Wave // begun and not over, or the next one
	Progress Progress
}

// EnvironmentView is an environment with how many targets stand in it.
type EnvironmentView struct {
	Environment
	Pull    PullSettings // how its devices fetch
	Targets int64
	Drift   DriftCount
	Waves   []Wave // live there now
	CanEdit bool
}

// EnvironmentList is the page of environments.
type EnvironmentList struct {
	Environments []EnvironmentView
	CanEdit      bool
}

// TargetFilter narrows the list of all targets. After pages by key.
type TargetFilter struct {
	Text           string // in key or name
	EnvironmentKey string
	Filter         string // as waves filter
	Drift          Drift
	Retired        bool // shows those too
	After          string
	Limit          int
}

// TargetList is one page of all targets.
type TargetList struct {
	Targets      []Target
	Environments []Environment
	Next         string
	CanEdit      bool
}

// TargetDetail is one target with its history, the newest first.
type TargetDetail struct {
	PullView
	Target      Target
	Environment Environment
	History     []Event
	CanEdit     bool
}

// Preview tells which targets a wave's filter takes.
type Preview struct {
	Total   int64
	Sample  []Target // by key, at most twenty
	Skipped int64    // match, but an earlier wave takes them, or they are more than it takes
	Newer   int64    // match, and run something newer
	Limited bool     // it takes only a part of those that match
}

// Decision is somebody's word that going back past a point of no return is right.
type Decision struct {
	db.Row
	ReleaseID int64
	Reason    string
	ByID      int64
	ByName    string
}

// TableName is the table of such decisions.
func (Decision) TableName() string { return "rollback_decisions" }
