package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/identity"
)

// drawUnits lists the items of the chosen units and what is related to them, and
// gives the keys of those that were not on the list.
func (s *Service) drawUnits(tx *db.Tx, r *Release, unitIDs []int64, asIs *catalog.Baseline) ([]string, error) {
	if len(unitIDs) == 0 {
		return nil, nil
	}
	units, err := s.catalog.Units(tx, r.ServiceID)
	if err != nil {
		return nil, err
	}
	why := map[int64]string{}
	var direct []int64
	for _, u := range units {
		if !slices.Contains(unitIDs, u.ID) {
			continue
		}
		for _, i := range u.Items {
			why[i.ID] = "in the unit " + u.Name
			direct = append(direct, i.ID)
		}
	}
	return s.listItems(tx, r, asIs, direct, why, "related to one of them")
}

// listItems lists items and what is related to them, unless it is listed, and
// gives the new keys. Why says it of single items, otherwise of the rest.
func (s *Service) listItems(tx *db.Tx, r *Release, asIs *catalog.Baseline, direct []int64, why map[int64]string, otherwise string) (keys []string, err error) {
	affected, err := s.catalog.Affected(tx, direct)
	if err != nil {
		return nil, err
	}
	items, err := s.catalog.ItemsByID(tx, affected)
	if err != nil {
		return nil, err
	}
	listed, err := itemsOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	var rows []Item
	for _, i := range items {
		if i.Retired || slices.ContainsFunc(listed, func(l Item) bool { return l.ItemID == i.ID }) {
			continue
		}
		reason := why[i.ID]
		if reason == "" {
			reason = otherwise
		}
		rows, keys = append(rows, newItem(r, i, asIs, reason)), append(keys, i.Key)
	}
	return keys, insertItems(tx, rows)
}

// AddUnit puts a release unit of the service into a release that was planned
// without it, as it would have come with the plan, while the package is not
// signed off.
func (s *Service) AddUnit(ctx context.Context, actor identity.Actor, key string, unitID int64) error {
	return s.write(ctx, actor, key, identity.ReleasePackage, func(tx *db.Tx, r *Release) error {
		if err := packable(r); err != nil {
			return err
		}
		units, err := s.catalog.Units(tx, r.ServiceID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(units, func(u catalog.Unit) bool { return u.ID == unitID })
		if at < 0 {
			return invalid("unit", fmt.Sprintf("Choose one of the release units of %s.", r.ServiceName))
		}
		baseline, err := s.catalog.BaselineByID(tx, r.BaselineID)
		if err != nil {
			return err
		}
		keys, err := s.drawUnits(tx, r, []int64{unitID}, baseline)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return invalid("unit", fmt.Sprintf("Every item of %s is on the list already.", units[at].Name))
		}
		if err := s.rescope(tx, actor, r, "the list of affected items grew"); err != nil {
			return err
		}
		return s.record(tx, actor, r, "unit.add", "", "added the release unit %s, and with it %s", units[at].Name, strings.Join(keys, ", "))
	})
}

// missingUnits are those of the service of which an item in use is not listed.
func missingUnits(units []catalog.Unit, listed []Item) []catalog.Unit {
	return slices.DeleteFunc(units, func(u catalog.Unit) bool {
		return !slices.ContainsFunc(u.Items, func(i catalog.Item) bool {
			return !i.Retired && !slices.ContainsFunc(listed, func(l Item) bool { return l.ItemID == i.ID })
		})
	})
}
