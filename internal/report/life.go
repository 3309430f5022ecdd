package report

import (
	"cmp"
	"slices"
	"time"

	"slipway/internal/db"
)

// phase is one stretch of a release's life as it happened.
type phase struct {
	ReleaseID int64
	State     string
	Since     db.Time
	Verb      string
}

// life is a release as the figures read it.
type life struct {
	ID            int64
	ReleaseKey    string
	Type, Outcome string
	CreatedAt     db.Time
	EndedAt       db.Time
	WindowStop    db.Time // as A4 was given for it
	phases        []phase
}

// entered is when the release first came into the state, 0 for never.
func (l *life) entered(state string) db.Time {
	for _, p := range l.phases {
		if p.State == state {
			return p.Since
		}
	}
	return 0
}

func (l *life) went(state string) bool { return !l.entered(state).IsZero() }

// recoveries are how long each remediation took to be over.
func (l *life) recoveries() (list []time.Duration) {
	for i, p := range l.phases {
		if p.State == "Remediating" && i+1 < len(l.phases) {
			list = append(list, l.phases[i+1].Since.Sub(p.Since))
		}
	}
	return list
}

// leadTime is from the authorisation of the plan to the last verified target.
func (l *life) leadTime() (time.Duration, bool) {
	for _, p := range l.phases {
		if p.Verb == "authorise the plan" {
			live := l.entered("EarlyLife")
			return live.Sub(p.Since), !live.IsZero()
		}
	}
	return 0, false
}

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

// flow are the figures that the lives alone tell.
func (f *Figures) flow(all lives, first db.Time) {
	q := &f.Query
	deployed := all.that(func(l *life) bool { return q.in(l.entered("Deploying")) })
	complete := all.that(func(l *life) bool { return q.in(l.entered("EarlyLife")) })
	made := all.that(func(l *life) bool { return q.in(l.CreatedAt) })
	failed := func(l *life) bool { return l.went("Remediating") || l.went("RolledBack") }
	agreed := complete.that(func(l *life) bool { return !l.WindowStop.IsZero() })
	f.Deployed = int64(len(deployed))

	months := max(float64(q.Until.Sub(q.From))/float64(30*24*time.Hour), 1)
	frequency := Measure{Code: "frequency", Group: "Flow", Name: "Deployments in 30 days", Unit: Rate, Value: float64(len(deployed)) / months, Cases: int64(len(deployed)), Of: "releases deployed",
		Note: "A release that is put into production counts once, whatever its waves."}
	var leads, recoveries []time.Duration
	byType := map[string][]time.Duration{}
	for i := range complete {
		if d, ok := complete[i].leadTime(); ok {
			leads = append(leads, d)
			byType[complete[i].Type] = append(byType[complete[i].Type], d)
		}
	}
	for i := range deployed {
		recoveries = append(recoveries, deployed[i].recoveries()...)
	}
	f.Measures = append(f.Measures, frequency,
		middle("lead-time", "Flow", "Lead time, authorised to verified, median", leads, "releases completed", "From A1 to the last verified target; Slipway knows no commits."),
		share("on-time", "Flow", "On time", agreed.count(func(l *life) bool { return l.entered("EarlyLife") <= l.WindowStop }), int64(len(agreed)), "releases completed", "Completed within the window that A4 was given for."),
		share("emergency", "Flow", "Emergency share", made.count(func(l *life) bool { return l.Type == "emergency" }), int64(len(made)), "releases made", ""),
		share("fail-rate", "Quality", "Change fail rate", deployed.count(failed), int64(len(deployed)), "releases deployed", "Deployed releases that had to be remediated or rolled back."),
		middle("recovery", "Quality", "Recovery time, median", recoveries, "remediations ended", "From the start of a remediation until the deployment went on or was rolled back."),
		share("back-out", "Quality", "Back-out rate", deployed.count(func(l *life) bool { return l.went("RolledBack") }), int64(len(deployed)), "releases deployed", ""),
		share("first-time", "Quality", "First-time success", complete.count(func(l *life) bool { return !failed(l) }), int64(len(complete)), "releases completed", "Completed without remediation."))
	for _, kind := range []string{"major", "minor", "emergency"} {
		f.LeadTimes = append(f.LeadTimes, length(kind, kind, byType[kind]))
	}
	f.months(deployed, first, failed)
	f.slips(complete)
	f.outcomes(all)
}

// months counts by the viewer's calendar. A month without deployments is zero,
// since every deployment is recorded here from the first release on.
func (f *Figures) months(deployed lives, first db.Time, failed func(*life) bool) {
	q := &f.Query
	from := q.From.Std().In(q.Zone)
	for at := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, q.Zone); db.At(at) < q.Until; at = at.AddDate(0, 1, 0) {
		f.Months = append(f.Months, Month{Start: at, Known: !first.IsZero() && db.At(at.AddDate(0, 1, 0)) > first})
	}
	for i := range deployed {
		l := &deployed[i]
		at := slices.IndexFunc(f.Months, func(m Month) bool { return db.At(m.Start.AddDate(0, 1, 0)) > l.entered("Deploying") })
		if at < 0 {
			continue
		}
		f.Months[at].Deployed++
		if failed(l) {
			f.Months[at].Failed++
		}
	}
}

// slipRows is how many releases the chart of slips shows.
const slipRows = 8

func (f *Figures) slips(complete lives) {
	slices.SortFunc(complete, func(a, b life) int { return cmp.Compare(b.entered("EarlyLife"), a.entered("EarlyLife")) })
	for i := range complete[:min(len(complete), slipRows)] {
		l := &complete[i]
		s := Slip{Key: l.ReleaseKey, Known: !l.WindowStop.IsZero()}
		if s.Known && l.entered("EarlyLife") > l.WindowStop {
			s.Days = l.entered("EarlyLife").Sub(l.WindowStop).Hours() / 24
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
