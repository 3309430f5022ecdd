package deploy

import (
	"strings"

	"slipway/internal/noun"
)

// Drift says how what a target reports stands to what the records say.
type Drift string

// The kinds of drift. What the records say is newer than an older report.
const (
	NoDrift      Drift = ""
	Drifted      Drift = "drifted"      // it reports something else, which an authorised package holds
	Unauthorised Drift = "unauthorised" // it reports what no authorised package holds
	AnyDrift     Drift = "any"          // one or the other, for filters
)

// Drifts lists the kinds that a list may be narrowed to.
func Drifts() []Drift { return []Drift{AnyDrift, Drifted, Unauthorised} }

// drifts tells whether the target reports something else than the records say.
func (t *Target) drifts() bool {
	return t.ReportedDigest != "" && t.ReportedDigest != t.InstalledDigest && t.ReportedAt >= t.InstalledAt
}

// DriftCount is how many targets drift, by kind.
type DriftCount struct{ Drifted, Unauthorised int64 }

func (n DriftCount) words() string {
	var parts []string
	if n.Unauthorised > 0 {
		parts = append(parts, noun.Count(n.Unauthorised, "target")+" with an unauthorised deployment")
	}
	if n.Drifted > 0 {
		parts = append(parts, noun.Count(n.Drifted, "target")+" drifted from the records")
	}
	return strings.Join(parts, ", ")
}
