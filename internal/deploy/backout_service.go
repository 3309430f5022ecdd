package deploy

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
)

// BackOutWave opens the back-out steps of a remediating wave. Past a point of
// no return somebody has to have decided anew that it is right.
func (s *Service) BackOutWave(ctx context.Context, actor identity.Actor, key string, number int64, reason string) error {
	return s.control(ctx, actor, key, number, &reason, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if !waveMoves.Allows(d.w.State, WaveVerbRollBack) {
			return d.w.move(WaveVerbRollBack)
		}
		if !d.w.BackOutAt.IsZero() {
			return fault.New(fault.Refused, "%s is being backed out already.", d.w.Label())
		}
		blockers, err := d.backOutBlockers()
		if err != nil {
			return err
		}
		if err := fault.Refuse(d.w.Label()+" was not backed out.", blockers...); err != nil {
			return err
		}
		if err := d.backOut(actor.Name, reason); err != nil {
			return err
		}
		return d.settle()
	})
}

// backOut begins to put the wave's targets back, on somebody's word.
func (d *deed) backOut(by, reason string) error {
	d.w.BackOutAt, d.w.BackOutBy, d.w.BackOutReason = d.tx.Now, by, reason
	if err := d.record("backout", reason, "began to back %s out", d.w.Label()); err != nil {
		return err
	}
	return d.method().Back(d.tx, d.actor, d.r, d.w)
}

// passed gives the waves behind whose start there is no way back without a decision.
func passed(waves []Wave) []Wave {
	return slices.DeleteFunc(slices.Clone(waves), func(w Wave) bool {
		return !w.NoReturn || !w.State.Begun() || w.State == WaveRolledBack
	})
}

// backOutBlockers say whether going back needs a decision that was not made
// since the wave came to be remediated.
func (d *deed) backOutBlockers() ([]fault.Blocker, error) {
	undecided, err := d.undecided(d.w.RemediatingAt)
	if undecided == nil {
		return nil, err
	}
	return []fault.Blocker{*undecided}, err
}

// undecided says that a point of no return is passed and nobody has decided to
// go back since the moment at which this remediation began; 0 is not yet.
func (d *deed) undecided(since db.Time) (*fault.Blocker, error) {
	gone := passed(d.waves)
	if len(gone) == 0 {
		return nil, nil
	}
	decision, err := newestDecision(d.tx, d.r.ID)
	if err != nil || decision != nil && !since.IsZero() && !decision.CreatedAt.Before(since) {
		return nil, err
	}
	return &fault.Blocker{Code: "wave.noreturn", Sentence: fmt.Sprintf("The point of no return of %s is passed; going back takes a fresh decision.", gone[0].Label()),
		Owner: identity.ChangeManager.Label() + " or " + identity.ChangeAuthority.Label(), Link: d.r.Link("deployment") + "#rollback", Action: "Decide the rollback"}, nil
}

// DecideRollback lets a release go back past its point of no return. Whoever
// asked for the release or owns it does not decide.
func (s *Service) DecideRollback(ctx context.Context, actor identity.Actor, key, reason string) error {
	return s.write(ctx, actor, key, identity.RollbackDecide, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := because(&reason, "reason", "Say why going back is right, and what is lost."); err != nil {
			return err
		}
		list := d.releaseBlockers(release.Remediating)
		if len(passed(d.waves)) == 0 {
			list = append(list, d.block("wave.noreturn", "Open the deployment", "No point of no return is passed, so nothing has to be decided."))
		}
		if actor.UserID == d.r.AuthorID || actor.UserID == d.r.OwnerID {
			b := d.block("rollback.independent", "Open the deployment", "You own this release or asked for it, so somebody else decides.")
			b.Owner = identity.ChangeManager.Label()
			list = append(list, b)
		}
		if err := fault.Refuse("The rollback was not decided.", list...); err != nil {
			return err
		}
		if err := insert(d.tx, &Decision{ReleaseID: d.r.ID, Reason: reason, ByID: actor.UserID, ByName: actor.Name}); err != nil {
			return err
		}
		return d.record("rollback.decide", reason, "decided that %s goes back past its point of no return", d.r.Key)
	})
}

// ReportRolledBack says what a target runs after its back-out: what it ran
// before the wave.
func (s *Service) ReportRolledBack(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, rep Report) error {
	return s.writeTarget(ctx, actor, key, wave, targetKey, rep.Version, identity.TargetReport, []WaveState{WaveRemediating}, func(d *deed, t *WaveTarget) error {
		if err := d.workable(BackOut); err != nil {
			return err
		}
		return d.rolledBack(t, rep)
	})
}

// rolledBack says of a target that it runs again what it ran before the wave.
func (d *deed) rolledBack(t *WaveTarget, rep Report) error {
	digest, ok := tidyDigest(rep.Digest)
	if !ok {
		return wrong("The target was not reported.", "digest", "Enter the digest that the target reports: sha256: and 64 hexadecimal digits.", nil)
	}
	if t.FormerDigest != "" && t.FormerDigest != digest {
		return fault.Refuse("The target was not reported.", d.block("target.digest", "Compare the digests", "The installed %s is not what %s ran before, %s.", digest, t.TargetKey, t.FormerDigest))
	}
	if err := d.proved(&rep.Evidence); err != nil {
		return err
	}
	if err := t.move(TargetRollBack); err != nil {
		return err
	}
	t.InstalledDigest, t.InstalledVersion, t.Evidence, t.SettledAt = digest, t.FormerVersion, rep.Evidence, d.tx.Now
	if err := d.note(t, rep.Evidence); err != nil {
		return err
	}
	if err := d.restore(t, digest); err != nil {
		return err
	}
	return d.record("target.rollback", "", "put %s of %s back: it runs %s", t.TargetKey, d.w.Label(), digest)
}

// restore writes on the target what it runs again.
func (d *deed) restore(t *WaveTarget, digest string) error {
	target, err := targetByID(d.tx, t.TargetID)
	if err != nil || target.InstalledDigest == digest {
		return err
	}
	target.FormerDigest, target.FormerVersion, target.FormerRelease = target.InstalledDigest, target.InstalledVersion, target.InstalledRelease
	target.InstalledDigest, target.InstalledVersion, target.InstalledRelease, target.InstalledAt = digest, t.FormerVersion, t.FormerRelease, d.tx.Now
	return save(d.tx, target)
}

// ReportAllRolledBack says that every target left runs again what it ran
// before, once the back-out steps are done. Targets whose former digest nobody
// knows are reported one by one.
func (s *Service) ReportAllRolledBack(ctx context.Context, actor identity.Actor, key string, wave int64, evidence string) (n int64, err error) {
	err = s.writeWave(ctx, actor, key, wave, 0, identity.TargetReport, func(d *deed) error {
		if err := d.workable(BackOut); err != nil {
			return err
		}
		steps, err := stepsOf(d.tx, d.w.ID)
		if err != nil {
			return err
		}
		if !settled(ofKind(handwork(d.w, steps), BackOut)) {
			b := d.block("wave.backedout", "Open the run sheet", "The back-out steps of %s are not all done.", d.w.Label())
			b.Link = d.w.RunLink()
			return fault.Refuse("Not all targets can be reported yet.", b)
		}
		if err := d.proved(&evidence); err != nil {
			return err
		}
		if n, err = d.restoreAll(evidence); err != nil {
			return err
		}
		if n == 0 {
			return fault.Refuse("Nothing was reported.", d.block("wave.open", "Open the wave", "No target of %s with a known former digest is left.", d.w.Label()))
		}
		if err := d.record("target.rollback", "", "put %s of %s back", noun.Count(n, "target"), d.w.Label()); err != nil {
			return err
		}
		return d.settle()
	})
	return n, err
}

func (d *deed) restoreAll(evidence string) (int64, error) {
	by, err := d.byID()
	if err != nil {
		return 0, err
	}
	from := reaching(d.r.Approach.Delivery, TargetRollBack)
	to, err := route(d.r.Approach.Delivery, d.w.Label(), from[0], []TargetVerb{TargetRollBack})
	if err != nil {
		return 0, err
	}
	n, err := restoreWords(d.tx, d.w, from, to, evidence, by, d.actor.Name)
	if err != nil || n == 0 {
		return n, err
	}
	if err := restoreBatch(d.tx, d.w); err != nil {
		return n, err
	}
	if err := noteBatch(d.tx, d.w, evidence, by, d.actor.Name); err != nil {
		return n, err
	}
	return n, d.recount()
}
