package policy

import (
	"context"
	"errors"
	"slices"
	"testing"

	"slipway/internal/fault"
)

func TestAModelSheetOffersTheDraftToSomebodyElse(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	template := Templates()[0]
	v, err := w.s.CreateModel(ctx, w.maya, &Model{Key: template.Key, Name: template.Name}, template.Body)
	must(t, err)
	own, err := w.s.ModelSheet(ctx, w.maya, template.Key, 0)
	must(t, err)
	if !own.Approval.Offered || len(own.Approval.Reasons) != 1 || !slices.Equal(own.Approval.Who, []string{w.sofia.Name}) {
		t.Errorf("offered to its author: %+v", own.Approval)
	}
	if err := w.s.ApproveModelAsRead(ctx, w.sofia, template.Key, v.Version+1); !errors.Is(err, fault.Conflict) {
		t.Errorf("approving what nobody read: %v", err)
	}
	must(t, w.s.ApproveModelAsRead(ctx, w.sofia, template.Key, v.Version))
	changed := template.Body
	changed.Waves = slices.Clone(changed.Waves)
	changed.Waves[1].SoakHours = 4
	changed.Tests = ""
	next, err := w.s.EditModel(ctx, w.sofia, template.Key, v.Version+1, changed)
	must(t, err)
	sheet, err := w.s.ModelSheet(ctx, w.maya, template.Key, 0)
	must(t, err)
	if sheet.Shown.Number != 1 || sheet.Waiting.Number != next.Number || !slices.Equal(labels(sheet.Change), []string{"Wave 2", "Tests"}) {
		t.Errorf("in use %d, waiting %d, with %v", sheet.Shown.Number, sheet.Waiting.Number, labels(sheet.Change))
	}
}

func TestAModelNamesEveryFieldThatIsWrong(t *testing.T) {
	body := Templates()[0].Body
	body.Scale, body.Purpose = "slowly", " "
	body.Waves = []WaveTemplate{{Name: "Pilot", Days: -1, SuccessPercent: 101, Steps: []StepTemplate{{Kind: "pray", Minutes: -1, After: []int{1}}}}}
	body.Risks = []RiskTemplate{{Probability: 6}}
	body.Milestones = []Milestone{{Days: -999}}
	var c fault.Check
	body.check(&c)
	f, _ := fault.As(c.Err("no"))
	for _, want := range []string{"scale", "purpose", "waves[0].environment", "waves[0].days", "waves[0].hours", "waves[0].success", "waves[0].steps[0].kind",
		"waves[0].steps[0].title", "waves[0].steps[0].minutes", "waves[0].steps[0].after", "risks[0].event", "risks[0].probability", "milestones[0].name", "milestones[0].days"} {
		if !slices.ContainsFunc(f.Fields, func(field fault.Field) bool { return field.Name == want }) {
			t.Errorf("%s is not among %v", want, f.Fields)
		}
	}
}
