package plan

import (
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// Follow dates what the model counts from the window, once a release that was
// drawn without one has it: a draft without milestones gets them, and a notice
// without a day gets one. What somebody dated stays as it is.
func (s *Service) Follow(tx *db.Tx, actor identity.Actor, r *release.Release, verb release.Verb) error {
	if verb != release.VerbReschedule || r.WindowStart.IsZero() {
		return nil
	}
	from, err := s.release.Origin(tx, r)
	if err != nil || from.Model == nil {
		return err
	}
	dated, err := dateNotices(tx, r, from.Model.Body.Notices)
	if err != nil {
		return err
	}
	p, err := newestPlan(tx, r.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if p.State == Draft && len(p.Content.Milestones) == 0 {
		p.Content.Milestones = milestones(r, &from.Model.Body)
		if err := save(tx, p); err != nil {
			return err
		}
		dated = true
	}
	if !dated {
		return nil
	}
	return record(tx, actor, r, "plan.date", "", "milestones and notices of %s got their days from its window", r.Key)
}

// dateNotices gives the model's notices that are not sent and have no day theirs.
func dateNotices(tx *db.Tx, r *release.Release, templates []policy.NoticeTemplate) (dated bool, err error) {
	notices, err := noticesOf(tx, r.ID)
	if err != nil {
		return false, err
	}
	for i := range notices {
		n := &notices[i]
		at := slices.IndexFunc(templates, func(t policy.NoticeTemplate) bool { return t.Audience == n.Audience && t.Text == n.Text })
		if at < 0 || !n.SendBy.IsZero() || !n.SentAt.IsZero() {
			continue
		}
		n.SendBy = sendBy(r, templates[at])
		if err := save(tx, n); err != nil {
			return false, err
		}
		dated = true
	}
	return dated, nil
}
