package review

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Offer puts a handover item before operations.
func (s *Service) Offer(ctx context.Context, actor identity.Actor, key string, number, version int64, detail string) error {
	return s.write(ctx, actor, key, identity.HandoverOffer, late, func(tx *db.Tx, r *release.Release, by who) error {
		return offer(tx, actor, r, by, Offering{number, version, detail})
	})
}

// Offering is what operations is to receive with one numbered item.
type Offering struct {
	Number, Version int64
	Detail          string
}

// OfferAll offers several items at once, all or none. One of which nothing is
// said waits; at least one is offered.
func (s *Service) OfferAll(ctx context.Context, actor identity.Actor, key string, list []Offering) error {
	return s.write(ctx, actor, key, identity.HandoverOffer, late, func(tx *db.Tx, r *release.Release, by who) error {
		said := slices.DeleteFunc(slices.Clone(list), func(o Offering) bool { return strings.TrimSpace(o.Detail) == "" })
		if len(said) == 0 {
			return fault.New(fault.Invalid, "No item was offered. Say of one at least what operations receives and where it lies.")
		}
		var c fault.Check
		for _, o := range said {
			c.Need(len(o.Detail) <= maxText, fmt.Sprintf("detail_%d", o.Number), "Keep it shorter.")
		}
		if err := c.Err("No item was offered."); err != nil {
			return err
		}
		for _, o := range said {
			if err := offer(tx, actor, r, by, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func offer(tx *db.Tx, actor identity.Actor, r *release.Release, by who, o Offering) error {
	item, err := numbered[HandoverItem](tx, r.ID, o.Number, o.Version)
	if err != nil {
		return err
	}
	if err := item.offer(by, o.Detail); err != nil {
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
