package webtest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"slipway/internal/app"
	"slipway/internal/dbtest"
	"slipway/internal/sample"
)

// Demo gives a server with the whole demonstration. Telling it takes seconds,
// so that SQLite's file and the media are kept and copied for the next test.
func Demo(t testing.TB) *Server {
	t.Helper()
	if os.Getenv("SLIPWAY_TEST_PG") != "" {
		s := Empty(t)
		if err := sample.Demo(context.Background(), s.App, sample.Options{}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	kept, err := told()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range kept.media {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return serve(t, dbtest.Copy(t, kept.database), folder)
}

// demonstration is a told one as it lies on disk.
type demonstration struct {
	database []byte
	media    map[string][]byte // by path within its folder
}

var told = sync.OnceValues(func() (*demonstration, error) {
	dir, err := os.MkdirTemp("", "slipway-demo")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := tell(dir); err != nil {
		return nil, err
	}
	d := &demonstration{media: map[string][]byte{}}
	if d.database, err = os.ReadFile(filepath.Join(dir, "slipway.db")); err != nil {
		return nil, err
	}
	media := filepath.Join(dir, "media")
	return d, filepath.WalkDir(media, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(media, path)
		if err != nil {
			return err
		}
		d.media[name], err = os.ReadFile(path)
		return err
	})
})

// tell fills a data folder, and closes it so that all of it is in its files.
func tell(dir string) error {
	ctx := context.Background()
	a, err := app.Open(ctx, app.Config{Data: dir, Clock: dbtest.Now})
	if err != nil {
		return err
	}
	if err := sample.Demo(ctx, a, sample.Options{}); err != nil {
		return err
	}
	return a.Close()
}
