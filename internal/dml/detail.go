package dml

import (
	"context"
	"errors"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Detail is an item with everything its page shows.
type Detail struct {
	Item     Item
	Versions []VersionDetail
	Licence  *Licence // behind a commercial licence
	Held     int64    // of that licence
	MayEdit  bool
	Submit   bool

	Holds      []Hold // standing and lifted, the newest first
	Locked     int64  // blobs that the store itself keeps from deletion
	Rehearsals []Rehearsal
	Copies     []Copy // physical ones, those written off too
	MayHold    bool
	Now        db.Time
}

// VersionDetail is a version with its checks and uses, and what the viewer may
// do with it.
type VersionDetail struct {
	Version
	Checks    []Check
	Evidence  []Evidence
	Makings   []Making // how it was made, by records
	Attaches  bool     // the viewer may add evidence
	Unvouched string   // why nobody vouches any longer for what was signed
	UsedBy    []Use
	Hidden    int               // uses by releases the viewer may not know of
	RunsOn    map[string][]Spot // where those releases run
	Verbs     []Verb
	Blockers  []fault.Blocker // why the viewer cannot accept it
	Readable  bool
}

// Detail gives an item that the viewer may see.
func (s *Service) Detail(ctx context.Context, actor identity.Actor, key string) (*Detail, error) {
	var d Detail
	return &d, s.db.View(ctx, func(tx *db.Tx) error {
		item, err := itemByKey(tx, key)
		if err != nil {
			return err
		}
		d.Item = *item
		d.MayEdit = actor.Can(identity.DmlDecide, item.ServiceID) && actor.Kind == identity.PersonKind
		d.Submit = actor.Can(identity.DmlSubmit, item.ServiceID)
		d.MayHold = actor.Can(identity.DmlHold, item.ServiceID) && actor.Kind == identity.PersonKind
		d.Now = tx.Now
		if err := d.load(tx, actor); err != nil {
			return err
		}
		if err := errors.Join(s.deployed(tx, actor, &d), s.made(tx, actor, &d)); err != nil {
			return err
		}
		if sightOf(actor).all {
			if d.Holds, err = allHoldsOf(tx, item.ID); err != nil {
				return err
			}
			if len(d.Holds) > 0 {
				if d.Locked, err = lockedOf(tx, d.Versions); err != nil {
					return err
				}
			}
			if d.Copies, err = copiesOf(tx, item.ID); err != nil {
				return err
			}
			if d.Rehearsals, err = rehearsalsOf(tx, item.ID); err != nil {
				return err
			}
		}
		if item.LicenceKey == "" {
			return nil
		}
		licence, err := licenceByKey(tx, item.LicenceKey)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return nil
		}
		if err == nil {
			d.Licence = licence
			d.Held, err = s.taken(tx, licence)
		}
		return err
	})
}

func (d *Detail) load(tx *db.Tx, actor identity.Actor) error {
	versions, err := versionsOf(tx, d.Item.ID)
	if err != nil {
		return err
	}
	see := sightOf(actor)
	versions = slices.DeleteFunc(versions, func(v Version) bool { return !see.sees(&v) })
	if len(versions) == 0 && !see.all {
		return fault.New(fault.NotFound, "There is no such item in the media library.")
	}
	ids := make([]int64, len(versions))
	for i := range versions {
		ids[i] = versions[i].ID
	}
	checks, err := checksOf(tx, ids...)
	if err != nil {
		return err
	}
	uses, err := usesOf(tx, ids)
	if err != nil {
		return err
	}
	evidence, err := evidenceOf(tx, ids...)
	if err != nil {
		return err
	}
	for _, v := range versions {
		one := VersionDetail{Version: v, Readable: mayRead(actor, &v) == nil && !v.Gone()}
		one.Attaches = d.Submit && v.Manifest != "" && v.State != Rejected && v.State != Retired && !v.Gone()
		for _, e := range evidence {
			if e.MediaVersionID == v.ID {
				one.Evidence = append(one.Evidence, e)
			}
		}
		one.Unvouched = unvouched(one.Evidence)
		for _, check := range checks {
			if check.MediaVersionID == v.ID {
				one.Checks = append(one.Checks, check)
			}
		}
		for _, use := range uses {
			switch {
			case use.MediaVersionID != v.ID:
			case use.Restricted && !actor.Can(identity.ReportRead, use.ServiceID):
				one.Hidden++
			default:
				one.UsedBy = append(one.UsedBy, use)
			}
		}
		if d.MayEdit {
			one.Verbs = verbsFor(v.State)
			if v.Waiting() {
				one.Blockers = v.acceptBlockers(actor, one.Checks)
			}
		}
		d.Versions = append(d.Versions, one)
	}
	return nil
}

// verbsFor lists what a custodian may do; the submitter's verbs come by pushing.
func verbsFor(s State) []Verb {
	var list []Verb
	for _, verb := range Verbs() {
		if Can(s, verb) && verb != VerbResubmit && verb != VerbWithdraw && verb != VerbHeal {
			list = append(list, verb)
		}
	}
	return list
}

// MayAct tells whether the viewer may decide anything about the version now.
func (v *VersionDetail) MayAct() bool { return len(v.Verbs) > 0 }

// deployed says on which targets the releases run that hold the versions.
func (s *Service) deployed(tx *db.Tx, actor identity.Actor, d *Detail) error {
	var keys []string
	for i := range d.Versions {
		for _, use := range d.Versions[i].UsedBy {
			keys = append(keys, use.ReleaseKey)
		}
	}
	_, list, err := s.spots(tx, actor, keys)
	byRelease := map[string][]Spot{}
	for _, spot := range list {
		byRelease[spot.ReleaseKey] = append(byRelease[spot.ReleaseKey], spot)
	}
	for i := range d.Versions {
		d.Versions[i].RunsOn = byRelease
	}
	return err
}
