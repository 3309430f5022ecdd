package deploy

import (
	"context"
	"errors"

	"slipway/internal/db"
)

// Schedule brings what an older program left in step, and has the work go on
// that somebody left; calling it at every start is right.
func (s *Service) Schedule(ctx context.Context) error {
	return errors.Join(s.rankTargets(ctx), s.rehire(ctx))
}

const rankBatch = 2000

// rankTargets writes the ranks of targets that were saved before there were any.
// It is done before anything is served, so that no wave is frozen by a filter
// that misses them.
func (s *Service) rankTargets(ctx context.Context) error {
	var list []Target
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		list, err = unranked(tx, 0, 1)
		return err
	})
	for after := int64(0); err == nil && len(list) > 0; {
		err = s.db.InTx(ctx, func(tx *db.Tx) error {
			if list, err = unranked(tx, after, rankBatch); err != nil {
				return err
			}
			for i := range list {
				list[i].index()
				if err := keepFacets(tx, &list[i]); err != nil {
					return err
				}
				after = list[i].ID
			}
			return nil
		})
	}
	return err
}
