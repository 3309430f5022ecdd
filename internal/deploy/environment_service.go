package deploy

import (
	"context"
	"fmt"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Environments gives the page of environments.
func (s *Service) Environments(ctx context.Context, actor identity.Actor) (*EnvironmentList, error) {
	if err := identity.Authorize(actor, identity.ReportRead, 0); err != nil {
		return nil, err
	}
	list := &EnvironmentList{CanEdit: actor.Can(identity.EnvironmentEdit, 0)}
	return list, s.db.View(ctx, func(tx *db.Tx) error {
		rows, err := environments(tx)
		if err != nil {
			return err
		}
		totals, err := targetsPerEnvironment(tx)
		if err != nil {
			return err
		}
		drift, err := driftPerEnvironment(tx)
		if err != nil {
			return err
		}
		pull, err := pullByEnvironment(tx)
		if err != nil {
			return err
		}
		live, err := s.liveWaves(tx, actor)
		for _, e := range rows {
			view := EnvironmentView{Environment: e, Targets: totals[e.ID], Drift: drift[e.ID], CanEdit: list.CanEdit, Pull: *usualPull(e.ID)}
			if p, saved := pull[e.ID]; saved {
				view.Pull = p
			}
			for _, w := range live {
				if w.EnvironmentID == e.ID {
					view.Waves = append(view.Waves, w)
				}
			}
			list.Environments = append(list.Environments, view)
		}
		return err
	})
}

// EnvironmentPage gives one environment.
func (s *Service) EnvironmentPage(ctx context.Context, actor identity.Actor, key string) (*EnvironmentView, error) {
	list, err := s.Environments(ctx, actor)
	if err != nil {
		return nil, err
	}
	for i := range list.Environments {
		if list.Environments[i].Key == key {
			return &list.Environments[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "There is no environment %s.", key)
}

// AddEnvironment adds an environment. Waves that were planned for its key
// before it was there find it.
func (s *Service) AddEnvironment(ctx context.Context, actor identity.Actor, d EnvironmentDraft) error {
	return s.editEnvironments(ctx, actor, d, func(tx *db.Tx) error {
		if _, err := environmentByKey(tx, d.Key); fault.KindOf(err) != fault.NotFound {
			return wrong("The environment was not saved.", "key", "There is an environment of this key already.", err)
		}
		e := &Environment{Key: d.Key, Name: d.Name, Zone: d.Zone, Production: d.Production, Position: d.Position, Method: d.Method}
		if err := insert(tx, e); err != nil {
			return err
		}
		if err := settleEnvironment(tx, e); err != nil {
			return err
		}
		return recordPlace(tx, actor, "environment", e.Key, "add", "", "added the environment %s", e.Name)
	})
}

// EditEnvironment changes an environment; its key stays.
func (s *Service) EditEnvironment(ctx context.Context, actor identity.Actor, key string, version int64, d EnvironmentDraft) error {
	d.Key = key
	return s.editEnvironments(ctx, actor, d, func(tx *db.Tx) error {
		e, err := environmentByKey(tx, key)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(e, version); err != nil {
			return err
		}
		e.Name, e.Zone, e.Production, e.Position, e.Method = d.Name, d.Zone, d.Production, d.Position, d.Method
		if err := save(tx, e); err != nil {
			return err
		}
		if err := settleEnvironment(tx, e); err != nil {
			return err
		}
		return recordPlace(tx, actor, "environment", e.Key, "edit", "", "changed the environment %s", e.Name)
	})
}

// RemoveEnvironment removes an environment that nothing refers to.
func (s *Service) RemoveEnvironment(ctx context.Context, actor identity.Actor, key string, version int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		e, err := environmentByKey(tx, key)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(e, version); err != nil {
			return err
		}
		targets, err := listTargets(tx, TargetFilter{EnvironmentKey: key, Retired: true}, Filter{}, 1)
		if err != nil {
			return err
		}
		waves, err := wavesNaming(tx, key)
		if err != nil {
			return err
		}
		var blockers []fault.Blocker
		if len(targets) > 0 {
			blockers = append(blockers, fault.Blocked("Targets stand in it.", placeOwner, "/targets?retired=true&environment="+key, "Open the targets"))
		}
		if waves > 0 {
			blockers = append(blockers, fault.Blocked(fmt.Sprintf("It is named by %d waves.", waves), placeOwner, "/deployments", "Open the deployments"))
		}
		if err := fault.Refuse("The environment was not removed.", blockers...); err != nil {
			return err
		}
		if err := deleteEnvironment(tx, e.ID); err != nil {
			return err
		}
		return recordPlace(tx, actor, "environment", e.Key, "remove", "", "removed the environment %s", e.Name)
	})
}

var placeOwner = identity.Operations.Label()

func (s *Service) editEnvironments(ctx context.Context, actor identity.Actor, d EnvironmentDraft, fn func(*db.Tx) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		var c fault.Check
		d.validate(&c)
		if err := c.Err("The environment was not saved."); err != nil {
			return err
		}
		return fn(tx)
	})
}

// wrong is an error of one field, unless looking for it failed otherwise.
func wrong(message, field, why string, err error) error {
	if err != nil {
		return err
	}
	return &fault.Fault{Kind: fault.Invalid, Message: message, Fields: []fault.Field{{Name: field, Message: why}}}
}

func recordPlace(tx *db.Tx, actor identity.Actor, kind, key, action, reason, format string, args ...any) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: kind + "." + action, Kind: kind, Key: key, Reason: reason, Sentence: fmt.Sprintf(format, args...)})
}
