package review

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Offer puts a handover item before operations.
func (s *Service) Offer(ctx context.Context, actor identity.Actor, key string, number, version int64, detail string) error {
	return s.write(ctx, actor, key, identity.HandoverOffer, late, func(tx *db.Tx, r *release.Release, by who) error {
		item, err := numbered[HandoverItem](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		if err := item.offer(by, detail); err != nil {
			return err
		}
		if err := save(tx, item); err != nil {
			return err
		}
		files, err := dml.Vouch(tx, actor, handoverSubject, item.ID)
		if err != nil {
			return err
		}
		return recordDetail(tx, actor, r, "handover.offer", "", files, "offered the handover item %s of %s", KindLabel(item.Kind), r.Key)
	})
}

// Withdraw takes an offer back.
func (s *Service) Withdraw(ctx context.Context, actor identity.Actor, key string, number, version int64) error {
	return s.write(ctx, actor, key, identity.HandoverOffer, late, func(tx *db.Tx, r *release.Release, by who) error {
		item, err := numbered[HandoverItem](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		if err := item.withdraw(by); err != nil {
			return err
		}
		if err := save(tx, item); err != nil {
			return err
		}
		return record(tx, actor, r, "handover.withdraw", "", "took back the offer of %s", KindLabel(item.Kind))
	})
}

// DecideHandover is operations' answer to an offer: accepted, or returned with
// the reason. Whoever offered the item or deployed the release has no say.
func (s *Service) DecideHandover(ctx context.Context, actor identity.Actor, key string, number, version int64, verb HandoverVerb, reason string) error {
	if verb != VerbAcceptItem && verb != VerbReturn {
		return invalid("verb", "Accept the item, or return it with a reason.", "The item was not decided.")
	}
	return s.write(ctx, actor, key, identity.HandoverAccept, late, func(tx *db.Tx, r *release.Release, by who) error {
		item, err := numbered[HandoverItem](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		deployed, err := s.deployed(tx, r, by.id)
		if err != nil {
			return err
		}
		if verb == VerbAcceptItem && item.Kind == "known-errors" {
			open, err := s.untransferred(tx, r)
			if err != nil {
				return err
			}
			if err := fault.Refuse("The known errors cannot be accepted yet.", open...); err != nil {
				return err
			}
		}
		if err := item.decide(verb, by, deployed, reason); err != nil {
			return err
		}
		if err := save(tx, item); err != nil {
			return err
		}
		files, err := dml.Vouch(tx, actor, handoverSubject, item.ID)
		if err != nil {
			return err
		}
		return recordDetail(tx, actor, r, "handover."+string(verb), reason, files, "set the handover item %s of %s to %s", KindLabel(item.Kind), r.Key, item.State)
	})
}

// untransferred names the introduced errors that nobody in operations has.
func (s *Service) untransferred(tx *db.Tx, r *release.Release) ([]fault.Blocker, error) {
	known, err := s.Build.KnownErrors(tx, r.ID)
	if err != nil {
		return nil, err
	}
	var list []fault.Blocker
	for i := range known {
		if waitsForTransfer(&known[i]) {
			list = append(list, fault.Blocker{Code: "knownerrors.transferred", Sentence: known[i].Key() + " “" + known[i].Title + "” is " + string(known[i].State) + ", not transferred to operations.",
				Owner: identity.TestManager.Label(), Link: "/releases/" + r.Key + "/tests#known-errors", Action: "Transfer the known error"})
		}
	}
	return list, nil
}
