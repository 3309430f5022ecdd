package blobtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// SmallDisk mounts a file system of so many bytes for the length of the test.
// Where that is not allowed the test is skipped.
func SmallDisk(t *testing.T, bytes int64) string {
	t.Helper()
	mayMount(t, "what happens on a full disk")
	return mount(t, "what happens on a full disk", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=700", bytes), "tmpfs")
}

// Image is a mounted ext4 file system whose bytes are in a file.
type Image struct {
	Folder string // where it is mounted
	file   string
}

// NewImage makes and mounts one of so many bytes. It writes back only what
// somebody syncs, as long as the test takes less than the commit interval of 30
// seconds, so that what is durable is what was made so. Where mounting is not
// allowed the test is skipped.
func NewImage(t *testing.T, bytes int64) *Image {
	t.Helper()
	const what = "what a power cut leaves"
	mayMount(t, what)
	if _, err := exec.LookPath("mkfs.ext4"); err != nil {
		t.Skip("NOT TESTED: " + what + ". mkfs.ext4 is not installed; make install brings it.")
	}
	i := &Image{file: filepath.Join(t.TempDir(), "disk.img")}
	if err := os.WriteFile(i.file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(i.file, bytes); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", i.file).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v: %s", err, said)
	}
	i.Folder = mount(t, what, "-o", "loop,commit=30", i.file)
	return i
}

// Settle makes durable all that is there so far.
func (i *Image) Settle(t *testing.T) {
	t.Helper()
	if said, err := exec.Command("sync", "-f", i.Folder).CombinedOutput(); err != nil {
		t.Fatalf("sync: %v: %s", err, said)
	}
}

// Cut gives what is on the disk after a power cut at this moment: the bytes
// that have reached it, mounted anew, so that the journal is replayed. Nobody
// may write meanwhile.
func (i *Image) Cut(t *testing.T) string {
	t.Helper()
	left := filepath.Join(t.TempDir(), "left.img")
	if err := copyFile(left, i.file); err != nil {
		t.Fatal(err)
	}
	return mount(t, "what a power cut leaves", "-o", "loop", left)
}

func copyFile(to, from string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

func mayMount(t *testing.T, what string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("NOT TESTED: " + what + ". It takes root on Linux, to mount a file system.")
	}
}

func mount(t *testing.T, what string, args ...string) string {
	t.Helper()
	folder := t.TempDir()
	if said, err := exec.Command("mount", append(args, folder)...).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: %s. This machine mounts nothing: %v: %s", what, err, strings.TrimSpace(string(said)))
	}
	t.Cleanup(func() {
		if said, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, said)
		}
	})
	return folder
}
