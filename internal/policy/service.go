package policy

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Service keeps policies and models.
type Service struct {
	db       *db.DB
	catalog  *catalog.Service
	versions db.Kept[Version]
	models   db.Kept[ModelVersion]
}

// New gives the service.
func New(d *db.DB, services *catalog.Service) *Service { return &Service{db: d, catalog: services} }

// ActiveFor gives the policy version in force for a service; NotFound when
// there is none.
func (s *Service) ActiveFor(tx *db.Tx, serviceID int64) (*Version, error) {
	id, version, err := active(tx, serviceID)
	if err != nil {
		return nil, err
	}
	return s.versions.Get(tx, id, version, func() (*Version, error) { return versionByID(tx, id) })
}

// VersionByID gives one version of a policy, such as the one a release pinned.
// Its rules are everybody's: whoever changes them copies them first.
func (s *Service) VersionByID(tx *db.Tx, id int64) (*Version, error) {
	version, err := recordVersion(tx, "policy_versions", id)
	if err != nil {
		return nil, err
	}
	return s.versions.Get(tx, id, version, func() (*Version, error) { return versionByID(tx, id) })
}

// List gives all policies by name.
func (s *Service) List(tx *db.Tx) ([]Policy, error) { return allPolicies(tx) }

// Find gives a policy with its versions, the newest first.
func (s *Service) Find(tx *db.Tx, key string) (*Policy, []Version, error) {
	p, err := policyByKey(tx, key)
	if err != nil {
		return nil, nil, err
	}
	versions, err := versionsOf(tx, p.ID)
	return p, versions, err
}

var keyPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{1,30}$`)

// knownKey keeps keys out of the way of the pages beside them.
func knownKey(key string) bool { return keyPattern.MatchString(key) && key != "new" }

// allowAll asks for leave for every service; for any service where there is none yet.
func allowAll(actor identity.Actor, p identity.Permission, services []int64) error {
	if len(services) == 0 {
		return identity.Authorize(actor, p, 0)
	}
	for _, id := range services {
		if err := identity.Authorize(actor, p, id); err != nil {
			return err
		}
	}
	return nil
}

// Create draws up a policy for services, with a first version in draft.
func (s *Service) Create(ctx context.Context, actor identity.Actor, p *Policy, rules Rules) (*Version, error) {
	var v *Version
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := allowAll(actor, identity.PolicyEdit, p.Services); err != nil {
			return err
		}
		rules.settle()
		var c fault.Check
		p.Key, p.Name = strings.TrimSpace(p.Key), strings.TrimSpace(p.Name)
		c.Need(knownKey(p.Key), "key", "Use 2 to 31 letters, digits and dashes.")
		c.Need(p.Name != "", "name", "Name the policy.")
		c.Need(len(p.Services) > 0, "services", "Choose at least one service.")
		for _, id := range p.Services {
			if _, err := s.catalog.ServiceByID(tx, id); fault.KindOf(err) == fault.NotFound {
				c.Field("services", "One of the services does not exist.")
			} else if err != nil {
				return err
			}
		}
		rules.check(&c)
		if err := c.Err("The policy was not saved."); err != nil {
			return err
		}
		if err := insert(tx, p); err != nil {
			return taken(err, "key", "There is a policy with this key already.")
		}
		if err := linkServices(tx, p.ID, p.Services); err != nil {
			return taken(err, "services", "One of the services has a policy already.")
		}
		v = &Version{PolicyID: p.ID, PolicyKey: p.Key, Number: 1, State: Draft}
		v.write(actor, rules)
		if err := insert(tx, v); err != nil {
			return err
		}
		return record(tx, actor, "policy.create", "policy", p.Key, "drew up the policy "+p.Name)
	})
	return v, err
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

// ToEdit gives the policy and its newest version to somebody who may write the
// next one.
func (s *Service) ToEdit(ctx context.Context, actor identity.Actor, key string) (p *Policy, newest *Version, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		found, versions, err := s.Find(tx, key)
		if err != nil {
			return err
		}
		p, newest = found, &versions[0]
		return allowAll(actor, identity.PolicyEdit, p.Services)
	})
	return p, newest, err
}

// Edit writes the rules of the newest version if it is a draft, and otherwise
// a new draft beside it: what was approved never changes.
func (s *Service) Edit(ctx context.Context, actor identity.Actor, key string, formVersion int64, rules Rules) (v *Version, err error) {
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		p, versions, err := s.Find(tx, key)
		if err != nil {
			return err
		}
		if err := allowAll(actor, identity.PolicyEdit, p.Services); err != nil {
			return err
		}
		rules.settle()
		var c fault.Check
		rules.check(&c)
		if err := c.Err("The policy was not saved."); err != nil {
			return err
		}
		newest := versions[0]
		if err := db.CheckVersion(&newest, formVersion); err != nil {
			return err
		}
		if newest.State == Draft {
			v = &newest
			v.write(actor, rules)
			err = save(tx, v)
		} else {
			v = &Version{PolicyID: p.ID, PolicyKey: p.Key, Number: newest.Number + 1, State: Draft}
			v.write(actor, rules)
			err = insert(tx, v)
		}
		if err != nil {
			return err
		}
		return record(tx, actor, "policy.edit", "policy", p.Key, fmt.Sprintf("wrote version %d of the policy", v.Number))
	})
	return v, err
}
