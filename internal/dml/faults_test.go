package dml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/dml/blob/blobtest"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// libraryIn is a library whose database and media both lie in a folder.
func libraryIn(t *testing.T, folder string, options ...blob.DiskOption) library {
	t.Helper()
	dbtest.File(t, filepath.Join(folder, "slipway.db"))
	d := reopenDB(t, folder)
	root := filepath.Join(folder, "media")
	store, err := blob.OpenDisk(root, options...)
	if err != nil {
		t.Fatal(err)
	}
	return library{New(d, store), t, root, dbtest.User(t, d, "bruno", identity.BuildManager), dbtest.User(t, d, "cora", identity.DMLCustodian)}
}

func reopenDB(t *testing.T, folder string) *db.DB {
	t.Helper()
	d, err := db.Open(db.Options{Path: filepath.Join(folder, "slipway.db"), Clock: dbtest.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// onSQLite skips what has its database in a folder of its own where the tests
// run on PostgreSQL: it was tested already.
func onSQLite(t *testing.T) {
	t.Helper()
	if os.Getenv("SLIPWAY_TEST_PG") != "" {
		t.Skip("it is about SQLite in the data folder, and was tested with it")
	}
}

// The library with its database through power cuts: every version that was
// acknowledged is there and reads as it was sent.
func TestPowerCutOfTheLibrary(t *testing.T) {
	onSQLite(t)
	if lost := versionsLost(t, 2); lost > 0 {
		t.Errorf("%d acknowledged versions were lost", lost)
	}
}

// Unless a store that syncs nothing loses something, the test above proves
// nothing.
func TestPowerCutOfALibraryThatOnlyRenames(t *testing.T) {
	onSQLite(t)
	if versionsLost(t, 1, blob.WithSync(func(*os.File) error { return nil })) == 0 {
		t.Error("a library that syncs no media came through: the cuts prove nothing")
	}
}

func versionsLost(t *testing.T, cuts int, options ...blob.DiskOption) (lost int) {
	t.Helper()
	ctx := context.Background()
	for cut := range cuts {
		image := blobtest.NewImage(t, 48<<20)
		l := libraryIn(t, image.Folder, append(options, blob.WithReserve(0))...)
		image.Settle(t)
		var wg sync.WaitGroup
		sent := sync.Map{} // label -> bytes
		for writer := range 2 {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(cut), uint64(writer)))
				for n := range 3 {
					label, data := fmt.Sprintf("%d.%d", writer, n), make([]byte, 1+rnd.IntN(50_000))
					for i := range data {
						data[i] = byte(rnd.Uint32())
					}
					if _, err := l.Receive(ctx, l.bruno, submission(label), bytes.NewReader(data)); err != nil {
						t.Error(err)
						return
					}
					sent.Store(label, data)
				}
			})
		}
		wg.Wait()
		left := image.Cut(t)
		store, err := blob.OpenDisk(filepath.Join(left, "media"))
		if err != nil {
			t.Fatal(err)
		}
		after := library{New(reopenDB(t, left), store), t, left, l.bruno, l.cora}
		sent.Range(func(label, data any) bool {
			if err := after.reads(label.(string), data.([]byte)); err != nil {
				lost++
				t.Logf("version %s: %v", label, err)
			}
			return true
		})
		if err := after.db.View(ctx, func(tx *db.Tx) error { _, err := audit.Verify(tx); return err }); err != nil {
			t.Error(err)
		}
	}
	return lost
}

// reads opens a version and tells whether it is what was sent.
func (l library) reads(label string, want []byte) error {
	ctx := context.Background()
	var v *Version
	err := l.db.View(ctx, func(tx *db.Tx) (err error) { v, err = l.FindVersion(tx, "payments-api/server", label); return err })
	if err != nil {
		return err
	}
	body, err := l.Open(ctx, l.bruno, v.ID)
	if err != nil {
		return err
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("other bytes")
	}
	return err
}

// A disk that fails to sync, now and then, through two hundred writes: whatever
// was acknowledged is there, and what was refused says so and leaves nothing.
func TestSyncFailsNowAndThen(t *testing.T) {
	onSQLite(t)
	log := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { slog.SetDefault(log) })
	rnd := rand.New(rand.NewPCG(1, 1))
	failing := func(f *os.File) error {
		if rnd.IntN(12) == 0 {
			return &os.PathError{Op: "fsync", Path: f.Name(), Err: syscall.EIO}
		}
		return nil
	}
	healthy := true
	l := libraryIn(t, t.TempDir(), blob.WithSync(func(f *os.File) error {
		if healthy {
			return nil
		}
		return failing(f)
	}))
	healthy = false
	acknowledged, refused := map[string]string{}, 0
	for n := range 200 {
		label, content := fmt.Sprintf("1.%d", n), fmt.Sprintf("file %d", n)
		_, err := l.Receive(context.Background(), l.bruno, submission(label), strings.NewReader(content))
		switch {
		case err == nil:
			acknowledged[label] = content
		case errors.Is(err, syscall.EIO):
			refused++
			if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "The disk of the media store failed") {
				t.Fatalf("what the submitter is told: %v", err)
			}
			if len(acknowledged) > 0 {
				if err := l.Recheck(context.Background(), blob.Of(emptyObject)); err != nil {
					t.Fatalf("a part of all versions went with one that was refused: %v", err)
				}
			}
		default:
			t.Fatal(err)
		}
	}
	if refused == 0 || len(acknowledged) == 0 {
		t.Fatalf("%d refused, %d acknowledged: nothing was tested", refused, len(acknowledged))
	}
	for label, content := range acknowledged {
		if err := l.reads(label, []byte(content)); err != nil {
			t.Errorf("version %s was acknowledged: %v", label, err)
		}
	}
	if left, err := os.ReadDir(filepath.Join(l.root, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("%d files were left behind, %v", len(left), err)
	}
	w := &workday{Service: l.Service, bruno: l.bruno, cora: l.cora}
	if err := w.sound(context.Background()); err != nil {
		t.Error(err)
	}
}

// A disk full to the brim, database and all: what was accepted is read and
// verified, the record holds, and once there is room everything works as before.
func TestFullDiskStopsOnlyWriting(t *testing.T) {
	onSQLite(t)
	ctx := context.Background()
	folder := blobtest.SmallDisk(t, 16<<20)
	l := libraryIn(t, folder, blob.WithReserve(1<<20))
	kept := l.accepted("1.0", "kept")
	send := func(label string, size int64, body io.Reader) error {
		sub := submission(label)
		sub.Size = size
		_, err := l.Receive(ctx, l.bruno, sub, body)
		return err
	}
	large := func() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{}), 64<<20) }
	alive := func(when string) {
		t.Helper()
		if err := l.reads("1.0", []byte("kept")); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if err := l.db.View(ctx, func(tx *db.Tx) error { _, err := audit.Verify(tx); return err }); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if left, err := os.ReadDir(filepath.Join(l.root, "tmp")); err != nil || len(left) > 0 {
			t.Errorf("%s: %d files were left behind, %v", when, len(left), err)
		}
	}
	wantKind(t, send("2.0", 64<<20, large()), fault.Unavailable, "The media store is full")
	alive("refused beforehand")
	wantKind(t, send("2.0", 0, large()), fault.Unavailable, "The media store is full")
	alive("of unknown size")
	if err := l.Recheck(ctx, kept.Digest); err != nil { // and it writes that down, into the reserve
		t.Error(err)
	}

	filler := filepath.Join(folder, "filler")
	if err := fillUp(filler); err != nil {
		t.Fatal(err)
	}
	wantKind(t, send("2.0", 0, strings.NewReader("small")), fault.Unavailable, "full")
	var refused error
	for n := 0; refused == nil && n < 1000; n++ { // the log has a little room of its own
		refused = l.db.InTx(ctx, func(tx *db.Tx) error {
			return audit.Record(tx, l.bruno.By(), audit.Entry{Action: "media.note", Kind: "media", Key: "x", Sentence: strings.Repeat("a long story ", 1000)})
		})
	}
	wantKind(t, refused, fault.Unavailable, "The disk of the database is full")
	alive("full to the brim")

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := send("2.0", 0, strings.NewReader("small")); err != nil {
		t.Error(err)
	}
	alive("with room again")
}

// fillUp writes zeros until no byte is left.
func fillUp(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4096, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return nil
}

// What rots on the disk is found by a check, served to nobody from then on, and
// healed by pushing the same bytes again.
func TestRottenFiles(t *testing.T) {
	ctx := context.Background()
	const content = "a layer that rots"
	for name, damage := range map[string]func(path string) error{
		"flipped": func(path string) error {
			return os.WriteFile(path, []byte("a layer that rotz"), 0o600)
		},
		"truncated": func(path string) error { return os.Truncate(path, 5) },
		"emptied":   func(path string) error { return os.Truncate(path, 0) },
		"deleted":   os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			l := newLibrary(t)
			r := l.Registry(robot(l.bruno))
			mustPush(t, r, "1", content)
			v := l.acceptPushed("1")
			d := blob.Of([]byte(content))
			path := filepath.Join(l.root, "sha256", d.Hex()[:2], d.Hex())
			if err := errors.Join(os.Chmod(path, 0o600), damage(path)); err != nil {
				t.Fatal(err)
			}
			dbtest.Advance(l.db, time.Hour)
			if err := l.Scrub(ctx, time.Minute, time.Minute); err != nil {
				t.Fatal(err)
			}
			if got := l.get(v.ID); got.State != Suspect {
				t.Errorf("the version is %s", got.State)
			}
			for _, repo := range []string{waiting1, "dml/payments-api/image"} {
				_, err := r.Stat(ctx, repo, d, false)
				wantCause(t, repo, err, ErrBlobUnknown)
			}
			mustPush(t, r, "1", content)
			if got := l.get(v.ID); got.State != Accepted {
				t.Errorf("once it was pushed again the version is %s", got.State)
			}
			if err := l.Recheck(ctx, d); err != nil {
				t.Error(err)
			}
		})
	}
}
