package release

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/audit"
	"slipway/internal/catalog"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

// Service is the room's one door.
type Service struct {
	db       *db.DB
	catalog  *catalog.Service
	media    *dml.Service
	policy   *policy.Service
	change   *change.Service
	evidence []Evidence
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
}

// Use connects the rooms to the right.
func (s *Service) Use(rooms Rooms) {
	s.evidence, s.drawers, s.follow = rooms.Evidence, rooms.Drawers, rooms.Followers
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

// Create makes a release from a service, a type and a model. It takes the next
// free number in the same transaction, pins policy and model, raises its
// change, and arrives with its gates and the items that it may affect.
func (s *Service) Create(ctx context.Context, actor identity.Actor, q Request) (*Release, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	var r *Release
	err := s.db.InTx(ctx, func(tx *db.Tx) (err error) {
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
		return nil, fault.Refuse("The release was not created.", fault.Blocked(
			fmt.Sprintf("%s has no release policy in force.", service.Name), service.OwnerName, "/policies", "Draw up a policy"))
	}
	if err != nil {
		return nil, err
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
	if err := insertRelease(tx, r); err != nil {
		if fault.KindOf(err) == fault.Conflict {
			return nil, invalid("key", "This identifier is used; identifiers are never used twice.")
		}
		return nil, err
	}
	if err := s.raiseChange(tx, actor, r, q, model, int64(pinned.Rules.RetroHours)); err != nil {
		return nil, err
	}
	if err := insertGates(tx, r.ID); err != nil {
		return nil, err
	}
	if err := s.drawItems(tx, r, q.UnitIDs, baseline); err != nil {
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
		if err := room.Draw(tx, actor, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func invalid(field, message string) error {
	var c fault.Check
	c.Field(field, message)
	return c.Err("The release was not saved.")
}

// asIs is the newest baseline of the service; the first release takes one.
func (s *Service) asIs(tx *db.Tx, actor identity.Actor, serviceID int64) (*catalog.Baseline, error) {
	b, err := s.catalog.BaselineOf(tx, serviceID)
	if err != nil || b != nil {
		return b, err
	}
	return s.catalog.TakeBaseline(tx, actor, serviceID, "as found", "")
}

// raiseChange gives the release its change and writes its key on the release.
func (s *Service) raiseChange(tx *db.Tx, actor identity.Actor, r *Release, q Request, model *policy.ModelVersion, retroHours int64) error {
	risks, resources, value := q.changeText(model)
	c, err := s.change.Raise(tx, actor, change.Request{Title: r.Title, ServiceID: r.ServiceID, ServiceName: r.ServiceName, ReleaseKey: r.Key, ReleaseType: string(r.Type),
		Restricted: r.Restricted, Reason: r.Summary, Return: value, Risks: risks, Resources: resources, Responsible: r.OwnerName,
		Emergency: r.Type == Emergency, Incident: r.Incident, WindowStart: r.WindowStart, WindowEnd: r.WindowEnd, RetroHours: retroHours})
	if err != nil {
		return err
	}
	r.ChangeKey = c.Key
	return save(tx, r)
}

// book puts the release's window on the schedule.
func (s *Service) book(tx *db.Tx, r *Release) error {
	if r.WindowStart.IsZero() {
		return s.change.Unbook(tx, r.Key)
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

// AddViewer lets a person see a restricted release; the stakeholder register
// calls it.
func (s *Service) AddViewer(tx *db.Tx, r *Release, userID int64) error {
	return addViewer(tx, r.ID, userID)
}

// Advance moves a release by its table, keeps the dates and the schedule, and
// records it. The rooms to the right say the verbs that are theirs.
func (s *Service) Advance(tx *db.Tx, actor identity.Actor, r *Release, verb Verb, reason string) error {
	was := r.State
	if err := r.advance(verb, tx.Now); err != nil {
		return err
	}
	if err := s.attend(tx, actor, r, verb); err != nil {
		return err
	}
	if err := saveRelease(tx, r, was); err != nil {
		return err
	}
	if err := insertPhase(tx, &Phase{ReleaseID: r.ID, State: r.State, Since: tx.Now, Verb: verb, ByName: actor.Name, Reason: reason}); err != nil {
		return err
	}
	if err := s.change.Stand(tx, r.Key, standing(r.State)); err != nil {
		return err
	}
	if err := s.record(tx, actor, r, "release."+string(verb), reason, "moved %s from %s to %s", r.Key, was, r.State); err != nil {
		return err
	}
	if err := s.tell(tx, actor, r, verb); err != nil {
		return err
	}
	return s.underAuthority(tx, r)
}

// tell lets the rooms to the right follow what happened to a release.
func (s *Service) tell(tx *db.Tx, actor identity.Actor, r *Release, verb Verb) error {
	for _, room := range s.follow {
		if err := room.Follow(tx, actor, r, verb); err != nil {
			return err
		}
	}
	return nil
}

// attend opens the next gate and moves the change along.
func (s *Service) attend(tx *db.Tx, actor identity.Actor, r *Release, verb Verb) error {
	gate := map[Verb]GateCode{VerbSubmit: A1, VerbAuthorisePlan: A2, VerbAuthoriseBuild: A3, VerbCheckIn: A4,
		VerbExitEarlyLife: A5, VerbReview: A5}[verb]
	if gate != "" {
		if err := s.openGate(tx, r, gate); err != nil {
			return err
		}
	}
	switch verb {
	case VerbRework, VerbRebuild:
		return s.rework(tx, actor, r, verb)
	case VerbCancel, VerbRollBack:
		if err := s.giveBack(tx, actor, r); err != nil {
			return err
		}
	}
	return s.moveChange(tx, actor, r, verb)
}

// record writes the audit entry of something done to a release.
func (s *Service) record(tx *db.Tx, actor identity.Actor, r *Release, action, reason, format string, args ...any) error {
	return s.recordDetail(tx, actor, r, action, reason, "", format, args...)
}

func (s *Service) recordDetail(tx *db.Tx, actor identity.Actor, r *Release, action, reason, detail, format string, args ...any) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: action, Kind: "release", Key: r.Key, Release: r.Key, Reason: reason, Detail: detail, Sentence: fmt.Sprintf(format, args...)})
}

// Phases gives the stretches of a release's life, the first first.
func (s *Service) Phases(tx *db.Tx, r *Release) ([]Phase, error) { return phasesOf(tx, r.ID) }

// Allowed lists what the actor may tell the release by hand.
func (s *Service) Allowed(actor identity.Actor, r *Release) []Verb {
	if !actor.Can(identity.ReleaseEdit, r.ServiceID) {
		return nil
	}
	byHand := []Verb{VerbSubmit, VerbHold, VerbResume, VerbRework, VerbRebuild, VerbReview, VerbCancel}
	return slices.DeleteFunc(byHand, func(v Verb) bool { return !transitions.Allows(r.State, v) })
}
