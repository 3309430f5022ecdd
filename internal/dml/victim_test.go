package dml

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// The victim is this test binary, started anew over a data folder. It does a
// day's work of the library, says after each act that it is done, and kills
// itself at the step it was told.
const (
	victimFolder = "SLIPWAY_VICTIM_FOLDER"
	victimStep   = "SLIPWAY_VICTIM_STEP" // 0: live, and name every step
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(victimFolder); folder != "" {
		at, _ := strconv.Atoi(os.Getenv(victimStep))
		if err := victimise(folder, at); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// killer counts everything that changes what is durable: what is synced, what
// is deleted, what is begun, and the commits of the database. Between two of
// its steps a kill finds the same as at the latter.
type killer struct{ at, n int }

func (k *killer) step(what string) {
	k.n++
	if k.at == 0 {
		fmt.Println("step", what)
	}
	if k.n == k.at {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (k *killer) sync(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	what := "file"
	if info.IsDir() {
		what = "folder"
	}
	k.step("sync of a " + what)
	return f.Sync()
}

// commits has every commit of the database be a step.
func (k *killer) commits(d *db.DB) error {
	return d.InTx(context.Background(), func(tx *db.Tx) error {
		writer := tx.Gorm().Statement.ConnPool.(*sql.Conn) // the only one
		return writer.Raw(func(c any) error {
			c.(*sqlite3.SQLiteConn).RegisterCommitHook(func() int { k.step("commit"); return 0 })
			return nil
		})
	})
}

// watched has the steps of the store besides the syncs.
type watched struct {
	blob.Store
	k *killer
}

func (w watched) Create(ctx context.Context, declared int64) (blob.Upload, error) {
	w.k.step("begin of an upload")
	return w.Store.Create(ctx, declared)
}

func (w watched) Delete(ctx context.Context, d blob.Digest, generation int64) error {
	w.k.step("deletion")
	return w.Store.Delete(ctx, d, generation)
}

// workday is a library that can be killed, and gone on with.
type workday struct {
	*Service
	folder      string
	now         time.Time
	bruno, cora identity.Actor
	arrival     string // of the file that comes in pieces
	done        func(act string)
}

// openDay opens the folder, as a server does at its start.
func openDay(folder string, now time.Time, k *killer) (*workday, error) {
	w := &workday{folder: folder, now: now, done: func(string) {}}
	d, err := db.Open(db.Options{Path: filepath.Join(folder, "slipway.db"), Clock: func() time.Time { return w.now }})
	if err != nil {
		return nil, err
	}
	var store blob.Store
	if k == nil {
		store, err = blob.OpenDisk(filepath.Join(folder, "media"))
	} else if store, err = blob.OpenDisk(filepath.Join(folder, "media"), blob.WithSync(k.sync)); err == nil {
		store, err = watched{store, k}, k.commits(d)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	w.Service = New(d, store)
	people := identity.New(d)
	w.bruno, err = people.Local(context.Background(), "bruno")
	if err == nil {
		w.cora, err = people.Local(context.Background(), "cora")
	}
	return w, err
}

func victimise(folder string, at int) error {
	w, err := openDay(folder, dbtest.Start, &killer{at: at})
	if err != nil {
		return err
	}
	w.done = func(act string) { fmt.Println("done", act) }
	return errors.Join(w.run(), w.db.Close())
}

// act is a part of the day, at its earliest so long after the start.
type act struct {
	name  string
	after time.Duration
	do    func(w *workday, ctx context.Context) error
}

var acts = []act{
	{"receive", 0, func(w *workday, ctx context.Context) error {
		_, err := w.Receive(ctx, w.bruno, submission("1.0"), strings.NewReader("the received file"))
		return err
	}},
	{"announce", 0, (*workday).announce},
	{"half", 0, (*workday).half},
	{"whole", 0, (*workday).whole},
	{"push", 0, (*workday).push},
	{"accept", time.Hour, func(w *workday, ctx context.Context) error {
		return errors.Join(w.accept(ctx, "payments-api/server", "1.0"), w.accept(ctx, "payments-api/image", "2.0"))
	}},
	{"condemn", leaseFor + time.Hour, (*workday).collectAll},
	{"delete", leaseFor + DefaultGrace + 2*time.Hour, (*workday).collectAll},
}

// run does the whole day; what is done already is done again, or passed over, as
// a person or a pipeline would who got no answer.
func (w *workday) run() error {
	for _, a := range acts {
		if begin := dbtest.Start.Add(a.after); w.now.Before(begin) {
			w.now = begin
		}
		if err := a.do(w, context.Background()); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		w.done(a.name)
	}
	return nil
}

var pieces = bytes.Repeat([]byte("the file in pieces "), 1000)

func (w *workday) announce(ctx context.Context) error {
	if v, err := w.find(ctx, "payments-api/server", "1.1"); err != nil || v != nil {
		return err
	}
	list, err := w.Arrivals(ctx, w.bruno)
	if err != nil || len(list) > 0 {
		if len(list) > 0 {
			w.arrival = list[0].ID
		}
		return err
	}
	a, err := w.Announce(ctx, w.bruno, Announcement{FileName: "pieces.bin", Size: int64(len(pieces)), Declared: blob.Of(pieces)})
	if err == nil {
		w.arrival = a.ID
	}
	return err
}

func (w *workday) half(ctx context.Context) error { return w.sendUpTo(ctx, len(pieces)/2) }

// sendUpTo asks how much has come and sends what is missing.
func (w *workday) sendUpTo(ctx context.Context, end int) error {
	if w.arrival == "" {
		return nil
	}
	a, err := w.Arrival(ctx, w.bruno, w.arrival)
	if err != nil || a.Offset >= int64(end) {
		return err
	}
	_, err = w.Take(ctx, w.bruno, a.ID, a.Offset, bytes.NewReader(pieces[a.Offset:end]))
	if errors.Is(err, ErrIncomplete) && end < len(pieces) {
		return nil
	}
	return err
}

func (w *workday) whole(ctx context.Context) error {
	if w.arrival == "" {
		return nil
	}
	if err := w.sendUpTo(ctx, len(pieces)); err != nil {
		return err
	}
	_, err := w.Submit(ctx, w.bruno, submission("1.1"), w.arrival)
	return err
}

// push pushes an image, and a layer that nothing will ever need.
func (w *workday) push(ctx context.Context) error {
	r := w.Registry(robot(w.bruno))
	var parts []Descriptor
	for _, content := range []string{"{}", "a layer", "never needed"} {
		p, err := r.Begin(ctx, waiting1, blob.Unknown)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(p, content); err != nil {
			return err
		}
		d := Descriptor{MediaType: "application/octet-stream", Digest: blob.Of([]byte(content)), Size: int64(len(content))}
		if _, err := p.Commit(ctx, d.Digest); err != nil {
			return err
		}
		parts = append(parts, d)
	}
	_, err := r.Push(ctx, waiting1, "2.0", typeManifest, image(parts[0], nil, parts[1]))
	return err
}

func (w *workday) find(ctx context.Context, item, label string) (v *Version, err error) {
	err = w.db.View(ctx, func(tx *db.Tx) (err error) { v, err = w.FindVersion(tx, item, label); return err })
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	return v, err
}

func (w *workday) accept(ctx context.Context, item, label string) error {
	v, err := w.find(ctx, item, label)
	if err != nil || v == nil || v.State == Accepted {
		return err
	}
	if err := w.RunChecks(ctx, identity.System("test"), v.ID); err != nil {
		return err
	}
	if v, err = w.find(ctx, item, label); err != nil {
		return err
	}
	return w.Accept(ctx, w.cora, v.ID, v.Row.Version, Decision{})
}

func (w *workday) collectAll(ctx context.Context) error {
	c, err := w.Collect(ctx, identity.System("test"), DefaultGrace)
	if err == nil && c.Failures > 0 {
		err = errors.New(c.LastError)
	}
	return err
}
