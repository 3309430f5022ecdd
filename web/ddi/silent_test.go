package ddi_test

import (
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// silentWorld is a pilot of one device that has a minute to install, and whose
// plan tries again so often.
func silentWorld(t *testing.T, attempts int64, on string) (*world, *device) {
	t.Helper()
	f := newWorld(t, image, "dev-1")
	f.must(f.app.Deploy.EditPull(ctx, f.omar, "field", 0, deploy.PullDraft{PollSeconds: 60, ConfirmMinutes: 1, StuckMinutes: 1}))
	w := f.wave(1)
	e := w.Edit()
	e.RetryAttempts, e.RetryMinutes, e.RetryOn = attempts, 2, on
	f.must(f.app.Deploy.EditWave(ctx, f.maya, key, 1, w.Version, e))
	f.must(f.app.DB.InTx(ctx, func(tx *db.Tx) error { // A4 is decided anew
		return tx.Gorm().Model(&release.Gate{}).Where("code = ?", release.A4).Update("state", release.GateApproved).Error
	}))
	f.must(f.app.Deploy.Schedule(ctx))
	one := f.device("dev-1")
	f.start(1)
	return f, one
}

// passes lets time pass and the jobs work meanwhile.
func (f *world) passes(by time.Duration) {
	f.t.Helper()
	for ; by > 0; by -= 10 * time.Second {
		f.later(10 * time.Second)
		f.work()
	}
}

func TestASilentDeviceIsOfferedItAgainByThePlan(t *testing.T) {
	for name, test := range map[string]struct {
		attempts int64
		on       string
		wave     deploy.WaveState // once it is overdue
		retrying int64
	}{
		"as planned":               {3, policy.FailSilent, deploy.WaveVerifying, 1},
		"among others":             {2, policy.FailInstall + " " + policy.FailSilent, deploy.WaveVerifying, 1},
		"for other failures only":  {3, policy.FailInstall, deploy.WaveFailed, 0},
		"when nothing is tried":    {0, "", deploy.WaveFailed, 0},
		"when one attempt was all": {1, policy.FailSilent, deploy.WaveFailed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := silentWorld(t, test.attempts, test.on)
			f.passes(80 * time.Second)
			f.stands(1, "dev-1", deploy.TargetOverdue)
			f.waveIs(1, test.wave)
			if w := f.wave(1); w.Retrying != test.retrying {
				t.Errorf("%d are tried again", w.Retrying)
			}
		})
	}
}

func TestASilentDeviceRestsLongerEachTimeAndIsLostInTheEnd(t *testing.T) {
	f, one := silentWorld(t, 3, policy.FailSilent)
	_, first := one.offered()
	f.until("dev-1", deploy.TargetOverdue)
	if rest := f.until("dev-1", deploy.TargetOffered); rest < 2*time.Minute || rest > 3*time.Minute {
		t.Errorf("it rested for %v", rest)
	}
	if got := f.target(1, "dev-1"); got.Attempts != 2 || got.FailClass != policy.FailSilent {
		t.Errorf("attempt %d, %s", got.Attempts, got.FailClass)
	}
	href, second := one.offered()
	if second == first || href == "" {
		t.Errorf("offered action %s again", second)
	}
	one.ask("GET", "/default/controller/v1/dev-1/deploymentBase/"+first, "").status(404)
	one.says(first, "proceeding", "none").status(200) // late words settle
	f.until("dev-1", deploy.TargetOverdue)
	if rest := f.until("dev-1", deploy.TargetOffered); rest < 4*time.Minute || rest > 5*time.Minute {
		t.Errorf("the second time it rested for %v", rest)
	}
	if w := f.wave(1); w.State == deploy.WaveFailed || w.Retrying != 0 {
		t.Errorf("the wave is %s, %d are tried again", w.State, w.Retrying)
	}
	f.until("dev-1", deploy.TargetOverdue)
	f.waveIs(1, deploy.WaveFailed) // three attempts were all
}

// until lets time pass until a device stands so, and tells how much.
func (f *world) until(device string, state deploy.TargetState) (took time.Duration) {
	f.t.Helper()
	for f.target(1, device).State != state {
		if took += 10 * time.Second; took > 10*time.Minute {
			f.t.Fatalf("%s never is %s", device, state)
		}
		f.passes(10 * time.Second)
	}
	return took
}

func TestASilentDeviceThatComesWhileItRestsGoesOn(t *testing.T) {
	f, one := silentWorld(t, 3, policy.FailSilent)
	f.passes(80 * time.Second)
	f.stands(1, "dev-1", deploy.TargetOverdue)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	f.stands(1, "dev-1", deploy.TargetTaken)
	if w := f.wave(1); w.Retrying != 0 || w.Failed != 0 {
		t.Errorf("%d failed, %d are tried again", w.Failed, w.Retrying)
	}
	one.says(action, "closed", "success").status(200)
	f.stands(1, "dev-1", deploy.TargetVerified)
	f.passes(3 * time.Minute)
	f.stands(1, "dev-1", deploy.TargetVerified)
}

// A device that installed and does not confirm may run it: nothing is repeated.
func TestADeviceThatDoesNotConfirmIsLeftToAPerson(t *testing.T) {
	f, one := silentWorld(t, 3, policy.FailSilent)
	href, action := one.offered()
	one.ask("GET", href, "").status(200)
	one.says(action, "proceeding", "none", "All Chunks Installed.").status(200)
	f.stands(1, "dev-1", deploy.TargetInstalled)
	f.passes(80 * time.Second)
	f.stands(1, "dev-1", deploy.TargetOverdue)
	if got := f.target(1, "dev-1"); got.RetryAt != 0 || got.FailClass != policy.FailUnknown {
		t.Errorf("tried again at %v for %s", got.RetryAt, got.FailClass)
	}
	f.waveIs(1, deploy.WaveFailed)
}
