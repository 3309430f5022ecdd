package home_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/dml"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/internal/report"
	"slipway/internal/review"
	"slipway/web/webtest"
)

// After a person did what they were asked for, it is gone from everybody's page.
func TestWhatIsDoneIsGone(t *testing.T) {
	s := webtest.Demo(t)
	ctx, a := context.Background(), s.App
	// step says what was done; before it the person finds the task, after it nobody of those named does.
	step := func(name, begins string, also []string, do func(t *testing.T, key, href string) error) {
		t.Run(begins, func(t *testing.T) {
			tasks := about(work(t, s, name), begins)
			if len(tasks) == 0 {
				t.Fatalf("%s is not asked: %q", name, begins)
			}
			task := tasks[0]
			if err := do(t, task.Release, task.Href); err != nil {
				t.Fatal(err)
			}
			for _, who := range append(also, name) {
				for _, left := range about(work(t, s, who), task.Title) {
					if left.Href == task.Href && left.Release == task.Release {
						t.Errorf("%s is still asked: %+v", who, left)
					}
				}
			}
		})
	}
	gate := func(t *testing.T, key string, code release.GateCode) release.Gate {
		var found release.Gate
		err := a.DB.View(ctx, func(tx *db.Tx) error {
			r, err := a.Release.FindIn(tx, actor(t, s, "maya"), key)
			if err != nil {
				return err
			}
			gates, err := a.Release.Gates(tx, r)
			for _, g := range gates {
				if g.Code == code {
					found = g
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	sheet := func(t *testing.T, name, key string) *review.Sheet {
		sheet, err := a.Review.Sheet(ctx, actor(t, s, name), key)
		if err != nil {
			t.Fatal(err)
		}
		return sheet
	}

	step("chen", "Decide A1, the plan of", []string{"olga"}, func(t *testing.T, key, _ string) error {
		return a.Release.DecideGate(ctx, actor(t, s, "chen"), key, release.A1, release.Say{Verdict: release.Approve, Comment: "Agreed", Version: gate(t, key, release.A1).Version})
	})
	step("chen", "Decide A2, the build of", []string{"olga"}, func(t *testing.T, key, _ string) error {
		return a.Release.DecideGate(ctx, actor(t, s, "chen"), key, release.A2, release.Say{Verdict: release.Reject, Comment: "Treat R3 first", Version: gate(t, key, release.A2).Version})
	})
	step("maya", "A2 is rejected: mend it", nil, func(t *testing.T, key, _ string) error {
		return a.Release.Resubmit(ctx, actor(t, s, "maya"), key, release.A2, gate(t, key, release.A2).Version)
	})
	step("chen", "Decide in retrospect: ", []string{"olga"}, func(t *testing.T, key, _ string) error {
		return a.Release.DecideRetro(ctx, actor(t, s, "chen"), key, release.Approve, "The shops could not wait.")
	})
	for _, name := range everybody {
		if w := work(t, s, name); len(w.Debts) != 0 {
			t.Errorf("%s still sees the debt: %+v", name, w.Debts)
		}
	}
	step("olga", "Allow or refuse the exception from", []string{"chen", "sofia"}, func(t *testing.T, key, _ string) error {
		g, err := a.Release.Gate(ctx, actor(t, s, "olga"), key, release.A4)
		if err != nil {
			return err
		}
		for _, w := range g.Waivers {
			if w.State == release.WaiverAsked {
				return a.Release.DecideWaiver(ctx, actor(t, s, "olga"), key, w.ID, w.Version, release.Approve, "Once, with the owner's word.")
			}
		}
		return fmt.Errorf("no waiver is asked")
	})
	step("chen", "Authorise or reject CHG-", []string{"olga"}, func(t *testing.T, _, href string) error {
		key := strings.TrimPrefix(href, "/changes/")
		d, err := a.Change.Dossier(ctx, actor(t, s, "chen"), key)
		if err != nil {
			return err
		}
		return a.Change.Do(ctx, actor(t, s, "chen"), key, change.Authorise, "", d.Change.Version)
	})
	step("elin", "Agree to plan v1 of", nil, func(t *testing.T, key, _ string) error {
		return a.Plan.Say(ctx, actor(t, s, "elin"), key, 1, plan.Agrees, "")
	})
	step("cora", "Accept or reject ", nil, func(t *testing.T, _, href string) error {
		v := version(t, s, href)
		return a.DML.Reject(ctx, actor(t, s, "cora"), v.ID, v.Version, dml.Decision{Note: "The licence is missing."})
	})
	step("omar", "Read the notice to", nil, func(t *testing.T, key, _ string) error {
		circle, err := a.Plan.Circle(ctx, actor(t, s, "omar"), key)
		if err != nil {
			return err
		}
		for _, n := range circle.Notices {
			if !n.SentAt.IsZero() {
				if err := a.Plan.Acknowledge(ctx, actor(t, s, "omar"), key, n.Number); err != nil {
					return err
				}
			}
		}
		return nil
	})
	step("sofia", "Agree the review of", []string{"chen"}, func(t *testing.T, key, _ string) error {
		return a.Review.Agree(ctx, actor(t, s, "sofia"), key, sheet(t, "sofia", key).Review.Version, "Agreed")
	})
	step("maya", "Action of the review: ", nil, func(t *testing.T, key, _ string) error {
		for _, action := range sheet(t, "maya", key).Actions {
			if action.State == review.ActionOpen {
				return a.Review.FinishAction(ctx, actor(t, s, "maya"), key, action.Number, action.Version, "The model says so now.")
			}
		}
		return fmt.Errorf("no action is open")
	})
	step("omar", "Handover of", nil, func(t *testing.T, key, _ string) error {
		for _, item := range sheet(t, "omar", key).Items {
			if item.State == review.HandoverOffered {
				if err := a.Review.DecideHandover(ctx, actor(t, s, "omar"), key, item.Number, item.Version, review.VerbReturn, "The contacts are old."); err != nil {
					return err
				}
			}
		}
		return nil
	})
	step("dina", "Step 2", []string{"dario"}, func(t *testing.T, _, _ string) error {
		steps, err := a.Deploy.MySteps(ctx, actor(t, s, "dina"))
		if err != nil {
			return err
		}
		m := steps[0]
		return a.Deploy.SignStep(ctx, actor(t, s, "dina"), m.ReleaseKey, m.WaveNumber, m.Number, m.Version, "The package is installed; the log ends with no error.")
	})
	exclusion(t, s, step)
	transfer(t, s, step)
	rules(t, s, step)
	many(t, s)
}

func version(t *testing.T, s *webtest.Server, href string) *dml.Version {
	t.Helper()
	_, number, _ := strings.Cut(href, "#v")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var v *dml.Version
	if err := s.App.DB.View(context.Background(), func(tx *db.Tx) (err error) {
		v, err = s.App.DML.VersionByID(tx, id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

type doing func(name, begins string, also []string, do func(t *testing.T, key, href string) error)

// exclusion: a release manager asks, the service owner confirms, and nobody else
// is asked.
func exclusion(t *testing.T, s *webtest.Server, step doing) {
	ctx, d := context.Background(), s.App.Deploy
	w := about(work(t, s, "dina"), "Step ")
	if len(w) == 0 {
		t.Fatal("dina has no wave")
	}
	key := w[0].Release
	page, err := d.WaveTargets(ctx, actor(t, s, "maya"), key, 2, deploy.TargetQuery{Limit: 1})
	if err != nil || len(page.Targets) == 0 {
		t.Fatalf("%+v, %v", page, err)
	}
	target := page.Targets[0]
	if err := d.AskExclusion(ctx, actor(t, s, "maya"), key, 2, target.TargetKey, target.Version, "It is being replaced."); err != nil {
		t.Fatal(err)
	}
	title := "Leave " + target.TargetKey + " out of wave 2"
	for _, name := range everybody {
		if asked := len(about(work(t, s, name), title)) > 0; asked != (name == "sofia") {
			t.Errorf("%s is asked to confirm the exclusion: %v", name, asked)
		}
	}
	step("sofia", title, nil, func(t *testing.T, key, _ string) error {
		return d.ConfirmExclusion(ctx, actor(t, s, "sofia"), key, 2, target.TargetKey, target.Version+1, true)
	})
}

// transfer: the giver passes it on, the receiver alone confirms.
func transfer(t *testing.T, s *webtest.Server, step doing) {
	ctx, r := context.Background(), s.App.Review
	early, err := s.App.Release.List(ctx, actor(t, s, "maya"), release.Filter{State: release.EarlyLife})
	if err != nil || len(early) == 0 {
		t.Fatal(err)
	}
	sheet, err := r.Sheet(ctx, actor(t, s, "elin"), early[0].Key)
	if err != nil || len(sheet.Material) == 0 {
		t.Fatalf("there is nothing to teach from: %v", err)
	}
	planned, err := r.PlanTransfer(ctx, actor(t, s, "elin"), early[0].Key, review.TransferPlan{Topic: "Reading the settlement log", Audience: "Operations", Method: "walkthrough",
		GiverID: actor(t, s, "bruno").UserID, ReceiverID: actor(t, s, "omar").UserID, MediaVersionID: sheet.Material[0].ID, Due: s.App.DB.Now() + 1000})
	if err != nil {
		t.Fatal(err)
	}
	step("bruno", "Pass on “Reading the settlement log”", []string{"omar"}, func(t *testing.T, key, _ string) error {
		return r.MoveTransfer(ctx, actor(t, s, "bruno"), key, planned.Number, planned.Version, review.VerbDeliver, "Two hours at the console")
	})
	step("omar", "Reading the settlement log", []string{"bruno"}, func(t *testing.T, key, _ string) error {
		return r.MoveTransfer(ctx, actor(t, s, "omar"), key, planned.Number, planned.Version+1, review.VerbConfirm, "")
	})
}

// rules: the service owner approves what somebody else wrote; whoever edits
// policies puts it into force.
func rules(t *testing.T, s *webtest.Server, step doing) {
	ctx, p := context.Background(), s.App.Policy
	_, newest, err := p.ToEdit(ctx, actor(t, s, "maya"), "payments")
	if err != nil {
		t.Fatal(err)
	}
	changed := newest.Rules
	changed.PIRDays++
	if _, err := p.Edit(ctx, actor(t, s, "maya"), "payments", newest.Version, changed); err != nil {
		t.Fatal(err)
	}
	approve := fmt.Sprintf("Approve version %d of ", newest.Number+1)
	if list := about(work(t, s, "maya"), approve); len(list) > 0 {
		t.Errorf("maya approves what she wrote: %+v", list)
	}
	step("sofia", approve, []string{"maya", "chen"}, func(t *testing.T, _, _ string) error { return p.Approve(ctx, actor(t, s, "sofia"), "payments") })
	step("chen", fmt.Sprintf("Put version %d of ", newest.Number+1), []string{"maya", "sofia"}, func(t *testing.T, _, _ string) error {
		return p.Activate(ctx, actor(t, s, "chen"), "payments")
	})
	m, drawn, err := s.App.Policy.ModelToEdit(ctx, actor(t, s, "maya"), "rolling-service")
	if err != nil {
		t.Fatal(err)
	}
	body := drawn.Body
	body.Purpose += " Twice a month at most."
	if _, err := p.EditModel(ctx, actor(t, s, "maya"), m.Key, drawn.Version, body); err != nil {
		t.Fatal(err)
	}
	step("chen", fmt.Sprintf("Approve version %d of the model", drawn.Number+1), []string{"maya"}, func(t *testing.T, _, _ string) error {
		return p.ApproveModel(ctx, actor(t, s, "chen"), m.Key)
	})
}

// many: of one kind a page lists twenty, and says that there is more.
func many(t *testing.T, s *webtest.Server) {
	ctx, maya := context.Background(), actor(t, s, "maya")
	for i := range report.Longest + 1 {
		c, err := s.App.Change.Open(ctx, maya, change.Request{Title: fmt.Sprintf("Cable %d", i), ServiceID: 1, Reason: "It is worn", Return: "A spare", Risks: "None", Resources: "An hour", Responsible: "Maya", Relationship: "None"})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.App.Change.Do(ctx, maya, c.Key, change.Submit, "", c.Version); err != nil {
			t.Fatal(err)
		}
		w := work(t, s, "chen")
		if n := len(about(w, "Assess CHG-")); n != min(i+1, report.Longest) || w.Cut != (i == report.Longest) {
			t.Fatalf("of %d changes %d are listed, more: %v", i+1, n, w.Cut)
		}
	}
	s.As("chen").Get("/").Has("main", "There is more: at most 20 of one kind are listed.")
}
