package dml

import "slipway/internal/db"

// trustedKeys lists every key, those in force first and then the newest first.
func trustedKeys(tx *db.Tx) (list []TrustedKey, err error) {
	return list, tx.Gorm().Order("CASE WHEN revoked_at = 0 THEN 0 ELSE 1 END, id DESC").Find(&list).Error
}

func keyByID(tx *db.Tx, id int64) (*TrustedKey, error) {
	var k TrustedKey
	return &k, tx.First(&k, "id = ?", id)
}

func keysByFingerprint(tx *db.Tx, kind KeyKind, fingerprint string) (list []TrustedKey, err error) {
	return list, tx.Gorm().Where("kind = ? AND fingerprint = ?", kind, fingerprint).Order("revoked_at, id").Find(&list).Error
}

// countSigned counts the signatures and attestations that each key verifies.
func countSigned(tx *db.Tx) (map[int64]int64, error) {
	var rows []struct{ KeyID, N int64 }
	err := tx.Gorm().Model(&Evidence{}).Select("key_id, COUNT(*) AS n").Where("key_id <> 0").Group("key_id").Find(&rows).Error
	counts := make(map[int64]int64, len(rows))
	for _, row := range rows {
		counts[row.KeyID] = row.N
	}
	return counts, err
}
