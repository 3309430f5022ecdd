package review

import (
	"slipway/internal/db"
	"slipway/internal/release"
)

// eachRequired gives every item that the service package asks a release to bring,
// besides its criteria.
func (s *Service) eachRequired(tx *db.Tx, r *release.Release, do func(id int64, title string) error) error {
	items, err := s.Catalog.RequiredItems(tx, r.ServiceID)
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := do(item.ID, item.Statement); err != nil {
			return err
		}
	}
	return nil
}
