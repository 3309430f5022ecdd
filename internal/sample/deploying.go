package sample

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// prepareWaves names staff for every planned wave, and keeps a wave to the
// targets of its service.
func (j *journey) prepareWaves(ctx context.Context) error {
	waves, r, err := j.waves(ctx)
	if err != nil {
		return err
	}
	for _, w := range waves {
		if w.State != deploy.WavePlanned || len(w.Staff) > 0 {
			continue
		}
		e := w.Edit()
		e.StaffIDs = []int64{j.as("dario").UserID, j.as("dina").UserID}
		if mine := "service=" + r.ServiceKey; e.Filter == "" {
			e.Filter = mine
		} else if !strings.Contains(e.Filter, "service=") {
			e.Filter += " and " + mine
		}
		if err := j.app.Deploy.EditWave(ctx, j.as("maya"), j.key, w.Number, w.Version, e); err != nil {
			return explain("staff the wave", err)
		}
	}
	return nil
}

func (j *journey) waves(ctx context.Context) ([]deploy.Wave, *release.Release, error) {
	r, err := j.release(ctx)
	if err != nil {
		return nil, nil, err
	}
	var waves []deploy.Wave
	return waves, r, j.view(ctx, func(tx *db.Tx) error {
		waves, err = j.app.Deploy.Waves(tx, r.ID)
		return err
	})
}

func (j *journey) wave(ctx context.Context, number int64) (*deploy.Wave, error) {
	waves, _, err := j.waves(ctx)
	for i := range waves {
		if waves[i].Number == number {
			return &waves[i], err
		}
	}
	if err == nil {
		err = fmt.Errorf("%s has no wave %d", j.key, number)
	}
	return nil, err
}

// readyWave stages the wave and gives go.
func (j *journey) readyWave(ctx context.Context, number int64) error {
	maya := j.as("maya")
	w, err := j.wave(ctx, number)
	if err != nil {
		return err
	}
	if w.State == deploy.WavePlanned {
		if err := j.app.Deploy.ReadyWave(ctx, maya, j.key, number, w.Version); err != nil {
			return explain("make the wave ready", err)
		}
	}
	if err := j.recheck(ctx); err != nil {
		return err
	}
	if w, err = j.wave(ctx, number); err != nil || w.State != deploy.WaveReady {
		return err
	}
	return explain("give go", j.app.Deploy.GiveGo(ctx, maya, j.key, number, w.Version, "Staffed, staged, and nothing stands in the way."))
}

// startWave starts a wave that got go.
func (j *journey) startWave(ctx context.Context, number int64) error {
	w, err := j.wave(ctx, number)
	if err != nil || w.State != deploy.WaveGo {
		return err
	}
	return explain("start the wave", j.app.Deploy.StartWave(ctx, j.as("maya"), j.key, number, w.Version))
}

// evidence is what is written when a step of the kind is signed.
var evidence = map[deploy.StepKind]string{
	deploy.Install: "Done on every target of the wave; the log shows no error.",
	deploy.Verify:  "The digest read on each target is the signed one, and the smoke test passed.",
	deploy.BackOut: "The former version runs again; the smoke test passed.",
}

// steps has deployment staff take up to so many steps of a kind, turn about.
func (j *journey) steps(ctx context.Context, number int64, kind deploy.StepKind, most int) error {
	for done := range most {
		holder, witness := j.as("dario"), j.as("dina")
		if done%2 == 1 {
			holder, witness = witness, holder
		}
		sheet, err := j.app.Deploy.RunSheet(ctx, holder, j.key, number)
		if err != nil {
			return err
		}
		step := claimable(sheet, kind)
		if step == nil {
			return nil
		}
		if err := j.step(ctx, number, *step, holder, witness); err != nil {
			return err
		}
	}
	return nil
}

func claimable(sheet *deploy.RunSheet, kind deploy.StepKind) *deploy.Step {
	for i := range sheet.Steps {
		if step := &sheet.Steps[i].Step; step.Kind == kind && step.State == deploy.StepClaimable {
			return step
		}
	}
	return nil
}

// claim has somebody of the staff claim the next step of a kind, and no more.
func (j *journey) claim(ctx context.Context, number int64, kind deploy.StepKind, username string) error {
	sheet, err := j.app.Deploy.RunSheet(ctx, j.as(username), j.key, number)
	if err != nil {
		return err
	}
	step := claimable(sheet, kind)
	if step == nil {
		return fmt.Errorf("no %s step of %s can be claimed", kind, j.key)
	}
	return explain("claim", j.app.Deploy.ClaimStep(ctx, j.as(username), j.key, number, step.Number, step.Version))
}

func (j *journey) step(ctx context.Context, number int64, step deploy.Step, holder, witness identity.Actor) error {
	if err := j.app.Deploy.ClaimStep(ctx, holder, j.key, number, step.Number, step.Version); err != nil {
		return explain("claim", err)
	}
	if j.pass != nil {
		j.pass(time.Duration(step.Minutes) * time.Minute)
	}
	if err := j.attach(ctx, number, step, holder); err != nil {
		return err
	}
	if err := j.app.Deploy.SignStep(ctx, holder, j.key, number, step.Number, step.Version+1, evidence[step.Kind]); err != nil {
		return explain("sign", err)
	}
	if !step.Witness {
		return nil
	}
	return explain("witness", j.app.Deploy.WitnessStep(ctx, witness, j.key, number, step.Number, step.Version+2, "Read the digests too."))
}

const allSteps = 60

// carryOut installs and verifies a running wave to its end.
func (j *journey) carryOut(ctx context.Context, number int64) error {
	if err := j.steps(ctx, number, deploy.Install, allSteps); err != nil {
		return err
	}
	if err := j.steps(ctx, number, deploy.Verify, allSteps); err != nil {
		return err
	}
	w, r, err := j.openWave(ctx, number)
	if err != nil || w.Open() == 0 {
		return err
	}
	_, err = j.app.Deploy.ReportAllVerified(ctx, j.as("dario"), j.key, number, deploy.Report{Digest: r.PackageDigest, Evidence: "Digest read on each target after its restart."})
	return explain("verify the targets", err)
}

func (j *journey) openWave(ctx context.Context, number int64) (*deploy.Wave, *release.Release, error) {
	w, err := j.wave(ctx, number)
	if err != nil {
		return nil, nil, err
	}
	r, err := j.release(ctx)
	return w, r, err
}

// verifyOne reports the first so many targets of a wave, one by one.
func (j *journey) verifySome(ctx context.Context, number int64, count int) error {
	return j.eachOpen(ctx, number, count, func(t deploy.TargetView, r *release.Release) error {
		return j.app.Deploy.ReportVerified(ctx, j.as("dina"), j.key, number, t.TargetKey, deploy.Report{Version: t.Version, Digest: r.PackageDigest, Evidence: "sha256sum on the target, read aloud to Dario."})
	})
}

// failSome reports that the next so many targets of a wave failed.
func (j *journey) failSome(ctx context.Context, number int64, count int, reason string) error {
	return j.eachOpen(ctx, number, count, func(t deploy.TargetView, _ *release.Release) error {
		return j.app.Deploy.ReportFailed(ctx, j.as("dina"), j.key, number, t.TargetKey, t.Version, reason)
	})
}

func (j *journey) eachOpen(ctx context.Context, number int64, count int, do func(deploy.TargetView, *release.Release) error) error {
	page, err := j.app.Deploy.WaveTargets(ctx, j.as("dina"), j.key, number, deploy.TargetQuery{Limit: 200})
	if err != nil {
		return err
	}
	for _, t := range page.Targets {
		if count == 0 {
			return nil
		}
		if !t.CanFail || !t.CanVerify {
			continue
		}
		if err := do(t, page.Release); err != nil {
			return explain("target "+t.TargetKey, err)
		}
		count--
	}
	return nil
}

// backOut takes a wave back, target by target.
func (j *journey) backOut(ctx context.Context, number int64, why string) error {
	return inTurn(ctx, func(ctx context.Context) error { return j.remediate(ctx, number, why) },
		func(ctx context.Context) error { return j.takeBack(ctx, number, why) })
}

func (j *journey) remediate(ctx context.Context, number int64, why string) error {
	return explain("remediate", j.app.Deploy.RemediateWave(ctx, j.as("maya"), j.key, number, why))
}

func (j *journey) takeBack(ctx context.Context, number int64, why string) error {
	if err := j.app.Deploy.BackOutWave(ctx, j.as("maya"), j.key, number, why); err != nil {
		return explain("back out", err)
	}
	if err := j.steps(ctx, number, deploy.BackOut, allSteps); err != nil {
		return err
	}
	if _, err := j.app.Deploy.ReportAllRolledBack(ctx, j.as("dario"), j.key, number, "The former digest was read on each target."); err != nil {
		return explain("report the back-out", err)
	}
	return nil
}

// rollBack says that the release is rolled back.
func (j *journey) rollBack(ctx context.Context, why string) error {
	return explain("roll back", j.app.Deploy.RollBackRelease(ctx, j.as("maya"), j.key, why))
}

// fitWindow gives the release a window that holds its waves and has not passed.
func (j *journey) fitWindow(ctx context.Context) error {
	waves, r, err := j.waves(ctx)
	if err != nil {
		return err
	}
	now := j.app.DB.Now()
	w := release.Window{Start: r.WindowStart, End: r.WindowEnd, Zone: r.Zone}
	if w.Start.IsZero() || w.End.Before(now.Add(48*time.Hour)) {
		w.Start = now.Add(72 * time.Hour)
		w.End = w.Start.Add(24 * time.Hour)
	}
	for _, wave := range waves {
		w.End = max(w.End, w.Start.Add(time.Duration(wave.Days*24+max(wave.Hours, 1))*time.Hour))
	}
	if w.Start == r.WindowStart && w.End == r.WindowEnd {
		return nil
	}
	return explain("window", j.app.Release.Reschedule(ctx, j.as("maya"), j.key, r.Version, w, "So that every wave has its time."))
}
