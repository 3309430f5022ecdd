package catalog

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Service keeps the catalogue.
type Service struct{ db *db.DB }

// New gives the service.
func New(d *db.DB) *Service { return &Service{d} }

// FindService gives a service by its key.
func (s *Service) FindService(tx *db.Tx, key string) (*ServiceRecord, error) {
	return serviceByKey(tx, key)
}

// ServiceByID gives a service by its row.
func (s *Service) ServiceByID(tx *db.Tx, id int64) (*ServiceRecord, error) {
	return serviceByID(tx, id)
}

// ListServices gives all services by name.
func (s *Service) ListServices(tx *db.Tx) ([]ServiceRecord, error) { return allServices(tx) }

// Promises gives the service package of a service.
func (s *Service) Promises(tx *db.Tx, serviceID int64) ([]Promise, error) {
	return promisesOf(tx, serviceID)
}

// Criteria gives what a release of the service is judged by.
func (s *Service) Criteria(tx *db.Tx, serviceID int64) ([]Criterion, error) {
	promises, err := promisesOf(tx, serviceID)
	return criteriaOf(promises), err
}

// RequiredItems gives what every release of the service must bring.
func (s *Service) RequiredItems(tx *db.Tx, serviceID int64) ([]Promise, error) {
	promises, err := promisesOf(tx, serviceID)
	return slices.DeleteFunc(promises, func(p Promise) bool { return p.Kind != Required }), err
}

// SaveService creates a service (ID 0) or changes one that nobody changed since.
func (s *Service) SaveService(ctx context.Context, actor identity.Actor, r *ServiceRecord) error {
	if err := identity.Authorize(actor, identity.CatalogEdit, r.ID); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		owner, err := identity.FindPerson(tx, r.OwnerID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		r.OwnerID, r.OwnerName = owner.ID, owner.Name
		if err := r.validate(); err != nil {
			return err
		}
		verb := "changed"
		if r.ID == 0 {
			verb = "added"
			if err := insert(tx, r); err != nil {
				return taken(err, "key", "There is a service with this key already.")
			}
		} else {
			before, err := serviceByID(tx, r.ID)
			if err != nil {
				return err
			}
			r.Key, r.CreatedAt = before.Key, before.CreatedAt // identifiers of releases begin with the key
			if err := save(tx, r); err != nil {
				return err
			}
		}
		return record(tx, actor, "service."+verb, "service", r.Key, fmt.Sprintf("%s the service %s", verb, r.Name))
	})
}

func taken(err error, field, message string) error {
	if fault.KindOf(err) != fault.Conflict {
		return err
	}
	var c fault.Check
	c.Field(field, message)
	return c.Err("It was not saved.")
}

func record(tx *db.Tx, actor identity.Actor, action, kind, key, sentence string) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: action, Kind: kind, Key: key, Sentence: sentence})
}
