package webtest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"slipway/internal/dbtest"
)

// folder is a filled data folder, read into memory so that a test may do what
// it likes with its copy.
type folder struct {
	database []byte
	media    map[string][]byte // by path within its folder
}

// kept gives what fill makes of an empty data folder. Filling takes seconds and
// a dozen test programs want the same, so the first of them keeps it for the
// others in the user's cache, under a name that changes with the sources.
func kept(name string, fill func(dir string) error) func() (*folder, error) {
	return sync.OnceValues(func() (*folder, error) {
		sources, err := fingerprint()
		if err != nil {
			return nil, err
		}
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		cache = filepath.Join(cache, "slipway-test")
		dir := filepath.Join(cache, name+"-"+sources)
		if err := alone(cache, func() error { return makeOnce(cache, dir, fill) }); err != nil {
			return nil, err
		}
		return read(dir)
	})
}

// alone runs do while no other test program does the same.
func alone(cache string, do func() error) error {
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // which lets go of the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	return do()
}

// makeOnce fills the folder unless it is there, and drops those of older sources.
func makeOnce(cache, dir string, fill func(dir string) error) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	old, err := os.ReadDir(cache)
	if err != nil {
		return err
	}
	for _, entry := range old {
		if info, err := entry.Info(); err == nil && entry.IsDir() && time.Since(info.ModTime()) > 24*time.Hour {
			if err := os.RemoveAll(filepath.Join(cache, entry.Name())); err != nil {
				return err
			}
		}
	}
	begun, err := os.MkdirTemp(cache, "begun-")
	if err != nil {
		return err
	}
	if err := fill(begun); err != nil {
		return errors.Join(err, os.RemoveAll(begun))
	}
	return os.Rename(begun, dir)
}

// fingerprint is that of every file which decides what a folder is filled with:
// the rooms, their migrations and the modules.
var fingerprint = sync.OnceValues(func() (string, error) {
	root, err := os.Getwd()
	for ; err == nil; root = filepath.Dir(root) {
		if _, missing := os.Stat(filepath.Join(root, "go.sum")); missing == nil {
			break
		}
		if root == filepath.Dir(root) {
			return "", errors.New("no go.sum above the test")
		}
	}
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	add := func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n", path, len(content))
		sum.Write(content)
		return err
	}
	for _, part := range []string{"internal", "web/webtest", "go.sum"} {
		if err := filepath.WalkDir(filepath.Join(root, part), add); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
})

func read(dir string) (*folder, error) {
	f := &folder{media: map[string][]byte{}}
	var err error
	if f.database, err = os.ReadFile(filepath.Join(dir, "slipway.db")); err != nil {
		return nil, err
	}
	media := filepath.Join(dir, "media")
	return f, filepath.WalkDir(media, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(media, path)
		if err != nil {
			return err
		}
		f.media[name], err = os.ReadFile(path)
		return err
	})
}

// serve gives a server on a copy of the folder.
func (f *folder) serve(t testing.TB) *Server {
	t.Helper()
	dir := t.TempDir()
	for name, content := range f.media {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return serve(t, dbtest.Copy(t, f.database), dir)
}
