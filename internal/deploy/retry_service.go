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

// longestRest is the longest time between two attempts on a target.
const longestRest = 24 * time.Hour

// tryAgainAt gives when a target that failed is tried again by itself; 0 is
// never. People try again what people carry out.
func (d *deed) tryAgainAt(t *WaveTarget) db.Time {
	if !d.w.ByMachine() || !d.w.Retries(t.FailClass, t.Attempts) {
		return 0
	}
	return d.tx.Now.Add(d.w.rest(t.Attempts))
}

// rest is how long a target rests after so many attempts: it doubles with each.
func (w *Wave) rest(attempts int64) time.Duration {
	if doubled := min(max(attempts-1, 0), 16); time.Duration(w.RetryMinutes)*time.Minute<<doubled < longestRest {
		return time.Duration(w.RetryMinutes) * time.Minute << doubled
	}
	return longestRest
}

// planSilent plans when the devices are offered their package again that were
// just found silent, and tells of how many: one update for each number of
// attempts that is not the last, however many devices there are.
func (d *deed) planSilent() (again int64, err error) {
	for attempts := int64(1); d.w.Retries(policy.FailSilent, attempts); attempts++ {
		n, err := retrySilent(d.tx, d.w, attempts, d.tx.Now.Add(d.w.rest(attempts)))
		if err != nil {
			return again, err
		}
		again += n
	}
	return again, nil
}

// retryDue begins the targets of a wave again whose time has come. A retry is a
// start: window and freezes are asked again, and while they forbid it the
// targets wait.
func (s *Service) retryDue(ctx context.Context, raw []byte) error {
	var args waveArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, rolloutClock, args.Release, args.Wave)
		if err != nil {
			return err
		}
		return d.retryDue()
	})
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil // the wave was taken out
	}
	return err
}

func (d *deed) retryDue() error {
	w := d.w
	if !w.goesOn() {
		return nil
	}
	list, err := d.withheld()
	if err != nil || len(list) > 0 {
		return err
	}
	to, err := movesFor(d.r.Approach.Delivery).Next(w.Label(), TargetFailed, TargetRetry) // those that are overdue go the same way
	if err != nil {
		return err
	}
	n, err := retryAll(d.tx, w, to)
	if err != nil || n == 0 {
		return err
	}
	if err := noteBatch(d.tx, w, "tried again by itself", 0, d.actor.Name); err != nil {
		return err
	}
	if err := d.record("target.retry", "", "began %s of %s again, as its plan says", noun.Count(n, "target"), w.Label()); err != nil {
		return err
	}
	return d.proceed()
}
