package build

import (
	"context"
	"fmt"
	"io"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// UploadRun takes a JUnit XML report as a test run of the current package.
func (s *Service) UploadRun(ctx context.Context, actor identity.Actor, key string, in RunRecord, report io.Reader) (*TestRun, error) {
	counts, failures, err := ReadReport(report)
	if err != nil {
		return nil, err
	}
	in.Counts = counts
	return s.addRun(ctx, actor, key, in, FromReport, failures)
}

// RecordRun keeps a test run that was counted by hand.
func (s *Service) RecordRun(ctx context.Context, actor identity.Actor, key string, in RunRecord) (*TestRun, error) {
	if err := actor.MustBePerson(); err != nil {
		return nil, err
	}
	return s.addRun(ctx, actor, key, in, ByHand, nil)
}

func (s *Service) addRun(ctx context.Context, actor identity.Actor, key string, in RunRecord, source Source, failures []Failure) (*TestRun, error) {
	var run *TestRun
	err := s.write(ctx, actor, key, identity.TestRecord, inTest, func(tx *db.Tx, r *release.Release) error {
		if in.RanAt.IsZero() {
			in.RanAt = tx.Now
		}
		if err := in.validate(tx.Now, source); err != nil {
			return err
		}
		if err := needPackage(r); err != nil {
			return err
		}
		if in.PackageDigest != "" && in.PackageDigest != r.PackageDigest {
			return &fault.Fault{Kind: fault.Invalid, Message: "The test run was not recorded.", Fields: []fault.Field{{Name: "package_digest",
				Message: fmt.Sprintf("These tests ran on another package. The current one is version %d, %s.", r.PackageVersion, r.PackageDigest)}}}
		}
		number, err := nextNumber(tx, "test_runs", r.ID)
		if err != nil {
			return err
		}
		run = &TestRun{ReleaseID: r.ID, ReleaseKey: r.Key, Number: number, Name: in.Name, Level: in.Level, Source: source,
			PackageVersion: r.PackageVersion, PackageDigest: r.PackageDigest, Environment: in.Environment,
			TesterID: actor.UserID, TesterName: actor.Name, RanAt: in.RanAt, Counts: in.Counts, Notes: in.Notes}
		if err := insertRun(tx, run, failures); err != nil {
			return err
		}
		return record(tx, actor, r, "test.record", r.Key, "", "recorded test run %d of %s: %d of %d passed, %d failed", number, r.Key, run.Passed, run.Tests, run.Failed+run.Errors)
	})
	return run, err
}

// TolerateRun takes the failures of a run with a known error that is tolerated.
func (s *Service) TolerateRun(ctx context.Context, actor identity.Actor, key string, number, version int64, errorKey string) error {
	return s.write(ctx, actor, key, identity.TestRecord, []release.State{release.BuildTest}, func(tx *db.Tx, r *release.Release) error {
		run, err := findRun(tx, r.ID, number)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(run, version); err != nil {
			return err
		}
		if err := s.mustBeIndependent(tx, actor, r); err != nil {
			return err
		}
		if run.Failed+run.Errors == 0 {
			return fault.New(fault.Refused, "Test run %d has no failures to tolerate.", number)
		}
		known, err := errorOf(tx, r, errorKey)
		if err != nil {
			return err
		}
		if err := known.tolerable(); err != nil {
			return err
		}
		run.KnownErrorID, run.KnownErrorKey = known.ID, known.Key()
		run.ToleratedByID, run.ToleratedBy, run.ToleratedAt = actor.UserID, actor.Name, tx.Now
		if err := save(tx, run); err != nil {
			return err
		}
		return record(tx, actor, r, "test.tolerate", r.Key, "", "accepted the failures of test run %d with %s", number, known.Key())
	})
}

// FindRun gives one run with its failures.
func (s *Service) FindRun(ctx context.Context, actor identity.Actor, key string, number int64) (run *TestRun, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if run, err = findRun(tx, r.ID, number); err != nil {
			return err
		}
		run.Failures, err = failuresOf(tx, run.ID)
		return err
	})
	return run, err
}
