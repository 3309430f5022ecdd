package release

import "slipway/internal/db"

func insertGates(tx *db.Tx, releaseID int64) error {
	gates := make([]Gate, 0, len(GateCodes()))
	for _, code := range GateCodes() {
		gates = append(gates, Gate{ReleaseID: releaseID, Code: code, State: GatePending, Round: 1})
	}
	return tx.Create(&gates)
}

// gatesOf reads column by column, as linesOf does: every page of a release has
// its gates on top.
func gatesOf(tx *db.Tx, releaseID int64) ([]Gate, error) {
	rows, err := tx.Rows(`SELECT id, version, created_at, updated_at, release_id, code, state, round, opened_at, submitter_id, expires_at, decided_at, decided_by,
		plan_version, package_digest, window_start, window_stop, void_reason, voided_at FROM gates WHERE release_id = ? ORDER BY code`, releaseID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := make([]Gate, 0, len(GateCodes()))
	for rows.Next() {
		var g Gate
		if err := rows.Scan(&g.ID, &g.Version, (*int64)(&g.CreatedAt), (*int64)(&g.UpdatedAt), &g.ReleaseID, (*string)(&g.Code), &g.State, &g.Round,
			(*int64)(&g.OpenedAt), &g.SubmitterID, (*int64)(&g.ExpiresAt), (*int64)(&g.DecidedAt), &g.DecidedBy, &g.PlanVersion, &g.PackageDigest,
			(*int64)(&g.WindowStart), (*int64)(&g.WindowEnd), &g.VoidReason, (*int64)(&g.VoidedAt)); err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, rows.Err()
}

func gateOf(tx *db.Tx, releaseID int64, code GateCode) (*Gate, error) {
	var g Gate
	return &g, tx.First(&g, "release_id = ? AND code = ?", releaseID, code)
}

// overdueGates gives the open gates whose time ran out.
func overdueGates(tx *db.Tx, limit int) ([]Gate, error) {
	var list []Gate
	return list, tx.Gorm().Where("state = ? AND expires_at < ?", GateOpen, tx.Now).Order("id").Limit(limit).Find(&list).Error
}

func decisionsOf(tx *db.Tx, gateID, round int64) ([]Decision, error) {
	var list []Decision
	return list, tx.Gorm().Where("gate_id = ? AND round = ?", gateID, round).Order("id").Find(&list).Error
}

// allDecisions gives every word ever said on a gate, the newest first.
func allDecisions(tx *db.Tx, gateID int64) ([]Decision, error) {
	var list []Decision
	return list, tx.Gorm().Where("gate_id = ?", gateID).Order("id DESC").Find(&list).Error
}

func waiversOf(tx *db.Tx, releaseID int64) ([]Waiver, error) {
	var list []Waiver
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("id").Find(&list).Error
}

func waiverByID(tx *db.Tx, releaseID, id int64) (*Waiver, error) {
	var w Waiver
	return &w, tx.First(&w, "release_id = ? AND id = ?", releaseID, id)
}

func attestationsOf(tx *db.Tx, releaseID int64) ([]Attestation, error) {
	var list []Attestation
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("id").Find(&list).Error
}

func readinessOf(tx *db.Tx, releaseID int64) ([]Readiness, error) {
	var list []Readiness
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("id").Find(&list).Error
}

func authorityOf(tx *db.Tx, releaseID int64) (*Authority, error) {
	var list []Authority
	err := tx.FindBy(&list, "id LIMIT 1", "release_id = ?", releaseID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func windowOverrideOf(tx *db.Tx, releaseID int64, at db.Time) (*WindowOverride, error) {
	var list []WindowOverride
	err := tx.Gorm().Where("release_id = ? AND until_at > ? AND targets = ''", releaseID, at).Order("id DESC").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func windowOverridesOfSets(tx *db.Tx, releaseID int64, at db.Time) ([]WindowOverride, error) {
	var list []WindowOverride
	return list, tx.Gorm().Where("release_id = ? AND until_at > ? AND targets <> ''", releaseID, at).Order("id DESC").Find(&list).Error
}
