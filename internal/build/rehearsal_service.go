package build

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// RecordRehearsal keeps the record of a rehearsed back-out of the current package.
func (s *Service) RecordRehearsal(ctx context.Context, actor identity.Actor, key string, in RehearsalRecord) (*Rehearsal, error) {
	var rehearsal *Rehearsal
	err := s.write(ctx, actor, key, identity.ReadinessEdit, inTest, func(tx *db.Tx, r *release.Release) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := needPackage(r); err != nil {
			return err
		}
		if in.RehearsedAt.IsZero() {
			in.RehearsedAt = tx.Now
		}
		if err := in.validate(tx.Now); err != nil {
			return err
		}
		number, err := nextNumber(tx, "rehearsals", r.ID)
		if err != nil {
			return err
		}
		rehearsal = &Rehearsal{ReleaseID: r.ID, ReleaseKey: r.Key, Number: number, PackageVersion: r.PackageVersion, PackageDigest: r.PackageDigest,
			Environment: in.Environment, Result: in.Result, Minutes: in.Minutes, Notes: in.Notes, ByID: actor.UserID, ByName: actor.Name, RehearsedAt: in.RehearsedAt}
		if err := insertRehearsal(tx, rehearsal); err != nil {
			return err
		}
		return record(tx, actor, r, "backout.rehearse", r.Key, "", "rehearsed the back-out of %s in %s: %s in %d minutes", r.Key, in.Environment, in.Result, in.Minutes)
	})
	return rehearsal, err
}

// WitnessRehearsal adds the second person, who saw it.
func (s *Service) WitnessRehearsal(ctx context.Context, actor identity.Actor, key string, number, version int64, note string) error {
	return s.write(ctx, actor, key, identity.ReadinessEdit, inTest, func(tx *db.Tx, r *release.Release) error {
		rehearsal, err := findRehearsal(tx, r.ID, number)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(rehearsal, version); err != nil {
			return err
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := rehearsal.witness(judging(tx, actor, r), note); err != nil {
			return err
		}
		if err := save(tx, rehearsal); err != nil {
			return err
		}
		return record(tx, actor, r, "backout.witness", r.Key, note, "witnessed back-out rehearsal %d of %s", number, r.Key)
	})
}
