package review

import (
	"context"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// rules are those of the policy version that the release pinned; the zero Rules
// for a release that has none yet.
func (s *Service) rules(tx *db.Tx, r *release.Release) (policy.Rules, error) {
	if r.PolicyVersionID == 0 {
		return policy.Rules{}, nil
	}
	version, err := s.Policy.VersionByID(tx, r.PolicyVersionID)
	if err != nil {
		return policy.Rules{}, err
	}
	return version.Rules, nil
}

// transferRequired tells whether knowledge transfer must be confirmed before the
// going live, and not only before handover.
func (s *Service) transferRequired(tx *db.Tx, r *release.Release) (bool, error) {
	rules, err := s.rules(tx, r)
	return rules.TransferBefore != "handover", err
}

// reviewDays is how long after early life the review is due.
func (s *Service) reviewDays(tx *db.Tx, r *release.Release) (int64, error) {
	rules, err := s.rules(tx, r)
	return int64(rules.PIRDays), err
}

// drawTransfers draws the model's knowledge transfers into a new release inside
// the caller's transaction, so that it arrives with them. The receiver is named
// where only one person holds the role; giver and material are still to be
// planned.
func (s *Service) drawTransfers(tx *db.Tx, actor identity.Actor, r *release.Release, model *policy.ModelVersion) error {
	if model == nil || len(model.Body.Transfers) == 0 {
		return nil
	}
	var due db.Time
	if !r.WindowStart.IsZero() {
		due = r.WindowStart.Add(-24 * time.Hour)
	}
	var roles []identity.Role
	for _, template := range model.Body.Transfers {
		roles = append(roles, template.Receiver)
	}
	people, err := identity.PeopleByRole(tx, r.ServiceID, roles...)
	if err != nil {
		return err
	}
	var drawn []Transfer
	for i, template := range model.Body.Transfers {
		t := Transfer{ReleaseID: r.ID, ReleaseKey: r.Key, Number: int64(i + 1), Topic: template.Topic, Audience: template.Audience, Method: template.Method, Due: due, State: TransferPlanned}
		if holders := people[template.Receiver]; len(holders) == 1 {
			t.ReceiverID, t.ReceiverName = holders[0].ID, holders[0].Name
		}
		drawn = append(drawn, t)
	}
	if err := insert(tx, &drawn); err != nil {
		return err
	}
	return record(tx, actor, r, "transfer.draw", "", "drew %s from the model of %s", noun.Count(len(drawn), "knowledge transfer"), r.Key)
}

// most documents that a page offers as material.
const mostMaterial = 200

// material lists the documents from which a transfer may choose.
func (s *Service) material(ctx context.Context, actor identity.Actor) ([]dml.Version, error) {
	found, err := s.DML.List(ctx, actor, dml.Filter{Kind: dml.Documentation, Limit: mostMaterial})
	var list []dml.Version
	for _, version := range found.Versions {
		if version.State != dml.Rejected && version.State != dml.Retired {
			list = append(list, version)
		}
	}
	return list, err
}
