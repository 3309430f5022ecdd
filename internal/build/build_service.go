package build

import (
	"context"
	"io"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// making are the states in which builds are recorded, and what they made.
var making = []release.State{release.BuildTest}

// RecordBuild keeps the record of a build. A person or a pipeline may report it;
// a pipeline's token counts as the person it belongs to.
func (s *Service) RecordBuild(ctx context.Context, actor identity.Actor, key string, in Record) (*Build, error) {
	var b *Build
	err := s.write(ctx, actor, key, identity.BuildRecord, making, func(tx *db.Tx, r *release.Release) error {
		if in.EndedAt.IsZero() {
			in.EndedAt = tx.Now
		}
		if err := in.validate(tx.Now); err != nil {
			return err
		}
		number, err := nextNumber(tx, "builds", r.ID)
		if err != nil {
			return err
		}
		log, dropped := tail(in.Log, maxLog)
		b = &Build{ReleaseID: r.ID, ReleaseKey: r.Key, Number: number, Name: in.Name, Inputs: in.Inputs, Instructions: in.Instructions,
			Environment: in.Environment, BuilderID: actor.UserID, BuilderName: actor.Name, BuilderKind: string(actor.Kind),
			Log: log, LogDropped: dropped, Result: in.Result, PackageVersion: r.PackageVersion, StartedAt: in.StartedAt, EndedAt: in.EndedAt}
		if err := insertBuild(tx, b); err != nil {
			return err
		}
		return record(tx, actor, r, "build.record", r.Key, "", "recorded build %d of %s: %s", number, r.Key, in.Result)
	})
	return b, err
}

// AddOutput takes a file that a build made into the library's quarantine and ties
// it to the build. The bytes are stored first; if the tie fails they lie in
// quarantine without it, and may be tied by another upload of the same bytes.
func (s *Service) AddOutput(ctx context.Context, actor identity.Actor, key string, number int64, in dml.Submission, file io.Reader) (*Output, error) {
	err := s.db.View(ctx, func(tx *db.Tx) error {
		r, _, err := s.openBuild(tx, actor, key, number)
		if err == nil && in.ServiceID == 0 {
			in.ServiceID = r.ServiceID
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	version, err := s.media.Receive(ctx, actor, in, file)
	if err != nil {
		return nil, err
	}
	return s.TieOutput(ctx, actor, key, number, version.ID)
}

// TieOutput ties a media version that is in the library to the build that made it.
func (s *Service) TieOutput(ctx context.Context, actor identity.Actor, key string, number, mediaVersionID int64) (*Output, error) {
	var out *Output
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		r, b, err := s.openBuild(tx, actor, key, number)
		if err != nil {
			return err
		}
		version, err := s.media.VersionByID(tx, mediaVersionID)
		if err != nil {
			return err
		}
		out = &Output{BuildID: b.ID, ReleaseID: r.ID, MediaVersionID: version.ID, ItemKey: version.ItemKey, Label: version.Label,
			FileName: version.FileName, Digest: string(version.Digest), Size: version.Size}
		if err := insertOutput(tx, out); err != nil {
			return err
		}
		return record(tx, actor, r, "build.output", r.Key, "", "added %s %s as output of build %d", version.ItemKey, version.Label, number)
	})
	return out, err
}

// openBuild finds a build to which the actor may add outputs.
func (s *Service) openBuild(tx *db.Tx, actor identity.Actor, key string, number int64) (*release.Release, *Build, error) {
	r, err := s.release.FindIn(tx, actor, key)
	if err != nil {
		return nil, nil, err
	}
	if err := identity.Authorize(actor, identity.BuildRecord, r.ServiceID); err != nil {
		return nil, nil, err
	}
	if err := during(r, making); err != nil {
		return nil, nil, err
	}
	b, err := findBuild(tx, r.ID, number)
	return r, b, err
}

// FindBuild gives one build with its outputs and its log.
func (s *Service) FindBuild(ctx context.Context, actor identity.Actor, key string, number int64) (b *Build, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if b, err = findBuild(tx, r.ID, number); err != nil {
			return err
		}
		b.Outputs, err = outputsOf(tx, b.ID)
		return err
	})
	return b, err
}
