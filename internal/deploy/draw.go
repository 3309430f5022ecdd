package deploy

import (
	"cmp"
	"slices"
	"time"

	"slipway/internal/audit"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/zone"
)

// Draw makes a new release's waves and steps from its model, in the transaction
// that made the release.
func (s *Service) Draw(tx *db.Tx, actor identity.Actor, r *release.Release, from release.Origin) error {
	model := from.Model
	if model == nil {
		return nil
	}
	d := &deed{s: s, tx: tx, actor: actor, r: r}
	for i, t := range model.Body.Waves {
		if err := d.draw(int64(i+1), t); err != nil {
			return err
		}
	}
	return audit.Record(tx, actor.By(), audit.Entry{Action: "wave.draw", Kind: "release", Key: r.Key, Release: r.Key, Sentence: "drew " + noun.Count(len(model.Body.Waves), "wave") + " from " + model.Label()})
}

func (d *deed) draw(number int64, t policy.WaveTemplate) error {
	r := d.r
	w := Wave{ReleaseID: r.ID, ReleaseKey: r.Key, ServiceID: r.ServiceID, Number: number, Name: t.Name, EnvironmentKey: t.Environment, EnvironmentName: t.Environment,
		Pilot: t.Pilot, Filter: t.Filter, Days: int64(t.Days), Hours: int64(t.Hours), SoakHours: int64(t.SoakHours), SuccessPercent: int64(t.SuccessPercent),
		FailurePercent: int64(t.FailurePercent), Trigger: t.Trigger, NoReturn: t.NoReturn, ConfirmMinutes: int64(t.ConfirmMinutes), Outage: t.Outage, Rollout: t.Rollout, LeadID: r.OwnerID, LeadName: r.OwnerName, State: WavePlanned}
	place, err := d.stand(&w)
	if err != nil {
		return err
	}
	w.Method = methodIn(place, r.Approach)
	w.place(r)
	d.w = &w
	if err := d.estimate(); err != nil {
		return err
	}
	if err := insert(d.tx, &w); err != nil {
		return err
	}
	d.waves = append(d.waves, w)
	steps := make([]Step, len(t.Steps))
	for i, template := range t.Steps {
		draft := fromTemplate(template)
		steps[i] = Step{WaveID: w.ID, ReleaseID: r.ID, Number: int64(i + 1), State: StepWaiting}
		draft.apply(&steps[i])
	}
	schedule(w.WindowStart, steps)
	if err := insertSteps(d.tx, steps); err != nil {
		return err
	}
	if w.WindowStart.IsZero() { // a new wave has booked nothing to give back
		return nil
	}
	return d.s.book(d.tx, r, &w)
}

// stand finds the environment that the wave names; there may be none yet.
func (d *deed) stand(w *Wave) (*Environment, error) {
	e, err := environmentByKey(d.tx, w.EnvironmentKey)
	if fault.KindOf(err) == fault.NotFound {
		w.EnvironmentID, w.Production = 0, false
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	w.EnvironmentID, w.EnvironmentName, w.Production = e.ID, e.Name, e.Production
	return e, nil
}

// estimate counts which targets the wave's filter would take now.
func (d *deed) estimate() (err error) {
	filter, err := d.w.choice()
	if err != nil {
		d.w.Total = 0
		return nil
	}
	d.w.Total, err = countTaken(d.tx, d.w, filter, d.earlier())
	return err
}

// place puts the wave's window where the model says, from the start of the
// release's window and in its zone. It ends with the release's window at last.
func (w *Wave) place(r *release.Release) {
	w.Anchor, w.WindowStart, w.WindowEnd = r.WindowStart, 0, 0
	if r.WindowStart.IsZero() || w.Hours == 0 {
		return
	}
	start := r.WindowStart.Std().In(zone.OrUTC(r.Zone))
	w.WindowStart = db.At(start.AddDate(0, 0, int(w.Days)))
	w.WindowEnd = w.WindowStart.Add(time.Duration(w.Hours) * time.Hour)
	if w.WindowStart.Before(r.WindowEnd) {
		w.WindowEnd = min(w.WindowEnd, r.WindowEnd)
	}
}

// shift moves the wave's window along with the release's, by the clock on the
// wall of its zone.
func (w *Wave) shift(r *release.Release) {
	if w.Anchor.IsZero() || w.WindowStart.IsZero() || r.WindowStart.IsZero() {
		w.place(r)
		return
	}
	in := zone.OrUTC(r.Zone)
	by := wall(r.WindowStart, in).Sub(wall(w.Anchor, in))
	move := func(t db.Time) db.Time {
		to := wall(t, in).Add(by)
		return db.At(time.Date(to.Year(), to.Month(), to.Day(), to.Hour(), to.Minute(), to.Second(), 0, in))
	}
	w.WindowStart, w.WindowEnd, w.Anchor = move(w.WindowStart), move(w.WindowEnd), r.WindowStart
}

// wall is what a clock on the zone's wall shows, as if there were no zones: the
// night after stays the night after on either side of a change of the clocks.
func wall(t db.Time, zone *time.Location) time.Time {
	s := t.Std().In(zone)
	return time.Date(s.Year(), s.Month(), s.Day(), s.Hour(), s.Minute(), s.Second(), 0, time.UTC)
}

// Follow keeps the waves in step with a release that moved: windows move along,
// a cancelled release gives its bookings back, and waves that were frozen for a
// package that is withdrawn are planned anew.
func (s *Service) Follow(tx *db.Tx, actor identity.Actor, r *release.Release, verb release.Verb) error {
	switch verb {
	case release.VerbReschedule, release.VerbCancel, release.VerbRework, release.VerbRebuild:
	default:
		return nil
	}
	waves, err := wavesOf(tx, r.ID)
	if err != nil {
		return err
	}
	d := &deed{s: s, tx: tx, actor: actor, r: r, waves: waves}
	for i := range waves {
		d.w = &waves[i]
		if err := d.follow(verb); err != nil {
			return err
		}
	}
	return nil
}

func (d *deed) follow(verb release.Verb) error {
	w := d.w
	switch verb {
	case release.VerbCancel:
		return d.s.change.UnbookPart(d.tx, d.r.Key, w.Part())
	case release.VerbReschedule:
		if w.State.Begun() {
			return nil
		}
		w.shift(d.r)
		if err := d.replanSteps(); err != nil {
			return err
		}
		if err := d.s.book(d.tx, d.r, w); err != nil {
			return err
		}
		return save(d.tx, w)
	}
	if w.State == WaveReady || w.State == WaveGo {
		if err := w.move(WaveVerbNoGo); err != nil {
			return err
		}
		w.NoGoAt, w.NoGoByID, w.NoGoBy, w.NoGoReason = d.tx.Now, 0, d.actor.Name, "The package is made anew."
	}
	if w.State != WaveNoGo && w.State != WaveRolledBack {
		return nil
	}
	return d.replan()
}

// replanSteps plans the times of the wave's steps from its window.
func (d *deed) replanSteps() error {
	steps, err := stepsOf(d.tx, d.w.ID)
	if err != nil {
		return err
	}
	before := append([]Step(nil), steps...)
	schedule(d.w.WindowStart, steps)
	for i := range steps {
		if steps[i].PlannedAt == before[i].PlannedAt && steps[i].PlannedEnd == before[i].PlannedEnd {
			continue
		}
		if err := save(d.tx, &steps[i]); err != nil {
			return err
		}
	}
	return nil
}

// book puts the wave on the schedule.
func (s *Service) book(tx *db.Tx, r *release.Release, w *Wave) error {
	if w.WindowStart.IsZero() || w.WindowEnd <= w.WindowStart {
		return s.change.UnbookPart(tx, r.Key, w.Part())
	}
	return s.change.Book(tx, w.booking(r))
}

// booking is the wave as the schedule has it.
func (w *Wave) booking(r *release.Release) change.Booking {
	return change.Booking{ReleaseKey: r.Key, Part: w.Part(), Title: w.Name, ServiceID: r.ServiceID, ServiceName: r.ServiceName, Environment: w.EnvironmentName,
		PersonID: w.LeadID, PersonName: w.LeadName, FromAt: w.WindowStart, ToAt: w.WindowEnd, Standing: standing(r, w), Restricted: r.Restricted, Outage: w.away()}
}

// away is for how long the wave interrupts the service: one outside production
// never does.
func (w *Wave) away() policy.Outage {
	if w.EnvironmentID != 0 && !w.Production {
		return policy.Away(0)
	}
	return w.Outage
}

// projected are the outages of the service that the waves ahead bring.
func (d *deed) projected() []change.Outage {
	var list []change.Booking
	for i := range d.waves {
		if w := &d.waves[i]; !w.WindowStart.IsZero() && w.WindowEnd.After(w.WindowStart) {
			list = append(list, w.booking(d.r))
		}
	}
	slices.SortStableFunc(list, func(a, b change.Booking) int { return cmp.Compare(a.FromAt, b.FromAt) })
	return change.Project(list)
}

func standing(r *release.Release, w *Wave) change.Standing {
	switch {
	case r.State == release.Cancelled:
		return change.Dropped
	case w.State == WaveComplete || w.State == WaveRolledBack:
		return change.Done
	case w.State.Live():
		return change.Running
	case r.State.Phase() == "Deployment" || r.State == release.Ready:
		return change.Agreed
	}
	return change.Proposed
}
