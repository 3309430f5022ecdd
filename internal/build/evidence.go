package build

import (
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
)

// Findings says what builds and tests have to tell a gate: A2 asks whether
// criteria are set, A3 for builds, tests and verdicts, A4 for the rehearsed
// back-out and for known errors, which may have been found since: decided, and
// with documented workarounds.
func (s *Service) Findings(tx *db.Tx, r *release.Release, gate release.GateCode) ([]release.Finding, error) {
	switch gate {
	case release.A2:
		return s.criteriaSet(tx, r)
	case release.A3:
		f, err := s.facts(tx, r)
		if err != nil {
			return nil, err
		}
		return f.forCheckIn(), nil
	case release.A4:
		f, err := s.facts(tx, r)
		if err != nil {
			return nil, err
		}
		return []release.Finding{f.rehearsed(), f.decided(), f.documented()}, nil
	}
	return nil, nil
}

func (s *Service) criteriaSet(tx *db.Tx, r *release.Release) ([]release.Finding, error) {
	criteria, err := criteriaOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	f := &facts{r: r, criteria: criteria, now: tx.Now}
	return []release.Finding{f.finding("criteria.set", "Utility and warranty criteria are set", f.bothSides(),
		fmt.Sprintf("%d criteria", len(criteria)), identity.TestManager, "#criteria", "Set the criteria")}, nil
}

// facts are the rows that the findings weigh, read once.
type facts struct {
	r          *release.Release
	now        db.Time
	builds     []Build
	runs       []TestRun
	criteria   []Criterion
	errors     []KnownError
	rehearsals []Rehearsal
	builders   []int64
	author     int64
}

func (s *Service) facts(tx *db.Tx, r *release.Release) (*facts, error) {
	f := &facts{r: r, now: tx.Now}
	var err error
	read := func(fn func() error) {
		if err == nil {
			err = fn()
		}
	}
	read(func() (e error) { f.builds, e = buildsOf(tx, r.ID); return })
	read(func() (e error) { f.runs, e = runsOf(tx, r.ID); return })
	read(func() (e error) { f.criteria, e = criteriaOf(tx, r.ID); return })
	read(func() (e error) { f.errors, e = errorsOf(tx, r.ID); return })
	read(func() (e error) { f.rehearsals, e = rehearsalsOf(tx, r.ID); return })
	read(func() (e error) { f.author, e = s.packageAuthor(tx, r); return })
	for _, b := range f.builds {
		f.builders = append(f.builders, b.BuilderID)
	}
	return f, err
}

// forCheckIn are the findings of A3, which are also what verifying a package asks.
func (f *facts) forCheckIn() []release.Finding {
	return []release.Finding{f.built(), f.tested(), f.verdicts(), f.independent(), f.decided()}
}

// finding says in a sentence what is found; detail is its words.
func (f *facts) finding(code, title string, state release.FindingState, detail string, owner identity.Role, anchor, action string) release.Finding {
	return release.Finding{Code: code, Title: title, State: state, Detail: strings.ToUpper(detail[:1]) + detail[1:] + ".", Owner: owner.Label(), Link: testsPage(f.r, anchor), Action: action,
		CheckedAt: f.now, Waivable: code != "verifier.independent"}
}

// bothSides asks for at least one criterion of utility and one of warranty; an
// emergency declares a minimum subset, which is never empty.
func (f *facts) bothSides() release.FindingState {
	var utility, warranty bool
	for _, c := range f.criteria {
		utility, warranty = utility || c.Kind == Utility, warranty || c.Kind == Warranty
	}
	if utility && warranty || (f.r.Type == release.Emergency && len(f.criteria) > 0) {
		return release.Met
	}
	return release.Unmet
}

// built asks that the newest build of each name succeeded: a failed attempt that
// was repeated well is history.
func (f *facts) built() release.Finding {
	newest := map[string]Result{}
	for i := len(f.builds) - 1; i >= 0; i-- {
		newest[f.builds[i].Name] = f.builds[i].Result
	}
	failed := 0
	for _, result := range newest {
		if result == Failed {
			failed++
		}
	}
	state, detail := release.Met, noun.Count(len(f.builds), "build")+", the newest of each succeeded"
	switch {
	case len(f.builds) == 0:
		state, detail = release.Unmet, "no build is recorded"
	case failed > 0:
		state, detail = release.Unmet, fmt.Sprintf("the newest build of %d failed", failed)
	}
	return f.finding("builds.succeeded", "Builds are recorded and succeeded", state, detail, identity.BuildManager, "#builds", "Record a build")
}

// tested asks for a run of this very package, and that the newest of each name
// passed or is tolerated.
func (f *facts) tested() release.Finding {
	newest := map[string]TestRun{}
	for i := len(f.runs) - 1; i >= 0; i-- {
		if f.runs[i].PackageDigest == f.r.PackageDigest {
			newest[f.runs[i].Name] = f.runs[i]
		}
	}
	bad, tolerated := 0, 0
	for _, run := range newest {
		if !run.Good(f.r.PackageDigest) {
			bad++
		} else if run.Tolerated() {
			tolerated++
		}
	}
	state, detail := release.Met, fmt.Sprintf("%s of package %d passed", noun.Count(len(newest)-tolerated, "test run"), f.r.PackageVersion)
	switch {
	case f.r.PackageDigest == "":
		state, detail = release.Unknown, "there is no baselined package to test"
	case len(newest) == 0 && len(f.runs) > 0:
		state, detail = release.Unknown, "every test run concerns an earlier package"
	case len(newest) == 0:
		state, detail = release.Unmet, "no test run is recorded"
	case bad > 0:
		state, detail = release.Unmet, fmt.Sprintf("%d of %d test runs have failures that nobody tolerated", bad, len(newest))
	case tolerated > 0:
		detail += fmt.Sprintf(", %d tolerated with a known error", tolerated)
	}
	return f.finding("tests.passed", "Tests passed, or their failures are tolerated", state, detail, identity.TestManager, "#runs", "Open the tests")
}

// verdicts asks that every criterion is met for this very package.
func (f *facts) verdicts() release.Finding {
	met, stale, open := 0, 0, 0
	for _, c := range f.criteria {
		switch {
		case c.MetFor(f.r.PackageDigest):
			met++
		case f.r.PackageDigest != "" && c.Stale(f.r.PackageDigest):
			stale++
		default:
			open++
		}
	}
	state, detail := release.Met, fmt.Sprintf("%d of %d criteria met", met, len(f.criteria))
	switch {
	case len(f.criteria) == 0:
		state, detail = release.Unmet, "no criteria are set"
	case open > 0:
		state = release.Unmet
	case stale > 0:
		state = release.Unknown
	}
	if stale > 0 {
		detail += fmt.Sprintf(", %d verdicts concern an earlier package", stale)
	}
	return f.finding("criteria.met", "Every utility and warranty criterion is met for this package", state, detail, identity.TestManager, "#criteria", "Record verdicts")
}

// independent asks that no verdict of this package came from a builder or from
// the package's author, who may have become one after the verdict was given.
func (f *facts) independent() release.Finding {
	state, detail := release.Unknown, "no verdict on this package yet"
	for _, c := range f.criteria {
		if f.r.PackageDigest == "" || c.State == Planned || c.Stale(f.r.PackageDigest) {
			continue
		}
		if f.made(c.VerifierID) {
			state, detail = release.Unmet, c.VerifierName+" judged what they had built or packaged"
			break
		}
		state, detail = release.Met, "verified by "+c.VerifierName
	}
	return f.finding("verifier.independent", "The verifier is not the builder", state, detail, identity.TestManager, "#criteria", "See the verdicts")
}

func (f *facts) made(userID int64) bool {
	if userID == f.author && f.author != 0 {
		return true
	}
	for _, id := range f.builders {
		if id == userID {
			return true
		}
	}
	return false
}

// decided asks for a decision on every error the release introduces, and that
// none of them still must be fixed.
func (f *facts) decided() release.Finding {
	var open []KnownError
	introduced := 0
	for _, k := range f.errors {
		if k.Relation == Introduced {
			introduced++
			if !k.Settled() {
				open = append(open, k)
			}
		}
	}
	state, detail := release.Met, fmt.Sprintf("%d introduced, all decided", introduced)
	if introduced == 0 {
		detail = "none introduced"
	}
	if len(open) > 0 {
		state, detail = release.Unmet, describe(open)
	}
	return f.finding("knownerrors.decided", "Known errors it introduces are tolerated or resolved", state, detail, identity.TestManager, "#known-errors", "Decide on the known errors")
}

// documented asks for impact, workaround and affected items of what is tolerated.
func (f *facts) documented() release.Finding {
	var open []KnownError
	for _, k := range f.errors {
		if k.Relation == Introduced && k.State != Resolved && !k.Documented() {
			open = append(open, k)
		}
	}
	state, detail := release.Met, "every known error has a workaround"
	if len(open) > 0 {
		state, detail = release.Unmet, "not documented: "+describe(open)
	}
	return f.finding("knownerrors.documented", "Workarounds of known errors are documented", state, detail, identity.TestManager, "#known-errors", "Document the workarounds")
}

// rehearsed asks for a witnessed, successful rehearsal with this very package.
func (f *facts) rehearsed() release.Finding {
	state, detail := release.Unmet, "the back-out was not rehearsed"
	for _, rehearsal := range f.rehearsals {
		if rehearsal.Counts(f.r.PackageDigest) {
			state, detail = release.Met, fmt.Sprintf("%d minutes in %s, witnessed by %s", rehearsal.Minutes, rehearsal.Environment, rehearsal.WitnessName)
			break
		}
		switch {
		case rehearsal.PackageDigest != f.r.PackageDigest:
			state, detail = release.Unknown, "the rehearsal used an earlier package"
		case rehearsal.Result == Failed:
			state, detail = release.Unmet, "the rehearsal failed"
		default:
			state, detail = release.Unmet, "the rehearsal has no second witness"
		}
	}
	return f.finding("backout.rehearsed", "The back-out was rehearsed, with a second witness", state, detail, identity.ReleaseManager, "#rehearsal", "Record a rehearsal")
}
