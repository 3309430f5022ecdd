package build

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/audit"
	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/state"
)

// Service is the room's one door.
type Service struct {
	db      *db.DB
	release *release.Service
	media   *dml.Service
	catalog *catalog.Service
}

// New makes the service.
func New(d *db.DB, releases *release.Service, media *dml.Service, services *catalog.Service) *Service {
	return &Service{db: d, release: releases, media: media, catalog: services}
}

// inTest are the states in which tests and rehearsals are still taken.
var inTest = []release.State{release.BuildTest, release.Ready}

// write runs one deed on a release: it finds the release, allows the actor, and
// hands both to the deed.
func (s *Service) write(ctx context.Context, actor identity.Actor, key string, p identity.Permission, states []release.State, deed func(*db.Tx, *release.Release) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.found(tx, actor, key, p, states)
		if err != nil {
			return err
		}
		return deed(tx, r)
	})
}

// found finds the release in one of the states, and allows the actor.
func (s *Service) found(tx *db.Tx, actor identity.Actor, key string, p identity.Permission, states []release.State) (*release.Release, error) {
	r, err := s.release.FindIn(tx, actor, key)
	if err != nil {
		return nil, err
	}
	if err := identity.Authorize(actor, p, r.ServiceID); err != nil {
		return nil, err
	}
	return r, during(r, states)
}

// during refuses what belongs to another time of the release's life.
func during(r *release.Release, states []release.State) error {
	if len(states) == 0 || slices.Contains(states, r.State) {
		return nil
	}
	return fault.Refuse("This cannot be recorded now.", fault.Blocker{Code: "release.state",
		Sentence: fmt.Sprintf("%s is %s; this is recorded while it is %s.", r.Key, state.Word(r.State), either(states)),
		Owner:    r.OwnerName, Link: "/releases/" + r.Key, Action: "Open the release"})
}

func either(states []release.State) string {
	text := state.Word(states[0])
	for _, other := range states[1:] {
		text += " or " + state.Word(other)
	}
	return text
}

// record writes the audit entry of a deed on a release.
func record(tx *db.Tx, actor identity.Actor, r *release.Release, action, record, reason, format string, args ...any) error {
	return recordDetail(tx, actor, r, action, record, reason, "", format, args...)
}

// recordDetail is record with what the entry holds beyond its sentence.
func recordDetail(tx *db.Tx, actor identity.Actor, r *release.Release, action, record, reason, detail, format string, args ...any) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: action, Kind: "release", Key: record, Release: r.Key, Reason: reason, Detail: detail, Sentence: fmt.Sprintf(format, args...)})
}

func testsPage(r *release.Release, anchor string) string {
	return "/releases/" + r.Key + "/tests" + anchor
}

// judging gives who judges on which package.
func judging(tx *db.Tx, actor identity.Actor, r *release.Release) judgeBy {
	return judgeBy{userID: actor.UserID, name: actor.Name, at: tx.Now, packageVersion: r.PackageVersion, digest: r.PackageDigest}
}

// needPackage refuses where there is no baselined package to speak of.
func needPackage(r *release.Release) error {
	if r.PackageDigest != "" {
		return nil
	}
	return fault.Refuse("There is nothing to test yet.", fault.Blocker{Code: "package.baselined",
		Sentence: "The package is not baselined, so it has no digest to which evidence could be bound.",
		Owner:    identity.BuildManager.Label(), Link: "/releases/" + r.Key + "/package", Action: "Open the package"})
}

// Builders gives who recorded builds of a release.
func (s *Service) Builders(tx *db.Tx, releaseID int64) ([]int64, error) {
	return builderIDs(tx, releaseID)
}

// Independent says why the actor may not verify: whoever built, or packaged, does
// not judge it.
func (s *Service) Independent(tx *db.Tx, actor identity.Actor, r *release.Release) ([]fault.Blocker, error) {
	builders, err := builderIDs(tx, r.ID)
	if err != nil {
		return nil, err
	}
	author, err := s.packageAuthor(tx, r)
	if err != nil {
		return nil, err
	}
	var list []fault.Blocker
	if slices.Contains(builders, actor.UserID) {
		list = append(list, fault.Blocker{Code: "verifier.independent", Owner: identity.TestManager.Label(), Link: testsPage(r, "#builds"), Action: "See the builds",
			Sentence: fmt.Sprintf("You built %s; somebody who did not verifies it.", r.Key)})
	}
	if author != 0 && author == actor.UserID {
		list = append(list, fault.Blocker{Code: "verifier.independent", Owner: identity.TestManager.Label(), Link: "/releases/" + r.Key + "/package", Action: "Open the package",
			Sentence: "You put this package together; somebody who did not verifies it."})
	}
	return list, nil
}

// mustBeIndependent refuses whoever built or packaged, and every machine.
func (s *Service) mustBeIndependent(tx *db.Tx, actor identity.Actor, r *release.Release) error {
	if err := actor.MustBePerson(); err != nil {
		return err
	}
	blockers, err := s.Independent(tx, actor, r)
	if err != nil {
		return err
	}
	return fault.Refuse("You cannot verify this release.", blockers...)
}

// packageAuthor gives whoever baselined the current package, 0 when there is none.
func (s *Service) packageAuthor(tx *db.Tx, r *release.Release) (int64, error) {
	if r.PackageDigest == "" {
		return 0, nil
	}
	p, _, err := s.release.CurrentPackage(tx, r)
	if err != nil || p == nil {
		return 0, err
	}
	return p.AuthorID, nil
}
