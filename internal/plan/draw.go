package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// standardAppetite holds for a release that pins no policy yet.
const standardAppetite = 9

// appetite is the score above which only the service owner accepts.
func (s *Service) appetite(tx *db.Tx, r *release.Release) (int64, error) {
	if r.PolicyVersionID == 0 {
		return appetiteOf(nil), nil
	}
	v, err := s.policy.VersionByID(tx, r.PolicyVersionID)
	if err != nil {
		return 0, err
	}
	return appetiteOf(v), nil
}

func appetiteOf(v *policy.Version) int64 {
	if v == nil {
		return standardAppetite
	}
	return int64(v.Rules.RiskAppetite)
}

// DrawNow draws the plan of a release that has none.
func (s *Service) DrawNow(ctx context.Context, actor identity.Actor, key string) error {
	return s.write(ctx, actor, key, identity.PlanEdit, func(tx *db.Tx, r *release.Release) error {
		if _, err := newestPlan(tx, r.ID); err == nil || fault.KindOf(err) != fault.NotFound {
			return err
		}
		from, err := s.release.Origin(tx, r)
		if err != nil {
			return err
		}
		if err := s.Draw(tx, actor, r, from); err != nil {
			return err
		}
		return s.release.Revise(tx, actor, r, release.Revision{PlanVersion: r.PlanVersion, What: "the plan was drawn from the model"})
	})
}

// Draw makes the plan, risks, notices and list of stakeholders of a release that
// has none from its model and the service's register, in the transaction that
// made the release.
func (s *Service) Draw(tx *db.Tx, actor identity.Actor, r *release.Release, from release.Origin) error {
	var body policy.Body
	if from.Model != nil {
		body = from.Model.Body
	}
	p := &Plan{ReleaseID: r.ID, ReleaseKey: r.Key, Number: 1, State: Draft, Content: drawn(r, &body), Difference: []Difference{}, ByID: actor.UserID, ByName: actor.Name}
	if err := insertPlan(tx, p); err != nil {
		return err
	}
	if err := s.drawPeople(tx, r); err != nil {
		return err
	}
	if err := drawRisks(tx, r, body.Risks, appetiteOf(from.Policy)); err != nil {
		return err
	}
	if err := drawNotices(tx, r, body.Notices); err != nil {
		return err
	}
	if err := record(tx, actor, r, "plan.draw", "", "drew plan v1 of %s from its model, with %s and %s", r.Key, noun.Count(len(body.Risks), "risk"), noun.Count(len(body.Notices), "notice")); err != nil {
		return err
	}
	live := int64(len(body.Risks))
	return s.release.Planned(tx, r, p.Number, live)
}

func drawNotices(tx *db.Tx, r *release.Release, templates []policy.NoticeTemplate) error {
	notices := make([]Notice, len(templates))
	for i, t := range templates {
		n := Notice{ReleaseID: r.ID, ReleaseKey: r.Key, Number: int64(i + 1), Audience: t.Audience, Text: t.Text, Contact: r.OwnerName}
		if r.WindowStart != 0 {
			n.SendBy = sendBy(r, t)
		}
		notices[i] = n
	}
	return insertNotices(tx, notices)
}

func sendBy(r *release.Release, t policy.NoticeTemplate) db.Time {
	return r.WindowStart.Add(-days(int64(t.DaysBefore)))
}

// drawn is what the model and the release already say of the plan.
func drawn(r *release.Release, b *policy.Body) Content {
	c := Content{Scope: r.Summary, Resources: b.Resources, Environments: strings.Join(b.Environments, ", "), Dependencies: b.Procedures, Tests: b.Tests,
		Communication: b.Communication, Training: b.Training, EarlyLife: b.EarlySupport, BackOut: b.BackOut,
		Acceptance: "Every utility and warranty criterion of the service package passes in test and again live."}
	if c.Scope == "" {
		c.Scope = r.Title
	}
	for _, w := range b.Waves {
		line := fmt.Sprintf("%s: %d h in %s", w.Name, w.Hours, w.Environment)
		if w.Days > 0 {
			line += ", " + noun.Count(w.Days, "day") + " after the window opens"
		}
		if w.SoakHours > 0 {
			line += fmt.Sprintf(", then %d h of soak", w.SoakHours)
		}
		c.Windows = strings.TrimSpace(c.Windows + "\n" + line)
	}
	if len(b.Environments) > 0 {
		c.Rehearsal = "The back-out is tried in " + b.Environments[0] + " before A4 is asked for."
	}
	c.Milestones = milestones(r, b)
	return c
}

// milestones are the model's, by their days before the window opens.
func milestones(r *release.Release, b *policy.Body) (list []Milestone) {
	if r.WindowStart == 0 {
		return nil
	}
	for _, m := range b.Milestones {
		list = append(list, Milestone{Name: m.Name, Due: r.WindowStart.Add(-days(int64(m.Days)))})
	}
	if len(list) == 0 {
		list = []Milestone{{Name: "The window opens", Due: r.WindowStart}}
	}
	return list
}

func drawRisks(tx *db.Tx, r *release.Release, templates []policy.RiskTemplate, appetite int64) error {
	due := r.WindowStart
	if due == 0 {
		due = tx.Now.Add(days(14))
	}
	risks := make([]Risk, len(templates))
	for i, t := range templates {
		risk := Risk{Cause: t.Cause, Event: t.Event, Effect: t.Impact, Probability: int64(t.Probability), Impact: int64(t.Severity),
			Response: "reduce", Treatment: t.Response, OwnerID: r.OwnerID, OwnerName: r.OwnerName, Due: due, Appetite: appetite}
		if slices.Contains(Responses(), t.Response) {
			risk.Response, risk.Treatment = t.Response, ""
		}
		risks[i] = newRisk(r, int64(i+1), risk)
	}
	return insertRisks(tx, risks)
}

// drawPeople copies the service's register. Where nobody keeps one, it begins
// with the service's owners, who have to agree, its operations and its readers.
func (s *Service) drawPeople(tx *db.Tx, r *release.Release) error {
	list, err := registerOf(tx, r.ServiceID)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		if list, err = firstRegister(tx, r); err != nil {
			return err
		}
	}
	for i := range list {
		list[i].Row, list[i].ServiceID, list[i].ReleaseID = db.Row{}, r.ServiceID, r.ID
		if list[i].PersonID == r.AuthorID || list[i].PersonID == r.OwnerID {
			list[i].Required = false // who writes the plan does not agree to it
		}
	}
	return insertStakeholders(tx, list)
}

func firstRegister(tx *db.Tx, r *release.Release) (list []Stakeholder, err error) {
	people, err := identity.PeopleByRole(tx, r.ServiceID, identity.ServiceOwner, identity.Operations, identity.Stakeholder)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		role                identity.Role
		raci                string
		interest, influence int64
		required            bool
	}{{identity.ServiceOwner, "A", 5, 5, true}, {identity.Operations, "C", 4, 3, false}, {identity.Stakeholder, "I", 4, 2, false}} {
		for i, person := range people[part.role] {
			if slices.ContainsFunc(list, func(o Stakeholder) bool { return o.PersonID == person.ID }) {
				continue
			}
			raci := part.raci
			if raci == "A" && i > 0 { // only one is accountable
				raci = "C"
			}
			list = append(list, Stakeholder{PersonID: person.ID, Name: person.Name, RACI: raci, Interest: part.interest, Influence: part.influence, Required: part.required, Duty: part.role.Label()})
		}
	}
	return list, nil
}
