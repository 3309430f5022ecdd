package deploy

import (
	"fmt"
	"slices"
	"time"

	"slipway/internal/db"
	"slipway/internal/release"
)

// settle draws the consequences of what was done to a wave: steps that waited
// become claimable; when the installation is through it verifies, when enough
// targets are verified it is complete, when too many failed it fails, and when
// all is put back it is rolled back. The wave is saved once, at the end.
func (d *deed) settle() error {
	steps, err := stepsOf(d.tx, d.w.ID)
	if err != nil {
		return err
	}
	if err := d.advance(steps); err != nil {
		return err
	}
	if err := openSettled(d.tx, d.w, handwork(d.w, steps)); err != nil {
		return err
	}
	if err := save(d.tx, d.w); err != nil {
		return err
	}
	if err := d.seat(); err != nil {
		return err
	}
	if d.all != "" {
		return d.allBackItself()
	}
	if d.w.State == WaveRolledBack {
		return d.wentBack()
	}
	return d.settleRelease()
}

// advance moves the wave as far as its steps and targets carry it.
func (d *deed) advance(steps []Step) error {
	w := d.w
	steps = handwork(w, steps)
	if w.State == WaveRunning && settled(ofKind(steps, Install)) {
		through, err := d.installed()
		if err != nil {
			return err
		}
		if through {
			if err := d.beginVerifying(); err != nil {
				return err
			}
		}
	}
	if why := w.Breach(); why != "" && (w.State == WaveRunning || w.State == WaveVerifying) {
		return d.fail(why)
	}
	if w.State == WaveVerifying && w.Good() && settled(ofKind(steps, Verify)) {
		return d.complete()
	}
	if w.State == WaveRemediating && !w.BackOutAt.IsZero() && settled(ofKind(steps, BackOut)) {
		return d.finishBackOut()
	}
	return nil
}

// installed tells whether nothing is left to install once the steps are done.
// Machines report target by target; enough verified ones need not wait for the
// last that was never reached.
func (d *deed) installed() (bool, error) {
	if !d.w.ByMachine() || d.w.Good() {
		return true, nil
	}
	left, err := anyIn(d.tx, d.w.ID, TargetPending, TargetStaged, TargetDeploying, TargetOffered, TargetTaken)
	return !left, err
}

func (d *deed) beginVerifying() error {
	if err := d.w.move(WaveVerbVerify); err != nil {
		return err
	}
	if !d.w.ByMachine() {
		if err := d.moveTargets([]TargetVerb{TargetInstall}, nil, TargetDeploying); err != nil {
			return err
		}
	}
	return d.record("verify", "", "finished installing %s; it is verified now", d.w.Label())
}

func (d *deed) complete() error {
	w := d.w
	if err := w.move(WaveVerbComplete); err != nil {
		return err
	}
	w.CompletedAt, w.HealthAt, w.HealthBy, w.HealthNote = d.tx.Now, 0, "", ""
	w.SoakUntil = d.tx.Now.Add(time.Duration(w.SoakHours) * time.Hour)
	if err := d.s.book(d.tx, d.r, w); err != nil {
		return err
	}
	return d.record("complete", "", "completed %s with %d of %d targets verified", w.Label(), w.Verified, w.Counted())
}

// fail fails the wave. Where nothing else of the release runs, the release
// pauses, so that nothing begins before somebody has decided.
func (d *deed) fail(reason string) error {
	w := d.w
	if err := w.move(WaveVerbFail); err != nil {
		return err
	}
	w.FailedAt, w.FailReason = d.tx.Now, reason
	if err := d.record("fail", reason, "%s failed", w.Label()); err != nil {
		return err
	}
	if err := d.backOutItself(reason); err != nil || w.State != WaveFailed || d.all != "" {
		return err
	}
	runs := slices.ContainsFunc(d.waves, func(o Wave) bool {
		return o.ID != w.ID && (o.State == WaveRunning || o.State == WaveVerifying)
	})
	if runs || d.r.State != release.Deploying {
		return nil
	}
	return d.s.release.Advance(d.tx, d.actor, d.r, release.VerbPause, w.Label()+" failed: "+reason)
}

// finishBackOut rolls the wave back once every target that was touched is
// reported back. Those that nobody touched run what they ran.
func (d *deed) finishBackOut() error {
	left, err := touchedLeft(d.tx, d.w.ID)
	if err != nil || left > 0 {
		return err
	}
	if err := d.moveTargets([]TargetVerb{TargetRollBack}, map[string]any{"settled_at": d.tx.Now}, TargetPending, TargetStaged, TargetOffered); err != nil {
		return err
	}
	if err := d.w.move(WaveVerbRollBack); err != nil {
		return err
	}
	d.w.RolledBackAt = d.tx.Now
	if err := d.s.book(d.tx, d.r, d.w); err != nil {
		return err
	}
	return d.record("rollback", d.w.BackOutReason, "rolled %s back", d.w.Label())
}

// moveTargets moves all targets of the wave that stand in one of the states by
// the verbs, and counts them.
func (d *deed) moveTargets(verbs []TargetVerb, more map[string]any, from ...TargetState) error {
	delivery := d.r.Approach.Delivery
	d.only = nil
	for _, state := range from {
		to, err := route(delivery, "", state, verbs)
		if err != nil {
			continue
		}
		if _, err := moveAll(d.tx, d.w, []TargetState{state}, to, more); err != nil {
			return err
		}
	}
	return d.recount()
}

// recount brings the wave's counters in step after many targets moved at once.
func (d *deed) recount() error {
	rows, err := countStates(d.tx, d.w.ID)
	if err != nil {
		return err
	}
	d.w.Total, d.w.Verified, d.w.Active, d.w.Failed, d.w.Excluded, d.w.RolledBack, d.w.Retrying = 0, 0, 0, 0, 0, 0, 0
	for _, row := range rows {
		d.w.Total += row.Total
		d.w.count(row.State, row.Total)
		d.w.Retrying += row.Retrying
	}
	return nil
}

// count adds to the counter of a state.
func (w *Wave) count(s TargetState, by int64) {
	switch s {
	case TargetVerified:
		w.Verified += by
	case TargetFailed, TargetOverdue: // who is late counts as failed until heard of
		w.Failed += by
	case TargetExcluded:
		w.Excluded += by
	case TargetRolledBack:
		w.RolledBack += by
	case TargetDeploying, TargetVerifying, TargetTaken, TargetInstalled:
		w.Active += by
	}
}

// countRetry adds to the count of failed targets that are tried again.
func (w *Wave) countRetry(is bool, by int64) {
	if is {
		w.Retrying += by
	}
}

// openSettled makes the steps claimable that no longer wait for any.
func openSettled(tx *db.Tx, w *Wave, steps []Step) error {
	for i := range steps {
		if !steps[i].openable(w, steps) {
			continue
		}
		if err := steps[i].move(StepVerbOpen); err != nil {
			return err
		}
		if err := save(tx, &steps[i]); err != nil {
			return err
		}
	}
	return nil
}

// settleRelease ends the deployment once every wave is complete and every
// target verified or excluded.
func (d *deed) settleRelease() error {
	if d.r.State != release.Deploying || len(d.waves) == 0 {
		return nil
	}
	var verified, excluded int64
	for i := range d.waves {
		if w := &d.waves[i]; w.State != WaveComplete || !w.Settled() {
			return nil
		}
		verified, excluded = verified+d.waves[i].Verified, excluded+d.waves[i].Excluded
	}
	if err := d.s.release.MarkDeployed(d.tx, d.actor, d.r); err != nil {
		return err
	}
	return d.s.release.Advance(d.tx, d.actor, d.r, release.VerbComplete, fmt.Sprintf("%d targets verified, %d excluded", verified, excluded))
}
