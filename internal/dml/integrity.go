package dml

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

var errDamaged = blob.ErrDamaged

// keeper is the actor of the scrub. It notes what it finds; it decides nothing.
var keeper = identity.System("media scrub")

// Recheck hashes stored bytes again. A mismatch marks the bytes as damaged and
// every accepted version with them as suspect, and is refused with a blocker.
func (s *Service) Recheck(ctx context.Context, d blob.Digest) error {
	return s.RecheckWith(ctx, d, nil)
}

// RecheckWith is Recheck that tells how many bytes it has read. What was pushed
// in parts is hashed in all its parts.
func (s *Service) RecheckWith(ctx context.Context, d blob.Digest, progress func(int64)) error {
	var parts []blob.Digest
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		parts, err = below(tx, d)
		return err
	})
	for _, part := range append([]blob.Digest{d}, parts...) {
		if err == nil {
			err = s.recheckOne(ctx, part, progress)
		}
	}
	return err
}

func (s *Service) recheckOne(ctx context.Context, d blob.Digest, progress func(int64)) error {
	found := blob.Recheck(ctx, s.blobs, d, progress)
	damaged := errors.Is(found, blob.ErrDamaged) || errors.Is(found, blob.ErrNotFound)
	if found != nil && !damaged {
		return storeFault(found, nil)
	}
	var first *Version
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		row, err := blobByDigest(tx, d)
		if err != nil {
			return err
		}
		row.State = blobGood
		if damaged {
			row.State = blobDamaged
		}
		row.VerifiedAt = tx.Now
		if err := tx.Save(row); err != nil || !damaged {
			return err
		}
		first, err = doubtAll(tx, d)
		return err
	})
	if err != nil {
		return err
	}
	return storeFault(found, first)
}

// doubtAll marks every accepted version that is or needs the damaged bytes, and
// gives one.
func doubtAll(tx *db.Tx, d blob.Digest) (*Version, error) {
	versions, err := versionsByDigest(tx, d)
	if err != nil {
		return nil, err
	}
	over, err := versionsOver(tx, d)
	if err != nil {
		return nil, err
	}
	versions = append(versions, over...)
	if len(versions) == 0 {
		return nil, nil
	}
	for i := range versions {
		v := &versions[i]
		if !Can(v.State, VerbDoubt) {
			continue
		}
		if err := v.Doubt("its stored bytes no longer match their digest."); err != nil {
			return nil, err
		}
		if err := saved(tx, keeper, "suspect", v, "found "+v.Title()+" damaged", v.SuspectWhy); err != nil {
			return nil, err
		}
	}
	return &versions[0], nil
}

const (
	jobScrub    = "dml.scrub"
	scrubEvery  = 10 * time.Minute
	scrubAge    = 30 * 24 * time.Hour
	scrubBudget = 30 * time.Second // a job's lease is one minute
	sweepAge    = 24 * time.Hour
)

// Jobs gives the library's background work to the runner.
func (s *Service) Jobs(r *jobs.Runner) {
	r.Handle(jobCheck, func(ctx context.Context, raw []byte) error {
		var args checkArgs
		if err := json.Unmarshal(raw, &args); err != nil {
			return err
		}
		return s.finishChecks(ctx, args)
	})
	r.Handle(jobEvidence, func(ctx context.Context, raw []byte) error {
		var args evidenceArgs
		if err := json.Unmarshal(raw, &args); err != nil {
			return err
		}
		return s.readPushed(ctx, args)
	})
	r.Handle(jobSignatures, func(ctx context.Context, raw []byte) error {
		var args signaturesArgs
		if err := json.Unmarshal(raw, &args); err != nil {
			return err
		}
		return s.rejudgeSignatures(ctx, args)
	})
	r.Handle(jobWrap, func(ctx context.Context, _ []byte) error { return s.wrapOlder(ctx) })
	r.Handle(jobScrub, func(ctx context.Context, _ []byte) error { return s.scrub(ctx) })
}

// Schedule starts the scrub, which from then on enqueues itself, and gives older
// versions what the registry needs. Calling it at every start is right: a second
// one is a no-op.
func (s *Service) Schedule(ctx context.Context) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := scheduleSignatures(tx); err != nil {
			return err
		}
		old, err := unwrapped(tx, 1)
		if err == nil && len(old) > 0 {
			err = jobs.Enqueue(tx, jobWrap, struct{}{}, jobs.UniqueKey(jobWrap))
		}
		if err != nil {
			return err
		}
		return jobs.Enqueue(tx, jobScrub, struct{}{}, jobs.UniqueKey(jobScrub))
	})
}

// scrub verifies what was not verified for a month and sweeps dead uploads.
// The next turn has a key of its own, since this one's is still taken.
func (s *Service) scrub(ctx context.Context) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		next := tx.Now.Add(scrubEvery)
		turn := fmt.Sprintf("%s.%d", jobScrub, int64(next)/scrubEvery.Milliseconds())
		return jobs.Enqueue(tx, jobScrub, struct{}{}, jobs.UniqueKey(turn), jobs.RunAt(next))
	})
	if err != nil {
		return err
	}
	if _, err := s.blobs.Sweep(ctx, sweepAge); err != nil {
		return err
	}
	if err := s.db.InTx(ctx, func(tx *db.Tx) error { return dropUploads(tx, tx.Now.Add(-sweepAge)) }); err != nil {
		return err
	}
	return s.Scrub(ctx, scrubAge, scrubBudget)
}

// Scrub verifies blobs that were not verified for age, the stalest first, until
// the budget is spent.
func (s *Service) Scrub(ctx context.Context, age, budget time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	for {
		var row *blobRow
		err := s.db.View(ctx, func(tx *db.Tx) (err error) {
			row, err = leastVerified(tx, tx.Now.Add(-age))
			return err
		})
		if err != nil || row == nil {
			return err
		}
		err = s.recheckOne(ctx, row.Digest, nil)
		if errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		if err != nil && !errors.Is(err, fault.Refused) {
			return err
		}
	}
}

// SweepOrphans deletes bytes that no version names and that came longer than
// age ago: what is left of submissions that were refused after their last byte.
func (s *Service) SweepOrphans(ctx context.Context, age time.Duration) (int, error) {
	var orphans []blob.Info
	limit := time.Now().Add(-age)
	err := s.blobs.Walk(ctx, func(info blob.Info) error {
		if info.StoredAt.After(limit) {
			return nil
		}
		return s.db.View(ctx, func(tx *db.Tx) error {
			_, err := blobByDigest(tx, info.Digest)
			if errors.Is(err, fault.NotFound) {
				orphans = append(orphans, info)
				return nil
			}
			return err
		})
	})
	for _, info := range orphans {
		if err := s.blobs.Delete(ctx, info.Digest, info.Generation); err != nil && !errors.Is(err, blob.ErrChanged) {
			return 0, err
		}
	}
	return len(orphans), err
}

// Tidy deletes orphans and what dead uploads left, both older than age.
func (s *Service) Tidy(ctx context.Context, age time.Duration) (blobs, uploads int, err error) {
	if uploads, err = s.blobs.Sweep(ctx, age); err != nil {
		return 0, uploads, err
	}
	blobs, err = s.SweepOrphans(ctx, age)
	return blobs, uploads, err
}

// Digests lists the bytes that the library ought to hold.
func (s *Service) Digests(ctx context.Context) (list []blob.Digest, err error) {
	return list, s.db.View(ctx, func(tx *db.Tx) (err error) {
		list, err = digests(tx)
		return err
	})
}
