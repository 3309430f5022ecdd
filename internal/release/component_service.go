package release

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

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
		lines, err := componentsOf(tx, p.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(lines, c.same) {
			return fault.New(fault.Conflict, "%s %s is in the package already.", c.Name, c.Label)
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
		if err != nil {
			return err
		}
		if p == nil {
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
			return c.ID == id || (edited.ID != p.ID && c.same(*line))
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
