package policy

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// ModelVersionByID gives one version of a model, such as the one a release
// pinned. Its body is everybody's: whoever changes it copies it first.
func (s *Service) ModelVersionByID(tx *db.Tx, id int64) (*ModelVersion, error) {
	version, err := recordVersion(tx, "model_versions", id)
	if err != nil {
		return nil, err
	}
	return s.models.Get(tx, id, version, func() (*ModelVersion, error) { return modelVersionByID(tx, id) })
}

// ActiveModels gives the models that a new release may be made from.
func (s *Service) ActiveModels(tx *db.Tx) ([]ModelVersion, error) { return activeModels(tx) }

// ListModels gives all models by name.
func (s *Service) ListModels(tx *db.Tx) ([]Model, error) { return allModels(tx) }

// FindModel gives a model with its versions, the newest first.
func (s *Service) FindModel(tx *db.Tx, key string) (*Model, []ModelVersion, error) {
	m, err := modelByKey(tx, key)
	if err != nil {
		return nil, nil, err
	}
	versions, err := modelVersionsOf(tx, m.ID)
	return m, versions, err
}

// CreateModel draws up a model with a first version in draft.
func (s *Service) CreateModel(ctx context.Context, actor identity.Actor, m *Model, body Body) (v *ModelVersion, err error) {
	if err := identity.Authorize(actor, identity.ModelEdit, 0); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		var c fault.Check
		m.Key, m.Name = strings.TrimSpace(m.Key), strings.TrimSpace(m.Name)
		c.Need(knownKey(m.Key), "key", "Use 2 to 31 letters, digits and dashes.")
		c.Need(m.Name != "", "name", "Name the model.")
		body.check(&c)
		if err := c.Err("The model was not saved."); err != nil {
			return err
		}
		if err := insert(tx, m); err != nil {
			return taken(err, "key", "There is a model with this key already.")
		}
		v = &ModelVersion{ModelID: m.ID, ModelKey: m.Key, Name: m.Name, Number: 1, State: Draft}
		v.write(actor, body)
		if err := insert(tx, v); err != nil {
			return err
		}
		return record(tx, actor, "model.create", "model", m.Key, "drew up the model "+m.Name)
	})
	return v, err
}

// ModelToEdit gives the model and its newest version to somebody who may write
// the next one.
func (s *Service) ModelToEdit(ctx context.Context, actor identity.Actor, key string) (m *Model, newest *ModelVersion, err error) {
	if err := identity.Authorize(actor, identity.ModelEdit, 0); err != nil {
		return nil, nil, err
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		found, versions, err := s.FindModel(tx, key)
		if err != nil {
			return err
		}
		m, newest = found, &versions[0]
		return nil
	})
	return m, newest, err
}

// EditModel writes the newest version if it is a draft, else a new draft.
func (s *Service) EditModel(ctx context.Context, actor identity.Actor, key string, formVersion int64, body Body) (v *ModelVersion, err error) {
	if err := identity.Authorize(actor, identity.ModelEdit, 0); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		m, versions, err := s.FindModel(tx, key)
		if err != nil {
			return err
		}
		var c fault.Check
		body.check(&c)
		if err := c.Err("The model was not saved."); err != nil {
			return err
		}
		newest := versions[0]
		if err := db.CheckVersion(&newest, formVersion); err != nil {
			return err
		}
		if newest.State == Draft {
			v = &newest
			v.write(actor, body)
			err = save(tx, v)
		} else {
			v = &ModelVersion{ModelID: m.ID, ModelKey: m.Key, Name: m.Name, Number: newest.Number + 1, State: Draft}
			v.write(actor, body)
			err = insert(tx, v)
		}
		if err != nil {
			return err
		}
		return record(tx, actor, "model.edit", "model", m.Key, fmt.Sprintf("wrote version %d of the model", v.Number))
	})
	return v, err
}

// ApproveModel puts the newest draft of a model into use; somebody other than
// its author does. New releases are made from it; others keep theirs.
func (s *Service) ApproveModel(ctx context.Context, actor identity.Actor, key string) error {
	return s.ApproveModelAsRead(ctx, actor, key, anyVersion)
}

// ApproveModelAsRead is ApproveModel by somebody who read the draft; if it was
// written again since, it is a Conflict.
func (s *Service) ApproveModelAsRead(ctx context.Context, actor identity.Actor, key string, formVersion int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		m, versions, err := s.FindModel(tx, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.ModelEdit, 0); err != nil {
			return err
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		v := &versions[0]
		if err := asRead(v, formVersion); err != nil {
			return err
		}
		if err := fault.Refuse("The model was not approved.", v.againstApproval(actor)...); err != nil {
			return err
		}
		for _, verb := range []Verb{Approve, Activate} {
			if v.State, err = v.State.After(verb); err != nil {
				return err
			}
		}
		v.ApproverID, v.ApproverName = actor.UserID, actor.Name
		for i := range versions[1:] {
			before := &versions[i+1]
			if before.State == Active {
				if before.State, err = before.State.After(Supersede); err != nil {
					return err
				}
				if err := save(tx, before); err != nil {
					return err
				}
			}
		}
		if err := save(tx, v); err != nil {
			return err
		}
		return record(tx, actor, "model.approve", "model", m.Key, fmt.Sprintf("approved version %d of the model", v.Number))
	})
}
