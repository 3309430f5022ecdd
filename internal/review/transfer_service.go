package review

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// moving are the states in which a transfer is delivered and answered.
var moving = slices.Concat(before, closing)

// PlanTransfer plans a knowledge transfer.
func (s *Service) PlanTransfer(ctx context.Context, actor identity.Actor, key string, in TransferPlan) (*Transfer, error) {
	var t *Transfer
	err := s.write(ctx, actor, key, identity.TransferEdit, before, func(tx *db.Tx, r *release.Release, _ who) error {
		number, err := nextNumber(tx, "transfers", r.ID)
		if err != nil {
			return err
		}
		t = &Transfer{ReleaseID: r.ID, ReleaseKey: r.Key, Number: number, State: TransferPlanned}
		if err := s.fillTransfer(tx, t, in); err != nil {
			return err
		}
		if err := insert(tx, t); err != nil {
			return err
		}
		return record(tx, actor, r, "transfer.plan", "", "planned the knowledge transfer “%s” from %s to %s", t.Topic, t.GiverName, t.ReceiverName)
	})
	return t, err
}

// ReviseTransfer completes or changes a transfer that was not delivered yet.
func (s *Service) ReviseTransfer(ctx context.Context, actor identity.Actor, key string, number, version int64, in TransferPlan) error {
	return s.write(ctx, actor, key, identity.TransferEdit, before, func(tx *db.Tx, r *release.Release, _ who) error {
		t, err := numbered[Transfer](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		if err := s.fillTransfer(tx, t, in); err != nil {
			return err
		}
		if err := save(tx, t); err != nil {
			return err
		}
		return record(tx, actor, r, "transfer.revise", "", "changed the knowledge transfer “%s”: from %s to %s", t.Topic, t.GiverName, t.ReceiverName)
	})
}

// fillTransfer puts a plan into a transfer, with the names and the revision as
// they are now.
func (s *Service) fillTransfer(tx *db.Tx, t *Transfer, in TransferPlan) error {
	if err := in.validate(); err != nil {
		return err
	}
	giver, err := person(tx, in.GiverID, "giver")
	if err != nil {
		return err
	}
	receiver, err := person(tx, in.ReceiverID, "receiver")
	if err != nil {
		return err
	}
	version, err := s.DML.VersionByID(tx, in.MediaVersionID)
	if err != nil {
		return invalid("material", "Choose a document from the media library.", "The transfer was not saved.")
	}
	if err := t.revise(in, map[int64]string{giver.ID: giver.Name, receiver.ID: receiver.Name}); err != nil {
		return err
	}
	t.MediaVersionID, t.Material, t.Revision, t.MaterialKey = version.ID, version.ItemName, version.Label, version.ItemKey
	return nil
}

// MoveTransfer delivers, confirms or asks to repeat. It takes no role but being
// the person whom the transfer names: the giver delivers, the receiver answers.
func (s *Service) MoveTransfer(ctx context.Context, actor identity.Actor, key string, number, version int64, verb TransferVerb, note string) error {
	return s.write(ctx, actor, key, "", moving, func(tx *db.Tx, r *release.Release, by who) error {
		t, err := numbered[Transfer](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		if err := t.move(verb, by, note); err != nil {
			return err
		}
		if err := save(tx, t); err != nil {
			return err
		}
		files, err := dml.Vouch(tx, actor, transferSubject, t.ID)
		if err != nil {
			return err
		}
		return recordDetail(tx, actor, r, "transfer."+string(verb), note, files, "set the knowledge transfer “%s” to %s", t.Topic, t.State)
	})
}
