package dml

import (
	"context"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Lookup gives a version by its name, ITEM:VERSION, or by its digest.
func (s *Service) Lookup(ctx context.Context, actor identity.Actor, name string) (v *Version, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if strings.HasPrefix(name, "sha256:") {
			d, err := blob.Parse(name)
			if err != nil {
				return fault.Wrap(fault.Invalid, err, "A digest is sha256: and 64 lower-case hex digits.")
			}
			v, err = s.VersionByDigest(tx, d)
			return err
		}
		item, label, ok := strings.Cut(name, ":")
		if !ok {
			return fault.New(fault.Invalid, "Name a version as ITEM:VERSION, such as payments-api/server:1.4.0, or by its digest sha256:….")
		}
		v, err = versionByLabel(tx, item, label)
		return err
	})
	if fault.KindOf(err) == fault.NotFound && err != nil || err == nil && !sightOf(actor).sees(v) {
		return nil, fault.New(fault.NotFound, "The media library holds no %s.", name)
	}
	return v, err
}

// Verify hashes the stored bytes of a version again. Refused when they are
// damaged or missing.
func (s *Service) Verify(ctx context.Context, actor identity.Actor, versionID int64) (*Version, error) {
	v, _, err := s.readable(ctx, actor, versionID)
	if err != nil {
		return v, err
	}
	return v, s.Recheck(ctx, v.Digest)
}
