package review

import (
	"context"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// Sheet is everything the page of early life and handover shows.
type Sheet struct {
	Release   *release.Release
	Now       db.Time
	EarlyLife *EarlyLife // nil before the going live
	Blockers  []fault.Blocker
	Roster    []Shift
	Uncovered []int64
	Days      []ServiceDay
	Incidents []Incident
	Transfers []Transfer
	Items     []HandoverItem
	Values    []Value
	Promises  []Promise
	Review    *PIR
	Actions   []Action
	Errors    []build.KnownError
	People    []identity.Person
	Material  []dml.Version
	Papers    map[string]Papers // files, by what they are attached to
	Deployed  bool              // the viewer took part in deploying
	Viewer    int64

	MayRun, MayAcceptExit, MayPlan, MayOffer, MayDecide bool
	MayMeasure, MayReport, MayState, MayApprove         bool
	MayHold, MayAgree                                   bool
}

// Sheet reads the page. A release that went live without its early life having
// begun, because another program was older, gets it now.
func (s *Service) Sheet(ctx context.Context, actor identity.Actor, key string) (*Sheet, error) {
	var sheet *Sheet
	read := func(tx *db.Tx) (err error) { sheet, err = s.read(tx, actor, key); return err }
	if err := s.db.View(ctx, read); err != nil {
		return nil, err
	}
	if sheet.missing() {
		err := s.db.InTx(ctx, func(tx *db.Tx) error {
			r, err := s.Release.FindIn(tx, actor, key)
			if err != nil {
				return err
			}
			if err := s.Begin(tx, clock(), r); err != nil {
				return err
			}
			return read(tx)
		})
		if err != nil {
			return nil, err
		}
	}
	if sheet.MayPlan {
		var err error
		if sheet.Material, err = s.material(ctx, actor); err != nil {
			return nil, err
		}
	}
	return sheet, nil
}

// missing tells whether something that Begin makes is not there.
func (sh *Sheet) missing() bool {
	switch sh.Release.State {
	case release.EarlyLife:
		return sh.EarlyLife == nil || sh.Review == nil
	case release.Review:
		return sh.Review == nil
	}
	return false
}

func (s *Service) read(tx *db.Tx, actor identity.Actor, key string) (*Sheet, error) {
	r, err := s.Release.FindIn(tx, actor, key)
	if err != nil {
		return nil, err
	}
	sh := &Sheet{Release: r, Now: tx.Now, Viewer: actor.UserID}
	step := func(fn func() error) {
		if err == nil {
			err = fn()
		}
	}
	step(func() (e error) { sh.EarlyLife, e = only[EarlyLife](tx, r.ID); return })
	step(func() (e error) { sh.Roster, e = all[Shift](tx, r.ID, "day, shift, id"); return })
	step(func() (e error) { sh.Days, e = all[ServiceDay](tx, r.ID, "day DESC"); return })
	step(func() (e error) { sh.Incidents, e = all[Incident](tx, r.ID, "number DESC"); return })
	step(func() (e error) { sh.Transfers, e = all[Transfer](tx, r.ID, "number"); return })
	step(func() (e error) { sh.Items, e = all[HandoverItem](tx, r.ID, "number"); return })
	step(func() (e error) { sh.Values, e = s.values(tx, r); return })
	step(func() (e error) { sh.Promises, e = all[Promise](tx, r.ID, "number"); return })
	step(func() (e error) { sh.Review, e = only[PIR](tx, r.ID); return })
	step(func() (e error) { sh.Actions, e = all[Action](tx, r.ID, "number"); return })
	step(func() (e error) { sh.Errors, e = s.Build.KnownErrors(tx, r.ID); return })
	step(func() (e error) { sh.People, e = identity.People(tx, r.ServiceID); return })
	step(func() (e error) { sh.Deployed, e = s.deployed(tx, r, actor.UserID); return })
	step(func() error { return sh.readPapers(tx) })
	if sh.EarlyLife != nil && sh.EarlyLife.State != Accepted {
		sh.Blockers = sh.EarlyLife.lacks(r, exitFacts{days: sh.Days, incidents: sh.Incidents, transfers: sh.Transfers, values: sh.Values, now: tx.Now})
	}
	sh.Uncovered = uncovered(sh.Roster, r.ELSDays)
	sh.allow(actor, r.ServiceID)
	return sh, err
}

// readPapers reads the files of everything on the page that takes some.
func (sh *Sheet) readPapers(tx *db.Tx) (err error) {
	ids := map[string][]int64{}
	for i := range sh.Values {
		ids[liveSubject] = append(ids[liveSubject], sh.Values[i].Criterion.ID)
	}
	for i := range sh.Transfers {
		ids[transferSubject] = append(ids[transferSubject], sh.Transfers[i].ID)
	}
	for i := range sh.Items {
		ids[handoverSubject] = append(ids[handoverSubject], sh.Items[i].ID)
	}
	sh.Papers = map[string]Papers{}
	for subject, list := range ids {
		if sh.Papers[subject], err = papersTo(tx, subject, list); err != nil {
			return err
		}
	}
	return nil
}

// OfValue are the files of a live verdict.
func (sh *Sheet) OfValue(v Value) []dml.Attachment {
	if v.Check.CheckedAt.IsZero() {
		return nil
	}
	return dml.Said(sh.Papers[liveSubject][v.Criterion.ID], v.Check.ByID, v.Check.CheckedAt)
}

// HeldForValue are the viewer's files that no live verdict has yet.
func (sh *Sheet) HeldForValue(v Value) []dml.Attachment {
	return sh.Papers[liveSubject].Held(v.Criterion.ID, sh.Viewer)
}

// OfTransfer are the files of giver and receiver.
func (sh *Sheet) OfTransfer(t Transfer) []dml.Attachment {
	return sh.Papers[transferSubject].Given(t.ID)
}

// HeldForTransfer are the viewer's files that they have not said anything of.
func (sh *Sheet) HeldForTransfer(t Transfer) []dml.Attachment {
	return sh.Papers[transferSubject].Held(t.ID, sh.Viewer)
}

// OfItem are the files of an offer and of its answer.
func (sh *Sheet) OfItem(h HandoverItem) []dml.Attachment {
	return sh.Papers[handoverSubject].Given(h.ID)
}

// HeldForItem are the viewer's files that they have not said anything of.
func (sh *Sheet) HeldForItem(h HandoverItem) []dml.Attachment {
	return sh.Papers[handoverSubject].Held(h.ID, sh.Viewer)
}

func (sh *Sheet) allow(actor identity.Actor, serviceID int64) {
	can := func(p identity.Permission) bool { return actor.Can(p, serviceID) }
	sh.MayRun, sh.MayAcceptExit, sh.MayPlan = can(identity.ElsRun), can(identity.ElsAccept), can(identity.TransferEdit)
	sh.MayOffer, sh.MayDecide = can(identity.HandoverOffer), can(identity.HandoverAccept)
	sh.MayMeasure, sh.MayReport = can(identity.ElsRun) || can(identity.TestRecord), can(identity.KnownErrorEdit)
	sh.MayState, sh.MayApprove = can(identity.ReleaseEdit), can(identity.RiskAccept)
	sh.MayHold, sh.MayAgree = can(identity.PirHold), can(identity.PirAgree)
}
