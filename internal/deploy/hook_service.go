package deploy

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

const shownMessages = 10

// HookOf gives the hook of an environment, without its secret.
func (s *Service) HookOf(ctx context.Context, actor identity.Actor, key string) (*HookView, error) {
	if err := identity.Authorize(actor, identity.ReportRead, 0); err != nil {
		return nil, err
	}
	v := &HookView{CanEdit: actor.Can(identity.EnvironmentEdit, 0)}
	return v, s.db.View(ctx, func(tx *db.Tx) error {
		e, err := environmentByKey(tx, key)
		if err != nil {
			return err
		}
		h, err := hookOf(tx, e.ID)
		if err != nil {
			return err
		}
		v.Hook = *h
		if v.Messages, err = newestMessages(tx, e.ID, shownMessages); err != nil {
			return err
		}
		return s.veilMessages(tx, actor, v)
	})
}

// veilMessages leaves out those of releases that the actor does not see.
func (s *Service) veilMessages(tx *db.Tx, actor identity.Actor, v *HookView) error {
	seen := s.sight(tx, actor)
	kept := v.Messages[:0]
	for _, m := range v.Messages {
		shown, err := seen(m.ReleaseID)
		if err != nil {
			return err
		}
		if shown {
			kept = append(kept, m)
		}
	}
	v.Messages = kept
	return nil
}

// EditHook says where another deployer is asked, and how long it may take to
// report. Who says so is kept.
func (s *Service) EditHook(ctx context.Context, actor identity.Actor, key string, version int64, draft HookDraft) error {
	return s.editPlace(ctx, actor, key, func(tx *db.Tx, e *Environment) error {
		h, err := hookOf(tx, e.ID)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(h, version); err != nil {
			return err
		}
		if err := draft.validate(); err != nil {
			return err
		}
		h.URL, h.URLBy, h.URLAt, h.ReplyMinutes = draft.URL, actor.Name, tx.Now, draft.ReplyMinutes
		if err := keepHook(tx, h); err != nil {
			return err
		}
		return recordPlace(tx, actor, "environment", e.Key, "hook", "", "said that the deployer of %s is asked at %s", e.Name, h.URL)
	})
}

// RotateSecret makes a new secret for the messages of an environment, and gives
// it this once. The one before ends now.
func (s *Service) RotateSecret(ctx context.Context, actor identity.Actor, key string) (secret string, err error) {
	secret = newSecret()
	err = s.editPlace(ctx, actor, key, func(tx *db.Tx, e *Environment) error {
		h, err := hookOf(tx, e.ID)
		if err != nil {
			return err
		}
		if h.URL == "" {
			return fault.Refuse("No secret was made.", fault.Blocked(e.Name+" has no address of another deployer.", placeOwner, environmentLink(e.Key)+"#hook", "Enter its address"))
		}
		if h.Sealed, err = s.tools.Box.Seal([]byte(secret), h.purpose()); err != nil {
			return err
		}
		h.SecretBy, h.SecretAt = actor.Name, tx.Now
		if err := keepHook(tx, h); err != nil {
			return err
		}
		return recordPlace(tx, actor, "environment", e.Key, "hook", "", "made a new secret for the deployer of %s", e.Name)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// HandedOver gives the message by which a target of a wave was handed over last;
// nil when it was not.
func (s *Service) HandedOver(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string) (m *Message, err error) {
	return m, s.db.View(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, wave)
		if err != nil {
			return err
		}
		t, err := findWaveTarget(tx, d.w.ID, targetKey)
		if err == nil {
			m, err = messageTo(tx, t.ID)
		}
		return err
	})
}
