package release

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// rechecks tells whether the actor may have the media hashed anew: who packages
// the release, or who deploys it.
func rechecks(actor identity.Actor, r *Release) bool {
	return actor.Can(identity.ReleasePackage, r.ServiceID) || actor.Can(identity.WaveControl, r.ServiceID)
}

// Recheck hashes all media of the current package anew, before a decision or a
// deployment relies on it. A mismatch makes the version Suspect.
func (s *Service) Recheck(ctx context.Context, actor identity.Actor, key string) error {
	var digests []blob.Digest
	var id int64
	err := s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if !rechecks(actor, r) {
			return identity.Authorize(actor, identity.ReleasePackage, r.ServiceID)
		}
		p, lines, err := s.CurrentPackage(tx, r)
		if err != nil {
			return err
		}
		if p == nil || p.Digest == "" {
			return fault.Refuse("Nothing was hashed anew.", fault.Blocked("The package is not baselined, so its files may still change.", identity.BuildManager.Label(), r.Link("package"), "Baseline the package"))
		}
		id = p.ID
		for _, line := range lines {
			if line.Digest != "" {
				digests = append(digests, blob.Digest(line.Digest))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range digests {
		if err := s.media.Recheck(ctx, d); err != nil {
			return err
		}
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		p, err := currentPackage(tx, r.ID)
		if err != nil {
			return err
		}
		if p == nil || p.ID != id {
			return fault.New(fault.Conflict, "The package changed while its files were hashed; hash the new one.")
		}
		p.RecheckedAt = tx.Now
		if err := save(tx, p); err != nil {
			return err
		}
		return s.record(tx, actor, r, "package.recheck", "", "hashed the %d files of package v%d anew; all match", len(digests), p.Number)
	})
}
