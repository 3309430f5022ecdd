package build

import "slipway/internal/db"

func insertCriteria(tx *db.Tx, c ...*Criterion) error {
	return tx.Create(&c)
}

func findCriterion(tx *db.Tx, releaseID, number int64) (*Criterion, error) {
	var c Criterion
	return &c, tx.First(&c, "release_id = ? AND number = ?", releaseID, number)
}

func criteriaOf(tx *db.Tx, releaseID int64) ([]Criterion, error) {
	var list []Criterion
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("number").Find(&list).Error
}

func nextErrorNumber(tx *db.Tx) (int64, error) {
	var number int64
	err := tx.Gorm().Model(&KnownError{}).Select("COALESCE(MAX(number), 0) + 1").Scan(&number).Error
	return number, err
}

func insertError(tx *db.Tx, k *KnownError) error { return tx.Create(k) }
func insertLink(tx *db.Tx, l *ErrorLink) error   { return tx.Create(l) }

// introducers gives the releases that introduce a known error.
func introducers(tx *db.Tx, knownErrorID int64) ([]int64, error) {
	var ids []int64
	return ids, tx.Gorm().Model(&ErrorLink{}).Where("known_error_id = ? AND relation = ?", knownErrorID, Introduced).Order("release_id").Pluck("release_id", &ids).Error
}

func findError(tx *db.Tx, number int64) (*KnownError, error) {
	var k KnownError
	return &k, tx.First(&k, "number = ?", number)
}

// errorsOf lists the known errors of a release with its relation to each.
func errorsOf(tx *db.Tx, releaseID int64) ([]KnownError, error) {
	var links []ErrorLink
	if err := tx.Find(&links, "release_id = ?", releaseID); err != nil || len(links) == 0 {
		return nil, err
	}
	relation := map[int64]Relation{}
	ids := make([]int64, len(links))
	for i, link := range links {
		ids[i], relation[link.KnownErrorID] = link.KnownErrorID, link.Relation
	}
	var list []KnownError
	if err := tx.Gorm().Where("id IN ?", ids).Order("number").Find(&list).Error; err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Relation = relation[list[i].ID]
	}
	return list, nil
}

// openErrors lists the service's known errors that nobody resolved.
func openErrors(tx *db.Tx, serviceID int64) ([]KnownError, error) {
	var list []KnownError
	return list, tx.Gorm().Where("service_id = ? AND state <> ?", serviceID, Resolved).Order("number").Find(&list).Error
}
