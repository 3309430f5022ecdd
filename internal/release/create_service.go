package release

import (
	"context"

	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/policy"
)

// Create makes a release from a service, a type and a model. It takes the next
// free number in the same transaction, pins policy and model, raises its
// change, and arrives with its gates and the items that it may affect.
func (s *Service) Create(ctx context.Context, actor identity.Actor, q Request) (*Release, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	var r *Release
	err := s.db.InTxTogether(ctx, func(tx *db.Tx) (err error) {
		r, err = s.create(tx, actor, q)
		return err
	})
	return r, err
}

func (s *Service) create(tx *db.Tx, actor identity.Actor, q Request) (*Release, error) {
	service, err := s.catalog.FindService(tx, q.ServiceKey)
	if err != nil {
		return nil, invalid("service", "There is no such service.")
	}
	if err := identity.Authorize(actor, identity.ReleaseEdit, service.ID); err != nil {
		return nil, err
	}
	pinned, err := s.policy.ActiveFor(tx, service.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.Refuse("The release was not created.", withoutPolicy(service))
	}
	if err != nil {
		return nil, err
	}
	if q.Type == Emergency {
		if err := pinned.Rules.NamesIncident(q.Incident); err != nil {
			return nil, invalid("incident", noun.Capital(err.Error())+".")
		}
	}
	model, err := s.policy.ModelVersionByID(tx, q.ModelVersionID)
	if err != nil || model.State != policy.Active {
		return nil, invalid("model", "Choose a model that is in use.")
	}
	if err := q.settleApproach(model.Body); err != nil {
		return nil, err
	}
	owner := identity.Person{ID: actor.UserID, Name: actor.Name}
	if q.OwnerID != 0 && q.OwnerID != actor.UserID {
		if owner, err = identity.FindPerson(tx, q.OwnerID); err != nil {
			return nil, invalid("owner", "Choose the owner.")
		}
	}
	if q.Key == "" {
		q.Key, err = pinned.NextKey(tx, service.Key)
	} else if bad := pinned.TakeKey(tx, service.Key, q.Key); bad != nil {
		return nil, invalid("key", bad.Error()+".")
	}
	if err != nil {
		return nil, err
	}
	baseline, err := s.asIs(tx, actor, service.ID)
	if err != nil {
		return nil, err
	}
	r := &Release{Key: q.Key, Title: q.Title, Summary: q.Summary, ServiceID: service.ID, ServiceKey: service.Key, ServiceName: service.Name,
		Type: q.Type, Approach: q.Approach, PolicyVersionID: pinned.ID, PolicyLabel: pinned.Label(), ModelVersionID: model.ID, ModelLabel: model.Label(),
		AuthorID: actor.UserID, AuthorName: actor.Name, OwnerID: owner.ID, OwnerName: owner.Name, WindowStart: q.WindowStart, WindowEnd: q.WindowEnd,
		Zone: q.Zone, Restricted: q.Restricted, State: Draft, Incident: q.Incident, ELSDays: int64(pinned.Rules.Types[string(q.Type)].ELSDays),
		BaselineID: baseline.ID, Gates: "Pending Pending Pending Pending Pending"}
	if err := s.raiseChange(tx, actor, r, q, model, int64(pinned.Rules.RetroHours)); err != nil {
		return nil, err
	}
	if err := insertNamed(tx, r); err != nil {
		if fault.KindOf(err) == fault.Conflict {
			return nil, invalid("key", "This identifier is used; identifiers are never used twice.")
		}
		return nil, err
	}
	if err := insertGates(tx, r.ID); err != nil {
		return nil, err
	}
	if _, err := s.drawUnits(tx, r, q.UnitIDs, baseline); err != nil {
		return nil, err
	}
	if err := insertPhase(tx, &Phase{ReleaseID: r.ID, State: Draft, Since: tx.Now, Verb: "create", ByName: actor.Name}); err != nil {
		return nil, err
	}
	if err := s.book(tx, r); err != nil {
		return nil, err
	}
	if err := s.record(tx, actor, r, "release.create", "", "planned %s: %s", r.Key, r.Title); err != nil {
		return nil, err
	}
	for _, room := range s.drawers {
		if err := room.Draw(tx, actor, r, Origin{Policy: pinned, Model: model}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// asIs is the newest baseline of the service; the first release takes one.
func (s *Service) asIs(tx *db.Tx, actor identity.Actor, serviceID int64) (*catalog.Baseline, error) {
	b, err := s.catalog.BaselineOf(tx, serviceID)
	if err != nil || b != nil {
		return b, err
	}
	return s.catalog.TakeBaseline(tx, actor, serviceID, "as found", "")
}

// raiseChange gives the release that is about to be its change.
func (s *Service) raiseChange(tx *db.Tx, actor identity.Actor, r *Release, q Request, model *policy.ModelVersion, retroHours int64) error {
	risks, resources, value := q.changeText(model)
	c, err := s.change.Raise(tx, actor, change.Request{Title: r.Title, ServiceID: r.ServiceID, ServiceName: r.ServiceName, ReleaseKey: r.Key, ReleaseType: string(r.Type),
		Restricted: r.Restricted, Reason: r.Summary, Return: value, Risks: risks, Resources: resources, Responsible: r.OwnerName,
		Emergency: r.Type == Emergency, Incident: r.Incident, WindowStart: r.WindowStart, WindowEnd: r.WindowEnd, RetroHours: retroHours})
	if err != nil {
		return err
	}
	r.ChangeKey = c.Key
	return nil
}

// book puts the release's window on the schedule, once it has one.
func (s *Service) book(tx *db.Tx, r *Release) error {
	if r.WindowStart.IsZero() {
		return nil
	}
	items, err := itemsOf(tx, r.ID)
	if err != nil {
		return err
	}
	b := change.Booking{ReleaseKey: r.Key, Title: r.Title, ServiceID: r.ServiceID, ServiceName: r.ServiceName, FromAt: r.WindowStart, ToAt: r.WindowEnd,
		PersonID: r.OwnerID, PersonName: r.OwnerName, Standing: standing(r.State), Restricted: r.Restricted}
	for _, i := range items {
		if i.Decision != Excluded {
			b.Items = append(b.Items, change.Item{ID: i.ItemID, Key: i.ItemKey})
		}
	}
	return s.change.Book(tx, b)
}

func standing(s State) change.Standing {
	switch s {
	case Ready:
		return change.Agreed
	case Deploying, Paused, Remediating:
		return change.Running
	case EarlyLife, Review, Closed, RolledBack:
		return change.Done
	case Cancelled:
		return change.Dropped
	}
	return change.Proposed
}
