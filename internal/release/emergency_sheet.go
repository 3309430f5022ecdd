package release

import (
	"context"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/identity"
)

// EmergencySheet is what the emergency page shows.
type EmergencySheet struct {
	Release    *Release
	Authority  *Authority
	Change     *change.Change
	Deferred   []Finding // what the gates passed without, and is owed
	MayECAB    bool
	MayGlass   bool
	MayRetro   bool
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
		for _, g := range gates {
			given, err := decisionsOf(tx, g.ID, g.Round)
			if err != nil {
				return err
			}
			for _, d := range given {
				if d.Authority == "" {
					continue
				}
				for _, f := range d.Findings() {
					if f.State == Deferred {
						v.Deferred = append(v.Deferred, f)
					}
				}
			}
		}
		early := r.Type == Emergency && v.Authority == nil
		v.MayECAB = early && actor.Can(identity.EmergencyAuthorise, r.ServiceID)
		v.MayGlass = early && actor.Can(identity.GlassBreak, r.ServiceID)
		v.MayRetro = v.Change.State == change.RetroDue && actor.Can(identity.EmergencyAuthorise, r.ServiceID)
		v.MayProceed = v.Authority.covers(v.Gate) && actor.Can(identity.ReleaseEdit, r.ServiceID)
		return nil
	})
	return v, err
}
