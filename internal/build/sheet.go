package build

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Sheet is everything the page of builds and tests shows.
type Sheet struct {
	Release    *release.Release
	Builds     []Build
	Runs       []TestRun
	Criteria   []Criterion
	Errors     []KnownError
	Others     []KnownError // open known errors of the service that the release has not named
	Rehearsals []Rehearsal
	Findings   []release.Finding
	Operations []identity.Person
	Package    *release.Package
	Viewer     int64
	Held       map[int64][]dml.Attachment // the viewer's files that no verdict has yet, by criterion
	Mine       string                     // why the viewer may not verify; empty when they may

	MayBuild, MayTest, MayDraw, MayReport, MayRehearse bool
}

// Sheet reads the page of a release's builds and tests.
func (s *Service) Sheet(ctx context.Context, actor identity.Actor, key string) (*Sheet, error) {
	var sheet *Sheet
	err := s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		f, err := s.facts(tx, r)
		if err != nil {
			return err
		}
		sheet = &Sheet{Release: r, Viewer: actor.UserID, Builds: f.builds, Runs: f.runs, Criteria: f.criteria, Errors: f.errors, Rehearsals: f.rehearsals,
			Findings: append(f.forCheckIn(), f.rehearsed(), f.documented()),
			MayBuild: actor.Can(identity.BuildRecord, r.ServiceID), MayTest: actor.Can(identity.TestRecord, r.ServiceID),
			MayDraw:   actor.Can(identity.ReleaseEdit, r.ServiceID) || actor.Can(identity.TestRecord, r.ServiceID),
			MayReport: actor.Can(identity.KnownErrorEdit, r.ServiceID), MayRehearse: actor.Can(identity.ReadinessEdit, r.ServiceID)}
		if f.made(actor.UserID) {
			sheet.Mine = "You built or packaged this release; somebody who did not verifies it."
		}
		if sheet.Held, err = attachedTo(tx, sheet.Criteria, actor.UserID); err != nil {
			return err
		}
		if sheet.Others, err = others(tx, r.ServiceID, f.errors); err != nil {
			return err
		}
		if r.PackageDigest != "" {
			if sheet.Package, _, err = s.release.CurrentPackage(tx, r); err != nil {
				return err
			}
		}
		sheet.Operations, err = identity.People(tx, r.ServiceID, identity.Operations)
		return err
	})
	return sheet, err
}

// others lists the service's open errors that are not among those named.
func others(tx *db.Tx, serviceID int64, named []KnownError) ([]KnownError, error) {
	open, err := openErrors(tx, serviceID)
	if err != nil {
		return nil, err
	}
	taken := map[int64]bool{}
	for _, k := range named {
		taken[k.ID] = true
	}
	var list []KnownError
	for _, k := range open {
		if !taken[k.ID] {
			list = append(list, k)
		}
	}
	return list, nil
}
