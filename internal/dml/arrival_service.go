package dml

import (
	"context"
	"errors"
	"io"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Announce begins to take a file whose bytes come in several requests.
func (s *Service) Announce(ctx context.Context, actor identity.Actor, a Announcement) (*Arrival, error) {
	if err := identity.Authorize(actor, identity.DmlSubmit, 0); err != nil {
		return nil, err
	}
	if err := a.check(s.maxSize); err != nil {
		return nil, err
	}
	if err := s.db.View(ctx, func(tx *db.Tx) error { return foresee(tx, actor, a) }); err != nil {
		return nil, err
	}
	up, err := s.blobs.Create(ctx, a.Size)
	if err != nil {
		return nil, storeFault(err, nil)
	}
	u := &upload{Upload: up.ID(), UserID: actor.UserID, Size: a.Size, FileName: a.FileName, MediaType: a.MediaType, Declared: a.Declared}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		u.BegunAt, u.SeenAt = tx.Now, tx.Now
		return tx.Create(u)
	})
	if err != nil {
		return nil, errors.Join(err, up.Abort())
	}
	return u.arrival(0), storeFault(up.Suspend(), nil)
}

// foresee refuses a file that would be refused when it is submitted, as far as
// that can be known already.
func foresee(tx *db.Tx, actor identity.Actor, a Announcement) error {
	open, err := arrivalsOf(tx, actor.UserID, tx.Now.Add(-uploadAge))
	if err != nil {
		return err
	}
	if len(open) >= maxArrivals {
		return fault.New(fault.TooMany, "You have %d files under way. Submit them or give them up first.", len(open))
	}
	if a.ItemKey == "" {
		return nil
	}
	service, err := serviceOf(tx, a.ItemKey)
	if err != nil {
		return err
	}
	if err := identity.Authorize(actor, identity.DmlSubmit, service); err != nil || a.Declared == "" {
		return err
	}
	old, err := versionByLabel(tx, a.ItemKey, a.Label)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return old.same(a.Declared)
}

// arriving finds an upload of the actor's own; anybody else's is not there.
func (s *Service) arriving(ctx context.Context, actor identity.Actor, id string) (u *upload, err error) {
	if err := identity.Authorize(actor, identity.DmlSubmit, 0); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *db.Tx) (err error) {
		u, err = uploadOf(tx, "", id, actor.UserID)
		if err == nil && !u.SeenAt.After(tx.Now.Add(-uploadAge)) {
			return noArrival()
		}
		return err
	})
	if errors.Is(err, fault.NotFound) {
		return nil, noArrival()
	}
	return u, err
}

// Arrivals lists what the actor has under way.
func (s *Service) Arrivals(ctx context.Context, actor identity.Actor) ([]Arrival, error) {
	if err := identity.Authorize(actor, identity.DmlSubmit, 0); err != nil {
		return nil, err
	}
	var list []Arrival
	return list, s.db.View(ctx, func(tx *db.Tx) error {
		uploads, err := arrivalsOf(tx, actor.UserID, tx.Now.Add(-uploadAge))
		for i := range uploads {
			list = append(list, *uploads[i].arrival(whenWhole(&uploads[i])))
		}
		return err
	})
}

func whenWhole(u *upload) int64 {
	if u.Digest == "" {
		return 0
	}
	return u.Size
}

// Announced gives the actor's upload as it was announced, and at its offset if
// it is whole. It does not touch the bytes, so another request may be sending.
func (s *Service) Announced(ctx context.Context, actor identity.Actor, id string) (*Arrival, error) {
	u, err := s.arriving(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return u.arrival(whenWhole(u)), nil
}

// Arrival gives the actor's upload and how far it has come. ErrBusy while
// another request is sending.
func (s *Service) Arrival(ctx context.Context, actor identity.Actor, id string) (*Arrival, error) {
	u, err := s.arriving(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if u.Digest != "" {
		return u.arrival(u.Size), nil
	}
	up, err := s.resumed(ctx, u)
	switch {
	case err != nil:
		return nil, err
	case u.Digest != "":
		return u.arrival(u.Size), nil
	case up.Offset() == u.Size: // its last byte came just before a server died
		return s.store(ctx, u, up)
	}
	return u.arrival(up.Offset()), storeFault(up.Suspend(), nil)
}

// resumed goes on with an upload. It may turn out to be stored already, by a
// server that died before it could write that down; there is no upload then.
// Only bytes that nobody ever wrote down can be that, so that nobody comes by
// another's through their digest.
func (s *Service) resumed(ctx context.Context, u *upload) (blob.Upload, error) {
	up, err := s.resume(ctx, u.Upload)
	if !errors.Is(err, ErrUploadUnknown) || u.Declared == "" {
		return up, err
	}
	info, missing := s.blobs.Stat(ctx, u.Declared)
	if missing != nil || info.Size != u.Size || blob.Recheck(ctx, s.blobs, u.Declared, nil) != nil {
		return nil, err
	}
	return nil, s.db.InTx(ctx, func(tx *db.Tx) error {
		if _, known := blobByDigest(tx, u.Declared); !errors.Is(known, fault.NotFound) {
			return err
		}
		return noteStored(tx, u, info)
	})
}

func noteStored(tx *db.Tx, u *upload, info blob.Info) error {
	u.Digest, u.SeenAt = info.Digest, tx.Now
	return errors.Join(blobStored(tx, info), storedUpload(tx, u.Upload, info.Digest))
}

func (s *Service) resume(ctx context.Context, id string) (blob.Upload, error) {
	up, err := s.blobs.Resume(ctx, id)
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return nil, noArrival()
	case errors.Is(err, blob.ErrBusy):
		return nil, fault.Wrap(fault.Conflict, ErrBusy, "Another request still sends this file. Try again in a moment.")
	}
	return up, storeFault(err, nil)
}

// Take goes on with an upload at the offset. However the body ends, the bytes
// that came are kept, and the arrival tells how many; ErrIncomplete when it
// ended early. The last byte stores the file under its digest: if that is not
// the declared one, nothing is kept.
func (s *Service) Take(ctx context.Context, actor identity.Actor, id string, offset int64, body io.Reader) (*Arrival, error) {
	u, err := s.arriving(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	var up blob.Upload
	if u.Digest == "" {
		if up, err = s.resumed(ctx, u); err != nil {
			return nil, err
		}
	}
	if u.Digest != "" {
		if offset != u.Size {
			return nil, wrongOffset(u.Size, offset)
		}
		return u.arrival(u.Size), nil
	}
	if offset != up.Offset() {
		return nil, errors.Join(wrongOffset(up.Offset(), offset), up.Suspend())
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error { u.SeenAt = tx.Now; return seeUpload(tx, id) })
	if err != nil {
		return nil, errors.Join(err, up.Suspend())
	}
	// What has arrived is worth keeping even if the sender has gone.
	return s.took(context.WithoutCancel(ctx), u, up, body)
}

func (s *Service) took(ctx context.Context, u *upload, up blob.Upload, body io.Reader) (*Arrival, error) {
	_, err := io.Copy(up, io.LimitReader(body, u.Size-up.Offset()))
	switch {
	case errors.Is(err, blob.ErrFull):
		return nil, errors.Join(storeFault(err, nil), up.Abort(), s.drop(ctx, u.Upload))
	case err != nil:
		err = fault.Wrap(fault.Invalid, errors.Join(ErrIncomplete, err), "The connection ended before all of it had arrived. Go on at %d.", up.Offset())
	case up.Offset() == u.Size && more(body):
		err = fault.New(fault.TooLarge, "More bytes came than the %d that were announced.", u.Size)
	case up.Offset() == u.Size:
		return s.store(ctx, u, up)
	}
	if lost := up.Suspend(); lost != nil {
		return nil, errors.Join(storeFault(lost, nil), s.drop(ctx, u.Upload))
	}
	return u.arrival(up.Offset()), err
}

func more(body io.Reader) bool {
	n, _ := io.ReadFull(body, make([]byte, 1))
	return n > 0
}

// store ends an upload whose last byte has come.
func (s *Service) store(ctx context.Context, u *upload, up blob.Upload) (*Arrival, error) {
	info, err := up.Commit(ctx, u.Declared, u.Size)
	if errors.Is(err, blob.ErrMismatch) {
		return nil, errors.Join(invalid("digest", "The bytes that came do not have the digest you declared. Nothing was kept.", err), s.drop(ctx, u.Upload))
	}
	if err != nil {
		return nil, errors.Join(storeFault(err, nil), s.drop(ctx, u.Upload))
	}
	if err := s.db.InTx(ctx, func(tx *db.Tx) error { return noteStored(tx, u, info) }); err != nil {
		return nil, err
	}
	return u.arrival(u.Size), nil
}

func (s *Service) drop(ctx context.Context, id string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error { return dropUpload(tx, id) })
}

// GiveUp forgets an upload and its bytes. Bytes that were stored already go
// with the collection, unless something else needs them.
func (s *Service) GiveUp(ctx context.Context, actor identity.Actor, id string) error {
	u, err := s.arriving(ctx, actor, id)
	if err != nil {
		return err
	}
	if u.Digest == "" {
		up, err := s.resume(ctx, id)
		switch {
		case errors.Is(err, fault.NotFound): // the bytes are gone already
		case err != nil:
			return err
		default:
			if err := up.Abort(); err != nil {
				return err
			}
		}
	}
	return s.drop(ctx, id)
}

// Submit enters an upload that has arrived whole, like a file that Receive
// streams. While anything is wrong with the words, the upload is kept.
func (s *Service) Submit(ctx context.Context, actor identity.Actor, sub Submission, id string) (*Version, error) {
	u, err := s.arriving(ctx, actor, id)
	if errors.Is(err, fault.NotFound) {
		return nil, invalid("file", "The upload is no longer there. Choose the file again.", err)
	}
	if err != nil {
		return nil, err
	}
	sub.FileName, sub.MediaType, sub.Size = u.FileName, u.MediaType, u.Size
	if err := s.admit(ctx, actor, &sub); err != nil {
		return nil, err
	}
	switch {
	case u.Digest == "":
		return nil, notWhole(u)
	case sub.Declared != "" && sub.Declared != u.Digest:
		return nil, invalid("digest", "The file that came is "+u.Digest.String()+". Mend the digest, or choose the right file.", nil)
	case sub.Declared == "":
		sub.Declared = u.Declared
	}
	head, err := s.head(ctx, u.Digest)
	if err != nil {
		return nil, err
	}
	return s.settle(ctx, actor, sub, u.info(), head, func(tx *db.Tx) error {
		there, err := leaseBlob(tx, u.Digest, tx.Now.Add(leaseFor))
		if err == nil && !there {
			err = invalid("file", "The upload is no longer there. Choose the file again.", nil)
		}
		return errors.Join(err, dropUpload(tx, id))
	})
}

// head gives the first bytes of a stored file, which is what tells a media type.
func (s *Service) head(ctx context.Context, d blob.Digest) ([]byte, error) {
	r, err := s.blobs.Open(ctx, d, blob.Range{Length: headSize})
	if err != nil {
		return nil, storeFault(err, nil)
	}
	head, err := io.ReadAll(io.LimitReader(r, headSize))
	return head, errors.Join(err, r.Close())
}

// MaxSize is how many bytes one file may have.
func (s *Service) MaxSize() int64 { return s.maxSize }
