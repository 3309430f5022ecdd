package main

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"slipway/internal/client"
	"slipway/internal/identity"
	"slipway/web/api"
)

type dmlGetCmd struct {
	dataFlags
	serverFlags
	Version string `arg:"positional,required" help:"ITEM:VERSION, or a digest sha256:…"`
	Output  string `arg:"-o,--output,env:OUTPUT" help:"File to write; it must not exist. Standard output without it."`
	JSON    bool   `arg:"--json,env:JSON" help:"Print the version as JSON, once its file is written."`
}

// Validate finds usage mistakes.
func (g dmlGetCmd) Validate() error {
	if g.JSON && g.Output == "" {
		return errors.New("--json needs -o: without it the bytes go to standard output")
	}
	return g.check()
}

// Run writes the bytes. A file appears only once all of it was verified.
func (g dmlGetCmd) Run(ctx context.Context) error {
	if g.Output != "" {
		if _, err := os.Lstat(g.Output); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists already; choose another name", g.Output)
		}
	}
	shown := newProgress(os.Stderr, "Reading", 0)
	var m *client.Media
	var err error
	if g.Server != "" {
		m, err = g.fetch(ctx, shown)
		err = stopped(ctx, err)
	} else {
		m, err = g.read(ctx, shown)
	}
	shown.end()
	if err != nil || g.Output == "" {
		return err
	}
	if g.JSON {
		return show(os.Stdout, true, m, nil)
	}
	fmt.Fprintf(os.Stderr, "%s, %d bytes, %s\n", g.Output, m.Size, m.Digest)
	return nil
}

// read takes the bytes from the library of a data folder.
func (g dmlGetCmd) read(ctx context.Context, shown *progress) (*client.Media, error) {
	a, v, err := local(ctx, g.dataFlags, g.Version)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	reading, err := a.DML.Open(ctx, identity.System("command line"), v.ID)
	if err != nil {
		return nil, err
	}
	defer reading.Close()
	shown.total = v.Size
	if g.Output == "" {
		_, err := io.Copy(os.Stdout, reading)
		return nil, err
	}
	return api.Media(v), writeNew(g.Output, reading, shown)
}

// fetch takes the bytes from a server, and goes on with what an earlier run has
// left of the same digest.
func (g dmlGetCmd) fetch(ctx context.Context, shown *progress) (*client.Media, error) {
	c, err := g.connect(shown)
	if err != nil {
		return nil, err
	}
	m, err := c.Find(ctx, g.Version)
	if err != nil {
		return nil, err
	}
	shown.total = m.Size
	if g.Output == "" {
		return m, c.Get(ctx, m, client.NewSum(), 0, io.MultiWriter(os.Stdout, shown))
	}
	path := filepath.Join(filepath.Dir(g.Output), "."+filepath.Base(g.Output)+"."+strings.TrimPrefix(m.Digest, "sha256:")[:16]+".part")
	part, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	sum := client.NewSum()
	at, err := resumed(part, sum, m.Size)
	if err != nil {
		return nil, err
	}
	shown.start("Receiving", at)
	err = c.Get(ctx, m, sum, at, io.MultiWriter(part, shown))
	if errors.Is(err, client.ErrDigest) {
		return nil, errors.Join(err, os.Remove(path))
	}
	if err == nil {
		err = part.Sync()
	}
	if err == nil {
		err = os.Link(path, g.Output) // never over somebody else's file
	}
	if err != nil {
		return nil, err
	}
	return m, os.Remove(path)
}

// resumed hashes what is there of a file, and leaves it at its end. What cannot
// be the beginning of it is dropped.
func resumed(f *os.File, sum hash.Hash, size int64) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() > size {
		return 0, f.Truncate(0)
	}
	return io.Copy(sum, f)
}

// writeNew writes beside the wanted name and links it there at the end, so that
// neither a half file nor somebody else's can stand under that name.
func writeNew(path string, r io.Reader, shown *progress) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".slipway-get-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(io.MultiWriter(f, shown), r)
	shown.end()
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
