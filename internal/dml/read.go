package dml

import (
	"context"
	"errors"
	"io"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Reading is an open version whose last bytes come only once all of it matched
// its digest.
type Reading struct {
	Version *Version // nil for an attachment
	digest  blob.Digest
	body    io.ReadCloser
	s       *Service
}

// Read gives verified bytes. When the stored bytes turn out damaged, the
// version becomes suspect and the reader ends with an error before the end.
func (r *Reading) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if errors.Is(err, blob.ErrDamaged) {
		// A reader has no better context than its own; noting the damage must
		// not depend on whether the client still waits.
		if noted := r.s.Recheck(context.Background(), r.digest); noted != nil {
			return n, noted
		}
	}
	return n, err
}

// Close closes the bytes.
func (r *Reading) Close() error { return r.body.Close() }

// Open gives a version's bytes, verified while they are read.
func (s *Service) Open(ctx context.Context, actor identity.Actor, versionID int64) (*Reading, error) {
	v, _, err := s.readable(ctx, actor, versionID)
	if err != nil {
		return nil, err
	}
	body, _, err := blob.OpenVerified(ctx, s.blobs, v.Digest)
	if err != nil {
		return nil, storeFault(err, v)
	}
	return &Reading{Version: v, digest: v.Digest, body: body, s: s}, nil
}

// freshness is how long a whole verification stands good for parts.
const freshness = 5 * time.Minute

// OpenParts gives a version's bytes for reading at any offset. A part cannot be
// verified by itself, so all of it is hashed first, unless that was just done.
func (s *Service) OpenParts(ctx context.Context, actor identity.Actor, versionID int64) (*Version, io.ReadSeekCloser, error) {
	v, stored, err := s.readable(ctx, actor, versionID)
	if err != nil {
		return nil, nil, err
	}
	if s.db.Now().Sub(stored.VerifiedAt) > freshness {
		if err := s.freshen(ctx, actor, v); err != nil {
			return nil, nil, err
		}
	}
	if files, ok := s.blobs.(blob.Filer); ok { // which the kernel can send by itself
		file, err := files.File(v.Digest)
		if err != nil {
			return nil, nil, storeFault(err, v)
		}
		return v, file, nil
	}
	return v, blob.NewSeeker(ctx, s.blobs, v.Digest, stored.Size), nil
}

// freshen hashes a version's bytes anew, once for all who ask at the same time.
func (s *Service) freshen(ctx context.Context, actor identity.Actor, v *Version) error {
	defer s.alone(v.Digest)()
	_, stored, err := s.readable(ctx, actor, v.ID)
	if err != nil || s.db.Now().Sub(stored.VerifiedAt) <= freshness {
		return err
	}
	return s.Recheck(ctx, v.Digest)
}

func (s *Service) readable(ctx context.Context, actor identity.Actor, versionID int64) (v *Version, stored *blobRow, err error) {
	return v, stored, s.db.View(ctx, func(tx *db.Tx) (err error) {
		if v, err = versionByID(tx, versionID); err != nil {
			return err
		}
		if !sightOf(actor).sees(v) {
			return fault.New(fault.NotFound, "There is no such media version.")
		}
		if err := mayRead(actor, v); err != nil {
			return err
		}
		if v.Gone() {
			return v.gone()
		}
		if stored, err = blobByDigest(tx, v.Digest); err != nil {
			return err
		}
		if stored.State != blobGood {
			return storeFault(errDamaged, v)
		}
		return nil
	})
}

// mayRead lets everybody who sees a version read it once it was accepted.
// Before, and after it was rejected, only its submitter and those who decide.
func mayRead(actor identity.Actor, v *Version) error {
	if !sightOf(actor).sees(v) {
		return fault.New(fault.NotFound, "There is no such media version.")
	}
	switch v.State {
	case Accepted, Retired, Suspect:
		return nil
	}
	if actor.UserID != 0 && actor.UserID == v.SubmitterID || actor.Kind == identity.SystemKind || actor.Can(identity.DmlDecide, v.ServiceID) {
		return nil
	}
	return fault.New(fault.Forbidden, "%s is %s. Only its submitter and a custodian may read it.", v.Title(), v.State.Word())
}
