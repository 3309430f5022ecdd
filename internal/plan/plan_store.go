package plan

import (
	"slipway/internal/db"
	"slipway/internal/fault"
)

func save(tx *db.Tx, row db.Versioned) error { return tx.Save(row) }

func insertPlan(tx *db.Tx, p *Plan) error           { return tx.Create(p) }
func insertAgreement(tx *db.Tx, a *Agreement) error { return tx.Create(a) }

// newestPlan is the version that counts; NotFound before one is drawn.
func newestPlan(tx *db.Tx, releaseID int64) (*Plan, error) {
	var list []Plan
	if err := tx.Gorm().Where("release_id = ?", releaseID).Order("number DESC").Limit(1).Find(&list).Error; err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "This release has no plan yet.")
	}
	return &list[0], nil
}

func planByNumber(tx *db.Tx, releaseID, number int64) (*Plan, error) {
	var p Plan
	return &p, tx.First(&p, "release_id = ? AND number = ?", releaseID, number)
}

// versionsOf lists the versions, newest first, without their text.
func versionsOf(tx *db.Tx, releaseID int64) (list []Plan, err error) {
	return list, tx.Gorm().Omit("content").Where("release_id = ?", releaseID).Order("number DESC").Find(&list).Error
}

func agreementsOf(tx *db.Tx, planID int64) (list []Agreement, err error) {
	return list, tx.Find(&list, "plan_id = ?", planID)
}

func insertStakeholders(tx *db.Tx, list []Stakeholder) error {
	if len(list) == 0 {
		return nil
	}
	return tx.Create(&list)
}

func stakeholdersOf(tx *db.Tx, releaseID int64) (list []Stakeholder, err error) {
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("required DESC, influence DESC, id").Find(&list).Error
}

// registerOf is the service's own list, from which releases copy.
func registerOf(tx *db.Tx, serviceID int64) (list []Stakeholder, err error) {
	return list, tx.Find(&list, "service_id = ? AND release_id = 0", serviceID)
}

func findStakeholder(tx *db.Tx, releaseID, id int64) (*Stakeholder, error) {
	var s Stakeholder
	return &s, tx.First(&s, "id = ? AND release_id = ?", id, releaseID)
}

func deleteStakeholder(tx *db.Tx, s *Stakeholder) error {
	result := tx.Gorm().Where("id = ? AND version = ?", s.ID, s.Version).Delete(&Stakeholder{})
	if result.Error == nil && result.RowsAffected == 0 {
		return db.Stale()
	}
	return result.Error
}

// waitingFor lists the plans in agreement on which the person's word is missing.
func waitingFor(tx *db.Tx, personID int64) (list []Plan, err error) {
	return list, tx.Gorm().Omit("content", "difference").
		Where(`state = ? AND EXISTS (SELECT 1 FROM stakeholders s WHERE s.release_id = plans.release_id AND s.person_id = ? AND s.required
			AND NOT EXISTS (SELECT 1 FROM plan_agreements a WHERE a.plan_id = plans.id AND a.stakeholder_id = s.id))`, InAgreement, personID).
		Order("submitted_at, id").Find(&list).Error
}
