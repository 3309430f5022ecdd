package release

import "slipway/internal/db"

func currentPackage(tx *db.Tx, releaseID int64) (*Package, error) {
	var list []Package
	err := tx.FindBy(&list, "number DESC LIMIT 1", "release_id = ?", releaseID)
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

// unindexed gives packages from before packages were indexes that have none yet,
// after one.
func unindexed(tx *db.Tx, after int64, limit int) ([]Package, error) {
	var list []Package
	return list, tx.Gorm().Where("digest <> '' AND index_digest = '' AND id > ?", after).Order("id").Limit(limit).Find(&list).Error
}

// setIndex names the index of an older package. The row's version stays: nothing
// about what was signed is edited.
func setIndex(tx *db.Tx, packageID int64, digest string) error {
	return tx.Gorm().Model(&Package{}).Where("id = ?", packageID).UpdateColumn("index_digest", digest).Error
}

// repositoryTaken tells whether another release's packages have the name.
func repositoryTaken(tx *db.Tx, name string, except int64) (bool, error) {
	var n int64 // that no name is empty is what lets the database use its index
	err := tx.Row("SELECT COUNT(*) FROM releases WHERE repository = ? AND repository <> '' AND id <> ?", []any{name, except}, &n)
	return n > 0, err
}

func setRepository(tx *db.Tx, releaseID int64, name string) error {
	return tx.Gorm().Model(&Release{}).Where("id = ?", releaseID).UpdateColumn("repository", name).Error
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

func replaceComponents(tx *db.Tx, packageID int64, lines []Component) error {
	if err := tx.Gorm().Delete(&Component{}, "package_id = ?", packageID).Error; err != nil {
		return err
	}
	for i := range lines {
		lines[i].Row, lines[i].PackageID = db.Row{}, packageID
		if err := insert(tx, &lines[i]); err != nil {
			return err
		}
	}
	return nil
}
