package review

import (
	"slipway/internal/db"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Draw gives a new release the knowledge transfers of its model.
func (s *Service) Draw(tx *db.Tx, actor identity.Actor, r *release.Release, from release.Origin) error {
	return s.drawTransfers(tx, actor, r, from.Model)
}

// Follow begins early life or the review in the transaction that leads to it.
func (s *Service) Follow(tx *db.Tx, actor identity.Actor, r *release.Release, verb release.Verb) error {
	switch verb {
	case release.VerbComplete, release.VerbReview, release.VerbExitEarlyLife:
		return s.Begin(tx, actor, r)
	}
	return nil
}
