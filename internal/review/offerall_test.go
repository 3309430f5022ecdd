package review_test

import (
	"strings"
	"testing"

	"slipway/internal/fault"
	"slipway/internal/release"
	"slipway/internal/review"
)

// Several items are offered at once, all or none; one of which nothing is said waits.
func TestItemsAreOfferedAtOnce(t *testing.T) {
	w := newWorld(t, release.EarlyLife)
	w.begin()
	states := func() (list []review.HandoverState) {
		for _, item := range w.sheet(w.maya).Items[:3] {
			list = append(list, item.State)
		}
		return list
	}
	is := func(want ...review.HandoverState) {
		t.Helper()
		for i, got := range states() {
			if got != want[i] {
				t.Errorf("item %d is %s, want %s", i+1, got, want[i])
			}
		}
	}
	open, offered := review.HandoverOpen, review.HandoverOffered
	list := []review.Offering{{1, 1, "runbook 4.12 in the library"}, {2, 1, " "}, {3, 7, "first line, the desk"}}
	kindIs(t, w.svc.OfferAll(ctx, w.maya, w.key, list), fault.Conflict) // somebody changed the third
	is(open, open, open)
	kindIs(t, w.svc.OfferAll(ctx, w.maya, w.key, list[1:2]), fault.Invalid)
	long := w.svc.OfferAll(ctx, w.maya, w.key, []review.Offering{list[0], {3, 1, strings.Repeat("x", 30_000)}})
	if f, ok := fault.As(long); !ok || len(f.Fields) != 1 || f.Fields[0].Name != "detail_3" {
		t.Errorf("what is too long is answered %v", long)
	}
	kindIs(t, w.svc.OfferAll(ctx, w.omar, w.key, list), fault.Forbidden)
	is(open, open, open)
	list[2].Version = 1
	w.must(w.svc.OfferAll(ctx, w.maya, w.key, list))
	is(offered, open, offered)
}
