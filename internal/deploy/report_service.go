package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/state"
)

// Report is what somebody, or a machine, says of a target.
type Report struct {
	Version  int64 // of the form; 0 for machines
	Digest   string
	Evidence string
}

// reportable are the states of a wave in which its targets are reported on. What
// a device says while the wave is paused is still true.
var reportable = []WaveState{WaveRunning, WavePaused, WaveVerifying, WaveComplete, WaveFailed}

// writeTarget runs a deed on one target of a wave.
func (s *Service) writeTarget(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, version int64, p identity.Permission, states []WaveState, fn func(*deed, *WaveTarget) error) error {
	return s.writeWave(ctx, actor, key, wave, 0, p, func(d *deed) error {
		if err := d.inState(states); err != nil {
			return err
		}
		t, err := findWaveTarget(d.tx, d.w.ID, targetKey)
		if err != nil {
			return err
		}
		if version != 0 {
			if err := db.CheckVersion(t, version); err != nil {
				return err
			}
		}
		return d.change(t, fn)
	})
}

// change runs a deed on one target and draws the consequences for its wave. A
// target that waits again is begun.
func (d *deed) change(t *WaveTarget, fn func(*deed, *WaveTarget) error) error {
	was, waited := t.State, t.RetryAt != 0
	d.only, d.was = t, was
	d.tx.AfterCommit(func() { d.s.told(d, t) })
	if err := fn(d, t); err != nil {
		return err
	}
	if err := save(d.tx, t); err != nil {
		return err
	}
	if t.State == was || !t.State.waits() {
		d.w.count(was, -1)
		d.w.count(t.State, +1)
		d.w.countRetry(waited, -1)
		d.w.countRetry(t.RetryAt != 0, +1)
		return d.settle()
	}
	return d.proceed()
}

// onTarget is the machines' door to one target of a wave, by its row: it finds
// release, wave and target in one transaction, allows the actor, and runs fn.
// Whether the wave's state lets it report is for fn to ask; see inState.
func (s *Service) onTarget(ctx context.Context, actor identity.Actor, id int64, fn func(*deed, *WaveTarget) error) error {
	return s.db.InTxTogether(ctx, func(tx *db.Tx) error {
		t, err := waveTargetByID(tx, id)
		if err != nil {
			return err
		}
		r, err := s.release.ByID(tx, actor, t.ReleaseID)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.TargetReport, r.ServiceID); err != nil {
			return err
		}
		waves, err := wavesOf(tx, r.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(waves, func(w Wave) bool { return w.ID == t.WaveID })
		if i < 0 {
			return fault.New(fault.NotFound, "%s is in no wave of %s.", t.TargetKey, r.Key)
		}
		return (&deed{s: s, tx: tx, actor: actor, r: r, waves: waves, w: &waves[i]}).change(t, fn)
	})
}

func (d *deed) inState(states []WaveState) error {
	var list []fault.Blocker
	if !slices.Contains(states, d.w.State) {
		list = append(list, d.block("wave.state", "Open the wave", "%s is %s.", d.w.Label(), state.Word(d.w.State)))
	}
	list = append(list, d.releaseBlockers(release.Ready, release.Deploying, release.Paused, release.Remediating)...)
	return fault.Refuse("Nothing is reported on this target now.", list...)
}

// note keeps what became of one target.
func (d *deed) note(t *WaveTarget, note string) error {
	by, err := d.byID()
	if err != nil {
		return err
	}
	t.ByID, t.ByName = by, d.actor.Name
	return insert(d.tx, &Event{TargetID: t.TargetID, TargetKey: t.TargetKey, ReleaseID: d.r.ID, ReleaseKey: d.r.Key, WaveNumber: d.w.Number,
		State: t.State, Digest: t.InstalledDigest, Label: t.InstalledVersion, Note: note, ByID: by, ByName: d.actor.Name, HappenedAt: d.tx.Now})
}

// digests gives what targets of the release may run: the digest of the package,
// or of a software component in it.
func (s *Service) digests(tx *db.Tx, r *release.Release) ([]SignedDigest, error) {
	p, lines, err := s.release.CurrentPackage(tx, r)
	if err != nil || p == nil || p.Digest == "" {
		return nil, err
	}
	label := fmt.Sprintf("package v%d", p.Number)
	list := []SignedDigest{{Name: label, Label: r.Key, Digest: p.Digest}}
	for _, line := range lines {
		if line.Kind == release.Software && line.Digest != "" {
			list = append(list, SignedDigest{Name: line.Name, Label: line.Label, Digest: line.Digest})
		}
	}
	return list, nil
}

// signed finds the reported digest among the signed ones, or refuses it.
func (d *deed) signed(report string) (SignedDigest, error) {
	digest, ok := tidyDigest(report)
	if !ok {
		return SignedDigest{}, wrong("The target was not verified.", "digest", "Enter the digest that the target reports: sha256: and 64 hexadecimal digits.", nil)
	}
	list, err := d.s.digests(d.tx, d.r)
	if err != nil {
		return SignedDigest{}, err
	}
	if d.w.PackageDigest != d.r.PackageDigest {
		return SignedDigest{}, fault.Refuse("The target was not verified.", d.block("target.digest", "Open the wave", "%s was staged with another package than the release's present one.", d.w.Label()))
	}
	for _, one := range list {
		if one.Digest == digest {
			return one, nil
		}
	}
	expected := make([]string, len(list))
	for i, one := range list {
		expected[i] = one.Digest + " (" + one.Name + ")"
	}
	return SignedDigest{}, fault.Refuse("The target was not verified.", d.block("target.digest", "Compare the digests",
		"The installed %s is not the signed %s.", digest, strings.Join(expected, " or ")))
}

// proved demands evidence of what was seen on a target. A machine's report is
// its own evidence.
func (d *deed) proved(evidence *string) error {
	if d.actor.Kind != identity.PersonKind && strings.TrimSpace(*evidence) == "" {
		*evidence = "Reported by " + d.actor.Name
		return nil
	}
	return because(evidence, "evidence", "Say what shows it: the command, the log line, what you saw.")
}

// ReportVerified says that the target runs the signed bytes.
func (s *Service) ReportVerified(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, rep Report) error {
	return s.writeTarget(ctx, actor, key, wave, targetKey, rep.Version, identity.TargetReport, reportable, func(d *deed, t *WaveTarget) error {
		return d.verified(t, rep.Digest, rep.Evidence)
	})
}

// verified says of a target that it runs the signed bytes.
func (d *deed) verified(t *WaveTarget, digest, evidence string) error {
	one, err := d.signed(digest)
	if err != nil {
		return err
	}
	if err := d.proved(&evidence); err != nil {
		return err
	}
	if err := t.walk(toVerified...); err != nil {
		return err
	}
	t.InstalledDigest, t.InstalledVersion, t.Evidence, t.Reason, t.SettledAt, t.Touched = one.Digest, one.Label, evidence, "", d.tx.Now, true
	t.withdrawExclusion()
	if err := d.note(t, evidence); err != nil {
		return err
	}
	if err := d.install(t); err != nil {
		return err
	}
	return d.record("target.verify", "", "verified %s of %s: it runs %s", t.TargetKey, d.w.Label(), one.Digest)
}

// install writes on the target what it runs now.
func (d *deed) install(t *WaveTarget) error {
	target, err := targetByID(d.tx, t.TargetID)
	if err != nil {
		return err
	}
	target.FormerDigest, target.FormerVersion, target.FormerRelease = target.InstalledDigest, target.InstalledVersion, target.InstalledRelease
	target.InstalledDigest, target.InstalledVersion, target.InstalledRelease, target.InstalledAt = t.InstalledDigest, t.InstalledVersion, d.r.Key, d.tx.Now
	return save(d.tx, target)
}

// ReportAllVerified reports every target of the wave without a verdict, once
// the install steps are done, and gives how many that were.
func (s *Service) ReportAllVerified(ctx context.Context, actor identity.Actor, key string, wave int64, rep Report) (n int64, err error) {
	err = s.writeWave(ctx, actor, key, wave, 0, identity.TargetReport, func(d *deed) error {
		if err := d.inState([]WaveState{WaveRunning, WaveVerifying, WaveComplete}); err != nil {
			return err
		}
		if d.w.ByMachine() {
			return fault.Refuse("Not all targets can be verified at once.", d.block("wave.machine", "Open its targets",
				"%s is %s, which tells of each target by itself.", d.w.Label(), MethodLabel(d.w.Method)))
		}
		steps, err := stepsOf(d.tx, d.w.ID)
		if err != nil {
			return err
		}
		if !settled(ofKind(handwork(d.w, steps), Install)) {
			b := d.block("wave.installed", "Open the run sheet", "The install steps of %s are not all done.", d.w.Label())
			b.Link = d.w.RunLink()
			return fault.Refuse("Not all targets can be verified yet.", b)
		}
		one, err := d.signed(rep.Digest)
		if err != nil {
			return err
		}
		if err := d.proved(&rep.Evidence); err != nil {
			return err
		}
		if n, err = d.verifyAll(one, rep.Evidence); err != nil {
			return err
		}
		if n == 0 {
			return fault.Refuse("Nothing was reported.", d.block("wave.open", "Open the wave", "No target of %s waits for its verification.", d.w.Label()))
		}
		if err := d.record("target.verify", "", "verified %s of %s: each runs %s", noun.Count(n, "target"), d.w.Label(), one.Digest); err != nil {
			return err
		}
		return d.settle()
	})
	return n, err
}

func (d *deed) verifyAll(one SignedDigest, evidence string) (int64, error) {
	by, err := d.byID()
	if err != nil {
		return 0, err
	}
	from := reaching(d.r.Approach.Delivery, toVerified...)
	to, err := route(d.r.Approach.Delivery, d.w.Label(), from[0], toVerified)
	if err != nil {
		return 0, err
	}
	n, err := moveAll(d.tx, d.w, from, to, map[string]any{"batch": d.w.Version, "installed_digest": one.Digest, "installed_version": one.Label,
		"evidence": evidence, "reason": "", "by_id": by, "by_name": d.actor.Name, "settled_at": d.tx.Now, "touched": true,
		"exclude_asked_by_id": 0, "exclude_asked_by": "", "exclude_asked_as": "", "exclude_reason": ""})
	if err != nil || n == 0 {
		return n, err
	}
	if err := installBatch(d.tx, d.w, one.Digest, one.Label); err != nil {
		return n, err
	}
	if err := noteBatch(d.tx, d.w, evidence, by, d.actor.Name); err != nil {
		return n, err
	}
	return n, d.recount()
}

// ReportFailed says that a target failed, and why.
func (s *Service) ReportFailed(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, version int64, reason string) error {
	return s.writeTarget(ctx, actor, key, wave, targetKey, version, identity.TargetReport, reportable, func(d *deed, t *WaveTarget) error {
		return d.failed(t, reason)
	})
}

// failed says of a target that it failed, and why.
func (d *deed) failed(t *WaveTarget, reason string) error {
	return d.failedBy(t, policy.FailOther, reason)
}

// failedBy says by which class of failure a target failed, and why. Where the
// wave's plan tries such failures again, it says when.
func (d *deed) failedBy(t *WaveTarget, class, reason string) error {
	if err := because(&reason, "reason", "Say how it failed."); err != nil {
		return err
	}
	if err := t.move(TargetFail); err != nil {
		return err
	}
	t.Reason, t.SettledAt, t.FailClass = reason, d.tx.Now, class
	t.RetryAt = d.tryAgainAt(t)
	if err := d.note(t, reason); err != nil {
		return err
	}
	return d.record("target.fail", reason, "reported that %s of %s failed", t.TargetKey, d.w.Label())
}

// RetryTarget begins a failed target again.
func (s *Service) RetryTarget(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, version int64) error {
	return s.writeTarget(ctx, actor, key, wave, targetKey, version, identity.WaveControl, serving, func(d *deed, t *WaveTarget) error {
		list, err := d.withheld() // it is a start like any other
		if err != nil {
			return err
		}
		if err := fault.Refuse("The target was not begun again.", list...); err != nil {
			return err
		}
		if err := t.move(TargetRetry); err != nil {
			return err
		}
		t.Attempts++
		t.Reason, t.SettledAt = "", 0
		if err := d.note(t, fmt.Sprintf("attempt %d", t.Attempts)); err != nil {
			return err
		}
		return d.record("target.retry", "", "began %s of %s again, attempt %d", t.TargetKey, d.w.Label(), t.Attempts)
	})
}
