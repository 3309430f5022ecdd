package release

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/policy"
	"slipway/internal/state"
)

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
		authority.deferTo(code, list)
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
		detail := fmt.Sprintf("%s is %s.", g.Code, state.Word(g.State))
		if g.State == GateVoided {
			detail = fmt.Sprintf("%s is void: %s.", g.Code, g.VoidReason)
		}
		over, err := s.exceptionOver(tx, r, &g)
		if err != nil {
			return nil, err
		}
		if over != "" {
			detail = over
		}
		list = append(list, weigh(g.State.Passed() && over == "", "gate."+strings.ToLower(string(g.Code)), fmt.Sprintf("%s %s holds", g.Code, g.Code.Name()), detail,
			identity.ChangeManager.Label(), r.Link("gates", string(g.Code)), "Open "+string(g.Code)))
	}
	return list, err
}

// exceptionOver says that a gate was passed with an exception whose time has run
// out while what it excepted is not met yet; nothing where that is not so.
func (s *Service) exceptionOver(tx *db.Tx, r *Release, g *Gate) (string, error) {
	if g.State != GateWaived {
		return "", nil
	}
	waivers, err := waiversOf(tx, r.ID)
	if err != nil {
		return "", err
	}
	ended := lapsed(waivers, g.Code, tx.Now)
	if len(ended) == 0 {
		return "", nil
	}
	findings, err := s.Findings(tx, r, g.Code)
	for _, w := range ended {
		if slices.ContainsFunc(findings, func(f Finding) bool { return f.Code == w.Finding && f.Blocks() }) {
			return fmt.Sprintf("%s was passed with a waiver of “%s” that has expired, and it is not met.", g.Code, w.Title), err
		}
	}
	return "", err
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
		weigh(inForce, "policy.active", "The release policy is in force", r.PolicyLabel, identity.ServiceOwner.Label(), "/policies", "Open the policies"),
		weigh(r.Key != "", "identifier.valid", "The identifier follows the policy and is used once", r.Key, r.OwnerName, r.Link(), "Open the release"),
		weigh(r.OwnerID != 0 && r.Type != "" && r.Approach.Scale != "", "release.complete", "Owner, type and approach are named",
			fmt.Sprintf("%s, %s, %s.", r.OwnerName, r.Type, r.Approach), r.OwnerName, r.Link("edit"), "Complete the release"),
		weigh(len(items) > 0, "scope.named", "The scope names what it affects", scope, r.OwnerName, r.Link("package")+"#items", "Name the items"),
	}
	if r.Type == Emergency {
		rules, err := s.rules(tx, r)
		if err != nil {
			return nil, err
		}
		wrong, detail := rules.NamesIncident(r.Incident), r.Incident
		if wrong != nil {
			detail = strings.TrimSpace(fmt.Sprintf("%s. %s.", strings.TrimSuffix(r.Incident, "."), noun.Capital(wrong.Error())))
		}
		list = append(list, weigh(wrong == nil, "emergency.named", "An emergency names what it corrects", detail, r.OwnerName, r.Link("edit"), "Name the incident"))
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
	return []Finding{f.NotWaived("What went ahead on emergency authority is decided on, for or against.")}, nil
}
