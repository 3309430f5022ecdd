package sample

import (
	"context"
	"fmt"

	"slipway/internal/app"
	"slipway/internal/catalog"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

type ruling struct {
	key, name string
	author    string
	services  []string
	rules     policy.Rules
}

// rulings are the organisation's policies: the vital service asks for most,
// the release desk's own tool for least.
func rulings() []ruling {
	payments := policy.Standard()
	payments.Types["major"] = policy.TypeRule{Definition: "New ways to pay, or a change that partners must follow.", Frequency: "three times a year, never in December", NoticeDays: 10, ELSDays: 10}
	payments.RetroHours = 48

	devices := policy.Standard()
	devices.Types["minor"] = policy.TypeRule{Definition: "Fixes and small improvements for devices in use.", Frequency: "monthly", NoticeDays: 3, ELSDays: 4}
	devices.TransferBefore = policy.BeforeHandover
	devices.GateDays = 21

	own := policy.Standard()
	own.Types["minor"] = policy.TypeRule{Definition: "What was finished in the sprint.", Frequency: "every two weeks", NoticeDays: 1, ELSDays: 2}
	own.RiskAppetite, own.TransferBefore = 12, policy.BeforeHandover
	own.Stages["A4"] = policy.StageRule{Approvals: []policy.ApprovalRule{{Role: identity.ChangeManager, Quorum: 1}}}

	return []ruling{
		{"payments", "Payments and points", "maya", []string{"PAY", "LOY"}, payments},
		{"devices", "Devices in branches and warehouses", "chen", []string{"BRF", "WHS"}, devices},
		{"in-house", "In-house tools", "maya", []string{"SLW"}, own},
	}
}

// addPolicies draws up the policies, has the service owner approve them, and
// puts them into force.
func addPolicies(ctx context.Context, a *app.App, who cast, added map[string]catalog.ServiceRecord) error {
	for _, r := range rulings() {
		p := policy.Policy{Key: r.key, Name: r.name}
		for _, key := range r.services {
			p.Services = append(p.Services, added[key].ID)
		}
		if _, err := a.Policy.Create(ctx, who[r.author], &p, r.rules); err != nil {
			return fmt.Errorf("policy %s: %w", r.key, err)
		}
		if err := a.Policy.Approve(ctx, who["sofia"], r.key); err != nil {
			return fmt.Errorf("approve the policy %s: %w", r.key, err)
		}
		if err := a.Policy.Activate(ctx, who[r.author], r.key); err != nil {
			return fmt.Errorf("activate the policy %s: %w", r.key, err)
		}
	}
	return nil
}

// addModels draws the ready-made models up and puts them into use. Here, hosts of
// a service are changed one after the other, while the others answer.
func addModels(ctx context.Context, a *app.App, who cast) error {
	for _, t := range policy.Templates() {
		if t.Key == "rolling-service" {
			for i := range t.Body.Waves {
				t.Body.Waves[i].Outage = policy.Away(0)
			}
		}
		if _, err := a.Policy.CreateModel(ctx, who["maya"], &policy.Model{Key: t.Key, Name: t.Name}, t.Body); err != nil {
			return fmt.Errorf("model %s: %w", t.Key, err)
		}
		if err := a.Policy.ApproveModel(ctx, who["chen"], t.Key); err != nil {
			return fmt.Errorf("approve the model %s: %w", t.Key, err)
		}
	}
	return nil
}
