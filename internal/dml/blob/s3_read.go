package blob

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
)

// Open reads a range of a blob.
func (s *S3) Open(ctx context.Context, d Digest, r Range) (io.ReadCloser, error) {
	if !d.Valid() {
		return nil, ErrNotFound
	}
	var options minio.GetObjectOptions
	var err error
	switch {
	case r.Length > 0:
		err = options.SetRange(r.Offset, r.Offset+r.Length-1)
	case r.Offset > 0:
		err = options.SetRange(r.Offset, 0)
	}
	if err != nil {
		return nil, err
	}
	body, _, _, err := s.core.GetObject(ctx, s.config.Bucket, s.key(d), options)
	if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return http.NoBody, nil // nothing lies past the end
	}
	if err != nil {
		return nil, s.failure(ctx, err)
	}
	return &answer{ctx, s, body}, nil
}

// answer is a body whose connection may break: that is no damage to the blob.
type answer struct {
	ctx  context.Context
	s    *S3
	body io.ReadCloser
}

// Read reads on.
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if errors.Is(err, io.EOF) {
		return n, io.EOF
	}
	return n, a.s.failure(a.ctx, err)
}

// Close lets go of the connection.
func (a *answer) Close() error { return a.body.Close() }

const (
	headsAtOnce = 8
	headsAhead  = 64
)

// Walk visits every blob after one; objects that are not blobs are passed over.
// The server lists names in their order, but not generations: each is asked for.
func (s *S3) Walk(ctx context.Context, after Digest, fn func(Info) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options := minio.ListObjectsOptions{Prefix: s.config.Prefix + "sha256/", Recursive: true}
	if after.Valid() {
		options.StartAfter = s.key(after)
	}
	var ahead []Digest
	for o := range s.core.ListObjectsIter(ctx, s.config.Bucket, options) {
		if o.Err != nil {
			return s.failure(ctx, o.Err)
		}
		if d := s.digestOf(o.Key); d.Valid() && s.key(d) == o.Key && d > after {
			ahead = append(ahead, d)
		}
		if len(ahead) == headsAhead {
			if err := s.visit(ctx, ahead, fn); err != nil {
				return err
			}
			ahead = ahead[:0]
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.visit(ctx, ahead, fn)
}

func (s *S3) visit(ctx context.Context, digests []Digest, fn func(Info) error) error {
	found := make([]object, len(digests))
	group, inGroup := errgroup.WithContext(ctx)
	group.SetLimit(headsAtOnce)
	for i, d := range digests {
		group.Go(func() (err error) {
			if found[i], err = s.head(inGroup, d); errors.Is(err, ErrNotFound) { // deleted while walking
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, o := range found {
		if o.Digest == "" {
			continue
		}
		if err := fn(o.Info); err != nil {
			return err
		}
	}
	return nil
}
