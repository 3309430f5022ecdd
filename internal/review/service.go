package review

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/build"
	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/state"
)

// Deployers tells who took part in deploying a release, so that none of them
// accepts its handover. The deploy room implements it.
type Deployers interface {
	Deployers(tx *db.Tx, releaseID int64) ([]int64, error)
}

// Rooms are the services to the left that the review asks.
type Rooms struct {
	Release *release.Service
	Build   *build.Service
	Deploy  Deployers
	Catalog *catalog.Service
	DML     *dml.Service
	Policy  *policy.Service
}

// Service is the room's one door.
type Service struct {
	db *db.DB
	Rooms
}

// New makes the service.
func New(d *db.DB, rooms Rooms) *Service { return &Service{db: d, Rooms: rooms} }

// live are the states in which a release is in early life.
var live = []release.State{release.EarlyLife}

// late are the states from which handover and review go on.
var late = []release.State{release.EarlyLife, release.Review}

// before are the states in which what early life needs is prepared.
var before = []release.State{release.Draft, release.Proposed, release.Planning, release.BuildTest, release.Ready, release.OnHold,
	release.Deploying, release.Paused, release.Remediating, release.EarlyLife}

// deed is what a writing method does once the release is found and the actor allowed.
type deed func(tx *db.Tx, r *release.Release, by who) error

// write finds the release and allows the actor, who is always a person here:
// nothing in this room is a machine's to say. An empty permission leaves it to
// the record, which names who may.
func (s *Service) write(ctx context.Context, actor identity.Actor, key string, p identity.Permission, states []release.State, do deed) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.found(tx, actor, key, p, states)
		if err != nil {
			return err
		}
		if r.State == release.EarlyLife || r.State == release.Review {
			if err := s.Begin(tx, clock(), r); err != nil {
				return err
			}
		}
		return do(tx, r, who{id: actor.UserID, name: actor.Name, at: tx.Now})
	})
}

// found finds the release in one of the states, and allows the actor.
func (s *Service) found(tx *db.Tx, actor identity.Actor, key string, p identity.Permission, states []release.State) (*release.Release, error) {
	r, err := s.Release.FindIn(tx, actor, key)
	if err != nil {
		return nil, err
	}
	if p != "" {
		if err := identity.Authorize(actor, p, r.ServiceID); err != nil {
			return nil, err
		}
	}
	if err := actor.MustBePerson(); err != nil {
		return nil, err
	}
	if !slices.Contains(states, r.State) {
		return nil, fault.Refuse("This cannot be done now.", fault.Blocker{Code: "release.state", Owner: r.OwnerName, Link: "/releases/" + r.Key, Action: "Open the release",
			Sentence: fmt.Sprintf("%s is %s, and this belongs to another part of its life.", r.Key, state.Word(r.State))})
	}
	return r, nil
}

// clock is who begins early life when nobody was there to do it.
func clock() identity.Actor { return identity.System("early life support") }

// record writes the audit entry of a deed on a release.
func record(tx *db.Tx, actor identity.Actor, r *release.Release, action, reason, format string, args ...any) error {
	return recordDetail(tx, actor, r, action, reason, nil, format, args...)
}

// recordDetail is record with the files that the deed vouches for.
func recordDetail(tx *db.Tx, actor identity.Actor, r *release.Release, action, reason string, files []string, format string, args ...any) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: action, Kind: "release", Key: r.Key, Release: r.Key, Reason: reason, Detail: strings.Join(files, "\n"), Sentence: fmt.Sprintf(format, args...)})
}

func page(r *release.Release, anchor string) string {
	return "/releases/" + r.Key + "/handover" + anchor
}

func blocker(r *release.Release, code, sentence, owner, anchor, action string) fault.Blocker {
	return fault.Blocker{Code: code, Sentence: sentence, Owner: owner, Link: page(r, anchor), Action: action}
}

// person finds somebody by id; a wrong choice is told on the field.
func person(tx *db.Tx, id int64, field string) (identity.Person, error) {
	p, err := identity.FindPerson(tx, id)
	if fault.KindOf(err) == fault.NotFound {
		return p, invalid(field, "Choose a person from the list.", "This was not saved.")
	}
	return p, err
}
