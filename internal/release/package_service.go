package release

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
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

// assembling gives the package that may be edited. A baselined one is not
// edited: its lines go into the next version, and what was decided on it is void.
func (s *Service) assembling(tx *db.Tx, actor identity.Actor, r *Release) (*Package, error) {
	if err := packable(r); err != nil {
		return nil, err
	}
	p, err := currentPackage(tx, r.ID)
	if err != nil {
		return nil, err
	}
	if p != nil && p.State == PackageAssembling {
		return p, nil
	}
	next := &Package{ReleaseID: r.ID, Number: 1, State: PackageAssembling, AuthorID: actor.UserID, AuthorName: actor.Name}
	if p == nil {
		return next, s.adopt(tx, actor, r, next)
	}
	next.Number = p.Number + 1
	lines, err := componentsOf(tx, p.ID)
	if err != nil {
		return nil, err
	}
	if err := s.withdraw(tx, p); err != nil {
		return nil, err
	}
	if err := s.adopt(tx, actor, r, next); err != nil {
		return nil, err
	}
	for _, line := range lines {
		line.Row = db.Row{}
		line.PackageID = next.ID
		if err := insert(tx, &line); err != nil {
			return nil, err
		}
	}
	return next, nil
}

func (s *Service) withdraw(tx *db.Tx, p *Package) error {
	if p.State == PackageWithdrawn {
		return nil
	}
	if err := p.move(PackageWithdraw); err != nil {
		return err
	}
	return save(tx, p)
}

// adopt makes a package the release's current one.
func (s *Service) adopt(tx *db.Tx, actor identity.Actor, r *Release, p *Package) error {
	if err := insert(tx, p); err != nil {
		return err
	}
	r.PackageVersion, r.PackageDigest, r.SignedDigest = p.Number, "", ""
	if err := s.voidOutdated(tx, actor, r, fmt.Sprintf("package v%d was begun", p.Number)); err != nil {
		return err
	}
	return saveRelease(tx, r, r.State)
}

// AddComponent puts a component into the package.
func (s *Service) AddComponent(ctx context.Context, actor identity.Actor, key string, c Component) error {
	return s.write(ctx, actor, key, identity.ReleasePackage, func(tx *db.Tx, r *Release) error {
		if c.Kind.Media() && c.MediaVersionID != 0 {
			v, err := s.media.VersionByID(tx, c.MediaVersionID)
			if err != nil {
				return invalid("media", "There is no such version in the media library.")
			}
			if string(v.Kind) != string(c.Kind) {
				return invalid("media", fmt.Sprintf("The library holds this as %s, not as %s.", v.Kind, c.Kind))
			}
			if v.State == dml.Rejected || v.State == dml.Retired || v.State == dml.Suspect {
				return fault.Refuse("The component was not added.", v.Blocker())
			}
			c.fromMedia(v)
		}
		if c.ItemID != 0 {
			i, err := s.catalog.ItemByID(tx, c.ItemID)
			if err != nil {
				return invalid("item", "There is no such configuration item.")
			}
			c.ItemKey = i.Key
		}
		if err := c.validate(); err != nil {
			return err
		}
		p, err := s.assembling(tx, actor, r)
		if err != nil {
			return err
		}
		c.Row, c.PackageID = db.Row{}, p.ID
		if err := insert(tx, &c); err != nil {
			return err
		}
		return s.record(tx, actor, r, "package.add", "", "added %s %s %s to package v%d", c.Kind, c.Name, c.Label, p.Number)
	})
}

// RemoveComponent takes a component out of the package.
func (s *Service) RemoveComponent(ctx context.Context, actor identity.Actor, key string, id int64) error {
	return s.write(ctx, actor, key, identity.ReleasePackage, func(tx *db.Tx, r *Release) error {
		p, err := currentPackage(tx, r.ID)
		if err != nil || p == nil {
			return fault.New(fault.NotFound, "The release has no package yet.")
		}
		line, err := componentByID(tx, p.ID, id)
		if err != nil {
			return err
		}
		edited, err := s.assembling(tx, actor, r)
		if err != nil {
			return err
		}
		lines, err := componentsOf(tx, edited.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(lines, func(c Component) bool {
			return c.ID == id || (edited.ID != p.ID && c.Kind == line.Kind && c.Name == line.Name && c.describe() == line.describe())
		})
		if at < 0 {
			return fault.New(fault.NotFound, "That component is gone already.")
		}
		if err := deleteComponent(tx, lines[at].ID); err != nil {
			return err
		}
		return s.record(tx, actor, r, "package.remove", "", "took %s %s out of package v%d", line.Name, line.Label, edited.Number)
	})
}

// Baseline fixes the package: its manifest is written, its digest is its
// identity from now on. Procured media must be accepted before; what is built
// here stays in quarantine until A3.
func (s *Service) Baseline(ctx context.Context, actor identity.Actor, key string) error {
	return s.write(ctx, actor, key, identity.ReleasePackage, func(tx *db.Tx, r *Release) error {
		if err := packable(r); err != nil {
			return err
		}
		p, lines, err := s.CurrentPackage(tx, r)
		if err != nil {
			return err
		}
		if p != nil && p.State == PackageWithdrawn { // the same lines anew, after a rework
			if p, err = s.assembling(tx, actor, r); err != nil {
				return err
			}
		}
		if p == nil {
			return fault.Refuse("The package was not baselined.", fault.Blocked("The package is empty.", "Packaging and build manager", r.Link("package"), "Add a component"))
		}
		blockers, err := s.baselineBlockers(tx, r, lines)
		if err != nil {
			return err
		}
		if err := fault.Refuse("The package was not baselined.", blockers...); err != nil {
			return err
		}
		if err := p.move(PackageBaseline); err != nil {
			return err
		}
		p.Manifest, p.Digest = Canonical(r.Key, r.ServiceKey, lines)
		p.AuthorID, p.AuthorName, p.BaselinedAt = actor.UserID, actor.Name, tx.Now
		if err := save(tx, p); err != nil {
			return err
		}
		r.PackageDigest = p.Digest
		if err := s.voidOutdated(tx, actor, r, fmt.Sprintf("package v%d was baselined", p.Number)); err != nil {
			return err
		}
		if err := saveRelease(tx, r, r.State); err != nil {
			return err
		}
		for _, line := range lines {
			if line.MediaVersionID == 0 {
				continue
			}
			if err := dml.RecordUse(tx, dml.Use{MediaVersionID: line.MediaVersionID, ReleaseKey: r.Key, PackageVersion: p.Number, Role: string(line.Kind),
				ServiceID: r.ServiceID, Restricted: r.Restricted}); err != nil {
				return err
			}
		}
		return s.record(tx, actor, r, "package.baseline", "", "baselined package v%d as %s", p.Number, p.Digest)
	})
}

func (s *Service) baselineBlockers(tx *db.Tx, r *Release, lines []Component) ([]fault.Blocker, error) {
	var blockers []fault.Blocker
	if len(lines) == 0 {
		blockers = append(blockers, fault.Blocked("The package is empty.", "Packaging and build manager", r.Link("package"), "Add a component"))
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
		return fault.Refuse("The package was not verified.", fault.Blocked("There is no package yet.", "Packaging and build manager", r.Link("package"), "Open the package"))
	}
	if p.AuthorID == actor.UserID {
		return fault.Refuse("The package was not verified.", fault.Blocked("You baselined this package, so somebody else verifies it.", "Test manager", r.Link("tests"), "Open the tests"))
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
	r.PackageDigest, r.SignedDigest = "", ""
	if err := s.voidOutdated(tx, actor, r, fmt.Sprintf("the release was told to %s", verb)); err != nil {
		return err
	}
	return s.openGate(tx, r, A3)
}

// rechecks tells whether the actor may have the media hashed anew: who packages
// the release, or who deploys it.
func rechecks(actor identity.Actor, r *Release) bool {
	return actor.Can(identity.ReleasePackage, r.ServiceID) || actor.Can(identity.WaveControl, r.ServiceID)
}

// Recheck hashes all media of the current package anew, before a decision or a
// deployment relies on it. A mismatch makes the version Suspect.
func (s *Service) Recheck(ctx context.Context, actor identity.Actor, key string) error {
	var digests []blob.Digest
	var id int64
	err := s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if !rechecks(actor, r) {
			return identity.Authorize(actor, identity.ReleasePackage, r.ServiceID)
		}
		p, lines, err := s.CurrentPackage(tx, r)
		if err != nil {
			return err
		}
		if p == nil || p.Digest == "" {
			return fault.Refuse("Nothing was hashed anew.", fault.Blocked("The package is not baselined, so its files may still change.", identity.BuildManager.Label(), r.Link("package"), "Baseline the package"))
		}
		id = p.ID
		for _, line := range lines {
			if line.Digest != "" {
				digests = append(digests, blob.Digest(line.Digest))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range digests {
		if err := s.media.Recheck(ctx, d); err != nil {
			return err
		}
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		p, err := currentPackage(tx, r.ID)
		if err != nil || p == nil || p.ID != id {
			return err
		}
		p.RecheckedAt = tx.Now
		if err := save(tx, p); err != nil {
			return err
		}
		return s.record(tx, actor, r, "package.recheck", "", "hashed the %d files of package v%d anew; all match", len(digests), p.Number)
	})
}
