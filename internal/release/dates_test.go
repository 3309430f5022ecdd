package release_test

import (
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/identity"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/internal/sample"
)

// A release that gets its window later has the milestones and the days of its
// notices as if it had come with it, and keeps those that somebody set.
func TestAPlanIsDatedOnceThereIsAWindow(t *testing.T) {
	h := newHouse(t)
	maya := h.as(identity.ReleaseManager)
	with, without := h.create(false), h.create(false, func(q *release.Request) { q.WindowStart, q.WindowEnd = 0, 0 })
	read := func(key string) (*plan.Sheet, []plan.Notice) {
		sheet, err := h.Plan.Sheet(ctx, maya, key, 0)
		h.must(err)
		circle, err := h.Plan.Circle(ctx, maya, key)
		h.must(err)
		return sheet, circle.Notices
	}
	want, notices := read(with)
	if before, _ := read(without); len(before.Plan.Content.Milestones) != 0 || len(want.Plan.Content.Milestones) == 0 || len(notices) == 0 {
		t.Fatal("the model says nothing of milestones and notices, or days are made up")
	}
	move := func(days int) {
		o, err := h.Release.Overview(ctx, maya, without)
		h.must(err)
		start := dbtest.Start.AddDate(0, 0, days)
		h.must(h.Release.Reschedule(ctx, maya, without, o.Release.Version, release.Window{Start: db.At(start), End: db.At(start.AddDate(0, 0, 3)), Zone: sample.Zone}, "settled with the owner"))
	}
	same := func() {
		t.Helper()
		got, dated := read(without)
		if len(got.Plan.Content.Milestones) != len(want.Plan.Content.Milestones) || len(dated) != len(notices) {
			t.Fatalf("%+v, %+v", got.Plan.Content.Milestones, dated)
		}
		for i, m := range want.Plan.Content.Milestones {
			if got.Plan.Content.Milestones[i] != m {
				t.Errorf("%+v, want %+v", got.Plan.Content.Milestones[i], m)
			}
		}
		for i, n := range notices {
			if dated[i].SendBy != n.SendBy || n.SendBy.IsZero() {
				t.Errorf("the notice to %s is sent by %s, want %s", n.Audience, dated[i].SendBy.Std(), n.SendBy.Std())
			}
		}
	}
	move(5)
	same()
	move(9) // what is dated is for people to move
	same()
}
