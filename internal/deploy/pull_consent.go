package deploy

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Consent takes what a device says to a deployment that asks.
func (s *Service) Consent(ctx context.Context, dev *Device, action int64, agreed bool, why string) error {
	return s.consent(ctx, dev.known.targetID, action, agreed, "the device", func(tx *db.Tx, a *PullAction) error {
		f := PullFeedback{Execution: "confirmation", Finished: "denied", Details: []string{why}}
		if agreed {
			f.Finished = "confirmed"
		}
		return addStatus(tx, a, f.status(a, tx.Now))
	})
}

func (s *Service) consent(ctx context.Context, targetID, action int64, agreed bool, by string, also func(*db.Tx, *PullAction) error) error {
	return s.db.InTxTogether(ctx, func(tx *db.Tx) error {
		a, err := pullAction(tx, targetID, action)
		if err != nil {
			return err
		}
		if !a.Open() || a.Consent == ConsentNone {
			return fault.New(fault.NotFound, "Nothing is asked of this action.")
		}
		if err := also(tx, a); err != nil {
			return err
		}
		if a.Consent != ConsentGiven { // what was agreed to is not taken back
			a.Consent, a.ConsentBy = ConsentDenied, by
			if agreed {
				a.Consent = ConsentGiven
			}
		}
		tx.AfterCommit(func() { s.pulls.forget(a.TargetKey) })
		return saveAction(tx, a)
	})
}

// AgreeFor agrees to a target's deployment in place of its device: most clients
// do not know that they may be asked.
func (s *Service) AgreeFor(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, version int64) error {
	return s.writeTarget(ctx, actor, key, wave, targetKey, version, identity.WaveControl, reportable, func(d *deed, t *WaveTarget) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		list, err := openActions(d.tx, t.TargetID)
		if err != nil {
			return err
		}
		for i := range list {
			a := &list[i].PullAction
			if a.WaveTargetID != t.ID || a.Consent != ConsentAsked && a.Consent != ConsentDenied {
				continue
			}
			a.Consent, a.ConsentBy = ConsentGiven, actor.Name
			if err := saveAction(d.tx, a); err != nil {
				return err
			}
			return d.record("target.agree", "", "agreed to the deployment of %s in place of its device", t.TargetKey)
		}
		return fault.New(fault.Refused, "%s is not asked for its consent.", t.TargetKey)
	})
}

// Asked gives what a device is asked to agree to.
func (s *Service) Asked(ctx context.Context, dev *Device, action int64) (*Parcel, error) {
	a := dev.known.find(action)
	if a == nil {
		return nil, errNothing
	}
	o, err := s.offer(ctx, dev.known, a)
	if err != nil {
		return nil, err
	}
	if o != offersConfirmation {
		return nil, errNothing
	}
	return s.parcel(ctx, &a.PullAction, 0)
}
