package deploy_test

import (
	"testing"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

func TestAnOverrideHoldsForTheTargetsItNames(t *testing.T) {
	w := newWorld(t)
	w.ready(1) // osl-1 and osl-2
	w.must(w.goFor(1))
	w.later(4 * 24 * time.Hour) // every window is over
	refused(t, w.startIt(1), "window.outside", "wave.window")
	until := w.d.Now().Add(time.Hour)
	field(t, w.svc.OverrideWindow(ctx, w.chen, w.key, until, "site<", "they wait"), "targets")
	kindIs(t, w.svc.OverrideWindow(ctx, w.dario, w.key, until, "site=Oslo", "they wait"), fault.Forbidden)
	w.must(w.svc.OverrideWindow(ctx, w.chen, w.key, until, "key=osl-1", "only this one"))
	refused(t, w.startIt(1), "window.outside", "wave.window") // osl-2 is not named
	w.must(w.svc.OverrideWindow(ctx, w.chen, w.key, until, "site=Oslo", "they wait"))
	board, err := w.svc.Board(ctx, w.maya, w.key)
	w.must(err)
	if len(board.Sets) != 2 || board.Override != nil || board.Sets[0].ByName != "Chen" {
		t.Errorf("the board tells of %+v", board.Sets)
	}
	w.must(w.startIt(1))
}

func TestEveryWayToBeginAsksForLeave(t *testing.T) {
	for name, begin := range map[string]func(*world) error{
		"by the page": func(w *world) error { return w.startIt(1) },
		"by automation": func(w *world) error {
			return w.svc.StartWave(ctx, identity.System("rollout clock"), w.key, 1, w.wave(1).Version)
		},
		"a wave goes on":    func(w *world) error { return w.svc.ResumeWave(ctx, w.dario, w.key, 1, "mended") },
		"a release goes on": func(w *world) error { return w.svc.ResumeRelease(ctx, w.maya, w.key, "mended") },
		"a wave again":      func(w *world) error { return w.svc.RetryWave(ctx, w.dario, w.key, 1, "mended") },
		"a target again":    func(w *world) error { return w.svc.RetryTarget(ctx, w.dario, w.key, 1, "osl-1", 0) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.plans(1, func(e *deploy.WaveEdit) { e.FailurePercent, e.Joining = 100, policy.JoinTake })
			w.ready(1)
			w.must(w.goFor(1))
			if name != "by the page" && name != "by automation" {
				w.must(w.startIt(1))
				w.must(w.fail(1, "osl-1"))
			}
			switch name {
			case "a wave goes on":
				w.must(w.svc.PauseWave(ctx, w.dario, w.key, 1, "look"))
			case "a release goes on":
				w.must(w.svc.PauseRelease(ctx, w.maya, w.key, "look"))
			case "a wave again":
				w.must(w.svc.RemediateWave(ctx, w.dario, w.key, 1, "look"))
			}
			var f *change.Freeze
			w.in(func(tx *db.Tx) error {
				f = &change.Freeze{Number: 1, Title: "Year end", Reason: "books", StartsAt: tx.Now.Add(-time.Hour), StopsAt: tx.Now.Add(time.Hour), Zone: "UTC", State: change.FreezePlanned}
				return tx.Create(f)
			})
			if err := begin(w); err == nil || fault.KindOf(err) != fault.Refused {
				t.Fatalf("in a freeze: %v", err)
			}
			w.in(func(tx *db.Tx) error { return tx.Gorm().Model(f).Update("state", change.FreezeCancelled).Error })
			w.must(begin(w))
		})
	}
}
