// Package tests holds the pages of builds, test runs, verdicts and known errors.
package tests

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"slipway/internal/build"
	"slipway/internal/fault"
	"slipway/internal/release"
	"slipway/templates/draft"
	"slipway/templates/ui"
)

// View is the page of a release's builds and tests.
type View struct {
	Head  *release.Head
	Sheet *build.Sheet
	Draft draft.Draft
}

func (v View) release() *release.Release { return v.Sheet.Release }

func (v View) at(parts ...any) string {
	address := "/releases/" + url.PathEscape(v.Sheet.Release.Key) + "/tests"
	for _, part := range parts {
		address += "/" + fmt.Sprint(part)
	}
	return address
}

// open is the address that shows the page with one form open.
func (v View) open(form string) string { return v.at() + "?do=" + form + "#" + form }

func (v View) building() bool { return v.release().State == release.BuildTest }

func (v View) inTest() bool {
	return v.release().State == release.BuildTest || v.release().State == release.Ready
}

func (v View) packaged() bool { return v.release().PackageDigest != "" }

func (v View) digest() string { return v.release().PackageDigest }

// verifies tells whether the viewer may give verdicts.
func (v View) verifies() bool {
	return v.Sheet.MayTest && v.Sheet.Mine == "" && v.building() && v.packaged()
}

func (v View) verifiable() bool {
	for _, f := range v.Sheet.Findings[:5] {
		if f.State != release.Met {
			return false
		}
	}
	return true
}

// verdictBlockers are what keeps the package from being verified.
func (v View) verdictBlockers() []fault.Blocker {
	var list []fault.Blocker
	if v.Sheet.Mine != "" {
		list = append(list, fault.Blocked(v.Sheet.Mine, "Test manager", "", ""))
	}
	for _, f := range v.Sheet.Findings[:5] {
		if f.State != release.Met {
			list = append(list, fault.Blocker{Code: f.Code, Sentence: f.Title + ": " + f.Detail, Owner: f.Owner, Link: f.Link, Action: f.Action})
		}
	}
	return list
}

func family(s release.FindingState) (family, label string) {
	switch s {
	case release.Met:
		return "good", "Met"
	case release.Unmet:
		return "bad", "Not met"
	}
	return "warn g-unknown", "Unknown"
}

func familyOf(s release.FindingState) string { f, _ := family(s); return f }
func labelOf(s release.FindingState) string  { _, l := family(s); return l }

func number(n int64) string { return strconv.FormatInt(n, 10) }

func criterionForm(c build.Criterion) string { return c.Anchor() }
func errorForm(k build.KnownError) string    { return "error-" + strings.ToLower(k.Key()) }
func witnessForm(r build.Rehearsal) string   { return "witness-" + number(r.Number) }

func runWord(r build.TestRun, digest string) (family, word string) {
	switch {
	case r.PackageDigest != digest:
		return "void", "Earlier package"
	case r.Green():
		return "good", "Passed"
	case r.Tolerated():
		return "warn", "Tolerated with " + r.KnownErrorKey
	}
	return "bad", "Failed"
}

func runFamily(r build.TestRun, digest string) string { f, _ := runWord(r, digest); return f }
func runLabel(r build.TestRun, digest string) string  { _, w := runWord(r, digest); return w }

func counts(r build.TestRun) string {
	return fmt.Sprintf("%d of %d passed, %d failed, %d errors, %d skipped", r.Passed, r.Tests, r.Failed, r.Errors, r.Skipped)
}

func took(ms int64) string {
	return (time.Duration(ms) * time.Millisecond).Round(100 * time.Millisecond).String()
}

func options(words ...string) []ui.Option {
	list := make([]ui.Option, len(words))
	for i, word := range words {
		list[i] = ui.Option{Value: word, Label: strings.ToUpper(word[:1]) + word[1:]}
	}
	return list
}

func results() []ui.Option {
	return []ui.Option{{Value: string(build.Succeeded), Label: "Succeeded"}, {Value: string(build.Failed), Label: "Failed"}}
}

// runOptions are the runs of the current package, which may serve as evidence.
func (v View) runOptions() []ui.Option {
	var list []ui.Option
	for _, run := range v.Sheet.Runs {
		if run.PackageDigest == v.digest() {
			list = append(list, ui.Option{Value: number(run.Number), Label: fmt.Sprintf("%d: %s", run.Number, run.Name)})
		}
	}
	return list
}

// toleratedOptions are the known errors with which a failure may be accepted.
func (v View) toleratedOptions() []ui.Option {
	var list []ui.Option
	for i := range v.Sheet.Errors {
		k := &v.Sheet.Errors[i]
		if k.State == build.Tolerated || k.State == build.Transferred {
			list = append(list, ui.Option{Value: k.Key(), Label: k.Key() + ": " + k.Title})
		}
	}
	return list
}

func (v View) otherOptions() []ui.Option {
	var list []ui.Option
	for i := range v.Sheet.Others {
		k := &v.Sheet.Others[i]
		list = append(list, ui.Option{Value: k.Key(), Label: k.Key() + ": " + k.Title})
	}
	return list
}

func (v View) operationsOptions() []ui.Option {
	var list []ui.Option
	for _, person := range v.Sheet.Operations {
		list = append(list, ui.Option{Value: number(person.ID), Label: person.Name})
	}
	return list
}

// verdictOptions are the verdicts the state table allows.
func verdictOptions(c build.Criterion, acceptable bool) []ui.Option {
	words := map[build.CriterionVerb][2]string{
		build.VerbPass: {"Pass", "The measured value meets the target."}, build.VerbFail: {"Fail", "It does not."},
		build.VerbBlock: {"Blocked", "It cannot be tested now."}, build.VerbAccept: {"Accepted with a known error", "It failed, and a tolerated known error says why that is bearable."},
	}
	var list []ui.Option
	for _, verb := range c.State.Verbs() {
		if verb == build.VerbAccept && !acceptable {
			continue
		}
		list = append(list, ui.Option{Value: string(verb), Label: words[verb][0], Hint: words[verb][1]})
	}
	return list
}

func errorVerbs(k build.KnownError) []ui.Option {
	words := map[build.ErrorVerb][2]string{
		build.VerbAssess: {"Assess", "Write down impact, workaround and affected items."}, build.VerbTolerate: {"Tolerate", "The release may go with it. Needs a workaround."},
		build.VerbMustFix: {"Must be fixed", "The release does not go with it."}, build.VerbTransfer: {"Transfer to operations", "Somebody there takes it over."},
		build.VerbResolve: {"Resolve", "It is gone."},
	}
	var list []ui.Option
	for _, verb := range k.State.Verbs() {
		list = append(list, ui.Option{Value: string(verb), Label: words[verb][0], Hint: words[verb][1]})
	}
	return list
}
