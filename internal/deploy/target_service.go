package deploy

import (
	"context"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

const (
	pageSize    = 50
	maxPage     = 200
	maxImport   = 20_000
	historySize = 100
)

// TargetsPage gives a page of all targets.
func (s *Service) TargetsPage(ctx context.Context, actor identity.Actor, f TargetFilter) (*TargetList, error) {
	if err := identity.Authorize(actor, identity.ReportRead, 0); err != nil {
		return nil, err
	}
	parsed, err := ParseFilter(f.Filter)
	if err != nil {
		return nil, wrong("The targets were not filtered.", "filter", err.Error(), nil)
	}
	if f.Drift != NoDrift && !slices.Contains(Drifts(), f.Drift) {
		return nil, wrong("The targets were not filtered.", "drift", "There is no such drift.", nil)
	}
	limit := pageLimit(f.Limit)
	list := &TargetList{CanEdit: actor.Can(identity.EnvironmentEdit, 0)}
	return list, s.db.View(ctx, func(tx *db.Tx) (err error) {
		if list.Environments, err = environments(tx); err != nil {
			return err
		}
		if list.Targets, err = listTargets(tx, f, parsed, limit+1); err != nil {
			return err
		}
		if len(list.Targets) > limit {
			list.Targets = list.Targets[:limit]
			list.Next = list.Targets[limit-1].Key
		}
		kinds, err := kindsOf(tx, list.Targets)
		if err != nil {
			return err
		}
		veil := s.veil(tx, actor)
		for i := range list.Targets {
			list.Targets[i].Drift = kinds[list.Targets[i].ID]
			if err := veil.target(&list.Targets[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func pageLimit(asked int) int {
	if asked <= 0 || asked > maxPage {
		return pageSize
	}
	return asked
}

// TargetDetail gives one target with its history. What happened to it in
// releases that the actor does not see is left out.
func (s *Service) TargetDetail(ctx context.Context, actor identity.Actor, key string) (*TargetDetail, error) {
	if err := identity.Authorize(actor, identity.ReportRead, 0); err != nil {
		return nil, err
	}
	d := &TargetDetail{CanEdit: actor.Can(identity.EnvironmentEdit, 0)}
	return d, s.db.View(ctx, func(tx *db.Tx) error {
		t, err := targetByKey(tx, key)
		if err != nil {
			return err
		}
		e, err := environmentByID(tx, t.EnvironmentID)
		if err != nil {
			return err
		}
		if t.Drift, err = driftOf(tx, t); err != nil {
			return err
		}
		veil := s.veil(tx, actor)
		if err := veil.target(t); err != nil {
			return err
		}
		d.Target, d.Environment = *t, *e
		if d.History, err = historyOf(tx, t.ID, historySize); err != nil {
			return err
		}
		seen := s.sight(tx, actor)
		if d.PullView, err = s.device(tx, t.ID, seen); err != nil {
			return err
		}
		d.History = slices.DeleteFunc(d.History, func(e Event) bool {
			shown, bad := seen(e.ReleaseID)
			if bad != nil {
				err = bad
			}
			return !shown
		})
		for i := range d.History {
			if bad := veil.cover(new(string), &d.History[i].Label); bad != nil {
				err = bad
			}
		}
		return err
	})
}

// AddTarget adds a target.
func (s *Service) AddTarget(ctx context.Context, actor identity.Actor, d TargetDraft) error {
	return s.editTargets(ctx, actor, &d, func(tx *db.Tx, e *Environment) error {
		if _, err := targetByKey(tx, d.Key); fault.KindOf(err) != fault.NotFound {
			return wrong("The target was not saved.", "key", "There is a target of this key already.", err)
		}
		t := d.target(e)
		if err := insert(tx, t); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.pulls.forget(t.Key) })
		return recordPlace(tx, actor, "target", t.Key, "add", "", "added the target %s to %s", t.Key, e.Name)
	})
}

func (d *TargetDraft) target(e *Environment) *Target {
	t := &Target{Key: d.Key, InstalledDigest: d.InstalledDigest, InstalledVersion: strings.TrimSpace(d.InstalledVersion)}
	d.apply(t, e)
	return t
}

func (d *TargetDraft) apply(t *Target, e *Environment) {
	t.Name, t.EnvironmentID, t.EnvironmentKey, t.Tags, t.Attributes = d.Name, e.ID, e.Key, d.Tags, d.Attributes
	t.index()
}

// EditTarget changes a target; its key and what is installed stay. Waves that
// are ready or running keep the list they were frozen with.
func (s *Service) EditTarget(ctx context.Context, actor identity.Actor, key string, version int64, d TargetDraft) error {
	d.Key, d.InstalledDigest = key, ""
	return s.editTargets(ctx, actor, &d, func(tx *db.Tx, e *Environment) error {
		t, err := targetByKey(tx, key)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(t, version); err != nil {
			return err
		}
		d.apply(t, e)
		if err := save(tx, t); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.pulls.forget(t.Key) })
		return recordPlace(tx, actor, "target", t.Key, "edit", "", "changed the target %s", t.Key)
	})
}

func (s *Service) editTargets(ctx context.Context, actor identity.Actor, d *TargetDraft, fn func(*db.Tx, *Environment) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		var c fault.Check
		d.validate(&c)
		e, err := environmentByKey(tx, d.EnvironmentKey)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		c.Need(err == nil || d.EnvironmentKey == "", "environment", "There is no such environment.")
		if err := c.Err("The target was not saved."); err != nil {
			return err
		}
		return fn(tx, e)
	})
}

// RetireTarget takes a target out of use, or back into it.
func (s *Service) RetireTarget(ctx context.Context, actor identity.Actor, key string, version int64, retired bool, reason string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		t, err := targetByKey(tx, key)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(t, version); err != nil {
			return err
		}
		reason = strings.TrimSpace(reason)
		if retired && reason == "" {
			return wrong("The target was not retired.", "reason", "Say why it is taken out of use.", nil)
		}
		t.Retired = retired
		if err := save(tx, t); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.pulls.forget(t.Key) })
		reached, err := releasesOn(tx, t.ID)
		if err != nil {
			return err
		}
		if err := s.seatReleases(tx, actor, reached); err != nil {
			return err
		}
		action, words := "retire", "took the target %s out of use"
		if !retired {
			action, words = "restore", "took the target %s back into use"
		}
		return recordPlace(tx, actor, "target", t.Key, action, reason, words, t.Key)
	})
}
