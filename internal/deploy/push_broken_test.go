package deploy_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/deploy/ssh/sshtest"
)

func TestPushThatFails(t *testing.T) {
	for name, one := range map[string]struct {
		install, verify string
		break1          func(*sshtest.Host)
		says            string
		touched         bool
	}{
		"install":  {"echo no room >&2; exit 3", goodVerify, nil, "The install command 1, by the machine ended with 3", true},
		"verify":   {goodInstall, "exit 1", nil, "The verify command 2, by the machine ended with 1", true},
		"tampered": {goodInstall + "; echo more >>server.bin", "true", nil, "the signed one is", true},
		"full":     {goodInstall, goodVerify, func(h *sshtest.Host) { h.Full(true) }, "disk is full", false},
		"key":      {goodInstall, goodVerify, func(h *sshtest.Host) { h.Takes() }, "authorized_keys", false},
		"no tool":  {goodInstall, goodVerify, func(h *sshtest.Host) { h.Path("/nowhere") }, "no sha256sum", false},
		"flood":    {"yes", goodVerify, nil, "too much output", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newPush(t, one.install, one.verify, goodBackOut)
			if one.break1 != nil {
				one.break1(w.hosts["osl-1"])
				one.break1(w.hosts["osl-2"])
			}
			w.launch(1)
			w.work()
			w.stands(1, deploy.WaveFailed)
			got := w.is(1, "osl-1", deploy.TargetFailed)
			if !strings.Contains(got.Reason, one.says) || got.Touched != one.touched {
				t.Errorf("touched %v: %s", got.Touched, got.Reason)
			}
			if runs := w.runs(1, "osl-1"); runs[0].State != deploy.RunFailed || runs[0].Reason != got.Reason {
				t.Errorf("%+v", runs[0])
			}
		})
	}
}

func TestCommandOverTimeFails(t *testing.T) {
	w := newPush(t, "sleep 600", goodVerify, goodBackOut)
	w.svc.Equip(deploy.Tools{Box: pushBox, Media: w.media, Least: 200 * time.Millisecond, Retry: time.Millisecond, Patience: hasty})
	w.launch(1)
	w.work()
	if got := w.is(1, "osl-1", deploy.TargetFailed); !strings.Contains(got.Reason, "out of time") {
		t.Errorf("%s", got.Reason)
	}
}

func TestHostThatIsGoneFailsAndIsRetried(t *testing.T) {
	w := newPush(t, goodInstall, goodVerify, goodBackOut)
	w.set(&deploy.Wave{}, "failure_percent", 60)
	w.launch(1)
	w.must(w.svc.EditHost(ctx, w.maya, "osl-2", w.host("osl-2").Version, deploy.HostDraft{Address: "127.0.0.1", Port: "1", Login: "deploy"}))
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Model(&deploy.Host{}).Where("port = 1").Update("host_key", w.hosts["osl-2"].Key()).Error
	})
	w.work()
	got := w.is(1, "osl-2", deploy.TargetFailed)
	if !strings.Contains(got.Reason, "refused") || got.Touched {
		t.Errorf("%+v", got.WaveTarget)
	}
	w.is(1, "osl-1", deploy.TargetVerified)
	w.stands(1, deploy.WaveVerifying)
	w.must(w.svc.EditHost(ctx, w.maya, "osl-2", w.host("osl-2").Version, deploy.HostDraft{Address: "127.0.0.1", Port: fmt.Sprint(w.hosts["osl-2"].Port), Login: "deploy"}))
	w.reach("osl-2")
	w.must(w.svc.RetryTarget(ctx, w.maya, w.key, 1, "osl-2", w.target(1, "osl-2").Version))
	w.work()
	w.is(1, "osl-2", deploy.TargetVerified)
	w.stands(1, deploy.WaveComplete)
}

func TestConnectionThatDropsMidWayIsTakenUpAgain(t *testing.T) {
	w := newPush(t, onceInstall, goodVerify, goodBackOut)
	w.launch(1)
	w.leave("osl-2", "go-on")
	var working sync.WaitGroup
	working.Go(w.work)
	w.awaits("osl-1", "began")
	w.hosts["osl-1"].Drop()
	w.leave("osl-1", "go-on")
	working.Wait()
	w.is(1, "osl-1", deploy.TargetVerified)
	if ran := w.on("osl-1", "ran"); ran != "ran\n" {
		t.Errorf("the installation ran %q", ran)
	}
	w.stands(1, deploy.WaveComplete)
}

// TestServerThatIsKilledGoesOn kills the server, in effect, while a command runs:
// its job is leased again, and the command is not.
func TestServerThatIsKilledGoesOn(t *testing.T) {
	w := newPush(t, onceInstall, goodVerify, goodBackOut)
	w.launch(1)
	w.leave("osl-2", "go-on")
	dying, kill := context.WithCancel(ctx)
	var working sync.WaitGroup
	working.Go(func() {
		for worked := true; worked; {
			worked, _ = w.runner.Step(dying)
		}
	})
	w.awaits("osl-1", "began")
	kill()
	working.Wait()
	w.is(1, "osl-1", deploy.TargetDeploying)
	w.equip()
	w.must(w.svc.Schedule(ctx))
	w.leave("osl-1", "go-on")
	w.work()
	w.is(1, "osl-1", deploy.TargetVerified)
	w.is(1, "osl-2", deploy.TargetVerified)
	if ran := w.on("osl-1", "ran"); ran != "ran\n" {
		t.Errorf("the installation ran %q", ran)
	}
	w.stands(1, deploy.WaveComplete)
}

// TestUnknownOutcomeIsNeverRunAgain loses the host's memory of how the command
// ended, as a power cut does. The checks settle it where they succeed.
func TestUnknownOutcomeIsNeverRunAgain(t *testing.T) {
	for name, verified := range map[string]bool{"settled by the checks": true, "left to a person": false} {
		t.Run(name, func(t *testing.T) {
			w := newPush(t, `echo ran >>"$HOME/ran"; touch "$HOME/began"; sleep 60`, `[ -e "$HOME/fine" ]`, goodBackOut)
			w.launch(1)
			w.in(func(tx *db.Tx) error { // one host is enough
				return tx.Gorm().Exec("DELETE FROM ssh_runs WHERE target_id = (SELECT id FROM targets WHERE target_key = 'osl-2')").Error
			})
			var working sync.WaitGroup
			working.Go(w.work)
			w.awaits("osl-1", "began")
			if verified {
				w.leave("osl-1", "fine")
			}
			begun, _ := filepath.Glob(filepath.Join(w.hosts["osl-1"].Home, ".slipway/*/begun.install-1"))
			if len(begun) != 1 {
				t.Fatalf("%v", begun)
			}
			text, err := os.ReadFile(begun[0])
			w.must(err)
			w.must(os.WriteFile(begun[0], []byte("other 999999999"), 0o600)) // its process is gone, and left no end
			w.hosts["osl-1"].Drop()
			working.Wait()
			w.must(os.WriteFile(begun[0], text, 0o600))
			if verified {
				w.is(1, "osl-1", deploy.TargetVerified)
			} else if got := w.is(1, "osl-1", deploy.TargetFailed); !strings.Contains(got.Reason, "outcome is unknown") || !strings.Contains(got.Reason, "verify or retry by a person") {
				t.Errorf("%s", got.Reason)
			}
			if ran := w.on("osl-1", "ran"); ran != "ran\n" {
				t.Errorf("the installation ran %q", ran)
			}
			if runs := w.runs(1, "osl-1"); runs[0].Commands[0].Outcome != deploy.CommandUnknown {
				t.Errorf("%+v", runs[0].Commands[0])
			}
			stop(t, text)
		})
	}
}

// stop ends what a command that was cut loose left running.
func stop(t *testing.T, marker []byte) {
	t.Helper()
	words := strings.Fields(string(marker))
	var pid int
	if _, err := fmt.Sscan(words[len(words)-1], &pid); err == nil && pid > 1 {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}
