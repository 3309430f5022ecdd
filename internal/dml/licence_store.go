package dml

import "slipway/internal/db"

func licenceByKey(tx *db.Tx, key string) (*Licence, error) {
	var l Licence
	return &l, tx.First(&l, "licence_key = ?", key)
}

// openAllocations gives what is reserved and consumed of a licence. Writers are
// serial, so the sum and what is decided from it are one.
func openAllocations(tx *db.Tx, licenceID int64) (list []Allocation, err error) {
	return list, tx.Gorm().Where("licence_id = ? AND state IN ?", licenceID, []AllocationState{Reserved, Consumed}).Order("id").Find(&list).Error
}

func allocation(tx *db.Tx, licenceID int64, releaseKey, purpose string) (*Allocation, error) {
	var a Allocation
	return &a, tx.First(&a, "licence_id = ? AND release_key = ? AND purpose = ?", licenceID, releaseKey, purpose)
}

func allocationsOf(tx *db.Tx, licenceKey, releaseKey string) ([]Allocation, error) {
	var list []Allocation
	return list, tx.Find(&list, "licence_key = ? AND release_key = ?", licenceKey, releaseKey)
}

func allocationsFor(tx *db.Tx, releaseKey string) ([]Allocation, error) {
	var list []Allocation
	return list, tx.Find(&list, "release_key = ?", releaseKey)
}

func allocationsOfLicence(tx *db.Tx, licenceID int64) ([]Allocation, error) {
	var list []Allocation
	return list, tx.Gorm().Where("licence_id = ?", licenceID).Order("id DESC").Limit(100).Find(&list).Error
}

func licences(tx *db.Tx, after string, limit int) ([]Licence, error) {
	var list []Licence
	return list, tx.Gorm().Where("licence_key > ?", after).Order("licence_key").Limit(limit).Find(&list).Error
}

// inUse sums what verified targets use of a licence.
func inUse(tx *db.Tx, licenceID int64) (n int64, err error) {
	return n, tx.Gorm().Model(&Allocation{}).Where("licence_id = ? AND state IN ?", licenceID, []AllocationState{Reserved, Consumed}).
		Select("COALESCE(SUM(installed), 0)").Scan(&n).Error
}

// seatedReleases gives the releases that hold a part of any licence.
func seatedReleases(tx *db.Tx) (keys []string, err error) {
	return keys, tx.Gorm().Model(&Allocation{}).Where("state <> ?", Released).Distinct().Order("release_key").Pluck("release_key", &keys).Error
}
