package dml

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

// AttachedFile is a file that is stored and not yet kept with anything.
type AttachedFile struct {
	FileName  string
	MediaType string
	info      blob.Info
}

// TakeFile streams a file that somebody attaches into the store, hashed as it
// arrives. Until Keep names it, nothing holds it. Field is where the person chose
// it; what is wrong with the file is said there.
func (s *Service) TakeFile(ctx context.Context, field, name string, body io.Reader) (*AttachedFile, error) {
	refuse := func(cause error, format string, args ...any) error {
		return &fault.Fault{Kind: fault.Invalid, Message: "The file was not attached.", Fields: []fault.Field{{Name: field, Message: fmt.Sprintf(format, args...)}}, Cause: cause}
	}
	if why := checkFileName(name); why != "" {
		return nil, refuse(nil, "%s", why)
	}
	in := bufio.NewReaderSize(&cancellable{ctx, body}, 64<<10)
	head, err := in.Peek(headSize)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, refuse(err, "%s did not arrive whole. Choose it again.", name)
	case len(head) == 0:
		return nil, refuse(nil, "%s is empty. Choose another file.", name)
	}
	kind := attachmentType(head)
	if kind == "" {
		return nil, refuse(nil, "%s is neither a picture, nor text, a PDF, a zip or a gzip file. Pack it into a zip file, or choose another.", name)
	}
	up, err := s.blobs.Create(ctx, blob.Unknown)
	if err != nil {
		return nil, storeFault(err, nil)
	}
	defer up.Abort() //nolint:errcheck // after Commit it does nothing; otherwise the sweeper finds the rest
	switch n, err := io.Copy(up, io.LimitReader(in, MaxAttachment+1)); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, refuse(err, "%s did not arrive whole. Choose it again.", name)
	case err != nil:
		return nil, storeFault(err, nil)
	case n > MaxAttachment:
		return nil, refuse(nil, "%s is larger than %d MiB. Attach the part that matters, or pack it into a zip file.", name, MaxAttachment>>20)
	}
	info, err := up.Commit(ctx, "", blob.Unknown)
	if err != nil {
		return nil, storeFault(err, nil)
	}
	switch found, err := s.infected(ctx, info.Digest); {
	case err != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "The malware scanner does not answer, so %s was not attached. Go on without it, or try again in a few minutes.", name)
	case found != "":
		return nil, refuse(nil, "%s was not taken: the malware scanner found %s in it.", name, found)
	}
	return &AttachedFile{FileName: name, MediaType: kind, info: info}, nil
}

// infected gives what the scanner finds in stored bytes; nothing without one, or
// where the file is larger than it looks at.
func (s *Service) infected(ctx context.Context, d blob.Digest) (string, error) {
	if s.scanner == nil {
		return "", nil
	}
	body, _, err := blob.OpenVerified(ctx, s.blobs, d)
	if err != nil {
		return "", err
	}
	defer body.Close()
	found, err := s.scanner.Scan(ctx, body)
	if errors.Is(err, ErrNotLookedAt) {
		err = nil
	}
	return found, err
}

// Keep writes down what a taken file is evidence of. The caller has allowed it,
// and records the deed in the same transaction.
func (s *Service) Keep(tx *db.Tx, file *AttachedFile, a Attachment) (*Attachment, error) {
	if err := blobStored(tx, file.info); err != nil {
		return nil, err
	}
	a.FileName, a.MediaType, a.Digest, a.Size = file.FileName, file.MediaType, file.info.Digest, file.info.Size
	return &a, tx.Create(&a)
}

// Digest is that of the taken bytes.
func (f *AttachedFile) Digest() blob.Digest { return f.info.Digest }

// OpenAttachment gives an attachment's bytes, verified while they are read. The
// caller has found it within something that the reader may see.
func (s *Service) OpenAttachment(ctx context.Context, a *Attachment) (*Reading, error) {
	err := s.db.View(ctx, func(tx *db.Tx) error {
		stored, err := blobByDigest(tx, a.Digest)
		if err == nil && stored.State != blobGood {
			return attachmentDamaged(errDamaged, a)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	body, _, err := blob.OpenVerified(ctx, s.blobs, a.Digest)
	if err != nil {
		return nil, attachmentDamaged(err, a)
	}
	return &Reading{digest: a.Digest, body: body, s: s}, nil
}

// attachmentDamaged is storeFault in words about an attachment.
func attachmentDamaged(err error, a *Attachment) error {
	if !errors.Is(err, blob.ErrDamaged) && !errors.Is(err, blob.ErrNotFound) {
		return storeFault(err, nil)
	}
	return &fault.Fault{Kind: fault.Refused, Message: "The file cannot be vouched for.", Cause: err, Blockers: []fault.Blocker{{Code: "media.damaged",
		Sentence: "The stored bytes of " + a.FileName + " no longer match the digest that was recorded when it was attached.", Owner: a.ByName, Link: a.Link, Action: "Attach it once more"}}}
}
