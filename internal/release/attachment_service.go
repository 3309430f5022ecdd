package release

import (
	"context"
	"io"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

const gateSubject = "gate"

// attestSubject is what files are attached to for a criterion of the policy.
func attestSubject(criterion string) string { return "attest " + criterion }

// AttachToGate keeps a file as evidence of the decision that the actor is about
// to give: whoever may decide the gate now, until they have.
func (s *Service) AttachToGate(ctx context.Context, actor identity.Actor, key string, code GateCode, name string, body io.Reader) error {
	_, err := s.media.KeepFile(ctx, actor, name, body, func(tx *db.Tx) (desk dml.Desk, err error) {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return desk, err
		}
		if err := identity.Authorize(actor, identity.GateDecide, r.ServiceID); err != nil {
			return desk, err
		}
		g, err := gateOf(tx, r.ID, code)
		if err != nil {
			return desk, err
		}
		t, err := s.table(tx, r, g)
		if err != nil {
			return desk, err
		}
		return r.Desk("gate.attach", gateSubject, g.ID, "decision on "+string(code), r.Link("gates", string(code))+"#decisions"),
			fault.Refuse("The file was not attached.", t.against(actor, tx.Now)...)
	})
	return err
}

// AttachToCriterion keeps a file as evidence that a criterion of the policy is
// met: whoever may confirm it, until somebody has.
func (s *Service) AttachToCriterion(ctx context.Context, actor identity.Actor, key string, code GateCode, criterion, name string, body io.Reader) error {
	_, err := s.media.KeepFile(ctx, actor, name, body, func(tx *db.Tx) (dml.Desk, error) {
		r, rule, err := s.confirmable(tx, actor, key, code, criterion)
		if err != nil {
			return dml.Desk{}, err
		}
		return r.Desk("criterion.attest.attach", attestSubject(criterion), r.ID, string(code)+", "+rule.Text, r.Link("gates", string(code))+"#"+attestAnchor(criterion)), nil
	})
	return err
}

// Desk takes in files as evidence of something about the release.
func (r *Release) Desk(action, subject string, id int64, about, link string) dml.Desk {
	return dml.Desk{ReleaseID: r.ID, Subject: subject, SubjectID: id, About: about, Link: link, Entry: audit.Entry{Action: action, Kind: "release", Key: r.Key, Release: r.Key}}
}

// Attachment opens a file that somebody attached as evidence to a release.
// Whoever sees the release may read it; out of sight is NotFound.
func (s *Service) Attachment(ctx context.Context, actor identity.Actor, key string, id int64) (a *dml.Attachment, body *dml.Reading, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		a, err = dml.AttachmentOf(tx, r.ID, id)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	body, err = s.media.OpenAttachment(ctx, a)
	return a, body, err
}
