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
type Service struct {
	db        *db.DB
	releases  Releases
	baselines db.Kept[Baseline]
}

// New gives the service.
func New(d *db.DB) *Service { return &Service{db: d} }

// Releases is the room of releases, as far as the catalogue asks it.
type Releases interface {
	// Changing gives a reason for every release in flight that includes the item.
	Changing(tx *db.Tx, actor identity.Actor, itemID int64) ([]fault.Blocker, error)
}

// UseReleases connects the room of releases.
func (s *Service) UseReleases(r Releases) { s.releases = r }

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

// ServiceName is a service as a filter offers it.
type ServiceName struct{ Key, Name string }

// ServiceNames gives every service by name, for filters.
func (s *Service) ServiceNames(tx *db.Tx) ([]ServiceName, error) { return serviceNames(tx) }

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
	if err := mayKeep(actor, r.ID); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		verb, owner := "added", int64(0)
		if r.ID != 0 {
			before, err := serviceByID(tx, r.ID)
			if err != nil {
				return err
			}
			r.Key, r.CreatedAt = before.Key, before.CreatedAt // identifiers of releases begin with the key
			verb, owner = "changed", before.OwnerID
		}
		if err := r.settle(tx, owner); err != nil {
			return err
		}
		if r.ID == 0 {
			if err := insert(tx, r); err != nil {
				return taken(err, "key", "There is a service with this key already.")
			}
		} else if err := save(tx, r); err != nil {
			return err
		}
		return record(tx, actor, "service."+verb, "service", r.Key, fmt.Sprintf("%s the service %s", verb, r.Name))
	})
}

// mayKeep allows to edit a service, or to add one (0): that takes a role for
// every service, since a role for one would not let its holder edit the new one.
func mayKeep(actor identity.Actor, serviceID int64) error {
	if err := identity.Authorize(actor, identity.CatalogEdit, serviceID); err != nil || serviceID != 0 {
		return err
	}
	if _, everywhere := actor.Reach(identity.CatalogEdit); !everywhere {
		return fault.New(fault.Forbidden, "Your role holds for single services. Adding one takes a role that holds for all.")
	}
	return nil
}

// settle fills in the owner and checks the rest. Who becomes the owner holds
// that role; who is it already stays.
func (r *ServiceRecord) settle(tx *db.Tx, was int64) error {
	var c fault.Check
	r.validate(&c)
	owner, err := identity.FindPerson(tx, r.OwnerID)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		c.Field("owner", "Choose the service owner.")
	case err != nil:
		return err
	case r.OwnerID != was:
		able, err := identity.People(tx, r.ID, identity.ServiceOwner)
		if err != nil {
			return err
		}
		c.Need(slices.ContainsFunc(able, func(p identity.Person) bool { return p.ID == owner.ID }), "owner",
			owner.Name+" does not hold the role of service owner.")
	}
	r.OwnerName = owner.Name
	return c.Err("The service was not saved.")
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
