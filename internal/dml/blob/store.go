package blob

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// What a store reports. Callers compare with errors.Is.
var (
	ErrNotFound    = errors.New("no such blob")
	ErrMismatch    = errors.New("the bytes do not match what was declared")
	ErrDamaged     = errors.New("the stored bytes no longer match their digest")
	ErrFull        = errors.New("no room left in the store")
	ErrChanged     = errors.New("the blob was stored again meanwhile")
	ErrBusy        = errors.New("the upload is in use")
	ErrUnavailable = errors.New("the store does not answer")
	ErrHeld        = errors.New("the blob is under a hold")
)

// Unknown stands for a size nobody declared.
const Unknown int64 = -1

// Info describes a stored blob. Generation changes whenever the bytes are
// stored again, so that a deletion never takes a newer copy.
type Info struct {
	Digest     Digest
	Size       int64
	Generation int64
	StoredAt   time.Time
}

// Range is a part of a blob. Length 0 means up to the end, so the zero Range is
// all of it.
type Range struct{ Offset, Length int64 }

// Store keeps blobs. Every driver passes the same contract suite.
type Store interface {
	// Create begins an upload. It refuses with ErrFull when the declared size
	// (Unknown if nobody said) would not leave the reserve free.
	Create(ctx context.Context, declared int64) (Upload, error)
	// Resume goes on with an upload that was suspended, or whose process died.
	// It gives ErrNotFound when there is none, and ErrBusy while another holds it.
	Resume(ctx context.Context, id string) (Upload, error)
	// Open reads a range without verifying it; see OpenVerified.
	Open(ctx context.Context, d Digest, r Range) (io.ReadCloser, error)
	Stat(ctx context.Context, d Digest) (Info, error)
	// Delete removes the given generation, and is content when it is gone.
	Delete(ctx context.Context, d Digest, generation int64) error
	// Walk visits every blob in the order of the digests, those after one; ""
	// is before all. Where it ended early it can be taken up again.
	Walk(ctx context.Context, after Digest, fn func(Info) error) error
	// Sweep removes what uploads that died more than age ago left behind.
	Sweep(ctx context.Context, age time.Duration) (int, error)
	// Ping gives ErrUnavailable when blobs can be neither stored nor read now.
	Ping(ctx context.Context) error
}

// Filer is a store whose blobs are files of this machine.
type Filer interface {
	// File opens a blob without verifying it, for the kernel to send.
	File(d Digest) (*os.File, error)
}

// Holder is a store that can itself refuse to delete a blob, whoever asks: the
// library's own mistake included. A hold is put on by a person with a reason,
// and both are kept elsewhere; here is only the lock.
type Holder interface {
	// Hold puts every copy of the blob under a hold, or lifts it; twice is as
	// good as once. It gives ErrNotFound when there is no such blob, and
	// errors.ErrUnsupported when this store has no locks. Delete gives ErrHeld
	// while a hold is on.
	Hold(ctx context.Context, d Digest, on bool) error
}

// Upload takes the bytes of one blob. It is used by one goroutine.
type Upload interface {
	io.Writer
	// ReadFrom takes all that a reader gives, without another copy. An error of
	// the reader leaves the upload as good as it was.
	io.ReaderFrom
	// Offset is the number of bytes taken so far.
	Offset() int64
	// Commit makes the blob durable under its digest. It refuses with
	// ErrMismatch when expected is not empty, or size not Unknown, and the bytes
	// differ; nothing is left behind then. A commit that succeeds replaces an
	// older copy, which is how damaged bytes are healed.
	Commit(ctx context.Context, expected Digest, size int64) (Info, error)
	// Abort drops the bytes. After Commit or Suspend it does nothing.
	Abort() error
	// ID names the upload for Resume.
	ID() string
	// Suspend keeps the bytes and lets go of the upload, to be resumed at
	// Offset. After Commit or Abort it does nothing. When it or a Write failed,
	// the bytes are dropped.
	Suspend() error
}
