package report

import (
	"fmt"
	"time"

	"slipway/internal/db"
)

const afterwards = "Early life and review"

// support is how early life support went where it ended in the period.
func (d *desk) support(f *Figures, _ lives) error {
	var rows []struct {
		StartedAt, DecidedAt db.Time
		Days, ExtraDays      int64
	}
	err := d.ask(&rows, &f.Query, `SELECT x.started_at, x.decided_at, x.days, x.extra_days FROM early_lives x JOIN releases r ON r.id = x.release_id
		WHERE x.state = 'Accepted' AND x.decided_at >= @from AND x.decided_at < @until AND {in}`, nil)
	var lengths []time.Duration
	var first int64
	for _, r := range rows {
		lengths = append(lengths, r.DecidedAt.Sub(r.StartedAt))
		if r.ExtraDays == 0 {
			first++
		}
	}
	f.Measures = append(f.Measures, middle("support", afterwards, "Early life support, median", lengths, "exits accepted", ""),
		share("first-exit", afterwards, "Exits accepted at the first request", first, int64(len(rows)), "exits accepted", "Operations asked for no extension."))
	return err
}

// values is what the live criteria say of releases that left early life.
func (d *desk) values(f *Figures, _ lives) error {
	t, err := d.tally(&f.Query, `SELECT `+when("x.state IN ('Pass', 'Accepted')")+` AS hits, COUNT(*) AS cases
		FROM release_criteria c JOIN releases r ON r.id = c.release_id JOIN early_lives e ON e.release_id = r.id
		LEFT JOIN live_checks x ON x.release_id = r.id AND x.criterion_id = c.id
		WHERE e.state = 'Accepted' AND e.decided_at >= @from AND e.decided_at < @until AND {in}`)
	if err != nil {
		return err
	}
	f.Measures = append(f.Measures, share("value", afterwards, "Value realised", t.Hits, t.Cases, "live criteria due", "Utility and warranty criteria met in live use."))
	t, err = d.tally(&f.Query, `SELECT `+when("x.outcome = 'Met'")+` AS hits, COUNT(*) AS cases FROM promises x JOIN releases r ON r.id = x.release_id
		WHERE r.state = 'Closed' AND r.ended_at >= @from AND r.ended_at < @until AND {in}`)
	f.Measures = append(f.Measures, share("delivered", afterwards, "Service package delivered as promised", t.Hits, t.Cases, "items of closed releases", ""))
	return err
}

// receivers is whether those who had to know it, did so before going live.
func (d *desk) receivers(f *Figures, all lives) error {
	var rows []struct {
		ReleaseID int64
		State     string
		DecidedAt db.Time
	}
	err := d.ask(&rows, &f.Query, `SELECT x.release_id, x.state, x.decided_at FROM transfers x JOIN releases r ON r.id = x.release_id WHERE r.created_at < @until AND {in}`, nil)
	live := map[int64]db.Time{}
	for i := range all {
		if at := all[i].entered("EarlyLife"); f.Query.in(at) {
			live[all[i].ID] = at
		}
	}
	var t tally
	for _, r := range rows {
		at, counts := live[r.ReleaseID]
		if !counts {
			continue
		}
		t.Cases++
		if r.State == "Confirmed" && r.DecidedAt <= at {
			t.Hits++
		}
	}
	f.Measures = append(f.Measures, share("transfer", afterwards, "Knowledge confirmed by going live", t.Hits, t.Cases, "transfers planned", "Confirmed by the receiver."))
	return err
}

// reviews is whether reviews and their actions kept their dates.
func (d *desk) reviews(f *Figures, _ lives) error {
	t, err := d.tally(&f.Query, `SELECT `+when("x.held_at > 0 AND x.held_at <= x.due")+` AS hits, COUNT(*) AS cases FROM reviews x JOIN releases r ON r.id = x.release_id
		WHERE x.due >= @from AND x.due < @until AND (x.due < @now OR x.held_at > 0) AND {in}`)
	if err != nil {
		return err
	}
	f.Measures = append(f.Measures, share("reviews", afterwards, "Reviews held on time", t.Hits, t.Cases, "reviews due", ""))
	t, err = d.tally(&f.Query, `SELECT `+when("x.done_at > 0 AND x.done_at <= x.due")+` AS hits, COUNT(*) AS cases FROM review_actions x JOIN releases r ON r.id = x.release_id
		WHERE x.due >= @from AND x.due < @until AND (x.due < @now OR x.done_at > 0) AND {in}`)
	f.Measures = append(f.Measures, share("actions", afterwards, "Actions of reviews done on time", t.Hits, t.Cases, "actions due", ""))
	return err
}

// media is whether what was deployed came from the library.
func (d *desk) media(f *Figures, _ lives) error {
	t, err := d.tally(&f.Query, `SELECT `+when("v.state = 'Accepted'")+` AS hits, COUNT(*) AS cases
		FROM components c JOIN packages p ON p.id = c.package_id JOIN releases r ON r.id = p.release_id LEFT JOIN media_versions v ON v.id = c.media_version_id
		WHERE p.state = 'Deployed' AND c.kind IN ('software', 'documentation', 'licence') AND r.created_at < @until AND (r.ended_at = 0 OR r.ended_at >= @from) AND {in}`)
	f.Measures = append(f.Measures, share("coverage", "Media and targets", "Deployed media accepted in the library", t.Hits, t.Cases, "lines of deployed packages", "What was retired since is counted against it."))
	return err
}

// drift is whether targets run what was signed, now. It knows no period, service
// or type, so it stands only in a report that is narrowed to none.
func (d *desk) drift(f *Figures, _ lives) error {
	if f.Query.ServiceKey != "" || f.Query.Type != "" {
		return nil
	}
	var t struct{ Strange, Known, Silent int64 }
	err := d.read(&t, `SELECT `+when("x.installed_digest <> '' AND a.digest IS NULL")+` AS strange, `+when("x.installed_digest <> ''")+` AS known, `+when("x.installed_digest = ''")+` AS silent
		FROM targets x LEFT JOIN (SELECT p.digest FROM packages p WHERE p.state IN ('SignedOff', 'Deployed', 'Superseded')
			UNION SELECT c.digest FROM components c JOIN packages p ON p.id = c.package_id WHERE p.state IN ('SignedOff', 'Deployed', 'Superseded') AND c.kind = 'software' AND c.digest <> '') a
		ON a.digest = x.installed_digest WHERE NOT x.retired`, nil)
	note := "As reported now, whatever the period."
	if t.Silent > 0 {
		note += fmt.Sprintf(" Of %s nothing is known.", plural(int(t.Silent), "target", "targets"))
	}
	f.Measures = append(f.Measures, share("unauthorised", "Media and targets", "Targets that run what no signed package holds", t.Strange, t.Known, "targets that report", note))
	return err
}

func (d *desk) risks(f *Figures, _ lives) (err error) {
	f.Risks, err = d.openRisks(&f.Query)
	return err
}
