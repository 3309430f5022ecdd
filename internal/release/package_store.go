package release

import "slipway/internal/db"

func currentPackage(tx *db.Tx, releaseID int64) (*Package, error) {
	var list []Package
	err := tx.Gorm().Where("release_id = ?", releaseID).Order("number DESC").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func packagesOf(tx *db.Tx, releaseID int64) ([]Package, error) {
	var list []Package
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("number DESC").Find(&list).Error
}

func packageByDigest(tx *db.Tx, releaseID int64, digest string) (*Package, error) {
	var p Package
	return &p, tx.First(&p, "release_id = ? AND digest = ?", releaseID, digest)
}

func componentsOf(tx *db.Tx, packageID int64) ([]Component, error) {
	var list []Component
	return list, tx.Gorm().Where("package_id = ?", packageID).Order("kind, name, id").Find(&list).Error
}

func componentByID(tx *db.Tx, packageID, id int64) (*Component, error) {
	var c Component
	return &c, tx.First(&c, "package_id = ? AND id = ?", packageID, id)
}

func deleteComponent(tx *db.Tx, id int64) error {
	return tx.Gorm().Delete(&Component{}, "id = ?", id).Error
}

// deployedPackage is the package of a service that was deployed last.
func deployedPackage(tx *db.Tx, serviceID, except int64) (*Package, error) {
	var list []Package
	err := tx.Gorm().Joins("JOIN releases ON releases.id = packages.release_id").
		Where("releases.service_id = ? AND packages.state = ? AND packages.id <> ?", serviceID, PackageDeployed, except).Order("packages.id DESC").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}
