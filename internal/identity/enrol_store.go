package identity

import (
	"context"
	"sync"

	"slipway/internal/db"
)

// NewAccount is one account of an organisation that is set up in one go.
type NewAccount struct {
	Username, Name, Email, Zone string
	Grants                      []Grant
}

// sharedHashes remembers the hash of a password that many accounts share, as
// the demonstration's do; a test would otherwise hash it once an account.
var sharedHashes sync.Map

// EnrolAll creates accounts that share one known password, for demonstrations.
func (s *Service) EnrolAll(ctx context.Context, accounts []NewAccount, password string) error {
	hash, known := sharedHashes.Load(password)
	if !known {
		fresh, err := s.hasher.hash(ctx, password)
		if err != nil {
			return err
		}
		hash, _ = sharedHashes.LoadOrStore(password, fresh)
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		for _, a := range accounts {
			u := User{Username: a.Username, Name: a.Name, Email: a.Email, Zone: a.Zone, PasswordHash: hash.(string)}
			if err := tx.Create(&u); err != nil {
				return err
			}
			if err := replaceGrants(tx, u.ID, a.Grants); err != nil {
				return err
			}
		}
		return nil
	})
}

// Enroll adds an account that cannot sign in, since it has no password, and
// gives its actor.
func Enroll(tx *db.Tx, username string, grants []Grant) (Actor, error) {
	u := User{Username: username, Name: displayName(username), Grants: grants}
	if err := tx.Create(&u); err != nil {
		return Actor{}, err
	}
	return u.Actor(), replaceGrants(tx, u.ID, grants)
}
