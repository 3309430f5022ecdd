package build

import (
	"context"
	"io"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/identity"
	"slipway/internal/release"
)

const verdictSubject = "criterion"

// AttachToVerdict keeps a file as evidence of the verdict that the actor is about
// to give on a criterion: whoever may judge it now. What was judged keeps its
// files; the next verdict takes its own.
func (s *Service) AttachToVerdict(ctx context.Context, actor identity.Actor, key string, number int64, name string, body io.Reader) error {
	_, err := s.media.KeepFile(ctx, actor, name, body, func(tx *db.Tx) (desk dml.Desk, err error) {
		r, err := s.found(tx, actor, key, identity.TestRecord, inJudging)
		if err != nil {
			return desk, err
		}
		c, err := findCriterion(tx, r.ID, number)
		if err != nil {
			return desk, err
		}
		return r.Desk("criterion.judge.attach", verdictSubject, c.ID, "verdict on “"+c.Statement+"”", testsPage(r, "#"+c.Anchor())), s.judgeable(tx, actor, r)
	})
	return err
}

// judgeable refuses whoever may not judge the release's package now.
func (s *Service) judgeable(tx *db.Tx, actor identity.Actor, r *release.Release) error {
	if err := s.mustBeIndependent(tx, actor, r); err != nil {
		return err
	}
	return needPackage(r)
}

// attachedTo gives each criterion the files of its verdict, and those that the
// viewer attached and has not judged with yet.
func attachedTo(tx *db.Tx, list []Criterion, viewer int64) (held map[int64][]dml.Attachment, err error) {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	files, err := dml.AttachmentsTo(tx, verdictSubject, ids...)
	held = map[int64][]dml.Attachment{}
	for i := range list {
		c := &list[i]
		its := dml.To(files, verdictSubject, c.ID)
		held[c.ID] = dml.Said(its, viewer, 0)
		if !c.VerifiedAt.IsZero() {
			c.Files = dml.Said(its, c.VerifierID, c.VerifiedAt)
		}
	}
	return held, err
}
