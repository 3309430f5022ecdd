package dml

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

const (
	jobCollect    = "dml.collect"
	collectEvery  = 24 * time.Hour
	collectBudget = 40 * time.Second // a job's lease is one minute
	collectDelay  = 10 * time.Minute // after the start of a server
	batch         = 100
	askedAgain    = 5 * time.Minute // a run that has not moved for so long is not waited for
)

// collectArgs name the run to go on with; 0 begins one.
type collectArgs struct{ Run int64 }

// scheduleCollect puts a day's run on the queue, once however often it is asked.
func scheduleCollect(tx *db.Tx, at db.Time) error {
	day := fmt.Sprintf("%s.%d", jobCollect, int64(at)/collectEvery.Milliseconds())
	return jobs.Enqueue(tx, jobCollect, collectArgs{}, jobs.UniqueKey(day), jobs.RunAt(at))
}

// collectTurn does as much of a run as fits into one job, and enqueues the rest.
func (s *Service) collectTurn(ctx context.Context, args collectArgs) error {
	if args.Run == 0 {
		if err := s.db.InTx(ctx, func(tx *db.Tx) error {
			return errors.Join(followHolds(tx), scheduleCollect(tx, tx.Now.Add(collectEvery)))
		}); err != nil {
			return err
		}
	}
	bounded, cancel := s.shift(ctx)
	defer cancel()
	c, err := s.collect(bounded, args.Run, collector.Name, DefaultGrace)
	if err == nil || c == nil || bounded.Err() == nil || ctx.Err() != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error { return jobs.Enqueue(tx, jobCollect, collectArgs{c.ID}) })
}

// Collect runs the garbage collection to its end.
func (s *Service) Collect(ctx context.Context, actor identity.Actor, grace time.Duration) (*Collection, error) {
	if err := mayCollect(actor, grace); err != nil {
		return nil, err
	}
	return s.collect(ctx, 0, actor.Name, grace)
}

func mayCollect(actor identity.Actor, grace time.Duration) error {
	if err := mayTend(actor); err != nil {
		return err
	}
	if grace < MinGrace {
		return fault.New(fault.Invalid, "The grace period is at least %s, so that no push under way is collected.", MinGrace)
	}
	return nil
}

// AskCollection has a run done in the background. Who asks again while theirs
// goes on gets the same one.
func (s *Service) AskCollection(ctx context.Context, actor identity.Actor, grace time.Duration) (c *Collection, err error) {
	if err := mayCollect(actor, grace); err != nil {
		return nil, err
	}
	return c, s.db.InTx(ctx, func(tx *db.Tx) error {
		if c, err = collectionUnderWay(tx, actor.Name, grace, tx.Now.Add(-askedAgain)); err != nil || c != nil {
			return err
		}
		c = &Collection{ByName: actor.Name, GraceMS: grace.Milliseconds(), Phase: phaseUploads}
		if err := tx.Create(c); err != nil {
			return err
		}
		if err := audit.Record(tx, actor.By(), audit.Entry{Action: "media.collect", Kind: "library", Key: "media", Sentence: "had the media library collected", Detail: "Grace " + grace.String()}); err != nil {
			return err
		}
		return jobs.Enqueue(tx, jobCollect, collectArgs{c.ID})
	})
}

// FindCollection tells how far a run is.
func (s *Service) FindCollection(ctx context.Context, actor identity.Actor, id int64) (c *Collection, err error) {
	if err := mayTend(actor); err != nil {
		return nil, err
	}
	return c, s.db.View(ctx, func(tx *db.Tx) error { c, err = collectionByID(tx, id); return err })
}

// collect begins a run, or goes on with one, until its end or that of ctx.
func (s *Service) collect(ctx context.Context, runID int64, by string, grace time.Duration) (c *Collection, err error) {
	err = s.db.InTx(ctx, func(tx *db.Tx) (err error) {
		if runID != 0 {
			c, err = collectionByID(tx, runID)
			return err
		}
		c = &Collection{ByName: by, GraceMS: grace.Milliseconds(), Phase: phaseUploads}
		return tx.Create(c)
	})
	for err == nil && !c.Ended() {
		err = s.advance(ctx, c)
	}
	return c, err
}

// advance takes one step of a run and notes how far it has come. What failed is
// noted too; the rest of the run goes on, and the next run tries again.
func (s *Service) advance(ctx context.Context, c *Collection) error {
	from, walked := c.Cursor, c.Walked
	more, failed := s.step(ctx, c)
	if ctx.Err() != nil { // the step is taken again
		return ctx.Err()
	}
	if failed != nil {
		c.Failures, c.LastError = c.Failures+1, failed.Error()
		s.log.Error("media collection", "phase", string(c.Phase), "error", failed)
	}
	if !more || failed != nil && c.Cursor == from && c.Walked == walked {
		c.Phase, c.Cursor, c.Walked = afterPhase[c.Phase], 0, ""
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if c.Ended() {
			c.EndedAt = tx.Now
		}
		return tx.Save(c)
	})
}

// step does a small part of the phase; more tells whether any of it is left.
func (s *Service) step(ctx context.Context, c *Collection) (more bool, err error) {
	switch c.Phase {
	case phaseUploads:
		return false, s.expireUploads(ctx, c)
	case phaseRelease:
		return s.releaseSome(ctx, c)
	case phaseCondemn:
		return s.condemnSome(ctx, c)
	case phaseOrphans:
		return s.condemnOrphans(ctx, c)
	}
	return s.deleteSome(ctx, c)
}

func (s *Service) expireUploads(ctx context.Context, c *Collection) error {
	swept, err := s.blobs.Sweep(ctx, uploadAge)
	if err != nil {
		return err
	}
	c.Uploads += int64(swept)
	return s.db.InTx(ctx, func(tx *db.Tx) error { return dropUploads(tx, tx.Now.Add(-uploadAge)) })
}

// releaseSome lets go of versions, one item in each transaction.
func (s *Service) releaseSome(ctx context.Context, c *Collection) (more bool, err error) {
	var ids []int64
	if err := s.db.View(ctx, func(tx *db.Tx) (err error) { ids, err = itemsDue(tx, c.Cursor, batch); return err }); err != nil {
		return false, err
	}
	for _, id := range ids {
		c.Cursor = id
		var n int64
		if err := s.db.InTx(ctx, func(tx *db.Tx) (err error) { n, err = s.release(tx, id); return err }); err != nil {
			return true, err
		}
		c.LetGo += n
	}
	return len(ids) > 0, nil
}

// condemnSome looks at a batch of blobs without a lease.
func (s *Service) condemnSome(ctx context.Context, c *Collection) (more bool, err error) {
	var rows []blobRow
	var found []blobRow
	err = s.db.View(ctx, func(tx *db.Tx) (err error) {
		if rows, err = idle(tx, c.Cursor, batch); err != nil || len(rows) == 0 {
			return err
		}
		found, err = unneeded(tx, rows, nil)
		return err
	})
	if err != nil || len(rows) == 0 {
		return false, err
	}
	c.Cursor = rows[len(rows)-1].ID
	if len(found) == 0 {
		return true, nil
	}
	// The generation is noted before the decision: a copy that is stored later
	// has another, and is never deleted by this decision.
	generations := map[blob.Digest]int64{}
	for _, row := range found {
		info, err := s.blobs.Stat(ctx, row.Digest)
		if err != nil && !errors.Is(err, blob.ErrNotFound) {
			return true, err
		}
		generations[row.Digest] = info.Generation
	}
	var n int64
	err = s.db.InTx(ctx, func(tx *db.Tx) (err error) { n, err = condemn(tx, found, generations); return err })
	if err == nil {
		c.Condemned += n
	}
	return true, err
}

// condemnOrphans looks at the next bytes in the store for such without a row:
// what is left of a submission that was refused, or died, after its last byte.
func (s *Service) condemnOrphans(ctx context.Context, c *Collection) (more bool, err error) {
	next, unknown, err := s.walkSome(ctx, c.Walked)
	if err != nil {
		return false, err
	}
	var fresh int64
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		fresh = 0
		for _, info := range unknown {
			condemned, err := adopt(tx, info)
			if err != nil {
				return err
			}
			if condemned {
				fresh++
			}
		}
		return nil
	})
	if err == nil {
		c.Walked, c.Orphans = next, c.Orphans+fresh
	}
	return next != "", err
}

// errEnough ends a walk that has met as much as fits into one step.
var errEnough = errors.New("enough for now")

// walkSome walks a small way through the store. It gives what has no row, and
// after which digest the way goes on; nothing at its end.
func (s *Service) walkSome(ctx context.Context, after blob.Digest) (next blob.Digest, unknown []blob.Info, err error) {
	var held []blob.Info
	var digests []blob.Digest
	err = s.blobs.Walk(ctx, after, func(info blob.Info) error {
		held, digests = append(held, info), append(digests, info.Digest)
		if len(held) == s.stride {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		next, err = digests[len(digests)-1], nil
	}
	if err != nil || len(held) == 0 {
		return "", nil, err
	}
	return next, unknown, s.db.View(ctx, func(tx *db.Tx) error {
		rows, err := blobsByDigest(tx, digests)
		for _, info := range held {
			if row, known := rows[info.Digest]; !known || row.State == blobGone {
				unknown = append(unknown, info)
			}
		}
		return err
	})
}

// deleteSome deletes a batch of what was condemned longer than the grace ago.
func (s *Service) deleteSome(ctx context.Context, c *Collection) (more bool, err error) {
	var due []blobRow
	var spared int64
	err = s.db.InTx(ctx, func(tx *db.Tx) (err error) {
		due, err = condemnedBefore(tx, tx.Now.Add(-time.Duration(c.GraceMS)*time.Millisecond), c.Cursor, batch)
		if err != nil || len(due) == 0 {
			return err
		}
		spared, err = doom(tx, due)
		return err
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	c.Spared, c.Cursor = c.Spared+spared, due[len(due)-1].ID
	var failed error
	for i := range due {
		row := &due[i]
		if row.State != blobDeleting {
			continue
		}
		err := s.blobs.Delete(ctx, row.Digest, row.Generation)
		if err != nil && !errors.Is(err, blob.ErrChanged) { // the next run tries again
			failed = fmt.Errorf("delete %s: %w", row.Digest, err)
			continue
		}
		changed, gone := err != nil, false
		if err := s.db.InTx(ctx, func(tx *db.Tx) (err error) { gone, err = deleted(tx, row.Digest, changed); return err }); err != nil {
			return true, err
		}
		if gone {
			c.Deleted, c.Freed = c.Deleted+1, c.Freed+row.Size
		}
	}
	return true, failed
}

// deleted writes down that bytes are gone, unless somebody pushed them
// meanwhile. A newer copy that nobody has claimed is left to the next walk.
func deleted(tx *db.Tx, d blob.Digest, changed bool) (gone bool, err error) {
	row, err := blobByDigest(tx, d)
	switch {
	case errors.Is(err, fault.NotFound):
		return false, nil
	case err != nil || row.State != blobDeleting:
		return false, err
	}
	return !changed, forget(tx, row)
}
