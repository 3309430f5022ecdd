package dml

import (
	"context"
	"errors"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/jobs"
)

const jobLocks = "dml.locks"

// lock is a blob that the store itself refuses to delete.
type lock struct {
	db.Row
	Digest blob.Digest
}

// TableName is the table of locked blobs.
func (lock) TableName() string { return "media_locks" }

// followHolds has the store's own locks brought in step with the holds. What
// changes while a job runs gets a job of its own.
func followHolds(tx *db.Tx) error { return jobs.Enqueue(tx, jobLocks, struct{}{}) }

// followHoldsOnce is followHolds for every start, whoever else has started.
func followHoldsOnce(tx *db.Tx) error {
	return jobs.Enqueue(tx, jobLocks, struct{}{}, jobs.UniqueKey(jobLocks))
}

// followItem does so if a hold stands on the item: something was added to it.
func followItem(tx *db.Tx, itemID int64) error {
	holds, err := holdsOf(tx, itemID)
	if err != nil || len(holds) == 0 {
		return err
	}
	return followHolds(tx)
}

// lockHeld passes the holds on to a store that can lock what it keeps, and
// unlocks what no hold covers any longer. The row is written after the lock is
// on, and goes after it is off, so that a run which dies is done again.
func (s *Service) lockHeld(ctx context.Context) error {
	holder, can := s.blobs.(blob.Holder)
	if !can {
		return nil
	}
	for {
		var on, off []blob.Digest
		err := s.db.View(ctx, func(tx *db.Tx) (err error) {
			if on, err = heldUnlocked(tx, batch); err == nil {
				off, err = lockedUnheld(tx, batch)
			}
			return err
		})
		if err != nil || len(on)+len(off) == 0 {
			return err
		}
		done := 0
		for i, d := range append(on, off...) {
			err := holder.Hold(ctx, d, i < len(on))
			switch {
			case errors.Is(err, errors.ErrUnsupported):
				s.log.Info("the media store has no locks: legal holds are kept by Slipway alone", "reason", err.Error())
				return nil
			case errors.Is(err, blob.ErrNotFound) && i < len(on): // the scrub says so
				continue
			case err != nil && !errors.Is(err, blob.ErrNotFound):
				return storeFault(err, nil)
			}
			if err := s.db.InTx(ctx, func(tx *db.Tx) error { return noteLock(tx, d, i < len(on)) }); err != nil {
				return err
			}
			done++
		}
		if done == 0 { // all of them are missing; the next run looks again
			return nil
		}
	}
}

// lockedOf counts what belongs to the versions and is locked.
func lockedOf(tx *db.Tx, versions []VersionDetail) (n int64, err error) {
	locked := map[blob.Digest]bool{}
	for i := range versions {
		digests, err := bytesOf(tx, &versions[i].Version)
		if err != nil {
			return 0, err
		}
		list, err := lockedAmong(tx, digests)
		if err != nil {
			return 0, err
		}
		for _, d := range list {
			locked[d] = true
		}
	}
	return int64(len(locked)), nil
}
