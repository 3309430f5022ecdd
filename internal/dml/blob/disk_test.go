package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func disk(t *testing.T) *Disk {
	t.Helper()
	s, err := OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDiskKeepsTheContract(t *testing.T) {
	contract(t, func(t *testing.T) Store { return disk(t) })
}

func TestParse(t *testing.T) {
	good := Of([]byte("x")).String()
	if d, err := Parse(good); err != nil || d.Hex() != good[7:] {
		t.Fatal(d, err)
	}
	for _, bad := range []string{"", "sha256:", good[:70], good + "0", strings.ToUpper(good), "sha512:" + good[7:], good[7:],
		" " + good, good + "\n", "sha256:" + strings.Repeat("g", 64), "sha256:" + strings.Repeat("../", 21) + "x", "sha256:" + strings.Repeat("\x00", 64)} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q was taken for a digest", bad)
		}
	}
}

// A failed fsync means the bytes may be gone: nothing may stay, and nothing may
// be tried again.
func TestFsyncFailureRemoves(t *testing.T) {
	for _, which := range []string{"file", "folder"} {
		t.Run(which, func(t *testing.T) {
			s := disk(t)
			store(t, s, []byte("makes the folder"))
			calls := 0
			s.fsync = func(f *os.File) error {
				info, err := f.Stat()
				if err != nil {
					return err
				}
				if info.IsDir() == (which == "folder") {
					calls++
					return syscall.EIO
				}
				return f.Sync()
			}
			up := create(t, s)
			if _, err := up.Write([]byte("lost")); err != nil {
				t.Fatal(err)
			}
			if _, err := up.Commit(context.Background(), "", Unknown); !errors.Is(err, syscall.EIO) {
				t.Fatalf("the failure was swallowed: %v", err)
			}
			if calls != 1 {
				t.Errorf("fsync was tried %d times", calls)
			}
			s.fsync = (*os.File).Sync
			if _, err := s.Stat(context.Background(), Of([]byte("lost"))); !errors.Is(err, ErrNotFound) {
				t.Fatalf("the blob stayed: %v", err)
			}
			if n, err := s.Sweep(context.Background(), -time.Hour); err != nil || n != 0 {
				t.Fatalf("%d temporary files stayed, %v", n, err)
			}
		})
	}
}

// Nor may a failed attempt to store the same bytes again take the copy on which
// others rely.
func TestFsyncFailureKeepsTheOlderCopy(t *testing.T) {
	s := disk(t)
	data := []byte("relied on")
	d := store(t, s, data).Digest
	for _, which := range []string{"file", "folder"} {
		s.fsync = func(f *os.File) error {
			if info, err := f.Stat(); err != nil || info.IsDir() == (which == "folder") {
				return errors.Join(err, syscall.EIO)
			}
			return f.Sync()
		}
		up := create(t, s)
		if _, err := up.Write(data); err != nil {
			t.Fatal(err)
		}
		if _, err := up.Commit(context.Background(), d, Unknown); !errors.Is(err, syscall.EIO) {
			t.Fatalf("%s: the failure was swallowed: %v", which, err)
		}
		if !bytes.Equal(read(t, s, d), data) {
			t.Errorf("%s: it came back otherwise", which)
		}
	}
}

func TestSweepTakesTheDead(t *testing.T) {
	s := disk(t)
	dead := filepath.Join(s.root, "tmp", "upload-dead")
	if err := os.WriteFile(dead, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(context.Background(), time.Hour); err != nil || n != 0 {
		t.Fatalf("swept %d too early, %v", n, err)
	}
	if n, err := s.Sweep(context.Background(), -time.Hour); err != nil || n != 1 {
		t.Fatalf("swept %d, %v", n, err)
	}
}

// What a killed process leaves is hashed anew, and a state that is not the
// file's is not believed.
func TestResumeAfterAKill(t *testing.T) {
	ctx := context.Background()
	for name, meddle := range map[string]func(path string) error{
		"no state":    func(path string) error { return os.Remove(statePath(path)) },
		"more bytes":  func(path string) error { return os.WriteFile(path, []byte("half and more"), 0o600) },
		"fewer bytes": func(path string) error { return os.Truncate(path, 2) },
		"rubbish": func(path string) error {
			return os.WriteFile(statePath(path), []byte(`{"Offset":4,"State":"AAAA"}`), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := disk(t)
			up := create(t, s)
			if _, err := up.Write([]byte("half")); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(s.root, "tmp", up.ID())
			if err := errors.Join(up.Suspend(), meddle(path)); err != nil {
				t.Fatal(err)
			}
			kept, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			up, err = s.Resume(ctx, up.ID())
			if err != nil || up.Offset() != int64(len(kept)) {
				t.Fatal("resumed at", up.Offset(), err)
			}
			if _, err := up.Write([]byte(", whole")); err != nil {
				t.Fatal(err)
			}
			want := string(kept) + ", whole"
			if info, err := up.Commit(ctx, Of([]byte(want)), Unknown); err != nil || string(read(t, s, info.Digest)) != want {
				t.Fatal(err)
			}
			if n, err := s.Sweep(ctx, -time.Hour); err != nil || n != 0 {
				t.Fatalf("%d temporary files stayed, %v", n, err)
			}
		})
	}
}

func TestFullDiskIsRefusedBeforehand(t *testing.T) {
	s := disk(t)
	free, err := freeSpace(s.root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(context.Background(), free); !errors.Is(err, ErrFull) {
		t.Fatalf("an upload as large as the disk was begun: %v", err)
	}
}

// Damaged bytes are noticed, never served whole, and healed by the next copy.
func TestBitRot(t *testing.T) {
	data := random(t, 3*heldBack)
	for name, damage := range map[string]func(path string) error{
		"flipped first": func(path string) error { return flip(path, 0) },
		"flipped last":  func(path string) error { return flip(path, int64(len(data)-1)) },
		"truncated":     func(path string) error { return os.Truncate(path, int64(len(data)/2)) },
		"emptied":       func(path string) error { return os.Truncate(path, 0) },
		"grown":         func(path string) error { return os.Truncate(path, int64(len(data)+1)) },
		"swapped":       func(path string) error { return os.WriteFile(path, random(t, len(data)), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			s := disk(t)
			d := store(t, s, data).Digest
			if err := os.Chmod(s.path(d), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := damage(s.path(d)); err != nil {
				t.Fatal(err)
			}
			rc, _, err := OpenVerified(context.Background(), s, d)
			if err != nil {
				t.Fatal(err)
			}
			defer rc.Close()
			got, err := io.ReadAll(rc)
			if !errors.Is(err, ErrDamaged) || len(got) >= len(data) {
				t.Fatalf("%d bytes were served, %v", len(got), err)
			}
			if err := Recheck(context.Background(), s, d, nil); !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			store(t, s, data)
			if !bytes.Equal(read(t, s, d), data) {
				t.Fatal("a new copy did not heal it")
			}
		})
	}
	t.Run("deleted", func(t *testing.T) {
		s := disk(t)
		d := store(t, s, data).Digest
		if err := os.Remove(s.path(d)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := OpenVerified(context.Background(), s, d); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		if err := Recheck(context.Background(), s, d, nil); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		store(t, s, data)
		if !bytes.Equal(read(t, s, d), data) {
			t.Fatal("a new copy did not heal it")
		}
	})
}

func flip(path string, at int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	b[0] ^= 0x40
	_, err = f.WriteAt(b, at)
	return err
}
