package review

import (
	"context"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/state"
)

// Value is one criterion as tested and as measured live.
type Value struct {
	Criterion build.Criterion
	Check     LiveCheck
}

// values pairs a release's criteria with their live checks.
func (s *Service) values(tx *db.Tx, r *release.Release) ([]Value, error) {
	criteria, err := s.Build.Criteria(tx, r.ID)
	if err != nil {
		return nil, err
	}
	checks, err := all[LiveCheck](tx, r.ID, "id")
	if err != nil {
		return nil, err
	}
	byCriterion := map[int64]LiveCheck{}
	for _, check := range checks {
		byCriterion[check.CriterionID] = check
	}
	list := make([]Value, len(criteria))
	for i, criterion := range criteria {
		check, ok := byCriterion[criterion.ID]
		if !ok {
			check = *newCheck(r.ID, criterion.ID)
		}
		list[i] = Value{Criterion: criterion, Check: check}
	}
	return list, nil
}

// Measure records a live verdict on a criterion. Early life support or the test
// manager measures; whoever built the release does not.
func (s *Service) Measure(ctx context.Context, actor identity.Actor, key string, number, version int64, in Measurement) error {
	return s.write(ctx, actor, key, "", late, func(tx *db.Tx, r *release.Release, by who) error {
		if err := s.mayMeasure(tx, actor, r); err != nil {
			return err
		}
		value, err := s.value(tx, r, number)
		if err != nil {
			return err
		}
		check := &value.Check
		if err := db.CheckVersion(check, version); err != nil {
			return err
		}
		if err := in.validate(); err != nil {
			return err
		}
		known, err := knownError(tx, r, in.KnownErrorKey)
		if err != nil {
			return err
		}
		if err := check.judge(in, by, r.PackageDigest, known); err != nil {
			return err
		}
		if err := save(tx, check); err != nil {
			return err
		}
		files, err := dml.Vouch(tx, actor, liveSubject, value.Criterion.ID)
		if err != nil {
			return err
		}
		return recordDetail(tx, actor, r, "value.measure", check.Evidence, files, "measured “%s” live as %s: %s against %s", value.Criterion.Statement, state.Word(check.State), check.Measured, value.Criterion.Target)
	})
}

// mayMeasure allows early life support and the test manager, unless they built
// the release.
func (s *Service) mayMeasure(tx *db.Tx, actor identity.Actor, r *release.Release) error {
	if !actor.Can(identity.TestRecord, r.ServiceID) {
		if err := identity.Authorize(actor, identity.ElsRun, r.ServiceID); err != nil {
			return err
		}
	}
	blockers, err := s.Build.Independent(tx, actor, r)
	if err != nil {
		return err
	}
	return fault.Refuse("You cannot measure this release.", blockers...)
}

func (s *Service) value(tx *db.Tx, r *release.Release, number int64) (*Value, error) {
	values, err := s.values(tx, r)
	if err != nil {
		return nil, err
	}
	for i := range values {
		if values[i].Criterion.Number == number {
			return &values[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "%s has no criterion %d.", r.Key, number)
}

func knownError(tx *db.Tx, r *release.Release, key string) (*build.KnownError, error) {
	if key == "" {
		return nil, nil
	}
	known, err := build.FindError(tx, key)
	if fault.KindOf(err) == fault.NotFound || (err == nil && known.ServiceID != r.ServiceID) {
		return nil, invalid("known_error", "Choose one of this service's known errors.", "The live verdict was not recorded.")
	}
	return known, err
}

// waitsForTransfer tells whether an error that the release leaves behind has
// nobody in operations yet.
func waitsForTransfer(k *build.KnownError) bool {
	return k.Relation == build.Introduced && k.State != build.Transferred && k.State != build.Resolved
}

// StatePromise says what became of an item of the service package.
func (s *Service) StatePromise(ctx context.Context, actor identity.Actor, key string, number, version int64, outcome Outcome, reason string) error {
	return s.write(ctx, actor, key, identity.ReleaseEdit, late, func(tx *db.Tx, r *release.Release, by who) error {
		promise, err := numbered[Promise](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		kept := true
		if promise.Source == "criterion" {
			if kept, err = s.kept(tx, r, promise.SourceID); err != nil {
				return err
			}
		}
		if err := promise.state(outcome, reason, by, kept); err != nil {
			return err
		}
		if err := save(tx, promise); err != nil {
			return err
		}
		return record(tx, actor, r, "promise.state", reason, "stated “%s” of the service package as %s", promise.Title, outcome)
	})
}

// kept tells whether a criterion holds live for the package in use.
func (s *Service) kept(tx *db.Tx, r *release.Release, criterionID int64) (bool, error) {
	values, err := s.values(tx, r)
	for _, value := range values {
		if value.Criterion.ID == criterionID {
			return value.Check.MetFor(r.PackageDigest), err
		}
	}
	return false, err
}

// ApprovePromise is the service owner's yes to what was deferred or deviates.
func (s *Service) ApprovePromise(ctx context.Context, actor identity.Actor, key string, number, version int64) error {
	return s.write(ctx, actor, key, identity.RiskAccept, late, func(tx *db.Tx, r *release.Release, by who) error {
		promise, err := numbered[Promise](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		if err := promise.approve(by); err != nil {
			return err
		}
		if err := save(tx, promise); err != nil {
			return err
		}
		return record(tx, actor, r, "promise.approve", promise.Reason, "approved that “%s” is %s", promise.Title, promise.Outcome)
	})
}
