package plan

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Findings is what planning knows about a gate, read in the gate's transaction.
func (s *Service) Findings(tx *db.Tx, r *release.Release, gate release.GateCode) ([]release.Finding, error) {
	var parts []func(*db.Tx, *release.Release) (release.Finding, error)
	switch gate {
	case "A2":
		parts = append(parts, s.agreedFinding, s.assessedFinding, s.appetiteFinding, s.conflictFinding)
	case "A3":
		parts = append(parts, s.appetiteFinding)
	case "A4":
		parts = append(parts, s.agreedFinding, s.appetiteFinding, s.noticeFinding)
	}
	var list []release.Finding
	for _, part := range parts {
		f, err := part(tx, r)
		if err != nil {
			return nil, err
		}
		f.CheckedAt = tx.Now
		list = append(list, f)
	}
	return list, nil
}

func at(r *release.Release, tab string) string { return "/releases/" + r.Key + "/" + tab }

func verdict(met bool) release.FindingState {
	if met {
		return release.Met
	}
	return release.Unmet
}

func (s *Service) agreedFinding(tx *db.Tx, r *release.Release) (release.Finding, error) {
	f := release.Finding{Code: "plan.agreed", Title: "Every required stakeholder agreed to the plan", State: release.Unmet, Owner: r.OwnerName, Link: at(r, "plan"), Action: "Open the plan", Waivable: true}
	p, err := newestPlan(tx, r.ID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		f.Detail = "There is no plan yet."
		return f, nil
	}
	if err != nil {
		return f, err
	}
	required, err := s.seatsOf(tx, r, p)
	var missing []string
	for _, seat := range required {
		if seat.Open() {
			missing = append(missing, seat.Stakeholder.Name)
		}
	}
	f.State = verdict(p.State == Agreed && len(missing) == 0)
	switch {
	case p.State == Draft:
		f.Detail = fmt.Sprintf("Plan v%d is a draft; nobody has been asked to agree.", p.Number)
	case len(missing) > 0:
		f.Detail = fmt.Sprintf("Plan v%d waits for %s.", p.Number, strings.Join(missing, ", "))
		f.Owner = missing[0]
	default:
		f.Detail = fmt.Sprintf("Plan v%d, agreed by %d of %d.", p.Number, len(required), len(required))
	}
	return f, err
}

func (s *Service) assessedFinding(tx *db.Tx, r *release.Release) (release.Finding, error) {
	f := release.Finding{Code: "risks.assessed", Title: "The risks are assessed", Owner: r.OwnerName, Link: at(r, "risks"), Action: "Open the risks", Waivable: true}
	list, err := risksOf(tx, r.ID)
	idle := 0
	for _, risk := range list {
		if risk.Live() && (risk.OwnerName == "" || risk.Response == "") {
			idle++
		}
	}
	f.State = verdict(len(list) > 0 && idle == 0)
	switch {
	case len(list) == 0:
		f.Detail = "Nobody has recorded a risk."
	case idle > 0:
		f.Detail = fmt.Sprintf("%d of %d risks have no owner or no response.", idle, len(list))
	default:
		f.Detail = fmt.Sprintf("%d risks, each weighed and answered.", len(list))
	}
	return f, err
}

func (s *Service) appetiteFinding(tx *db.Tx, r *release.Release) (release.Finding, error) {
	f := release.Finding{Code: "risks.appetite", Title: "No risk above the appetite is unaccepted", Owner: r.OwnerName, Link: at(r, "risks"), Action: "Open the risks"}
	list, err := risksOf(tx, r.ID)
	if err != nil {
		return f, err
	}
	appetite, err := s.appetite(tx, r)
	if err != nil {
		return f, err
	}
	var above []string
	for _, risk := range list {
		if risk.Live() && risk.Residual() > appetite {
			above = append(above, fmt.Sprintf("%s (%d)", risk.Key(), risk.Residual()))
		}
	}
	f.State, f.Detail = verdict(len(above) == 0), fmt.Sprintf("The appetite is %d.", appetite)
	if len(above) > 0 {
		f.Owner, f.Detail = identity.ServiceOwner.Label(), fmt.Sprintf("Above %d: %s.", appetite, strings.Join(above, ", "))
	}
	return f, nil
}

func (s *Service) conflictFinding(tx *db.Tx, r *release.Release) (release.Finding, error) {
	f := release.Finding{Code: "conflicts", Title: "Conflicts are resolved or accepted", Owner: identity.ChangeManager.Label(), Link: "/calendar", Action: "Open the calendar", Waivable: true}
	list, err := s.change.Conflicts(tx, r.Key)
	i := slices.IndexFunc(list, func(c change.Conflict) bool { return c.Accepted == nil })
	f.State, f.Detail = verdict(i < 0), "Nothing else needs the same things at the same time."
	switch {
	case i >= 0:
		f.Detail = list[i].Told(r.Key)
	case len(list) > 0:
		f.Detail = fmt.Sprintf("%d accepted.", len(list))
	}
	return f, err
}

func (s *Service) noticeFinding(tx *db.Tx, r *release.Release) (release.Finding, error) {
	f := release.Finding{Code: "notice.sent", Title: "Those concerned have been notified", Owner: r.OwnerName, Link: at(r, "stakeholders") + "#notices", Action: "Send the notice", Waivable: true}
	list, err := noticesOf(tx, r.ID)
	var unsent []string
	sent := 0
	for _, n := range list {
		if !n.SentAt.IsZero() {
			sent++
		}
		if n.SentAt.IsZero() && (r.WindowStart == 0 || n.SendBy <= r.WindowStart) {
			unsent = append(unsent, n.Audience)
			f.Due = n.SendBy
		}
	}
	f.State = verdict(sent > 0 && len(unsent) == 0)
	switch {
	case len(list) == 0:
		f.Detail = "No notice is planned."
	case len(unsent) > 0:
		f.Detail = "Not sent: " + strings.Join(unsent, ", ") + "."
	case sent == 0:
		f.Detail = "No notice is sent before the window."
	default:
		f.Detail = fmt.Sprintf("%d sent.", sent)
	}
	return f, err
}
