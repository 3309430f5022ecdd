package build

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/state"
)

// alive are the states of a release in which known errors are found and settled.
var alive = []release.State{release.Draft, release.Proposed, release.Planning, release.BuildTest, release.Ready, release.OnHold,
	release.Deploying, release.Paused, release.Remediating, release.EarlyLife, release.RolledBack, release.Review}

// ReportError records a known error that the release introduces or corrects: a
// new one, or one that the service has.
func (s *Service) ReportError(ctx context.Context, actor identity.Actor, key string, in ErrorReport) (*KnownError, error) {
	var known *KnownError
	err := s.write(ctx, actor, key, identity.KnownErrorEdit, alive, func(tx *db.Tx, r *release.Release) (err error) {
		if err := in.validate(); err != nil {
			return err
		}
		if known, err = errorOf(tx, r, in.ExistingKey); err != nil {
			return err
		}
		if known == nil {
			if known, err = newError(tx, actor, r, in); err != nil {
				return err
			}
		}
		if err := insertLink(tx, &ErrorLink{ReleaseID: r.ID, KnownErrorID: known.ID, Relation: in.Relation}); err != nil {
			return err
		}
		known.Relation = in.Relation
		return record(tx, actor, r, "knownerror.report", r.Key, "", "recorded %s as %s by %s: %s", known.Key(), in.Relation, r.Key, known.Title)
	})
	return known, err
}

func newError(tx *db.Tx, actor identity.Actor, r *release.Release, in ErrorReport) (*KnownError, error) {
	number, err := nextErrorNumber(tx)
	if err != nil {
		return nil, err
	}
	known := &KnownError{Number: number, ServiceID: r.ServiceID, Title: in.Title, Description: in.Description, State: Found,
		AffectedItems: []string{}, FoundByID: actor.UserID, FoundBy: actor.Name}
	return known, insertError(tx, known)
}

// MoveError assesses, decides on, transfers or resolves a known error. Whoever
// built a release that has the error, this one or another, decides neither that
// it can be lived with nor that it is gone.
func (s *Service) MoveError(ctx context.Context, actor identity.Actor, key, errorKey string, version int64, in ErrorMove) error {
	return s.write(ctx, actor, key, identity.KnownErrorEdit, alive, func(tx *db.Tx, r *release.Release) error {
		known, err := s.linked(tx, r, errorKey)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(known, version); err != nil {
			return err
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if in.Verb == VerbTolerate || in.Verb == VerbResolve {
			if err := s.independentOf(tx, actor, r, known); err != nil {
				return err
			}
		}
		if err := in.validate(); err != nil {
			return err
		}
		recipient, err := recipientName(tx, r, in)
		if err != nil {
			return err
		}
		if err := known.apply(in, judging(tx, actor, r), recipient); err != nil {
			return err
		}
		if err := save(tx, known); err != nil {
			return err
		}
		return record(tx, actor, r, "knownerror."+string(in.Verb), r.Key, in.Decision+in.Resolution, "set %s to %s: %s", known.Key(), known.State, known.Title)
	})
}

// independentOf refuses whoever built or packaged the release at hand, or any
// other that introduces the error.
func (s *Service) independentOf(tx *db.Tx, actor identity.Actor, r *release.Release, known *KnownError) error {
	blockers, err := s.Independent(tx, actor, r)
	if err != nil {
		return err
	}
	ids, err := introducers(tx, known.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id == r.ID {
			continue
		}
		other, err := s.release.ByID(tx, identity.System("known errors"), id)
		if err != nil {
			return err
		}
		more, err := s.Independent(tx, actor, other)
		if err != nil {
			return err
		}
		blockers = append(blockers, more...)
	}
	return fault.Refuse("You cannot decide on this known error.", blockers...)
}

// recipientName finds the person in operations to whom an error is transferred.
func recipientName(tx *db.Tx, r *release.Release, in ErrorMove) (string, error) {
	if in.Verb != VerbTransfer {
		return "", nil
	}
	people, err := identity.People(tx, r.ServiceID, identity.Operations)
	if err != nil {
		return "", err
	}
	for _, person := range people {
		if person.ID == in.RecipientID {
			return person.Name, nil
		}
	}
	return "", &fault.Fault{Kind: fault.Invalid, Message: "The known error was not transferred.",
		Fields: []fault.Field{{Name: "recipient", Message: "Choose somebody in operations."}}}
}

// linked finds a known error that belongs to the release.
func (s *Service) linked(tx *db.Tx, r *release.Release, errorKey string) (*KnownError, error) {
	known, err := s.KnownErrors(tx, r.ID)
	if err != nil {
		return nil, err
	}
	for i := range known {
		if known[i].Key() == errorKey {
			return &known[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "%s has no known error %s.", r.Key, errorKey)
}

// KnownErrors gives the known errors a release corrects or introduces.
func (s *Service) KnownErrors(tx *db.Tx, releaseID int64) ([]KnownError, error) {
	return errorsOf(tx, releaseID)
}

// FindError finds a known error by its key, such as KE-12.
func FindError(tx *db.Tx, key string) (*KnownError, error) {
	number, err := strconv.ParseInt(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(key)), "KE-"), 10, 64)
	if err != nil {
		return nil, fault.New(fault.NotFound, "There is no known error %s.", key)
	}
	return findError(tx, number)
}

// describe lists the keys of known errors for a sentence.
func describe(list []KnownError) string {
	keys := make([]string, len(list))
	for i := range list {
		keys[i] = fmt.Sprintf("%s (%s)", list[i].Key(), state.Word(list[i].State))
	}
	return strings.Join(keys, ", ")
}
