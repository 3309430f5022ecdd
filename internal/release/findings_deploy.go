package release

import (
	"fmt"
	"time"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

// recheckAge is how old the last hashing of a package's media may be when A4 is
// decided or a wave starts.
const recheckAge = 24 * time.Hour

func (s *Service) forDeploy(tx *db.Tx, r *Release, rules policy.Rules) ([]Finding, error) {
	list, err := s.previous(tx, r, A2, A3)
	if err != nil {
		return nil, err
	}
	p, lines, err := s.CurrentPackage(tx, r)
	if err != nil {
		return nil, err
	}
	list = append(list, signedFinding(r, p), recheckedFinding(r, p, tx.Now))
	media, err := s.mediaFinding(tx, r, lines, accepted)
	if err != nil {
		return nil, err
	}
	media.Title = "All media is accepted"
	licences, err := s.licenceFinding(tx, r, lines)
	if err != nil {
		return nil, err
	}
	window, err := s.windowFindings(tx, r, rules)
	if err != nil {
		return nil, err
	}
	list = append(append(list, media, licences), window...)
	reports, err := readinessOf(tx, r.ID)
	for _, area := range Areas() {
		list = append(list, area.finding(r, reports, tx.Now))
	}
	return list, err
}

func signedFinding(r *Release, p *Package) Finding {
	met := p != nil && p.Digest != "" && p.Digest == r.SignedDigest && (p.State == PackageSignedOff || p.State == PackageDeployed)
	detail := "No package is signed off."
	if met {
		detail = fmt.Sprintf("Package v%d, %s.", p.Number, short(p.Digest))
	}
	return weigh(met, "package.signed", "The package is signed off and unchanged", detail, identity.ChangeManager.Label(), r.Link("gates", string(A3)), "Open A3")
}

func recheckedFinding(r *Release, p *Package, now db.Time) Finding {
	f := weigh(false, "package.rechecked", "The media was hashed anew within a day", "Not since the package was signed.", identity.ReleaseManager.Label(), r.Link("package")+"#recheck", "Hash it now")
	if p != nil && !p.RecheckedAt.IsZero() {
		if age := now.Sub(p.RecheckedAt); age <= recheckAge {
			f.State, f.Detail, f.CheckedAt = Met, "All files match their digests.", p.RecheckedAt
		} else {
			f.State, f.Detail = Unknown, fmt.Sprintf("Last hashed %d hours ago.", int(age.Hours()))
		}
	}
	return f
}

func (s *Service) windowFindings(tx *db.Tx, r *Release, rules policy.Rules) ([]Finding, error) {
	window := weigh(!r.WindowStart.IsZero() && tx.Now.Before(r.WindowEnd), "window.set", "A window lies ahead", r.window(), r.OwnerName, r.Link("edit")+"#window", "Set the window")
	if r.WindowStart.IsZero() {
		return []Finding{window}, nil
	}
	freezes, err := s.change.FreezeBlockers(tx, r.Key, r.ServiceID, string(r.Type), r.WindowStart, r.WindowEnd)
	return []Finding{window, fromBlockers("window.freezes", "The window is free of freezes", "None touches it.", identity.ChangeManager.Label(), "/calendar", "Open the calendar", freezes)}, err
}
