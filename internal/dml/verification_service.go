package dml

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

const (
	jobVerify   = "dml.verify"
	verifyPace  = 256 << 20 // bytes a second, so that people who download still get theirs
	verifyTries = 5
	verifyNote  = time.Second // between two notes of how far it is
	maxDamage   = 1000        // that are listed
)

type verifyArgs struct{ ID int64 }

// mayTend lets those look after the stored bytes who keep the library, and the
// commands beside its data.
func mayTend(actor identity.Actor) error { return identity.Authorize(actor, identity.DmlKeep, 0) }

// VerifyAll has everything hashed again in the background. While that lasts,
// asking again gives the same one.
func (s *Service) VerifyAll(ctx context.Context, actor identity.Actor) (v *Verification, err error) {
	if err := mayTend(actor); err != nil {
		return nil, err
	}
	return v, s.db.InTx(ctx, func(tx *db.Tx) error {
		if v, err = lastVerification(tx); err != nil {
			return err
		}
		if v == nil || v.Ended() {
			sum, err := sumHeld(tx)
			if err != nil {
				return err
			}
			v = &Verification{ByName: actor.Name, Blobs: sum.N, Bytes: sum.Bytes}
			if err := tx.Create(v); err != nil {
				return err
			}
			if err := audit.Record(tx, actor.By(), audit.Entry{Action: "media.verify", Kind: "library", Key: "media", Sentence: "had the whole media library verified"}); err != nil {
				return err
			}
		}
		return jobs.Enqueue(tx, jobVerify, verifyArgs{v.ID}, jobs.UniqueKey(fmt.Sprintf("%s/%d", jobVerify, v.ID)))
	})
}

// FindVerification tells how far a verification is and what it has found.
func (s *Service) FindVerification(ctx context.Context, actor identity.Actor, id int64) (v *Verification, damaged []Damage, err error) {
	if err := mayTend(actor); err != nil {
		return nil, nil, err
	}
	return v, damaged, s.db.View(ctx, func(tx *db.Tx) error {
		if v, err = verificationByID(tx, id); err != nil || v.Damaged == 0 {
			return err
		}
		damaged, err = damagedSince(tx, v.CreatedAt, maxDamage)
		return err
	})
}

// verifyAll is the work of a verification. How far it came is noted now and
// then, and when it is interrupted.
func (s *Service) verifyAll(ctx context.Context, id int64) error {
	var v *Verification
	var row *blobRow
	wait, noted := throttle(ctx, verifyPace), s.db.Now()
	note := func(ctx context.Context) error {
		noted = s.db.Now()
		return s.db.InTx(ctx, func(tx *db.Tx) error { return tx.Save(v) })
	}
	err := s.db.View(ctx, func(tx *db.Tx) (err error) { v, err = verificationByID(tx, id); return err })
	for err == nil && !v.Ended() {
		if s.db.Now().Sub(noted) >= verifyNote {
			if err := note(ctx); err != nil {
				return err
			}
		}
		if err := s.db.View(ctx, func(tx *db.Tx) (err error) { row, err = nextHeld(tx, v.Cursor, v.CreatedAt); return err }); err != nil {
			return err
		}
		if row == nil {
			v.EndedAt = s.db.Now()
			return note(ctx)
		}
		found := s.recheckOne(ctx, row.Digest, func(n int64) {
			wait(n)
			if v.InHand += n; s.db.Now().Sub(noted) >= verifyNote {
				_ = note(ctx) // the next one may succeed
			}
		})
		switch {
		case ctx.Err() != nil:
			v.InHand = 0
			return errors.Join(ctx.Err(), note(context.WithoutCancel(ctx)))
		case found == nil, errors.Is(found, fault.NotFound), errors.Is(found, fault.Refused):
			v.passed(row, errors.Is(found, fault.Refused))
		default:
			v.failed(found, s.db.Now())
			err = errors.Join(found, note(ctx))
		}
	}
	if v != nil && v.Ended() {
		return nil // what was found is in it
	}
	return err
}
