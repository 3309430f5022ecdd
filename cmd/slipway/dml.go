package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// DMLCmd is the media library from a shell, beside the data folder.
type DMLCmd struct {
	Put    dmlPutCmd    `cmd:"" help:"Submit a file; it waits in quarantine for a custodian."`
	Get    dmlGetCmd    `cmd:"" help:"Write a version's verified bytes to a file, or to standard output."`
	Verify dmlVerifyCmd `cmd:"" help:"Hash stored media again: one digest, or all of them."`
	GC     dmlGCCmd     `cmd:"" name:"gc" help:"Let go of what retention no longer keeps, and delete bytes that nothing needs."`
}

type dmlPutCmd struct {
	dataFlags  `embed:""`
	File       string `arg:"" type:"existingfile" help:"The file."`
	Item       string `required:"" help:"Item key, such as payments-api/server."`
	Label      string `required:"" name:"version" help:"Version of the item, such as 1.4.0."`
	User       string `required:"" help:"Who submits; the same person cannot accept it."`
	Kind       string `default:"software" enum:"software,documentation,licence" help:"${enum}, for a new item."`
	Name       string `help:"Name of a new item."`
	Supplier   string `help:"Supplier of a new item that is procured; without it the item is built here."`
	Licence    string `help:"SPDX expression of a new item, or commercial."`
	LicenceKey string `help:"Entitlement behind a commercial licence."`
	Digest     string `help:"Expected digest, sha256:…; other bytes are refused."`
	Change     string `help:"Change that the submission belongs to."`
	Note       string `help:"A word for the custodian."`
}

// Run streams the file into quarantine and prints where it stands.
func (p dmlPutCmd) Run(ctx context.Context) error {
	a, actor, err := openAs(ctx, p.dataFlags, p.User)
	if err != nil {
		return err
	}
	defer a.Close()
	f, err := os.Open(p.File)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sub := dml.Submission{ItemKey: p.Item, Label: p.Label, FileName: filepath.Base(p.File), Kind: dml.Kind(p.Kind), ItemName: p.Name,
		Supplier: p.Supplier, Licence: p.Licence, LicenceKey: p.LicenceKey, Declared: blob.Digest(p.Digest), Size: info.Size(),
		ChangeKey: p.Change, Note: p.Note, Source: "command line"}
	if p.Supplier != "" {
		sub.Provenance = dml.Procured
	}
	shown := newProgress(os.Stderr, info.Size())
	v, err := a.DML.Receive(ctx, actor, sub, io.TeeReader(f, shown))
	shown.end()
	if err != nil {
		return err
	}
	fmt.Printf("%s\t%s\t%s\n", v.Ref(), v.Digest, v.State)
	return nil
}

// openAs opens the data and finds the account that acts.
func openAs(ctx context.Context, f dataFlags, username string) (*app.App, identity.Actor, error) {
	a, err := f.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, identity.Actor{}, err
	}
	actor, err := a.Identity.Local(ctx, username)
	if err != nil {
		return nil, identity.Actor{}, errors.Join(err, a.Close())
	}
	return a, actor, nil
}

type dmlGetCmd struct {
	dataFlags `embed:""`
	Version   string `arg:"" help:"ITEM:VERSION, or a digest sha256:…"`
	Output    string `short:"o" help:"File to write; it must not exist. Standard output without it."`
}

// Run writes the bytes. A file appears only once all of it was verified.
func (g dmlGetCmd) Run(ctx context.Context) error {
	a, err := g.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	v, err := findVersion(ctx, a, g.Version)
	if err != nil {
		return err
	}
	reading, err := a.DML.Open(ctx, identity.System("command line"), v.ID)
	if err != nil {
		return err
	}
	defer reading.Close()
	if g.Output == "" {
		_, err := io.Copy(os.Stdout, reading)
		return err
	}
	if err := writeNew(g.Output, reading, newProgress(os.Stderr, v.Size)); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s, %d bytes, %s\n", g.Output, v.Size, v.Digest)
	return nil
}

// writeNew writes beside the wanted name and links it there at the end, so that
// neither a half file nor somebody else's can stand under that name.
func writeNew(path string, r io.Reader, shown *progress) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists already; choose another name", path)
	}
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

func findVersion(ctx context.Context, a *app.App, name string) (v *dml.Version, err error) {
	return v, a.DB.View(ctx, func(tx *db.Tx) error {
		if strings.HasPrefix(name, "sha256:") {
			d, err := blob.Parse(name)
			if err != nil {
				return err
			}
			v, err = a.DML.VersionByDigest(tx, d)
			return err
		}
		item, label, _ := strings.Cut(name, ":")
		if v, err = a.DML.FindVersion(tx, item, label); errors.Is(err, fault.NotFound) {
			return fmt.Errorf("the library holds no %s; name it ITEM:VERSION", name)
		}
		return err
	})
}

type dmlVerifyCmd struct {
	dataFlags `embed:""`
	Version   string `arg:"" optional:"" help:"ITEM:VERSION or a digest; everything when left out."`
	Rehearse  string `placeholder:"USER" help:"Record it as a restore rehearsal of the version, held by this custodian."`
	From      string `type:"existingdir" help:"Read a media folder that was restored from a backup instead of the library's own."`
	Note      string `help:"Which copy was read, for the record of the rehearsal."`
}

// Run hashes the bytes again. What is damaged becomes suspect, and the exit
// status is 1.
func (c dmlVerifyCmd) Run(ctx context.Context) error {
	if c.Rehearse != "" || c.From != "" {
		return c.rehearse(ctx)
	}
	a, err := c.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	var digests []blob.Digest
	if c.Version != "" {
		v, err := findVersion(ctx, a, c.Version)
		if err != nil {
			return err
		}
		digests = append(digests, v.Digest)
	} else if digests, err = a.DML.Digests(ctx); err != nil {
		return err
	}
	shown, damaged := newProgress(os.Stderr, 0), 0
	for _, d := range digests {
		err := a.DML.RecheckWith(ctx, d, shown.add)
		switch {
		case errors.Is(err, fault.Refused):
			damaged++
			shown.end()
			fmt.Printf("%s\tdamaged or missing\n", d)
		case err != nil:
			shown.end()
			return err
		}
	}
	shown.end()
	if damaged > 0 {
		return fmt.Errorf("%d of %d blobs are damaged or missing; submit the same bytes again to heal them", damaged, len(digests))
	}
	fmt.Printf("All match their digests: %d verified.\n", len(digests))
	return nil
}

// progress tells on a terminal how far hashing has come.
type progress struct {
	out         io.Writer
	total, done int64
	told        time.Time
	live        bool
}

func newProgress(out *os.File, total int64) *progress {
	info, err := out.Stat()
	return &progress{out: out, total: total, live: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// Write counts bytes that passed.
func (p *progress) Write(b []byte) (int, error) {
	p.add(int64(len(b)))
	return len(b), nil
}

func (p *progress) add(n int64) {
	p.done += n
	if now := time.Now(); p.live && now.Sub(p.told) > 200*time.Millisecond {
		p.told = now
		if p.total > 0 {
			fmt.Fprintf(p.out, "\r%d of %d MiB", p.done>>20, p.total>>20)
		} else {
			fmt.Fprintf(p.out, "\r%d MiB", p.done>>20)
		}
	}
}

func (p *progress) end() {
	if p.live && !p.told.IsZero() {
		fmt.Fprintln(p.out)
		p.told = time.Time{}
	}
}
