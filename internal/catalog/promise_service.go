package catalog

import (
	"context"
	"fmt"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// SavePromise adds a promise to a service package (ID 0), or changes one that
// nobody changed since. It stays with its service.
func (s *Service) SavePromise(ctx context.Context, actor identity.Actor, p *Promise) error {
	if err := identity.Authorize(actor, identity.CatalogEdit, p.ServiceID); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		service, err := serviceByID(tx, p.ServiceID)
		if err != nil {
			return err
		}
		if p.ID != 0 {
			before, err := promisedBy(tx, service, p.ID)
			if err != nil {
				return err
			}
			p.CreatedAt, p.Retired = before.CreatedAt, false
		}
		if err := p.validate(); err != nil {
			return err
		}
		if p.ID == 0 {
			err = insert(tx, p)
		} else {
			err = save(tx, p)
		}
		if err != nil {
			return err
		}
		return record(tx, actor, "promise.save", "service", service.Key, fmt.Sprintf("wrote into the service package: %s", p.Statement))
	})
}

// promisedBy gives a promise of the service that still stands.
func promisedBy(tx *db.Tx, service *ServiceRecord, id int64) (*Promise, error) {
	p, err := promiseByID(tx, id)
	if err != nil {
		return nil, err
	}
	if p.ServiceID != service.ID || p.Retired {
		return nil, fault.New(fault.NotFound, "The service package of %s does not hold this any more.", service.Name)
	}
	return p, nil
}

// RetirePromise takes a promise out of the package as it was read; releases
// keep their copy.
func (s *Service) RetirePromise(ctx context.Context, actor identity.Actor, serviceKey string, id, version int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		service, err := serviceByKey(tx, serviceKey)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.CatalogEdit, service.ID); err != nil {
			return err
		}
		p, err := promisedBy(tx, service, id)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(p, version); err != nil {
			return err
		}
		p.Retired = true
		if err := save(tx, p); err != nil {
			return err
		}
		return record(tx, actor, "promise.retire", "service", service.Key, "took out of the service package: "+p.Statement)
	})
}
