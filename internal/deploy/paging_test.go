package deploy_test

import (
	"slices"
	"testing"

	"slipway/internal/deploy"
)

func TestTargetsInTroubleComeFirstAndEachOnce(t *testing.T) {
	w := newWorld(t)
	w.crowd(30)
	w.plans(1, func(e *deploy.WaveEdit) { e.Filter, e.FailurePercent = "", 100 })
	w.run(1)
	for _, key := range []string{"m-7", "osl-2", "m-3"} {
		w.must(w.fail(1, key))
	}
	var seen []string
	query := deploy.TargetQuery{Limit: 2}
	for {
		page, err := w.svc.WaveTargets(ctx, w.maya, w.key, 1, query)
		w.must(err)
		for _, one := range page.Targets {
			seen = append(seen, one.TargetKey)
		}
		if len(page.Counts) != 2 || page.Counts[0].Total+page.Counts[1].Total != 35 {
			t.Fatalf("counted %v", page.Counts)
		}
		if query.After = page.Next; query.After == "" {
			break
		}
	}
	if len(seen) != 35 || !slices.Equal(seen[:3], []string{"m-3", "m-7", "osl-2"}) || !slices.IsSorted(seen[3:]) {
		t.Errorf("paged through %v", seen)
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 35 {
		t.Error("a target comes twice")
	}
	page, err := w.svc.WaveTargets(ctx, w.maya, w.key, 1, deploy.TargetQuery{State: deploy.TargetFailed, Text: "m-"})
	w.must(err)
	if len(page.Targets) != 2 {
		t.Errorf("%d failed meters are found", len(page.Targets))
	}
}
