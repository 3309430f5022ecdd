package dml

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"slipway/internal/dml/blob"
)

// What is looked at of the archives of one version. Nothing is unpacked: members
// are hashed as they go by.
const (
	maxInflated = 256 << 20
	maxMembers  = 10_000
	maxZip      = 64 << 20 // its list stands at the end, so that it is held in memory
)

var (
	errTooMuch = fmt.Errorf("it has more than %d MiB when it is unpacked", maxInflated>>20)
	errTooMany = fmt.Errorf("it has more than %d members", maxMembers)
	errTooBig  = fmt.Errorf("it is a zip archive of more than %d MiB", maxZip>>20)
)

// lookInto bounds what is read of archives.
type lookInto struct {
	bytes   int64
	members int
	found   []facet
	within  string    // the archive that this one is a member of
	inner   *lookInto // for archives among the members, until it has had enough
	nested  *lookInto // what inner is in the beginning
	notes   []string

	archives int
	dangers  []string // what makes it unsafe to unpack, as sentences
}

// part is a file of a version that may be an archive.
type part struct {
	name   string
	digest blob.Digest
	size   int64
	layer  bool // of an image
}

// members lists what the archives among the parts hold, and says which of them
// were not read to their end, and why. They are looked into one at a time.
func (s *Service) members(ctx context.Context, parts []part) (list []facet, notes []string, err error) {
	l, notes, err := s.lookAtAll(ctx, parts)
	if err != nil {
		return nil, nil, err
	}
	return append(l.found, l.nested.found...), append(notes, l.notes...), nil
}

func (s *Service) lookAtAll(ctx context.Context, parts []part) (l *lookInto, notes []string, err error) {
	s.looking.Lock()
	defer s.looking.Unlock()
	l = &lookInto{bytes: maxInflated, members: maxMembers, inner: &lookInto{bytes: maxInside, members: maxInsideMembers}}
	l.nested = l.inner
	for _, p := range parts {
		why, err := s.lookAt(ctx, l, p)
		if err != nil {
			return nil, nil, err
		}
		if why != nil {
			notes = append(notes, fmt.Sprintf("%s was not read to its end: %v.", p.name, why))
		}
	}
	return l, notes, nil
}

// lookAt tells an archive by its first bytes. Why is what is wrong with it.
func (s *Service) lookAt(ctx context.Context, l *lookInto, p part) (why, err error) {
	r, _, err := blob.OpenVerified(ctx, s.blobs, p.digest)
	if err != nil {
		return unreadable(err)
	}
	defer r.Close()
	body := bufio.NewReaderSize(&cancellable{ctx, r}, 64<<10)
	head, err := body.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return unreadable(err)
	}
	before := l.bytes
	defer func() { l.ratio(p, before-l.bytes) }()
	l.archives++
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if p.size > maxZip {
			return errTooBig, nil
		}
		data, err := io.ReadAll(body)
		if err != nil {
			return unreadable(err)
		}
		return l.zip(data), ctx.Err()
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return l.gzip(body), ctx.Err()
	case isTar(head):
		return l.tar(body), ctx.Err()
	}
	l.archives--
	return nil, nil
}

// unreadable tells damage, of which the page speaks, from a store that fails.
func unreadable(err error) (why, failed error) {
	if errors.Is(err, blob.ErrDamaged) || errors.Is(err, blob.ErrNotFound) {
		return errors.New("its stored bytes are damaged or gone"), nil
	}
	return nil, storeFault(err, nil)
}

func isTar(head []byte) bool { return len(head) == 512 && bytes.HasPrefix(head[257:], []byte("ustar")) }

func (l *lookInto) gzip(r io.Reader) error {
	before := l.bytes
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return errors.New("it is no gzip after its first bytes")
	}
	inner := bufio.NewReaderSize(&sparing{unpacked, l}, 64<<10)
	head, err := inner.Peek(512)
	if !isTar(head) { // one compressed file is one part
		if errors.Is(err, errTooMuch) {
			return err
		}
		l.bytes = before
		l.archives--
		return nil
	}
	return l.tar(inner)
}

func (l *lookInto) tar(r io.Reader) error {
	archive := tar.NewReader(r)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		l.name(h.Name)
		switch h.Typeflag {
		case tar.TypeDir:
			continue
		case tar.TypeReg:
			err = l.file(h.Name, archive)
		case tar.TypeSymlink:
			l.link(h.Name, h.Linkname)
			err = l.add(h.Name, "link to "+clipped(h.Linkname))
		case tar.TypeLink:
			l.name(h.Linkname)
			err = l.add(h.Name, "link to "+clipped(h.Linkname))
		default:
			l.danger("%s is a device or another special file.", h.Name)
			err = l.add(h.Name, "no plain file")
		}
		if err != nil {
			return err
		}
	}
}

func (l *lookInto) zip(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return broken(err)
	}
	for _, f := range archive.File {
		l.name(f.Name)
		mode := f.Mode()
		switch {
		case mode.IsDir():
			continue
		case mode&fs.ModeSymlink != 0:
			l.link(f.Name, zippedLink(f))
			err = l.add(f.Name, "link")
		case !mode.IsRegular():
			l.danger("%s is a device or another special file.", f.Name)
			err = l.add(f.Name, "no plain file")
		default:
			err = l.zipped(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// zippedLink reads where a link leads: it is the content of its member.
func zippedLink(f *zip.File) string {
	r, err := f.Open()
	if err != nil {
		return ""
	}
	defer r.Close()
	to, _ := io.ReadAll(io.LimitReader(r, 4096))
	return string(to)
}

func (l *lookInto) zipped(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return broken(err)
	}
	defer r.Close()
	return l.file(f.Name, r)
}

// file hashes one member as it goes by, and looks into it where it is an archive.
func (l *lookInto) file(name string, r io.Reader) error {
	hash, size := sha256.New(), new(tally)
	body := bufio.NewReader(io.TeeReader(&sparing{r, l}, io.MultiWriter(hash, size)))
	if l.inner != nil {
		l.lookInside(name, body)
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return broken(err)
	}
	return l.add(name, described(int64(*size), blob.Digest("sha256:"+fmt.Sprintf("%x", hash.Sum(nil))).Short()))
}

// tally counts bytes.
type tally int64

// Write counts.
func (t *tally) Write(p []byte) (int, error) { *t += tally(len(p)); return len(p), nil }

func (l *lookInto) add(name, value string) error {
	if l.members--; l.members < 0 {
		return errTooMany
	}
	l.found = append(l.found, facet{key: l.within + name, name: clipped(l.within + name), value: value})
	return nil
}

// sparing counts what comes out of a member or a compressed stream: some give
// far more than they take.
type sparing struct {
	r io.Reader
	l *lookInto
}

// Read reads on, up to what all archives together may have.
func (s *sparing) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if s.l.bytes -= int64(n); s.l.bytes < 0 {
		return 0, errTooMuch
	}
	return n, err
}

func broken(err error) error {
	if errors.Is(err, errTooMuch) || errors.Is(err, errTooMany) {
		return err
	}
	return errors.New("it is damaged, or of a kind that is not known here")
}
