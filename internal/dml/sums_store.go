package dml

import (
	"gorm.io/gorm/clause"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

func sumsOf(tx *db.Tx, d blob.Digest) (*Sums, error) {
	var row Sums
	return &row, tx.First(&row, "digest = ?", d)
}

func keepSums(tx *db.Tx, row *Sums) error {
	return tx.Gorm().Clauses(clause.OnConflict{DoNothing: true}).Create(row).Error
}
