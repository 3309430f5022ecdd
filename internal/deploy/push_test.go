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
	"slipway/internal/deploy/ssh"
	"slipway/internal/deploy/ssh/sshtest"
	"slipway/internal/jobs"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/seal"
)

// pushWorld is a world whose first wave, osl-1 and osl-2, is pushed over SSH to
// two hosts, and its second to three.
type pushWorld struct {
	*world
	hosts  map[string]*sshtest.Host
	runner *jobs.Runner
}

const body = "the signed bytes"

func automated(r *release.Release, _ *policy.Body) { r.Approach.Execution = "automated" }

// newPush is the world with hosts, a key and commands. What the commands do is
// for each test to say.
func newPush(t *testing.T, install, verify, backOut string) *pushWorld {
	t.Helper()
	w := &pushWorld{world: newWorld(t, automated), hosts: map[string]*sshtest.Host{}}
	w.equip()
	w.shelve(body)
	e, err := w.svc.EnvironmentPage(ctx, w.maya, "production")
	w.must(err)
	w.must(w.svc.EditEnvironment(ctx, w.maya, "production", e.Version, deploy.EnvironmentDraft{Name: e.Name, Zone: e.Zone, Production: true, Method: deploy.MethodSSH}))
	w.must(w.svc.MakeKey(ctx, w.maya, "production"))
	keys, err := w.svc.EnvironmentKeys(ctx, w.maya, "production")
	w.must(err)
	for _, key := range []string{"osl-1", "osl-2", "bgo-1", "bgo-2", "bgo-3"} {
		w.hosts[key] = sshtest.New(t, keys[0].PublicKey)
		w.reach(key)
	}
	w.in(func(tx *db.Tx) error {
		if err := tx.Gorm().Exec("DELETE FROM wave_steps").Error; err != nil {
			return err
		}
		for _, wave := range []int64{1, 2} {
			for i, line := range []string{install, verify, backOut} {
				if line == "" {
					continue
				}
				step := &deploy.Step{WaveID: wave, ReleaseID: 1, Number: int64(i) + 1, Kind: deploy.StepKinds()[i], Title: "by the machine", Command: line, State: deploy.StepWaiting}
				if err := tx.Create(step); err != nil {
					return err
				}
			}
		}
		return nil
	})
	w.set(&deploy.Wave{}, "method", deploy.MethodSSH) // an edit would void the authorisation
	return w
}

var (
	pushBox = seal.Fleeting()
	hasty   = ssh.Patience{Connect: 2 * time.Second, Alive: time.Second, Operation: 5 * time.Second}
)

// equip makes runners as a server that starts does.
func (w *pushWorld) equip() {
	w.svc.Equip(deploy.Tools{Box: pushBox, Media: w.media, Retry: time.Millisecond, Least: 20 * time.Second,
		Patience: hasty})
	w.runner = jobs.NewRunner(w.d, slog.New(slog.DiscardHandler))
	w.svc.Jobs(w.runner)
}

// reach says where a host is and accepts its key.
func (w *pushWorld) reach(key string) {
	w.t.Helper()
	host := w.hosts[key]
	line := fmt.Sprintf("%s deploy@127.0.0.1:%d %s", key, host.Port, host.Key())
	_, err := w.svc.ImportHosts(ctx, w.maya, "production", line)
	w.must(err)
}

func (w *pushWorld) launch(n int64) {
	w.t.Helper()
	w.must(w.svc.ReadyWave(ctx, w.maya, w.key, n, w.wave(n).Version))
	w.must(w.goFor(n))
	w.must(w.startIt(n))
}

// work does all that is due.
func (w *pushWorld) work() {
	w.t.Helper()
	for {
		worked, err := w.runner.Step(ctx)
		w.must(err)
		if !worked {
			return
		}
	}
}

func (w *pushWorld) runs(n int64, key string) []deploy.RunView {
	w.t.Helper()
	page, err := w.svc.TargetRuns(ctx, w.maya, w.key, n, key)
	w.must(err)
	return page.Runs
}

func (w *pushWorld) is(n int64, key string, state deploy.TargetState) deploy.TargetView {
	w.t.Helper()
	t := w.target(n, key)
	if t.State != state {
		w.t.Fatalf("%s is %s (%s), want %s", key, t.State, t.Reason, state)
	}
	return t
}

// on reads a file that a command left in the home of a host.
func (w *pushWorld) on(key, name string) string {
	b, _ := os.ReadFile(filepath.Join(w.hosts[key].Home, name))
	return string(b)
}

// leave puts a file into the home of a host.
func (w *pushWorld) leave(key, name string) {
	w.t.Helper()
	w.must(os.WriteFile(filepath.Join(w.hosts[key].Home, name), nil, 0o600))
}

// awaits waits for a file of a host.
func (w *pushWorld) awaits(key, name string) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(w.hosts[key].Home, name)); err == nil {
			return
		}
	}
	w.t.Fatalf("%s of %s is not there", name, key)
}

const (
	goodInstall = `cat $SLIPWAY_FILES >"$HOME/running"; echo "$SLIPWAY_RELEASE $SLIPWAY_PACKAGE $SLIPWAY_DIGEST $SLIPWAY_TARGET" >>"$HOME/installed"; echo installing`
	goodVerify  = `cmp server.bin "$HOME/running" && echo running`
	goodBackOut = `rm "$HOME/running"; echo "back to $SLIPWAY_FORMER_DIGEST" >"$HOME/back"`
)

func TestPushBringsThePackageToEveryHost(t *testing.T) {
	w := newPush(t, goodInstall, goodVerify, goodBackOut)
	w.launch(1)
	w.stands(1, deploy.WaveRunning)
	w.is(1, "osl-1", deploy.TargetStaged)
	w.work()
	w.stands(1, deploy.WaveComplete)
	for _, key := range []string{"osl-1", "osl-2"} {
		got := w.is(1, key, deploy.TargetVerified)
		if got.InstalledDigest != signed || !got.Touched || got.Attempts != 1 || !strings.Contains(got.Evidence, "1 file match") {
			t.Errorf("%+v", got.WaveTarget)
		}
		if w.on(key, "running") != body || w.on(key, "installed") != fmt.Sprintf("%s v1 %s %s\n", w.key, signed, key) {
			t.Errorf("on %s runs %q, and it was told %q", key, w.on(key, "running"), w.on(key, "installed"))
		}
		if now := w.installed(key); now.InstalledDigest != signed || now.FormerDigest != former {
			t.Errorf("the record says of %s %+v", key, now)
		}
	}
	if runs := w.runs(1, "osl-1"); len(runs) != 1 || runs[0].State != deploy.RunDone || len(runs[0].Commands) != 2 || runs[0].Commands[0].Output != "installing\n" || !runs[0].Commands[1].Good() {
		t.Errorf("%+v", runs)
	}
	sheet, err := w.svc.RunSheet(ctx, w.dario, w.key, 1)
	w.must(err)
	for _, step := range sheet.Steps {
		if !step.ByMachine || step.CanClaim || step.State != deploy.StepWaiting {
			t.Errorf("a person may take %+v", step)
		}
	}
	if sheet.Wave.Steps.Total != 0 {
		t.Errorf("%+v steps wait for people", sheet.Wave.Steps)
	}
	if w.on("bgo-1", "running") != "" {
		t.Error("a host of the second wave was deployed to")
	}
}

func TestPushRefusesWhatIsMissing(t *testing.T) {
	w := newPush(t, goodInstall, "", "")
	w.must(w.svc.EditHost(ctx, w.maya, "osl-2", w.host("osl-2").Version, deploy.HostDraft{Address: "127.0.0.9", Login: "deploy"}))
	keys, err := w.svc.EnvironmentKeys(ctx, w.maya, "production")
	w.must(err)
	w.must(w.svc.RetireKey(ctx, w.maya, "production", 1, keys[0].Version, "stolen"))
	err = w.svc.ReadyWave(ctx, w.maya, w.key, 1, w.wave(1).Version)
	refused(t, err, "ssh.verify", "ssh.back-out", "ssh.key", "ssh.host")
	says(t, err, "osl-2 has no address")
}

// TestNothingRunsOnAHostThatShowsAnotherKey ends with both fingerprints in the
// reason, and goes on once a person accepted the new key.
func TestNothingRunsOnAHostThatShowsAnotherKey(t *testing.T) {
	w := newPush(t, goodInstall, goodVerify, goodBackOut)
	w.launch(1)
	was, _ := ssh.Fingerprint(w.hosts["osl-2"].Key())
	w.hosts["osl-2"].Rekey(t)
	now, _ := ssh.Fingerprint(w.hosts["osl-2"].Key())
	w.work()
	got := w.is(1, "osl-2", deploy.TargetFailed)
	if !strings.Contains(got.Reason, was) || !strings.Contains(got.Reason, now) || got.Touched || w.hosts["osl-2"].Runs() != 0 {
		t.Errorf("%+v", got.WaveTarget)
	}
	h := w.host("osl-2")
	if !h.Changed() || h.Shown() != now {
		t.Errorf("nobody can accept it: %+v", h)
	}
	w.stands(1, deploy.WaveFailed)
	w.must(w.svc.AcceptHostKey(ctx, w.maya, "osl-2", h.Version, now))
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 1, "its key was accepted"))
	w.must(w.svc.RetryWave(ctx, w.maya, w.key, 1, "again"))
	w.work()
	if got := w.is(1, "osl-2", deploy.TargetVerified); got.Attempts != 2 {
		t.Errorf("attempt %d", got.Attempts)
	}
	w.stands(1, deploy.WaveComplete)
	if runs := w.runs(1, "osl-1"); len(runs) != 1 {
		t.Errorf("osl-1 was done %d times", len(runs))
	}
}

func TestPauseWithholdsWhatHasNotBegun(t *testing.T) {
	w := newPush(t, `touch "$HOME/began"; until [ -e "$HOME/go-on" ]; do sleep 0.01; done; `+goodInstall, goodVerify, goodBackOut)
	w.set(&deploy.Wave{}, "parallel", 1)
	w.launch(1)
	var working sync.WaitGroup
	working.Go(w.work)
	w.awaits("osl-1", "began")
	w.is(1, "osl-1", deploy.TargetDeploying)
	w.must(w.svc.PauseWave(ctx, w.maya, w.key, 1, "look first"))
	w.leave("osl-1", "go-on")
	w.leave("osl-2", "go-on")
	working.Wait()
	w.is(1, "osl-1", deploy.TargetVerified) // what had begun came to its end
	w.is(1, "osl-2", deploy.TargetStaged)
	if w.hosts["osl-2"].Runs() != 0 {
		t.Error("a host was begun in a paused wave")
	}
	w.must(w.svc.ResumeWave(ctx, w.maya, w.key, 1, "looks good"))
	w.work()
	w.is(1, "osl-2", deploy.TargetVerified)
	w.stands(1, deploy.WaveComplete)
}

// once makes every command leave a line each time that it really runs, and wait.
const onceInstall = `echo ran >>"$HOME/ran"; touch "$HOME/began"; until [ -e "$HOME/go-on" ]; do sleep 0.01; done; cat $SLIPWAY_FILES >"$HOME/running"`

func TestBackOutPutsTouchedHostsBack(t *testing.T) {
	w := newPush(t, goodInstall, `[ "$SLIPWAY_TARGET" = osl-1 ]`, goodBackOut)
	w.set(&deploy.Wave{}, "failure_percent", 50)
	w.launch(1)
	w.work()
	w.is(1, "osl-1", deploy.TargetVerified)
	w.is(1, "osl-2", deploy.TargetFailed)
	w.stands(1, deploy.WaveFailed)
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 1, "half of it fails"))
	w.must(w.svc.BackOutWave(ctx, w.maya, w.key, 1, "back to what ran"))
	w.work()
	for _, key := range []string{"osl-1", "osl-2"} {
		got := w.is(1, key, deploy.TargetRolledBack)
		if got.InstalledDigest != former || w.on(key, "running") != "" || w.on(key, "back") != "back to "+former+"\n" || !strings.HasPrefix(got.Evidence, "The back-out command 3") {
			t.Errorf("%+v", got.WaveTarget)
		}
	}
	w.stands(1, deploy.WaveRolledBack)
}

func TestBackOutThatFailsIsRunAgainByAPerson(t *testing.T) {
	w := newPush(t, goodInstall, "exit 1", `[ -e "$HOME/may" ]`)
	w.set(&deploy.Wave{}, "failure_percent", 60)
	w.launch(1)
	w.leave("osl-1", "may")
	w.work()
	w.must(w.svc.RemediateWave(ctx, w.maya, w.key, 1, "it fails"))
	w.must(w.svc.BackOutWave(ctx, w.maya, w.key, 1, "back to what ran"))
	w.work()
	w.is(1, "osl-1", deploy.TargetRolledBack)
	w.is(1, "osl-2", deploy.TargetFailed)
	w.stands(1, deploy.WaveRemediating)
	if runs := w.runs(1, "osl-2"); runs[0].Purpose != deploy.ForBackOut || runs[0].State != deploy.RunFailed {
		t.Fatalf("%+v", runs[0])
	}
	w.leave("osl-2", "may")
	w.must(w.svc.BackOutAgain(ctx, w.maya, w.key, 1, "osl-2", w.target(1, "osl-2").Version))
	w.work()
	w.is(1, "osl-2", deploy.TargetRolledBack)
	w.stands(1, deploy.WaveRolledBack)
}

// TestTwoServersActOnce lets two servers work on the same wave at once.
func TestTwoServersActOnce(t *testing.T) {
	w := newPush(t, `echo ran >>"$HOME/ran"; `+goodInstall, goodVerify, goodBackOut)
	w.launch(1)
	other := jobs.NewRunner(w.d, slog.New(slog.DiscardHandler))
	w.svc.Jobs(other)
	var working sync.WaitGroup
	for _, runner := range []*jobs.Runner{w.runner, w.runner, other, other} {
		working.Go(func() {
			for worked, idle := true, 0; worked || idle < 20; {
				if worked, _ = runner.Step(ctx); !worked {
					idle++
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	working.Wait()
	for _, key := range []string{"osl-1", "osl-2"} {
		w.is(1, key, deploy.TargetVerified)
		if ran := w.on(key, "ran"); ran != "ran\n" {
			t.Errorf("on %s the installation ran %q", key, ran)
		}
	}
	w.stands(1, deploy.WaveComplete)
}
