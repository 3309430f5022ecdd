package blob

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"sync"
)

const (
	piece     = 512 << 10 // bytes handed from the writer to the hasher at once
	pieces    = 4         // pieces in flight for each upload
	writeback = 16 << 20  // bytes after which the kernel is told to begin writing
)

var spare = sync.Pool{New: func() any { b := make([]byte, 0, piece); return &b }}

type stagedUpload struct {
	staging *staging
	file    *os.File
	current []byte
	work    chan chunk
	free    chan []byte    // pieces the hasher is done with
	seen    chan struct{}  // told of each borrowed chunk that was hashed
	sum     chan hash.Hash // the hasher's, once it has seen all
	lent    int            // pieces taken from the pool
	offset  int64
	written int64
	flushed int64
	err     error
	ended   bool
}

// chunk is bytes on their way to the hasher.
type chunk struct {
	b        []byte
	borrowed bool // the caller's own, to whom they go back
}

// hash runs beside the writer: hashing and writing each take about as long, so
// together they take half the time.
func (u *stagedUpload) hash(h hash.Hash) {
	for c := range u.work {
		h.Write(c.b)
		if c.borrowed {
			u.seen <- struct{}{}
		} else {
			u.free <- c.b[:0]
		}
	}
	u.sum <- h
}

// Write takes bytes. After an error nothing of the upload can be kept.
func (u *stagedUpload) Write(p []byte) (int, error) {
	if u.ended {
		return 0, os.ErrClosed
	}
	taken := 0
	for len(p) > 0 && u.err == nil {
		if len(u.current) == 0 && len(p) >= piece {
			n := min(len(p), writeback)
			u.put(chunk{p[:n], true})
			<-u.seen
			p, taken = p[n:], taken+n
			u.offset += int64(n)
			continue
		}
		if u.current == nil {
			u.current = u.piece()
		}
		n := min(len(p), cap(u.current)-len(u.current))
		u.current = append(u.current, p[:n]...)
		p, taken = p[n:], taken+n
		u.offset += int64(n)
		if len(u.current) == cap(u.current) {
			u.flush()
		}
	}
	return taken, u.err
}

// ReadFrom reads into the pieces.
func (u *stagedUpload) ReadFrom(r io.Reader) (taken int64, err error) {
	if u.ended {
		return 0, os.ErrClosed
	}
	for u.err == nil {
		if u.current == nil {
			u.current = u.piece()
		}
		n, err := r.Read(u.current[len(u.current):cap(u.current)])
		u.current = u.current[:len(u.current)+n]
		u.offset, taken = u.offset+int64(n), taken+int64(n)
		if len(u.current) == cap(u.current) {
			u.flush()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return taken, errors.Join(err, u.err)
		}
	}
	return taken, u.err
}

func (u *stagedUpload) piece() []byte {
	if u.lent < pieces {
		u.lent++
		return *spare.Get().(*[]byte)
	}
	return <-u.free
}

// flush hands the piece to the hasher and writes it meanwhile. The hasher gives
// a piece back only once it has read it, and this goroutine takes it again only
// after the write, so the two never meet a piece that changes.
func (u *stagedUpload) flush() {
	b := u.current
	u.current = nil
	u.put(chunk{b: b})
}

func (u *stagedUpload) put(c chunk) {
	u.work <- c
	b := c.b
	// Nobody may have said how large it is, and others write as well.
	err := u.staging.room(int64(len(b)))
	if err == nil {
		var n int
		n, err = u.file.Write(b)
		u.written += int64(n)
	}
	if err != nil {
		u.err = full(err)
		return
	}
	if u.written-u.flushed >= writeback {
		startWriteback(u.file, u.flushed, u.written-u.flushed)
		u.flushed = u.written
	}
}

// Offset is the number of bytes taken.
func (u *stagedUpload) Offset() int64 { return u.offset }

// Commit has the driver place the file when its bytes are the declared ones.
func (u *stagedUpload) Commit(ctx context.Context, expected Digest, size int64) (Info, error) {
	if u.ended {
		return Info{}, os.ErrClosed
	}
	if u.err == nil && len(u.current) > 0 {
		u.flush()
	}
	digest, err := fromSum(u.finish().Sum(nil)), errors.Join(u.err, ctx.Err())
	switch {
	case err != nil:
	case size != Unknown && size != u.offset:
		err = fmt.Errorf("%w: %d bytes came, %d were declared", ErrMismatch, u.offset, size)
	case expected != "" && expected != digest:
		err = fmt.Errorf("%w: the digest is %s, declared was %s", ErrMismatch, digest, expected)
	}
	var info Info
	if err == nil {
		info, err = u.staging.place(ctx, u.file, digest, u.offset)
	}
	err = errors.Join(err, u.file.Close(), dropState(u.file.Name()))
	if err != nil {
		// The temporary name may be gone already; only a file that stays matters.
		if gone := os.Remove(u.file.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return Info{}, full(err)
	}
	return info, nil
}

// finish ends the hasher and gives the pieces back.
func (u *stagedUpload) finish() hash.Hash {
	u.ended = true
	close(u.work)
	sum := <-u.sum
	for {
		select {
		case b := <-u.free:
			spare.Put(&b)
		default:
			return sum
		}
	}
}

// Abort drops the temporary file.
func (u *stagedUpload) Abort() error {
	if u.ended {
		return nil
	}
	u.finish()
	return errors.Join(u.file.Close(), os.Remove(u.file.Name()), dropState(u.file.Name()))
}
