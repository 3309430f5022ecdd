package deploy_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/deploy/ssh/sshtest"
	"slipway/internal/jobs"
)

// TestServerThatSleptIsTakenOver lets a server sleep beyond its lease while a
// command runs on its behalf: another takes the run over and waits for the same
// command; what the first says when it wakes counts no more, or once.
func TestServerThatSleptIsTakenOver(t *testing.T) {
	w := newPush(t, onceInstall, goodVerify, goodBackOut)
	w.svc.Equip(deploy.Tools{Box: pushBox, Media: w.media, Retry: time.Millisecond, Patience: hasty})
	w.set(&deploy.Wave{}, "parallel", 1)
	w.launch(1)
	sleepy, other := w.runner, jobs.NewRunner(w.d, slog.New(slog.DiscardHandler))
	sleepy.BeatEvery(time.Hour)
	w.svc.Jobs(other)
	var working sync.WaitGroup
	step := func(r *jobs.Runner) {
		for worked := true; worked; {
			worked, _ = r.Step(ctx) // the sleeper may find its rows newer than it knew
		}
	}
	working.Go(func() { step(sleepy) })
	w.awaits("osl-1", "began")
	w.later(2 * time.Minute)
	working.Go(func() { step(other) })
	for leased := false; !leased; {
		w.must(w.d.View(ctx, func(tx *db.Tx) error {
			var n int64
			err := tx.Gorm().Model(&jobs.Job{}).Where("kind = ? AND attempts > 1", "deploy.ssh").Count(&n).Error
			leased = n > 0
			return err
		}))
	}
	w.leave("osl-1", "go-on")
	w.leave("osl-2", "go-on")
	working.Wait()
	w.later(time.Minute)
	step(other)
	for _, key := range []string{"osl-1", "osl-2"} {
		w.is(1, key, deploy.TargetVerified)
		if ran := w.on(key, "ran"); ran != "ran\n" {
			t.Errorf("on %s the installation ran %q", key, ran)
		}
		if n := w.audited("verified " + key); n != 1 {
			t.Errorf("%s was verified %d times", key, n)
		}
	}
	w.stands(1, deploy.WaveComplete)
}

// TestPushToOpenSSH goes the whole way with the servers that real hosts run.
func TestPushToOpenSSH(t *testing.T) {
	w := newPush(t, `cp $SLIPWAY_FILES "running-$SLIPWAY_TARGET"; pwd`, `cmp server.bin "running-$SLIPWAY_TARGET"`, `rm "running-$SLIPWAY_TARGET"`)
	keys, err := w.svc.EnvironmentKeys(ctx, w.maya, "production")
	w.must(err)
	var home string
	for _, key := range []string{"osl-1", "osl-2"} {
		real := sshtest.NewSshd(t, keys[0].PublicKey)
		home = real.Home
		h := w.host(key)
		w.must(w.svc.EditHost(ctx, w.maya, key, h.Version, deploy.HostDraft{Address: "127.0.0.1", Port: fmt.Sprint(real.Port), Login: real.User}))
		w.must(w.svc.LookAtHost(ctx, w.maya, key))
		h = w.host(key)
		w.must(w.svc.AcceptHostKey(ctx, w.maya, key, h.Version, h.Shown()))
	}
	t.Cleanup(func() {
		left, _ := filepath.Glob(filepath.Join(home, ".slipway", w.key+".w1.t*"))
		for _, folder := range left {
			os.RemoveAll(folder)
		}
	})
	w.launch(1)
	w.work()
	w.stands(1, deploy.WaveComplete)
	for _, key := range []string{"osl-1", "osl-2"} {
		run := w.runs(1, key)[0]
		at := filepath.Join(home, ".slipway", run.Folder, "files")
		if got, err := os.ReadFile(filepath.Join(at, "running-"+key)); err != nil || string(got) != body {
			t.Errorf("on %s runs %q, %v", key, got, err)
		}
		if strings.TrimSpace(run.Commands[0].Output) != at {
			t.Errorf("it ran in %q", run.Commands[0].Output)
		}
	}
}

// TestRemediationStopsBetweenCommands lets the command in hand come to its end
// and begins no other; the host is then put back.
func TestRemediationStopsBetweenCommands(t *testing.T) {
	w := newPush(t, onceInstall, goodVerify, `echo back >"$HOME/back"`)
	w.set(&deploy.Wave{}, "parallel", 1)
	w.in(func(tx *db.Tx) error {
		return tx.Create(&deploy.Step{WaveID: 1, ReleaseID: 1, Number: 9, Kind: deploy.Install, Title: "and more", Command: `touch "$HOME/more"`, State: deploy.StepWaiting})
	})
	w.launch(1)
	var working sync.WaitGroup
	working.Go(w.work)
	w.awaits("osl-1", "began")
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 1, "the wrong package"))
	w.leave("osl-1", "go-on")
	working.Wait()
	if got := w.is(1, "osl-1", deploy.TargetFailed); !strings.Contains(got.Reason, "being remediated") || w.on("osl-1", "ran") != "ran\n" {
		t.Errorf("%s", got.Reason)
	}
	if _, err := os.Stat(filepath.Join(w.hosts["osl-1"].Home, "more")); err == nil {
		t.Error("the next command was begun")
	}
	w.must(w.svc.BackOutWave(ctx, w.maya, w.key, 1, "back to what ran"))
	w.work()
	w.is(1, "osl-1", deploy.TargetRolledBack)
	w.is(1, "osl-2", deploy.TargetRolledBack)
	if w.on("osl-1", "back") != "back\n" || w.hosts["osl-2"].Runs() != 0 {
		t.Error("a host was not put back, or one that nobody touched was")
	}
	w.stands(1, deploy.WaveRolledBack)
}

// TestNextAttemptWaitsForTheLast refuses a host on which a command of an earlier
// attempt, whose end was never heard of, still runs.
func TestNextAttemptWaitsForTheLast(t *testing.T) {
	w := newPush(t, `echo ran >>"$HOME/ran"; touch "$HOME/began"; until [ -e "$HOME/go-on" ]; do sleep 0.01; done; touch "$HOME/through"`, "true", "true")
	w.set(&deploy.Wave{}, "failure_percent", 60)
	w.leave("osl-2", "go-on")
	w.launch(1)
	var working sync.WaitGroup
	working.Go(w.work)
	w.awaits("osl-1", "began")
	w.hosts["osl-1"].Takes() // it lets nobody in any more
	w.hosts["osl-1"].Drop()
	working.Wait()
	if got := w.is(1, "osl-1", deploy.TargetFailed); !strings.Contains(got.Reason, "outcome is unknown") {
		t.Fatalf("%s", got.Reason)
	}
	keys, err := w.svc.EnvironmentKeys(ctx, w.maya, "production")
	w.must(err)
	w.hosts["osl-1"].Takes(keys[0].PublicKey)
	retry := func() {
		t.Helper()
		w.must(w.svc.RetryTarget(ctx, w.maya, w.key, 1, "osl-1", w.target(1, "osl-1").Version))
		w.work()
	}
	retry()
	if got := w.is(1, "osl-1", deploy.TargetFailed); !strings.Contains(got.Reason, "of attempt 1 still runs there") || w.on("osl-1", "ran") != "ran\n" {
		t.Errorf("%s, and it ran %q", got.Reason, w.on("osl-1", "ran"))
	}
	w.leave("osl-1", "go-on")
	w.awaits("osl-1", "through")
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && w.target(1, "osl-1").State != deploy.TargetVerified; {
		retry() // its shell may take a moment to write its end down
	}
	w.is(1, "osl-1", deploy.TargetVerified)
	w.stands(1, deploy.WaveComplete)
}

// TestDeadJobIsReplacedAtTheNextStart loses the jobs of a wave for good, one of
// them with a run in hand.
func TestDeadJobIsReplacedAtTheNextStart(t *testing.T) {
	w := newPush(t, `echo ran >>"$HOME/ran"; `+goodInstall, goodVerify, goodBackOut)
	w.launch(1)
	w.in(func(tx *db.Tx) error {
		if err := tx.Gorm().Model(&deploy.Run{}).Where("id = 1").Updates(map[string]any{"state": deploy.RunGoing, "holder": "ssh/1/lost", "once": "0123456789", "started_at": tx.Now}).Error; err != nil {
			return err
		}
		return tx.Gorm().Model(&jobs.Job{}).Where("kind = ?", "deploy.ssh").Update("state", jobs.Dead).Error
	})
	w.work()
	w.is(1, "osl-1", deploy.TargetStaged)
	w.must(w.svc.Schedule(ctx))
	w.work()
	for _, key := range []string{"osl-1", "osl-2"} {
		w.is(1, key, deploy.TargetVerified)
		if ran := w.on(key, "ran"); ran != "ran\n" {
			t.Errorf("on %s the installation ran %q", key, ran)
		}
	}
}
