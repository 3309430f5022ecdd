package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// staging is the folder where uploads arrive. Hashing on the way, resuming, the
// reserve and sweeping are the same whatever keeps the blobs afterwards.
type staging struct {
	dir     string
	reserve int64
	// place makes the bytes of a whole file durable under their digest. When it
	// succeeds, the file's name in the folder is gone.
	place func(ctx context.Context, f *os.File, d Digest, size int64) (Info, error)
}

// defaultReserve is what uploads leave free, so that the database beside the
// blobs can still be written when the disk runs full.
const defaultReserve = 64 << 20

func openStaging(dir string, place func(context.Context, *os.File, Digest, int64) (Info, error)) (*staging, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of uploads: %w", err)
	}
	return &staging{dir: dir, reserve: defaultReserve, place: place}, nil
}

// Create begins an upload into a temporary file.
func (s *staging) Create(_ context.Context, declared int64) (Upload, error) {
	if err := s.room(max(declared, 0)); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(s.dir, "upload-")
	if err != nil {
		return nil, full(err)
	}
	// The lock tells a sweeper in any process that this upload is alive.
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return s.upload(f, sha256.New(), 0), nil
}

// room tells whether so many more bytes would leave the reserve free. Where the
// free space cannot be asked for, the file system's own refusal has to do.
func (s *staging) room(size int64) error {
	if free, err := freeSpace(s.dir); err == nil && free-size < s.reserve {
		return fmt.Errorf("%w: %d bytes are free and %d are kept in reserve", ErrFull, free, s.reserve)
	}
	return nil
}

// Sweep removes temporary files whose upload is dead: older than age, and no
// process holds their lock.
func (s *staging) Sweep(ctx context.Context, age time.Duration) (int, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return 0, err
	}
	swept, limit := 0, time.Now().Add(-age)
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return swept, err
		}
		path := filepath.Join(s.dir, e.Name())
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
