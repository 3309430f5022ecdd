package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Disk keeps blobs in a folder: sha256/ab/abcd…, and tmp for what is arriving.
// Both lie on one file system, because a rename is what makes a blob appear.
type Disk struct {
	root    string
	reserve int64
	fsync   func(*os.File) error // replaced by the test that injects failures
	mu      sync.Mutex           // orders rename against delete
	made    sync.Map             // first two hex digits -> their folder is durable
}

// reserve is what an upload must leave free, so that the database beside the
// blobs can still be written when the disk runs full.
const defaultReserve = 64 << 20

// OpenDisk opens or makes a store in the folder.
func OpenDisk(root string) (*Disk, error) {
	for _, dir := range []string{filepath.Join(root, "sha256"), filepath.Join(root, "tmp")} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, fmt.Errorf("make the blob folder: %w", err)
		}
	}
	s := &Disk{root: root, reserve: defaultReserve, fsync: (*os.File).Sync}
	if err := s.syncDir(root); err != nil {
		return nil, fmt.Errorf("make the blob folder durable: %w", err)
	}
	return s, nil
}

func (s *Disk) path(d Digest) string {
	h := d.Hex()
	return filepath.Join(s.root, "sha256", h[:2], h)
}

// Create begins an upload into a temporary file.
func (s *Disk) Create(_ context.Context, declared int64) (Upload, error) {
	if free, err := freeSpace(s.root); err == nil && free-max(declared, 0) < s.reserve {
		return nil, fmt.Errorf("%w: %d bytes are free and %d are kept in reserve", ErrFull, free, s.reserve)
	}
	f, err := os.CreateTemp(filepath.Join(s.root, "tmp"), "upload-")
	if err != nil {
		return nil, full(err)
	}
	// The lock tells a sweeper in any process that this upload is alive.
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return s.upload(f, sha256.New(), 0), nil
}

// place renames a synced file to its name and makes the name durable. A file
// whose folder could not be synced is removed: it might vanish with a power cut
// after it was reported as stored.
func (s *Disk) place(temporary string, d Digest) error {
	path := s.path(d)
	dir := filepath.Dir(path)
	if _, ok := s.made.Load(dir); !ok {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
		if err := s.syncDir(filepath.Dir(dir)); err != nil {
			return err
		}
		s.made.Store(dir, true)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	if err := s.syncDir(dir); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func (s *Disk) syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(s.fsync(f), f.Close())
}

func infoOf(d Digest, info fs.FileInfo) Info {
	return Info{Digest: d, Size: info.Size(), Generation: generation(info), StoredAt: info.ModTime().UTC()}
}

// Stat describes a blob.
func (s *Disk) Stat(_ context.Context, d Digest) (Info, error) {
	if !d.Valid() {
		return Info{}, ErrNotFound
	}
	info, err := os.Stat(s.path(d))
	if err != nil {
		return Info{}, absent(err)
	}
	return infoOf(d, info), nil
}

// Open reads a range of a blob.
func (s *Disk) Open(_ context.Context, d Digest, r Range) (io.ReadCloser, error) {
	if !d.Valid() {
		return nil, ErrNotFound
	}
	f, err := os.Open(s.path(d))
	if err != nil {
		return nil, absent(err)
	}
	if r == (Range{}) {
		return f, nil
	}
	if _, err := f.Seek(r.Offset, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if r.Length == 0 {
		return f, nil
	}
	return limited{io.LimitReader(f, r.Length), f}, nil
}

type limited struct {
	io.Reader
	io.Closer
}

// Delete removes a blob unless it was stored again since generation.
func (s *Disk) Delete(ctx context.Context, d Digest, generation int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := s.Stat(ctx, d)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case info.Generation != generation:
		return ErrChanged
	}
	if err := os.Remove(s.path(d)); err != nil {
		return err
	}
	return s.syncDir(filepath.Dir(s.path(d)))
}

// Walk visits every blob; files that are not blobs are passed over.
func (s *Disk) Walk(ctx context.Context, fn func(Info) error) error {
	return filepath.WalkDir(filepath.Join(s.root, "sha256"), func(_ string, e fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		d := Digest(prefix + e.Name())
		if e.IsDir() || !d.Valid() {
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) { // deleted while walking
			return nil
		}
		if err != nil {
			return err
		}
		return fn(infoOf(d, info))
	})
}

// Sweep removes temporary files whose upload is dead: older than age, and no
// process holds their lock.
func (s *Disk) Sweep(ctx context.Context, age time.Duration) (int, error) {
	entries, err := os.ReadDir(filepath.Join(s.root, "tmp"))
	if err != nil {
		return 0, err
	}
	swept, limit := 0, time.Now().Add(-age)
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return swept, err
		}
		path := filepath.Join(s.root, "tmp", e.Name())
		info, err := e.Info()
		if err != nil || info.ModTime().After(limit) || alive(path) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return swept, err
		}
		swept++
	}
	return swept, nil
}

func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	return err
}

func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
