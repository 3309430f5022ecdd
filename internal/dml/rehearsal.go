package dml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
)

// Rehearsal is proof that a version could be restored on a day: every byte of
// it was read from a copy, and either matched its digest or did not.
type Rehearsal struct {
	ID             int64 `gorm:"primaryKey"`
	ItemID         int64
	MediaVersionID int64
	Source         RehearsalSource
	Note           string // which copy, in the words of whoever restored it
	Verified       bool
	Detail         string
	Blobs          int64
	Bytes          int64
	ByID           int64
	ByName         string
	HeldAt         db.Time
}

// TableName is the table of rehearsals.
func (Rehearsal) TableName() string { return "media_rehearsals" }

// RehearsalSource is the copy that was read.
type RehearsalSource string

// The store itself, or a copy that was restored from a backup.
const (
	FromStore  RehearsalSource = "store"
	FromBackup RehearsalSource = "backup"
)

// Words is the copy within a sentence.
func (s RehearsalSource) Words() string {
	if s == FromBackup {
		return "from the backup"
	}
	return "from the store"
}

// Rehearse reads every byte of a version back and records whether it is what
// was accepted. The copy is a store that was restored from a backup; nil reads
// the library's own. A failed rehearsal is recorded, and is no error.
func (s *Service) Rehearse(ctx context.Context, actor identity.Actor, versionID int64, copied blob.Store, note string) (*Rehearsal, error) {
	var v *Version
	var digests []blob.Digest
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		if v, err = versionByID(tx, versionID); err != nil {
			return err
		}
		if err := mayDecide(actor, v); err != nil {
			return err
		}
		if v.Gone() {
			return v.gone()
		}
		digests, err = bytesOf(tx, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	r := &Rehearsal{ItemID: v.ItemID, MediaVersionID: v.ID, Source: FromBackup, Note: strings.TrimSpace(note), Verified: true, ByID: actor.UserID, ByName: actor.Name}
	if copied == nil {
		r.Source, copied = FromStore, s.blobs
	}
	if err := r.read(ctx, copied, digests); err != nil {
		return nil, err
	}
	if !r.Verified && r.Source == FromStore { // what the store lost is suspect from now on
		if err := s.Recheck(ctx, v.Digest); err != nil && fault.KindOf(err) != fault.Refused {
			return nil, err
		}
	}
	return r, s.db.InTx(ctx, func(tx *db.Tx) error {
		r.HeldAt = tx.Now
		if err := putRehearsal(tx, r); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "media.rehearse", Kind: "media", Key: v.Ref(),
			Sentence: "rehearsed the restore of " + v.Title() + " " + r.Source.Words(), Reason: r.Note, Detail: r.Detail})
	})
}

// read takes every blob through the verified door.
func (r *Rehearsal) read(ctx context.Context, from blob.Store, digests []blob.Digest) error {
	var bad []string
	for _, d := range digests {
		n, err := readVerified(ctx, from, d)
		r.Blobs, r.Bytes = r.Blobs+1, r.Bytes+n
		switch {
		case errors.Is(err, blob.ErrNotFound):
			bad = append(bad, d.Short()+" is missing")
		case errors.Is(err, blob.ErrDamaged):
			bad = append(bad, d.Short()+" does not match its digest")
		case err != nil:
			return storeFault(err, nil)
		}
	}
	r.Verified = len(bad) == 0
	r.Detail = fmt.Sprintf("All %s match.", noun.Count(r.Blobs, "blob"))
	if r.Blobs == 1 {
		r.Detail = "The bytes match."
	}
	if !r.Verified {
		r.Detail = fmt.Sprintf("%d of %d: %s.", len(bad), r.Blobs, strings.Join(bad[:min(len(bad), 10)], ", "))
	}
	return nil
}

func readVerified(ctx context.Context, from blob.Store, d blob.Digest) (int64, error) {
	body, _, err := blob.OpenVerified(ctx, from, d)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	return io.Copy(io.Discard, &cancellable{ctx, body})
}

// gone says why the bytes of a version that was let go cannot be had.
func (v *Version) gone() error {
	return fault.New(fault.NotFound, "The bytes of %s were let go. %s Its record stays.", v.Title(), v.LetGoWhy)
}
