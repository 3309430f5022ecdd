package release

import "slipway/internal/db"

// decisionsOfRelease gives every word ever said on a release, the first first.
func decisionsOfRelease(tx *db.Tx, releaseID int64) ([]Decision, error) {
	var list []Decision
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("id").Find(&list).Error
}

func windowOverridesOf(tx *db.Tx, releaseID int64) ([]WindowOverride, error) {
	var list []WindowOverride
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("id").Find(&list).Error
}

func componentsOfAll(tx *db.Tx, packageIDs []int64) ([]Component, error) {
	var list []Component
	if len(packageIDs) == 0 {
		return nil, nil
	}
	return list, tx.Gorm().Where("package_id IN ?", packageIDs).Order("kind, name, id").Find(&list).Error
}
