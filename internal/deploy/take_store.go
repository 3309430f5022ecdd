package deploy

import (
	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/release"
)

// chosen is what an earlier wave will take: what it chooses up to a key.
type chosen struct {
	filter Filter
	upTo   string // empty is all of it
}

// takes is the query for targets that a wave takes: those of its environment
// that it chooses, that are in use, that run nothing newer, and that no other
// wave of the release has frozen or, before it, will take; as many as its plan
// says, by key.
func takes(tx *db.Tx, w *Wave, filter Filter, earlier []Wave) (*gorm.DB, error) {
	if err := guard(tx, w); err != nil {
		return nil, err
	}
	var before []chosen
	for i := range earlier {
		other := &earlier[i]
		if other.EnvironmentID != w.EnvironmentID || other.ID == w.ID || other.State != WavePlanned && other.State != WaveNoGo {
			continue
		}
		f, err := other.choice()
		if err != nil {
			return nil, err
		}
		upTo, none, err := boundary(tx, other, f, before, w.newer)
		if err != nil {
			return nil, err
		}
		if !none {
			before = append(before, chosen{f, upTo})
		}
	}
	upTo, none, err := boundary(tx, w, filter, before, w.newer)
	if err != nil {
		return nil, err
	}
	q, err := left(tx, w, filter, before, w.newer)
	switch {
	case err != nil:
		return nil, err
	case none:
		return q.Where("1 = 0"), nil
	case upTo != "":
		q = q.Where("targets.target_key <= ?", upTo)
	}
	return q, nil
}

// boundary is the key up to which a wave takes what it chooses; none tells that
// it takes nothing at all.
func boundary(tx *db.Tx, w *Wave, filter Filter, before []chosen, newer []installed) (upTo string, none bool, err error) {
	if !w.limited() {
		return "", false, nil
	}
	q, err := left(tx, w, filter, before, newer)
	if err != nil {
		return "", false, err
	}
	var all int64
	if err := q.Count(&all).Error; err != nil {
		return "", false, err
	}
	n := w.limit(all)
	if n == 0 {
		return "", true, nil
	}
	if q, err = left(tx, w, filter, before, newer); err != nil {
		return "", false, err
	}
	var keys []string
	err = q.Order("targets.target_key").Offset(int(n-1)).Limit(1).Pluck("targets.target_key", &keys).Error
	if len(keys) > 0 {
		upTo = keys[0]
	}
	return upTo, false, err
}

// left is the query for what a wave chooses and others leave to it.
func left(tx *db.Tx, w *Wave, filter Filter, before []chosen, newer []installed) (*gorm.DB, error) {
	q, err := matching(tx, usable(tx, w), filter)
	if err != nil {
		return nil, err
	}
	q = q.Where("NOT EXISTS (SELECT 1 FROM wave_targets wt WHERE wt.target_id = targets.id AND wt.release_id = ? AND wt.wave_id <> ?)", w.ReleaseID, w.ID)
	for _, other := range before {
		if other.upTo == "" {
			if q, err = notMatching(tx, q, other.filter); err != nil {
				return nil, err
			}
			continue
		}
		c := compiler{tx: tx}
		c.add("NOT (targets.target_key <= ?", other.upTo)
		if !other.filter.Empty() {
			c.add(" AND ")
			if err := c.term(other.filter.top); err != nil {
				return nil, err
			}
		}
		c.add(")")
		q = q.Where(c.text.String(), c.args...)
	}
	if w.Older == "" {
		q = without(q, newer)
	}
	return q, nil
}

func without(q *gorm.DB, newer []installed) *gorm.DB {
	for _, one := range newer {
		q = q.Where("NOT (targets.installed_release = ? AND targets.installed_digest = ?)", one.InstalledRelease, one.InstalledDigest)
	}
	return q
}

// guard finds what targets of the wave's environment run that is newer than what
// its release brings, once.
func guard(tx *db.Tx, w *Wave) error {
	if w.guarded || w.Older != "" {
		return nil
	}
	var err error
	w.newer, err = newerThan(tx, w)
	w.guarded = err == nil
	return err
}

// newerThan gives what targets of a wave's environment run that is newer than
// what its release brings.
func newerThan(tx *db.Tx, w *Wave) ([]installed, error) {
	run, err := run(tx, w.EnvironmentID)
	if err != nil || len(run) == 0 {
		return nil, err
	}
	var digests []string
	for _, one := range run {
		if one.InstalledRelease == "" {
			digests = append(digests, one.InstalledDigest)
		}
	}
	var brings, known []part
	if len(digests) > 0 {
		if brings, err = parts(tx, `SELECT c.name, c.label, c.digest FROM components c JOIN packages p ON p.id = c.package_id WHERE p.release_id = ? AND c.kind = ?
			AND p.number = (SELECT MAX(number) FROM packages WHERE release_id = ?)`, w.ReleaseID, release.Software, w.ReleaseID); err != nil {
			return nil, err
		}
	}
	if len(brings) > 0 {
		if known, err = parts(tx, "SELECT DISTINCT name, label, digest FROM components WHERE digest IN ?", digests); err != nil {
			return nil, err
		}
	}
	var list []installed
	for _, one := range run {
		if one.newer(w, known, brings) {
			list = append(list, one)
		}
	}
	return list, nil
}

// run gives what the targets of an environment run. The releases are looked up
// by key: a service has more of them than an environment runs.
func run(tx *db.Tx, environmentID int64) (list []installed, err error) {
	rows, err := tx.Rows(`SELECT i.installed_release, i.installed_digest, COALESCE(r.service_id, 0)
		FROM (SELECT DISTINCT installed_release, installed_digest FROM targets
			WHERE environment_id = ? AND NOT retired AND (installed_release <> '' OR installed_digest <> '')) i
		LEFT JOIN releases r ON r.release_key = i.installed_release`, environmentID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one installed
		if err := rows.Scan(&one.InstalledRelease, &one.InstalledDigest, &one.ServiceID); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, rows.Err()
}

func parts(tx *db.Tx, query string, args ...any) (list []part, err error) {
	rows, err := tx.Rows(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p part
		if err := rows.Scan(&p.Name, &p.Label, &p.Digest); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// countNewer counts the targets that a wave would take and leaves out, since
// they run something newer.
func countNewer(tx *db.Tx, w *Wave, filter Filter) (n int64, err error) {
	if err := guard(tx, w); err != nil || w.Older != "" || len(w.newer) == 0 {
		return 0, err
	}
	q, err := matching(tx, usable(tx, w), filter)
	if err != nil {
		return 0, err
	}
	return n, oneOf(q, w.newer).Count(&n).Error
}

func oneOf(q *gorm.DB, newer []installed) *gorm.DB {
	text, args := "1 = 0", []any{}
	for _, one := range newer {
		text += " OR (targets.installed_release = ? AND targets.installed_digest = ?)"
		args = append(args, one.InstalledRelease, one.InstalledDigest)
	}
	return q.Where("("+text+")", args...)
}

// frozenNewer counts the frozen targets of a wave that run something newer by now.
func frozenNewer(tx *db.Tx, w *Wave) (n int64, err error) {
	if err := guard(tx, w); err != nil || w.Older != "" || len(w.newer) == 0 {
		return 0, err
	}
	q := tx.Gorm().Model(&Target{}).Where("targets.id IN (SELECT target_id FROM wave_targets WHERE wave_id = ? AND state NOT IN ?)", w.ID, []TargetState{TargetExcluded, TargetVerified})
	return n, oneOf(q, w.newer).Count(&n).Error
}

// joiners is the query for targets that belong to a frozen wave, were added since
// its freeze, and are in no wave of its release.
func joiners(tx *db.Tx, w *Wave, earlier []Wave) (*gorm.DB, error) {
	filter, err := w.choice()
	if err != nil {
		return nil, err
	}
	whole := *w
	whole.TakeCount, whole.TakePercent = 0, 0
	q, err := takes(tx, &whole, filter, earlier)
	if err != nil {
		return nil, err
	}
	return q.Where("targets.created_at >= ? AND NOT EXISTS (SELECT 1 FROM wave_targets wt WHERE wt.target_id = targets.id AND wt.release_id = ?)", w.ReadyAt, w.ReleaseID), nil
}

func countRows(q *gorm.DB, n *int64) error { return q.Count(n).Error }

// pickedUnknown gives those of the hand-picked keys that no target in use of the
// environment has.
func pickedUnknown(tx *db.Tx, w *Wave, keys []string) ([]string, error) {
	var there []string
	if err := usable(tx, w).Where("targets.target_key IN ?", keys).Pluck("target_key", &there).Error; err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, key := range there {
		known[key] = true
	}
	var list []string
	for _, key := range keys {
		if !known[key] {
			list = append(list, key)
		}
	}
	return list, nil
}

// frozenOutside counts the targets of a wave that a filter does not choose.
func frozenOutside(tx *db.Tx, w *Wave, filter Filter) (n int64, err error) {
	q := tx.Gorm().Model(&Target{}).Where("targets.id IN (SELECT target_id FROM wave_targets WHERE wave_id = ? AND state <> ?)", w.ID, TargetExcluded)
	if q, err = notMatching(tx, q, filter); err != nil {
		return 0, err
	}
	return n, q.Count(&n).Error
}
