package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

// recheckAge is how old the last hashing of a package's media may be when A4 is
// decided or a wave starts.
const recheckAge = 24 * time.Hour

// Findings gives every criterion of a gate with its evidence: the standing ones
// of this room, those of the rooms to the right, and what the policy asks
// people to confirm. Living waivers and an emergency authority are applied.
func (s *Service) Findings(tx *db.Tx, r *Release, code GateCode) ([]Finding, error) {
	rules, err := s.rules(tx, r)
	if err != nil {
		return nil, err
	}
	list, err := s.own(tx, r, code, rules)
	if err != nil {
		return nil, err
	}
	for _, room := range s.evidence {
		found, err := room.Findings(tx, r, code)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	attested, err := s.attested(tx, r, code, rules)
	if err != nil {
		return nil, err
	}
	list = append(list, attested...)
	waivers, err := waiversOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	applyWaivers(list, waivers, code, tx.Now)
	if r.Type == Emergency {
		authority, err := authorityOf(tx, r.ID)
		if err != nil {
			return nil, err
		}
		authority.deferTo(list)
	}
	for i := range list {
		if list[i].CheckedAt.IsZero() {
			list[i].CheckedAt = tx.Now
		}
	}
	return list, nil
}

// rules are the pinned policy's; the standard ones where none is pinned.
func (s *Service) rules(tx *db.Tx, r *Release) (policy.Rules, error) {
	if r.PolicyVersionID == 0 {
		return policy.Standard(), nil
	}
	v, err := s.policy.VersionByID(tx, r.PolicyVersionID)
	if err != nil {
		return policy.Rules{}, err
	}
	return v.Rules, nil
}

// weigh makes a finding of a yes or no.
func weigh(met bool, code, title, detail, owner, link, action string) Finding {
	f := Finding{Code: code, Title: title, State: Unmet, Detail: detail, Owner: owner, Link: link, Action: action}
	if met {
		f.State = Met
	}
	return f
}

// fromBlockers makes a finding of reasons: none is met.
func fromBlockers(code, title, met, owner, link, action string, reasons []fault.Blocker) Finding {
	f := weigh(len(reasons) == 0, code, title, met, owner, link, action)
	if len(reasons) > 0 {
		sentences := make([]string, len(reasons))
		for i, b := range reasons {
			sentences[i] = b.Sentence
		}
		f.Detail = strings.Join(sentences, " ")
		if reasons[0].Owner != "" {
			f.Owner = reasons[0].Owner
		}
		if reasons[0].Link != "" {
			f.Link, f.Action = reasons[0].Link, reasons[0].Action
		}
	}
	return f
}

// own are the standing criteria of this room.
func (s *Service) own(tx *db.Tx, r *Release, code GateCode, rules policy.Rules) ([]Finding, error) {
	switch code {
	case A1:
		return s.forPlan(tx, r)
	case A2:
		before, err := s.previous(tx, r, A1)
		return append(before, weigh(r.ModelVersionID != 0, "model.chosen", "A release and deployment model is chosen", r.ModelLabel, r.OwnerName, r.Link(), "Open the release")), err
	case A3:
		return s.forCheckIn(tx, r)
	case A4:
		return s.forDeploy(tx, r, rules)
	}
	return s.forClose(tx, r)
}

// previous asks that the gates before still hold.
func (s *Service) previous(tx *db.Tx, r *Release, codes ...GateCode) ([]Finding, error) {
	gates, err := gatesOf(tx, r.ID)
	var list []Finding
	for _, g := range gates {
		if !slices.Contains(codes, g.Code) {
			continue
		}
		detail := fmt.Sprintf("%s is %s.", g.Code, g.State)
		if g.State == GateVoided {
			detail = fmt.Sprintf("%s is void: %s.", g.Code, g.VoidReason)
		}
		list = append(list, weigh(g.State.Passed(), "gate."+strings.ToLower(string(g.Code)), fmt.Sprintf("%s %s holds", g.Code, g.Code.Name()), detail,
			identity.ChangeManager.Label(), r.Link("gates", string(g.Code)), "Open "+string(g.Code)))
	}
	return list, err
}

func (s *Service) forPlan(tx *db.Tx, r *Release) ([]Finding, error) {
	pinned, err := s.policy.VersionByID(tx, r.PolicyVersionID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	inForce := err == nil && (pinned.State == policy.Active || pinned.State == policy.Superseded)
	items, err := itemsOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	scope := fmt.Sprintf("%d configuration items may be affected.", len(items))
	if len(items) == 0 {
		scope = "No configuration item is named that it affects."
	}
	list := []Finding{
		weigh(inForce, "policy.active", "The release policy is in force", r.PolicyLabel, r.ServiceName, "/policies", "Open the policies"),
		weigh(r.Key != "", "identifier.valid", "The identifier follows the policy and is used once", r.Key, r.OwnerName, r.Link(), "Open the release"),
		weigh(r.OwnerID != 0 && r.Type != "" && r.Approach.Scale != "", "release.complete", "Owner, type and approach are named",
			fmt.Sprintf("%s, %s, %s.", r.OwnerName, r.Type, r.Approach), r.OwnerName, r.Link("edit"), "Complete the release"),
		weigh(len(items) > 0, "scope.named", "The scope names what it affects", scope, r.OwnerName, r.Link("package")+"#items", "Name the items"),
	}
	if r.Type == Emergency {
		list = append(list, weigh(r.Incident != "", "emergency.named", "An emergency names what it corrects", r.Incident, r.OwnerName, r.Link("edit"), "Name the incident"))
	}
	debt, err := s.debtFinding(tx, r)
	return append(list, debt), err
}

// debtFinding blocks planned work while the service owes the retrospective
// decision on an earlier emergency past its date.
func (s *Service) debtFinding(tx *db.Tx, r *Release) (Finding, error) {
	debts, err := s.change.Debts(tx, r.ServiceID)
	var late []fault.Blocker
	for i := range debts {
		if d := &debts[i]; d.Overdue(tx.Now) && d.ReleaseKey != r.Key && r.Type != Emergency {
			late = append(late, fault.Blocker{Sentence: fmt.Sprintf("%s went ahead on emergency authority and its retrospective decision is overdue.", d.Key),
				Owner: identity.ChangeAuthority.Label(), Link: d.Link(), Action: "Open " + d.Key})
		}
	}
	return fromBlockers("emergency.debts", "No retrospective decision of this service is overdue", "Nothing is owed.", identity.ChangeAuthority.Label(), "/changes", "Open the changes", late), err
}

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
	list = append(list, weigh(len(open) == 0 && len(items) > 0, "items.decided", "Every affected item is included, or excluded with a reason", decided,
		identity.BuildManager.Label(), r.Link("package")+"#items", "Decide the items"))
	p, lines, err := s.CurrentPackage(tx, r)
	if err != nil {
		return nil, err
	}
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
	f.Detail = fmt.Sprintf("Package v%d is %s.", p.Number, p.State)
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
	reasons, count, err := s.mediaBlockers(tx, lines, judge)
	return fromBlockers("media.accepted", "The media is accepted, or waits for this check-in alone", fmt.Sprintf("%d files, as the library holds them.", count),
		identity.DMLCustodian.Label(), r.Link("package"), "Open the package", reasons), err
}

func (s *Service) mediaBlockers(tx *db.Tx, lines []Component, judge func(*dml.Version) []fault.Blocker) (reasons []fault.Blocker, count int, err error) {
	for _, line := range lines {
		if line.MediaVersionID == 0 {
			continue
		}
		v, err := s.media.VersionByID(tx, line.MediaVersionID)
		if err != nil {
			return nil, 0, err
		}
		count++
		reasons = append(reasons, judge(v)...)
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
	return fromBlockers("licences.sufficient", "Licences suffice and are in date", fmt.Sprintf("%d entitlements are drawn on.", count),
		identity.DMLCustodian.Label(), "/dml/licences", "Open the licences", reasons), nil
}

func reservation(r *Release, line Component) dml.Reservation {
	return dml.Reservation{LicenceKey: line.LicenceKey, ReleaseKey: r.Key, Purpose: line.Name, Quantity: line.Quantity, From: r.WindowStart}
}

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

func (s *Service) forClose(tx *db.Tx, r *Release) ([]Finding, error) {
	c, err := s.change.Find(tx, r.ChangeKey)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	owed := err == nil && c.State == change.RetroDue
	detail := "Nothing is owed."
	f := weigh(!owed, "emergency.retro", "Retrospective decisions are made", detail, identity.ChangeAuthority.Label(), r.Link("emergency"), "Decide in retrospect")
	if owed {
		f.Detail, f.Due = fmt.Sprintf("%s went ahead on emergency authority and is not decided.", c.Key), c.RetroDue
	}
	return []Finding{f}, nil
}
