package deploy

import (
	"context"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/deploy/ssh"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// EnvKey is a key by which Slipway logs in to the hosts of an environment. The
// private half is sealed; the public half goes into authorized_keys. While keys
// are rotated there are two, and a host takes either.
type EnvKey struct {
	db.Row
	EnvironmentID int64
	Number        int64
	PublicKey     string
	Fingerprint   string
	Sealed        string
	MadeBy        string
	RetiredAt     db.Time
	RetiredBy     string
}

// TableName is the table of such keys.
func (EnvKey) TableName() string { return "environment_keys" }

func (k *EnvKey) purpose() string {
	return fmt.Sprintf("ssh key %d of environment %d", k.Number, k.EnvironmentID)
}

// maxLiveKeys is how many keys of an environment may live at once.
const maxLiveKeys = 2

func live(keys []EnvKey) (list []EnvKey) {
	for _, k := range keys {
		if k.RetiredAt.IsZero() {
			list = append(list, k)
		}
	}
	return list
}

// EnvironmentKeys gives the keys of an environment, the newest first.
func (s *Service) EnvironmentKeys(ctx context.Context, actor identity.Actor, key string) (list []EnvKey, err error) {
	if err := identity.Authorize(actor, identity.ReportRead, 0); err != nil {
		return nil, err
	}
	return list, s.db.View(ctx, func(tx *db.Tx) error {
		e, err := environmentByKey(tx, key)
		if err != nil {
			return err
		}
		list, err = envKeys(tx, e.ID)
		for i := range list {
			list[i].Sealed = ""
		}
		return err
	})
}

// MakeKey makes a key for an environment. Where there is one already it is the
// next: both are tried until the older one is retired.
func (s *Service) MakeKey(ctx context.Context, actor identity.Actor, key string) error {
	return s.editPlace(ctx, actor, key, func(tx *db.Tx, e *Environment) error {
		keys, err := envKeys(tx, e.ID)
		if err != nil {
			return err
		}
		if len(live(keys)) >= maxLiveKeys {
			return fault.Refuse("No key was made.", fault.Blocked(fmt.Sprintf("%s has %d keys in use already; retire the older one first.", e.Name, maxLiveKeys), placeOwner, environmentLink(e.Key)+"#ssh", "Open its keys"))
		}
		k := &EnvKey{EnvironmentID: e.ID, Number: int64(len(keys)) + 1, MadeBy: actor.Name}
		private, public, err := ssh.NewKey(fmt.Sprintf("slipway-%s-%d", e.Key, k.Number))
		if err != nil {
			return err
		}
		k.PublicKey, k.Fingerprint = public, fingerprint(public)
		if k.Sealed, err = s.tools.Box.Seal(private, k.purpose()); err != nil {
			return err
		}
		if err := insert(tx, k); err != nil {
			return err
		}
		return recordPlace(tx, actor, "environment", e.Key, "key", "", "made the SSH key %s for %s", k.Fingerprint, e.Name)
	})
}

// RetireKey ends a key: Slipway forgets its private half.
func (s *Service) RetireKey(ctx context.Context, actor identity.Actor, key string, number, version int64, reason string) error {
	return s.editPlace(ctx, actor, key, func(tx *db.Tx, e *Environment) error {
		if err := because(&reason, "reason", "Say why; hosts that have only this key can no longer be reached."); err != nil {
			return err
		}
		keys, err := envKeys(tx, e.ID)
		if err != nil {
			return err
		}
		for i := range keys {
			k := &keys[i]
			if k.Number != number {
				continue
			}
			if err := db.CheckVersion(k, version); err != nil {
				return err
			}
			if !k.RetiredAt.IsZero() {
				return fault.New(fault.Conflict, "This key is retired already.")
			}
			k.RetiredAt, k.RetiredBy, k.Sealed = tx.Now, actor.Name, ""
			if err := save(tx, k); err != nil {
				return err
			}
			return recordPlace(tx, actor, "environment", e.Key, "key", reason, "retired the SSH key %s of %s", k.Fingerprint, e.Name)
		}
		return fault.New(fault.NotFound, "%s has no key of that number.", e.Name)
	})
}

// privateKeys opens the keys in use of an environment, the newest first.
func (s *Service) privateKeys(tx *db.Tx, environmentID int64) ([][]byte, error) {
	keys, err := envKeys(tx, environmentID)
	if err != nil {
		return nil, err
	}
	var list [][]byte
	for _, k := range live(keys) {
		private, err := s.tools.Box.Open(k.Sealed, k.purpose())
		if err != nil {
			return nil, err
		}
		list = append(list, private)
	}
	return list, nil
}

// editPlace runs fn on an environment for somebody who may edit it.
func (s *Service) editPlace(ctx context.Context, actor identity.Actor, key string, fn func(*db.Tx, *Environment) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		e, err := environmentByKey(tx, key)
		if err != nil {
			return err
		}
		return fn(tx, e)
	})
}

func environmentLink(key string) string { return "/environments/" + key }
