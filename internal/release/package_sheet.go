package release

import (
	"context"
	"slices"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// PackageSheet is what the package page shows.
type PackageSheet struct {
	Head
	Package  *Package
	Lines    []Component
	Versions []Package
	Items    []Item
	Media    []dml.Version // that the viewer may put into the package
	Catalog  []catalog.Item
	Units    []catalog.Unit // of the service, those of which an item is not listed
	Licences []dml.LicenceView

	Shown      *Package // an older version that was asked for, with its difference to the current one
	ShownLines []Component
	Difference []Difference

	Held map[int64]dml.Version // the media of the lines as the library holds it now, by its number

	Opens         map[int64]bool // which of them the viewer may open
	OpensLicences bool

	Edits      bool            // the viewer packages, and the state allows it
	Locked     []fault.Blocker // why one who packages cannot change it now
	Baselines  bool
	Blockers   []fault.Blocker // why it cannot be baselined
	Voids      []string        // gates that an edit or a baseline would void
	Rechecks   bool
	Restricted bool
}

// mediaChoices is how many versions of the library the form offers.
const mediaChoices = 200

// PackagePage gives the package of a release; number 0 is the current one.
func (s *Service) PackagePage(ctx context.Context, actor identity.Actor, key string, number int64) (v *PackageSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		head, err := s.HeadIn(tx, actor, key)
		if err != nil {
			return err
		}
		v = &PackageSheet{Head: *head}
		return s.fillPackage(tx, actor, head.Release, v, number)
	})
	if err != nil || !v.Edits {
		return v, err
	}
	page, err := s.media.List(ctx, actor, dml.Filter{Limit: mediaChoices})
	if err != nil {
		return nil, err
	}
	for _, m := range page.Versions {
		if m.Deployable() || (m.Waiting() && m.Provenance == dml.Built) {
			v.Media = append(v.Media, m)
		}
	}
	if actor.Can(identity.ReportRead, 0) {
		v.Licences, err = s.media.Licences(ctx, actor, "", mediaChoices)
	}
	return v, err
}

func (s *Service) fillPackage(tx *db.Tx, actor identity.Actor, r *Release, v *PackageSheet, number int64) (err error) {
	if v.Versions, err = packagesOf(tx, r.ID); err != nil {
		return err
	}
	if len(v.Versions) > 0 {
		v.Package = &v.Versions[0]
		if v.Lines, err = componentsOf(tx, v.Package.ID); err != nil {
			return err
		}
	}
	if number != 0 {
		at := slices.IndexFunc(v.Versions, func(p Package) bool { return p.Number == number })
		if at < 0 {
			return fault.New(fault.NotFound, "There is no package v%d.", number)
		}
		v.Shown = &v.Versions[at]
		if v.ShownLines, err = componentsOf(tx, v.Shown.ID); err != nil {
			return err
		}
		v.Difference = CompareComponents(v.ShownLines, v.Lines)
	}
	if v.Items, err = itemsOf(tx, r.ID); err != nil {
		return err
	}
	if v.Held, err = s.held(tx, v.Lines); err != nil {
		return err
	}
	v.Opens, v.OpensLicences = map[int64]bool{}, actor.Can(identity.ReportRead, 0)
	for id, m := range v.Held {
		v.Opens[id] = m.SeenBy(actor)
	}
	if actor.Can(identity.ReleasePackage, r.ServiceID) {
		locked, _ := fault.As(packable(r))
		v.Edits = locked == nil
		if locked != nil && !r.State.Over() {
			v.Locked = locked.Blockers
		}
	}
	v.Rechecks = rechecks(actor, r) && v.Package != nil && v.Package.Digest != ""
	if v.Edits {
		v.Baselines = v.Package != nil && (v.Package.State == PackageAssembling || v.Package.State == PackageWithdrawn)
		if v.Baselines {
			if v.Blockers, err = s.baselineBlockers(tx, r, v.Lines); err != nil {
				return err
			}
		}
		for _, g := range v.Gates {
			if g.State.Passed() && (g.Code == A3 || g.Code == A4) {
				v.Voids = append(v.Voids, string(g.Code))
			}
		}
		if v.Catalog, err = s.catalog.Items(tx, r.ServiceID); err != nil {
			return err
		}
		v.Units, err = s.catalog.Units(tx, r.ServiceID)
		v.Units = missingUnits(v.Units, v.Items)
	}
	return err
}

// held gives the media of lines as the library holds it.
func (s *Service) held(tx *db.Tx, lines []Component) (map[int64]dml.Version, error) {
	list := map[int64]dml.Version{}
	for _, line := range lines {
		if line.MediaVersionID == 0 {
			continue
		}
		v, err := s.media.VersionByID(tx, line.MediaVersionID)
		if err != nil {
			return nil, err
		}
		list[v.ID] = *v
	}
	return list, nil
}
