package release

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/state"
)

func (s *Service) forCheckIn(tx *db.Tx, r *Release) ([]Finding, error) {
	list, err := s.previous(tx, r, A2)
	if err != nil {
		return nil, err
	}
	items, err := itemsOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	var open []string
	for _, i := range items {
		if i.Decision == Undecided {
			open = append(open, i.ItemKey)
		}
	}
	decided := fmt.Sprintf("%d items, each included or excluded with a reason.", len(items))
	if len(open) > 0 {
		decided = "Undecided: " + strings.Join(open, ", ") + "."
	} else if len(items) == 0 {
		decided = "No item is named."
	}
	p, lines, err := s.CurrentPackage(tx, r)
	if err != nil {
		return nil, err
	}
	unlisted := hidden(items, lines)
	if len(unlisted) > 0 {
		decided = strings.TrimSpace(decided + " " + strings.Join(unlisted, "; ") + ".")
	}
	list = append(list, weigh(len(open)+len(unlisted) == 0 && len(items) > 0, "items.decided", "Every affected item is included, or excluded with a reason", decided,
		identity.BuildManager.Label(), r.Link("package")+"#items", "Decide the items"))
	list = append(list, packageFinding(r, p))
	media, err := s.mediaFinding(tx, r, lines, func(v *dml.Version) []fault.Blocker {
		if v.Deployable() || (v.Waiting() && v.Provenance == dml.Built && v.ChecksUnmet == 0 && !v.CheckedAt.IsZero()) {
			return nil
		}
		return []fault.Blocker{v.Blocker()}
	})
	if err != nil {
		return nil, err
	}
	licences, err := s.licenceFinding(tx, r, lines)
	return append(list, media, documentFinding(r, lines), licences), err
}

func packageFinding(r *Release, p *Package) Finding {
	f := weigh(false, "package.verified", "The package is baselined and verified", "There is no package yet.", identity.BuildManager.Label(), r.Link("package"), "Open the package")
	if p == nil {
		return f
	}
	f.Detail = fmt.Sprintf("Package v%d is %s.", p.Number, state.Word(p.State))
	switch p.State {
	case PackageVerified, PackageSignedOff, PackageDeployed:
		f.State = Met
		f.Detail = fmt.Sprintf("Package v%d was baselined by %s and verified by %s.", p.Number, p.AuthorName, p.VerifierName)
	case PackageBaselined:
		f.Owner, f.Link, f.Action = identity.TestManager.Label(), r.Link("tests"), "Verify the package"
	}
	return f
}

func documentFinding(r *Release, lines []Component) Finding {
	at := slices.IndexFunc(lines, func(c Component) bool { return c.Kind == Documentation })
	detail := "The package holds no documentation."
	if at >= 0 {
		detail = lines[at].Name + " " + lines[at].Label
	}
	f := weigh(at >= 0, "package.documents", "Documentation is part of the package", detail, identity.BuildManager.Label(), r.Link("package"), "Add the documentation")
	f.Waivable = true
	return f
}

// mediaFinding asks the library about every file of the package.
func (s *Service) mediaFinding(tx *db.Tx, r *Release, lines []Component, judge func(*dml.Version) []fault.Blocker) (Finding, error) {
	reasons, count, err := s.mediaBlockers(tx, lines, judge, used(r, tx.Now))
	if err != nil {
		return Finding{}, err
	}
	for _, line := range lines { // what has to come from a shelf
		missing, err := s.media.ShelfBlockers(tx, line.MediaItem, line.Serial)
		if err != nil {
			return Finding{}, err
		}
		reasons = append(reasons, missing...)
	}
	return fromBlockers("media.accepted", "The media is accepted, or waits for this check-in alone", noun.Count(count, "file")+", as the library holds them.",
		identity.DMLCustodian.Label(), r.Link("package"), "Open the package", reasons), err
}

// used is when a release will be deployed, as far as is known.
func used(r *Release, now db.Time) db.Time { return max(r.WindowStart, now) }

// mediaBlockers asks about every file, and whether the licence behind it holds
// when it is used.
func (s *Service) mediaBlockers(tx *db.Tx, lines []Component, judge func(*dml.Version) []fault.Blocker, at db.Time) (reasons []fault.Blocker, count int, err error) {
	for _, line := range lines {
		if line.MediaVersionID == 0 {
			continue
		}
		v, err := s.media.VersionByID(tx, line.MediaVersionID)
		if err != nil {
			return nil, 0, err
		}
		count++
		terms, err := s.media.TermsBlockers(tx, v, at)
		if err != nil {
			return nil, 0, err
		}
		reasons = append(append(append(reasons, judge(v)...), line.held(v)...), terms...)
	}
	return reasons, count, nil
}

func accepted(v *dml.Version) []fault.Blocker {
	if v.Deployable() {
		return nil
	}
	return []fault.Blocker{v.Blocker()}
}

func (s *Service) licenceFinding(tx *db.Tx, r *Release, lines []Component) (Finding, error) {
	var reasons []fault.Blocker
	count := 0
	for _, line := range lines {
		if line.LicenceKey == "" {
			continue
		}
		count++
		short, err := s.media.LicenceBlockers(tx, reservation(r, line))
		if err != nil {
			return Finding{}, err
		}
		reasons = append(reasons, short...)
	}
	return fromBlockers("licences.sufficient", "Licences suffice and are in date", noun.Count(count, "entitlement is drawn on.", "entitlements are drawn on."),
		identity.DMLCustodian.Label(), "/dml/licences", "Open the licences", reasons), nil
}

func reservation(r *Release, line Component) dml.Reservation {
	return dml.Reservation{LicenceKey: line.LicenceKey, ReleaseKey: r.Key, Purpose: line.Name, Quantity: line.Quantity, From: r.WindowStart}
}
