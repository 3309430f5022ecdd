package report

import (
	"maps"
	"strings"
	"time"

	"slipway/internal/db"
)

// ask reads rows of releases that the query is narrowed to: {in} stands for that.
func (d *desk) ask(into any, q *Query, query string, more values) error {
	named := values{"service": q.ServiceKey, "type": q.Type, "from": q.From, "until": q.Until}
	maps.Copy(named, more)
	return d.read(into, strings.ReplaceAll(query, "{in}", "{seen} AND (@service = '' OR r.service_key = @service) AND (@type = '' OR r.type = @type)"), named)
}

func (d *desk) serviceNames() (list []ServiceName, err error) {
	return list, d.read(&list, "SELECT service_key AS key, name FROM services ORDER BY name", nil)
}

// firstMade is when the first release was made here, 0 before that.
func (d *desk) firstMade(q *Query) (at db.Time, err error) {
	return at, d.ask(&at, q, "SELECT COALESCE(MIN(r.created_at), 0) FROM releases r WHERE {in}", nil)
}

// lives gives every release that lived in the period.
func (d *desk) lives(q *Query) (list lives, err error) {
	first := func(condition string) string {
		return "COALESCE(MIN(CASE WHEN " + condition + " THEN p.since END), 0)"
	}
	return list, d.ask(&list, q, `SELECT r.id, r.release_key, r.type, r.outcome, r.created_at, r.ended_at, COALESCE(MAX(g.window_stop), 0) AS window_stop,
		`+first("p.verb = 'authorise the plan'")+` AS authorised_at, `+first("p.state = 'Deploying'")+` AS deployed_at, `+first("p.state = 'EarlyLife'")+` AS live_at,
		`+first("p.state = 'Remediating'")+` AS remediated_at, `+first("p.state = 'RolledBack'")+` AS rolled_back_at
		FROM releases r JOIN release_phases p ON p.release_id = r.id LEFT JOIN gates g ON g.release_id = r.id AND g.code = 'A4' AND g.decided_at > 0
		WHERE r.created_at < @until AND (r.ended_at = 0 OR r.ended_at >= @from) AND {in}
		GROUP BY r.id ORDER BY r.id`, nil)
}

// recoveries are how long each remediation took that began in the period and is over.
func (d *desk) recoveries(q *Query) ([]time.Duration, error) {
	var rows []struct{ Since, Ended db.Time }
	err := d.ask(&rows, q, `SELECT p.since, (SELECT n.since FROM release_phases n WHERE n.release_id = p.release_id AND n.id > p.id ORDER BY n.id LIMIT 1) AS ended
		FROM release_phases p JOIN releases r ON r.id = p.release_id WHERE p.state = 'Remediating' AND p.since >= @from AND p.since < @until AND {in}`, nil)
	var list []time.Duration
	for _, r := range rows {
		if !r.Ended.IsZero() {
			list = append(list, r.Ended.Sub(r.Since))
		}
	}
	return list, err
}

// waits are how long gates were open before they were decided.
func (d *desk) waits(q *Query) (map[string][]time.Duration, error) {
	var rows []struct {
		Code      string
		OpenedAt  db.Time
		DecidedAt db.Time
	}
	err := d.ask(&rows, q, `SELECT g.code, g.opened_at, g.decided_at FROM gates g JOIN releases r ON r.id = g.release_id
		WHERE g.decided_at >= @from AND g.decided_at < @until AND g.opened_at > 0 AND g.decided_at >= g.opened_at AND {in}`, nil)
	waits := map[string][]time.Duration{}
	for _, r := range rows {
		waits[r.Code] = append(waits[r.Code], r.DecidedAt.Sub(r.OpenedAt))
	}
	return waits, err
}

// tally is a count of hits among cases.
type tally struct{ Hits, Cases int64 }

func (d *desk) tally(q *Query, query string) (t tally, err error) { return t, d.ask(&t, q, query, nil) }

// when sums up the rows for which a condition holds.
func when(condition string) string {
	return "COALESCE(SUM(CASE WHEN " + condition + " THEN 1 ELSE 0 END), 0)"
}

func (d *desk) verdicts(q *Query) (hits, cases int64, err error) {
	t, err := d.tally(q, `SELECT `+when("x.verdict = 'reject'")+` AS hits, COUNT(*) AS cases FROM decisions x JOIN releases r ON r.id = x.release_id
		WHERE x.created_at >= @from AND x.created_at < @until AND x.authority = '' AND {in}`)
	return t.Hits, t.Cases, err
}

type retrospect struct {
	State        string
	RetroDue     db.Time
	DecidedAt    db.Time
	Unauthorised bool
}

// retrospects are the emergencies that went ahead on broken glass. They need no
// release, so the service narrows them.
func (d *desk) retrospects(q *Query) (list []retrospect, err error) {
	return list, d.ask(&list, q, `SELECT r.state, r.retro_due, r.decided_at, r.unauthorised FROM changes r JOIN services s ON s.id = r.service_id
		WHERE r.retro_due >= @from AND r.retro_due < @until AND r.retro_due > 0 AND {known}
		AND (@service = '' OR s.service_key = @service) AND (@type = '' OR @type = 'emergency') ORDER BY r.id`, nil)
}

func (d *desk) overridden(q *Query) (total int64, err error) {
	var parts []string
	for _, from := range []string{
		`freeze_overrides x JOIN releases r ON r.release_key = x.release_key WHERE x.created_at >= @from AND x.created_at < @until`,
		`waivers x JOIN releases r ON r.id = x.release_id WHERE x.state = 'Approved' AND x.decided_at >= @from AND x.decided_at < @until`,
		`window_overrides x JOIN releases r ON r.id = x.release_id WHERE x.created_at >= @from AND x.created_at < @until`,
		`emergency_authorities x JOIN releases r ON r.id = x.release_id WHERE x.kind = 'glass' AND x.created_at >= @from AND x.created_at < @until`,
	} {
		parts = append(parts, "(SELECT COUNT(*) FROM "+from+" AND {in})")
	}
	return total, d.ask(&total, q, "SELECT "+strings.Join(parts, " + "), nil)
}

func (d *desk) incidentsBySeverity(q *Query) (list []Count, err error) {
	return list, d.ask(&list, q, `SELECT CAST(x.severity AS TEXT) AS label, COUNT(*) AS total FROM early_incidents x JOIN releases r ON r.id = x.release_id
		WHERE x.opened_at >= @from AND x.opened_at < @until AND {in} GROUP BY x.severity ORDER BY x.severity`, nil)
}

// riskRows is how many of the open risks are drawn.
const riskRows = 200

// openRisks are those of releases under way, the worst first, as they stand now.
func (d *desk) openRisks(q *Query) (list []RiskPoint, total int64, err error) {
	const open = " FROM risks k JOIN releases r ON r.id = k.release_id WHERE k.state IN ('Open', 'Treating') AND {live} AND {in}"
	if err := d.ask(&total, q, "SELECT COUNT(*)"+open, nil); err != nil {
		return nil, 0, err
	}
	return list, total, d.ask(&list, q, `SELECT * FROM (SELECT r.release_key, k.number, k.event, k.appetite,
		CASE WHEN k.residual_probability > 0 AND k.residual_impact > 0 THEN k.residual_probability ELSE k.probability END AS probability,
		CASE WHEN k.residual_probability > 0 AND k.residual_impact > 0 THEN k.residual_impact ELSE k.impact END AS impact`+open+`) x
		ORDER BY x.probability * x.impact DESC, x.release_key, x.number LIMIT @most`, values{"most": riskRows})
}
