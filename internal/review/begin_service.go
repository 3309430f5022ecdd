package review

import (
	"time"

	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
)

// Begin starts early life support of a release that went live, with its handover
// items, its live checks, the items of the service package and its review to be
// held. It may be called again: what exists stays, and only another package that
// went live starts the days anew.
func (s *Service) Begin(tx *db.Tx, actor identity.Actor, r *release.Release) error {
	if r.State == release.EarlyLife {
		if err := s.beginEarlyLife(tx, actor, r); err != nil {
			return err
		}
		if err := s.drawHandover(tx, r); err != nil {
			return err
		}
		if err := s.drawChecks(tx, r); err != nil {
			return err
		}
	}
	if err := s.drawPromises(tx, r); err != nil {
		return err
	}
	return s.drawReview(tx, r)
}

func (s *Service) beginEarlyLife(tx *db.Tx, actor identity.Actor, r *release.Release) error {
	e, err := only[EarlyLife](tx, r.ID)
	if err != nil || (e != nil && (e.Digest == r.PackageDigest || e.State == Accepted)) {
		return err
	}
	if e != nil {
		if err := e.restart(r.PackageDigest, r.ELSDays, tx.Now); err != nil {
			return err
		}
		if err := save(tx, e); err != nil {
			return err
		}
		return record(tx, actor, r, "els.restart", "", "started early life support of %s again, because another package went live", r.Key)
	}
	e = &EarlyLife{ReleaseID: r.ID, ReleaseKey: r.Key, ServiceID: r.ServiceID, State: Active, Digest: r.PackageDigest, StartedAt: tx.Now, Days: r.ELSDays}
	people, err := identity.People(tx, r.ServiceID, identity.EarlyLifeSupport)
	if err != nil {
		return err
	}
	if len(people) == 1 { // with several, one of them takes the lead
		e.LeadID, e.LeadName = people[0].ID, people[0].Name
	}
	if err := insert(tx, e); err != nil {
		return err
	}
	return record(tx, actor, r, "els.begin", "", "started early life support of %s for %s", r.Key, noun.Count(r.ELSDays, "day"))
}

func (s *Service) drawHandover(tx *db.Tx, r *release.Release) error {
	items, err := all[HandoverItem](tx, r.ID, "number")
	if err != nil || len(items) > 0 {
		return err
	}
	for i, kind := range HandoverKinds() {
		items = append(items, HandoverItem{ReleaseID: r.ID, ReleaseKey: r.Key, Number: int64(i + 1), Kind: kind.Word, State: HandoverOpen})
	}
	return insert(tx, &items)
}

// drawChecks adds a live check for each criterion that has none.
func (s *Service) drawChecks(tx *db.Tx, r *release.Release) error {
	criteria, err := s.Build.Criteria(tx, r.ID)
	if err != nil {
		return err
	}
	checks, err := all[LiveCheck](tx, r.ID, "id")
	if err != nil {
		return err
	}
	have := map[int64]bool{}
	for _, check := range checks {
		have[check.CriterionID] = true
	}
	for _, criterion := range criteria {
		if have[criterion.ID] {
			continue
		}
		if err := insert(tx, newCheck(r.ID, criterion.ID)); err != nil {
			return err
		}
	}
	return nil
}

// drawPromises adds every item of the service package that is not there yet.
func (s *Service) drawPromises(tx *db.Tx, r *release.Release) error {
	have, err := all[Promise](tx, r.ID, "number")
	if err != nil {
		return err
	}
	taken := map[string]map[int64]bool{"criterion": {}, "item": {}}
	for _, promise := range have {
		taken[promise.Source][promise.SourceID] = true
	}
	number := int64(len(have))
	add := func(source string, id int64, title string) error {
		if taken[source][id] {
			return nil
		}
		number++
		return insert(tx, &Promise{ReleaseID: r.ID, ReleaseKey: r.Key, Number: number, Source: source, SourceID: id, Title: title, Outcome: Undecided})
	}
	criteria, err := s.Build.Criteria(tx, r.ID)
	if err != nil {
		return err
	}
	for _, criterion := range criteria {
		if err := add("criterion", criterion.ID, criterion.Statement); err != nil {
			return err
		}
	}
	return s.eachRequired(tx, r, func(id int64, title string) error { return add("item", id, title) })
}

// drawReview puts the post-implementation review on the calendar.
func (s *Service) drawReview(tx *db.Tx, r *release.Release) error {
	p, err := only[PIR](tx, r.ID)
	if err != nil || p != nil {
		return err
	}
	days, err := s.reviewDays(tx, r)
	if err != nil {
		return err
	}
	due := tx.Now.Add(time.Duration(r.ELSDays+days) * 24 * time.Hour)
	return insert(tx, &PIR{ReleaseID: r.ID, ReleaseKey: r.Key, State: PirDue, Due: due})
}
