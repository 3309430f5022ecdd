package build

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// VerifyPackage is the verifier's word on the whole package: it moves from
// Baselined to Verified when every finding of the check-in is met. All that
// stands in the way is named.
func (s *Service) VerifyPackage(ctx context.Context, actor identity.Actor, key string) error {
	return s.write(ctx, actor, key, identity.TestRecord, []release.State{release.BuildTest}, func(tx *db.Tx, r *release.Release) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := needPackage(r); err != nil {
			return err
		}
		f, err := s.facts(tx, r)
		if err != nil {
			return err
		}
		blockers, err := s.Independent(tx, actor, r)
		if err != nil {
			return err
		}
		for _, finding := range f.forCheckIn() {
			if finding.State != release.Met {
				blockers = append(blockers, fault.Blocker{Code: finding.Code, Sentence: finding.Title + ": " + finding.Detail,
					Owner: finding.Owner, Link: finding.Link, Action: finding.Action})
			}
		}
		if err := fault.Refuse("The package cannot be verified yet.", blockers...); err != nil {
			return err
		}
		if err := s.release.MarkVerified(tx, actor, r); err != nil {
			return err
		}
		return record(tx, actor, r, "package.verify", r.Key, "", "verified package %d of %s", r.PackageVersion, r.Key)
	})
}
