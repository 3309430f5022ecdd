package release

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
)

// Attachment opens a file that somebody attached as evidence to a release.
// Whoever sees the release may read it; out of sight is NotFound.
func (s *Service) Attachment(ctx context.Context, actor identity.Actor, key string, id int64) (a *dml.Attachment, body *dml.Reading, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		a, err = dml.AttachmentOf(tx, r.ID, id)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	body, err = s.media.OpenAttachment(ctx, a)
	return a, body, err
}
