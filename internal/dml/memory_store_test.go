package dml

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"slipway/internal/dml/blob"
)

// memory is a store without a disk, so that thousands of steps take seconds. It
// keeps the contract of generations, and lets a test act in the middle of a
// deletion.
type memory struct {
	held       map[blob.Digest][]byte
	generation map[blob.Digest]int64
	last       int64
	between    func(blob.Digest) error
}

func (s *memory) Create(context.Context, int64) (blob.Upload, error) {
	return &memoryUpload{s: s}, nil
}
func (s *memory) Resume(context.Context, string) (blob.Upload, error) { return nil, blob.ErrNotFound }
func (s *memory) Sweep(context.Context, time.Duration) (int, error)   { return 0, nil }
func (s *memory) Ping(context.Context) error                          { return nil }
func (s *memory) info(d blob.Digest) blob.Info {
	return blob.Info{Digest: d, Size: int64(len(s.held[d])), Generation: s.generation[d]}
}

func (s *memory) Stat(_ context.Context, d blob.Digest) (blob.Info, error) {
	if _, ok := s.held[d]; !ok {
		return blob.Info{}, blob.ErrNotFound
	}
	return s.info(d), nil
}

func (s *memory) Open(_ context.Context, d blob.Digest, r blob.Range) (io.ReadCloser, error) {
	data, ok := s.held[d]
	if !ok {
		return nil, blob.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(data[r.Offset:])), nil
}

func (s *memory) Delete(_ context.Context, d blob.Digest, generation int64) error {
	var after error
	if s.between != nil {
		after = s.between(d)
	}
	if _, ok := s.held[d]; ok && s.generation[d] != generation {
		return blob.ErrChanged
	}
	delete(s.held, d)
	return after
}

func (s *memory) Walk(_ context.Context, after blob.Digest, fn func(blob.Info) error) error {
	var digests []blob.Digest
	for d := range s.held {
		if d > after {
			digests = append(digests, d)
		}
	}
	slices.Sort(digests)
	for _, d := range digests {
		if err := fn(s.info(d)); err != nil {
			return err
		}
	}
	return nil
}

type memoryUpload struct {
	s *memory
	bytes.Buffer
}

func (u *memoryUpload) Offset() int64  { return int64(u.Len()) }
func (u *memoryUpload) Abort() error   { return nil }
func (u *memoryUpload) Suspend() error { return nil }
func (u *memoryUpload) ID() string     { return "upload-" + fmt.Sprint(u.s.last) }

func (u *memoryUpload) Commit(_ context.Context, expected blob.Digest, _ int64) (blob.Info, error) {
	d := blob.Of(u.Bytes())
	if expected != "" && d != expected {
		return blob.Info{}, blob.ErrMismatch
	}
	u.s.last++
	u.s.held[d], u.s.generation[d] = bytes.Clone(u.Bytes()), u.s.last
	return u.s.info(d), nil
}
