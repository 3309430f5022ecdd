package release

import (
	"context"
	"slices"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// EmergencySheet is what the emergency page shows.
type EmergencySheet struct {
	Release    *Release
	Authority  *Authority
	Change     *change.Change
	Deferred   []Finding // what the gates passed without, as it stands today: owed while it is Deferred
	MayECAB    bool
	MayGlass   bool
	MayRetro   bool
	NotRetro   []fault.Blocker // why the viewer does not decide in retrospect
	MayProceed bool
	Gate       GateCode // the gate it stands before
}

// Emergency gives the emergency path of a release.
func (s *Service) Emergency(ctx context.Context, actor identity.Actor, key string) (v *EmergencySheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		v = &EmergencySheet{Release: r, Gate: gateBefore[r.State]}
		if v.Authority, err = authorityOf(tx, r.ID); err != nil {
			return err
		}
		if v.Change, err = s.change.Find(tx, r.ChangeKey); err != nil {
			return err
		}
		gates, err := gatesOf(tx, r.ID)
		if err != nil {
			return err
		}
		holds := false
		for i := range gates {
			holds = holds || gates[i].Code == v.Gate && gates[i].State.Passed()
			if err := s.addDeferred(tx, r, &gates[i], v); err != nil {
				return err
			}
		}
		early := r.Type == Emergency && v.Authority == nil
		v.MayECAB = early && actor.Can(identity.EmergencyAuthorise, r.ServiceID)
		v.MayGlass = early && actor.Can(identity.GlassBreak, r.ServiceID)
		v.MayRetro = v.Change.State == change.RetroDue && actor.Can(identity.EmergencyAuthorise, r.ServiceID)
		if v.MayRetro {
			v.NotRetro = againstRetro(r, v.Change, actor)
		}
		v.MayProceed = v.Authority.covers(v.Gate) && !holds && actor.Can(identity.ReleaseEdit, r.ServiceID)
		return nil
	})
	return v, err
}

// addDeferred adds what a gate passed without on the emergency authority. What
// has been made good since is shown as met; a criterion of two gates stands once.
func (s *Service) addDeferred(tx *db.Tx, r *Release, g *Gate, v *EmergencySheet) error {
	given, err := decisionsOf(tx, g.ID, g.Round)
	if err != nil {
		return err
	}
	var owed []Finding
	for _, d := range given {
		if d.Authority == "" {
			continue
		}
		for _, f := range d.Findings() {
			if f.State == Deferred && !slices.ContainsFunc(v.Deferred, func(x Finding) bool { return x.Code == f.Code }) {
				owed = append(owed, f)
			}
		}
	}
	if len(owed) == 0 {
		return nil
	}
	today, err := s.Findings(tx, r, g.Code)
	for _, f := range owed {
		if at := slices.IndexFunc(today, func(x Finding) bool { return x.Code == f.Code }); at >= 0 {
			f = today[at]
		}
		v.Deferred = append(v.Deferred, f)
	}
	return err
}
