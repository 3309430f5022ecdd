package deploy

import (
	"context"
	"encoding/json"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/noun"
	"slipway/internal/policy"
)

// joinEvery is how often a wave that runs looks for targets that were added.
const joinEvery = time.Minute

// joins tells whether targets that are added after the wave's freeze go with it:
// by its rule or, without one, since it is the last of its environment.
func (d *deed) joins(w *Wave) bool {
	if w.Joining != policy.JoinLast {
		return w.Joining == policy.JoinTake
	}
	for i := range d.waves {
		if other := &d.waves[i]; other.Number > w.Number && other.EnvironmentID == w.EnvironmentID {
			return false
		}
	}
	return true
}

// frozen tells whether the wave's list stands and may still grow.
func (w *Wave) frozen() bool {
	switch w.State {
	case WaveReady, WaveGo, WaveRunning, WavePaused, WaveVerifying:
		return w.EnvironmentID != 0
	}
	return false
}

// join takes the targets into the wave that were added since its freeze, and
// gives how many those were.
func (d *deed) join() (int64, error) {
	w := d.w
	if !d.joins(w) || !w.frozen() {
		return 0, nil
	}
	q, err := joiners(d.tx, w, d.earlier())
	if err != nil {
		return 0, err
	}
	state, err := d.stagedState()
	if err != nil {
		return 0, err
	}
	n, err := freezeAll(d.tx, w, q, d.r.Approach.Delivery, state)
	if err != nil || n == 0 {
		return 0, err
	}
	w.Joined += n
	if err := d.recount(); err != nil {
		return n, err
	}
	return n, d.record("join", "", "took %s into %s that joined after its freeze", noun.Count(n, "target"), w.Label())
}

// joinDue takes late targets into a wave that runs, and begins them.
func (s *Service) joinDue(ctx context.Context, raw []byte) error {
	var args waveArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, rolloutClock, args.Release, args.Wave)
		if err != nil || d.w.State != WaveRunning && d.w.State != WaveVerifying {
			return err
		}
		list, err := d.withheld()
		if err != nil || len(list) > 0 {
			return err // they join once the window is open again
		}
		n, err := d.join()
		if err != nil || n == 0 {
			return err
		}
		return d.proceed()
	})
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil // the wave was taken out
	}
	return err
}
