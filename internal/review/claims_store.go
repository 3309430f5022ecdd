package review

import "slipway/internal/db"

// ClaimedMedia gives those of the media versions that are the material of a
// knowledge transfer.
func (s *Service) ClaimedMedia(tx *db.Tx, versionIDs []int64) (map[int64]string, error) {
	var ids []int64
	err := tx.Gorm().Table("transfers").Where("media_version_id IN ?", versionIDs).Distinct().Pluck("media_version_id", &ids).Error
	claims := map[int64]string{}
	for _, id := range ids {
		claims[id] = "a knowledge transfer"
	}
	return claims, err
}
