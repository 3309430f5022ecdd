package release

import (
	"context"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// CurrentPackage gives the newest package of a release with its components;
// nil before the first component.
func (s *Service) CurrentPackage(tx *db.Tx, r *Release) (*Package, []Component, error) {
	p, err := currentPackage(tx, r.ID)
	if err != nil || p == nil {
		return nil, nil, err
	}
	components, err := componentsOf(tx, p.ID)
	return p, components, err
}

// Packages gives all versions of a release's package, the newest first.
func (s *Service) Packages(tx *db.Tx, r *Release) ([]Package, error) { return packagesOf(tx, r.ID) }

// Components gives the lines of one package.
func (s *Service) Components(tx *db.Tx, p *Package) ([]Component, error) {
	return componentsOf(tx, p.ID)
}

// Baseline fixes the package: its index is written, whose digest is its identity
// from now on. Procured media must be accepted before; what is built here stays
// in quarantine until A3.
func (s *Service) Baseline(ctx context.Context, actor identity.Actor, key string) error {
	var kept *packageIndex
	err := s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.ReleasePackage, r.ServiceID); err != nil {
			return err
		}
		_, kept, err = s.toBaseline(tx, r)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.media.KeepPackage(ctx, &kept.PackageIndex); err != nil {
		return err
	}
	return s.write(ctx, actor, key, identity.ReleasePackage, func(tx *db.Tx, r *Release) error {
		p, index, err := s.toBaseline(tx, r)
		if err != nil {
			return err
		}
		if index.digest != kept.digest {
			return fault.New(fault.Conflict, "The package changed while it was baselined; look at it again.")
		}
		if p.State == PackageWithdrawn { // the same lines anew, after a rework
			if p, err = s.assembling(tx, actor, r); err != nil {
				return err
			}
		}
		if err := s.fix(tx, actor, r, p, index.text, index.digest); err != nil {
			return err
		}
		return s.media.FilePackage(tx, actor, r.Repository, p.Tag(), &index.PackageIndex)
	})
}

// toBaseline gives the package that can be baselined now, with the index that it
// gets; or everything against it.
func (s *Service) toBaseline(tx *db.Tx, r *Release) (*Package, *packageIndex, error) {
	if err := packable(r); err != nil {
		return nil, nil, err
	}
	p, lines, err := s.CurrentPackage(tx, r)
	if err != nil {
		return nil, nil, err
	}
	const refused = "The package was not baselined."
	if p == nil {
		return nil, nil, fault.Refuse(refused, emptyPackage(r))
	}
	blockers, err := s.baselineBlockers(tx, r, lines)
	if err != nil {
		return nil, nil, err
	}
	if err := fault.Refuse(refused, blockers...); err != nil {
		return nil, nil, err
	}
	if p.State != PackageWithdrawn {
		if _, err := packageMoves.Next(fmt.Sprintf("Package v%d", p.Number), p.State, PackageBaseline); err != nil {
			return nil, nil, err
		}
	}
	index, err := s.indexOf(tx, r, lines)
	return p, index, err
}

// fix baselines a package under its identity, and voids what was decided on
// another.
func (s *Service) fix(tx *db.Tx, actor identity.Actor, r *Release, p *Package, text, digest string) error {
	if err := p.move(PackageBaseline); err != nil {
		return err
	}
	p.Manifest, p.Digest, p.IndexDigest = text, digest, digest
	p.AuthorID, p.AuthorName, p.BaselinedAt = actor.UserID, actor.Name, tx.Now
	if err := save(tx, p); err != nil {
		return err
	}
	lines, err := componentsOf(tx, p.ID)
	if err != nil {
		return err
	}
	if err := s.pin(tx, r, p, lines); err != nil {
		return err
	}
	if r.Repository == "" {
		if err := name(tx, r); err != nil {
			return err
		}
	}
	r.PackageDigest = p.Digest
	if err := s.voidOutdated(tx, actor, r, fmt.Sprintf("package v%d was baselined", p.Number)); err != nil {
		return err
	}
	if err := saveRelease(tx, r, r.State); err != nil {
		return err
	}
	return s.record(tx, actor, r, "package.baseline", "", "baselined package v%d as %s", p.Number, p.Digest)
}

// pin notes by which manifest each line's media is pulled, and that it is used.
func (s *Service) pin(tx *db.Tx, r *Release, p *Package, lines []Component) error {
	for i := range lines {
		line := &lines[i]
		if line.MediaVersionID == 0 {
			continue
		}
		v, err := s.media.VersionByID(tx, line.MediaVersionID)
		if err != nil {
			return err
		}
		if line.Manifest != v.Manifest.String() {
			line.Manifest = v.Manifest.String()
			if err := save(tx, line); err != nil {
				return err
			}
		}
		if err := dml.RecordUse(tx, dml.Use{MediaVersionID: line.MediaVersionID, ReleaseKey: r.Key, PackageVersion: p.Number, Role: string(line.Kind),
			ServiceID: r.ServiceID, Restricted: r.Restricted}); err != nil {
			return err
		}
	}
	return nil
}

func emptyPackage(r *Release) fault.Blocker {
	return fault.Blocker{Code: "package.empty", Sentence: "The package is empty.", Owner: identity.BuildManager.Label(), Link: r.Link("package"), Action: "Add a component"}
}

func (s *Service) baselineBlockers(tx *db.Tx, r *Release, lines []Component) ([]fault.Blocker, error) {
	var blockers []fault.Blocker
	if len(lines) == 0 {
		blockers = append(blockers, emptyPackage(r))
	}
	for _, line := range lines {
		if line.MediaVersionID == 0 {
			continue
		}
		v, err := s.media.VersionByID(tx, line.MediaVersionID)
		if err != nil {
			return nil, err
		}
		if !v.Deployable() && !(v.Waiting() && v.Provenance == dml.Built) {
			blockers = append(blockers, v.Blocker())
		}
		blockers = append(blockers, line.held(v)...)
		if v.Manifest == "" {
			blockers = append(blockers, fault.Blocker{Code: "media.manifest", Sentence: v.Title() + " is still being made ready to be pulled. Try again in a minute.",
				Owner: identity.DMLCustodian.Label(), Link: v.Link(), Action: "Open the media version"})
		}
	}
	return blockers, nil
}

// MarkVerified says that the package passed its tests. The verifier is neither
// its author nor a builder; the build room has checked the latter.
func (s *Service) MarkVerified(tx *db.Tx, actor identity.Actor, r *Release) error {
	p, err := currentPackage(tx, r.ID)
	if err != nil {
		return err
	}
	if p == nil {
		return fault.Refuse("The package was not verified.", fault.Blocker{Code: "package.verified", Sentence: "There is no package yet.",
			Owner: identity.BuildManager.Label(), Link: r.Link("package"), Action: "Open the package"})
	}
	if p.AuthorID == actor.UserID {
		return fault.Refuse("The package was not verified.", fault.Blocker{Code: "verifier.independent", Sentence: "You baselined this package, so somebody else verifies it.",
			Owner: identity.TestManager.Label(), Link: r.Link("tests"), Action: "Open the tests"})
	}
	if err := p.move(PackageVerify); err != nil {
		return err
	}
	p.VerifierID, p.VerifierName = actor.UserID, actor.Name
	if err := save(tx, p); err != nil {
		return err
	}
	return s.record(tx, actor, r, "package.verify", "", "verified package v%d", p.Number)
}

// MarkDeployed says that the package operates; the one before is superseded.
func (s *Service) MarkDeployed(tx *db.Tx, actor identity.Actor, r *Release) error {
	p, err := currentPackage(tx, r.ID)
	if err != nil || p == nil || p.State == PackageDeployed {
		return err
	}
	if err := p.move(PackageDeploy); err != nil {
		return err
	}
	if err := save(tx, p); err != nil {
		return err
	}
	if err := s.consume(tx, actor, r); err != nil {
		return err
	}
	former, err := deployedPackage(tx, r.ServiceID, p.ID)
	if err != nil || former == nil {
		return err
	}
	if err := former.move(PackageSupersede); err != nil {
		return err
	}
	return save(tx, former)
}

// takeBack says that the package operates no longer, or no further than it had
// come, and returns its licences.
func (s *Service) takeBack(tx *db.Tx, actor identity.Actor, r *Release) error {
	p, err := currentPackage(tx, r.ID)
	if err != nil {
		return err
	}
	if p != nil && p.State != PackageAssembling {
		if err := s.withdraw(tx, p); err != nil {
			return err
		}
	}
	return s.giveBack(tx, actor, r)
}

// rework sends a release back to build and test: the package is taken out of
// the library's sign-off, and what was decided on it is void.
func (s *Service) rework(tx *db.Tx, actor identity.Actor, r *Release, verb Verb) error {
	p, err := currentPackage(tx, r.ID)
	if err != nil {
		return err
	}
	if p != nil && p.State != PackageAssembling {
		if err := s.withdraw(tx, p); err != nil {
			return err
		}
	}
	if err := s.giveBack(tx, actor, r); err != nil {
		return err
	}
	r.PackageDigest, r.SignedDigest = "", ""
	if err := s.voidOutdated(tx, actor, r, fmt.Sprintf("the release was told to %s", verb)); err != nil {
		return err
	}
	return s.openGate(tx, r, A3, actor.UserID)
}
