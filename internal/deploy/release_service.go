package deploy

import (
	"context"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/state"
)

// PauseRelease pauses the release and its running waves.
func (s *Service) PauseRelease(ctx context.Context, actor identity.Actor, key, reason string) error {
	return s.write(ctx, actor, key, identity.WaveControl, func(d *deed) error {
		if err := because(&reason, "reason", "Say why; everybody who works on the release reads it."); err != nil {
			return err
		}
		if err := s.release.Advance(d.tx, actor, d.r, release.VerbPause, reason); err != nil {
			return err
		}
		for i := range d.waves {
			if d.w = &d.waves[i]; d.w.State != WaveRunning {
				continue
			}
			if err := d.pause(reason, true); err != nil {
				return err
			}
			if err := d.record("pause", reason, "paused %s with its release", d.w.Label()); err != nil {
				return err
			}
		}
		return nil
	})
}

// ResumeRelease resumes the release and the waves that paused with it. Leave is
// asked for each of them again.
func (s *Service) ResumeRelease(ctx context.Context, actor identity.Actor, key, reason string) error {
	return s.write(ctx, actor, key, identity.WaveControl, func(d *deed) error {
		if err := because(&reason, "reason", "Say what is mended."); err != nil {
			return err
		}
		if err := d.mayResume(); err != nil {
			return err
		}
		d.w = nil
		if err := s.release.Advance(d.tx, actor, d.r, release.VerbUnpause, reason); err != nil {
			return err
		}
		for i := range d.waves {
			if d.w = &d.waves[i]; d.w.State != WavePaused || !d.w.PausedWith {
				continue
			}
			if err := d.resume(reason); err != nil {
				return err
			}
		}
		return d.settleRelease()
	})
}

func (d *deed) mayResume() error {
	list := d.releaseBlockers(release.Paused)
	list = append(list, d.othersBroken()...)
	for i := range d.waves {
		if d.w = &d.waves[i]; d.w.State != WavePaused || !d.w.PausedWith {
			continue
		}
		leave, err := d.leave(d.tx.Now)
		if err != nil {
			return err
		}
		list = append(list, leave...)
	}
	d.w = nil
	return fault.Refuse(d.r.Key+" was not resumed.", list...)
}

// RollBackRelease says that the release is rolled back, once every touched wave is.
func (s *Service) RollBackRelease(ctx context.Context, actor identity.Actor, key, reason string) error {
	return s.write(ctx, actor, key, identity.WaveGo, func(d *deed) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := because(&reason, "reason", "Say why it was rolled back."); err != nil {
			return err
		}
		list := d.releaseBlockers(release.Remediating)
		for i := range d.waves {
			if w := &d.waves[i]; w.State.Begun() && w.State != WaveRolledBack {
				list = append(list, fault.Blocker{Code: "wave.rolledback", Sentence: fmt.Sprintf("%s is %s; every wave that began is rolled back first.", w.Label(), state.Word(w.State)),
					Owner: d.r.OwnerName, Link: w.Link(), Action: "Open " + w.Part()})
			}
		}
		if err := fault.Refuse(key+" was not rolled back.", list...); err != nil {
			return err
		}
		return s.release.Advance(d.tx, actor, d.r, release.VerbRollBack, reason)
	})
}

// RedeployRelease takes the release from Remediating back to Deploying, once no
// wave is failed or remediating.
func (s *Service) RedeployRelease(ctx context.Context, actor identity.Actor, key, reason string) error {
	return s.write(ctx, actor, key, identity.WaveGo, func(d *deed) error {
		if err := because(&reason, "reason", "Say how it goes on."); err != nil {
			return err
		}
		list := append(d.releaseBlockers(release.Remediating), d.othersBroken()...)
		if err := fault.Refuse(key+" does not go on yet.", list...); err != nil {
			return err
		}
		if err := s.release.Advance(d.tx, actor, d.r, release.VerbRedeploy, reason); err != nil {
			return err
		}
		return d.settleRelease()
	})
}

// Progress counts the targets of a release.
func (s *Service) Progress(tx *db.Tx, releaseID int64) (Progress, error) {
	return progressOf(tx, releaseID)
}

// Deployers gives who took part in deploying a release: who started waves,
// signed or witnessed steps, or reported targets.
func (s *Service) Deployers(tx *db.Tx, releaseID int64) ([]int64, error) {
	return handsOf(tx, releaseID)
}
