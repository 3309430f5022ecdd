package policy

import (
	"context"
	"errors"
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
	db      *db.DB
	catalog *catalog.Service
}

// New gives the service.
func New(d *db.DB, services *catalog.Service) *Service { return &Service{d, services} }

// ActiveFor gives the policy version in force for a service; NotFound when
// there is none.
func (s *Service) ActiveFor(tx *db.Tx, serviceID int64) (*Version, error) {
	return activeFor(tx, serviceID)
}

// VersionByID gives one version of a policy, such as the one a release pinned.
func (s *Service) VersionByID(tx *db.Tx, id int64) (*Version, error) { return versionByID(tx, id) }

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

// Create draws up a policy for services, with a first version in draft.
func (s *Service) Create(ctx context.Context, actor identity.Actor, p *Policy, rules Rules) (*Version, error) {
	var v *Version
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		var c fault.Check
		p.Key, p.Name = strings.TrimSpace(p.Key), strings.TrimSpace(p.Name)
		c.Need(keyPattern.MatchString(p.Key), "key", "Use 2 to 31 letters, digits and dashes.")
		c.Need(p.Name != "", "name", "Name the policy.")
		c.Need(len(p.Services) > 0, "services", "Choose at least one service.")
		if err := c.Err("The policy was not saved."); err != nil {
			return err
		}
		for _, id := range p.Services {
			if err := identity.Authorize(actor, identity.PolicyEdit, id); err != nil {
				return err
			}
		}
		if err := rules.validate(); err != nil {
			return err
		}
		if err := insert(tx, p); err != nil {
			return taken(err, "key", "There is a policy with this key already.")
		}
		if err := linkServices(tx, p.ID, p.Services); err != nil {
			return taken(err, "services", "One of the services has a policy already.")
		}
		v = &Version{PolicyID: p.ID, PolicyKey: p.Key, Number: 1, State: Draft, AuthorID: actor.UserID, AuthorName: actor.Name, Rules: rules}
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

// Edit writes the rules of the newest version if it is a draft, and otherwise
// a new draft beside it: what was approved never changes.
func (s *Service) Edit(ctx context.Context, actor identity.Actor, key string, formVersion int64, rules Rules) (v *Version, err error) {
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		p, versions, err := s.Find(tx, key)
		if err != nil {
			return err
		}
		for _, id := range p.Services {
			if err := identity.Authorize(actor, identity.PolicyEdit, id); err != nil {
				return err
			}
		}
		if err := rules.validate(); err != nil {
			return err
		}
		newest := versions[0]
		if err := db.CheckVersion(&newest, formVersion); err != nil {
			return err
		}
		if newest.State == Draft {
			v = &newest
			v.Rules, v.AuthorID, v.AuthorName = rules, actor.UserID, actor.Name
			err = save(tx, v)
		} else {
			v = &Version{PolicyID: p.ID, PolicyKey: p.Key, Number: newest.Number + 1, State: Draft, AuthorID: actor.UserID, AuthorName: actor.Name, Rules: rules}
			err = insert(tx, v)
		}
		if err != nil {
			return err
		}
		return record(tx, actor, "policy.edit", "policy", p.Key, fmt.Sprintf("wrote version %d of the policy", v.Number))
	})
	return v, err
}

// Approve takes the newest draft into force on paper.
func (s *Service) Approve(ctx context.Context, actor identity.Actor, key string) error {
	return s.move(ctx, actor, key, func(tx *db.Tx, p *Policy, v *Version) error {
		if err := v.approve(actor, p.Services, tx.Now); err != nil {
			return err
		}
		return record(tx, actor, "policy.approve", "policy", p.Key, fmt.Sprintf("approved version %d of the policy", v.Number))
	})
}

// Activate puts an approved version into force; the one before it is superseded.
// Releases keep the version they pinned.
func (s *Service) Activate(ctx context.Context, actor identity.Actor, key string) error {
	return s.move(ctx, actor, key, func(tx *db.Tx, p *Policy, v *Version) error {
		if err := identity.Authorize(actor, identity.PolicyEdit, p.Services[0]); err != nil {
			return err
		}
		to, err := v.State.After(Activate)
		if err != nil {
			return err
		}
		before, err := activeVersion(tx, p.ID)
		if err != nil {
			return err
		}
		if before != nil {
			if before.State, err = before.State.After(Supersede); err != nil {
				return err
			}
			if err := save(tx, before); err != nil {
				return err
			}
		}
		v.State, v.ActiveAt = to, tx.Now
		return record(tx, actor, "policy.activate", "policy", p.Key, fmt.Sprintf("put version %d of the policy into force", v.Number))
	})
}

func (s *Service) move(ctx context.Context, actor identity.Actor, key string, do func(*db.Tx, *Policy, *Version) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		p, versions, err := s.Find(tx, key)
		if err != nil {
			return err
		}
		if len(p.Services) == 0 || len(versions) == 0 {
			return errors.New("policy: a policy without service or version")
		}
		v := &versions[0]
		if err := do(tx, p, v); err != nil {
			return err
		}
		return save(tx, v)
	})
}
