package deploy

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// TargetRuns is what was done on a target of a wave over SSH, the newest first.
type TargetRuns struct {
	Wave         Wave
	Target       WaveTarget
	Runs         []RunView
	Pulse        string // changes whenever any of it does
	Now          db.Time
	CanPutBack   bool // the back-out may be run again
	CanOpenHosts bool
}

// Live tells whether something runs now.
func (t *TargetRuns) Live() bool {
	return slices.ContainsFunc(t.Runs, func(r RunView) bool { return r.State == RunWaiting || r.State == RunGoing })
}

// TargetRuns gives what was done on a target of a wave.
func (s *Service) TargetRuns(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string) (*TargetRuns, error) {
	v := &TargetRuns{}
	return v, s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, wave)
		if err != nil {
			return err
		}
		t, err := findWaveTarget(tx, d.w.ID, targetKey)
		if err != nil {
			return err
		}
		v.Wave, v.Target, v.Now = *d.w, *t, tx.Now
		if v.Pulse, err = runPulse(tx, t.ID); err != nil {
			return err
		}
		runs, err := runsOf(tx, t.ID)
		if err != nil {
			return err
		}
		for _, run := range runs {
			one := RunView{Run: run}
			if one.Commands, err = commandsOf(tx, run.ID); err != nil {
				return err
			}
			v.Runs = append(v.Runs, one)
		}
		v.CanPutBack = d.putsBack(t) == nil && !v.Live() && actor.Can(identity.WaveControl, d.r.ServiceID)
		v.CanOpenHosts = actor.Can(identity.ReportRead, 0)
		return nil
	})
}

// RunPulse gives a word that changes whenever something on the target does.
func (s *Service) RunPulse(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string) (pulse string, err error) {
	return pulse, s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, wave)
		if err != nil {
			return err
		}
		t, err := findWaveTarget(tx, d.w.ID, targetKey)
		if err == nil {
			pulse, err = runPulse(tx, t.ID)
		}
		return err
	})
}

// putsBack refuses to run a back-out where none is due.
func (d *deed) putsBack(t *WaveTarget) error {
	var list []fault.Blocker
	if d.w.Method != MethodSSH {
		list = append(list, d.block("ssh.method", "Open the wave", "%s is %s.", d.w.Label(), MethodLabel(d.w.Method)))
	}
	if !t.Touched || t.State == TargetRolledBack || t.State == TargetExcluded {
		list = append(list, d.block("ssh.touched", "Open the wave", "%s has nothing to put back.", t.TargetKey))
	}
	if err := d.workable(BackOut); err != nil {
		f, ok := fault.As(err)
		if !ok {
			return err
		}
		list = append(list, f.Blockers...)
	}
	return fault.Refuse("The back-out is not run.", list...)
}

// BackOutAgain runs the back-out commands on a target once more, after they
// failed or their end was unknown.
func (s *Service) BackOutAgain(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, version int64) error {
	return s.writeWave(ctx, actor, key, wave, 0, identity.WaveControl, func(d *deed) error {
		t, err := findWaveTarget(d.tx, d.w.ID, targetKey)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(t, version); err != nil {
			return err
		}
		if err := d.putsBack(t); err != nil {
			return err
		}
		n, err := queueBackOuts(d.tx, d.w, t.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "The back-out of %s waits or runs already.", t.TargetKey)
		}
		if err := d.record("target.backout", "", "had %s of %s put back again", t.TargetKey, d.w.Label()); err != nil {
			return err
		}
		if err := save(d.tx, d.w); err != nil {
			return err
		}
		return employ(d.tx, d.w)
	})
}
