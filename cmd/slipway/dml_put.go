package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"slipway/internal/client"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/web/api"
)

type dmlPutCmd struct {
	dataFlags
	serverFlags
	File       string `arg:"positional,required" help:"The file."`
	Item       string `arg:"--item,env:ITEM,required" help:"Item key, such as payments-api/server."`
	Label      string `arg:"--version,env:VERSION,required" help:"Version of the item, such as 1.4.0."`
	User       string `arg:"--user,env:USER" help:"Who submits, without --server; the same person cannot accept it."`
	Kind       string `arg:"--kind,env:KIND" default:"software" help:"software, documentation, licence, for a new item."`
	Name       string `arg:"--name,env:NAME" help:"Name of a new item."`
	Supplier   string `arg:"--supplier,env:SUPPLIER" help:"Supplier of a new item that is procured; without it the item is built here."`
	Licence    string `arg:"--licence,env:LICENCE" help:"SPDX expression of a new item, or commercial."`
	LicenceKey string `arg:"--licence-key,env:LICENCE_KEY" help:"Entitlement behind a commercial licence."`
	Digest     string `arg:"--digest,env:DIGEST" help:"Expected digest, sha256:…; other bytes are refused."`
	Source     string `arg:"--source,env:SOURCE" default:"command line" help:"Where the file comes from."`
	Change     string `arg:"--change,env:CHANGE" help:"Change that the submission belongs to."`
	Note       string `arg:"--note,env:NOTE" help:"A word for the custodian."`
	JSON       bool   `arg:"--json,env:JSON" help:"Print the version as JSON."`
}

// Validate finds usage mistakes.
func (p dmlPutCmd) Validate() error {
	if (p.User == "") == (p.Server == "") {
		return errors.New("say who submits: --user with a data folder, or --server with --token")
	}
	if err := choice("kind", p.Kind, "software", "documentation", "licence"); err != nil {
		return err
	}
	if _, err := os.Stat(p.File); err != nil {
		return err
	}
	return p.check()
}

// Run submits the file into quarantine and prints where it stands.
func (p dmlPutCmd) Run(ctx context.Context) error {
	f, err := os.Open(p.File)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	shown := newProgress(os.Stderr, "Storing", info.Size())
	var m *client.Media
	if p.Server != "" {
		m, err = p.send(ctx, f, info.Size(), shown)
		err = stopped(ctx, err)
	} else {
		m, err = p.store(ctx, f, info.Size(), shown)
	}
	shown.end()
	if err != nil {
		return err
	}
	return show(os.Stdout, p.JSON, m, func(out io.Writer, m *client.Media) error {
		_, err := fmt.Fprintf(out, "%s\t%s\t%s\n", m.Ref, m.Digest, m.State)
		return err
	})
}

// store streams the file into the library of a data folder.
func (p dmlPutCmd) store(ctx context.Context, f io.Reader, size int64, shown *progress) (*client.Media, error) {
	a, actor, err := openAs(ctx, p.dataFlags, p.User)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	sub := dml.Submission{ItemKey: p.Item, Label: p.Label, FileName: filepath.Base(p.File), Kind: dml.Kind(p.Kind), ItemName: p.Name,
		Supplier: p.Supplier, Licence: p.Licence, LicenceKey: p.LicenceKey, Declared: blob.Digest(p.Digest), Size: size,
		ChangeKey: p.Change, Note: p.Note, Source: p.Source}
	if p.Supplier != "" {
		sub.Provenance = dml.Procured
	}
	v, err := a.DML.Receive(ctx, actor, sub, io.TeeReader(f, shown))
	if err != nil {
		return nil, err
	}
	return api.Media(v), nil
}

// send uploads the file to a server. The digest tells it from every other, so
// that what was sent before, by whatever process, is not sent again.
func (p dmlPutCmd) send(ctx context.Context, f *os.File, size int64, shown *progress) (*client.Media, error) {
	c, err := p.connect(shown)
	if err != nil {
		return nil, err
	}
	shown.start("Hashing", 0)
	digest, err := digestOf(ctx, f, shown)
	if err != nil {
		return nil, err
	}
	if p.Digest != "" && p.Digest != digest {
		return nil, fmt.Errorf("%s is %s, not %s: nothing was sent", p.File, digest, p.Digest)
	}
	if m, err := p.there(ctx, c, digest); m != nil || err != nil {
		return m, err
	}
	shown.start("Sending", 0)
	first := true
	id, err := c.Put(ctx, client.File{ReaderAt: f, Name: filepath.Base(p.File), Size: size, Digest: digest, Item: p.Item, Version: p.Label}, func(at int64) {
		if first && at > 0 {
			shown.start("Sending", at)
		}
		first = false
		shown.at(at)
	})
	if err != nil {
		return nil, err
	}
	m, err := c.Submit(ctx, client.Submission{Upload: id, Item: p.Item, Version: p.Label, Digest: digest, Source: p.Source, Change: p.Change, Note: p.Note,
		Name: p.Name, Kind: p.Kind, Supplier: p.Supplier, Licence: p.Licence, LicenceKey: p.LicenceKey})
	if client.Status(err) == http.StatusUnprocessableEntity {
		// The answer to the first attempt may have been lost on its way.
		if m, again := p.there(ctx, c, digest); m != nil && again == nil {
			return m, nil
		}
	}
	return m, err
}

// there gives the version if the library has it already, with these bytes and
// not turned away.
func (p dmlPutCmd) there(ctx context.Context, c *client.Client, digest string) (*client.Media, error) {
	m, err := c.Find(ctx, p.Item+":"+p.Label)
	switch {
	case client.Status(err) == http.StatusNotFound || client.Status(err) == http.StatusUnprocessableEntity:
		return nil, nil
	case err != nil:
		return nil, err
	case m.Digest != digest || m.State == string(dml.Rejected):
		return nil, nil
	}
	return m, nil
}

func digestOf(ctx context.Context, f io.Reader, shown *progress) (string, error) {
	sum := client.NewSum()
	_, err := io.Copy(io.MultiWriter(sum, shown), &untilStopped{ctx, f})
	return fmt.Sprintf("sha256:%x", sum.Sum(nil)), err
}

// untilStopped reads until somebody interrupts.
type untilStopped struct {
	ctx context.Context
	r   io.Reader
}

// Read reads.
func (u *untilStopped) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
