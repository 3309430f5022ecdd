package dml

import (
	"context"
	"errors"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// What the registry reports beside a fault's kind: the error codes of the OCI
// distribution specification 1.1. Callers compare with errors.Is.
var (
	ErrNameInvalid     = errors.New("invalid repository name")
	ErrBlobUnknown     = errors.New("blob unknown")
	ErrUploadUnknown   = errors.New("upload unknown")
	ErrManifestUnknown = errors.New("manifest unknown")
	ErrManifestInvalid = errors.New("manifest invalid")
	ErrChildUnknown    = errors.New("manifest refers to what is unknown")
	ErrDigestInvalid   = errors.New("digest mismatch")
	ErrRangeInvalid    = errors.New("chunk out of order")
	ErrDenied          = errors.New("denied")
)

// The two views of a repository: what waits, and what was accepted.
const (
	incoming = "incoming/"
	accepted = "dml/"
)

// Registry is the library by OCI distribution, as one actor may use it. Pushes
// go to incoming/ITEM and wait in quarantine; dml/ITEM shows what was accepted
// and takes nothing.
type Registry struct {
	s     *Service
	actor identity.Actor
}

// Registry gives the actor's view.
func (s *Service) Registry(actor identity.Actor) *Registry { return &Registry{s, actor} }

// place is a repository in one of its two views.
type place struct {
	key  string
	open bool // the accepted view
	pack bool // it holds the packages of a release
	all  bool // of packages: the actor sees what waits in quarantine, too
}

func placeOf(name string) (place, error) {
	key, open := strings.CutPrefix(name, accepted)
	if !open {
		var ok bool
		if key, ok = strings.CutPrefix(name, incoming); !ok {
			return place{}, fault.Wrap(fault.NotFound, ErrNameInvalid, "Repositories are incoming/ITEM, to push, and dml/ITEM, to pull what was accepted.")
		}
	}
	if name, pack := strings.CutPrefix(key, releases); pack {
		if !keySegment.MatchString(name) {
			return place{}, fault.Wrap(fault.Invalid, ErrNameInvalid, "The packages of a release are in releases/ and its key in lower case.")
		}
		return place{key: key, open: open, pack: true}, nil
	}
	if why := checkKey(key); why != "" {
		return place{}, fault.Wrap(fault.Invalid, ErrNameInvalid, "%s", why)
	}
	return place{key: key, open: open}, nil
}

// read finds the repository for somebody who may look into it.
func (r *Registry) read(tx *db.Tx, name string) (place, error) {
	p, err := placeOf(name)
	if err != nil {
		return p, err
	}
	if !sightOf(r.actor).all {
		return p, fault.Wrap(fault.Forbidden, ErrDenied, "Reading the media library takes a token with the scope dml:read.")
	}
	if p.pack {
		return r.readPackages(tx, p)
	}
	if p.open {
		return p, nil
	}
	service, err := serviceOf(tx, p.key)
	if err != nil {
		return p, err
	}
	if identity.Authorize(r.actor, identity.DmlSubmit, service) != nil && identity.Authorize(r.actor, identity.DmlDecide, service) != nil {
		return p, fault.Wrap(fault.Forbidden, ErrDenied, "What waits in quarantine is shown to those who submit and to custodians; accepted media are in dml/%s.", p.key)
	}
	return p, nil
}

// write finds the repository for somebody who may push to it.
func (r *Registry) write(tx *db.Tx, name string) (place, error) {
	p, err := placeOf(name)
	if err != nil {
		return p, err
	}
	if p.open {
		return p, fault.Wrap(fault.Forbidden, ErrDenied, "dml/%s holds what a custodian accepted; push to incoming/%s.", p.key, p.key)
	}
	if p.pack {
		return r.writePackages(tx, p)
	}
	service, err := serviceOf(tx, p.key)
	if err != nil {
		return p, err
	}
	if err := identity.Authorize(r.actor, identity.DmlSubmit, service); err != nil {
		return p, fault.Wrap(fault.Forbidden, ErrDenied, "Pushing takes a token with the scope dml:write, of somebody who may submit media.")
	}
	return p, nil
}

// Content is something that a repository holds.
type Content struct {
	ID           int64 `gorm:"primaryKey"`
	Repo         string
	Digest       blob.Digest
	Manifest     bool
	MediaType    string
	ArtifactType string
	Size         int64
	Subject      blob.Digest
	Annotations  map[string]string `gorm:"serializer:json"`
	PusherID     int64
	PushedAt     db.Time
	Published    bool // reached by an accepted version
}

// TableName is the table of contents.
func (Content) TableName() string { return "registry_contents" }

// ref says that a manifest needs something, in its repository.
type ref struct {
	Repo   string
	Parent blob.Digest
	Child  blob.Digest
}

// TableName is the table of references.
func (ref) TableName() string { return "registry_refs" }

// tag is a name in a repository. One that names a version of the item is not
// moved once a custodian has decided; others, such as those by which cosign
// finds signatures, are.
type tag struct {
	ID             int64 `gorm:"primaryKey"`
	Repo           string
	Tag            string
	Digest         blob.Digest
	MediaVersionID int64
	PusherID       int64
	PushedAt       db.Time
}

// TableName is the table of tags.
func (tag) TableName() string { return "registry_tags" }

// view reads in one transaction from a repository that the actor may see.
func (r *Registry) view(ctx context.Context, name string, fn func(*db.Tx, place) error) error {
	return r.s.db.View(ctx, func(tx *db.Tx) error {
		p, err := r.read(tx, name)
		if err != nil {
			return err
		}
		return fn(tx, p)
	})
}

// change writes in one transaction to a repository that the actor may push to.
func (r *Registry) change(ctx context.Context, name string, fn func(*db.Tx, place) error) error {
	return r.s.db.InTx(ctx, func(tx *db.Tx) error {
		p, err := r.write(tx, name)
		if err != nil {
			return err
		}
		return fn(tx, p)
	})
}
