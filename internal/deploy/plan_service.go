package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/state"
)

// FindWave gives one wave with its staff, for its form.
func (s *Service) FindWave(ctx context.Context, actor identity.Actor, key string, number int64) (r *release.Release, w *Wave, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, number)
		if err != nil {
			return err
		}
		r, w = d.r, d.w
		return nil
	})
	return r, w, err
}

// Staffable lists who can be named for waves of the release: deployment staff,
// and who may lead one.
func (s *Service) Staffable(ctx context.Context, actor identity.Actor, key string) (staff, leads []identity.Person, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.WavePlan, r.ServiceID); err != nil {
			return err
		}
		if staff, err = identity.People(tx, r.ServiceID, identity.DeploymentStaff); err != nil {
			return err
		}
		leads, err = identity.People(tx, r.ServiceID, identity.RolesFor(identity.WaveControl)...)
		return err
	})
	return staff, leads, err
}

// PreviewWave tells which targets the choice of an edit would take for
// wave `number` of the release (0: for a new one, after all others).
func (s *Service) PreviewWave(ctx context.Context, actor identity.Actor, key string, number int64, e WaveEdit) (*Preview, error) {
	planned := Wave{Filter: e.Filter, Picked: strings.NewReplacer(",", " ", ";", " ").Replace(e.Picked)}
	parsed, err := planned.choice()
	if err != nil {
		return nil, wrong("The filter cannot be read.", "filter", err.Error(), nil)
	}
	p := &Preview{}
	return p, s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, number)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.WavePlan, d.r.ServiceID); err != nil {
			return err
		}
		w := Wave{ReleaseID: d.r.ID}
		if d.w != nil {
			w = *d.w
		}
		w.EnvironmentKey, w.Filter, w.Picked, w.Older, w.Rollout = e.EnvironmentKey, planned.Filter, planned.Picked, strings.TrimSpace(e.Older), e.Rollout
		if _, err := d.stand(&w); err != nil {
			return err
		}
		d.w = &w
		if p.Total, err = countTaken(tx, &w, parsed, d.earlier()); err != nil {
			return err
		}
		all, err := countMatching(tx, &w, parsed)
		if err != nil {
			return err
		}
		if p.Newer, err = countNewer(tx, &w, parsed); err != nil {
			return err
		}
		p.Limited = w.limited()
		p.Skipped = max(0, all-p.Total-p.Newer)
		p.Sample, err = sampleTaken(tx, &w, parsed, d.earlier(), 20)
		return err
	})
}

// AddWave adds a wave at the end.
func (s *Service) AddWave(ctx context.Context, actor identity.Actor, key string, e WaveEdit) (number int64, err error) {
	return number, s.write(ctx, actor, key, identity.WavePlan, func(d *deed) error {
		number = int64(len(d.waves)) + 1
		w := Wave{ReleaseID: d.r.ID, ReleaseKey: d.r.Key, ServiceID: d.r.ServiceID, Number: number, State: WavePlanned}
		d.w = &w
		staff, err := d.apply(e)
		if err != nil {
			return err
		}
		if err := insert(d.tx, &w); err != nil {
			return err
		}
		if err := d.staff(staff); err != nil {
			return err
		}
		return d.replanned("add", "added %s", w.Label())
	})
}

// EditWave changes a wave while it is planned.
func (s *Service) EditWave(ctx context.Context, actor identity.Actor, key string, number, version int64, e WaveEdit) error {
	return s.planWave(ctx, actor, key, number, version, func(d *deed) error {
		was := *d.w
		staff, err := d.apply(e)
		if err != nil {
			return err
		}
		if err := save(d.tx, d.w); err != nil {
			return err
		}
		if err := d.replanSteps(); err != nil {
			return err
		}
		if err := d.staff(staff); err != nil {
			return err
		}
		if !material(&was, d.w) {
			return d.record("edit", "", "changed %s", d.w.Label())
		}
		return d.replanned("edit", "changed %s", d.w.Label())
	})
}

// material tells whether an edit changes what A4 was given for: which targets
// are reached, when, how, and what counts as good. Names and staff do not.
func material(was, is *Wave) bool {
	return was.EnvironmentID != is.EnvironmentID || was.Filter != is.Filter || was.Picked != is.Picked || was.Older != is.Older || was.Pilot != is.Pilot || was.NoReturn != is.NoReturn || was.SoakHours != is.SoakHours ||
		was.SuccessPercent != is.SuccessPercent || was.FailurePercent != is.FailurePercent || was.FailureCount != is.FailureCount ||
		was.WindowStart != is.WindowStart || was.WindowEnd != is.WindowEnd || was.Method != is.Method || was.Outage != is.Outage || was.Rollout != is.Rollout
}

// replanned records a change of the waves, and voids A4 that was given for them.
func (d *deed) replanned(action, format string, args ...any) error {
	if err := d.record(action, "", format, args...); err != nil {
		return err
	}
	return d.s.release.Unsettle(d.tx, d.actor, d.r, fmt.Sprintf(format, args...))
}

// planWave is writeWave on a wave that is still planned.
func (s *Service) planWave(ctx context.Context, actor identity.Actor, key string, number, version int64, fn func(*deed) error) error {
	return s.writeWave(ctx, actor, key, number, version, identity.WavePlan, func(d *deed) error {
		if d.w.State != WavePlanned {
			action := "Open the wave"
			if waveMoves.Allows(d.w.State, WaveVerbNoGo) {
				action = "Refuse go, to plan it anew"
			}
			return fault.Refuse("The wave was not changed.", d.block("wave.planned", action, "%s is %s; it is changed only while it is %s.", d.w.Label(), state.Word(d.w.State), WavePlanned))
		}
		return fn(d)
	})
}

// apply takes over what was planned, and gives the people it names.
func (d *deed) apply(e WaveEdit) ([]Staff, error) {
	w, r := d.w, d.r
	var c fault.Check
	e.validate(&c)
	if e.WindowStart > 0 && !r.WindowStart.IsZero() {
		c.Need(!e.WindowStart.Before(r.WindowStart) && !e.WindowEnd.After(r.WindowEnd), "window_start", "The wave's window lies inside the release's.")
	}
	w.EnvironmentKey = e.EnvironmentKey
	place, err := d.stand(w)
	if err != nil {
		return nil, err
	}
	if e.Method == "" {
		e.Method = methodIn(place, r.Approach)
	}
	c.Need(fits(e.Method, r.Approach), "method", fmt.Sprintf("A release whose approach is %s, %s is not %s.", r.Approach.Delivery, r.Approach.Execution, MethodLabel(e.Method)))
	c.Need(w.EnvironmentID != 0 || e.EnvironmentKey == "", "environment", "There is no such environment.")
	if e.LeadID == 0 {
		e.LeadID = r.OwnerID
	}
	lead, err := identity.FindPerson(d.tx, e.LeadID)
	c.Need(err == nil, "lead", "Choose who leads the wave.")
	staff, err := d.named(e.StaffIDs, &c)
	if err != nil {
		return nil, err
	}
	if keys := strings.Fields(e.Picked); len(keys) > 0 && w.EnvironmentID != 0 {
		unknown, err := pickedUnknown(d.tx, w, keys)
		if err != nil {
			return nil, err
		}
		c.Need(len(unknown) == 0, "picked", fmt.Sprintf("No target in use here has the key %s.", strings.Join(unknown[:min(len(unknown), 5)], " or ")))
	}
	if err := c.Err("The wave was not saved."); err != nil {
		return nil, err
	}
	w.Picked, w.Older, w.guarded = e.Picked, e.Older, false
	w.Name, w.Pilot, w.Filter, w.SoakHours, w.Trigger, w.NoReturn = e.Name, e.Pilot, e.Filter, e.SoakHours, e.Trigger, e.NoReturn
	w.ConfirmMinutes, w.Consent = e.ConfirmMinutes, e.Consent
	w.SuccessPercent, w.FailurePercent, w.FailureCount, w.Rollout = e.SuccessPercent, e.FailurePercent, e.FailureCount, e.Rollout
	w.Outage = e.Outage
	if lead.ID != w.LeadID {
		w.DelegateID, w.DelegateName = 0, ""
	}
	w.LeadID, w.LeadName, w.Method, w.Parallel = lead.ID, lead.Name, e.Method, e.Parallel
	w.WindowStart, w.WindowEnd, w.Anchor = e.WindowStart, e.WindowEnd, r.WindowStart
	w.Hours = int64(e.WindowEnd.Sub(e.WindowStart) / time.Hour)
	return staff, d.estimate()
}

// named gives the people as staff; each is deployment staff of the service.
func (d *deed) named(ids []int64, c *fault.Check) ([]Staff, error) {
	people, err := identity.People(d.tx, d.r.ServiceID, identity.DeploymentStaff)
	if err != nil {
		return nil, err
	}
	var staff []Staff
	for _, id := range ids {
		i := slices.IndexFunc(people, func(p identity.Person) bool { return p.ID == id })
		if i < 0 {
			c.Field("staff", "Name people who hold the role "+identity.DeploymentStaff.Label()+".")
			continue
		}
		if !slices.ContainsFunc(staff, func(o Staff) bool { return o.UserID == id }) {
			staff = append(staff, Staff{UserID: id, UserName: people[i].Name})
		}
	}
	return staff, nil
}

func (d *deed) staff(staff []Staff) error {
	for i := range staff {
		staff[i].WaveID = d.w.ID
	}
	d.w.Staff = staff
	if err := setStaff(d.tx, d.w.ID, staff); err != nil {
		return err
	}
	return d.s.book(d.tx, d.r, d.w)
}

// RemoveWave takes a planned wave out; later ones move up.
func (s *Service) RemoveWave(ctx context.Context, actor identity.Actor, key string, number, version int64) error {
	return s.planWave(ctx, actor, key, number, version, func(d *deed) error {
		if err := deleteWave(d.tx, d.w.ID); err != nil {
			return err
		}
		if err := s.change.UnbookPart(d.tx, key, d.w.Part()); err != nil {
			return err
		}
		for i := range d.waves {
			w := &d.waves[i]
			if w.Number <= number {
				continue
			}
			if err := d.renumber(w, w.Number-1); err != nil {
				return err
			}
		}
		return d.replanned("remove", "removed %s", d.w.Label())
	})
}

func (d *deed) renumber(w *Wave, number int64) error {
	if err := d.s.change.UnbookPart(d.tx, d.r.Key, w.Part()); err != nil {
		return err
	}
	if err := renumber(d.tx, w.ID, number); err != nil {
		return err
	}
	w.Number = number
	return d.s.book(d.tx, d.r, w)
}

// MoveWave swaps a planned wave with the planned one before or after it.
func (s *Service) MoveWave(ctx context.Context, actor identity.Actor, key string, number, version int64, up bool) error {
	return s.planWave(ctx, actor, key, number, version, func(d *deed) error {
		other := number + 1
		if up {
			other = number - 1
		}
		i := slices.IndexFunc(d.waves, func(w Wave) bool { return w.Number == other })
		if i < 0 || d.waves[i].State != WavePlanned {
			return fault.Refuse("The wave was not moved.", d.block("wave.order", "Open the waves", "There is no planned wave to change places with."))
		}
		label := d.w.Label()
		if err := renumber(d.tx, d.waves[i].ID, -other); err != nil {
			return err
		}
		if err := d.renumber(d.w, other); err != nil {
			return err
		}
		if err := d.renumber(&d.waves[i], number); err != nil {
			return err
		}
		if err := s.book(d.tx, d.r, d.w); err != nil {
			return err
		}
		return d.replanned("move", "moved %s to place %d", label, other)
	})
}

// Waves gives a release's waves in order, with their staff.
func (s *Service) Waves(tx *db.Tx, releaseID int64) ([]Wave, error) { return wavesOf(tx, releaseID) }
