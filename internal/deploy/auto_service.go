package deploy

import (
	"context"
	"encoding/json"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// rolloutClock is who acts where nobody does: it goes on by the authority of a
// release's policy and through the same rules as people.
var rolloutClock = identity.System("rollout clock")

// waveArgs name the wave of a job.
type waveArgs struct {
	Release string
	Wave    int64
}

func (a waveArgs) key(kind string) string { return fmt.Sprintf("%s/%s/%d", kind, a.Release, a.Wave) }

// authority is what a release's policy lets go by itself.
type authority struct {
	label string
	rule  policy.TypeRule
}

func (d *deed) authority() (authority, error) {
	if d.r.PolicyVersionID == 0 {
		return authority{}, nil
	}
	v, err := d.s.policy.VersionByID(d.tx, d.r.PolicyVersionID)
	if err != nil {
		return authority{}, err
	}
	return authority{"the policy " + v.Label(), v.Rules.Types[string(d.r.Type)]}, nil
}

// moveItself gives go for a wave, or starts it, where its plan and the policy say
// that nobody has to, and nothing at all stands in the way. What stands in the
// way is shown on the board; the clock comes again.
func (s *Service) moveItself(ctx context.Context, raw []byte) error {
	var args waveArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return err
	}
	var state WaveState
	var version int64
	clear := false
	err := s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, rolloutClock, args.Release, args.Wave)
		if err != nil {
			return err
		}
		state, version = d.w.State, d.w.Version
		clear, err = d.movesItself()
		return err
	})
	switch {
	case fault.KindOf(err) == fault.NotFound && err != nil:
		return nil // the wave was taken out
	case err != nil || !clear:
		return err
	case state == WaveReady:
		err = s.goByPolicy(ctx, args.Release, args.Wave, version)
	default:
		err = s.StartWave(ctx, rolloutClock, args.Release, args.Wave, version)
	}
	switch fault.KindOf(err) {
	case fault.Refused, fault.Conflict: // somebody was quicker, or hashing found something
		return nil
	}
	return err
}

// movesItself tells whether the wave may go or start now without anybody.
func (d *deed) movesItself() (bool, error) {
	switch {
	case d.w.State == WaveReady && d.w.AutoGo:
		a, err := d.authority()
		if err != nil || !a.rule.AutoGo {
			return false, err
		}
		list, err := d.goBlockers()
		return len(butHashing(list)) == 0, err
	case d.w.State == WaveGo && d.w.AutoStart:
		list, err := d.startBlockers()
		return len(butHashing(list)) == 0, err
	}
	return false, nil
}

// goByPolicy gives go in the name of the policy. The clock decides nothing: it
// carries out what the service owner approved for releases of the type.
func (s *Service) goByPolicy(ctx context.Context, key string, number, version int64) error {
	damaged, err := s.rehash(ctx, rolloutClock, key, identity.WaveByPolicy)
	if err != nil {
		return err
	}
	return s.writeWave(ctx, rolloutClock, key, number, version, identity.WaveByPolicy, func(d *deed) error {
		a, err := d.authority()
		if err != nil {
			return err
		}
		if !a.rule.AutoGo || !d.w.AutoGo {
			return fault.Refuse("Go for "+d.w.Label()+" is not given by itself.", d.block("wave.auto", "Give go", "A person gives go for %s.", d.w.Label()))
		}
		return d.giveGo(damaged, a.label, "", fmt.Sprintf("Nothing stood in the way; the policy lets waves of %s releases go by themselves.", d.r.Type))
	})
}

// reach is how much goes back by itself when a wave fails.
type reach int

const (
	reachNothing reach = iota
	reachWave          // the wave
	reachAll           // every wave that began, as a rollout of its own
)

// reachOf says how much goes back by itself when a wave fails: nothing unless its
// plan and the policy say so, or past a point of no return; all of it only where
// the policy lets it and the wave crossed its failure threshold.
func reachOf(rule policy.TypeRule, w *Wave, waves []Wave, state release.State) reach {
	switch {
	case !w.AutoBackOut || !rule.AutoBack || len(passed(waves)) > 0 || state != release.Deploying && state != release.Paused:
		return reachNothing
	case rule.AutoAll && w.Broken():
		return reachAll
	}
	return reachWave
}

// backOutItself puts a wave back that failed, where its plan and the policy say
// that nobody has to decide it. Where all of it goes back, that begins once the
// wave is settled; see allBackItself.
func (d *deed) backOutItself(reason string) error {
	a, err := d.authority()
	if err != nil {
		return err
	}
	switch reachOf(a.rule, d.w, d.waves, d.r.State) {
	case reachAll:
		d.all = reason
	case reachWave:
		return d.asClock(func() error {
			if err := d.remediate(reason); err != nil {
				return err
			}
			return d.backOut(a.label, reason)
		})
	}
	return nil
}

// asClock does something in the name of the policy, whoever's report led to it.
func (d *deed) asClock(do func() error) error {
	if err := identity.Authorize(rolloutClock, identity.WaveByPolicy, d.r.ServiceID); err != nil {
		return err
	}
	who := d.actor
	d.actor = rolloutClock
	defer func() { d.actor = who }()
	return do()
}

// allBackItself begins to roll every wave that began back, where a wave crossed
// its failure threshold and the policy lets it. It is an incident: nothing soaks.
func (d *deed) allBackItself() error {
	if d.all == "" {
		return nil
	}
	reason := d.w.Label() + " failed: " + d.all
	d.all = ""
	open, err := openRemediation(d.tx, d.r.ID)
	if err != nil || open.Open() {
		return err
	}
	a, err := d.authority()
	if err != nil {
		return err
	}
	rule := fmt.Sprintf("%s lets all of a %s release go back when a wave crosses its failure threshold", a.label, d.r.Type)
	return d.asClock(func() error {
		return d.rollOutBack(&Remediation{Reason: reason, ByName: a.label, Rule: rule, AtOnce: true})
	})
}
