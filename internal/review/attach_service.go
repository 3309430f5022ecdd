package review

import (
	"context"
	"io"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// What files are attached to here, each until its answer is given.
const (
	liveSubject     = "live"
	transferSubject = "transfer"
	handoverSubject = "handover"
)

// Papers are the files of the rows of a page, by row.
type Papers map[int64][]dml.Attachment

// papersTo gives the files of rows of a kind.
func papersTo(tx *db.Tx, subject string, ids []int64) (Papers, error) {
	list, err := dml.AttachmentsTo(tx, subject, ids...)
	return dml.ByRow(list), err
}

// Given are the files that somebody made part of what they said.
func (p Papers) Given(id int64) (list []dml.Attachment) {
	for _, a := range p[id] {
		if !a.VouchedAt.IsZero() {
			list = append(list, a)
		}
	}
	return list
}

// Held are the files that a person attached and has not said anything of yet.
func (p Papers) Held(id, byID int64) []dml.Attachment { return dml.Said(p[id], byID, 0) }

// keep takes in a file for a row that find shows to be open to the actor.
func (s *Service) keep(ctx context.Context, actor identity.Actor, key, name string, body io.Reader, states []release.State, find func(*db.Tx, *release.Release) (dml.Desk, error)) error {
	_, err := s.DML.KeepFile(ctx, actor, name, body, func(tx *db.Tx) (dml.Desk, error) {
		r, err := s.found(tx, actor, key, "", states)
		if err != nil {
			return dml.Desk{}, err
		}
		return find(tx, r)
	})
	return err
}

// AttachToMeasurement keeps a file as evidence of the live verdict that the actor
// is about to record.
func (s *Service) AttachToMeasurement(ctx context.Context, actor identity.Actor, key string, number int64, name string, body io.Reader) error {
	return s.keep(ctx, actor, key, name, body, late, func(tx *db.Tx, r *release.Release) (desk dml.Desk, err error) {
		if err := s.mayMeasure(tx, actor, r); err != nil {
			return desk, err
		}
		value, err := s.value(tx, r, number)
		if err != nil {
			return desk, err
		}
		c := &value.Criterion
		return r.Desk("value.measure.attach", liveSubject, c.ID, "live verdict on “"+c.Statement+"”", page(r, "#value")), nil
	})
}

// AttachToTransfer keeps a file with a knowledge transfer: of its giver until it
// is delivered, then of its receiver until they have answered.
func (s *Service) AttachToTransfer(ctx context.Context, actor identity.Actor, key string, number int64, name string, body io.Reader) error {
	return s.keep(ctx, actor, key, name, body, moving, func(tx *db.Tx, r *release.Release) (desk dml.Desk, err error) {
		var t Transfer
		if err := find(tx, &t, r.ID, number); err != nil {
			return desk, err
		}
		return r.Desk("transfer.attach", transferSubject, t.ID, "knowledge transfer “"+t.Topic+"”", page(r, "#transfer")), t.takesFrom(actor.UserID)
	})
}

// takesFrom refuses files of whoever has not the next word on the transfer.
func (t *Transfer) takesFrom(id int64) error {
	next, name := t.GiverID, t.GiverName
	if t.State == TransferDelivered {
		next, name = t.ReceiverID, t.ReceiverName
	}
	switch {
	case t.State == TransferConfirmed:
		return fault.New(fault.Refused, "The transfer is confirmed; it takes no more files.")
	case id != next:
		return fault.Refuse("The file was not attached.", fault.Blocked("The next word on this transfer is "+name+"'s.", name, "", ""))
	}
	return nil
}

// AttachToHandover keeps a file with an item of the handover: of who offers it
// until it is offered, then of operations until they have answered.
func (s *Service) AttachToHandover(ctx context.Context, actor identity.Actor, key string, number int64, name string, body io.Reader) error {
	return s.keep(ctx, actor, key, name, body, late, func(tx *db.Tx, r *release.Release) (desk dml.Desk, err error) {
		var item HandoverItem
		if err := find(tx, &item, r.ID, number); err != nil {
			return desk, err
		}
		p := identity.HandoverOffer
		if item.State == HandoverOffered {
			p = identity.HandoverAccept
		}
		if err := identity.Authorize(actor, p, r.ServiceID); err != nil {
			return desk, err
		}
		deployed, err := s.deployed(tx, r, actor.UserID)
		if err != nil {
			return desk, err
		}
		return r.Desk("handover.attach", handoverSubject, item.ID, "handover item "+KindLabel(item.Kind), page(r, "#handover")), item.takesFrom(actor.UserID, deployed)
	})
}

// takesFrom refuses files of an answer to whoever has no say, and of anybody once
// the item is accepted.
func (h *HandoverItem) takesFrom(id int64, deployed bool) error {
	var c fault.Check
	switch h.State {
	case HandoverAccepted:
		c.Block(fault.Blocked("The item is accepted; it takes no more files.", h.DecidedBy, "", ""))
	case HandoverOffered:
		c.Block(h.against(id, deployed)...)
	}
	return c.Err("The file was not attached.")
}
