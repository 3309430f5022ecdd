package build

import (
	"slipway/internal/db"
	"slipway/internal/dml"
)

// nextNumber gives the next number within the release. Writers are serial, so
// nobody can take it in between.
func nextNumber(tx *db.Tx, table string, releaseID int64) (int64, error) {
	var number int64
	err := tx.Gorm().Table(table).Where("release_id = ?", releaseID).Select("COALESCE(MAX(number), 0) + 1").Scan(&number).Error
	return number, err
}

func insertBuild(tx *db.Tx, b *Build) error   { return tx.Create(b) }
func insertOutput(tx *db.Tx, o *Output) error { return tx.Create(o) }

func findBuild(tx *db.Tx, releaseID, number int64) (*Build, error) {
	var b Build
	return &b, tx.First(&b, "release_id = ? AND number = ?", releaseID, number)
}

// buildsOf lists a release's builds, newest first, without their logs.
func buildsOf(tx *db.Tx, releaseID int64) ([]Build, error) {
	var list []Build
	err := tx.Gorm().Omit("log").Where("release_id = ?", releaseID).Order("number DESC").Find(&list).Error
	if err != nil || len(list) == 0 {
		return list, err
	}
	var outputs []Output
	if err := tx.Find(&outputs, "release_id = ?", releaseID); err != nil {
		return nil, err
	}
	for i := range list {
		for _, output := range outputs {
			if output.BuildID == list[i].ID {
				list[i].Outputs = append(list[i].Outputs, output)
			}
		}
	}
	return list, nil
}

func outputsOf(tx *db.Tx, buildID int64) ([]Output, error) {
	var list []Output
	return list, tx.Find(&list, "build_id = ?", buildID)
}

func builderIDs(tx *db.Tx, releaseID int64) ([]int64, error) {
	var ids []int64
	return ids, tx.Gorm().Model(&Build{}).Where("release_id = ?", releaseID).Distinct().Pluck("builder_id", &ids).Error
}

func insertRehearsal(tx *db.Tx, r *Rehearsal) error { return tx.Create(r) }

func findRehearsal(tx *db.Tx, releaseID, number int64) (*Rehearsal, error) {
	var r Rehearsal
	return &r, tx.First(&r, "release_id = ? AND number = ?", releaseID, number)
}

func rehearsalsOf(tx *db.Tx, releaseID int64) ([]Rehearsal, error) {
	var list []Rehearsal
	return list, tx.Gorm().Where("release_id = ?", releaseID).Order("number DESC").Find(&list).Error
}

// save writes a row that nobody saved since it was read.
func save(tx *db.Tx, row db.Versioned) error { return tx.Save(row) }

// makingsOf gives the builds that made media versions, the newest first.
func makingsOf(tx *db.Tx, versionIDs []int64) (list []dml.Making, err error) {
	return list, tx.Gorm().Raw(`SELECT o.media_version_id, b.release_key, b.number, b.name, b.inputs, b.environment, b.builder_name, b.builder_kind, b.ended_at
		FROM build_outputs o JOIN builds b ON b.id = o.build_id WHERE o.media_version_id IN ? ORDER BY b.id DESC`, versionIDs).Scan(&list).Error
}
