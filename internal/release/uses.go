package release

import (
	"context"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
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

// Changing says why an item stays in operation: a release in flight includes it.
// One that the actor does not see is not named.
func (s *Service) Changing(tx *db.Tx, actor identity.Actor, itemID int64) ([]fault.Blocker, error) {
	list, err := changingItem(tx, itemID)
	if err != nil {
		return nil, err
	}
	var reasons []fault.Blocker
	for i := range list {
		r := &list[i]
		if _, err := s.ByID(tx, actor, r.ID); err == nil {
			reasons = append(reasons, fault.Blocked(fmt.Sprintf("%s, which is %s, changes it.", r.Key, state.Word(r.State)), r.OwnerName, r.Link("package"), "Open the release"))
		} else if fault.KindOf(err) == fault.NotFound {
			reasons = append(reasons, fault.Blocked("A release that is not for you to see changes it.", identity.ReleaseManager.Label(), "/releases", "Ask the release managers"))
		} else {
			return nil, err
		}
	}
	return reasons, nil
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
