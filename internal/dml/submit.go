package dml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

// Submission describes a file that is about to arrive. The fields from ItemName
// to Shelf make a new item and are ignored when the item exists already.
type Submission struct {
	ItemKey    string
	Label      string
	FileName   string
	MediaType  string // found from the bytes when empty
	Source     string
	ChangeKey  string
	Note       string
	Declared   blob.Digest // expected digest, if the submitter knows it
	Size       int64       // expected size; 0 when unknown
	ItemName   string
	Kind       Kind
	Provenance Provenance // Built when empty
	Supplier   string
	About      string
	Licence    string
	LicenceKey string
	ServiceID  int64
	OwnerID    int64 // the submitter when 0
	OwnerName  string
	KeepDays   int64
	Site       string
	Shelf      string
}

// Receive streams a file into quarantine and runs the checks. The bytes are
// hashed as they arrive and never held in memory. Where the item has the
// version already, the same bytes change nothing and other bytes are refused.
func (s *Service) Receive(ctx context.Context, actor identity.Actor, sub Submission, body io.Reader) (*Version, error) {
	if err := identity.Authorize(actor, identity.DmlSubmit, sub.ServiceID); err != nil {
		return nil, err
	}
	if err := s.admit(ctx, actor, &sub); err != nil {
		return nil, err
	}
	info, head, err := s.take(ctx, sub, body)
	if err != nil {
		return nil, err
	}
	return s.settle(ctx, actor, sub, info, head, func(tx *db.Tx) error { return blobStored(tx, info) })
}

// settle writes down a file that is stored, and runs the checks. Kept says in
// the same transaction what became of the bytes.
func (s *Service) settle(ctx context.Context, actor identity.Actor, sub Submission, info blob.Info, head []byte, kept func(*db.Tx) error) (*Version, error) {
	if sub.MediaType == "" {
		sub.MediaType = http.DetectContentType(head)
	}
	wrapping, err := s.wrapping(ctx, sub, info)
	if err != nil {
		return nil, err
	}
	var v *Version
	fresh := false
	err = s.db.InTx(ctx, func(tx *db.Tx) (err error) {
		if err := kept(tx); err != nil {
			return err
		}
		if v, fresh, err = enter(tx, actor, sub, info, wrapping.Digest); err != nil || !fresh {
			return err
		}
		return wrapped(tx, v, wrapping)
	})
	if err != nil || !fresh {
		return v, err
	}
	if err := s.RunChecks(ctx, identity.System("media library"), v.ID); err != nil {
		return nil, err
	}
	return v, s.db.View(ctx, func(tx *db.Tx) (err error) {
		v, err = s.VersionByID(tx, v.ID)
		return err
	})
}

// admit refuses what can be refused before the first byte is read.
func (s *Service) admit(ctx context.Context, actor identity.Actor, sub *Submission) error {
	sub.tidy(actor)
	var c fault.Check
	if why := checkLabel(sub.Label); why != "" {
		c.Field("label", why)
	}
	if why := checkFileName(sub.FileName); why != "" {
		c.Field("file", why)
	}
	c.Need(sub.Declared == "" || sub.Declared.Valid(), "digest", "A digest is sha256: and 64 lower-case hex digits.")
	c.Need(sub.Size >= 0, "file", "The size cannot be negative.")
	if sub.Size > s.maxSize {
		return s.tooLarge()
	}
	return s.db.View(ctx, func(tx *db.Tx) error {
		item, err := itemByKey(tx, sub.ItemKey)
		switch {
		case errors.Is(err, fault.NotFound):
			sub.item().validate(&c)
		case err != nil:
			return err
		default:
			c.Need(sub.Kind == "" || sub.Kind == item.Kind, "kind", fmt.Sprintf("%s is %s already.", item.Name, item.Kind))
			sub.Kind = item.Kind
			if err := identity.Authorize(actor, identity.DmlSubmit, item.ServiceID); err != nil {
				return err
			}
		}
		return c.Err("The media was not taken.")
	})
}

func (sub *Submission) tidy(actor identity.Actor) {
	for _, field := range []*string{&sub.ItemKey, &sub.Label, &sub.ItemName, &sub.Supplier, &sub.Licence, &sub.LicenceKey, &sub.Source, &sub.ChangeKey} {
		*field = strings.TrimSpace(*field)
	}
	if sub.ItemName == "" {
		sub.ItemName = sub.ItemKey
	}
	if sub.Provenance == "" {
		sub.Provenance = Built
	}
	if sub.OwnerID == 0 {
		sub.OwnerID, sub.OwnerName = actor.UserID, actor.Name
	}
	// What cannot be read as a media type is found from the bytes instead.
	kind, params, err := mime.ParseMediaType(sub.MediaType)
	if err != nil || !strings.Contains(kind, "/") || kind == "application/octet-stream" {
		sub.MediaType = ""
		return
	}
	sub.MediaType = mime.FormatMediaType(kind, params)
}

func (sub *Submission) item() *Item {
	rule := KeepAll
	if sub.KeepDays > 0 {
		rule = KeepDays
	}
	return &Item{Key: sub.ItemKey, KeepRule: rule, Name: sub.ItemName, Kind: sub.Kind, Provenance: sub.Provenance, Supplier: sub.Supplier, Description: sub.About,
		Licence: sub.Licence, LicenceKey: sub.LicenceKey, ServiceID: sub.ServiceID, OwnerID: sub.OwnerID, OwnerName: sub.OwnerName,
		KeepDays: sub.KeepDays}
}

func (s *Service) tooLarge() error {
	return tooLarge(s.maxSize)
}

// take streams the body into the store and gives its first bytes besides.
func (s *Service) take(ctx context.Context, sub Submission, body io.Reader) (blob.Info, []byte, error) {
	declared := blob.Unknown
	if sub.Size > 0 {
		declared = sub.Size
	}
	up, err := s.blobs.Create(ctx, declared)
	if err != nil {
		return blob.Info{}, nil, storeFault(err, nil)
	}
	defer up.Abort() //nolint:errcheck // after Commit it does nothing; otherwise the sweeper finds the rest
	head := &headWriter{}
	n, err := io.Copy(up, io.TeeReader(io.LimitReader(&cancellable{ctx, body}, s.maxSize+1), head))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return blob.Info{}, nil, invalid("file", "The file ended before all of it had arrived. Send it again.", err)
	case err != nil:
		return blob.Info{}, nil, storeFault(err, nil)
	case n > s.maxSize:
		return blob.Info{}, nil, s.tooLarge()
	case n == 0:
		return blob.Info{}, nil, invalid("file", "The file is empty.", nil)
	case declared != blob.Unknown && n != declared:
		return blob.Info{}, nil, invalid("file", fmt.Sprintf("%d bytes came, but %d were announced. Send it again.", n, declared), nil)
	}
	info, err := up.Commit(ctx, sub.Declared, declared)
	if errors.Is(err, blob.ErrMismatch) {
		return blob.Info{}, nil, invalid("digest", "The bytes that came do not have the digest you declared. Nothing was kept.", err)
	}
	return info, head.bytes, storeFault(err, nil)
}

func invalid(field, message string, cause error) error {
	return &fault.Fault{Kind: fault.Invalid, Message: "The media was not taken.", Fields: []fault.Field{{Name: field, Message: message}}, Cause: cause}
}

// headWriter keeps the first bytes, which is what tells a media type.
type headWriter struct{ bytes []byte }

const headSize = 512

// Write keeps what is missing of the head.
func (h *headWriter) Write(p []byte) (int, error) {
	if missing := headSize - len(h.bytes); missing > 0 {
		h.bytes = append(h.bytes, p[:min(missing, len(p))]...)
	}
	return len(p), nil
}

type cancellable struct {
	ctx context.Context
	r   io.Reader
}

// Read stops when the caller has gone.
func (c *cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// enter writes the rows of a stored file: the item if it is new, and the version
// in quarantine, which is pulled by the manifest.
func enter(tx *db.Tx, actor identity.Actor, sub Submission, info blob.Info, manifest blob.Digest) (*Version, bool, error) {
	item, err := itemByKey(tx, sub.ItemKey)
	if errors.Is(err, fault.NotFound) {
		item = sub.item()
		err = tx.Create(item)
		if sub.Site+sub.Shelf != "" && err == nil {
			err = putCopy(tx, actor, &Copy{Kind: MediaCopy, Name: item.Name, ItemID: item.ID, ItemKey: item.Key, Label: sub.Label, ServiceID: item.ServiceID, Site: sub.Site, Shelf: sub.Shelf})
		}
	}
	if err != nil {
		return nil, false, err
	}
	switch old, err := versionByLabel(tx, item.Key, sub.Label); {
	case err == nil:
		return old, false, old.same(info.Digest)
	case !errors.Is(err, fault.NotFound):
		return nil, false, err
	}
	v := &Version{ItemID: item.ID, ItemKey: item.Key, ItemName: item.Name, Kind: item.Kind, Provenance: item.Provenance, ServiceID: item.ServiceID,
		Label: sub.Label, State: Quarantined, FileName: sub.FileName, MediaType: sub.MediaType, Size: info.Size, Digest: info.Digest, Manifest: manifest, Declared: sub.Declared,
		Source: sub.Source, Note: sub.Note, ChangeKey: sub.ChangeKey, SubmitterID: actor.UserID, SubmitterName: actor.Name, SubmitterKind: string(actor.Kind)}
	if err := tx.Create(v); err != nil {
		return nil, false, err
	}
	if err := record(tx, actor, "submit", v, "submitted "+v.Title()+" to the media library", sub.Note, v.Digest.String()); err != nil {
		return nil, false, err
	}
	if err := followItem(tx, item.ID); err != nil {
		return nil, false, err
	}
	// Should the process die before the checks have run, the job runs them.
	return v, true, jobs.Enqueue(tx, jobCheck, checkArgs{v.ID}, jobs.RunAt(tx.Now.Add(checkDelay)))
}

// same says what it means that the version is here already.
func (v *Version) same(d blob.Digest) error {
	var sentence string
	switch {
	case v.Digest != d:
		sentence = fmt.Sprintf("%s holds other bytes (%s). A version is never replaced: submit yours under a new version.", v.Title(), v.Digest.Short())
	case v.State == Rejected:
		sentence = fmt.Sprintf("%s was rejected: %s Mend it and submit it under a new version.", v.Title(), v.DecisionNote)
	default:
		return nil
	}
	return &fault.Fault{Kind: fault.Refused, Message: "The media was not taken.", Fields: []fault.Field{{Name: "label", Message: sentence}},
		Blockers: []fault.Blocker{{Code: "media.version", Sentence: sentence, Owner: v.SubmitterName, Link: v.Link(), Action: "Open the media version"}}}
}
