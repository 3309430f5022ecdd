package release

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// InFlight gives, by service, how many releases that the actor sees are not over.
func (s *Service) InFlight(ctx context.Context, actor identity.Actor) (map[int64]int64, error) {
	totals := map[int64]int64{}
	err := s.db.View(ctx, func(tx *db.Tx) error {
		rows, err := counts(tx)
		for _, row := range rows {
			if !row.State.Over() && (!row.Restricted || seesRestricted(actor, row.ServiceID)) {
				totals[row.ServiceID] += row.Total
			}
		}
		return err
	})
	return totals, err
}

// ItemUse is a release that may affect an item, and what it decided on it.
type ItemUse struct {
	ReleaseKey string
	Title      string
	State      State
	AsIs       string
	ToBe       string
	Decision   Inclusion
}

// MediaUse is a media version that becomes an item in a release's package.
type MediaUse struct {
	ReleaseKey string
	Package    int64 // its version
	MediaItem  string
	Label      string
	Digest     string
}

// usesShown is how many releases, and how many media, an item's page names.
const usesShown = 20

// ItemUses gives the releases that the actor sees and that may affect an item,
// the newest first.
func (s *Service) ItemUses(ctx context.Context, actor identity.Actor, itemID int64) (uses []ItemUse, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		uses, err = usesOfItem(tx, actor, itemID, usesShown)
		return err
	})
	return uses, err
}

// ItemMedia gives the media that become an item in the packages of releases
// that the actor sees, the newest first.
func (s *Service) ItemMedia(ctx context.Context, actor identity.Actor, itemID int64) (uses []MediaUse, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		uses, err = mediaOfItem(tx, actor, itemID, usesShown)
		return err
	})
	return uses, err
}
