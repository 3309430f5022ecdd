package deploy

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/db"
	"slipway/internal/noun"
	"slipway/internal/policy"
)

// WatchPulls marks the devices that took too long, in every wave that devices
// fetch; see the job. It looks again later while there is such a wave.
func (s *Service) WatchPulls(ctx context.Context) error {
	var list []PullWave
	if err := s.db.View(ctx, func(tx *db.Tx) (err error) { list, err = pullsLive(tx); return err }); err != nil {
		return err
	}
	for i := range list {
		if err := s.watchWave(ctx, list[i].WaveID); err != nil {
			return fmt.Errorf("wave %d: %w", list[i].WaveID, err)
		}
	}
	return nil
}

// watchAgain is WatchPulls, and puts itself on the queue while it is needed.
func (s *Service) watchAgain(ctx context.Context) error {
	if err := s.WatchPulls(ctx); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		list, err := pullsLive(tx)
		if err != nil || len(list) == 0 {
			return err
		}
		return watchPulls(tx)
	})
}

// watchWave lets the wave's clock stand still while nothing is handed out, and
// else marks whoever is overdue by it. Confirming a boot needs nothing from
// here, so that its time runs on.
func (s *Service) watchWave(ctx context.Context, waveID int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		d, err := s.deedOn(tx, waveKeeper, waveID)
		if err != nil {
			return err
		}
		p, err := pullWave(tx, waveID)
		if err != nil {
			return err
		}
		open, err := d.handsOut()
		if err != nil {
			return err
		}
		if !open {
			p.HeldMS += tx.Now.Sub(p.LookedAt).Milliseconds()
		}
		p.LookedAt = tx.Now
		if err := keepPullWave(tx, p); err != nil {
			return err
		}
		if d.replaced() {
			return d.recall()
		}
		return d.overdue(p, open)
	})
}

// recall ends the work of devices that fetched a package which is not the
// release's any more: they are told to stop and count as failed, so that none is
// awaited for ever. What nobody fetched is withheld; what is installed still has
// to confirm.
func (d *deed) recall() error {
	n, err := recallAll(d.tx, d.w, "It was told to stop: the package that it fetched is not the release's signed package any more.")
	if err != nil || n == 0 {
		return err
	}
	if err := noteBatch(d.tx, d.w, "told to stop", 0, waveKeeper.Name); err != nil {
		return err
	}
	if err := d.recount(); err != nil {
		return err
	}
	if err := d.record("target.recall", "", "told %s of %s to stop: its package is not the release's any more", noun.Count(n, "device"), d.w.Label()); err != nil {
		return err
	}
	return d.settle()
}

// overdue marks who is late. A device that did not install what it is offered is
// silent, and is offered it again as the wave's plan says. One that installed and
// does not confirm may well run it: a person looks.
func (d *deed) overdue(p *PullWave, open bool) error {
	minutes := func(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }
	n, err := overdueAll(d.tx, d.w, []TargetState{TargetInstalled, TargetTaken}, policy.FailUnknown, "It installed the package and did not confirm that it started with it within "+minutes(p.ConfirmMS)+".",
		"installed_at <> 0 AND confirm_by <= ?", d.tx.Now)
	if err != nil {
		return err
	}
	if open {
		stuck, err := overdueAll(d.tx, d.w, []TargetState{TargetOffered, TargetTaken}, policy.FailSilent, "It did not install what it is offered within "+minutes(p.StuckMS)+".",
			"installed_at = 0 AND due_at <= ?", p.clock(d.tx.Now))
		if err != nil {
			return err
		}
		n += stuck
	}
	if n == 0 {
		return nil
	}
	again, err := d.planSilent()
	if err != nil {
		return err
	}
	if err := noteBatch(d.tx, d.w, "took too long", 0, waveKeeper.Name); err != nil {
		return err
	}
	if err := d.recount(); err != nil {
		return err
	}
	if err := d.record("target.overdue", "", "found %s of %s overdue; %d are offered it again by the plan", noun.Count(n, "device"), d.w.Label(), again); err != nil {
		return err
	}
	return d.settle()
}
