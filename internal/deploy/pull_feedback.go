package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/policy"
)

// Feedback takes what a device says of an action. Whatever can be understood is
// kept and answered well, also what comes late or twice: SWUpdate gives an
// installation up, and begins it anew at every poll, when a report is not
// answered with 200.
func (s *Service) Feedback(ctx context.Context, dev *Device, action int64, f PullFeedback) error {
	return s.hear(ctx, dev, action, f, f.means())
}

// CancelFeedback takes what a device says to being told to stop.
func (s *Service) CancelFeedback(ctx context.Context, dev *Device, action int64, f PullFeedback) error {
	return s.hear(ctx, dev, action, f, f.meansToCancel())
}

// Cancelled tells whether the device is told to stop the action now.
func (s *Service) Cancelled(ctx context.Context, dev *Device, action int64) error {
	a := dev.known.find(action)
	if a == nil {
		return errNothing
	}
	o, err := s.offer(ctx, dev.known, a)
	if err == nil && o != offersCancel {
		return errNothing
	}
	return err
}

func (s *Service) hear(ctx context.Context, dev *Device, action int64, f PullFeedback, w word) error {
	var a *PullAction
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		a, err = pullAction(tx, dev.known.targetID, action)
		return err
	})
	if err != nil {
		return err
	}
	if !a.Open() || w == heard || w == written && !a.InstalledAt.IsZero() {
		return s.keep(ctx, dev, action, f)
	}
	err = s.onTarget(ctx, dev.actor(), a.WaveTargetID, func(d *deed, t *WaveTarget) error {
		return d.hear(t, action, f, w)
	})
	if known, ok := fault.As(err); ok && (known.Kind == fault.Refused || known.Kind == fault.NotFound) {
		// The release is over, its wave planned anew, or the package another: what
		// the device says changes nothing any more, and it may rest.
		return s.keepClosed(ctx, dev, action, f, w)
	}
	return err
}

// keep writes down what was said, and changes nothing.
func (s *Service) keep(ctx context.Context, dev *Device, action int64, f PullFeedback) error {
	return s.db.InTxTogether(ctx, func(tx *db.Tx) error {
		a, err := pullAction(tx, dev.known.targetID, action)
		if err != nil {
			return err
		}
		return keepStatus(tx, a, f)
	})
}

func keepStatus(tx *db.Tx, a *PullAction, f PullFeedback) error {
	if f.Of > 0 && a.Open() {
		a.Progress, a.ProgressOf = f.Count, f.Of
	}
	if err := addStatus(tx, a, f.status(a, tx.Now)); err != nil {
		return err
	}
	return saveAction(tx, a)
}

// keepClosed writes down what was said and closes the action.
func (s *Service) keepClosed(ctx context.Context, dev *Device, action int64, f PullFeedback, w word) error {
	return s.db.InTxTogether(ctx, func(tx *db.Tx) error {
		a, err := pullAction(tx, dev.known.targetID, action)
		if err != nil {
			return err
		}
		if err := keepStatus(tx, a, f); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.pulls.forget(dev.Key) })
		return a.close(tx, w)
	})
}

// close moves an action that a word ends.
func (a *PullAction) close(tx *db.Tx, w word) error {
	verb, ends := map[word]PullVerb{confirmed: PullFinish, broken: PullFail, brokenOff: PullCancel}[w]
	if !ends || !a.Open() {
		return nil
	}
	if err := a.move(verb, tx.Now); err != nil {
		return err
	}
	return saveAction(tx, a)
}

// hear draws the consequences of what a device says for its target.
func (d *deed) hear(t *WaveTarget, action int64, f PullFeedback, w word) error {
	a, err := pullAction(d.tx, t.TargetID, action)
	if err != nil {
		return err
	}
	open := a.Open()
	if err := keepStatus(d.tx, a, f); err != nil || !open {
		return err
	}
	if w == confirmed && a.TakenAt.IsZero() {
		return nil // nobody runs what was never fetched
	}
	if a.Purpose == ForBackOut {
		return d.hearBack(t, a, f, w)
	}
	if err := a.close(d.tx, w); err != nil {
		return err
	}
	switch w {
	case written:
		return d.written(t, a)
	case confirmed:
		if d.replaced() {
			return d.brokenBy(t, "It runs the package that it was given, which is not the release's signed package any more", f)
		}
		return d.confirmed(t, a, f)
	case broken:
		return d.brokenBy(t, "The device reports a failure", f)
	case brokenOff:
		if d.w.State == WaveRemediating && !d.w.BackOutAt.IsZero() && a.InstalledAt.IsZero() && t.FormerDigest != "" && t.canBe(TargetRollBack) {
			return d.rolledBack(t, Report{Digest: t.FormerDigest, Evidence: d.actor.Name + " broke it off before anything was installed."})
		}
		return d.brokenBy(t, "The device broke it off", f)
	case keepsGoing:
		a.Refused = true
		return saveAction(d.tx, a)
	}
	return nil
}

// written notes that all is installed; the device has to start with it now.
func (d *deed) written(t *WaveTarget, a *PullAction) error {
	p, err := pullWave(d.tx, a.WaveID)
	if err != nil {
		return err
	}
	a.InstalledAt, a.ConfirmBy = d.tx.Now, d.tx.Now.Add(time.Duration(p.ConfirmMS)*time.Millisecond)
	if err := saveAction(d.tx, a); err != nil {
		return err
	}
	if t.State == TargetOverdue {
		if err := t.move(TargetTake); err != nil {
			return err
		}
	}
	if !t.canBe(TargetInstall) {
		return nil
	}
	if err := t.move(TargetInstall); err != nil {
		return err
	}
	t.Touched, t.Reason, t.SettledAt = true, "", 0
	return d.note(t, "installed it; to confirm by "+d.at(a.ConfirmBy))
}

// confirmed notes that the device runs what it was given: the package that its
// wave was frozen with, whose files the action handed out by their digests.
func (d *deed) confirmed(t *WaveTarget, a *PullAction, f PullFeedback) error {
	if err := wantConfig(d.tx, t.TargetID); err != nil {
		return err
	}
	if _, err := route(t.Delivery, t.TargetKey, t.State, toVerified); err != nil {
		return nil // it failed, was excluded or was verified already
	}
	evidence := fmt.Sprintf("%s, closed with success by %s", a.Noun(), d.actor.Name)
	if said := f.said(maxReason); said != "" {
		evidence += ": " + said
	}
	return d.verified(t, d.w.PackageDigest, evidence)
}

func (d *deed) brokenBy(t *WaveTarget, what string, f PullFeedback) error {
	if t.State == TargetOverdue { // it is late, and now it is known why
		if err := t.move(TargetTake); err != nil {
			return err
		}
	}
	if !t.canBe(TargetFail) || slices.Contains(stopped, t.State) {
		return nil
	}
	if said := strings.TrimSpace(lastLines(f.Details, 10)); said != "" {
		what += ": " + (&PullFeedback{Details: []string{said}}).said(maxReason)
	}
	t.Touched = true
	return d.failedBy(t, policy.FailInstall, what)
}

// lastLines are where the cause stands in what clients send.
func lastLines(list []string, n int) string { return strings.Join(list[max(0, len(list)-n):], "\n") }
