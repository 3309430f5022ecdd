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

// The annotations by which an index says what its members are to the release.
// They are Slipway's own, since clients that unpack a package take the common
// title of a manifest for the name of a file.
const (
	annotRelease = "vnd.slipway.release"
	annotService = "vnd.slipway.service"
	annotRole    = "vnd.slipway.role"
	annotName    = "vnd.slipway.name"
	annotItem    = "vnd.slipway.item"
	annotMedia   = "vnd.slipway.media"
	annotVersion = "org.opencontainers.image.version"
)

// packageIndex is an index whose bytes are settled.
type packageIndex struct {
	dml.PackageIndex
	text, digest string
}

// indexOf gives the index of components. Its bytes depend on nothing but the
// release's key, its service's and the components.
func (s *Service) indexOf(tx *db.Tx, r *Release, lines []Component) (*packageIndex, error) {
	list, _ := Canonical(r.Key, r.ServiceKey, lines)
	x := &packageIndex{PackageIndex: dml.PackageIndex{Components: []byte(list), About: map[string]string{annotRelease: r.Key, annotService: r.ServiceKey}}}
	sorted := slices.Clone(lines)
	slices.SortStableFunc(sorted, func(a, b Component) int { return a.line().compare(b.line()) })
	for _, line := range sorted {
		if line.MediaVersionID == 0 {
			continue
		}
		v, err := s.media.VersionByID(tx, line.MediaVersionID)
		if err != nil {
			return nil, err
		}
		m, err := s.media.MemberOf(tx, v, line.about())
		if err != nil {
			return nil, fmt.Errorf("manifest of %s: %w", v.Ref(), err)
		}
		x.Members = append(x.Members, m)
	}
	text, digest := x.Build()
	x.text, x.digest = text, digest.String()
	return x, nil
}

// about is what an index says of a component.
func (c Component) about() map[string]string {
	return map[string]string{annotRole: string(c.Kind), annotName: c.Name, annotVersion: c.Label, annotItem: c.ItemKey, annotMedia: c.MediaItem}
}

// held says that the library holds other bytes under a line's version than the
// line names: what waits in quarantine may be pushed anew.
func (c Component) held(v *dml.Version) []fault.Blocker {
	if v.Digest.String() == c.Digest && (c.Manifest == "" || c.Manifest == v.Manifest.String()) {
		return nil
	}
	return []fault.Blocker{{Code: "media.other", Sentence: v.Title() + " was submitted anew with other bytes than the package names. Take it out of the package and add it again.",
		Owner: identity.BuildManager.Label(), Link: v.Link(), Action: "Open the media version"}}
}

// name gives the release the repository from which its packages are pulled. Keys
// that differ in case alone are told apart by the number of the later one.
func name(tx *db.Tx, r *Release) error {
	r.Repository = dml.PackageName(r.Key)
	taken, err := repositoryTaken(tx, r.Repository, r.ID)
	if err != nil {
		return err
	}
	if taken {
		r.Repository += fmt.Sprintf("-%d", r.ID)
	}
	return setRepository(tx, r.ID, r.Repository)
}

// insertNamed inserts a release whose repository nearly always is free.
func insertNamed(tx *db.Tx, r *Release) error {
	free := dml.PackageName(r.Key)
	taken, err := repositoryTaken(tx, free, 0)
	if err != nil {
		return err
	}
	if !taken {
		r.Repository = free
	}
	if err := insertRelease(tx, r); err != nil || !taken {
		return err
	}
	return name(tx, r)
}

const (
	jobIndex   = "release.packages.index"
	indexBatch = 50
)

// IndexOlder gives every package from before packages were indexes an index that
// holds the list that was signed, byte by byte, as the list of its components.
// The signed digest stays the package's identity, and nothing lapses. A package
// whose record does not add up, or whose media is no longer what it names, is
// left without one.
func (s *Service) IndexOlder(ctx context.Context) error {
	var after int64
	for {
		var list []Package
		if err := s.db.View(ctx, func(tx *db.Tx) (err error) { list, err = unindexed(tx, after, indexBatch); return err }); err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			after = list[i].ID
			if err := s.indexOne(ctx, &list[i]); err != nil {
				return fmt.Errorf("index package %d: %w", list[i].ID, err)
			}
		}
	}
}

var librarian = identity.System("package indexes")

func (s *Service) indexOne(ctx context.Context, p *Package) error {
	var x *packageIndex
	err := s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.ByID(tx, librarian, p.ReleaseID)
		if err != nil {
			return err
		}
		lines, err := componentsOf(tx, p.ID)
		if err != nil {
			return err
		}
		if text, digest := Canonical(r.Key, r.ServiceKey, lines); text != p.Manifest || digest != p.Digest {
			return nil
		}
		for _, line := range lines {
			if line.MediaVersionID == 0 {
				continue
			}
			v, err := s.media.VersionByID(tx, line.MediaVersionID)
			if err != nil {
				return err
			}
			if len(line.held(v)) > 0 {
				return nil
			}
			if v.Manifest == "" {
				return fault.New(fault.Unavailable, "%s has no manifest yet.", v.Ref())
			}
		}
		x, err = s.indexOf(tx, r, lines)
		return err
	})
	if err != nil || x == nil {
		return err
	}
	if err := s.media.KeepPackage(ctx, &x.PackageIndex); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.ByID(tx, librarian, p.ReleaseID)
		if err != nil {
			return err
		}
		if r.Repository == "" {
			if err := name(tx, r); err != nil {
				return err
			}
		}
		if err := setIndex(tx, p.ID, x.digest); err != nil {
			return err
		}
		if err := s.media.FilePackage(tx, librarian, r.Repository, p.Tag(), &x.PackageIndex); err != nil {
			return err
		}
		return s.recordDetail(tx, librarian, r, "package.index", "", fmt.Sprintf("signed %s, index %s", p.Digest, x.digest),
			"gave package v%d, signed as %s, the index %s", p.Number, short(p.Digest), short(x.digest))
	})
}
