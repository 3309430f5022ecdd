package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// heldBack is how much a verified reader keeps until the digest has matched.
// Whoever receives damaged bytes receives an incomplete file, and knows it.
const heldBack = 64 << 10

// OpenVerified reads a blob whose last bytes come only after all of it matched
// the digest; otherwise the reader ends with ErrDamaged.
func OpenVerified(ctx context.Context, s Store, d Digest) (io.ReadCloser, Info, error) {
	info, err := s.Stat(ctx, d)
	if err != nil {
		return nil, Info{}, err
	}
	source, err := s.Open(ctx, d, Range{})
	if err != nil {
		return nil, Info{}, err
	}
	return &verified{source: source, digest: d, hash: sha256.New(), open: max(info.Size-heldBack, 0)}, info, nil
}

type verified struct {
	source io.ReadCloser
	digest Digest
	hash   hash.Hash
	open   int64  // bytes that may still go out unproven
	last   []byte // the proven end
	err    error  // set once the end was read
}

// Read gives bytes as they are hashed, then the held back end.
func (v *verified) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if v.open > 0 {
		n, err := v.source.Read(p[:min(int64(len(p)), v.open)])
		v.hash.Write(p[:n])
		v.open -= int64(n)
		if errors.Is(err, io.EOF) {
			v.open, v.err = 0, fmt.Errorf("%w: %s ends early", ErrDamaged, v.digest)
			return n, v.err
		}
		return n, err
	}
	if v.err == nil {
		v.prove()
	}
	if len(v.last) > 0 {
		n := copy(p, v.last)
		v.last = v.last[n:]
		return n, nil
	}
	return 0, v.err
}

func (v *verified) prove() {
	// One byte more than expected is enough to see that the file grew.
	end, err := io.ReadAll(io.LimitReader(v.source, heldBack+1))
	if err != nil {
		v.err = err
		return
	}
	v.hash.Write(end)
	if found := fromSum(v.hash.Sum(nil)); len(end) > heldBack || found != v.digest {
		v.err = fmt.Errorf("%w: %s reads as %s", ErrDamaged, v.digest, found)
		return
	}
	v.last, v.err = end, io.EOF
}

// Close closes the blob.
func (v *verified) Close() error { return v.source.Close() }

// Recheck hashes a stored blob again: nil, ErrNotFound, ErrDamaged, or what
// went wrong while reading. Progress, when not nil, hears of every piece.
func Recheck(ctx context.Context, s Store, d Digest, progress func(n int64)) error {
	r, err := s.Open(ctx, d, Range{})
	if err != nil {
		return err
	}
	defer r.Close()
	h, buffer := sha256.New(), make([]byte, piece)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(buffer)
		h.Write(buffer[:n])
		if progress != nil {
			progress(int64(n))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if found := fromSum(h.Sum(nil)); found != d {
		return fmt.Errorf("%w: %s reads as %s", ErrDamaged, d, found)
	}
	return nil
}

// Seeker reads a blob at any offset, for answers to range requests. It does
// not verify: call Recheck first.
type Seeker struct {
	ctx    context.Context
	store  Store
	digest Digest
	size   int64
	at     int64
	source io.ReadCloser
}

// NewSeeker gives a reader of a blob of a known size.
func NewSeeker(ctx context.Context, s Store, d Digest, size int64) *Seeker {
	return &Seeker{ctx: ctx, store: s, digest: d, size: size}
}

// Read reads on from where the seeker stands.
func (s *Seeker) Read(p []byte) (int, error) {
	if s.at >= s.size {
		return 0, io.EOF
	}
	if s.source == nil {
		source, err := s.store.Open(s.ctx, s.digest, Range{Offset: s.at})
		if err != nil {
			return 0, err
		}
		s.source = source
	}
	n, err := s.source.Read(p)
	s.at += int64(n)
	return n, err
}

// Seek moves; the next Read opens the blob there.
func (s *Seeker) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, errors.New("blob: seek before the beginning")
	}
	if offset == s.at {
		return offset, nil
	}
	s.at = offset
	return offset, s.Close()
}

// Close closes what is open.
func (s *Seeker) Close() error {
	if s.source == nil {
		return nil
	}
	source := s.source
	s.source = nil
	return source.Close()
}
