package dml

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

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

// RecheckOne hashes the stored bytes of one digest again, and not what a
// manifest names.
func (s *Service) RecheckOne(ctx context.Context, d blob.Digest) error {
	return s.recheckOne(ctx, d, nil)
}

func (s *Service) recheckOne(ctx context.Context, d blob.Digest, progress func(int64)) error {
	return s.checked(ctx, d, blob.Recheck(ctx, s.blobs, d, progress))
}

// checked writes down what hashing stored bytes again has found.
func (s *Service) checked(ctx context.Context, d blob.Digest, found error) error {
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
		if !slices.Contains(heldStates, row.State) {
			return fault.New(fault.NotFound, "The bytes of %s were let go.", d.Short())
		}
		row.State = blobGood
		if damaged {
			row.State = blobDamaged
			s.log.Error("media library: stored bytes are damaged or missing", "digest", d.String(), "error", found)
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
		if err := v.Rot(); err != nil {
			return nil, err
		}
		if err := saved(tx, keeper, "suspect", v, "found "+v.Title()+" damaged", v.SuspectWhy); err != nil {
			return nil, err
		}
	}
	return &versions[0], nil
}

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
	r.HandleLong(jobLocks, 1, func(ctx context.Context, _ []byte) error { return s.lockHeld(ctx) })
	r.Handle(jobWrap, func(ctx context.Context, _ []byte) error { return s.wrapOlder(ctx) })
	r.HandleLong(jobVerify, 1, func(ctx context.Context, raw []byte) error {
		var args verifyArgs
		if err := json.Unmarshal(raw, &args); err != nil {
			return err
		}
		return s.verifyAll(ctx, args.ID)
	})
	r.Handle(jobScrub, func(ctx context.Context, _ []byte) error { return s.scrub(ctx) })
	r.Handle(jobCollect, func(ctx context.Context, raw []byte) error {
		var args collectArgs
		if err := json.Unmarshal(raw, &args); err != nil {
			return err
		}
		return s.collectTurn(ctx, args)
	})
}

// Schedule starts the scrub and the collection, which from then on enqueue
// themselves, and gives older versions what the registry needs. Calling it at every start is right: a second
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
		if err := errors.Join(followHoldsOnce(tx), scheduleCollect(tx, tx.Now.Add(collectDelay))); err != nil {
			return err
		}
		return jobs.Enqueue(tx, jobScrub, struct{}{}, jobs.UniqueKey(jobScrub))
	})
}

// Digests lists the bytes that the library ought to hold.
func (s *Service) Digests(ctx context.Context) (list []blob.Digest, err error) {
	return list, s.db.View(ctx, func(tx *db.Tx) (err error) {
		list, err = digests(tx)
		return err
	})
}
