package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Disk keeps blobs in a folder: sha256/ab/abcd…, and tmp for what is arriving.
// Both lie on one file system, because a rename is what makes a blob appear.
type Disk struct {
	*staging
	root  string
	fsync func(*os.File) error
	names [256]sync.Mutex // one for each folder: orders rename against delete
}

// DiskOption changes how a store on disk works.
type DiskOption func(*Disk)

// WithSync replaces (*os.File).Sync, by which files and folders become durable.
// Fault tests fail, kill or leave out by it; a store without it loses blobs.
func WithSync(sync func(*os.File) error) DiskOption { return func(s *Disk) { s.fsync = sync } }

// WithReserve sets how many bytes uploads leave free, 64 MiB if not said.
func WithReserve(bytes int64) DiskOption { return func(s *Disk) { s.reserve = bytes } }

// OpenDisk opens or makes a store in the folder.
func OpenDisk(root string, options ...DiskOption) (*Disk, error) {
	if err := os.MkdirAll(filepath.Join(root, "sha256"), 0o750); err != nil {
		return nil, fmt.Errorf("make the blob folder: %w", err)
	}
	s := &Disk{root: root, fsync: (*os.File).Sync}
	var err error
	if s.staging, err = openStaging(filepath.Join(root, "tmp"), s.place); err != nil {
		return nil, err
	}
	for _, option := range options {
		option(s)
	}
	if err := s.makeShards(); err != nil {
		return nil, fmt.Errorf("make the blob folder durable: %w", err)
	}
	return s, nil
}

// makeShards makes the folder of every first two hex digits, all at once: made
// one by one each would cost the first blob in it a sync of its own.
func (s *Disk) makeShards() error {
	for i := range 256 {
		if err := os.Mkdir(filepath.Join(s.root, "sha256", fmt.Sprintf("%02x", i)), 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return errors.Join(s.syncDir(filepath.Join(s.root, "sha256")), s.syncDir(s.root))
}

func (s *Disk) path(d Digest) string {
	h := d.Hex()
	return filepath.Join(s.root, "sha256", h[:2], h)
}

// place syncs a staged file, gives it its name and makes the name durable.
func (s *Disk) place(_ context.Context, f *os.File, d Digest, _ int64) (Info, error) {
	// After a failed fsync the kernel may report success the next time
	// although the bytes are lost, so the file is dropped, never synced again.
	err := s.fsync(f)
	if err == nil {
		err = f.Chmod(0o440)
	}
	if err != nil {
		return Info{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return Info{}, err
	}
	return infoOf(d, info), s.rename(f.Name(), d)
}

// rename makes a synced file appear. A file whose folder could not be synced is
// removed: it might vanish with a power cut after it was reported as stored. One
// that took the place of an older copy stays, since others rely on that.
func (s *Disk) rename(temporary string, d Digest) error {
	path := s.path(d)
	dir := filepath.Dir(path)
	// Of one folder alone: the syncs of others go together into one journal commit.
	names := s.namesIn(d)
	names.Lock()
	defer names.Unlock()
	_, missing := os.Lstat(path)
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	err := s.syncDir(dir)
	if err != nil && missing != nil {
		return errors.Join(err, os.Remove(path))
	}
	return err
}

// namesIn is the lock of the folder in which a blob lies.
func (s *Disk) namesIn(d Digest) *sync.Mutex {
	folder, _ := hex.DecodeString(d.Hex()[:2]) // a valid digest
	return &s.names[folder[0]]
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

// Ping tells whether the folder is there.
func (s *Disk) Ping(context.Context) error {
	if _, err := os.Stat(filepath.Join(s.root, "sha256")); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// Inhabited tells whether a folder holds blobs, without making it a store.
func Inhabited(root string) (bool, error) {
	found := errors.New("found")
	err := (&Disk{root: root}).Walk(context.Background(), "", func(Info) error { return found })
	switch {
	case errors.Is(err, found):
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	}
	return false, err
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

// File opens a blob as the file it is.
func (s *Disk) File(d Digest) (*os.File, error) {
	if !d.Valid() {
		return nil, ErrNotFound
	}
	f, err := os.Open(s.path(d))
	return f, absent(err)
}

// Open reads a range of a blob.
func (s *Disk) Open(_ context.Context, d Digest, r Range) (io.ReadCloser, error) {
	f, err := s.File(d)
	if err != nil {
		return nil, err
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
	if !d.Valid() {
		return nil
	}
	names := s.namesIn(d)
	names.Lock()
	defer names.Unlock()
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

// Walk visits every blob after one; files that are not blobs are passed over.
func (s *Disk) Walk(ctx context.Context, after Digest, fn func(Info) error) error {
	root, folder := filepath.Join(s.root, "sha256"), ""
	if after.Valid() {
		folder = after.Hex()[:2]
	}
	return filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if e.IsDir() && path != root && e.Name() < folder {
			return fs.SkipDir
		}
		d := Digest(prefix + e.Name())
		if e.IsDir() || !d.Valid() || d <= after {
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
