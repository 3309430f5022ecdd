package build

import (
	"context"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/state"
)

// planning are the states in which criteria may still be set.
var planning = []release.State{release.Draft, release.Proposed, release.Planning, release.BuildTest}

// inJudging are the states in which criteria are judged in test.
var inJudging = []release.State{release.BuildTest}

// DrawCriteria draws the service package's criteria into the release; those that
// were drawn before stay as they are. It gives how many are new.
func (s *Service) DrawCriteria(ctx context.Context, actor identity.Actor, key string) (drawn int, err error) {
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if !actor.Can(identity.ReleaseEdit, r.ServiceID) {
			if err := identity.Authorize(actor, identity.TestRecord, r.ServiceID); err != nil {
				return err
			}
		}
		if err := during(r, planning); err != nil {
			return err
		}
		drawn, err = s.DrawIn(tx, actor, r)
		return err
	})
	return drawn, err
}

// AddCriterion adds a criterion of this release alone.
func (s *Service) AddCriterion(ctx context.Context, actor identity.Actor, key string, in CriterionDraft) (*Criterion, error) {
	var c *Criterion
	err := s.write(ctx, actor, key, identity.TestRecord, planning, func(tx *db.Tx, r *release.Release) error {
		if err := in.validate(); err != nil {
			return err
		}
		number, err := nextNumber(tx, "release_criteria", r.ID)
		if err != nil {
			return err
		}
		c = &Criterion{ReleaseID: r.ID, ReleaseKey: r.Key, Number: number, Kind: in.Kind, Aspect: in.Aspect, Statement: in.Statement,
			Measure: in.Measure, Target: in.Target, Level: in.Level, State: Planned}
		if err := insertCriteria(tx, c); err != nil {
			return err
		}
		return record(tx, actor, r, "criterion.add", r.Key, "", "added the %s criterion “%s”", in.Kind, in.Statement)
	})
	return c, err
}

// Judge records a verdict on one criterion for the current package.
func (s *Service) Judge(ctx context.Context, actor identity.Actor, key string, number, version int64, in Verdict) error {
	return s.write(ctx, actor, key, identity.TestRecord, inJudging, func(tx *db.Tx, r *release.Release) error {
		c, err := findCriterion(tx, r.ID, number)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(c, version); err != nil {
			return err
		}
		if err := s.judgeable(tx, actor, r); err != nil {
			return err
		}
		if err := in.validate(); err != nil {
			return err
		}
		if err := checkRun(tx, r, in.RunNumber); err != nil {
			return err
		}
		known, err := errorOf(tx, r, in.KnownErrorKey)
		if err != nil {
			return err
		}
		if err := c.judge(in, judging(tx, actor, r), known); err != nil {
			return err
		}
		if err := save(tx, c); err != nil {
			return err
		}
		files, err := dml.Vouch(tx, actor, verdictSubject, c.ID)
		if err != nil {
			return err
		}
		return recordDetail(tx, actor, r, "criterion.judge", r.Key, c.Evidence, strings.Join(files, "\n"), "judged “%s” %s on package %d: %s against %s", c.Statement, state.Word(c.State), r.PackageVersion, c.Measured, c.Target)
	})
}

// checkRun refuses a run named as evidence that tested another package.
func checkRun(tx *db.Tx, r *release.Release, number int64) error {
	if number == 0 {
		return nil
	}
	run, err := findRun(tx, r.ID, number)
	if fault.KindOf(err) == fault.NotFound || (err == nil && run.PackageDigest != r.PackageDigest) {
		return &fault.Fault{Kind: fault.Invalid, Message: "The verdict was not recorded.",
			Fields: []fault.Field{{Name: "run", Message: "Choose a test run of the current package."}}}
	}
	return err
}

// errorOf finds a known error of the release's service; none for an empty key.
func errorOf(tx *db.Tx, r *release.Release, key string) (*KnownError, error) {
	if key == "" {
		return nil, nil
	}
	known, err := FindError(tx, key)
	if fault.KindOf(err) == fault.NotFound || (err == nil && known.ServiceID != r.ServiceID) {
		return nil, &fault.Fault{Kind: fault.Invalid, Message: "There is no such known error.",
			Fields: []fault.Field{{Name: "known_error", Message: "Choose one of this service's known errors."}}}
	}
	return known, err
}

// Criteria gives a release's criteria, for the rooms to the right.
func (s *Service) Criteria(tx *db.Tx, releaseID int64) ([]Criterion, error) {
	return criteriaOf(tx, releaseID)
}
