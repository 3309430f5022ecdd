package plan

import (
	"context"
	"slices"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Sheet is what the plan page of a release shows.
type Sheet struct {
	Release   *release.Release
	Plan      *Plan // nil before one is drawn
	Versions  []Plan
	Seats     []Seat
	Conflicts []change.Conflict
	Bound     []string // gates decided on this version
	Mine      *Seat    // the viewer's own seat, when their word is wanted
	Edits     bool
}

// Sheet gives the newest plan (number 0), or the version asked for.
func (s *Service) Sheet(ctx context.Context, actor identity.Actor, key string, number int64) (sheet *Sheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		sheet = &Sheet{Release: r, Edits: actor.Can(identity.PlanEdit, r.ServiceID) && !slices.Contains(over, r.State)}
		if number == 0 {
			sheet.Plan, err = newestPlan(tx, r.ID)
			if err != nil && fault.KindOf(err) == fault.NotFound {
				sheet.Plan = nil
				return nil
			}
		} else {
			sheet.Plan, err = planByNumber(tx, r.ID, number)
		}
		if err != nil {
			return err
		}
		if sheet.Versions, err = versionsOf(tx, r.ID); err != nil {
			return err
		}
		if sheet.Seats, err = s.seatsOf(tx, r, sheet.Plan); err != nil {
			return err
		}
		for i, seat := range sheet.Seats {
			wanted := sheet.Plan.State == InAgreement || sheet.Plan.State == Agreed && seat.Given == nil
			if seat.Stakeholder.PersonID == actor.UserID && wanted {
				sheet.Mine = &sheet.Seats[i]
			}
		}
		if sheet.Bound, err = s.boundGates(tx, r); err != nil {
			return err
		}
		sheet.Conflicts, err = s.change.Conflicts(tx, r.Key)
		return err
	})
	return sheet, err
}

// Waiting lists the plans that wait for the actor's word.
func (s *Service) Waiting(ctx context.Context, actor identity.Actor) (list []Plan, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		list, err = waitingFor(tx, actor.UserID)
		return err
	})
	return list, err
}

// Between gives what two versions of a release's plan say differently.
func (s *Service) Between(ctx context.Context, actor identity.Actor, key string, before, after int64) (list []Difference, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		was, err := planByNumber(tx, r.ID, before)
		if err != nil {
			return err
		}
		is, err := planByNumber(tx, r.ID, after)
		if err != nil {
			return err
		}
		list = Compare(&was.Content, &is.Content, r.Zone)
		return nil
	})
	return list, err
}
