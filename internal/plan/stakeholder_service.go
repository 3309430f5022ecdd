package plan

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Circle is what the stakeholders page of a release shows.
type Circle struct {
	Release      *release.Release
	Stakeholders []Stakeholder
	Seats        []Seat // of those who have to agree to the newest plan
	Notices      []Notice
	People       []identity.Person
	Edits, Sends bool
}

// Circle gives a release's stakeholders and what they are told.
func (s *Service) Circle(ctx context.Context, actor identity.Actor, key string) (c *Circle, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		c = &Circle{Release: r, Edits: actor.Can(identity.StakeholderEdit, r.ServiceID), Sends: actor.Can(identity.NoticeSend, r.ServiceID)}
		if c.Stakeholders, err = stakeholdersOf(tx, r.ID); err != nil {
			return err
		}
		if c.Seats, err = s.seatsNow(tx, c.Stakeholders, r.ID); err != nil {
			return err
		}
		if c.Notices, err = noticesOf(tx, r.ID); err != nil {
			return err
		}
		c.People, err = identity.People(tx, r.ServiceID)
		return err
	})
	return c, err
}

// seatsNow pairs those who have to agree with their words on the newest plan.
func (s *Service) seatsNow(tx *db.Tx, people []Stakeholder, releaseID int64) ([]Seat, error) {
	p, err := newestPlan(tx, releaseID)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return seats(people, nil), nil
	}
	if err != nil {
		return nil, err
	}
	given, err := agreementsOf(tx, p.ID)
	return seats(people, given), err
}

// SaveStakeholder adds (ID 0) or changes a stakeholder of a release. With
// keep the service's register learns of a new one too.
func (s *Service) SaveStakeholder(ctx context.Context, actor identity.Actor, key string, in Stakeholder, version int64, keep bool) error {
	return s.write(ctx, actor, key, identity.StakeholderEdit, func(tx *db.Tx, r *release.Release) error {
		others, err := stakeholdersOf(tx, r.ID)
		if err != nil {
			return err
		}
		if in.PersonID != 0 {
			person, err := identity.FindPerson(tx, in.PersonID)
			if err != nil {
				return err
			}
			in.Name = person.Name
		}
		in.ServiceID, in.ReleaseID = r.ServiceID, r.ID
		if err := in.validate(others); err != nil {
			return err
		}
		verb := "added"
		if in.ID == 0 {
			in.Row = db.Row{}
			list := []Stakeholder{in}
			if keep {
				inRegister, err := registerOf(tx, r.ServiceID)
				if err != nil {
					return err
				}
				if !slices.ContainsFunc(inRegister, func(o Stakeholder) bool { return o.Name == in.Name }) {
					kept := in
					kept.ReleaseID = 0
					list = append(list, kept)
				}
			}
			if err := insertStakeholders(tx, list); err != nil {
				return err
			}
		} else {
			verb = "changed"
			was, err := findStakeholder(tx, r.ID, in.ID)
			if err != nil {
				return err
			}
			if err := db.CheckVersion(was, version); err != nil {
				return err
			}
			if was.Required && (!in.Required || in.PersonID != was.PersonID) {
				if err := s.mayLeave(tx, r, was); err != nil {
					return err
				}
			}
			in.Row = was.Row
			if err := save(tx, &in); err != nil {
				return err
			}
		}
		if err := record(tx, actor, r, "stakeholder.save", "", "%s the stakeholder %s", verb, in.Name); err != nil {
			return err
		}
		return s.settleNewest(tx, actor, r)
	})
}

// RemoveStakeholder takes somebody off a release's list.
func (s *Service) RemoveStakeholder(ctx context.Context, actor identity.Actor, key string, id, version int64) error {
	return s.write(ctx, actor, key, identity.StakeholderEdit, func(tx *db.Tx, r *release.Release) error {
		was, err := findStakeholder(tx, r.ID, id)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(was, version); err != nil {
			return err
		}
		if was.Required {
			if err := s.mayLeave(tx, r, was); err != nil {
				return err
			}
		}
		if err := deleteStakeholder(tx, was); err != nil {
			return err
		}
		if err := record(tx, actor, r, "stakeholder.remove", "", "took the stakeholder %s off the list", was.Name); err != nil {
			return err
		}
		return s.settleNewest(tx, actor, r)
	})
}

// mayLeave refuses to get a plan agreed by sending away whoever has been asked.
func (s *Service) mayLeave(tx *db.Tx, r *release.Release, who *Stakeholder) error {
	p, err := newestPlan(tx, r.ID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil || p.State != InAgreement {
		return err
	}
	return fault.Refuse("Nobody is sent away while the plan is in agreement.", fault.Blocked(
		fmt.Sprintf("%s has been asked to agree to plan v%d. A new version of the plan may name others.", who.Name, p.Number), r.OwnerName, p.Link(), "Open the plan"))
}

func (s *Service) settleNewest(tx *db.Tx, actor identity.Actor, r *release.Release) error {
	p, err := newestPlan(tx, r.ID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil || p.State == Draft {
		return err
	}
	return s.settle(tx, actor, r, p)
}

// SaveNotice plans a notice (Number 0) or changes one that is not sent.
func (s *Service) SaveNotice(ctx context.Context, actor identity.Actor, key string, in Notice, version int64) error {
	return s.write(ctx, actor, key, identity.StakeholderEdit, func(tx *db.Tx, r *release.Release) error {
		if err := in.validate(); err != nil {
			return err
		}
		var err error
		in.ReleaseID, in.ReleaseKey = r.ID, r.Key
		if in.Number == 0 {
			if in.Number, err = nextNumber(tx, "notices", r.ID); err != nil {
				return err
			}
			in.Row, in.SentAt = db.Row{}, 0
			if err := insertNotice(tx, &in); err != nil {
				return err
			}
			return record(tx, actor, r, "notice.plan", "", "planned notice %d to %s", in.Number, in.Audience)
		}
		was, err := findNotice(tx, r.ID, in.Number)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(was, version); err != nil {
			return err
		}
		if !was.SentAt.IsZero() {
			return fault.New(fault.Refused, "Notice %d was sent; send another instead.", was.Number)
		}
		in.Row, in.SentAt = was.Row, 0
		if err := save(tx, &in); err != nil {
			return err
		}
		return record(tx, actor, r, "notice.edit", "", "edited notice %d to %s", in.Number, in.Audience)
	})
}

// SendNotice marks a notice as sent and hands it to whoever delivers it.
func (s *Service) SendNotice(ctx context.Context, actor identity.Actor, key string, number, version int64) error {
	return s.write(ctx, actor, key, identity.NoticeSend, func(tx *db.Tx, r *release.Release) error {
		n, err := findNotice(tx, r.ID, number)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(n, version); err != nil {
			return err
		}
		if !n.SentAt.IsZero() {
			return fault.New(fault.Refused, "Notice %d was sent already, by %s.", n.Number, n.SentBy)
		}
		n.SentAt, n.SentByID, n.SentBy = tx.Now, actor.UserID, actor.Name
		if err := save(tx, n); err != nil {
			return err
		}
		return record(tx, actor, r, "notice.send", "", "sent notice %d to %s", n.Number, n.Audience)
	})
}

// Acknowledge is the actor's own word that a sent notice was read.
func (s *Service) Acknowledge(ctx context.Context, actor identity.Actor, key string, number int64) error {
	return s.write(ctx, actor, key, identity.PlanAgree, func(tx *db.Tx, r *release.Release) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		n, err := findNotice(tx, r.ID, number)
		if err != nil {
			return err
		}
		if n.SentAt.IsZero() {
			return fault.New(fault.Refused, "Notice %d has not been sent.", n.Number)
		}
		if err := insertAcknowledgement(tx, &Acknowledgement{NoticeID: n.ID, PersonID: actor.UserID, PersonName: actor.Name, GivenAt: tx.Now}); err != nil {
			return err
		}
		return record(tx, actor, r, "notice.acknowledge", "", "acknowledged notice %d", n.Number)
	})
}
