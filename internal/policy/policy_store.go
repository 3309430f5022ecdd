package policy

import (
	"slipway/internal/db"
	"slipway/internal/fault"
)

type policyService struct{ ID, PolicyID, ServiceID int64 }

type policyNumber struct {
	Scope      string `gorm:"primaryKey"`
	LastNumber int64
}

func takeNumber(tx *db.Tx, scope string) (n int64, err error) {
	err = tx.Row("UPDATE policy_numbers SET last_number = last_number + 1 WHERE scope = ? RETURNING last_number", []any{scope}, &n)
	if fault.KindOf(err) == fault.NotFound {
		return 1, tx.Create(&policyNumber{scope, 1})
	}
	return n, err
}

// lastNumber is 0 where none was given yet.
func lastNumber(tx *db.Tx, scope string) (int64, error) {
	var row policyNumber
	err := tx.First(&row, "scope = ?", scope)
	if fault.KindOf(err) == fault.NotFound {
		return 0, nil
	}
	return row.LastNumber, err
}

func raiseNumber(tx *db.Tx, scope string, n int64) error {
	var row policyNumber
	err := tx.First(&row, "scope = ?", scope)
	if fault.KindOf(err) == fault.NotFound {
		return tx.Create(&policyNumber{scope, n})
	}
	if err != nil || row.LastNumber >= n {
		return err
	}
	return tx.Gorm().Exec("UPDATE policy_numbers SET last_number = ? WHERE scope = ?", n, scope).Error
}

// active gives number and record version of the policy version in force for a service.
func active(tx *db.Tx, serviceID int64) (id, version int64, err error) {
	err = tx.Row("SELECT id, version FROM policy_versions WHERE state = ? AND policy_id IN (SELECT policy_id FROM policy_services WHERE service_id = ?) LIMIT 1",
		[]any{Active, serviceID}, &id, &version)
	return id, version, err
}

func recordVersion(tx *db.Tx, table string, id int64) (version int64, err error) {
	return version, tx.Row("SELECT version FROM "+table+" WHERE id = ?", []any{id}, &version)
}

func versionByID(tx *db.Tx, id int64) (*Version, error) {
	var v Version
	return &v, tx.First(&v, "id = ?", id)
}

func versionsOf(tx *db.Tx, policyID int64) ([]Version, error) {
	var list []Version
	return list, tx.Gorm().Where("policy_id = ?", policyID).Order("number DESC").Find(&list).Error
}

func allVersions(tx *db.Tx) ([]Version, error) {
	var list []Version
	return list, tx.Gorm().Order("policy_id, number DESC").Find(&list).Error
}

func policyByKey(tx *db.Tx, key string) (*Policy, error) {
	var p Policy
	if err := tx.First(&p, "policy_key = ?", key); err != nil {
		return nil, err
	}
	err := tx.Gorm().Model(&policyService{}).Where("policy_id = ?", p.ID).Order("service_id").Pluck("service_id", &p.Services).Error
	return &p, err
}

func allPolicies(tx *db.Tx) ([]Policy, error) {
	var list []Policy
	if err := tx.Gorm().Order("name, id").Find(&list).Error; err != nil {
		return nil, err
	}
	var links []policyService
	err := tx.Gorm().Order("service_id").Find(&links).Error
	for i := range list {
		for _, l := range links {
			if l.PolicyID == list[i].ID {
				list[i].Services = append(list[i].Services, l.ServiceID)
			}
		}
	}
	return list, err
}

func linkServices(tx *db.Tx, policyID int64, services []int64) error {
	if err := tx.Gorm().Where("policy_id = ?", policyID).Delete(&policyService{}).Error; err != nil {
		return err
	}
	rows := make([]policyService, len(services))
	for i, id := range services {
		rows[i] = policyService{PolicyID: policyID, ServiceID: id}
	}
	return tx.Create(&rows)
}

func modelByKey(tx *db.Tx, key string) (*Model, error) {
	var m Model
	return &m, tx.First(&m, "model_key = ?", key)
}

func allModels(tx *db.Tx) ([]Model, error) {
	var list []Model
	return list, tx.Gorm().Order("name, id").Find(&list).Error
}

func modelVersionByID(tx *db.Tx, id int64) (*ModelVersion, error) {
	var v ModelVersion
	return &v, tx.First(&v, "id = ?", id)
}

func modelVersionsOf(tx *db.Tx, modelID int64) ([]ModelVersion, error) {
	var list []ModelVersion
	return list, tx.Gorm().Where("model_id = ?", modelID).Order("number DESC").Find(&list).Error
}

func allModelVersions(tx *db.Tx) ([]ModelVersion, error) {
	var list []ModelVersion
	return list, tx.Gorm().Order("model_id, number DESC").Find(&list).Error
}

func activeModels(tx *db.Tx) ([]ModelVersion, error) {
	var list []ModelVersion
	return list, tx.Gorm().Where("state = ?", Active).Order("name").Find(&list).Error
}

func insert(tx *db.Tx, row any) error        { return tx.Create(row) }
func save(tx *db.Tx, row db.Versioned) error { return tx.Save(row) }
