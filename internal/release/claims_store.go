package release

import "slipway/internal/db"

// ClaimedMedia gives those of the media versions that a package holds, in
// whatever state it is, each with its release.
func (s *Service) ClaimedMedia(tx *db.Tx, versionIDs []int64) (map[int64]string, error) {
	var list []struct {
		ID        int64
		ClaimedBy string
	}
	err := tx.Gorm().Raw(`SELECT c.media_version_id AS id, MAX(r.release_key) AS claimed_by FROM components c
JOIN packages p ON p.id = c.package_id JOIN releases r ON r.id = p.release_id WHERE c.media_version_id IN ? GROUP BY c.media_version_id`, versionIDs).Scan(&list).Error
	claims := map[int64]string{}
	for _, row := range list {
		claims[row.ID] = row.ClaimedBy
	}
	return claims, err
}
