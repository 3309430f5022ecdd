package deploy

import (
	"context"

	"slipway/internal/fault"
	"slipway/internal/identity"
)

// excludable are the states of a wave in which targets are left out.
var excludable = []WaveState{WaveReady, WaveGo, WaveRunning, WavePaused, WaveVerifying, WaveComplete, WaveFailed}

// excluders are the two roles that leave a target out together.
var excluders = []identity.Role{identity.ReleaseManager, identity.ServiceOwner}

func (t *WaveTarget) withdrawExclusion() {
	t.ExcludeReason, t.ExcludeAskedByID, t.ExcludeAskedBy, t.ExcludeAskedAs = "", 0, "", ""
}

// excluderRole gives the role under which a person may speak of an exclusion,
// other than one; empty where there is none.
func excluderRole(actor identity.Actor, serviceID int64, except identity.Role) identity.Role {
	for _, role := range excluders {
		if role != except && actor.Kind == identity.PersonKind && actor.Has(role, serviceID) {
			return role
		}
	}
	return ""
}

// writeExclusion is writeTarget for those who exclude: people who hold one of
// the two roles.
func (s *Service) writeExclusion(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, version int64, fn func(*deed, *WaveTarget) error) error {
	return s.writeTarget(ctx, actor, key, wave, targetKey, version, identity.ReportRead, excludable, func(d *deed, t *WaveTarget) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if excluderRole(actor, d.r.ServiceID, "") == "" {
			return fault.New(fault.Forbidden, "You may not leave targets out. It takes the role %s or %s.", excluders[0].Label(), excluders[1].Label())
		}
		if !t.canBe(TargetExclude) {
			return t.move(TargetExclude)
		}
		return fn(d, t)
	})
}

func (t *WaveTarget) canBe(verb TargetVerb) bool { return movesFor(t.Delivery).Allows(t.State, verb) }

// AskExclusion asks that a target be left out for good. A release manager or
// the service owner asks; the other confirms.
func (s *Service) AskExclusion(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, version int64, reason string) error {
	return s.writeExclusion(ctx, actor, key, wave, targetKey, version, func(d *deed, t *WaveTarget) error {
		if err := because(&reason, "reason", "Say why it is left out for good."); err != nil {
			return err
		}
		if t.ExclusionAsked() {
			return fault.Refuse("This is asked for already.", d.block("target.exclusion", "Confirm or refuse it", "%s asked to leave %s out: %s", t.ExcludeAskedBy, t.TargetKey, t.ExcludeReason))
		}
		t.ExcludeReason, t.ExcludeAskedByID, t.ExcludeAskedBy, t.ExcludeAskedAs = reason, actor.UserID, actor.Name, string(excluderRole(actor, d.r.ServiceID, ""))
		return d.record("target.exclude.ask", reason, "asked to leave %s out of %s", t.TargetKey, d.w.Label())
	})
}

// ConfirmExclusion is the second person's word on an exclusion. Whoever asked
// may take it back, and cannot confirm it.
func (s *Service) ConfirmExclusion(ctx context.Context, actor identity.Actor, key string, wave int64, targetKey string, version int64, confirm bool) error {
	return s.writeExclusion(ctx, actor, key, wave, targetKey, version, func(d *deed, t *WaveTarget) error {
		if !t.ExclusionAsked() {
			return fault.New(fault.Refused, "Nobody asks to leave %s out.", t.TargetKey)
		}
		if !confirm {
			reason := t.ExcludeReason
			t.withdrawExclusion()
			return d.record("target.exclude.refuse", reason, "kept %s in %s", t.TargetKey, d.w.Label())
		}
		if err := d.mayConfirm(t); err != nil {
			return err
		}
		if err := t.move(TargetExclude); err != nil {
			return err
		}
		t.Reason, t.SettledAt = t.ExcludeReason, d.tx.Now
		if err := d.note(t, t.ExcludeReason); err != nil {
			return err
		}
		return d.record("target.exclude", t.ExcludeReason, "left %s out of %s, as %s asked", t.TargetKey, d.w.Label(), t.ExcludeAskedBy)
	})
}

// mayConfirm keeps the two people and the two roles apart.
func (d *deed) mayConfirm(t *WaveTarget) error {
	asked := identity.Role(t.ExcludeAskedAs)
	other := excluders[0]
	if other == asked {
		other = excluders[1]
	}
	var list []fault.Blocker
	if t.ExcludeAskedByID == d.actor.UserID {
		list = append(list, d.block("target.exclusion", "Open the wave", "You asked for it, so somebody else confirms it."))
	}
	if excluderRole(d.actor, d.r.ServiceID, asked) == "" {
		list = append(list, d.block("target.exclusion", "Open the wave", "It was asked for as %s; it takes the word of the %s too.", asked.Label(), other.Label()))
	}
	for i := range list {
		list[i].Owner = other.Label()
	}
	return fault.Refuse("The target was not left out.", list...)
}
