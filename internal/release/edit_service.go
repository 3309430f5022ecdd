package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/zone"
)

// Edit is what may change on a release beside its window.
type Edit struct {
	Version        int64
	Title, Summary string
	OwnerID        int64
	Restricted     bool
	Incident       string
}

// Rename changes a release's words, owner and confidentiality.
func (s *Service) Rename(ctx context.Context, actor identity.Actor, key string, e Edit) error {
	return s.write(ctx, actor, key, identity.ReleaseEdit, func(tx *db.Tx, r *Release) error {
		if err := db.CheckVersion(r, e.Version); err != nil {
			return err
		}
		if err := open(r); err != nil {
			return err
		}
		var c fault.Check
		e.Title, e.Summary = strings.TrimSpace(e.Title), strings.TrimSpace(e.Summary)
		c.Need(e.Title != "" && len(e.Title) <= 160, "title", "Name the release in at most 160 characters.")
		c.Need(e.Summary != "" && len(e.Summary) <= 4000, "summary", "Say why it is made, in at most 4,000 characters.")
		if e.Incident = strings.TrimSpace(e.Incident); r.Type == Emergency && e.Incident != r.Incident {
			rules, err := s.rules(tx, r)
			if err != nil {
				return err
			}
			if err := rules.NamesIncident(e.Incident); err != nil {
				c.Field("incident", noun.Capital(err.Error())+".")
			}
		}
		owner, err := identity.FindPerson(tx, e.OwnerID)
		c.Need(err == nil, "owner", "Choose the owner.")
		if err := c.Err("The release was not saved."); err != nil {
			return err
		}
		if owner.ID != r.OwnerID {
			if err := s.unsay(tx, actor, r, owner.ID); err != nil {
				return err
			}
		}
		before := r.Restricted
		r.Title, r.Summary, r.OwnerID, r.OwnerName, r.Restricted = e.Title, e.Summary, owner.ID, owner.Name, e.Restricted
		if r.Type == Emergency {
			r.Incident = e.Incident
		}
		if err := saveRelease(tx, r, r.State); err != nil {
			return err
		}
		if err := recount(tx, r, before); err != nil {
			return err
		}
		if err := dml.Restrict(tx, r.Key, r.Restricted); err != nil {
			return err
		}
		if err := s.change.Retitle(tx, actor, r.ChangeKey, r.Title, r.Restricted, r.WindowStart, r.WindowEnd); err != nil {
			return err
		}
		if err := s.book(tx, r); err != nil {
			return err
		}
		return s.record(tx, actor, r, "release.edit", "", "changed the title, summary, owner or confidentiality of %s", r.Key)
	})
}

// unsay asks anew for what was said on the open gates, where whoever is to own
// the release has spoken on them: owners do not decide.
func (s *Service) unsay(tx *db.Tx, actor identity.Actor, r *Release, ownerID int64) error {
	gates, err := gatesOf(tx, r.ID)
	if err != nil {
		return err
	}
	for i := range gates {
		g := &gates[i]
		if g.State != GateOpen {
			continue
		}
		given, err := decisionsOf(tx, g.ID, g.Round)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(given, func(d Decision) bool { return d.ByID == ownerID }) {
			if err := s.askAnew(tx, actor, r, g, "somebody who had spoken on it owns the release now"); err != nil {
				return err
			}
		}
	}
	return nil
}

// Window is a stretch of time in a named zone.
type Window struct {
	Start, End db.Time
	Zone       string
}

// RescheduleEffect lists which decisions a new window would void.
func (s *Service) RescheduleEffect(ctx context.Context, actor identity.Actor, key string, w Window) (voided []Gate, freezes []fault.Blocker, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		moved := *r
		moved.WindowStart, moved.WindowEnd = w.Start, w.End
		gates, err := gatesOf(tx, r.ID)
		if err != nil {
			return err
		}
		for _, g := range gates {
			if _, void := g.outdated(&moved); void && g.State.Passed() {
				voided = append(voided, g)
			}
		}
		freezes, err = s.change.FreezeBlockers(tx, r.Key, r.ServiceID, string(r.Type), w.Start, w.End)
		return err
	})
	return voided, freezes, err
}

// Reschedule moves the window. Decisions that were made on the former one are
// void and asked for anew.
func (s *Service) Reschedule(ctx context.Context, actor identity.Actor, key string, version int64, w Window, reason string) error {
	return s.write(ctx, actor, key, identity.ReleaseEdit, func(tx *db.Tx, r *Release) error {
		if err := db.CheckVersion(r, version); err != nil {
			return err
		}
		if err := open(r); err != nil {
			return err
		}
		var c fault.Check
		checkWindow(&c, w.Start, w.End, w.Zone)
		c.Need(!w.Start.IsZero(), "window_start", "Say when the window starts.")
		c.Need(strings.TrimSpace(reason) != "" || r.WindowStart.IsZero(), "reason", "Say why the window moves.")
		if err := c.Err("The window was not moved."); err != nil {
			return err
		}
		was := r.window()
		r.WindowStart, r.WindowEnd, r.Zone = w.Start, w.End, w.Zone
		if err := s.voidOutdated(tx, actor, r, fmt.Sprintf("the window moved from %s to %s", was, r.window())); err != nil {
			return err
		}
		if err := saveRelease(tx, r, r.State); err != nil {
			return err
		}
		if err := s.change.Retitle(tx, actor, r.ChangeKey, r.Title, r.Restricted, r.WindowStart, r.WindowEnd); err != nil {
			return err
		}
		if err := s.book(tx, r); err != nil {
			return err
		}
		if err := s.record(tx, actor, r, "release.reschedule", reason, "moved the window of %s from %s to %s", r.Key, was, r.window()); err != nil {
			return err
		}
		return s.tell(tx, actor, r, VerbReschedule)
	})
}

func (r *Release) window() string {
	if r.WindowStart.IsZero() {
		return "no window"
	}
	return zone.Span(r.WindowStart.Std(), r.WindowEnd.Std(), r.Zone)
}

// Revision is what the plan tells its release.
type Revision struct {
	PlanVersion int64
	PlanAgreed  bool
	OpenRisks   *int64 // nil leaves the count
	What        string // why, for the record of a voided gate
}

// Planned writes a first plan, drawn from the model, and its risks on a release
// of which nothing was decided yet.
func (s *Service) Planned(tx *db.Tx, r *Release, planVersion, openRisks int64) error {
	r.PlanVersion, r.PlanAgreed, r.OpenRisks = planVersion, false, openRisks
	return savePlanned(tx, r)
}

// Revise takes over what the plan says, and voids decisions made on another plan.
func (s *Service) Revise(tx *db.Tx, actor identity.Actor, r *Release, v Revision) error {
	r.PlanVersion, r.PlanAgreed = v.PlanVersion, v.PlanAgreed
	if v.OpenRisks != nil {
		r.OpenRisks = *v.OpenRisks
	}
	if err := s.voidOutdated(tx, actor, r, v.What); err != nil {
		return err
	}
	return saveRelease(tx, r, r.State)
}
