package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

// contract is the suite that every driver passes.
func contract(t *testing.T, open func(t *testing.T) Store) {
	ctx := context.Background()
	for name, test := range map[string]func(t *testing.T, s Store){
		"what goes in comes out": func(t *testing.T, s Store) {
			for _, size := range []int{0, 1, heldBack - 1, heldBack, heldBack + 1, piece, piece*pieces + 7, 3*piece*pieces + 1} {
				data := random(t, size)
				info := store(t, s, data)
				if info.Digest != Of(data) || info.Size != int64(size) {
					t.Fatalf("size %d: stored as %v", size, info)
				}
				if got := read(t, s, info.Digest); !bytes.Equal(got, data) {
					t.Fatalf("size %d: %d bytes came back, or others", size, len(got))
				}
				if err := Recheck(ctx, s, info.Digest, nil); err != nil {
					t.Fatal(err)
				}
			}
		},
		"small writes": func(t *testing.T, s Store) {
			data := random(t, 3*piece+11)
			up := create(t, s)
			for rest := data; len(rest) > 0; {
				n := min(len(rest), 1009)
				if _, err := up.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if up.Offset() != int64(len(data)) {
				t.Fatalf("offset is %d", up.Offset())
			}
			info, err := up.Commit(ctx, Of(data), int64(len(data)))
			if err != nil || !bytes.Equal(read(t, s, info.Digest), data) {
				t.Fatal("bytes differ", err)
			}
		},
		"large writes from one buffer, between small ones": func(t *testing.T, s Store) {
			var data []byte
			up := create(t, s)
			buffer := make([]byte, writeback+piece+3)
			for _, n := range []int{piece, 7, len(buffer), 2 * piece, 1, piece - 1, piece} {
				copy(buffer, random(t, n))
				data = append(data, buffer[:n]...)
				if taken, err := up.Write(buffer[:n]); err != nil || taken != n {
					t.Fatal(taken, err)
				}
				clear(buffer) // the caller's again
			}
			info, err := up.Commit(ctx, Of(data), int64(len(data)))
			if err != nil || !bytes.Equal(read(t, s, info.Digest), data) {
				t.Fatal("bytes differ", err)
			}
		},
		"what a reader gives, and goes on with after it failed": func(t *testing.T, s Store) {
			data, broke := random(t, 2*piece+11), errors.New("the line broke")
			const half = piece + 5
			up := create(t, s)
			for _, part := range []io.Reader{iotest.OneByteReader(bytes.NewReader(data[:3])), bytes.NewReader(data[3:9]), io.MultiReader(bytes.NewReader(data[9:half]), iotest.ErrReader(broke))} {
				if _, err := up.ReadFrom(part); err != nil && !errors.Is(err, broke) {
					t.Fatal(err)
				}
			}
			if up.Offset() != half {
				t.Fatalf("offset is %d", up.Offset())
			}
			id := up.ID()
			if err := up.Suspend(); err != nil {
				t.Fatal(err)
			}
			up, err := s.Resume(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := up.ReadFrom(iotest.HalfReader(bytes.NewReader(data[half:]))); err != nil || n != int64(len(data)-half) {
				t.Fatal(n, err)
			}
			info, err := up.Commit(ctx, Of(data), int64(len(data)))
			if err != nil || !bytes.Equal(read(t, s, info.Digest), data) {
				t.Fatal("bytes differ", err)
			}
		},
		"a wrong digest or size leaves nothing": func(t *testing.T, s Store) {
			data := random(t, 1000)
			for _, declared := range []struct {
				d    Digest
				size int64
			}{{Of([]byte("other")), Unknown}, {"", 999}, {Of(data), 1001}} {
				up := create(t, s)
				if _, err := up.Write(data); err != nil {
					t.Fatal(err)
				}
				if _, err := up.Commit(ctx, declared.d, declared.size); !errors.Is(err, ErrMismatch) {
					t.Fatalf("%v: %v", declared, err)
				}
			}
			empty(t, s)
		},
		"an aborted upload leaves nothing": func(t *testing.T, s Store) {
			up := create(t, s)
			if _, err := up.Write(random(t, piece+1)); err != nil {
				t.Fatal(err)
			}
			if err := up.Abort(); err != nil {
				t.Fatal(err)
			}
			if err := up.Abort(); err != nil {
				t.Fatal("a second abort:", err)
			}
			if _, err := up.Commit(ctx, "", Unknown); err == nil {
				t.Fatal("an aborted upload was committed")
			}
			empty(t, s)
		},
		"ranges": func(t *testing.T, s Store) {
			data := random(t, 10_000)
			d := store(t, s, data).Digest
			for _, r := range []Range{{0, 0}, {0, 10}, {9_990, 10}, {5_000, 0}, {9_999, 100}, {10_000, 0}} {
				rc, err := s.Open(ctx, d, r)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(rc)
				want := data[r.Offset:]
				if r.Length > 0 {
					want = want[:min(int64(len(want)), r.Length)]
				}
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("range %v: %d bytes, %v", r, len(got), err)
				}
				rc.Close()
			}
			seeker := NewSeeker(ctx, s, d, int64(len(data)))
			defer seeker.Close()
			if _, err := seeker.Seek(-10, io.SeekEnd); err != nil {
				t.Fatal(err)
			}
			if tail, err := io.ReadAll(seeker); err != nil || !bytes.Equal(tail, data[9_990:]) {
				t.Fatal("tail differs", err)
			}
		},
		"it answers": func(t *testing.T, s Store) {
			if err := s.Ping(ctx); err != nil {
				t.Fatal(err)
			}
		},
		"what is not there": func(t *testing.T, s Store) {
			for _, d := range []Digest{Of([]byte("nobody")), "", "sha256:../../etc/passwd", "sha256:ABC", "md5:0"} {
				if _, err := s.Stat(ctx, d); !errors.Is(err, ErrNotFound) {
					t.Errorf("stat %q: %v", d, err)
				}
				if _, err := s.Open(ctx, d, Range{}); !errors.Is(err, ErrNotFound) {
					t.Errorf("open %q: %v", d, err)
				}
			}
		},
		"delete takes one generation": func(t *testing.T, s Store) {
			data := random(t, 100)
			first := store(t, s, data)
			second := store(t, s, data)
			if first.Generation == second.Generation {
				t.Fatal("two copies have one generation")
			}
			if err := s.Delete(ctx, first.Digest, first.Generation); !errors.Is(err, ErrChanged) {
				t.Fatalf("deleting the older copy: %v", err)
			}
			for range 2 {
				if err := s.Delete(ctx, second.Digest, second.Generation); err != nil {
					t.Fatal(err)
				}
			}
			empty(t, s)
		},
		"walk visits in order": func(t *testing.T, s Store) {
			want := map[Digest]bool{}
			for i := range 20 {
				want[store(t, s, []byte{byte(i)}).Digest] = true
			}
			last := Digest("")
			err := s.Walk(ctx, "", func(info Info) error {
				if info.Digest <= last || !want[info.Digest] || info.Size != 1 {
					t.Errorf("met %v after %s", info, last)
				}
				delete(want, info.Digest)
				last = info.Digest
				return nil
			})
			if err != nil || len(want) > 0 {
				t.Fatal("not met:", want, err)
			}
		},
		"walk is taken up after any digest": func(t *testing.T, s Store) {
			var all, met []Digest
			for i := range 7 {
				all = append(all, store(t, s, []byte{byte(i)}).Digest)
			}
			slices.Sort(all)
			tired := errors.New("tired")
			for at := Digest(""); ; at = met[len(met)-1] {
				err := s.Walk(ctx, at, func(info Info) error {
					if met = append(met, info.Digest); len(met)%2 == 0 {
						return tired
					}
					return nil
				})
				if err == nil {
					break
				}
				if !errors.Is(err, tired) {
					t.Fatal(err)
				}
			}
			if !slices.Equal(met, all) {
				t.Fatalf("met %v of %v", met, all)
			}
			between := Digest(prefix + strings.Repeat("8", 64)) // nobody's
			n := 0
			if err := s.Walk(ctx, between, func(info Info) error { n++; return nil }); err != nil || n != len(all)-sort.Search(len(all), func(i int) bool { return all[i] > between }) {
				t.Fatal(n, err)
			}
		},
		"sweep spares the living": func(t *testing.T, s Store) {
			up := create(t, s)
			if _, err := up.Write([]byte("slow")); err != nil {
				t.Fatal(err)
			}
			if n, err := s.Sweep(ctx, -time.Hour); err != nil || n != 0 {
				t.Fatalf("swept %d, %v", n, err)
			}
			if info, err := up.Commit(ctx, "", Unknown); err != nil || string(read(t, s, info.Digest)) != "slow" {
				t.Fatal(err)
			}
		},
		"the same bytes at once": func(t *testing.T, s Store) {
			data := random(t, piece)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					up, err := s.Create(ctx, int64(len(data)))
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := up.Write(data); err != nil {
						t.Error(err)
					}
					if _, err := up.Commit(ctx, Of(data), int64(len(data))); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if !bytes.Equal(read(t, s, Of(data)), data) {
				t.Fatal("bytes differ")
			}
		},
		"a suspended upload goes on": func(t *testing.T, s Store) {
			data := random(t, 2*piece*pieces+99)
			up := create(t, s)
			for at := 0; at < len(data); {
				n := min(len(data)-at, piece+13)
				if _, err := up.Write(data[at : at+n]); err != nil {
					t.Fatal(err)
				}
				at += n
				id := up.ID()
				if _, err := s.Resume(ctx, id); !errors.Is(err, ErrBusy) {
					t.Fatalf("resumed while in use: %v", err)
				}
				if err := up.Suspend(); err != nil {
					t.Fatal(err)
				}
				var err error
				if up, err = s.Resume(ctx, id); err != nil || up.Offset() != int64(at) {
					t.Fatalf("resumed at %d of %d, %v", up.Offset(), at, err)
				}
			}
			info, err := up.Commit(ctx, Of(data), int64(len(data)))
			if err != nil || !bytes.Equal(read(t, s, info.Digest), data) {
				t.Fatal("bytes differ", err)
			}
			if _, err := s.Resume(ctx, up.ID()); !errors.Is(err, ErrNotFound) {
				t.Fatalf("resumed after commit: %v", err)
			}
			for _, id := range []string{"", "upload-1", "../sha256", "upload-../x"} {
				if _, err := s.Resume(ctx, id); !errors.Is(err, ErrNotFound) {
					t.Errorf("resumed %q: %v", id, err)
				}
			}
		},
		"a suspended upload may be dropped": func(t *testing.T, s Store) {
			up := create(t, s)
			if _, err := up.Write([]byte("half")); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(up.Suspend(), up.Abort()); err != nil {
				t.Fatal(err)
			}
			up, err := s.Resume(ctx, up.ID())
			if err != nil {
				t.Fatal(err)
			}
			if err := up.Abort(); err != nil {
				t.Fatal(err)
			}
			empty(t, s)
		},
		"a caller who left commits nothing": func(t *testing.T, s Store) {
			gone, cancel := context.WithCancel(ctx)
			up := create(t, s)
			if _, err := up.Write([]byte("half")); err != nil {
				t.Fatal(err)
			}
			cancel()
			if _, err := up.Commit(gone, "", Unknown); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			empty(t, s)
		},
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func random(t *testing.T, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

func create(t *testing.T, s Store) Upload {
	t.Helper()
	up, err := s.Create(context.Background(), Unknown)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { up.Abort() })
	return up
}

func store(t *testing.T, s Store, data []byte) Info {
	t.Helper()
	up := create(t, s)
	if _, err := up.Write(data); err != nil {
		t.Fatal(err)
	}
	info, err := up.Commit(context.Background(), "", Unknown)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func read(t *testing.T, s Store, d Digest) []byte {
	t.Helper()
	rc, _, err := OpenVerified(context.Background(), s, d)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	data, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func empty(t *testing.T, s Store) {
	t.Helper()
	if err := s.Walk(context.Background(), "", func(info Info) error { return errors.New("still there: " + info.Digest.String()) }); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(context.Background(), -time.Hour); err != nil || n != 0 {
		t.Fatalf("%d temporary files were left, %v", n, err)
	}
}
