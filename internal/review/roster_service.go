package review

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// ShiftPlan puts a person on the roster for a run of days.
type ShiftPlan struct {
	FromDay, ToDay int64 // counted from the going live, 1 is the first
	Shift          string
	PersonID       int64
	Contact        string
}

func (in *ShiftPlan) validate() error {
	var c fault.Check
	in.Shift, in.Contact = strings.TrimSpace(in.Shift), strings.TrimSpace(in.Contact)
	if in.ToDay == 0 {
		in.ToDay = in.FromDay
	}
	c.Need(in.FromDay >= 1 && in.FromDay <= 120, "from_day", "Enter a day from 1, the day of the going live.")
	c.Need(in.ToDay >= in.FromDay && in.ToDay <= 120, "to_day", "The last day cannot be before the first.")
	c.Need(in.Shift != "" && len(in.Shift) <= 60, "shift", "Name the shift: day, evening, night.")
	c.Need(in.PersonID != 0, "person", "Choose who is on duty.")
	c.Need(in.Contact != "" && len(in.Contact) <= 120, "contact", "Say how the person is reached.")
	return c.Err("The roster was not changed.")
}

// AddShifts puts somebody on the roster. It is made before the going live.
func (s *Service) AddShifts(ctx context.Context, actor identity.Actor, key string, in ShiftPlan) error {
	return s.write(ctx, actor, key, identity.TransferEdit, before, func(tx *db.Tx, r *release.Release, _ who) error {
		if err := in.validate(); err != nil {
			return err
		}
		p, err := person(tx, in.PersonID, "person")
		if err != nil {
			return err
		}
		for day := in.FromDay; day <= in.ToDay; day++ {
			if err := insert(tx, &Shift{ReleaseID: r.ID, Day: day, Shift: in.Shift, PersonID: p.ID, PersonName: p.Name, Contact: in.Contact}); err != nil {
				return err
			}
		}
		return record(tx, actor, r, "els.roster", "", "rostered %s for early life support of %s, days %d to %d", p.Name, r.Key, in.FromDay, in.ToDay)
	})
}

// RemoveShift takes one line off the roster.
func (s *Service) RemoveShift(ctx context.Context, actor identity.Actor, key string, id int64) error {
	return s.write(ctx, actor, key, identity.TransferEdit, before, func(tx *db.Tx, r *release.Release, _ who) error {
		gone, err := removeShift(tx, r.ID, id)
		if err != nil {
			return err
		}
		if !gone {
			return fault.New(fault.NotFound, "That line is no longer on the roster.")
		}
		return record(tx, actor, r, "els.roster", "", "took a shift off the roster of %s", r.Key)
	})
}

// DayReport is the service levels of one day.
type DayReport struct {
	Day    int64
	Stable bool
	Levels string
	Note   string
}

// RecordDay keeps, or corrects, the service levels of a day of early life.
func (s *Service) RecordDay(ctx context.Context, actor identity.Actor, key string, in DayReport) error {
	return s.write(ctx, actor, key, identity.ElsRun, live, func(tx *db.Tx, r *release.Release, by who) error {
		e, err := only[EarlyLife](tx, r.ID)
		if err != nil {
			return err
		}
		var c fault.Check
		in.Levels, in.Note = strings.TrimSpace(in.Levels), strings.TrimSpace(in.Note)
		today := e.Day(tx.Now)
		c.Need(in.Day >= 1 && in.Day <= today, "day", fmt.Sprintf("Choose a day from 1 to %d, which is today.", today))
		c.Need(in.Levels != "" && len(in.Levels) <= maxText, "levels", "Enter the measured levels: availability, response times, volumes.")
		c.Need(in.Stable || in.Note != "", "note", "Say what was not stable.")
		if err := c.Err("The day was not recorded."); err != nil {
			return err
		}
		day, err := dayOf(tx, r.ID, in.Day)
		if err != nil {
			return err
		}
		word := "not stable"
		if in.Stable {
			word = "stable"
		}
		if day == nil {
			day = &ServiceDay{ReleaseID: r.ID, Day: in.Day, Stable: in.Stable, Levels: in.Levels, Note: in.Note, ByID: by.id, ByName: by.name}
			if err := insert(tx, day); err != nil {
				return err
			}
			return record(tx, actor, r, "els.day", in.Note, "recorded day %d of early life as %s: %s", in.Day, word, in.Levels)
		}
		day.Stable, day.Levels, day.Note, day.ByID, day.ByName = in.Stable, in.Levels, in.Note, by.id, by.name
		if err := save(tx, day); err != nil {
			return err
		}
		return record(tx, actor, r, "els.day", in.Note, "corrected day %d of early life to %s: %s", in.Day, word, in.Levels)
	})
}

// ReportIncident records an incident of early life.
func (s *Service) ReportIncident(ctx context.Context, actor identity.Actor, key string, in IncidentReport) (*Incident, error) {
	var incident *Incident
	err := s.write(ctx, actor, key, identity.KnownErrorEdit, disturbed, func(tx *db.Tx, r *release.Release, by who) error {
		if in.OpenedAt.IsZero() {
			in.OpenedAt = tx.Now
		}
		if err := in.validate(tx.Now); err != nil {
			return err
		}
		number, err := nextNumber(tx, "early_incidents", r.ID)
		if err != nil {
			return err
		}
		incident = &Incident{ReleaseID: r.ID, Number: number, Reference: in.Reference, Title: in.Title, Severity: in.Severity,
			State: IncidentOpen, OpenedAt: in.OpenedAt, OpenedBy: by.name}
		if err := insert(tx, incident); err != nil {
			return err
		}
		return record(tx, actor, r, "incident.open", "", "recorded a severity-%d incident of %s: %s", in.Severity, r.Key, in.Title)
	})
	return incident, err
}

// MoveIncident resolves an incident, or opens it again.
func (s *Service) MoveIncident(ctx context.Context, actor identity.Actor, key string, number, version int64, verb IncidentVerb, note string) error {
	return s.write(ctx, actor, key, identity.KnownErrorEdit, disturbed, func(tx *db.Tx, r *release.Release, by who) error {
		incident, err := numbered[Incident](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		if err := incident.move(verb, by, note); err != nil {
			return err
		}
		if err := save(tx, incident); err != nil {
			return err
		}
		return record(tx, actor, r, "incident."+string(verb), note, "set the incident “%s” to %s", incident.Title, incident.State)
	})
}
