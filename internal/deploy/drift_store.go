package deploy

import (
	"gorm.io/gorm"

	"slipway/internal/db"
	"slipway/internal/release"
)

// drifting is the condition that a target reports something else than the
// records say; an index holds those that do.
const drifting = "targets.reported_digest <> '' AND targets.reported_digest <> targets.installed_digest AND targets.reported_at >= targets.installed_at"

// held is the condition that an authorised package holds what a target reports:
// as its own digest or as that of a component.
const held = `(EXISTS (SELECT 1 FROM packages p WHERE p.digest = targets.reported_digest AND p.state IN ?)
	OR EXISTS (SELECT 1 FROM components c JOIN packages p ON p.id = c.package_id WHERE c.digest = targets.reported_digest AND p.state IN ?))`

// signedStates are the states of a package that was signed off and not withdrawn.
var signedStates = []release.PackageState{release.PackageSignedOff, release.PackageDeployed, release.PackageSuperseded}

// withDrift narrows a query over targets to those that drift so.
func withDrift(q *gorm.DB, kind Drift) *gorm.DB {
	switch kind {
	case AnyDrift:
		return q.Where(drifting)
	case Drifted:
		return q.Where(drifting+" AND "+held, signedStates, signedStates)
	case Unauthorised:
		return q.Where(drifting+" AND NOT "+held, signedStates, signedStates)
	}
	return q
}

// authorised tells whether a signed package holds a digest.
func authorised(tx *db.Tx, digest string) (bool, error) {
	var n int64
	err := tx.Gorm().Raw(`SELECT COUNT(*) FROM packages p WHERE p.state IN ? AND (p.digest = ?
		OR EXISTS (SELECT 1 FROM components c WHERE c.package_id = p.id AND c.digest = ?))`, signedStates, digest, digest).Scan(&n).Error
	return n > 0, err
}

func driftPerEnvironment(tx *db.Tx) (map[int64]DriftCount, error) {
	var rows []struct{ EnvironmentID, Total, Known int64 }
	err := tx.Gorm().Model(&Target{}).Select("environment_id, COUNT(*) AS total, SUM(CASE WHEN "+held+" THEN 1 ELSE 0 END) AS known", signedStates, signedStates).
		Where("NOT retired AND " + drifting).Group("environment_id").Scan(&rows).Error
	counts := map[int64]DriftCount{}
	for _, row := range rows {
		counts[row.EnvironmentID] = DriftCount{Drifted: row.Known, Unauthorised: row.Total - row.Known}
	}
	return counts, err
}

// driftOfTaken counts the targets that drift of those that a wave would take.
func driftOfTaken(tx *db.Tx, w *Wave, filter Filter, earlier []Wave) (DriftCount, error) {
	q, err := takes(tx, w, filter, earlier)
	if err != nil {
		return DriftCount{}, err
	}
	return countDrift(q)
}

// driftOfFrozen counts the targets that drift of those that a wave has.
func driftOfFrozen(tx *db.Tx, w *Wave) (DriftCount, error) {
	return countDrift(tx.Gorm().Model(&Target{}).Where("targets.id IN (SELECT target_id FROM wave_targets WHERE wave_id = ? AND state <> ?)", w.ID, TargetExcluded))
}

func countDrift(q *gorm.DB) (DriftCount, error) {
	var row struct{ Total, Known int64 }
	err := q.Select("COUNT(*) AS total, COALESCE(SUM(CASE WHEN "+held+" THEN 1 ELSE 0 END), 0) AS known", signedStates, signedStates).Where(drifting).Scan(&row).Error
	return DriftCount{Drifted: row.Known, Unauthorised: row.Total - row.Known}, err
}

// keepReport writes what a target reports, and nothing else of it: nobody who
// edits the target meanwhile is in the way.
func keepReport(tx *db.Tx, t *Target) error {
	return tx.Gorm().Model(&Target{}).Where("id = ?", t.ID).Updates(map[string]any{"reported_digest": t.ReportedDigest, "reported_version": t.ReportedVersion,
		"reported_by": t.ReportedBy, "reported_at": t.ReportedAt}).Error
}

// kindsOf says of targets how each drifts, by one statement however many they are.
func kindsOf(tx *db.Tx, list []Target) (map[int64]Drift, error) {
	kinds := map[int64]Drift{}
	var ids []int64
	for i := range list {
		if list[i].drifts() {
			ids = append(ids, list[i].ID)
			kinds[list[i].ID] = Drifted
		}
	}
	if len(ids) == 0 {
		return kinds, nil
	}
	var loose []int64
	err := withDrift(tx.Gorm().Model(&Target{}).Where("id IN ?", ids), Unauthorised).Pluck("id", &loose).Error
	for _, id := range loose {
		kinds[id] = Unauthorised
	}
	return kinds, err
}

// unauthorisedAmong counts the targets of a release's waves that run what no
// authorised package holds.
func unauthorisedAmong(tx *db.Tx, releaseID int64) (n int64, err error) {
	return n, withDrift(tx.Gorm().Model(&Target{}).Where("targets.id IN (SELECT target_id FROM wave_targets WHERE release_id = ?)", releaseID), Unauthorised).Count(&n).Error
}
