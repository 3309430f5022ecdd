package sample

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/plan"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// create makes the release of the tale, with a window.
func (j *journey) create(ctx context.Context, start, end db.Time) error {
	t, q := j.tale, release.Request{}
	err := j.view(ctx, func(tx *db.Tx) error {
		models, err := j.app.Policy.ActiveModels(tx)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(models, func(m policy.ModelVersion) bool { return m.ModelKey == t.model })
		if at < 0 {
			return fmt.Errorf("there is no model %s in use", t.model)
		}
		q.ModelVersionID = models[at].ID
		s, err := j.app.Catalog.FindService(tx, t.service)
		if err != nil {
			return err
		}
		units, err := j.app.Catalog.Units(tx, s.ID)
		for _, u := range units {
			if slices.Contains(t.units, u.Name) {
				q.UnitIDs = append(q.UnitIDs, u.ID)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if t.automated {
		q.Approach.Execution = "automated"
	}
	q.ServiceKey, q.Title, q.Summary, q.Value, q.Type, q.Incident = t.service, t.title, t.summary, t.value, t.kind, t.incident
	q.WindowStart, q.WindowEnd, q.Zone, q.Restricted = start, end, Zone, t.restricted
	if t.owner != "" {
		q.OwnerID = j.as(t.owner).UserID
	}
	r, err := j.app.Release.Create(ctx, j.as("maya"), q)
	if err != nil {
		return explain("create", err)
	}
	j.key = r.Key
	return nil
}

// scope names what the release affects, where nobody has: everything of the
// service that is software or documentation.
func (j *journey) scope(ctx context.Context) error {
	r, err := j.release(ctx)
	if err != nil {
		return err
	}
	var missing []catalog.Item
	err = j.view(ctx, func(tx *db.Tx) error {
		named, err := j.app.Release.Items(tx, r)
		if err != nil || len(named) > 0 {
			return err
		}
		missing, err = j.app.Catalog.Items(tx, r.ServiceID)
		return err
	})
	for _, i := range missing {
		if err != nil || i.Kind != "software" && i.Kind != "documentation" {
			continue
		}
		named, _, problem := j.items(ctx)
		if err = problem; err == nil && !slices.ContainsFunc(named, func(n release.Item) bool { return n.ItemID == i.ID }) { // it may have come with another
			err = j.app.Release.AddItem(ctx, j.as("bruno"), j.key, i.Key)
		}
	}
	return explain("scope", err)
}

// submit proposes the release.
func (j *journey) submit(ctx context.Context) error {
	return explain("submit", j.app.Release.Do(ctx, j.as("maya"), j.key, release.VerbSubmit, "", 0))
}

// writePlan completes the draft that came from the model and asks for agreement.
func (j *journey) writePlan(ctx context.Context) error {
	maya := j.as("maya")
	sheet, err := j.app.Plan.Sheet(ctx, maya, j.key, 0)
	if err != nil || sheet.Plan == nil || sheet.Plan.State != plan.Draft {
		return err
	}
	content := sheet.Plan.Content
	fill := func(text *string, with string) {
		if *text == "" {
			*text = with
		}
	}
	fill(&content.Exclusions, "Nothing beyond the named release units; requests that came in since are for the next release.")
	fill(&content.Costs, "Within the budget of the service; overtime of two people in the window.")
	fill(&content.Windows, "Inside the window of the release, in "+Zone+".")
	fill(&content.Rehearsal, "The back-out is tried on staging before A4 is asked for.")
	fill(&content.Tests, "Regression and the criteria of the service package.")
	fill(&content.BackOut, "The former package is put back.")
	if len(content.Milestones) == 0 {
		content.Milestones = []plan.Milestone{{Name: "Plan agreed", Due: j.app.DB.Now().Add(7 * 24 * time.Hour)}}
	}
	if _, err := j.app.Plan.Save(ctx, maya, j.key, content, sheet.Plan.Version); err != nil {
		return explain("plan", err)
	}
	if err := j.consult(ctx); err != nil {
		return err
	}
	if sheet, err = j.app.Plan.Sheet(ctx, maya, j.key, 0); err != nil {
		return err
	}
	return explain("submit the plan", j.app.Plan.Submit(ctx, maya, j.key, sheet.Plan.Version))
}

// consult makes sure that somebody has to agree.
func (j *journey) consult(ctx context.Context) error {
	maya := j.as("maya")
	circle, err := j.app.Plan.Circle(ctx, maya, j.key)
	if err != nil {
		return err
	}
	for _, s := range circle.Stakeholders {
		if s.Required {
			return nil
		}
	}
	for _, s := range circle.Stakeholders {
		if s.PersonID != 0 && s.PersonID != maya.UserID && s.PersonID != circle.Release.OwnerID {
			s.Required = true
			return explain("stakeholder", j.app.Plan.SaveStakeholder(ctx, maya, j.key, s, s.Version, false))
		}
	}
	elin := j.as("elin")
	return explain("stakeholder", j.app.Plan.SaveStakeholder(ctx, maya, j.key, plan.Stakeholder{PersonID: elin.UserID, RACI: "C", Interest: 3, Influence: 3, Required: true}, 0, false))
}

// weighRisks treats every open risk, and has what stays above the appetite
// accepted by the service owner.
func (j *journey) weighRisks(ctx context.Context) error {
	maya := j.as("maya")
	sheet, err := j.app.Plan.Risks(ctx, maya, j.key)
	if err != nil {
		return err
	}
	if len(sheet.Risks) == 0 {
		_, err := j.app.Plan.SaveRisk(ctx, maya, j.key, plan.Risk{Cause: "The change is new", Event: "it behaves in use as nobody expected", Effect: "users call the desk",
			Probability: 2, Impact: 3, Response: "reduce", Treatment: "Early life support watches", OwnerID: maya.UserID, Due: j.app.DB.Now().Add(14 * 24 * time.Hour)}, 0)
		if err != nil {
			return explain("risk", err)
		}
		if sheet, err = j.app.Plan.Risks(ctx, maya, j.key); err != nil {
			return err
		}
	}
	for _, risk := range sheet.Risks {
		if risk.State == plan.RiskOpen {
			if err := j.treat(ctx, risk); err != nil {
				return err
			}
		}
	}
	if sheet, err = j.app.Plan.Risks(ctx, maya, j.key); err != nil {
		return err
	}
	for _, risk := range sheet.Risks {
		if risk.State == plan.RiskTreating && risk.Residual() > sheet.Appetite {
			err := j.app.Plan.MoveRisk(ctx, j.as("sofia"), j.key, risk.Number, plan.RiskAccept, "The gain outweighs it, and the way back is short.", risk.Version)
			if err != nil {
				return explain("accept a risk", err)
			}
		}
	}
	return nil
}

// acceptRest takes with the release what its treated risks leave. The owner of
// a slow one is still at it when the waves run.
func (j *journey) acceptRest(ctx context.Context) error {
	maya := j.as("maya")
	sheet, err := j.app.Plan.Risks(ctx, maya, j.key)
	if err != nil || j.tale.slow {
		return err
	}
	for _, risk := range sheet.Risks {
		if risk.State != plan.RiskTreating {
			continue
		}
		if err := j.app.Plan.MoveRisk(ctx, maya, j.key, risk.Number, plan.RiskAccept, "Treated as planned; what remains is small, and the way back is short.", risk.Version); err != nil {
			return explain("accept a risk", err)
		}
	}
	return nil
}

// treat estimates what remains of a risk that was reduced, and begins treatment.
func (j *journey) treat(ctx context.Context, risk plan.Risk) error {
	maya := j.as("maya")
	if risk.OwnerID == 0 {
		risk.OwnerID = maya.UserID
	}
	if risk.Due.IsZero() {
		risk.Due = j.app.DB.Now().Add(14 * 24 * time.Hour)
	}
	if risk.Response == "" {
		risk.Response = "reduce"
	}
	if risk.ResidualProbability == 0 && risk.Response == "reduce" {
		risk.ResidualProbability, risk.ResidualImpact = max(risk.Probability-1, 1), risk.Impact
	}
	saved, err := j.app.Plan.SaveRisk(ctx, maya, j.key, risk, risk.Version)
	if err != nil {
		return explain("risk", err)
	}
	return explain("treat a risk", j.app.Plan.MoveRisk(ctx, maya, j.key, saved.Number, plan.RiskTreat, "", saved.Version))
}

// agree gives the word of everybody whose word is wanted.
func (j *journey) agree(ctx context.Context) error {
	sheet, err := j.app.Plan.Sheet(ctx, j.as("maya"), j.key, 0)
	if err != nil || sheet.Plan == nil {
		return err
	}
	for _, seat := range sheet.Seats {
		if !seat.Open() {
			continue
		}
		for _, actor := range j.who {
			if actor.UserID == seat.Stakeholder.PersonID {
				if err := j.app.Plan.Say(ctx, actor, j.key, sheet.Plan.Number, plan.Agrees, "Agreed; the window suits us."); err != nil {
					return explain("agree", err)
				}
			}
		}
	}
	return nil
}

// settleConflicts has the change authority accept what stands in the way.
func (j *journey) settleConflicts(ctx context.Context) error {
	var open []change.Conflict
	err := j.view(ctx, func(tx *db.Tx) error {
		list, err := j.app.Change.Conflicts(tx, j.key)
		open = slices.DeleteFunc(list, func(c change.Conflict) bool { return c.Accepted != nil })
		return err
	})
	for _, c := range open {
		if err != nil {
			return err
		}
		reason := "They meet in the calendar alone; different people carry them out."
		if strings.HasPrefix(c.Shared, "item:") {
			reason = "The second goes on only after the first is verified."
		}
		err = j.app.Change.AcceptConflict(ctx, j.as("olga"), c.One.ReleaseKey, c.Other.ReleaseKey, c.Shared, reason)
	}
	return explain("conflicts", err)
}
