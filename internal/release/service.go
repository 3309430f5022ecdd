package release

import (
	"context"
	"fmt"

	"slipway/internal/audit"
	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/state"
)

// Service is the room's one door.
type Service struct {
	db       *db.DB
	catalog  *catalog.Service
	media    *dml.Service
	policy   *policy.Service
	change   *change.Service
	evidence []Evidence
	builders func(*db.Tx, int64) ([]int64, error)
	drawers  []Drawer
	follow   []Follower
	verdicts verdictCache
}

// New gives the service.
func New(d *db.DB, cat *catalog.Service, media *dml.Service, pol *policy.Service, chg *change.Service) *Service {
	return &Service{db: d, catalog: cat, media: media, policy: pol, change: chg}
}

// Rooms are those to the right that a release speaks with, in their order.
type Rooms struct {
	Evidence  []Evidence
	Drawers   []Drawer
	Followers []Follower
	Builders  func(tx *db.Tx, releaseID int64) ([]int64, error) // who recorded builds of a release; nil knows of none
}

// Use connects the rooms to the right.
func (s *Service) Use(rooms Rooms) {
	s.evidence, s.drawers, s.follow, s.builders = rooms.Evidence, rooms.Drawers, rooms.Followers, rooms.Builders
}

// Find gives a release; out of sight is NotFound.
func (s *Service) Find(ctx context.Context, actor identity.Actor, key string) (r *Release, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err = s.FindIn(tx, actor, key)
		return err
	})
	return r, err
}

// FindIn is Find within a transaction.
func (s *Service) FindIn(tx *db.Tx, actor identity.Actor, key string) (*Release, error) {
	return findRelease(tx, actor, "release_key = ?", key)
}

// ByID is FindIn by row.
func (s *Service) ByID(tx *db.Tx, actor identity.Actor, id int64) (*Release, error) {
	return findRelease(tx, actor, "releases.id = ?", id)
}

// Visible gives those of the releases that the actor sees, by row, in one look.
func (s *Service) Visible(tx *db.Tx, actor identity.Actor, ids []int64) (map[int64]*Release, error) {
	list, err := releasesOf(tx, actor, ids)
	seen := make(map[int64]*Release, len(list))
	for i := range list {
		seen[list[i].ID] = &list[i]
	}
	return seen, err
}

// List gives releases, the newest first, a page at a time.
func (s *Service) List(ctx context.Context, actor identity.Actor, f Filter) (list []Release, err error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	err = s.db.View(ctx, func(tx *db.Tx) error {
		list, err = listReleases(tx, actor, f)
		return err
	})
	return list, err
}

// Counts gives how many releases the actor sees in each state. The numbers are
// kept as releases move; nothing is counted anew. Restricted releases of
// services that the actor has no role for are left out.
func (s *Service) Counts(ctx context.Context, actor identity.Actor) (map[State]int64, error) {
	totals := map[State]int64{}
	err := s.db.View(ctx, func(tx *db.Tx) error {
		rows, err := counts(tx)
		for _, row := range rows {
			if !row.Restricted || seesRestricted(actor, row.ServiceID) {
				totals[row.State] += row.Total
			}
		}
		return err
	})
	return totals, err
}

// Phases gives the stretches of a release's life, the first first.
func (s *Service) Phases(tx *db.Tx, r *Release) ([]Phase, error) { return phasesOf(tx, r.ID) }

// AddViewer lets a person see a restricted release; the stakeholder register
// calls it.
func (s *Service) AddViewer(tx *db.Tx, r *Release, userID int64) error {
	return addViewer(tx, r.ID, userID)
}

// write is the rhythm of every writing method: find, allow, do, in one transaction.
func (s *Service) write(ctx context.Context, actor identity.Actor, key string, p identity.Permission, do func(*db.Tx, *Release) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, p, r.ServiceID); err != nil {
			return err
		}
		return do(tx, r)
	})
}

func open(r *Release) error {
	if !r.State.Over() {
		return nil
	}
	return fault.Refuse("This release is over.", fault.Blocked(fmt.Sprintf("%s is %s; it is part of the record now.", r.Key, state.Word(r.State)), r.OwnerName, r.Link("history"), "Read the history"))
}

func invalid(field, message string) error {
	var c fault.Check
	c.Field(field, message)
	return c.Err("The release was not saved.")
}

// record writes the audit entry of something done to a release.
func (s *Service) record(tx *db.Tx, actor identity.Actor, r *Release, action, reason, format string, args ...any) error {
	return s.recordDetail(tx, actor, r, action, reason, "", format, args...)
}

func (s *Service) recordDetail(tx *db.Tx, actor identity.Actor, r *Release, action, reason, detail, format string, args ...any) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: action, Kind: "release", Key: r.Key, Release: r.Key, Reason: reason, Detail: detail, Sentence: fmt.Sprintf(format, args...)})
}
