package dml

import (
	"context"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

// KeyView is a trusted key with how much it has signed.
type KeyView struct {
	TrustedKey
	Signed int64
}

// Keys lists the trusted keys, the revoked ones last.
func (s *Service) Keys(ctx context.Context, actor identity.Actor) (list []KeyView, err error) {
	if !sightOf(actor).all {
		return nil, fault.New(fault.Forbidden, "You may not see the trusted keys.")
	}
	return list, s.db.View(ctx, func(tx *db.Tx) error {
		keys, err := trustedKeys(tx)
		if err != nil {
			return err
		}
		counts, err := countSigned(tx)
		for _, k := range keys {
			list = append(list, KeyView{k, counts[k.ID]})
		}
		return err
	})
}

// TrustKey adds a key. What waits for one is judged again.
func (s *Service) TrustKey(ctx context.Context, actor identity.Actor, want TrustedKey) (*TrustedKey, error) {
	k := &TrustedKey{Name: strings.TrimSpace(want.Name), Holder: strings.TrimSpace(want.Holder), Kind: want.Kind, Text: want.Text,
		Services: want.Services, ServiceKeys: want.ServiceKeys, ValidFrom: want.ValidFrom, ValidTo: want.ValidTo, AddedByID: actor.UserID, AddedByName: actor.Name}
	if err := mayKeepKeys(actor); err != nil {
		return nil, err
	}
	return k, s.db.InTx(ctx, func(tx *db.Tx) error {
		var c fault.Check
		k.validate(&c, tx.Now)
		if !c.Failed() {
			former, err := keysByFingerprint(tx, k.Kind, k.Fingerprint)
			if err != nil {
				return err
			}
			k.succeeds(&c, former, tx.Now)
		}
		if err := c.Err("The key was not added."); err != nil {
			return err
		}
		if err := tx.Create(k); err != nil {
			return err
		}
		if err := doubtJudged(tx, 0); err != nil {
			return err
		}
		return recordKey(tx, actor, "trust", k, "trusted the "+k.Kind.Word()+" key "+k.Title(), "")
	})
}

// RevokeKey ends the trust in a key for good; number is the row version of the
// form. What it has signed is judged again.
func (s *Service) RevokeKey(ctx context.Context, actor identity.Actor, id, number int64, r Revocation) error {
	if err := mayKeepKeys(actor); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		k, err := keyByID(tx, id)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(k, number); err != nil {
			return err
		}
		if err := k.revoke(r, actor.Name, tx.Now); err != nil {
			return err
		}
		if err := tx.Save(k); err != nil {
			return err
		}
		if err := doubtJudged(tx, k.ID); err != nil {
			return err
		}
		how := "retired"
		if k.Compromised {
			how = "revoked as compromised"
		}
		return recordKey(tx, actor, "revoke", k, how+" the "+k.Kind.Word()+" key "+k.Title(), k.RevokedWhy)
	})
}

func mayKeepKeys(actor identity.Actor) error {
	if err := identity.Authorize(actor, identity.DmlKeys, 0); err != nil {
		return err
	}
	return actor.MustBePerson()
}

func recordKey(tx *db.Tx, actor identity.Actor, action string, k *TrustedKey, sentence, reason string) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: "key." + action, Kind: "key", Key: k.Name, Sentence: sentence, Reason: reason, Detail: k.Fingerprint})
}

// doubtJudged has judged again what the key has verified, or, for a new key,
// whatever no key makes good.
func doubtJudged(tx *db.Tx, keyID int64) error {
	if err := unjudge(tx, keyID); err != nil {
		return err
	}
	return jobs.Enqueue(tx, jobSignatures, signaturesArgs{})
}
