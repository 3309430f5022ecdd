package dml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

// forking keeps this process from locking uploads while it starts another: for a
// moment the new one holds every open file, and with it the lock.
var forking sync.RWMutex

// victim runs a process to its end, or to its death, and gives the acts that it
// reported as done and the steps it named.
func victim(t *testing.T, folder string, at int) (done, steps []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimFolder+"="+folder, fmt.Sprintf("%s=%d", victimStep, at))
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	forking.Lock()
	err := cmd.Start()
	forking.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if at == 0 && err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
	if at > 0 {
		var ended *exec.ExitError
		if !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("it was not killed at step %d: %v: %s", at, err, &said)
		}
	}
	for line := range strings.Lines(out.String()) {
		kind, what, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case "done":
			done = append(done, what)
		case "step":
			steps = append(steps, what)
		}
	}
	return done, steps
}

// dayFolder is a data folder with the two people in it.
func dayFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	dbtest.File(t, filepath.Join(folder, "slipway.db"))
	d, err := db.Open(db.Options{Path: filepath.Join(folder, "slipway.db"), Clock: dbtest.Now})
	if err != nil {
		t.Fatal(err)
	}
	dbtest.User(t, d, "bruno", identity.BuildManager)
	dbtest.User(t, d, "cora", identity.DMLCustodian)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

func copied(t *testing.T, folder string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return to
}

// A process is killed by the kernel at every step of receiving, pushing,
// accepting and collecting in turn. Whoever starts it again finds all that was
// acknowledged and nothing by halves, and can go on to the same end as if
// nothing had happened.
func TestKillAtEveryStep(t *testing.T) {
	if os.Getenv("SLIPWAY_TEST_PG") != "" {
		t.Skip("the steps are SQLite's; a PostgreSQL server is not killed with its client")
	}
	begin := dayFolder(t)
	folder := copied(t, begin)
	done, steps := victim(t, folder, 0)
	if len(done) != len(acts) {
		t.Fatalf("only %v were done", done)
	}
	for _, what := range []string{"sync of a file", "sync of a folder", "begin of an upload", "commit", "deletion"} {
		if !slices.Contains(steps, what) {
			t.Errorf("it never came to the %s", what)
		}
	}
	want := endOf(t, folder, dbtest.Start)
	if !slices.Contains(want, "payments-api/image:2.0 Accepted "+blob.Of(imageOfDay()).String()) || len(want) < 8 {
		t.Fatalf("the day ends with %q", want)
	}

	var turn sync.WaitGroup
	two := make(chan struct{}, 2)
	for at := 1; at <= len(steps); at++ {
		folder := copied(t, begin)
		two <- struct{}{}
		turn.Go(func() {
			defer func() { <-two }()
			done, _ := victim(t, folder, at)
			where := fmt.Sprintf("killed at step %d, the %s after %q", at, steps[at-1], done)
			now := dbtest.Start
			if n := len(done); n > 0 {
				now = now.Add(acts[n-1].after)
			}
			forking.RLock()
			defer forking.RUnlock()
			if why := keptAfter(folder, now, done); why != nil {
				t.Errorf("%s: %v", where, why)
				return
			}
			if got := endOf(t, folder, now.Add(time.Minute)); !slices.Equal(got, want) {
				t.Errorf("%s: the day ends with %q, not %q", where, got, want)
			}
		})
	}
	turn.Wait()
	t.Logf("%d processes were killed", len(steps))
}

func imageOfDay() []byte {
	part := func(content string) Descriptor {
		return Descriptor{MediaType: "application/octet-stream", Digest: blob.Of([]byte(content)), Size: int64(len(content))}
	}
	return image(part("{}"), nil, part("a layer"))
}

// keptAfter opens the folder of a killed process and looks for anything that
// was acknowledged and is not there, and for anything that is there by halves.
func keptAfter(folder string, now time.Time, done []string) error {
	ctx := context.Background()
	w, err := openDay(folder, now, nil)
	if err != nil {
		return err
	}
	defer w.db.Close()
	errs := []error{w.sound(ctx)}
	for _, name := range done {
		if err := w.has(ctx, name); err != nil {
			errs = append(errs, fmt.Errorf("%s was acknowledged: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// has tells whether what an act promised holds.
func (w *workday) has(ctx context.Context, name string) error {
	read := func(item, label, want string) error {
		v, err := w.find(ctx, item, label)
		if err != nil || v == nil {
			return errors.Join(err, errors.New("the version is not there"))
		}
		body, err := w.Open(ctx, w.bruno, v.ID)
		if err != nil {
			return err
		}
		defer body.Close()
		if got, err := io.ReadAll(body); err != nil || string(got) != want {
			return fmt.Errorf("it reads %q, %w", got, err)
		}
		return nil
	}
	switch name {
	case "receive":
		return read("payments-api/server", "1.0", "the received file")
	case "half":
		if v, err := w.find(ctx, "payments-api/server", "1.1"); err != nil || v != nil { // it was gone on with
			return err
		}
		list, err := w.Arrivals(ctx, w.bruno)
		if err != nil || len(list) != 1 {
			return fmt.Errorf("%d files are under way, %w", len(list), err)
		}
		a, err := w.Arrival(ctx, w.bruno, list[0].ID)
		if err != nil || a.Offset < int64(len(pieces)/2) {
			return fmt.Errorf("it is at %+v, %w", a, err)
		}
		return nil
	case "whole":
		return read("payments-api/server", "1.1", string(pieces))
	case "push":
		_, err := w.Registry(robot(w.bruno)).Resolve(ctx, waiting1, "2.0")
		return err
	case "accept":
		r := w.Registry(robot(w.bruno))
		_, pulled := r.Resolve(ctx, "dml/payments-api/server", "1.0")
		c, err := r.Stat(ctx, "dml/payments-api/image", blob.Of([]byte("a layer")), false)
		if err == nil {
			err = w.Recheck(ctx, c.Digest)
		}
		return errors.Join(pulled, err)
	case "delete":
		if _, err := w.blobs.Stat(ctx, blob.Of([]byte("never needed"))); !errors.Is(err, blob.ErrNotFound) {
			return fmt.Errorf("what nothing needs is still there: %w", err)
		}
	}
	return nil
}

// sound demands that all that is known as good is there to the byte, that what
// is served is served whole, and that the record holds.
func (w *workday) sound(ctx context.Context) error {
	var good []blobRow
	var versions []Version
	var manifests []Content
	err := w.db.View(ctx, func(tx *db.Tx) error {
		_, chain := audit.Verify(tx)
		return errors.Join(chain, tx.Find(&good, "state = ?", blobGood), tx.Find(&versions, "let_go_at = 0"), tx.Find(&manifests, "manifest"))
	})
	if err != nil {
		return err
	}
	var errs []error
	there := func(d blob.Digest, why string) {
		if err := blob.Recheck(ctx, w.blobs, d, nil); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", why, err))
		}
	}
	for _, row := range good {
		there(row.Digest, "a good blob")
	}
	for _, v := range versions {
		there(v.Digest, v.Title())
		there(v.Manifest, "the manifest of "+v.Title())
	}
	r := w.Registry(robot(w.bruno))
	for _, c := range manifests {
		if _, err := r.Stat(ctx, incoming+c.Repo, c.Digest, true); err != nil {
			continue // condemned
		}
		data, err := w.bytesOf(ctx, c.Digest)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m, err := parseManifest(c.MediaType, data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, part := range m.blobs() {
			if _, err := r.Stat(ctx, incoming+c.Repo, part.Digest, false); err != nil {
				errs = append(errs, fmt.Errorf("a manifest is served without a part: %w", err))
			}
			there(part.Digest, "a part of a manifest")
		}
	}
	errs = append(errs, w.blobs.Walk(ctx, "", func(info blob.Info) error { return blob.Recheck(ctx, w.blobs, info.Digest, nil) }))
	return errors.Join(errs...)
}

func (w *workday) bytesOf(ctx context.Context, d blob.Digest) ([]byte, error) {
	body, err := w.blobs.Open(ctx, d, blob.Range{})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// endOf has the day done to its end, then lets a month pass with a collection
// now and then, and says what the library holds: every version, every blob, and
// what is still arriving.
func endOf(t *testing.T, folder string, now time.Time) (left []string) {
	t.Helper()
	ctx := context.Background()
	w, err := openDay(folder, now, nil)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer w.db.Close()
	if err := w.run(); err != nil {
		t.Error(err)
		return nil
	}
	w.now = w.now.Add(time.Hour)
	if err := w.work(ctx); err != nil {
		t.Error(err)
	}
	if err := ageFiles(filepath.Join(folder, "media", "tmp"), uploadAge+time.Hour); err != nil {
		t.Error(err)
	}
	for range 2 {
		w.now = w.now.Add(leaseFor + DefaultGrace)
		if err := w.collectAll(ctx); err != nil {
			t.Error(err)
		}
	}
	if err := w.sound(ctx); err != nil {
		t.Error(err)
	}
	var versions []Version
	if err := w.db.View(ctx, func(tx *db.Tx) error { return tx.Find(&versions, "id > 0") }); err != nil {
		t.Error(err)
	}
	for _, v := range versions {
		left = append(left, fmt.Sprintf("%s %s %s", v.Ref(), v.State, v.Digest))
	}
	slices.Sort(left)
	err = w.blobs.Walk(ctx, "", func(info blob.Info) error { left = append(left, string(info.Digest)); return nil })
	if err != nil {
		t.Error(err)
	}
	arriving, err := filepath.Glob(filepath.Join(folder, "media", "tmp", "*"))
	if err != nil {
		t.Error(err)
	}
	return append(left, arriving...)
}

// work does the jobs that are due, as the server would.
func (w *workday) work(ctx context.Context) error {
	runner := jobs.NewRunner(w.db, slog.New(slog.DiscardHandler))
	w.Jobs(runner)
	for {
		if more, err := runner.Step(ctx); err != nil || !more {
			return err
		}
	}
}

// ageFiles makes what is arriving look as if nobody had gone on with it.
func ageFiles(folder string, by time.Duration) error {
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	then := time.Now().Add(-by)
	for _, file := range files {
		err = errors.Join(err, os.Chtimes(file, then, then))
	}
	return err
}
