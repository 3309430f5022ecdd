package build

import (
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// Source says how a test run came in.
type Source string

// A run is uploaded as a report, or entered by hand.
const (
	FromReport Source = "junit"
	ByHand     Source = "hand"
)

// Scan refuses sources this program does not know.
func (s *Source) Scan(src any) error { return state.ScanWord(s, src, []Source{FromReport, ByHand}) }

// Counts are the figures of a run.
type Counts struct {
	Tests, Passed, Failed, Errors, Skipped int64
	DurationMS                             int64
}

// TestRun is one execution of tests against exactly one package.
type TestRun struct {
	db.Row
	ReleaseID      int64
	ReleaseKey     string
	Number         int64
	Name           string
	Level          string
	Source         Source
	PackageVersion int64
	PackageDigest  string
	Environment    string
	TesterID       int64
	TesterName     string
	RanAt          db.Time
	Counts         `gorm:"embedded"`
	Notes          string
	KnownErrorID   int64
	KnownErrorKey  string
	ToleratedByID  int64
	ToleratedBy    string
	ToleratedAt    db.Time
	Failures       []Failure `gorm:"-"`
}

// Failure is one test case that did not pass.
type Failure struct {
	ID      int64 `gorm:"primaryKey"`
	RunID   int64
	Suite   string
	Name    string
	Kind    string // failed or error
	Message string
	Body    string
}

// TableName is the table of failures.
func (Failure) TableName() string { return "test_failures" }

// Green tells whether nothing failed and something ran.
func (r *TestRun) Green() bool { return r.Failed+r.Errors == 0 && r.Passed > 0 }

// Tolerated tells whether its failures were taken with a known error.
func (r *TestRun) Tolerated() bool { return r.KnownErrorID != 0 }

// Good tells whether the run stands for this package: passed or tolerated.
func (r *TestRun) Good(digest string) bool {
	return digest != "" && r.PackageDigest == digest && (r.Green() || (r.Tolerated() && r.Tests > 0))
}

// RunRecord is what somebody enters, or a pipeline reports, about a run.
type RunRecord struct {
	Name, Level, Environment, Notes string
	PackageDigest                   string // empty: the release's current package
	RanAt                           db.Time
	Counts                          Counts // by hand only
}

func (in *RunRecord) validate(now db.Time, source Source) error {
	var c fault.Check
	in.Name, in.Environment = strings.TrimSpace(in.Name), strings.TrimSpace(in.Environment)
	c.Need(in.Name != "" && len(in.Name) <= 200, "name", "Name the test run, in at most 200 characters.")
	c.Need(in.Environment != "" && len(in.Environment) <= 200, "environment", "Name the environment the tests ran in.")
	c.Need(len(in.Notes) <= maxText, "notes", "Keep the notes shorter.")
	c.Need(!in.RanAt.After(now), "ran_at", "A run is recorded after it happened.")
	if source == ByHand {
		n := in.Counts
		for name, figure := range map[string]int64{"tests": n.Tests, "passed": n.Passed, "failed": n.Failed, "errors": n.Errors, "skipped": n.Skipped} {
			c.Need(figure >= 0 && figure <= 1_000_000, name, "Enter a number from 0 to 1,000,000.")
		}
		c.Need(n.Tests > 0, "tests", "Enter how many tests ran.")
		c.Need(n.Tests == n.Passed+n.Failed+n.Errors+n.Skipped, "tests", "Passed, failed, errors and skipped must add up to the number of tests.")
		c.Need(n.Failed+n.Errors == 0 || strings.TrimSpace(in.Notes) != "", "notes", "Say which tests failed and how.")
	}
	return c.Err("The test run was not recorded.")
}
