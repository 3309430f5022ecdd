package deploy

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy/ssh"
	"slipway/internal/state"
)

// RunState is where the work on one host stands.
type RunState string

// The states of a run. A failed one is never taken up again: whoever retries
// begins another attempt.
const (
	RunWaiting   RunState = "Waiting"
	RunGoing     RunState = "Going"
	RunDone      RunState = "Done"
	RunFailed    RunState = "Failed"
	RunWithdrawn RunState = "Withdrawn"
)

// RunStates lists every state.
func RunStates() []RunState {
	return []RunState{RunWaiting, RunGoing, RunDone, RunFailed, RunWithdrawn}
}

// Scan refuses a stored word that is no state.
func (s *RunState) Scan(src any) error { return state.ScanWord(s, src, RunStates()) }

// RunVerb moves a run.
type RunVerb string

// The verbs of a run.
const (
	RunBegin    RunVerb = "begin"
	RunWithhold RunVerb = "be withheld"
	RunEnd      RunVerb = "be done"
	RunFail     RunVerb = "fail"
	RunWithdraw RunVerb = "be withdrawn"
)

// RunVerbs lists every verb.
func RunVerbs() []RunVerb {
	return []RunVerb{RunBegin, RunWithhold, RunEnd, RunFail, RunWithdraw}
}

var runMoves = state.Table[RunState, RunVerb]{
	{RunWaiting, RunBegin, RunGoing},
	{RunGoing, RunWithhold, RunWaiting},
	{RunGoing, RunEnd, RunDone},
	{RunGoing, RunFail, RunFailed},
	{RunWaiting, RunWithdraw, RunWithdrawn},
	{RunGoing, RunWithdraw, RunWithdrawn},
}

// What a run is for.
const (
	ForDeploy  = "deploy"
	ForBackOut = "back-out"
)

// The stages of a run, in their order. From install on the host is changed.
const (
	StageConnect = "connect"
	StageFiles   = "stage"
	StageCheck   = "check"
	StageInstall = "install"
	StageVerify  = "verify"
	StageBackOut = "back-out"
)

var stages = []string{"", StageConnect, StageFiles, StageCheck, StageInstall, StageVerify, StageBackOut}

// Run is one attempt on one host: to bring it a package, or to put it back. It
// goes on from its stage when the server that held it is gone.
type Run struct {
	db.Row
	WaveID       int64
	ReleaseID    int64
	WaveTargetID int64
	TargetID     int64
	Purpose      string
	Attempt      int64
	State        RunState
	Stage        string
	Once         string // the word by which the host's folder knows this run
	Folder       string // on the host
	Holder       string // whose turn it is to carry it on
	Touched      bool   // a command that changes the host may have begun
	Reason       string // why it failed, or was withdrawn
	StartedAt    db.Time
	EndedAt      db.Time
}

// TableName is the table of runs.
func (Run) TableName() string { return "ssh_runs" }

func (r *Run) move(verb RunVerb) error {
	to, err := runMoves.Next(fmt.Sprintf("Attempt %d", r.Attempt), r.State, verb)
	if err == nil {
		r.State = to
	}
	return err
}

// prefix is how the names of all staging folders of a target in a wave begin.
func prefix(r *Run, w *Wave) string {
	return ssh.Name(fmt.Sprintf("%s.w%d.t%d.", w.ReleaseKey, w.Number, r.WaveTargetID))
}

// The outcomes of a command. An empty one has not ended yet.
const (
	CommandEnded   = "ended"
	CommandLate    = "out of time"
	CommandFlooded = "too much output"
	CommandUnknown = "unknown"
)

// Command is one command of a run, and what it said.
type Command struct {
	db.Row
	RunID   int64
	Kind    StepKind
	Number  int64 // of the step
	Again   int64 // of a check that was run once more, since its first end is unknown
	Title   string
	Line    string
	BeganAt db.Time
	EndedAt db.Time
	Code    int64
	Outcome string
	Output  string // as much as is kept
	Said    int64  // how many bytes it said in all
}

// TableName is the table of commands.
func (Command) TableName() string { return "ssh_commands" }

// Label names the command: "install command 2, Copy the image".
func (c *Command) Label() string { return fmt.Sprintf("%s command %d, %s", c.Kind, c.Number, c.Title) }

// Good tells whether it ended well.
func (c *Command) Good() bool { return c.Outcome == CommandEnded && c.Code == 0 }

func (c *Command) id() string {
	if c.Again > 0 {
		return fmt.Sprintf("%s-%d-%d", c.Kind, c.Number, c.Again)
	}
	return fmt.Sprintf("%s-%d", c.Kind, c.Number)
}

// commands gives the steps of a kind that the machine carries out, by number.
func commands(steps []Step, kind StepKind) []Step {
	var list []Step
	for _, s := range ofKind(steps, kind) {
		if strings.TrimSpace(s.Command) != "" {
			list = append(list, s)
		}
	}
	return list
}

// limit is how long the command of a step may take: three times what was
// planned, and never less than the least.
func (s *Step) limit(least time.Duration) time.Duration {
	return max(least, 3*time.Duration(s.Minutes)*time.Minute)
}

// usualParallel is how many hosts of a wave are worked on at once unless the
// wave says otherwise.
const (
	usualParallel = 5
	maxParallel   = 50
)

// AtOnce is how many hosts of the wave are worked on at once.
func (w *Wave) AtOnce() int64 {
	if w.Parallel == 0 {
		return usualParallel
	}
	return w.Parallel
}

// RunView is a run with its commands.
type RunView struct {
	Run
	Commands []Command
}
