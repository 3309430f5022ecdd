package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
	"slipway/internal/zone"
)

// WindowOverride lets a release start outside its window until a moment, by a
// named person, with a reason.
type WindowOverride struct {
	db.Row
	ReleaseID int64
	UntilAt   db.Time
	Targets   string // a filter: only waves that take none but these; empty is the whole release
	Reason    string
	ByID      int64
	ByName    string
}

// LeaveToStart lists everything that forbids starting a part of the deployment
// between two moments: page, API, scheduler and automation all ask it, at the go
// and again at the start. It is the same whoever asks.
func (s *Service) LeaveToStart(tx *db.Tx, r *Release, from, until db.Time) ([]fault.Blocker, error) {
	g, err := gateOf(tx, r.ID, A4)
	if err != nil {
		return nil, err
	}
	list, err := s.liveBlockers(tx, r, g)
	if err != nil {
		return nil, err
	}
	red, err := s.redBlockers(tx, r)
	if err != nil {
		return nil, err
	}
	list = append(list, red...)
	p, lines, err := s.CurrentPackage(tx, r)
	if err != nil {
		return nil, err
	}
	for _, f := range []Finding{signedFinding(r, p), recheckedFinding(r, p, tx.Now)} {
		if f.Blocks() {
			list = append(list, f.Blocker())
		}
	}
	media, _, err := s.mediaBlockers(tx, lines, accepted, from)
	if err != nil {
		return nil, err
	}
	list = append(list, media...)
	licences, err := s.licenceBlockers(tx, r, from)
	if err != nil {
		return nil, err
	}
	list = append(list, licences...)
	window, err := s.windowBlockers(tx, r, from, until)
	return append(list, window...), err
}

// liveBlockers say why A4 is no authority now.
func (s *Service) liveBlockers(tx *db.Tx, r *Release, g *Gate) ([]fault.Blocker, error) {
	block := func(sentence string) []fault.Blocker {
		return []fault.Blocker{{Code: "gate.a4", Sentence: sentence, Owner: identity.ChangeManager.Label(), Link: r.Link("gates", string(A4)), Action: "Open A4"}}
	}
	if g.State == GateVoided {
		return block(fmt.Sprintf("A4 is void: %s.", g.VoidReason)), nil
	}
	if !g.State.Passed() {
		return block(fmt.Sprintf("A4 is %s; nothing is deployed without it.", state.Word(g.State))), nil
	}
	if what, void := g.outdated(r); void {
		return block("A4 was given for something else: " + what + "."), nil
	}
	if g.State != GateWaived {
		return nil, nil
	}
	waivers, err := waiversOf(tx, r.ID)
	var list []fault.Blocker
	for _, w := range lapsed(waivers, A4, tx.Now) {
		list = append(list, block(fmt.Sprintf("The waiver of “%s” has expired.", w.Title))...)
	}
	return list, err
}

// redBlockers name the areas of readiness that somebody has reported as red since
// A4 was given, where no living waiver and no emergency excepts them.
func (s *Service) redBlockers(tx *db.Tx, r *Release) ([]fault.Blocker, error) {
	reports, err := readinessOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, area := range Areas() {
		at := slices.IndexFunc(reports, func(x Readiness) bool { return x.Area == area.Code && x.Colour == Red })
		if at >= 0 && area.lapsed(r, &reports[at]) == "" {
			found = append(found, area.finding(r, reports, tx.Now))
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	waivers, err := waiversOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	applyWaivers(found, waivers, A4, tx.Now)
	if r.Type == Emergency {
		authority, err := authorityOf(tx, r.ID)
		if err != nil {
			return nil, err
		}
		authority.deferTo(A4, found)
	}
	return blockersOf(found), nil
}

func (s *Service) licenceBlockers(tx *db.Tx, r *Release, at db.Time) ([]fault.Blocker, error) {
	held, err := s.media.Allocations(tx, r.Key)
	if err != nil {
		return nil, err
	}
	var list []fault.Blocker
	for _, a := range held {
		if a.State == dml.Released {
			continue
		}
		l, err := s.media.LicenceByKey(tx, a.LicenceKey)
		if err != nil {
			return nil, err
		}
		if !l.Valid(at) {
			list = append(list, fault.Blocker{Code: "licence.valid", Sentence: "Licence " + l.Key + " is not in date.", Owner: identity.DMLCustodian.Label(), Link: l.Link(), Action: "Open the licence"})
		}
	}
	return list, nil
}

func (s *Service) windowBlockers(tx *db.Tx, r *Release, from, until db.Time) ([]fault.Blocker, error) {
	override, err := windowOverrideOf(tx, r.ID, from)
	if err != nil {
		return nil, err
	}
	var list []fault.Blocker
	if override == nil && (r.WindowStart.IsZero() || from.Before(r.WindowStart) || !from.Before(r.WindowEnd)) {
		list = append(list, fault.Blocker{Code: "window.outside", Sentence: fmt.Sprintf("It is outside the window, %s.", r.window()),
			Owner: identity.ChangeAuthority.Label(), Link: r.Link("deployment") + "#window", Action: "Open the window"})
	}
	freezes, err := s.change.FreezeBlockers(tx, r.Key, r.ServiceID, string(r.Type), from, until)
	return append(list, freezes...), err
}

// OverrideWindow lets a release start outside its window. It takes a change
// authority who neither owns the release nor asked for it.
func (s *Service) OverrideWindow(ctx context.Context, actor identity.Actor, key string, until db.Time, reason string) error {
	return s.OverrideWindowFor(ctx, actor, key, until, "", reason)
}

// OverrideWindowFor is OverrideWindow for those waves alone whose targets a
// filter chooses; deployment reads filters and has read this one.
func (s *Service) OverrideWindowFor(ctx context.Context, actor identity.Actor, key string, until db.Time, targets, reason string) error {
	return s.write(ctx, actor, key, identity.WindowOverride, func(tx *db.Tx, r *Release) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if err := open(r); err != nil {
			return err
		}
		reason = strings.TrimSpace(reason)
		var c fault.Check
		c.Need(tx.Now.Before(until), "until", "Say until when; the time lies ahead.")
		c.Need(reason != "" && len(reason) <= 2000, "reason", "Say why, in at most 2,000 characters.")
		if actor.UserID == r.OwnerID || actor.UserID == r.AuthorID {
			c.Block(fault.Blocker{Code: "window.independent", Sentence: "You own this release or asked for it, so somebody else lets it start.", Owner: identity.ChangeAuthority.Label(), Link: r.Link("deployment"), Action: "Open the deployment"})
		}
		if err := c.Err("The window was not overridden."); err != nil {
			return err
		}
		o := &WindowOverride{ReleaseID: r.ID, UntilAt: until, Targets: targets, Reason: reason, ByID: actor.UserID, ByName: actor.Name}
		if err := insert(tx, o); err != nil {
			return err
		}
		if targets != "" {
			return s.record(tx, actor, r, "window.override", reason, "let the waves of %s for the targets %q start outside its window until %s", r.Key, targets, zone.Moment(until.Std(), r.Zone))
		}
		return s.record(tx, actor, r, "window.override", reason, "let %s start outside its window until %s", r.Key, zone.Moment(until.Std(), r.Zone))
	})
}

// WindowOverridesOfSets gives those that live at a moment and hold for a set of
// targets alone.
func (s *Service) WindowOverridesOfSets(tx *db.Tx, r *Release, at db.Time) ([]WindowOverride, error) {
	return windowOverridesOfSets(tx, r.ID, at)
}

// WindowOverrideAt gives the override of the whole release that lives at a
// moment, or nil.
func (s *Service) WindowOverrideAt(tx *db.Tx, r *Release, at db.Time) (*WindowOverride, error) {
	return windowOverrideOf(tx, r.ID, at)
}
