package dml

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Service is the library: rows in the database, bytes in the store.
type Service struct {
	db      *db.DB
	blobs   blob.Store
	scanner Scanner
	maxSize int64
	log     *slog.Logger

	claimers []Claimer
	scrubbed sync.Mutex                                                  // one scrub at a time
	turns    sync.Map                                                    // digest -> who works through its bytes
	looking  sync.Mutex                                                  // one archive at a time
	sitting  *blob.Check                                                 // of a blob that is larger than one turn of the scrub
	shift    func(context.Context) (context.Context, context.CancelFunc) // bounds one job of the collection
	stride   int                                                         // blobs that one step of it walks over
	packs    Packages
	places   Places
	makers   Makers
}

// Scanner looks for malware in a stream. Without one the check says "not
// checked", never "clean".
type Scanner interface {
	// Scan gives the name of what was found, or nothing.
	Scan(ctx context.Context, r io.Reader) (found string, err error)
	Name() string
}

// Option changes how the service works.
type Option func(*Service)

// WithScanner has every submission scanned.
func WithScanner(scanner Scanner) Option { return func(s *Service) { s.scanner = scanner } }

// WithMaxSize bounds one file.
func WithMaxSize(bytes int64) Option { return func(s *Service) { s.maxSize = bytes } }

// WithLog has alarms written to a log.
func WithLog(log *slog.Logger) Option { return func(s *Service) { s.log = log } }

const defaultMaxSize = 32 << 30

// New gives the service over a migrated database and a store.
func New(d *db.DB, blobs blob.Store, options ...Option) *Service {
	s := &Service{db: d, blobs: blobs, maxSize: defaultMaxSize, log: slog.New(slog.DiscardHandler), stride: 1000}
	s.shift = func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, collectBudget)
	}
	for _, option := range options {
		option(s)
	}
	return s
}

// record appends to the audit record what happened to a version.
func record(tx *db.Tx, actor identity.Actor, action string, v *Version, sentence, reason, detail string) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: "media." + action, Kind: "media", Key: v.Ref(), Sentence: sentence, Reason: reason, Detail: detail})
}

// storeFault gives an error of the store the kind a person can act on.
func storeFault(err error, v *Version) error {
	var f *fault.Fault
	switch {
	case err == nil || errors.As(err, &f):
		return err
	case errors.Is(err, blob.ErrFull):
		return fault.Wrap(fault.Unavailable, err, "The media store is full. Ask an administrator to make room, then send it again.")
	case errors.Is(err, blob.ErrUnavailable):
		return fault.Wrap(fault.Unavailable, err, "The media store does not answer. Nothing was changed; try again in a few minutes.")
	case errors.Is(err, blob.ErrDamaged), errors.Is(err, blob.ErrNotFound):
		blocker := fault.Blocker{Code: "media.damaged", Sentence: "The stored bytes of the media no longer match their digest.", Owner: identity.DMLCustodian.Label(), Link: "/dml", Action: "Open the media library"}
		if v != nil {
			blocker.Sentence, blocker.Link = "The stored bytes of "+v.Title()+" no longer match their digest.", v.Link()
		}
		return &fault.Fault{Kind: fault.Refused, Message: "The media library cannot vouch for these bytes.", Blockers: []fault.Blocker{blocker}, Cause: err}
	case diskFailed(err):
		slog.Error("media store", "error", err)
		return fault.Wrap(fault.Unavailable, err, "The disk of the media store failed, and nothing was changed. Ask an administrator to look at it, then try again.")
	}
	return err
}

// diskFailed tells an error of the file system from one of whoever sends.
func diskFailed(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	return errors.As(err, &path) || errors.As(err, &link)
}
