package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
)

// Figures gives the measures of a period, from what the actor sees.
func (s *Service) Figures(ctx context.Context, actor identity.Actor, q Query) (*Figures, error) {
	if err := identity.Authorize(actor, identity.ReportRead, 0); err != nil {
		return nil, err
	}
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	f := &Figures{}
	err := s.db.View(ctx, func(tx *db.Tx) error {
		d := &desk{s: s, ctx: ctx, tx: tx, actor: actor}
		var err error
		if f.Services, err = d.serviceNames(); err != nil {
			return err
		}
		if f.Query, err = q.settled(tx.Now, f.Services); err != nil {
			return err
		}
		all, err := d.lives(&f.Query)
		if err != nil {
			return err
		}
		if f.First, err = d.firstMade(&f.Query); err != nil {
			return err
		}
		recoveries, err := d.recoveries(&f.Query)
		if err != nil {
			return err
		}
		f.flow(all, recoveries)
		for _, part := range []func(*Figures, lives) error{d.gateWaits, d.rejections, d.emergencies, d.overrides, d.incidents, d.support, d.values, d.receivers, d.reviews, d.media, d.stock, d.risks} {
			if err := part(f, all); err != nil {
				return err
			}
		}
		return nil
	})
	return f, err
}

// settled fills in the last twelve months, and refuses what makes no sense.
func (q Query) settled(now db.Time, services []ServiceName) (Query, error) {
	if q.Until.IsZero() {
		q.Until = now + 1
	}
	if q.From.IsZero() {
		until := q.Until.Std().In(q.Zone)
		q.From = db.At(time.Date(until.Year(), until.Month()-11, 1, 0, 0, 0, 0, q.Zone))
	}
	var c fault.Check
	c.Need(q.From < q.Until, "until", "The period ends before it begins.")
	c.Need(q.Until.Sub(q.From) <= 5*366*24*time.Hour, "from", "Choose a period of at most five years.")
	c.Need(q.Type == "" || slices.Contains([]string{"major", "minor", "emergency"}, q.Type), "type", "There is no such type of release.")
	c.Need(q.ServiceKey == "" || slices.ContainsFunc(services, func(s ServiceName) bool { return s.Key == q.ServiceKey }), "service", "There is no such service.")
	return q, c.Err("There are no figures for this.")
}

// gateCodes are the five authorisations as a table names them.
var gateCodes = []struct{ code, name string }{{"A1", "A1 plan"}, {"A2", "A2 build"}, {"A3", "A3 check-in"}, {"A4", "A4 deploy"}, {"A5", "A5 close"}}

func (d *desk) gateWaits(f *Figures, _ lives) error {
	waits, err := d.waits(&f.Query)
	for _, g := range gateCodes {
		f.Gates = append(f.Gates, length(g.code, g.name, waits[g.code]))
	}
	return err
}

const authority = "Authority"

func (d *desk) rejections(f *Figures, _ lives) error {
	hits, cases, err := d.verdicts(&f.Query)
	f.add(share("rejections", authority, "Gate rejections", hits, cases, "words given on gates", "Words on gates that sent the release back to be mended."))
	return err
}

func (d *desk) emergencies(f *Figures, _ lives) error {
	debts, err := d.retrospects(&f.Query)
	var paid, due, late, refused int64
	for _, e := range debts {
		owed, over := e.State == "RetroDue", e.RetroDue < d.tx.Now
		switch {
		case !owed && e.DecidedAt <= e.RetroDue:
			paid++
		case owed && over:
			late++
		}
		if !owed || over {
			due++
		}
		if e.Unauthorised {
			refused++
		}
	}
	onTime := share("retro", authority, "Retrospective decisions on time", paid, due, "decisions due", "Emergencies that went ahead without a decision, and were decided by the time the policy sets.")
	if late > 0 {
		onTime.Note = noun.Count(late, "decision is", "decisions are") + " overdue now."
	}
	f.add(onTime, share("refused", authority, "Emergencies found unauthorised", refused, int64(len(debts)), "emergencies without a decision before", "Emergencies that went ahead and were refused in retrospect."))
	return err
}

func (d *desk) overrides(f *Figures, _ lives) error {
	total, err := d.overridden(&f.Query)
	f.add(ratio("overrides", authority, "Overrides for each release deployed", total, f.Deployed, "releases deployed", "Waivers, freezes and windows overridden, and broken glass."))
	return err
}

func (d *desk) incidents(f *Figures, all lives) error {
	bySeverity, err := d.incidentsBySeverity(&f.Query)
	var total int64
	var parts []string
	for _, c := range bySeverity {
		total += c.Total
		parts = append(parts, fmt.Sprintf("%d of severity %s", c.Total, c.Label))
	}
	m := ratio("incidents", afterwards, "Incidents in early life for each release", total, int64(len(all.wentLive(&f.Query))), "releases gone live", "Incidents attributed to releases during early life support.")
	if len(parts) > 0 {
		m.Note = sentenceCase(listed(parts)) + "."
	}
	f.add(m)
	return err
}
