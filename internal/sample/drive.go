package sample

import (
	"context"
	"fmt"
	"slices"
	"time"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/release"
)

// Drive takes a release to a state, by the people of the demonstration and by
// the rules, from wherever it stands. What takes days on the calendar is waited
// for by moving the database's clock ahead. It follows the straight way, and
// leaves it where the state lies beside it.
func Drive(ctx context.Context, a *app.App, key string, to release.State) error {
	who, err := find(ctx, a)
	if err != nil {
		return err
	}
	j := &journey{app: a, who: who, key: key}
	for range 40 {
		r, err := j.release(ctx)
		if err != nil || r.State == to {
			return err
		}
		if err := j.towards(ctx, r, to); err != nil {
			return fmt.Errorf("drive %s from %s to %s: %w", key, r.State, to, err)
		}
	}
	return fmt.Errorf("%s does not reach %s", key, to)
}

func (j *journey) towards(ctx context.Context, r *release.Release, to release.State) error {
	hand := func(verb release.Verb) error {
		return explain(string(verb), j.app.Release.Do(ctx, j.as("maya"), j.key, verb, "As asked.", 0))
	}
	switch {
	case to == release.Cancelled:
		return hand(release.VerbCancel)
	case to == release.OnHold && slices.Contains([]release.State{release.Planning, release.BuildTest, release.Ready}, r.State):
		return hand(release.VerbHold)
	case to == release.Paused && r.State == release.Deploying:
		return explain("pause", j.app.Deploy.PauseRelease(ctx, j.as("maya"), j.key, "As asked."))
	case (to == release.Remediating || to == release.RolledBack) && r.State == release.Deploying:
		return j.remediate(ctx, 1, "The trigger was met.")
	case to == release.RolledBack && r.State == release.Remediating:
		return inTurn(ctx, func(ctx context.Context) error { return j.takeBack(ctx, 1, "The trigger was met.") },
			func(ctx context.Context) error { return j.rollBack(ctx, "The trigger was met in the first wave.") })
	}
	switch r.State {
	case release.Draft:
		return j.propose(ctx, r)
	case release.Proposed:
		return j.past(ctx, r, release.A1)
	case release.Planning:
		return inTurn(ctx, j.fitWindow, j.writePlan, j.weighRisks, j.agree, j.settleConflicts, j.prepareWaves,
			func(ctx context.Context) error { return j.past(ctx, r, release.A2) })
	case release.BuildTest:
		return inTurn(ctx, j.build, j.test, func(ctx context.Context) error { return j.attest(ctx, release.A3) },
			func(ctx context.Context) error { return j.approve(ctx, release.A3) })
	case release.Ready:
		return inTurn(ctx, j.prepare, j.begin)
	case release.Deploying:
		return j.deployAll(ctx)
	case release.EarlyLife:
		return j.liveThrough(ctx)
	case release.Review:
		return j.close(ctx)
	case release.OnHold:
		return hand(release.VerbResume)
	case release.RolledBack:
		return hand(release.VerbReview)
	case release.Remediating:
		return explain("retry", j.app.Deploy.RetryWave(ctx, j.as("maya"), j.key, 1, "Mended."))
	case release.Paused:
		return explain("resume", j.app.Deploy.ResumeRelease(ctx, j.as("maya"), j.key, "Mended."))
	}
	return fmt.Errorf("no way leads on from %s", r.State)
}

// propose submits a draft; an emergency goes ahead on the board's word.
func (j *journey) propose(ctx context.Context, r *release.Release) error {
	if err := j.scope(ctx); err != nil {
		return err
	}
	if r.Type == release.Emergency {
		return j.emergency(ctx, release.ECAB)
	}
	return j.submit(ctx)
}

// past passes a gate, by the people whom the policy asks or, in an emergency,
// on the authority that was given.
func (j *journey) past(ctx context.Context, r *release.Release, code release.GateCode) error {
	if err := j.attest(ctx, code); err != nil {
		return err
	}
	if r.Type == release.Emergency {
		return j.proceed(ctx)
	}
	return j.approve(ctx, code)
}

// prepare does everything that A4 asks for, and passes it.
func (j *journey) prepare(ctx context.Context) error {
	r, err := j.release(ctx)
	if err != nil {
		return err
	}
	if r.Type == release.Emergency { // its window may never have been planned with its waves
		if err := j.fitWindow(ctx); err != nil {
			return err
		}
	}
	return inTurn(ctx, j.prepareWaves, j.rehearse, j.handOn, j.roster, j.notify, j.report, j.recheck,
		func(ctx context.Context) error { return j.past(ctx, r, release.A4) })
}

// begin starts the first wave, when its window has opened.
func (j *journey) begin(ctx context.Context) error {
	w, err := j.wave(ctx, 1)
	if err != nil {
		return err
	}
	j.await(w.WindowStart)
	return inTurn(ctx, func(ctx context.Context) error { return j.readyWave(ctx, 1) }, func(ctx context.Context) error { return j.startWave(ctx, 1) })
}

// await moves the clock to a moment, if it lies ahead.
func (j *journey) await(at db.Time) { later(j.app.DB, at.Sub(j.app.DB.Now())) }

// deployAll carries out every wave in its turn.
func (j *journey) deployAll(ctx context.Context) error {
	waves, _, err := j.waves(ctx)
	if err != nil {
		return err
	}
	for _, w := range waves {
		if w.State == deploy.WaveComplete {
			j.await(w.SoakUntil)
			continue
		}
		if w.State != deploy.WaveRunning && w.State != deploy.WaveVerifying {
			j.await(w.WindowStart)
			if err := j.readyWave(ctx, w.Number); err != nil {
				return err
			}
			if err := j.startWave(ctx, w.Number); err != nil {
				return err
			}
		}
		if err := j.carryOut(ctx, w.Number); err != nil {
			return err
		}
		done, err := j.wave(ctx, w.Number)
		if err != nil {
			return err
		}
		j.await(done.SoakUntil)
	}
	return nil
}

// liveThrough lets the days of early life pass, and ends it.
func (j *journey) liveThrough(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("elin"), j.key)
	if err != nil {
		return err
	}
	j.await(sheet.EarlyLife.EndsAt().Add(-time.Hour))
	return inTurn(ctx, j.support, j.handOn, j.askExit, j.acceptExit)
}

// close does everything that A5 asks for, and passes it.
func (j *journey) close(ctx context.Context) error {
	r, err := j.release(ctx)
	if err != nil {
		return err
	}
	if r.Outcome != string(release.OutcomeRolledBack) { // which left no service behind
		if err := inTurn(ctx, j.handOver, j.keepPromises); err != nil {
			return err
		}
	}
	return inTurn(ctx, j.hold, j.agreeReview, j.payDebt,
		func(ctx context.Context) error { return j.approve(ctx, release.A5) })
}
