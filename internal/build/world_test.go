package build_test

import (
	"strings"
	"testing"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

const greenReport = `<testsuite name="pay"><testcase name="charges"/><testcase name="refunds"/></testsuite>`
const redReport = `<testsuite name="pay"><testcase name="charges"/><testcase name="refunds"><failure message="502"/></testcase></testsuite>`

var (
	pass   = build.Verdict{Verb: build.VerbPass, Measured: "99.99 %", Evidence: "load test of Monday"}
	aBuild = build.Record{Name: "server", Inputs: "git 1f2e3d", Instructions: "make build", Environment: "builder-2", Result: build.Succeeded}
)

func (w *world) build(actor identity.Actor) {
	w.t.Helper()
	if _, err := w.svc.RecordBuild(ctx, actor, w.key, aBuild); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) run(report string) *build.TestRun {
	w.t.Helper()
	run, err := w.svc.UploadRun(ctx, w.tess, w.key, build.RunRecord{Name: "unit", Environment: "ci"}, strings.NewReader(report))
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// criteria adds one criterion of utility and one of warranty.
func (w *world) criteria() {
	w.t.Helper()
	for _, kind := range []build.Kind{build.Utility, build.Warranty} {
		if _, err := w.svc.AddCriterion(ctx, w.verifier, w.key, build.CriterionDraft{Kind: kind, Statement: "Cards are charged", Measure: "share of charges", Target: "99.9 %"}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) judgeAll() {
	w.t.Helper()
	for number := int64(1); number <= 2; number++ {
		if err := w.svc.Judge(ctx, w.verifier, w.key, number, 1, pass); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) reportError(actor identity.Actor) *build.KnownError {
	w.t.Helper()
	known, err := w.svc.ReportError(ctx, actor, w.key, build.ErrorReport{Relation: build.Introduced, Title: "Refunds time out"})
	if err != nil {
		w.t.Fatal(err)
	}
	return known
}

// move moves a known error and keeps its version in step.
func (w *world) move(actor identity.Actor, known *build.KnownError, in build.ErrorMove) {
	w.t.Helper()
	if err := w.svc.MoveError(ctx, actor, w.key, known.Key(), known.Version, in); err != nil {
		w.t.Fatal(err)
	}
	known.Version++
}

// findings asserts the states of some findings of a gate.
func (w *world) findings(gate release.GateCode, want map[string]release.FindingState) {
	w.t.Helper()
	err := w.d.View(ctx, func(tx *db.Tx) error {
		r, err := w.releases.FindIn(tx, w.tess, w.key)
		if err != nil {
			return err
		}
		list, err := w.svc.Findings(tx, r, gate)
		got := map[string]release.FindingState{}
		for _, f := range list {
			got[f.Code] = f.State
			if f.Title == "" || f.Owner == "" || f.Link == "" {
				w.t.Errorf("the finding %s lacks a title, an owner or a link", f.Code)
			}
		}
		for code, state := range want {
			if got[code] != state {
				w.t.Errorf("%s is %v, want %v", code, got[code], state)
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func refusedWith(t *testing.T, err error, says string) {
	t.Helper()
	if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want a refusal that says %q", err, says)
	}
}

func kindIs(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%v, want %v", err, kind)
	}
}

func machineOf(a identity.Actor) identity.Actor {
	a.Kind, a.Scopes = identity.Machine, []string{"build:report"}
	return a
}
