package dml

import "slipway/internal/db"

// RecordUse notes, in the caller's transaction, that a package holds a version.
// To say it twice is to say it once.
func RecordUse(tx *db.Tx, u Use) error {
	there, err := hasUse(tx, u)
	if err != nil || there {
		return err
	}
	u.ID, u.RecordedAt = 0, tx.Now
	if err := tx.Create(&u); err != nil {
		return err
	}
	return countUse(tx, u.MediaVersionID)
}

// Restrict follows a release whose confidentiality changed: whether its key is
// shown beside what it uses.
func Restrict(tx *db.Tx, releaseKey string, restricted bool) error {
	return restrictUses(tx, releaseKey, restricted)
}

// UsesOf lists where a version is used, newest first.
func (s *Service) UsesOf(tx *db.Tx, versionID int64) ([]Use, error) {
	return usesOf(tx, []int64{versionID})
}

// ChecksOf lists a version's checks.
func (s *Service) ChecksOf(tx *db.Tx, versionID int64) ([]Check, error) {
	return checksOf(tx, versionID)
}
