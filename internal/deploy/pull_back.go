package deploy

import (
	"fmt"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Back withdraws what nobody fetched, and offers every device that has installed
// the package that it ran before the wave. A device that still fetches is told to
// stop. One of which nobody knows what it ran, or whose former package is not
// there any more, is put back by hand.
func (m ddi) Back(tx *db.Tx, _ identity.Actor, _ *release.Release, w *Wave) error {
	tx.AfterCommit(m.s.pulls.forgetAll)
	if err := withdrawAll(tx, w.ID); err != nil {
		return err
	}
	return offerBack(tx, w)
}

// offersBack tells whether an action that puts a device back is offered: while
// its wave is backed out and the device is not back. No window withholds it.
func offersBack(a *openAction, wave WaveState) offered {
	if wave != WaveRemediating || a.TargetState == TargetRolledBack || a.TargetState == TargetExcluded {
		return offersNothing
	}
	return offersDeployment
}

// takesBack notes that a device has fetched what it ran before.
func (d *deed) takesBack(t *WaveTarget, a *PullAction) error {
	if offersBack(&openAction{*a, t.State}, d.w.State) != offersDeployment || !a.Open() {
		return errNothing
	}
	a.TakenAt = d.tx.Now
	if err := saveAction(d.tx, a); err != nil {
		return err
	}
	return d.note(t, "fetched what it ran before")
}

// hearBack draws the consequences of what a device says that is put back.
func (d *deed) hearBack(t *WaveTarget, a *PullAction, f PullFeedback, w word) error {
	if err := a.close(d.tx, w); err != nil {
		return err
	}
	switch w {
	case written:
		a.InstalledAt = d.tx.Now
		return saveAction(d.tx, a)
	case confirmed:
		if !t.canBe(TargetRollBack) {
			return nil
		}
		if err := d.workable(BackOut); err != nil {
			return err
		}
		if err := wantConfig(d.tx, t.TargetID); err != nil {
			return err
		}
		return d.rolledBack(t, Report{Digest: t.FormerDigest, Evidence: fmt.Sprintf("%s, closed with success by %s", a.Noun(), d.actor.Name)})
	case broken, brokenOff:
		return d.note(t, "could not go back: "+f.said(maxReason))
	}
	return nil
}
