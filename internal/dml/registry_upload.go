package dml

import (
	"context"
	"errors"
	"io"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

// Pushing is a blob on its way into a repository. It is kept between requests;
// one that nobody goes on with is swept after a day.
type Pushing struct {
	r    *Registry
	name string
	up   blob.Upload
}

// seenEvery is how much time may pass before it is written down again that
// somebody goes on with an upload.
const seenEvery = 10 * time.Minute

// Begin starts to take a blob.
func (r *Registry) Begin(ctx context.Context, name string, declared int64) (*Pushing, error) {
	if declared > r.s.maxSize {
		return nil, r.s.tooLarge()
	}
	var at place
	if err := r.s.db.View(ctx, func(tx *db.Tx) (err error) { at, err = r.write(tx, name); return err }); err != nil {
		return nil, err
	}
	up, err := r.s.blobs.Create(ctx, declared)
	if err != nil {
		return nil, storeFault(err, nil)
	}
	// A power cut takes the bytes that came so far as well: only Commit syncs them.
	err = r.s.db.InTxSoon(ctx, func(tx *db.Tx) error {
		return tx.Create(&upload{Upload: up.ID(), Repo: at.key, UserID: r.actor.UserID, BegunAt: tx.Now, SeenAt: tx.Now})
	})
	if err != nil {
		return nil, errors.Join(err, up.Abort())
	}
	return &Pushing{r, name, up}, nil
}

// Resume goes on with a blob of the actor's. The offset is where the next byte
// belongs, or negative for wherever the last one was.
func (r *Registry) Resume(ctx context.Context, name, id string, offset int64) (*Pushing, error) {
	gone := fault.Wrap(fault.NotFound, ErrUploadUnknown, "There is no such upload. Begin again.")
	var stale bool
	err := r.s.db.View(ctx, func(tx *db.Tx) error {
		p, err := r.write(tx, name)
		if err != nil {
			return err
		}
		u, err := uploadOf(tx, p.key, id, r.actor.UserID)
		if errors.Is(err, fault.NotFound) {
			return gone
		}
		stale = err == nil && u.SeenAt.Before(tx.Now.Add(-seenEvery))
		return err
	})
	if err == nil && stale {
		err = r.s.db.InTx(ctx, func(tx *db.Tx) error { return seeUpload(tx, id) })
	}
	if err != nil {
		return nil, err
	}
	up, err := r.s.blobs.Resume(ctx, id)
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return nil, gone
	case errors.Is(err, blob.ErrBusy):
		return nil, fault.Wrap(fault.Conflict, ErrRangeInvalid, "Another request still sends this blob.")
	case err != nil:
		return nil, storeFault(err, nil)
	}
	if offset >= 0 && offset != up.Offset() {
		return nil, errors.Join(fault.Wrap(fault.Invalid, ErrRangeInvalid, "The next byte is %d, not %d.", up.Offset(), offset), up.Suspend())
	}
	return &Pushing{r, name, up}, nil
}

// ID names the upload for Resume.
func (p *Pushing) ID() string { return p.up.ID() }

// Offset is how many bytes were taken.
func (p *Pushing) Offset() int64 { return p.up.Offset() }

// Write takes bytes.
func (p *Pushing) Write(b []byte) (int, error) {
	if p.up.Offset()+int64(len(b)) > p.r.s.maxSize {
		return 0, p.r.s.tooLarge()
	}
	n, err := p.up.Write(b)
	return n, storeFault(err, nil)
}

// ReadFrom takes all that r gives.
func (p *Pushing) ReadFrom(r io.Reader) (int64, error) {
	room := p.r.s.maxSize - p.up.Offset()
	n, err := p.up.ReadFrom(io.LimitReader(r, room+1))
	if n > room {
		return n, p.r.s.tooLarge()
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return n, fault.Wrap(fault.Invalid, errors.Join(ErrIncomplete, err), "The connection ended before all of it had arrived. Go on at %d.", p.up.Offset())
	}
	return n, storeFault(err, nil)
}

// Close keeps the bytes for the next request. After Commit it does nothing.
func (p *Pushing) Close() error { return p.up.Suspend() }

// Commit stores the blob under its digest in the repository. A digest that is
// not the bytes' keeps nothing.
func (p *Pushing) Commit(ctx context.Context, expected blob.Digest) (int64, error) {
	if !expected.Valid() {
		return 0, fault.Wrap(fault.Invalid, ErrDigestInvalid, "A digest is sha256: and 64 lower-case hex digits.")
	}
	id := p.up.ID()
	info, err := p.up.Commit(ctx, expected, blob.Unknown)
	mismatch := errors.Is(err, blob.ErrMismatch)
	if err != nil && !mismatch {
		return 0, storeFault(err, nil)
	}
	noted := p.r.s.db.InTxTogether(ctx, func(tx *db.Tx) error {
		at, err := p.r.write(tx, p.name)
		if err != nil {
			return err
		}
		if err := dropUpload(tx, id); err != nil || mismatch {
			return err
		}
		if err := blobStored(tx, info); err != nil {
			return err
		}
		return putContent(tx, &Content{Repo: at.key, Digest: info.Digest, MediaType: "application/octet-stream", Size: info.Size, PusherID: p.r.actor.UserID, PushedAt: tx.Now})
	})
	if mismatch {
		return 0, errors.Join(fault.Wrap(fault.Invalid, ErrDigestInvalid, "The bytes that came do not have the digest you declared. Nothing was kept."), noted)
	}
	return info.Size, noted
}

// Mount shows a blob of one repository in another; no bytes move. The actor
// must be able to read it where it is.
func (r *Registry) Mount(ctx context.Context, from, to string, d blob.Digest) (size int64, err error) {
	return size, r.change(ctx, to, func(tx *db.Tx, p place) error {
		source, err := r.read(tx, from)
		if err != nil {
			return err
		}
		c, err := findContent(tx, source, d, false)
		if err != nil {
			return err
		}
		if _, err := leaseBlob(tx, d, tx.Now.Add(leaseFor)); err != nil {
			return err
		}
		size = c.Size
		return putContent(tx, &Content{Repo: p.key, Digest: d, MediaType: c.MediaType, Size: c.Size, PusherID: r.actor.UserID, PushedAt: tx.Now})
	})
}

// keep stores small bytes of the library's own making.
func (s *Service) keep(ctx context.Context, data []byte) (blob.Info, error) {
	up, err := s.blobs.Create(ctx, int64(len(data)))
	if err != nil {
		return blob.Info{}, storeFault(err, nil)
	}
	defer up.Abort() //nolint:errcheck // after Commit it does nothing; otherwise the sweeper finds the rest
	if _, err := up.Write(data); err != nil {
		return blob.Info{}, storeFault(err, nil)
	}
	info, err := up.Commit(ctx, blob.Of(data), int64(len(data)))
	return info, storeFault(err, nil)
}

var _ io.WriteCloser = (*Pushing)(nil)
