package policy

import (
	"context"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// anyVersion stands for a decision by a program that has just written what it
// decides on, where no form was open in between. A form without a record
// version counts as 0, which no record has.
const anyVersion = -1

// Approve takes the newest draft into force on paper, whatever it says now.
func (s *Service) Approve(ctx context.Context, actor identity.Actor, key string) error {
	return s.ApproveAsRead(ctx, actor, key, anyVersion)
}

// ApproveAsRead is Approve by somebody who read the draft; if it was written
// again since, it is a Conflict and nothing is approved.
func (s *Service) ApproveAsRead(ctx context.Context, actor identity.Actor, key string, formVersion int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		p, versions, err := s.Find(tx, key)
		if err != nil {
			return err
		}
		v := &versions[0]
		if err := asRead(v, formVersion); err != nil {
			return err
		}
		if err := v.approve(actor, p.Services, tx.Now); err != nil {
			return err
		}
		if err := save(tx, v); err != nil {
			return err
		}
		return record(tx, actor, "policy.approve", "policy", p.Key, fmt.Sprintf("approved version %d of the policy", v.Number))
	})
}

// Activate puts the newest approved version into force; those before it are
// superseded. Releases keep the version they pinned.
func (s *Service) Activate(ctx context.Context, actor identity.Actor, key string) error {
	return s.ActivateAsRead(ctx, actor, key, anyVersion)
}

// ActivateAsRead is Activate by somebody who read the approved version.
func (s *Service) ActivateAsRead(ctx context.Context, actor identity.Actor, key string, formVersion int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		p, versions, err := s.Find(tx, key)
		if err != nil {
			return err
		}
		if err := allowAll(actor, identity.PolicyEdit, p.Services); err != nil {
			return err
		}
		at := newestThatAllows(versions, Activate)
		v := &versions[at]
		if err := asRead(v, formVersion); err != nil {
			return err
		}
		to, err := v.State.After(Activate)
		if err != nil {
			return err
		}
		for i := range versions[at+1:] {
			before := &versions[at+1+i]
			if !before.State.Allows(Supersede) {
				continue
			}
			if before.State, err = before.State.After(Supersede); err != nil {
				return err
			}
			if err := save(tx, before); err != nil {
				return err
			}
		}
		v.State, v.ActiveAt = to, tx.Now
		if err := save(tx, v); err != nil {
			return err
		}
		return record(tx, actor, "policy.activate", "policy", p.Key, fmt.Sprintf("put version %d of the policy into force", v.Number))
	})
}

// newestThatAllows finds the newest version to which the verb can be said, and
// the newest of all when there is none: its refusal says why.
func newestThatAllows(versions []Version, verb Verb) int {
	for i := range versions {
		if versions[i].State.Allows(verb) {
			return i
		}
	}
	return 0
}

func asRead(row db.Versioned, formVersion int64) error {
	if formVersion == anyVersion {
		return nil
	}
	if db.CheckVersion(row, formVersion) != nil {
		return fault.New(fault.Conflict, "Somebody wrote this version again while you had it open. Read what it says now, then decide.")
	}
	return nil
}
