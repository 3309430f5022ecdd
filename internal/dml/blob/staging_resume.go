package blob

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// hashState lies beside the bytes of a suspended upload, so that resuming does
// not read them again. It is only a shortcut: whatever does not fit the file is
// passed over, and the file is hashed.
type hashState struct {
	Offset int64
	State  []byte
}

func statePath(upload string) string { return upload + ".state" }

func dropState(upload string) error {
	if err := os.Remove(statePath(upload)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (s *staging) upload(f *os.File, h hash.Hash, offset int64) *stagedUpload {
	u := &stagedUpload{staging: s, file: f, offset: offset, written: offset, flushed: offset,
		work: make(chan chunk, pieces), free: make(chan []byte, pieces), seen: make(chan struct{}, 1), sum: make(chan hash.Hash, 1)}
	go u.hash(h)
	return u
}

// ID is the name of the temporary file.
func (u *stagedUpload) ID() string { return filepath.Base(u.file.Name()) }

// Suspend writes what is in hand, notes the state of the hash and closes the
// file. Of an upload that failed it drops all, so that a full disk is not kept
// full by it.
func (u *stagedUpload) Suspend() error {
	if u.ended {
		return nil
	}
	if u.err == nil && len(u.current) > 0 {
		u.flush()
	}
	h := u.finish()
	err := u.err
	if marshaler, ok := h.(encoding.BinaryMarshaler); ok && err == nil && u.offset > 0 {
		state, failed := marshaler.MarshalBinary()
		if failed == nil {
			data, _ := json.Marshal(hashState{Offset: u.offset, State: state})
			failed = os.WriteFile(statePath(u.file.Name()), data, 0o600)
		}
		err = failed
	}
	err = errors.Join(err, u.file.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(u.file.Name()), dropState(u.file.Name()))
	}
	return full(err)
}

var uploadID = regexp.MustCompile(`^upload-[0-9]+$`)

// Resume opens the temporary file again and goes on after its last byte.
func (s *staging) Resume(_ context.Context, id string) (Upload, error) {
	if !uploadID.MatchString(id) {
		return nil, ErrNotFound
	}
	f, err := os.OpenFile(filepath.Join(s.dir, id), os.O_RDWR, 0)
	if err != nil {
		return nil, absent(err)
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(ErrBusy, f.Close())
	}
	h, offset, err := rehash(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s.upload(f, h, offset), nil
}

// rehash gives the hash of all that the file holds, and leaves the file at its end.
func rehash(f *os.File) (hash.Hash, int64, error) {
	h := sha256.New()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return h, 0, err
	}
	var known hashState
	data, err := os.ReadFile(statePath(f.Name()))
	if err == nil && json.Unmarshal(data, &known) == nil && known.Offset == size {
		if h.(encoding.BinaryUnmarshaler).UnmarshalBinary(known.State) == nil {
			return h, size, nil
		}
	}
	h = sha256.New()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, 0, err
	}
	size, err = io.Copy(h, f)
	return h, size, err
}
