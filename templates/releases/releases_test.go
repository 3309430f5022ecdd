package releases

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/release"
	"slipway/templates/ui"
)

var now = time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)

func at(days int) db.Time { return db.At(now.AddDate(0, 0, days)) }

func draw(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	var out bytes.Buffer
	if err := c.Render(ui.WithFrame(context.Background(), frame()), &out); err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{" style=", "<style", " onclick=", "hx-on", "javascript:"} {
		if strings.Contains(out.String(), forbidden) {
			t.Errorf("the page contains %q", forbidden)
		}
	}
	doc, err := goquery.NewDocumentFromReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func frame() ui.Frame {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	return ui.Frame{Now: now, Zone: oslo, ZoneName: "Europe/Oslo"}
}

// ready is a release before A4, with A2 fallen since.
func ready() *release.Overview {
	gates := make([]release.Gate, 5)
	for i, code := range release.GateCodes() {
		gates[i] = release.Gate{Code: code, State: release.GatePending}
	}
	gates[0].State, gates[0].DecidedAt, gates[0].DecidedBy = release.GateApproved, at(-60), "Chen Wei"
	gates[1].State, gates[1].VoidReason, gates[1].VoidedAt = release.GateVoided, "plan v1 is now v2", at(-1)
	gates[2].State, gates[2].DecidedAt, gates[2].DecidedBy = release.GateWaived, at(-3), "Cora Jansen"
	gates[3].State = release.GateOpen
	r := &release.Release{Key: "MGW-4.12.0", Title: "Meter gateway firmware 4.12", ServiceKey: "MGW", ServiceName: "Meter gateway", Type: release.Major,
		State: release.Ready, Approach: release.Approach{Scale: "phased", Delivery: "pull", Execution: "automated"}, OwnerName: "Maya", Zone: "Europe/Oslo",
		PlanVersion: 2, PackageVersion: 3, OpenRisks: 7, WindowStart: at(8), WindowEnd: at(9), ELSDays: 10}
	return &release.Overview{Head: release.Head{Release: r, Gates: gates},
		Findings: []release.Finding{{State: release.Met}, {State: release.Unmet}, {State: release.Unknown}},
		Blockers: []fault.Blocker{{Sentence: "One."}, {Sentence: "Two."}},
		Phases: []release.Phase{{State: release.Draft, Since: at(-70)}, {State: release.Planning, Since: at(-60)}, {State: release.BuildTest, Since: at(-30)},
			{State: release.OnHold, Since: at(-20)}, {State: release.BuildTest, Since: at(-15)}, {State: release.Ready, Since: at(-3)}}}
}

func TestTheFrameStandsWithoutARelease(t *testing.T) {
	for name, h := range map[string]*release.Head{"no head": nil, "no release": {}} {
		if got := draw(t, Frame(h, "plan")).Find("h1").Length(); got != 1 {
			t.Errorf("%s: %d headings", name, got)
		}
	}
}

func TestTheFrameNamesThePageAndWhatFell(t *testing.T) {
	v := ready()
	doc := draw(t, Frame(&v.Head, "risks"))
	if got := doc.Find(".tabs [aria-current=page]"); got.Text() != "Risks 7" || got.AttrOr("href", "") != "/releases/MGW-4.12.0/risks" {
		t.Errorf("the current tab is %q", got.Text())
	}
	if got := doc.Find("#standing").Text(); !strings.Contains(got, "A2 is void: plan v1 is now v2.") || !strings.Contains(got, "A4 deploy is open: see what it asks.") {
		t.Errorf("it stands: %s", got)
	}
	if got := doc.Find("#standing a").First().AttrOr("href", ""); got != "/releases/MGW-4.12.0/gates/A2" {
		t.Errorf("the void gate leads to %s", got)
	}
	if got := doc.Find(".rail-mini svg").AttrOr("aria-label", ""); got != "A1 Approved, A2 Voided, A3 Waived, A4 Open, A5 Pending" {
		t.Errorf("the small rail says %s", got)
	}
	if got := draw(t, Frame(&v.Head, "overview")); got.Find(".rail-mini").Length() != 0 || got.Find(".tabs li").Length() != 10 {
		t.Error("the overview has a small rail beside the large one, or lacks a tab")
	}
}

func TestTheRailShowsWhereItStands(t *testing.T) {
	for state, want := range map[release.State]struct {
		place   int
		current string
	}{release.Draft: {0, "Planning"}, release.Planning: {1, "Planning"}, release.BuildTest: {2, "Build and test"}, release.Ready: {3, "Build and test"},
		release.Deploying: {4, "Deployment"}, release.EarlyLife: {5, "Deployment"}, release.Review: {6, "Review and close"}, release.Closed: {6, ""}} {
		v := ready()
		v.State = state
		stretch, found, current := 0, -1, ""
		for _, phase := range rail(frame(), v).Phases {
			if phase.Now {
				current = phase.Name
			}
			for _, part := range phase.Parts {
				if part.Gate != nil {
					continue
				}
				if part.Here {
					found = stretch
				}
				stretch++
			}
		}
		if found != want.place || current != want.current || stretch != 7 {
			t.Errorf("%s: stands at %d of %d in %q, want %d in %q", state, found, stretch, current, want.place, want.current)
		}
	}
	doc := draw(t, StandingPanel(ready()))
	if got := strings.Join(strings.Fields(doc.Find(".rail [aria-current=step]").Text()), " "); !strings.Contains(got, "Build and test24 Oct – now in Ready") || !strings.Contains(got, "Not ready 2 blockers") {
		t.Errorf("the present phase says %s", got)
	}
}

func TestTheVerdictSaysWhatItKnows(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*release.Overview)
		want   string
	}{
		"blocked": {func(*release.Overview) {}, "Not ready for A4: 2 blockers"},
		"one":     {func(v *release.Overview) { v.Blockers = v.Blockers[:1] }, "Not ready for A4: 1 blocker"},
		"ready":   {func(v *release.Overview) { v.Blockers = nil }, "Ready for A4: nothing is in the way"},
		"void": {func(v *release.Overview) {
			v.Gates[3].State, v.Gates[3].VoidReason = release.GateVoided, "the window moved"
		}, "A4 is void: the window moved."},
		"rejected":  {func(v *release.Overview) { v.Gates[3].State = release.GateRejected }, "A4 was rejected"},
		"expired":   {func(v *release.Overview) { v.Gates[3].State = release.GateExpired }, "A4 expired undecided"},
		"held":      {func(v *release.Overview) { v.State, v.HeldFrom = release.OnHold, "Ready" }, "On hold; it goes on in Ready."},
		"closed":    {func(v *release.Overview) { v.State, v.Outcome = release.Closed, "WithKnownErrors" }, "Closed: With known errors."},
		"since":     {func(v *release.Overview) { v.Gates[3].State = release.GateApproved }, "A4 holds, but 2 blockers arose since."},
		"cancelled": {func(v *release.Overview) { v.State = release.Cancelled }, "Cancelled"},
	} {
		v := ready()
		c.change(v)
		if got := verdictOf(v).text; !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := verdictOf(ready()).note; got != "1 of 3 criteria met." {
		t.Errorf("the note says %q", got)
	}
}

func TestTheChartSetsThePlanAgainstWhatHappened(t *testing.T) {
	v := ready()
	v.State, v.WindowStart, v.WindowEnd = release.Deploying, at(-5), at(-2)
	v.Phases = append(v.Phases, release.Phase{State: release.Deploying, Since: at(-4)})
	g := ganttOf(frame(), v)
	notes := map[string]string{}
	for _, row := range g.rows {
		notes[row.name] = row.note
	}
	for name, want := range map[string]string{"Planning": "took 40 days", "Build and test": "took 26 days", "Deployment": "2 d late", "Early life support": "from 21 Nov", "Review and close": "not begun"} {
		if notes[name] != want {
			t.Errorf("%s: %q, want %q", name, notes[name], want)
		}
	}
	if row := g.rows[2]; row.plan == nil || row.actual == nil || row.late == nil || !strings.Contains(row.words, "Planned 18 Nov to 21 Nov.") {
		t.Errorf("the deployment is drawn as %+v", row)
	}
	if row := g.rows[4]; row.plan != nil || row.actual != nil {
		t.Error("a stage that nothing is known of is drawn")
	}
	if len(g.ticks) == 0 || len(g.ticks) > mostTicks+1 {
		t.Errorf("%d labels on the axis", len(g.ticks))
	}
}

// Wherever today is, its label stands clear of those of the days.
func TestTodayStandsClearOnTheChart(t *testing.T) {
	for days := 1; days <= 60; days++ {
		v := ready()
		v.State, v.Phases = release.Planning, []release.Phase{{State: release.Draft, Since: at(-days)}, {State: release.Planning, Since: at(-days / 2)}}
		g := ganttOf(frame(), v)
		for _, tick := range g.ticks {
			var x, today float64
			if _, err := fmt.Sscanf(tick.x+" "+g.today, "%f%% %f%%", &x, &today); err != nil {
				t.Fatal(err)
			}
			if x+10 > today-5 && x < today+5 { // their widths, of the narrowest chart
				t.Errorf("begun %d days ago, %s at %s meets today at %s", days, tick.label, tick.x, g.today)
			}
		}
	}
}

// What the release went on without is neither ahead nor done, and a bad end is
// not shown as a good one.
func TestARolledBackReleaseEndsAsSuch(t *testing.T) {
	v := ready()
	v.State, v.Outcome, v.EndedAt, v.OwnerName = release.Closed, string(release.OutcomeRolledBack), at(-1), "Chen Wei"
	v.WindowStart, v.WindowEnd = at(-3), at(-2)
	v.Phases = append(v.Phases, release.Phase{State: release.Deploying, Since: at(-3)}, release.Phase{State: release.RolledBack, Since: at(-2)},
		release.Phase{State: release.Review, Since: at(-2)}, release.Phase{State: release.Closed, Since: at(-1)})
	for _, row := range ganttOf(frame(), v).rows {
		if row.name == "Early life support" && (row.note != "did not happen" || row.actual != nil) {
			t.Errorf("early life: %q", row.note)
		}
	}
	if got := verdictOf(v); got.family != "bad" || got.action != "Read the history" {
		t.Errorf("the verdict is %+v", got)
	}
	if got := people(v); len(got) != 2 || got[0].part != "owner, decided A1" {
		t.Errorf("people: %+v", got)
	}
}

func TestAReworkNamesWhatItVoids(t *testing.T) {
	v := ready()
	doc := draw(t, Move(MoveView{Move: &release.Move{Head: v.Head, Verb: release.VerbRework, To: release.BuildTest, Reason: true, Opens: release.A3,
		Voids: v.Gates[2:3], Withdraws: &release.Package{Number: 3}}}))
	text := strings.Join(strings.Fields(doc.Find("#move").Text()), " ")
	for _, want := range []string{"moves from Ready to Build and test", "Package v3 is withdrawn", "have to be taken again: A3 check-in", "A3 check-in opens"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	if doc.Find("form textarea[name=reason][aria-required]").Length() != 1 {
		t.Error("no reason is asked for")
	}
}
