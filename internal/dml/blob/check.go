package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Check hashes a stored blob again in as many sittings as it takes. It begins
// anew when the blob was stored again between two of them. The zero Check of a
// digest has read nothing.
type Check struct {
	Digest     Digest
	generation int64
	offset     int64
	hash       hash.Hash
}

// Run goes on until the end or until ctx ends. The result is nil for bytes that
// match, ErrNotFound, ErrDamaged, the error of ctx when there is more to read,
// or what went wrong while reading. Progress, when not nil, hears of every
// piece, and may delay the next one.
func (c *Check) Run(ctx context.Context, s Store, progress func(n int64)) error {
	info, err := s.Stat(ctx, c.Digest)
	if err != nil {
		return err
	}
	if c.hash == nil || info.Generation != c.generation {
		c.hash, c.offset, c.generation = sha256.New(), 0, info.Generation
	}
	r, err := s.Open(ctx, c.Digest, Range{Offset: c.offset})
	if err != nil {
		return err
	}
	defer r.Close()
	buffer := make([]byte, piece)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(buffer)
		c.hash.Write(buffer[:n])
		c.offset += int64(n)
		if progress != nil && n > 0 {
			progress(int64(n))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	found := fromSum(c.hash.Sum(nil))
	c.hash = nil
	if found != c.Digest {
		return fmt.Errorf("%w: %s reads as %s", ErrDamaged, c.Digest, found)
	}
	return nil
}
