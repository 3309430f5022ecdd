package blob

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"slipway/internal/dml/blob/blobtest"
)

// A file system that is full to the brim, with nothing kept in reserve: the
// upload is refused and gone, and all that was there is served.
func TestFullFileSystem(t *testing.T) {
	ctx := context.Background()
	root := blobtest.SmallDisk(t, 8<<20)
	s, err := OpenDisk(root, WithReserve(-1<<30)) // only the file system itself says no
	if err != nil {
		t.Fatal(err)
	}
	kept := random(t, 3<<20)
	d := store(t, s, kept).Digest
	for name, end := range map[string]func(Upload) error{
		"commit":  func(up Upload) error { _, err := up.Commit(ctx, "", Unknown); return err },
		"suspend": Upload.Suspend,
		"abort":   Upload.Abort,
	} {
		t.Run(name, func(t *testing.T) {
			before, err := freeSpace(root)
			if err != nil {
				t.Fatal(err)
			}
			up := create(t, s)
			if err := fill(up); !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("the disk took more than it has: %v", err)
			}
			if err := end(up); name != "abort" && !errors.Is(err, ErrFull) {
				t.Errorf("the failure was swallowed: %v", err)
			}
			after, err := freeSpace(root)
			if err != nil || after < before {
				t.Errorf("%d bytes were free before and %d after, %v", before, after, err)
			}
			if !bytes.Equal(read(t, s, d), kept) {
				t.Error("what was stored came back otherwise")
			}
			if _, err := s.Resume(ctx, up.ID()); err == nil {
				t.Error("a part of it is still there")
			}
		})
	}
	small := store(t, s, []byte("there is room again"))
	if err := Recheck(ctx, s, small.Digest, nil); err != nil {
		t.Error(err)
	}
}

// fill writes until the store has had enough.
func fill(up Upload) error {
	data := make([]byte, piece)
	for range 100 {
		if _, err := up.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// The reserve holds also against an upload of which nobody said how large it is.
func TestReserveIsKept(t *testing.T) {
	const reserve = 3 << 20
	root := blobtest.SmallDisk(t, 8<<20)
	s, err := OpenDisk(root, WithReserve(reserve))
	if err != nil {
		t.Fatal(err)
	}
	up := create(t, s)
	if err := fill(up); !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	if free, err := freeSpace(root); err != nil || free < reserve {
		t.Errorf("%d bytes are free, %v", free, err)
	}
	if _, err := s.Create(context.Background(), 6<<20); !errors.Is(err, ErrFull) {
		t.Errorf("an upload that does not fit was begun: %v", err)
	}
}

// A write that fails for any other reason leaves nothing to go on with either.
func TestFailedWriteKeepsNothing(t *testing.T) {
	s := disk(t)
	up := create(t, s)
	if err := up.(*stagedUpload).file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := fill(up); err == nil {
		t.Fatal("a closed file took bytes")
	}
	if err := up.Suspend(); err == nil {
		t.Error("the failure was swallowed")
	}
	if left, err := filepath.Glob(filepath.Join(s.root, "tmp", "*")); err != nil || len(left) > 0 {
		t.Error("left behind:", left, err)
	}
}
