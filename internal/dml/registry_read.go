package dml

import (
	"context"
	"errors"
	"io"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

func unknown(manifest bool) error {
	if manifest {
		return fault.Wrap(fault.NotFound, ErrManifestUnknown, "There is no such manifest in this repository.")
	}
	return fault.Wrap(fault.NotFound, ErrBlobUnknown, "There is no such blob in this repository.")
}

// Stat finds a manifest or a blob by its digest. Damaged bytes are as good as
// absent: who has them pushes them again, and that heals them.
//
// What it finds in quarantine is leased: whoever hears that bytes are there need
// not push them, and has a day to push what refers to them.
func (r *Registry) Stat(ctx context.Context, name string, d blob.Digest, manifest bool) (c *Content, err error) {
	short := false
	err = r.view(ctx, name, func(tx *db.Tx, p place) error {
		found, err := findStored(tx, p, d, manifest)
		if err != nil {
			return err
		}
		c, short = &found.Content, !p.open && found.LeasedUntil.Before(tx.Now.Add(leaseFloor))
		return nil
	})
	if err != nil || !short {
		return c, err
	}
	return c, r.s.db.InTx(ctx, func(tx *db.Tx) error {
		there, err := leaseBlob(tx, d, tx.Now.Add(leaseFor))
		if err == nil && !there { // condemned between the two
			return unknown(manifest)
		}
		return err
	})
}

func findContent(tx *db.Tx, p place, d blob.Digest, manifest bool) (*Content, error) {
	c, err := findStored(tx, p, d, manifest)
	if err != nil {
		return nil, err
	}
	return &c.Content, nil
}

func findStored(tx *db.Tx, p place, d blob.Digest, manifest bool) (*storedContent, error) {
	c, err := storedContentOf(tx, p.key, d, manifest)
	if err != nil {
		return nil, err
	}
	if c == nil || p.open && !c.Published {
		return nil, unknown(manifest)
	}
	if err := p.quarantined(tx, d); err != nil {
		return nil, err
	}
	if c.State != blobGood {
		return nil, unknown(manifest)
	}
	return c, nil
}

// Resolve finds the manifest behind a tag.
func (r *Registry) Resolve(ctx context.Context, name, label string) (c *Content, err error) {
	return c, r.view(ctx, name, func(tx *db.Tx, p place) (err error) {
		t, err := tagOf(tx, p.key, label)
		if errors.Is(err, fault.NotFound) {
			return unknown(true)
		}
		if err != nil {
			return err
		}
		if p.open && t.MediaVersionID != 0 {
			v, err := versionByID(tx, t.MediaVersionID)
			if err != nil {
				return err
			}
			if v.State != Accepted {
				return unknown(true)
			}
		}
		c, err = findContent(tx, p, t.Digest, true)
		return err
	})
}

// Open reads what Stat or Resolve found, from an offset and of a length; 0 is
// all the rest. Clients of this protocol verify the digest themselves.
func (r *Registry) Open(ctx context.Context, c *Content, offset, length int64) (io.ReadCloser, error) {
	body, err := r.s.blobs.Open(ctx, c.Digest, blob.Range{Offset: offset, Length: length})
	if errors.Is(err, blob.ErrNotFound) {
		return nil, unknown(c.Manifest)
	}
	return body, storeFault(err, nil)
}

// Tags lists the names in a repository after one, in their order.
func (r *Registry) Tags(ctx context.Context, name, after string, limit int) (list []string, err error) {
	return list, r.view(ctx, name, func(tx *db.Tx, p place) (err error) {
		if list, err = tagNames(tx, p, after, limit); err != nil || len(list) > 0 {
			return err
		}
		known, err := hasContent(tx, p)
		if err == nil && !known {
			return fault.Wrap(fault.NotFound, ErrNameInvalid, "There is no such repository.")
		}
		return err
	})
}

// Repositories lists the repositories that the actor may read, after one.
func (r *Registry) Repositories(ctx context.Context, after string, limit int) (list []string, err error) {
	return list, r.s.db.View(ctx, func(tx *db.Tx) (err error) {
		if !sightOf(r.actor).all {
			return nil
		}
		list, err = r.named(tx, after, limit)
		return err
	})
}

// Referrers lists the manifests that have the digest as their subject:
// signatures, bills of materials, attestations.
func (r *Registry) Referrers(ctx context.Context, name string, subject blob.Digest, artifactType string) (list []Content, err error) {
	return list, r.view(ctx, name, func(tx *db.Tx, p place) (err error) {
		list, err = referrersOf(tx, p, subject, artifactType)
		return err
	})
}
