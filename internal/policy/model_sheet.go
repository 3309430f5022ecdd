package policy

import (
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// ModelEntry is one model in the list.
type ModelEntry struct {
	Model   Model
	InUse   *ModelVersion
	Waiting *ModelVersion // a newer draft
}

// Newest is what the list says of the model: the version in use, else the draft.
func (e ModelEntry) Newest() *ModelVersion {
	if e.InUse != nil {
		return e.InUse
	}
	return e.Waiting
}

// ModelOverview is the list of models.
type ModelOverview struct {
	Entries []ModelEntry
	Draws   bool
}

// ModelOverview gives all models.
func (s *Service) ModelOverview(ctx context.Context, actor identity.Actor) (o *ModelOverview, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		models, err := allModels(tx)
		if err != nil {
			return err
		}
		versions, err := allModelVersions(tx)
		if err != nil {
			return err
		}
		o = &ModelOverview{Draws: actor.Can(identity.ModelEdit, 0)}
		for _, m := range models {
			e := ModelEntry{Model: m}
			e.InUse, e.Waiting = standingModel(slices.DeleteFunc(slices.Clone(versions), func(v ModelVersion) bool { return v.ModelID != m.ID }))
			o.Entries = append(o.Entries, e)
		}
		return nil
	})
	return o, err
}

func standingModel(versions []ModelVersion) (inUse, waiting *ModelVersion) {
	for i := range versions {
		v := &versions[i]
		if v.State == Active {
			return v, waiting
		}
		if waiting == nil && v.State == Draft {
			waiting = v
		}
	}
	return nil, waiting
}

// ModelSheet is what the page of a model shows.
type ModelSheet struct {
	Model       *Model
	Shown       *ModelVersion
	Versions    []ModelVersion // the newest first
	InUse       *ModelVersion
	Waiting     *ModelVersion
	Before      *ModelVersion
	Differences []Difference // of the one shown to the one before
	Change      []Difference // of the waiting one to the one in use
	Edits       bool
	Approval    Deed
}

// ModelSheet gives a model with the version in use (number 0), or with the
// version asked for; where none is in use, the newest.
func (s *Service) ModelSheet(ctx context.Context, actor identity.Actor, key string, number int64) (sheet *ModelSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		m, versions, err := s.FindModel(tx, key)
		if err != nil {
			return err
		}
		sheet = &ModelSheet{Model: m, Versions: versions, Edits: actor.Can(identity.ModelEdit, 0)}
		sheet.InUse, sheet.Waiting = standingModel(versions)
		if err := sheet.show(number); err != nil {
			return err
		}
		v := sheet.Waiting
		if v == nil {
			return nil
		}
		sheet.Approval.Offered = sheet.Edits && actor.MustBePerson() == nil
		sheet.Approval.Reasons = v.againstApproval(actor)
		sheet.Approval.Who, err = deciders(tx, identity.ModelEdit, nil, v.WroteIt)
		return err
	})
	return sheet, err
}

func (sh *ModelSheet) show(number int64) error {
	sh.Shown = sh.InUse
	if number != 0 || sh.Shown == nil {
		at := 0
		if number != 0 {
			at = slices.IndexFunc(sh.Versions, func(v ModelVersion) bool { return v.Number == number })
		}
		if at < 0 {
			return fault.New(fault.NotFound, "The model %s has no version %d.", sh.Model.Key, number)
		}
		sh.Shown = &sh.Versions[at]
	}
	if at := slices.IndexFunc(sh.Versions, func(v ModelVersion) bool { return v.Number < sh.Shown.Number }); at >= 0 {
		sh.Before = &sh.Versions[at]
		sh.Differences = sh.Shown.Body.Differences(sh.Before.Body)
	}
	if sh.InUse != nil && sh.Waiting != nil {
		sh.Change = sh.Waiting.Body.Differences(sh.InUse.Body)
	}
	return nil
}
