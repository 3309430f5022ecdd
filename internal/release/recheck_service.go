package release

import (
	"context"
	"fmt"

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
	var index blob.Digest
	var id int64
	var r *Release
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		r, err = s.FindIn(tx, actor, key)
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
			return fault.Refuse("Nothing was hashed anew.", fault.Blocker{Code: "package.baselined", Sentence: "The package is not baselined, so its files may still change.",
				Owner: identity.BuildManager.Label(), Link: r.Link("package"), Action: "Baseline the package"})
		}
		id, index, digests = p.ID, blob.Digest(p.IndexDigest), digestsOf(lines)
		return nil
	})
	if err != nil {
		return err
	}
	damaged, err := s.rehash(ctx, r, index, digests)
	if err != nil {
		return err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
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
		found := "all match"
		if len(damaged) > 0 {
			p.RecheckedAt = 0
			found = fmt.Sprintf("%d no longer match", len(damaged))
		}
		if err := save(tx, p); err != nil {
			return err
		}
		return s.record(tx, actor, r, "package.recheck", "", "hashed the %d files of package v%d anew; %s", len(digests), p.Number, found)
	})
	if err != nil {
		return err
	}
	return fault.Refuse("The media library cannot vouch for this package.", damaged...)
}

// vouch hashes the package anew before somebody approves its check-in, and
// refuses with everything that no longer matches. Whoever would be refused anyway
// does not make the library work.
func (s *Service) vouch(ctx context.Context, actor identity.Actor, key string, say Say) error {
	var digests []blob.Digest
	var index blob.Digest
	var r *Release
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		if r, err = s.FindIn(tx, actor, key); err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.GateDecide, r.ServiceID); err != nil {
			return err
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		g, err := gateOf(tx, r.ID, A3)
		if err != nil {
			return err
		}
		table, err := s.table(tx, r, g)
		if err != nil {
			return err
		}
		findings, err := s.Findings(tx, r, A3)
		if err != nil {
			return err
		}
		if _, err := table.judge(actor, say, findings, tx.Now); err != nil {
			return err
		}
		p, lines, err := s.CurrentPackage(tx, r)
		if err != nil || p == nil {
			return err
		}
		index, digests = blob.Digest(p.IndexDigest), digestsOf(lines)
		return nil
	})
	if err != nil {
		return err
	}
	damaged, err := s.rehash(ctx, r, index, digests)
	if err != nil {
		return err
	}
	return fault.Refuse("The media library cannot vouch for this package.", damaged...)
}

func digestsOf(lines []Component) (digests []blob.Digest) {
	for _, line := range lines {
		if line.Digest != "" {
			digests = append(digests, blob.Digest(line.Digest))
		}
	}
	return digests
}

// rehash hashes the index and every file, and says of each that does not match
// its digest.
func (s *Service) rehash(ctx context.Context, r *Release, index blob.Digest, digests []blob.Digest) (damaged []fault.Blocker, err error) {
	if index != "" {
		switch err := s.media.RecheckOne(ctx, index); fault.KindOf(err) {
		case fault.Refused:
			damaged = append(damaged, fault.Blocker{Code: "package.damaged", Sentence: "The stored index of the package no longer matches its digest. Baselining the same components again restores it.",
				Owner: identity.BuildManager.Label(), Link: r.Link("package"), Action: "Open the package"})
		default:
			if err != nil {
				return nil, err
			}
		}
	}
	for _, d := range digests {
		err := s.media.Recheck(ctx, d)
		f, refused := fault.As(err)
		if err != nil && !(refused && f.Kind == fault.Refused) {
			return nil, err
		}
		if refused {
			damaged = append(damaged, f.Blockers...)
		}
	}
	return damaged, nil
}
