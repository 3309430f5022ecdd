// Package build keeps what was made and how it was tested: build records, test
// runs, verdicts on utility and warranty, known errors and back-out rehearsals.
//
// It ingests results and weighs them; it decides no gate. Every verdict is bound
// to the digest of the package it concerns, so that a new package digest leaves
// old verdicts standing as history and counting for nothing.
package build

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// Result is how a build, or a rehearsal, ended.
type Result string

// A build succeeds or fails; there is nothing between.
const (
	Succeeded Result = "Succeeded"
	Failed    Result = "Failed"
)

// Scan refuses results this program does not know.
func (r *Result) Scan(src any) error { return state.ScanWord(r, src, []Result{Succeeded, Failed}) }

// Build is one record of making something: what went in, how, where, by whom,
// and what came of it. A record is never edited; a new attempt is a new build.
type Build struct {
	db.Row
	ReleaseID      int64
	ReleaseKey     string
	Number         int64
	Name           string
	Inputs         string
	Instructions   string
	Environment    string
	BuilderID      int64
	BuilderName    string
	BuilderKind    string
	Log            string
	LogDropped     int64 // bytes left out at the head of the log
	Result         Result
	PackageVersion int64
	StartedAt      db.Time
	EndedAt        db.Time
	Outputs        []Output `gorm:"-"`
}

// Output is a file that a build made, as it lies in the library.
type Output struct {
	db.Row
	BuildID        int64
	ReleaseID      int64
	MediaVersionID int64
	ItemKey        string
	Label          string
	FileName       string
	Digest         string
	Size           int64
}

// TableName is the table of outputs.
func (Output) TableName() string { return "build_outputs" }

// Record is what somebody enters, or a pipeline reports, about a build.
type Record struct {
	Name, Inputs, Instructions, Environment, Log string
	Result                                       Result
	StartedAt, EndedAt                           db.Time
}

// maxLog bounds a kept log. Its end is kept, because that is where builds say
// what became of them.
const maxLog = 256 << 10

const maxText = 20000

func (in *Record) validate(now db.Time) error {
	var c fault.Check
	in.Name = strings.TrimSpace(in.Name)
	c.Need(in.Name != "" && len(in.Name) <= 200, "name", "Name the build, for example its pipeline and number, in at most 200 characters.")
	c.Need(strings.TrimSpace(in.Inputs) != "", "inputs", "Say what went in: revisions, base images, media versions.")
	c.Need(strings.TrimSpace(in.Instructions) != "", "instructions", "Say how to repeat the build: the commands, or the controlled procedure.")
	c.Need(strings.TrimSpace(in.Environment) != "", "environment", "Name the environment the build ran in.")
	c.Need(in.Result == Succeeded || in.Result == Failed, "result", "Choose how the build ended.")
	for name, text := range map[string]string{"inputs": in.Inputs, "instructions": in.Instructions, "environment": in.Environment} {
		c.Need(len(text) <= maxText, name, fmt.Sprintf("Keep this under %d characters.", maxText))
	}
	c.Need(!in.EndedAt.After(now), "ended_at", "A build that has not ended cannot be recorded.")
	c.Need(in.StartedAt.IsZero() || in.EndedAt.IsZero() || !in.StartedAt.After(in.EndedAt), "started_at", "The build cannot start after it ended.")
	return c.Err("The build was not recorded.")
}

// tail keeps the last limit bytes of text, whole characters only, and says how
// many it dropped.
func tail(text string, limit int) (string, int64) {
	text = strings.ToValidUTF8(text, "�")
	text = strings.ReplaceAll(text, "\x00", "")
	if len(text) <= limit {
		return text, 0
	}
	at := len(text) - limit
	for at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	return text[at:], int64(at)
}
