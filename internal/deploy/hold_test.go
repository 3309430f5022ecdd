package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/deploy"
	"slipway/internal/release"
)

// toldOf gives the reasons of the entries of an action, the oldest first.
func (w *world) toldOf(action string) (list []string) {
	w.t.Helper()
	w.must(w.d.View(ctx, func(tx *db.Tx) error {
		return tx.Gorm().Model(&audit.Logged{}).Where("action = ?", action).Order("seq").Pluck("reason", &list).Error
	}))
	return list
}

// withheld gives the codes of what holds a wave on the board.
func (w *world) withheld(n int64) (codes []string) {
	w.t.Helper()
	board, err := w.svc.Board(ctx, w.maya, w.key)
	w.must(err)
	for _, b := range board.Waves[n-1].Withheld {
		codes = append(codes, b.Code)
		if b.Sentence == "" || b.Owner == "" || b.Link == "" || b.Action == "" {
			w.t.Errorf("the blocker %+v lacks a sentence, an owner, a link or an action", b)
		}
	}
	return codes
}

// TestPushAsksBeforeEachHost spoils a wave while its first host is worked on:
// that one comes to its end, the second is not begun, and the wave says why
// until the clock finds that it may go on.
func TestPushAsksBeforeEachHost(t *testing.T) {
	open := func(w *pushWorld) {
		w.must(w.svc.OverrideWindow(ctx, w.chen, w.key, w.d.Now().Add(time.Hour), "", "three hosts are left"))
	}
	for name, c := range map[string]struct {
		spoil, mend func(*pushWorld)
		codes       []string
	}{
		"its window closed":    {func(w *pushWorld) { w.later(20 * time.Hour) }, open, []string{"wave.window"}},
		"every window closed":  {func(w *pushWorld) { w.later(96 * time.Hour) }, open, []string{"window.outside", "wave.window"}},
		"the release pauses":   {func(w *pushWorld) { w.set(&release.Release{}, "state", release.Paused) }, func(w *pushWorld) { w.set(&release.Release{}, "state", release.Deploying) }, []string{"release.state"}},
		"A4 is void":           {func(w *pushWorld) { w.authorise(release.GateVoided) }, func(w *pushWorld) { w.authorise(release.GateApproved) }, []string{"gate.a4"}},
		"a freeze of the rest": {func(w *pushWorld) { w.freeze() }, func(w *pushWorld) { w.set(&change.Freeze{}, "state", change.FreezeCancelled) }, []string{"window.freeze"}},
		"all of it": {func(w *pushWorld) { w.freeze(); w.authorise(release.GateVoided); w.later(20 * time.Hour) }, func(w *pushWorld) {
			w.set(&change.Freeze{}, "state", change.FreezeCancelled)
			w.authorise(release.GateApproved)
			open(w)
		}, []string{"gate.a4", "window.freeze", "wave.window"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newPush(t, `touch "$HOME/began"; until [ -e "$HOME/go-on" ]; do sleep 0.01; done; `+goodInstall, goodVerify, goodBackOut)
			w.world.runner = w.runner
			w.set(&deploy.Wave{}, "parallel", 1)
			w.must(w.svc.Schedule(ctx))
			w.launch(1)
			var working sync.WaitGroup
			working.Go(w.work)
			w.awaits("osl-1", "began")
			if got := w.withheld(1); len(got) > 0 {
				t.Errorf("it is held for %v before anything happened", got)
			}
			c.spoil(w)
			w.leave("osl-1", "go-on")
			w.leave("osl-2", "go-on")
			working.Wait()
			w.is(1, "osl-1", deploy.TargetVerified) // what had begun came to its end
			w.is(1, "osl-2", deploy.TargetStaged)
			if w.hosts["osl-2"].Runs() != 0 {
				t.Error("another host was begun")
			}
			if got := w.withheld(1); !slices.Equal(got, c.codes) {
				t.Errorf("the board says %v, want %v", got, c.codes)
			}
			w.ticks() // nothing changed
			w.is(1, "osl-2", deploy.TargetStaged)
			if told := w.toldOf("wave.hold"); len(told) != 1 || strings.Count(told[0], ".") < len(c.codes) || w.wave(1).HeldAt.IsZero() {
				t.Errorf("the record tells of the hold %q", told)
			}
			c.mend(w)
			w.ticks()
			w.is(1, "osl-2", deploy.TargetVerified)
			w.stands(1, deploy.WaveComplete)
			if told := w.toldOf("wave.goon"); len(told) != 1 || !w.wave(1).HeldAt.IsZero() || len(w.withheld(1)) > 0 {
				t.Errorf("it went on %d times, held since %v", len(told), w.wave(1).HeldAt)
			}
		})
	}
}

// TestAHostIsNotTouchedOnceLeaveEnded voids A4 while a host still hashes what
// was staged there: it is put back in the queue, unchanged.
func TestAHostIsNotTouchedOnceLeaveEnded(t *testing.T) {
	w := newPush(t, goodInstall, goodVerify, goodBackOut)
	w.set(&deploy.Wave{}, "parallel", 1)
	slow := t.TempDir()
	w.must(os.WriteFile(filepath.Join(slow, "sha256sum"), []byte("#!/bin/sh\ntouch $HOME/hashing; until [ -e $HOME/go-on ]; do sleep 0.01; done; PATH=/usr/bin:/bin exec sha256sum \"$@\"\n"), 0o700))
	w.hosts["osl-1"].Path(slow + ":/usr/bin:/bin")
	w.launch(1)
	var working sync.WaitGroup
	working.Go(w.work)
	w.awaits("osl-1", "hashing")
	w.authorise(release.GateVoided)
	w.leave("osl-1", "go-on")
	working.Wait()
	if got := w.is(1, "osl-1", deploy.TargetStaged); got.Touched || w.on("osl-1", "installed") != "" {
		t.Errorf("it was changed: %+v", got.WaveTarget)
	}
	if got := w.withheld(1); !slices.Equal(got, []string{"gate.a4"}) {
		t.Errorf("held for %v", got)
	}
}

// TestAnotherDeployerIsAskedForNothingOnceLeaveEnded holds messages back.
func TestAnotherDeployerIsAskedForNothingOnceLeaveEnded(t *testing.T) {
	w := newHook(t)
	w.world.runner = w.runner
	w.shelve(body)
	w.must(w.svc.Schedule(ctx))
	w.launch(1)
	w.authorise(release.GateVoided)
	w.work()
	w.is(1, "osl-1", deploy.TargetStaged)
	if got := w.withheld(1); !slices.Equal(got, []string{"gate.a4"}) || len(w.other.asked) > 0 {
		t.Errorf("it was asked %d times without A4, held for %v", len(w.other.asked), got)
	}
	w.authorise(release.GateApproved)
	w.ticks()
	if len(w.other.asked) != 1 {
		t.Errorf("it was asked %d times once A4 was back", len(w.other.asked))
	}
}

// authorise gives A4 a state.
func (w *world) authorise(state release.GateState) {
	w.t.Helper()
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&release.Gate{}).Where("code = ?", release.A4).Update("state", state).Error
	})
}

// A wave from before holds were known goes on.
func TestOlderWavesAreNotHeld(t *testing.T) {
	d := dbtest.Empty(t)
	if err := d.MigrateTo(ctx, 329); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		service := &catalog.ServiceRecord{Key: "PAY", Name: "Payments"}
		if err := tx.Create(service); err != nil {
			return err
		}
		r := &release.Release{Key: "PAY-1", Title: "One", State: release.Deploying, ServiceID: service.ID}
		if err := tx.Create(r); err != nil {
			return err
		}
		return tx.Gorm().Exec(`INSERT INTO waves (release_id, release_key, service_id, number, name, environment_key, state)
			VALUES (?, 'PAY-1', ?, 1, 'Pilot', 'prod', ?)`, r.ID, service.ID, deploy.WaveRunning).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	err = d.View(ctx, func(tx *db.Tx) error {
		var w deploy.Wave
		if err := tx.First(&w, "release_key = ?", "PAY-1"); err != nil {
			return err
		}
		if w.State != deploy.WaveRunning || !w.HeldAt.IsZero() {
			t.Errorf("%+v", w)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
