package build

import (
	"strings"
	"testing"

	"slipway/internal/fault"
	"slipway/internal/state"
)

const report = `<?xml version="1.0" encoding="UTF-8"?>
<!-- made by a pipeline -->
<testsuites><testsuite name="payments" tests="4">
<testcase name="charges a card" classname="pay.Charge" time="0.5"/>
<testcase name="refunds" classname="pay.Refund" time="1.25"><failure message="expected 200, got 502">at Refund.go:12
second line</failure></testcase>
<testcase name="settles"><error type="panic">boom</error></testcase>
<testcase name="audits"><skipped message="needs a printer"/></testcase>
</testsuite></testsuites>`

func TestReadReport(t *testing.T) {
	counts, failures, err := ReadReport(strings.NewReader(report))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Counts{Tests: 4, Passed: 1, Failed: 1, Errors: 1, Skipped: 1, DurationMS: 1750}); counts != want {
		t.Errorf("counts %+v, want %+v", counts, want)
	}
	if len(failures) != 2 || failures[0].Name != "pay.Refund: refunds" || failures[0].Message != "expected 200, got 502" {
		t.Errorf("failures %+v", failures)
	}
	if failures[1].Kind != "error" || failures[1].Message != "boom" {
		t.Errorf("an error keeps its first line as message: %+v", failures[1])
	}
}

func TestReadReportRefuses(t *testing.T) {
	deep := strings.Repeat("<testsuite>", maxDepth+1) + strings.Repeat("</testsuite>", maxDepth+1)
	for name, tt := range map[string]struct{ in, says string }{
		"empty":       {"  \n", "empty"},
		"no xml":      {"PASS 12 tests", "no JUnit report"},
		"cut off":     {report[:len(report)-30], "not well-formed"},
		"wrong root":  {"<html><body/></html>", `"html"`},
		"no cases":    {"<testsuites/>", "no test cases"},
		"too deep":    {deep, "deeper"},
		"too large":   {"<testsuite>" + strings.Repeat(" ", MaxReport) + "</testsuite>", "larger"},
		"bad entity":  {`<testsuite><testcase name="&boom;"/></testsuite>`, "not well-formed"},
		"bad charset": {`<?xml version="1.0" encoding="EBCDIC"?><testsuite/>`, "readable"},
	} {
		_, _, err := ReadReport(strings.NewReader(tt.in))
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "report" {
			t.Errorf("%s: %v is not a fault of the field", name, err)
			continue
		}
		if !strings.Contains(f.Fields[0].Message, tt.says) {
			t.Errorf("%s: %q does not say %q", name, f.Fields[0].Message, tt.says)
		}
	}
}

func TestTailKeepsTheEndOfALog(t *testing.T) {
	kept, dropped := tail("ab€cd", 4)
	if kept != "cd" || dropped != 5 {
		t.Errorf("kept %q, dropped %d: a character must not be cut in two", kept, dropped)
	}
	if kept, dropped := tail("short", 10); kept != "short" || dropped != 0 {
		t.Errorf("a short log is kept whole: %q, %d", kept, dropped)
	}
}

// walk checks a machine against the whole product of its states and verbs.
func walk[S, V ~string](t *testing.T, m state.Table[S, V], states []S, verbs []V, want map[S]map[V]S) {
	t.Helper()
	for _, from := range states {
		for _, verb := range verbs {
			to, err := m.Next("It", from, verb)
			expected, allowed := want[from][verb]
			switch {
			case allowed && (err != nil || to != expected):
				t.Errorf("%s -%s-> %s (%v), want %s", from, verb, to, err, expected)
			case !allowed && fault.KindOf(err) != fault.Refused:
				t.Errorf("%s -%s-> %s, want a refusal", from, verb, to)
			case !allowed && to != from:
				t.Errorf("a refused %s moved %s to %s", verb, from, to)
			}
		}
	}
}

func TestCriterionStates(t *testing.T) {
	judged := map[CriterionVerb]CriterionState{VerbPass: Pass, VerbFail: Fail, VerbBlock: Blocked}
	acceptable := map[CriterionVerb]CriterionState{VerbPass: Pass, VerbFail: Fail, VerbBlock: Blocked, VerbAccept: Accepted}
	walk(t, criterionMoves, criterionStates, []CriterionVerb{VerbPass, VerbFail, VerbBlock, VerbAccept, "unknown"},
		map[CriterionState]map[CriterionVerb]CriterionState{Planned: judged, Pass: judged, Fail: acceptable, Blocked: acceptable, Accepted: judged})
}

func TestKnownErrorStates(t *testing.T) {
	walk(t, errorMoves, errorStates, []ErrorVerb{VerbAssess, VerbTolerate, VerbMustFix, VerbTransfer, VerbResolve},
		map[ErrorState]map[ErrorVerb]ErrorState{
			Found:       {VerbAssess: Assessed},
			Assessed:    {VerbAssess: Assessed, VerbTolerate: Tolerated, VerbMustFix: MustFix},
			Tolerated:   {VerbAssess: Assessed, VerbMustFix: MustFix, VerbTransfer: Transferred, VerbResolve: Resolved},
			MustFix:     {VerbAssess: Assessed, VerbTolerate: Tolerated, VerbResolve: Resolved},
			Transferred: {VerbResolve: Resolved},
		})
}

func TestUnknownWordsAreRefused(t *testing.T) {
	var c CriterionState
	var e ErrorState
	if c.Scan("Passed") == nil || e.Scan([]byte("Gone")) == nil || c.Scan(7) == nil {
		t.Error("a state this program does not know was read")
	}
	if err := c.Scan([]byte("Pass")); err != nil || c != Pass {
		t.Errorf("Pass was read as %q, %v", c, err)
	}
}

func TestVerdictIsBoundToThePackage(t *testing.T) {
	c := &Criterion{State: Planned}
	if err := c.judge(Verdict{Verb: VerbPass, Measured: "99.99 %"}, judgeBy{digest: "sha256:a", packageVersion: 1}, nil); err != nil {
		t.Fatal(err)
	}
	if !c.MetFor("sha256:a") || c.MetFor("sha256:b") || c.MetFor("") {
		t.Error("a verdict counts for its own package only")
	}
	if c.Stale("sha256:a") || !c.Stale("sha256:b") {
		t.Error("a verdict is stale for any other package")
	}
}

func TestAcceptingNeedsAToleratedError(t *testing.T) {
	by := judgeBy{digest: "sha256:a", packageVersion: 1}
	for _, state := range errorStates {
		c := &Criterion{State: Fail, PackageDigest: "sha256:a"}
		err := c.judge(Verdict{Verb: VerbAccept}, by, &KnownError{State: state, Row: rowOf(3), Number: 3})
		if allowed := state == Tolerated || state == Transferred; (err == nil) != allowed {
			t.Errorf("accepting with a known error that is %s: %v", state, err)
		}
	}
	stale := &Criterion{State: Fail, PackageDigest: "sha256:old"}
	if err := stale.judge(Verdict{Verb: VerbAccept}, by, &KnownError{State: Tolerated}); fault.KindOf(err) != fault.Refused {
		t.Error("a failure of an earlier package was accepted for this one")
	}
	if err := (&Criterion{State: Fail, PackageDigest: "sha256:a"}).judge(Verdict{Verb: VerbAccept}, by, nil); fault.KindOf(err) != fault.Refused {
		t.Error("a failure was accepted without a known error")
	}
}

func TestToleratingNeedsAWorkaround(t *testing.T) {
	k := &KnownError{State: Assessed, Number: 7}
	if err := k.apply(ErrorMove{Verb: VerbTolerate, Decision: "rare"}, judgeBy{}, ""); fault.KindOf(err) != fault.Refused || k.State != Assessed {
		t.Errorf("tolerated without a workaround: %v", err)
	}
	k.Workaround = "Retry after a minute."
	if err := k.apply(ErrorMove{Verb: VerbTolerate, Decision: "rare"}, judgeBy{name: "Tess"}, ""); err != nil || k.DecidedBy != "Tess" {
		t.Errorf("a documented error can be tolerated: %v", err)
	}
}

func TestRehearsalNeedsASecondWitness(t *testing.T) {
	r := &Rehearsal{ByID: 4, Result: Succeeded, PackageDigest: "sha256:a"}
	if r.Counts("sha256:a") {
		t.Error("an unwitnessed rehearsal counts")
	}
	if err := r.witness(judgeBy{userID: 4}, ""); fault.KindOf(err) != fault.Refused {
		t.Errorf("the rehearser witnessed: %v", err)
	}
	if err := r.witness(judgeBy{userID: 5, name: "Dina"}, "saw it"); err != nil {
		t.Fatal(err)
	}
	if !r.Counts("sha256:a") || r.Counts("sha256:b") {
		t.Error("a rehearsal counts for its own package only")
	}
	if err := r.witness(judgeBy{userID: 6}, ""); fault.KindOf(err) != fault.Refused {
		t.Error("a second witness replaced the first")
	}
}

func TestRecordsNameWhatIsMissing(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		fields int
	}{
		"build":     {(&Record{}).validate(10), 5},
		"rehearsal": {(&RehearsalRecord{RehearsedAt: 20}).validate(10), 5},
		"run":       {(&RunRecord{Counts: Counts{Tests: 3, Passed: 1}}).validate(10, ByHand), 3},
		"pass":      {(&Verdict{Verb: VerbPass}).validate(), 2},
		"criterion": {(&CriterionDraft{}).validate(), 4},
		"error":     {(&ErrorReport{}).validate(), 2},
		"assess":    {(&ErrorMove{Verb: VerbAssess}).validate(), 2},
	} {
		f, ok := fault.As(tt.err)
		if !ok || f.Kind != fault.Invalid || len(f.Fields) != tt.fields {
			t.Errorf("%s: %v, want %d fields", name, tt.err, tt.fields)
		}
	}
}
