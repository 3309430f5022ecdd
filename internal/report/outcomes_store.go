package report

import (
	"fmt"
	"time"

	"slipway/internal/db"
	"slipway/internal/noun"
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
	var beyondPlan []float64
	var first int64
	for _, r := range rows {
		length := r.DecidedAt.Sub(r.StartedAt)
		lengths = append(lengths, length)
		if r.Days > 0 {
			beyondPlan = append(beyondPlan, beyond(time.Duration(r.Days)*24*time.Hour, length))
		}
		if r.ExtraDays == 0 {
			first++
		}
	}
	f.add(middle("support", afterwards, "Early life support, median", lengths, "exits accepted", "From going live until operations took the service."),
		variance("support-plan", afterwards, "Early life support against the agreed days, median", beyondPlan, "exits accepted", "How much longer or shorter than the days agreed it took."),
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
	f.add(share("value", afterwards, "Value realised", t.Hits, t.Cases, "live criteria due", "Utility and warranty criteria met in live use when early life support ended."))
	t, err = d.tally(&f.Query, `SELECT `+when("x.outcome = 'Met'")+` AS hits, COUNT(*) AS cases FROM promises x JOIN releases r ON r.id = x.release_id
		WHERE r.state = 'Closed' AND r.ended_at >= @from AND r.ended_at < @until AND {in}`)
	f.add(share("delivered", afterwards, "Service package delivered as promised", t.Hits, t.Cases, "items of closed releases", "Items of the service package met, neither deferred nor delivered otherwise."))
	return err
}

// receivers is whether those who had to know it, did so before going live.
func (d *desk) receivers(f *Figures, all lives) error {
	var rows []struct {
		ReleaseID int64
		State     string
		DecidedAt db.Time
	}
	err := d.ask(&rows, &f.Query, `SELECT x.release_id, x.state, x.decided_at FROM transfers x JOIN releases r ON r.id = x.release_id WHERE r.created_at < @until AND (r.ended_at = 0 OR r.ended_at >= @from) AND {in}`, nil)
	live := all.wentLive(&f.Query)
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
	f.add(share("transfer", afterwards, "Knowledge confirmed by going live", t.Hits, t.Cases, "transfers planned", "Transfers that the receiver had confirmed when the release went live."))
	return err
}

// reviews is whether reviews and their actions kept their dates.
func (d *desk) reviews(f *Figures, _ lives) error {
	t, err := d.tally(&f.Query, `SELECT `+when("x.held_at > 0 AND x.held_at <= x.due")+` AS hits, COUNT(*) AS cases FROM reviews x JOIN releases r ON r.id = x.release_id
		WHERE x.due >= @from AND x.due < @until AND (x.due < @now OR x.held_at > 0) AND {in}`)
	if err != nil {
		return err
	}
	f.add(share("reviews", afterwards, "Reviews held on time", t.Hits, t.Cases, "reviews due", "Post-implementation reviews held by the day they were due."))
	t, err = d.tally(&f.Query, `SELECT `+when("x.done_at > 0 AND x.done_at <= x.due")+` AS hits, COUNT(*) AS cases FROM review_actions x JOIN releases r ON r.id = x.release_id
		WHERE x.due >= @from AND x.due < @until AND (x.due < @now OR x.done_at > 0) AND {in}`)
	f.add(share("actions", afterwards, "Actions of reviews done on time", t.Hits, t.Cases, "actions due", "Actions closed by the day they were due."))
	return err
}

const library = "Media and targets"

// media is whether what was deployed came from the library.
func (d *desk) media(f *Figures, _ lives) error {
	t, err := d.tally(&f.Query, `SELECT `+when("v.state = 'Accepted'")+` AS hits, COUNT(*) AS cases
		FROM components c JOIN packages p ON p.id = c.package_id JOIN releases r ON r.id = p.release_id LEFT JOIN media_versions v ON v.id = c.media_version_id
		WHERE p.state = 'Deployed' AND c.kind IN ('software', 'documentation', 'licence') AND r.created_at < @until AND (r.ended_at = 0 OR r.ended_at >= @from) AND {in}`)
	f.add(share("coverage", library, "Deployed media accepted in the library", t.Hits, t.Cases, "lines of deployed packages", "Software, documents and licences of deployed packages that are Accepted now; what was retired since counts against it."))
	return err
}

// stock is how the library and the targets stand. It knows no service or type,
// so it stands only in a report that is narrowed to none.
func (d *desk) stock(f *Figures, _ lives) error {
	if f.Query.ServiceKey != "" || f.Query.Type != "" {
		return nil
	}
	t, err := d.tally(&f.Query, `SELECT `+when("b.state <> 'damaged'")+` AS hits, COUNT(*) AS cases FROM media_blobs b WHERE b.verified_at >= @from AND b.verified_at < @until`)
	if err != nil {
		return err
	}
	f.add(share("accuracy", library, "Media that match their digest", t.Hits, t.Cases, "files hashed anew", "Files of the library whose latest check lies in the period, and whose bytes hash to what was accepted."))
	t, err = d.tally(&f.Query, `SELECT `+when("l.valid_from <= @now AND (l.valid_to = 0 OR l.valid_to > @now) AND (l.metric IN ('site', 'unlimited') OR a.held <= l.entitled)")+` AS hits, COUNT(*) AS cases
		FROM licences l JOIN (SELECT x.licence_id, SUM(x.installed) AS held FROM licence_allocations x WHERE x.state IN ('Reserved', 'Consumed') GROUP BY x.licence_id) a ON a.licence_id = l.id`)
	if err != nil {
		return err
	}
	f.add(share("licences", library, "Licences in use within their entitlement", t.Hits, t.Cases, "licences in use", "Licences that hold now and of which no more is used than was bought."))
	return d.drift(f)
}

// drift is whether targets run what was signed, now.
func (d *desk) drift(f *Figures) error {
	var t struct{ Strange, Known, Silent int64 }
	err := d.read(&t, `SELECT `+when("x.installed_digest <> '' AND a.digest IS NULL")+` AS strange, `+when("x.installed_digest <> ''")+` AS known, `+when("x.installed_digest = ''")+` AS silent
		FROM targets x LEFT JOIN (SELECT p.digest FROM packages p WHERE p.state IN ('SignedOff', 'Deployed', 'Superseded')
			UNION SELECT c.digest FROM components c JOIN packages p ON p.id = c.package_id WHERE p.state IN ('SignedOff', 'Deployed', 'Superseded') AND c.kind = 'software' AND c.digest <> '') a
		ON a.digest = x.installed_digest WHERE NOT x.retired`, nil)
	m := share("unauthorised", library, "Targets that run what no signed package holds", t.Strange, t.Known, "targets that report", "Targets whose installed digest is of no package that was signed off; as reported now, whatever the period.")
	if t.Silent > 0 {
		m.Note = fmt.Sprintf("Of %s nothing is known.", noun.Count(t.Silent, "target"))
	}
	f.add(m)
	return err
}

func (d *desk) risks(f *Figures, _ lives) (err error) {
	f.Risks, f.OpenRisks, err = d.openRisks(&f.Query)
	return err
}
