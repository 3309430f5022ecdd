package report

import (
	"cmp"
	"slices"
	"time"

	"slipway/internal/db"
)

// life is a release as the figures read it: when it first came to each place.
type life struct {
	ID           int64
	ReleaseKey   string
	Type         string
	Outcome      string
	CreatedAt    db.Time
	EndedAt      db.Time
	WindowStop   db.Time // as A4 was given for it
	AuthorisedAt db.Time // by A1
	DeployedAt   db.Time
	LiveAt       db.Time // every target verified
	RemediatedAt db.Time
	RolledBackAt db.Time
}

func (l *life) failed() bool { return !l.RemediatedAt.IsZero() || !l.RolledBackAt.IsZero() }

// in tells whether a moment lies in the period.
func (q *Query) in(t db.Time) bool { return !t.IsZero() && t >= q.From && t < q.Until }

// lives are all releases that a period may count.
type lives []life

func (all lives) that(keep func(*life) bool) lives {
	var list lives
	for i := range all {
		if keep(&all[i]) {
			list = append(list, all[i])
		}
	}
	return list
}

func (all lives) count(keep func(*life) bool) int64 { return int64(len(all.that(keep))) }

// wentLive gives when each of the releases that went live in the period did so.
func (all lives) wentLive(q *Query) map[int64]db.Time {
	at := map[int64]db.Time{}
	for i := range all {
		if q.in(all[i].LiveAt) {
			at[all[i].ID] = all[i].LiveAt
		}
	}
	return at
}

const (
	flow    = "Flow"
	quality = "Quality"
)

// flow are the figures that the lives alone tell.
func (f *Figures) flow(all lives, recoveries []time.Duration) {
	q := &f.Query
	deployed := all.that(func(l *life) bool { return q.in(l.DeployedAt) })
	complete := all.that(func(l *life) bool { return q.in(l.LiveAt) })
	made := all.that(func(l *life) bool { return q.in(l.CreatedAt) })
	agreed := complete.that(func(l *life) bool { return !l.WindowStop.IsZero() })
	f.Deployed = int64(len(deployed))

	var leads []time.Duration
	var beyondPlan []float64
	byType := map[string][]time.Duration{}
	for i := range complete {
		l := &complete[i]
		if l.AuthorisedAt.IsZero() {
			continue
		}
		lead := l.LiveAt.Sub(l.AuthorisedAt)
		leads = append(leads, lead)
		byType[l.Type] = append(byType[l.Type], lead)
		if planned := l.WindowStop.Sub(l.AuthorisedAt); !l.WindowStop.IsZero() && planned > 0 {
			beyondPlan = append(beyondPlan, beyond(planned, lead))
		}
	}
	emergency := func(l *life) bool { return l.Type == "emergency" }
	f.add(frequency(q, f.Deployed),
		middle("lead-time", flow, "Lead time, authorised to verified, median", leads, "releases completed", "From A1 to the last verified target; Slipway knows no commits."),
		share("on-time", flow, "On time", agreed.count(func(l *life) bool { return l.LiveAt <= l.WindowStop }), int64(len(agreed)), "releases completed", "Every target verified within the window that A4 was given for."),
		variance("duration", flow, "Duration against plan, median", beyondPlan, "releases completed", "How much longer or shorter than planned it took from A1 to the last verified target; planned is the end of the agreed window."),
		share("emergency", flow, "Emergency share", made.count(emergency), int64(len(made)), "releases made", "Emergency releases among all that were made in the period."),
		share("fail-rate", quality, "Change fail rate", deployed.count((*life).failed), f.Deployed, "releases deployed", "Deployed releases that had to be remediated or rolled back."),
		middle("recovery", quality, "Recovery time, median", recoveries, "remediations ended", "From the start of a remediation until the deployment went on or was rolled back."),
		share("rework", quality, "Rework rate", deployed.count(emergency), f.Deployed, "releases deployed", "Deployments that nobody planned: emergencies that correct an incident or a known error."),
		share("back-out", quality, "Back-out rate", deployed.count(func(l *life) bool { return !l.RolledBackAt.IsZero() }), f.Deployed, "releases deployed", "Deployed releases that were rolled back."),
		share("first-time", quality, "First-time success", complete.count(func(l *life) bool { return !l.failed() }), int64(len(complete)), "releases completed", "Completed without any remediation or rollback."))
	for _, kind := range []string{"major", "minor", "emergency"} {
		f.LeadTimes = append(f.LeadTimes, length(kind, kind, byType[kind]))
	}
	f.months(deployed)
	f.slips(complete)
	f.outcomes(all)
}

func frequency(q *Query, deployed int64) Measure {
	months := max(float64(q.Until.Sub(q.From))/float64(30*24*time.Hour), 1)
	return Measure{Code: "frequency", Group: flow, Name: "Deployments in 30 days", Unit: Rate, Value: float64(deployed) / months, Hits: deployed, Cases: deployed, Of: "releases deployed",
		Says: "Releases put into production for each 30 days of the period. One counts once, whatever its waves."}
}

// months counts by the viewer's calendar. A month without deployments is zero,
// since every deployment is recorded here from the first release on.
func (f *Figures) months(deployed lives) {
	q := &f.Query
	from := q.From.Std().In(q.Zone)
	for at := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, q.Zone); db.At(at) < q.Until; at = at.AddDate(0, 1, 0) {
		f.Months = append(f.Months, Month{Start: at, Known: !f.First.IsZero() && db.At(at.AddDate(0, 1, 0)) > f.First})
	}
	for i := range deployed {
		l := &deployed[i]
		at := slices.IndexFunc(f.Months, func(m Month) bool { return db.At(m.Start.AddDate(0, 1, 0)) > l.DeployedAt })
		if at < 0 {
			continue
		}
		m := &f.Months[at]
		m.Deployed++
		m.Keys = append(m.Keys, l.ReleaseKey)
		if l.failed() {
			m.Failed++
		}
	}
}

// slipRows is how many releases the chart of slips shows.
const slipRows = 8

func (f *Figures) slips(complete lives) {
	slices.SortFunc(complete, func(a, b life) int { return cmp.Compare(b.LiveAt, a.LiveAt) })
	for i := range complete[:min(len(complete), slipRows)] {
		l := &complete[i]
		s := Slip{Key: l.ReleaseKey, Known: !l.WindowStop.IsZero()}
		if s.Known && l.LiveAt > l.WindowStop {
			s.Days = l.LiveAt.Sub(l.WindowStop).Hours() / 24
		}
		f.Slips = append(f.Slips, s)
	}
}

func (f *Figures) outcomes(all lives) {
	ended := all.that(func(l *life) bool { return f.Query.in(l.EndedAt) })
	for _, outcome := range []string{"Succeeded", "WithKnownErrors", "Partial", "RolledBack", "Cancelled"} {
		f.Outcomes = append(f.Outcomes, Count{outcome, ended.count(func(l *life) bool { return l.Outcome == outcome })})
	}
}
