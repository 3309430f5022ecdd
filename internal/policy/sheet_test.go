package policy

import (
	"context"
	"errors"
	"slices"
	"testing"

	"slipway/internal/fault"
	"slipway/internal/identity"
)

func (w world) sheet(t *testing.T, actor identity.Actor, number int64) *Sheet {
	t.Helper()
	sheet, err := w.s.Sheet(context.Background(), actor, "PAY", number)
	must(t, err)
	return sheet
}

func labels(list []Difference) []string {
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.Label
	}
	return names
}

func TestNobodyWhoWroteADraftApprovesIt(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	v := w.create(t, w.sofia)
	if _, err := w.s.Edit(ctx, w.maya, "PAY", v.Version, Standard()); err != nil {
		t.Fatal(err)
	}
	sheet := w.sheet(t, w.sofia, 0)
	if !sheet.Approval.Offered || len(sheet.Approval.Reasons) != 1 || slices.Contains(sheet.Approval.Who, w.sofia.Name) {
		t.Errorf("offered to who wrote the first half: %+v", sheet.Approval)
	}
	if err := w.s.Approve(ctx, w.sofia, "PAY"); !errors.Is(err, fault.Refused) {
		t.Errorf("who wrote the first half approves: %v", err)
	}
	if deed := w.sheet(t, w.maya, 0).Approval; deed.Offered {
		t.Errorf("offered to somebody who owns no service: %+v", deed)
	}
}

func TestADecisionIsOnWhatWasRead(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	read := w.create(t, w.maya).Version
	rules := Standard()
	rules.RiskAppetite = 25
	_, err := w.s.Edit(ctx, w.maya, "PAY", read, rules)
	must(t, err)
	for _, version := range []int64{read, 0} {
		if err := w.s.ApproveAsRead(ctx, w.sofia, "PAY", version); !errors.Is(err, fault.Conflict) {
			t.Errorf("approving record version %d: %v", version, err)
		}
	}
	must(t, w.s.ApproveAsRead(ctx, w.sofia, "PAY", read+1))
	if err := w.s.ActivateAsRead(ctx, w.maya, "PAY", read); !errors.Is(err, fault.Conflict) {
		t.Errorf("activating what was read before: %v", err)
	}
}

func TestAVersionApprovedAndNeverInForceIsSuperseded(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.create(t, w.maya)
	must(t, w.s.Approve(ctx, w.sofia, "PAY"))
	second := Standard()
	second.PIRDays = 9
	second.Types["minor"] = TypeRule{Definition: "Small.", Frequency: "weekly", NoticeDays: 3, ELSDays: 5}
	_, err := w.s.Edit(ctx, w.maya, "PAY", w.sheet(t, w.maya, 0).Versions[0].Version, second)
	must(t, err)
	must(t, w.s.Activate(ctx, w.maya, "PAY")) // a newer draft does not keep the approved one back
	if sheet := w.sheet(t, w.sofia, 0); sheet.Shown.Number != 1 || sheet.Waiting.Number != 2 || !slices.Equal(labels(sheet.Change),
		[]string{"Minor: definition", "Minor: frequency", "The review is held within"}) {
		t.Errorf("in force %d, waiting %+v, with %v", sheet.Shown.Number, sheet.Waiting, labels(sheet.Change))
	}
	must(t, w.s.Approve(ctx, w.sofia, "PAY"))
	third, err := w.s.Edit(ctx, w.maya, "PAY", w.sheet(t, w.maya, 2).Shown.Version, Standard())
	must(t, err)
	must(t, w.s.Approve(ctx, w.sofia, "PAY"))
	must(t, w.s.Activate(ctx, w.maya, "PAY"))
	sheet := w.sheet(t, w.maya, 0)
	if sheet.Shown.Number != third.Number || sheet.Versions[1].State != Superseded || sheet.Versions[2].State != Superseded {
		t.Errorf("after the third: %+v", sheet.Versions)
	}
	if sheet.Waiting != nil || len(sheet.Differences) != 3 || sheet.Examples[0].Key != "PAY-2026.11.1" {
		t.Errorf("waiting %v, differs in %v, next %v", sheet.Waiting, labels(sheet.Differences), sheet.Examples)
	}
	if _, err := w.s.Sheet(ctx, w.maya, "PAY", 4); !errors.Is(err, fault.NotFound) {
		t.Errorf("a version that is not there: %v", err)
	}
}

func TestOverviewNamesServicesWithoutAPolicy(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	open, err := w.s.Open(ctx, w.maya)
	if err != nil || len(open) != 1 {
		t.Errorf("open: %v, %v", open, err)
	}
	w.create(t, w.maya)
	o, err := w.s.Overview(ctx, w.maya)
	must(t, err)
	if len(o.Uncovered) != 0 || !o.Draws || len(o.Entries) != 1 || o.Entries[0].InForce != nil || o.Entries[0].Waiting.Number != 1 {
		t.Errorf("overview: %+v", o)
	}
}

func TestEveryFieldThatIsWrongIsNamedAtOnce(t *testing.T) {
	w := newWorld(t)
	rules := Standard()
	rules.Pattern, rules.PIRDays = "PAY-{N}", 0
	rules.Stages["A4"] = StageRule{Approvals: []ApprovalRule{{Role: "nobody", Quorum: 0, Types: []string{"major"}}, {Role: identity.Stakeholder, Quorum: 1, Types: []string{"major"}}}, Entry: []CriterionRule{{Role: identity.Operations}}}
	_, err := w.s.Create(context.Background(), w.maya, &Policy{Key: "new", Services: []int64{w.service.ID, 99}}, rules)
	f, ok := fault.As(err)
	if !ok {
		t.Fatal(err)
	}
	for _, want := range []string{"key", "name", "services", "pattern", "pir_days", "stage[A4].approvals", "stage[A4].approvals[0].role",
		"stage[A4].approvals[0].quorum", "stage[A4].approvals[1].role", "stage[A4].entry[0].text"} {
		if !slices.ContainsFunc(f.Fields, func(field fault.Field) bool { return field.Name == want }) {
			t.Errorf("%s is not among %v", want, f.Fields)
		}
	}
}

func TestCriteriaGetCodesThatStay(t *testing.T) {
	w := newWorld(t)
	rules := Standard()
	kept := rules.Stages["A4"].Entry[0].Code
	stage := rules.Stages["A4"]
	stage.Entry = append(stage.Entry, CriterionRule{Text: "The shop is closed", Role: identity.Operations}, CriterionRule{Text: "The till is counted", Role: identity.Operations})
	rules.Stages["A4"] = stage
	v, err := w.s.Create(context.Background(), w.maya, &Policy{Key: "PAY", Name: "Payments", Services: []int64{w.service.ID}}, rules)
	must(t, err)
	entry := v.Rules.Stages["A4"].Entry
	if entry[0].Code != kept || entry[1].Code != "A4.1" || entry[2].Code != "A4.2" {
		t.Errorf("codes: %+v", entry)
	}
}
