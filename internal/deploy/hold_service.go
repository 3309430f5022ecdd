package deploy

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/release"
)

// serving are the states of a wave in which machines begin what has not begun
// yet. A complete one still serves those that come late.
var serving = []WaveState{WaveRunning, WaveVerifying, WaveComplete}

func (w *Wave) goesOn() bool { return slices.Contains(serving, w.State) }

// withheld lists all that forbids beginning anything further on the wave's
// targets now: its release's state, and the same leave that a start takes.
func (d *deed) withheld() ([]fault.Blocker, error) {
	list := d.releaseBlockers(release.Deploying)
	leave, err := d.leave(d.tx.Now)
	return append(list, butHashing(leave)...), err
}

// mayBegin tells whether the machines may begin the next target now. Where they
// may not, the wave is held until the clock finds that they may.
func (d *deed) mayBegin() (bool, error) {
	if !d.w.goesOn() {
		return false, nil // whoever sends it on begins it again
	}
	list, err := d.withheld()
	if err != nil || len(list) == 0 {
		return err == nil, err
	}
	return false, d.hold(list)
}

func (d *deed) hold(list []fault.Blocker) error {
	if !d.w.HeldAt.IsZero() {
		return nil
	}
	d.w.HeldAt = d.tx.Now
	if err := save(d.tx, d.w); err != nil {
		return err
	}
	why := make([]string, len(list))
	for i, b := range list {
		why[i] = b.Sentence
	}
	return d.record("hold", strings.Join(why, " "), "stopped before the next target of %s", d.w.Label())
}

// withheldFrom is withheld as far as machines carry the wave out and targets of
// it wait; it costs queries.
func (d *deed) withheldFrom() ([]fault.Blocker, error) {
	if !d.w.ByMachine() || !d.w.goesOn() {
		return nil, nil
	}
	waits, err := anyIn(d.tx, d.w.ID, TargetPending, TargetStaged, TargetOffered)
	if err != nil || !waits && d.w.HeldAt.IsZero() {
		return nil, err
	}
	return d.withheld()
}

// goOn sends a held wave on once nothing forbids it any more.
func (s *Service) goOn(ctx context.Context, raw []byte) error {
	var args waveArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, rolloutClock, args.Release, args.Wave)
		if err != nil || d.w.HeldAt.IsZero() || !d.w.goesOn() {
			return err
		}
		list, err := d.withheld()
		if err != nil || len(list) > 0 {
			return err
		}
		if err := d.record("goon", "", "went on with %s, since nothing stands in its way any more", d.w.Label()); err != nil {
			return err
		}
		return d.proceed()
	})
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil // the wave was taken out
	}
	return err
}
