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
