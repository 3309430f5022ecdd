package dml

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// attachedFile is a file that is stored and not yet kept with anything.
type attachedFile struct {
	info      blob.Info
	mediaType string // found from the bytes
}

// KeepFile keeps a file as evidence. The room that calls finds the desk for the
// actor, or refuses: once before the first byte is read, and once more in the
// transaction that keeps the file. It stays whatever becomes of the desk; the
// same bytes again change nothing, unless the stored ones were damaged.
func (s *Service) KeepFile(ctx context.Context, actor identity.Actor, name string, body io.Reader, find func(*db.Tx) (Desk, error)) (a *Attachment, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		_, _, err := openDesk(tx, actor, find)
		return err
	})
	if err != nil {
		return nil, err
	}
	file, err := s.takeFile(ctx, name, body)
	if err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		desk, known, err := openDesk(tx, actor, find)
		if err != nil {
			return err
		}
		if err := blobStored(tx, file.info); err != nil {
			return err
		}
		if at := slices.IndexFunc(known, func(k Attachment) bool { return k.Digest == file.info.Digest }); at >= 0 {
			a = &known[at]
			return nil
		}
		if len(known) >= MaxFiles {
			return notAttached(nil, "You have attached %d files here, and no more fit. Pack the rest into one zip file next time.", MaxFiles)
		}
		a = &Attachment{ReleaseID: desk.ReleaseID, Subject: desk.Subject, SubjectID: desk.SubjectID, About: desk.About, Link: desk.Link,
			Digest: file.info.Digest, FileName: name, MediaType: file.mediaType, Size: file.info.Size, ByID: actor.UserID, ByName: actor.Name}
		if err := tx.Create(a); err != nil {
			return err
		}
		desk.Entry.Detail, desk.Entry.Sentence = a.Told(), fmt.Sprintf("attached %s to %s", a.FileName, desk.About)
		return audit.Record(tx, actor.By(), desk.Entry)
	})
	return a, err
}

// openDesk finds the desk, and what the actor has attached there and not said
// anything of yet. Only people attach.
func openDesk(tx *db.Tx, actor identity.Actor, find func(*db.Tx) (Desk, error)) (Desk, []Attachment, error) {
	desk, err := find(tx)
	if err != nil {
		return desk, nil, err
	}
	if err := actor.MustBePerson(); err != nil { // once it is known that there is something for them to see
		return Desk{}, nil, err
	}
	known, err := AttachmentsTo(tx, desk.Subject, desk.SubjectID)
	return desk, Said(known, actor.UserID, 0), err
}

// Vouch makes what the actor attached to something part of what they say of it
// in this transaction. It names each file by its digest, for the record.
func Vouch(tx *db.Tx, actor identity.Actor, subject string, id int64) (told []string, err error) {
	files, err := AttachmentsTo(tx, subject, id)
	if err != nil {
		return nil, err
	}
	for _, a := range Said(files, actor.UserID, 0) {
		told = append(told, a.Told())
		if err := tx.Create(&voucher{a.ID, tx.Now}); err != nil {
			return nil, err
		}
	}
	return told, nil
}

// notAttached says what is wrong with a file, where it was chosen.
func notAttached(cause error, format string, args ...any) error {
	return &fault.Fault{Kind: fault.Invalid, Message: "The file was not attached.", Fields: []fault.Field{{Name: FilesField, Message: fmt.Sprintf(format, args...)}}, Cause: cause}
}

// takeFile streams a file that somebody attaches into the store, hashed as it
// arrives. Until KeepFile names it, nothing holds it.
func (s *Service) takeFile(ctx context.Context, name string, body io.Reader) (*attachedFile, error) {
	if why := checkFileName(name); why != "" {
		return nil, notAttached(nil, "%s", why)
	}
	in := bufio.NewReaderSize(&cancellable{ctx, body}, 64<<10)
	head, err := in.Peek(headSize)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, notAttached(err, "%s did not arrive whole. Choose it again.", name)
	case len(head) == 0:
		return nil, notAttached(nil, "%s is empty. Choose another file.", name)
	}
	kind := attachmentType(head)
	if kind == "" {
		return nil, notAttached(nil, "%s is neither a picture, nor text, a PDF, a zip or a gzip file. Pack it into a zip file, or choose another.", name)
	}
	up, err := s.blobs.Create(ctx, blob.Unknown)
	if err != nil {
		return nil, storeFault(err, nil)
	}
	defer up.Abort() //nolint:errcheck // after Commit it does nothing; otherwise the sweeper finds the rest
	switch n, err := io.Copy(up, io.LimitReader(in, MaxAttachment+1)); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, notAttached(err, "%s did not arrive whole. Choose it again.", name)
	case err != nil:
		return nil, storeFault(err, nil)
	case n > MaxAttachment:
		return nil, notAttached(nil, "%s is larger than %d MiB. Attach the part that matters, or pack it into a zip file.", name, MaxAttachment>>20)
	}
	info, err := up.Commit(ctx, "", blob.Unknown)
	if err != nil {
		return nil, storeFault(err, nil)
	}
	switch found, err := s.infected(ctx, info.Digest); {
	case err != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "The malware scanner does not answer, so %s was not attached. Go on without it, or try again in a few minutes.", name)
	case found != "":
		return nil, notAttached(nil, "%s was not taken: the malware scanner found %s in it.", name, found)
	}
	return &attachedFile{info, kind}, nil
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
