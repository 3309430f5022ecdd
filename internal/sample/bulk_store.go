package sample

import (
	"fmt"

	"slipway/internal/db"
	"slipway/internal/release"
)

const day = 24 * 60 * 60 * 1000 // in milliseconds

// insert writes the stretch, every table by one statement: first the releases,
// then what hangs on those that are new.
func (b *bulk) insert(tx *db.Tx) error {
	var before struct{ Release, Change int64 }
	err := tx.Gorm().Raw("SELECT COALESCE((SELECT MAX(id) FROM releases), 0) AS release, COALESCE((SELECT MAX(number) FROM changes), 0) AS change").Scan(&before).Error
	if err != nil {
		return err
	}
	if err := tx.Gorm().Exec(b.releases(before.Change)).Error; err != nil {
		return err
	}
	for _, statement := range []string{b.changes(), b.gates(), b.phases(), numbers, totals} {
		if err := tx.Gorm().Exec(statement, map[string]any{"before": before.Release}).Error; err != nil {
			return err
		}
	}
	return nil
}

// releases spreads the releases over the services and the months. In each month
// the services take turns, so that numbers count on within a service.
func (b *bulk) releases(lastChange int64) string {
	return fmt.Sprintf(`WITH RECURSIVE
	n(i) AS (SELECT %[1]d UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %[2]d),
	months(m, label, starts) AS (VALUES %[3]s),
	works(w, title, summary) AS (VALUES %[4]s),
	served AS (SELECT ROW_NUMBER() OVER (ORDER BY s.service_key) - 1 AS turn, s.id, s.service_key, s.name, v.id AS policy_id, v.policy_key || ' v' || v.number AS policy_label,
		mv.id AS model_id, mv.name || ' v' || mv.number AS model_label, CASE WHEN mv.model_key = 'field-firmware' THEN 'pull' ELSE 'push' END AS delivery,
		(SELECT MAX(b.id) FROM baselines b WHERE b.service_id = s.id) AS baseline_id
		FROM services s JOIN policy_services ps ON ps.service_id = s.id JOIN policy_versions v ON v.policy_id = ps.policy_id AND v.state = 'Active'
		JOIN model_versions mv ON mv.state = 'Active' AND mv.model_key = CASE WHEN s.service_key IN ('BRF', 'WHS') THEN 'field-firmware' ELSE 'rolling-service' END),
	spread AS (SELECT i, i * %[5]d / %[6]d AS m, i - (i * %[5]d / %[6]d * %[6]d + %[5]d - 1) / %[5]d AS nth FROM n),
	made AS (SELECT p.i, p.nth, months.label, months.starts + CAST(p.nth AS BIGINT) * %[7]d AS created,
		CASE WHEN p.m >= %[5]d - 3 AND p.i %% 23 = 0 THEN 'Draft' WHEN p.i %% 14 = 0 THEN 'Cancelled' ELSE 'Closed' END AS state,
		CASE WHEN p.i %% 9 = 0 THEN 'major' ELSE 'minor' END AS type FROM spread p JOIN months ON months.m = p.m)
	INSERT INTO releases (created_at, updated_at, release_key, title, summary, service_id, service_key, service_name, type, scale, delivery, execution,
		policy_version_id, policy_label, model_version_id, model_label, author_id, author_name, owner_id, owner_name, window_start, window_stop, zone,
		state, held_from, outcome, touched, change_key, els_days, baseline_id, gates, ended_at)
	SELECT made.created, made.created, served.service_key || '-' || made.label || '.' || (made.nth / served_count.total + 1), works.title, works.summary,
		served.id, served.service_key, served.name, made.type, 'phased', served.delivery, 'manual', served.policy_id, served.policy_label, served.model_id, served.model_label,
		%[8]d, '%[9]s', %[8]d, '%[9]s', made.created + %[10]d, made.created + %[11]d, '%[12]s', made.state,
		CASE WHEN made.state = 'Cancelled' THEN 'Planning' ELSE '' END,
		CASE WHEN made.state = 'Cancelled' THEN 'Cancelled' WHEN made.state = 'Draft' THEN '' WHEN made.i %% 50 = 7 THEN 'Partial' WHEN made.i %% 11 = 3 THEN 'WithKnownErrors' ELSE 'Succeeded' END,
		made.state = 'Closed', 'CHG-' || (%[13]d + made.i - %[1]d), CASE WHEN made.type = 'major' THEN 10 ELSE 5 END, served.baseline_id,
		CASE WHEN made.state = 'Closed' THEN 'Approved Approved Approved Approved Approved' WHEN made.state = 'Cancelled' THEN 'Approved Expired Pending Pending Pending' ELSE 'Pending Pending Pending Pending Pending' END,
		CASE WHEN made.state = 'Closed' THEN made.created + %[14]d WHEN made.state = 'Cancelled' THEN made.created + %[15]d ELSE 0 END
	FROM made CROSS JOIN (SELECT COUNT(*) AS total FROM served) served_count JOIN served ON served.turn = made.i %% served_count.total JOIN works ON works.w = made.i %% %[16]d
	ORDER BY made.i`,
		b.from, b.to, b.months(), worksTable(), formerMonths, b.count, 26*day/(b.count/formerMonths+1), b.owner, b.ownerName, 20*day, 22*day, Zone,
		lastChange+1, 33*day, 9*day, len(works))
}

func (b *bulk) changes() string {
	return fmt.Sprintf(`INSERT INTO changes (created_at, updated_at, number, change_key, title, service_id, service_name, release_key, release_type, raised_by_id, raised_by, reason,
		return_text, risks, resources, responsible, relationship, state, window_start, window_stop, decided_by, decided_at)
	SELECT created_at, updated_at, CAST(SUBSTR(change_key, 5) AS BIGINT), change_key, title, service_id, service_name, release_key, type, author_id, author_name, summary,
		title, 'As the model says.', 'As the model says.', owner_name, 'Carried out as release ' || release_key, state, window_start, window_stop,
		CASE WHEN state = 'Closed' THEN '%s' ELSE '' END, CASE WHEN state = 'Closed' THEN created_at + %d ELSE 0 END
	FROM releases WHERE id > @before ORDER BY id`, b.authority, 19*day)
}

func (b *bulk) gates() string {
	return fmt.Sprintf(`WITH codes(place, code, opened, decided) AS (VALUES (1, 'A1', 1, 2), (2, 'A2', 2, 7), (3, 'A3', 7, 15), (4, 'A4', 15, 19), (5, 'A5', 28, 33)),
	stood AS (SELECT r.id, r.created_at, r.window_start, r.window_stop, codes.*, CASE WHEN r.state = 'Closed' OR r.state = 'Cancelled' AND codes.place = 1 THEN 'Approved'
		WHEN r.state = 'Cancelled' AND codes.place = 2 THEN 'Expired' ELSE 'Pending' END AS state FROM releases r CROSS JOIN codes WHERE r.id > @before)
	INSERT INTO gates (created_at, updated_at, release_id, code, state, opened_at, expires_at, decided_at, decided_by, window_start, window_stop)
	SELECT created_at, created_at, id, code, state, CASE WHEN state = 'Pending' THEN 0 ELSE created_at + CAST(opened AS BIGINT) * %[1]d END,
		CASE WHEN state = 'Pending' THEN 0 ELSE created_at + CAST(opened + 14 AS BIGINT) * %[1]d END, CASE WHEN state = 'Approved' THEN created_at + CAST(decided AS BIGINT) * %[1]d ELSE 0 END,
		CASE WHEN state = 'Approved' THEN '%[2]s' ELSE '' END, CASE WHEN state = 'Pending' THEN 0 ELSE window_start END, CASE WHEN state = 'Pending' THEN 0 ELSE window_stop END
	FROM stood ORDER BY id, place`, int64(day), b.authority)
}

// phases are the stretches of life: of closed releases all, of cancelled ones
// up to planning.
func (b *bulk) phases() string {
	return fmt.Sprintf(`WITH steps(place, state, verb, days, lived) AS (VALUES (1, 'Draft', 'create', 0, 'Draft'), (2, 'Proposed', '%[3]s', 1, 'Cancelled'), (3, 'Planning', '%[4]s', 2, 'Cancelled'),
		(4, 'BuildTest', '%[5]s', 7, 'Closed'), (5, 'Ready', '%[6]s', 15, 'Closed'), (6, 'Deploying', '%[7]s', 20, 'Closed'), (7, 'EarlyLife', '%[8]s', 22, 'Closed'),
		(8, 'Review', '%[9]s', 28, 'Closed'), (9, 'Closed', '%[10]s', 33, 'Closed'), (10, 'Cancelled', '%[11]s', 9, 'Over'))
	INSERT INTO release_phases (release_id, state, since, verb, by_name, reason)
	SELECT r.id, steps.state, r.created_at + CAST(steps.days AS BIGINT) * %[1]d, steps.verb, '%[2]s', CASE WHEN steps.state = 'Cancelled' THEN 'No longer wanted.' ELSE '' END
	FROM releases r CROSS JOIN steps WHERE r.id > @before AND (steps.lived = 'Draft' OR r.state = 'Closed' AND steps.lived IN ('Cancelled', 'Closed') OR r.state = 'Cancelled' AND steps.lived IN ('Cancelled', 'Over'))
	ORDER BY r.id, steps.place`, int64(day), b.ownerName, release.VerbSubmit, release.VerbAuthorisePlan, release.VerbAuthoriseBuild, release.VerbCheckIn, release.VerbStart,
		release.VerbComplete, release.VerbExitEarlyLife, release.VerbClose, release.VerbCancel)
}

// numbers keeps the identifiers from being given again.
const numbers = `INSERT INTO policy_numbers (scope, last_number)
	SELECT SUBSTR(release_key, 1, LENGTH(service_key) + 9) || '{N}', MAX(CAST(SUBSTR(release_key, LENGTH(service_key) + 10) AS BIGINT))
	FROM releases WHERE id > @before GROUP BY SUBSTR(release_key, 1, LENGTH(service_key) + 9) || '{N}'
	ON CONFLICT (scope) DO UPDATE SET last_number = excluded.last_number`

// totals counts the releases in.
const totals = `INSERT INTO release_counts (service_id, state, restricted, total)
	SELECT service_id, state, restricted, COUNT(*) FROM releases WHERE id > @before GROUP BY service_id, state, restricted
	ON CONFLICT (service_id, state, restricted) DO UPDATE SET total = release_counts.total + excluded.total`
