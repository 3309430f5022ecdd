package plan

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/audit"
	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/internal/state"
)

// Service keeps plans, risks, stakeholders and notices.
type Service struct {
	db      *db.DB
	policy  *policy.Service
	change  *change.Service
	release *release.Service
}

// New gives the service.
func New(d *db.DB, pol *policy.Service, chg *change.Service, rel *release.Service) *Service {
	return &Service{db: d, policy: pol, change: chg, release: rel}
}

// over are the states in which a release's planning is history.
var over = []release.State{release.Closed, release.Cancelled}

// write finds the release, allows, and runs fn in one transaction.
func (s *Service) write(ctx context.Context, actor identity.Actor, key string, p identity.Permission, fn func(*db.Tx, *release.Release) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, p, r.ServiceID); err != nil {
			return err
		}
		if slices.Contains(over, r.State) {
			return fault.Refuse("This release is over.", fault.Blocked(fmt.Sprintf("%s is %s; its plan is part of the record now.", r.Key, state.Word(r.State)), r.OwnerName, "/releases/"+r.Key+"/history", "Read the history"))
		}
		return fn(tx, r)
	})
}

func record(tx *db.Tx, actor identity.Actor, r *release.Release, action, reason, format string, args ...any) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: action, Kind: "release", Key: r.Key, Release: r.Key, Sentence: fmt.Sprintf(format, args...), Reason: reason})
}

// Consequence is what saving an edit would bring, shown before it is saved.
type Consequence struct {
	Differences []Difference
	NewVersion  int64    // 0: the draft is edited in place
	Reopens     []string // whose word is asked for anew
	Voids       []string // gates whose decision falls
}

// Empty tells whether nothing would change.
func (c *Consequence) Empty() bool { return len(c.Differences) == 0 }

// Preview says what saving the content would bring.
func (s *Service) Preview(ctx context.Context, actor identity.Actor, key string, content Content) (c *Consequence, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		r, err := s.release.FindIn(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.PlanEdit, r.ServiceID); err != nil {
			return err
		}
		p, err := newestPlan(tx, r.ID)
		if err != nil {
			return err
		}
		if err := content.validate(); err != nil {
			return err
		}
		c = &Consequence{Differences: Compare(&p.Content, &content, r.Zone)}
		if p.State == Draft || c.Empty() {
			return nil
		}
		c.NewVersion = p.Number + 1
		required, err := s.seatsOf(tx, r, p)
		for _, seat := range required {
			c.Reopens = append(c.Reopens, seat.Stakeholder.Name)
		}
		if err != nil {
			return err
		}
		c.Voids, err = s.boundGates(tx, r)
		return err
	})
	return c, err
}

// boundGates lists the decided gates that hang on the plan's version.
func (s *Service) boundGates(tx *db.Tx, r *release.Release) (codes []string, err error) {
	gates, err := s.release.Gates(tx, r)
	for _, g := range gates {
		if word := string(g.State); word == "Approved" || word == "Waived" {
			codes = append(codes, string(g.Code))
		}
	}
	return codes, err
}

// Save keeps an edited plan. A draft is edited in place; of a plan in agreement
// or agreed it makes the next version, asks everybody anew and tells the
// release, which voids what was decided on the version before.
func (s *Service) Save(ctx context.Context, actor identity.Actor, key string, content Content, version int64) (*Consequence, error) {
	c := &Consequence{}
	err := s.write(ctx, actor, key, identity.PlanEdit, func(tx *db.Tx, r *release.Release) error {
		p, err := newestPlan(tx, r.ID)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(p, version); err != nil {
			return err
		}
		if err := content.validate(); err != nil {
			return err
		}
		if c.Differences = Compare(&p.Content, &content, r.Zone); c.Empty() {
			return nil
		}
		if p.State == Draft {
			p.Content = content
			if err := save(tx, p); err != nil {
				return err
			}
			return record(tx, actor, r, "plan.edit", "", "edited plan v%d: %s", p.Number, labels(c.Differences))
		}
		return s.revise(tx, actor, r, p, content, c)
	})
	return c, err
}

func (s *Service) revise(tx *db.Tx, actor identity.Actor, r *release.Release, p *Plan, content Content, c *Consequence) error {
	if err := p.supersede(); err != nil {
		return err
	}
	if err := save(tx, p); err != nil {
		return err
	}
	next := &Plan{ReleaseID: r.ID, ReleaseKey: r.Key, Number: p.Number + 1, State: Draft, Content: content, Difference: c.Differences, ByID: actor.UserID, ByName: actor.Name}
	if err := insertPlan(tx, next); err != nil {
		return err
	}
	c.NewVersion = next.Number
	what := fmt.Sprintf("plan v%d became v%d: %s", p.Number, next.Number, labels(c.Differences))
	if err := record(tx, actor, r, "plan.revise", "", "made plan v%d of v%d: %s", next.Number, p.Number, labels(c.Differences)); err != nil {
		return err
	}
	return s.release.Revise(tx, actor, r, release.Revision{PlanVersion: next.Number, PlanAgreed: false, What: what})
}

func (s *Service) seatsOf(tx *db.Tx, r *release.Release, p *Plan) ([]Seat, error) {
	people, err := stakeholdersOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	given, err := agreementsOf(tx, p.ID)
	return seats(people, given), err
}

// Submit asks every required stakeholder to agree to the draft.
func (s *Service) Submit(ctx context.Context, actor identity.Actor, key string, version int64) error {
	return s.write(ctx, actor, key, identity.PlanEdit, func(tx *db.Tx, r *release.Release) error {
		p, err := newestPlan(tx, r.ID)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(p, version); err != nil {
			return err
		}
		required, err := s.seatsOf(tx, r, p)
		if err != nil {
			return err
		}
		if err := p.submit(actor, required, tx.Now); err != nil {
			return err
		}
		if err := save(tx, p); err != nil {
			return err
		}
		return record(tx, actor, r, "plan.submit", "", "submitted plan v%d to %d stakeholders for agreement", p.Number, len(required))
	})
}

// Say records the actor's own word on the version they were shown. Nobody can
// speak for another, and who submitted the plan does not agree to it.
func (s *Service) Say(ctx context.Context, actor identity.Actor, key string, number int64, verdict Verdict, comment string) error {
	return s.write(ctx, actor, key, identity.PlanAgree, func(tx *db.Tx, r *release.Release) error {
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		p, err := newestPlan(tx, r.ID)
		if err != nil {
			return err
		}
		if p.Number != number {
			return fault.New(fault.Conflict, "The plan is at version %d now; you were shown version %d. Read the difference first.", p.Number, number)
		}
		required, err := s.seatsOf(tx, r, p)
		if err != nil {
			return err
		}
		seat, err := p.seatOf(actor, required, verdict, comment)
		if err != nil {
			return err
		}
		word := &Agreement{PlanID: p.ID, StakeholderID: seat.ID, PersonID: actor.UserID, PersonName: actor.Name, Verdict: verdict, Comment: comment, GivenAt: tx.Now}
		if err := insertAgreement(tx, word); err != nil {
			return err
		}
		action, sentence := "plan.agree", "agreed to plan v%d"
		if verdict == Objects {
			action, sentence = "plan.object", "objected to plan v%d"
		}
		if err := record(tx, actor, r, action, comment, sentence, p.Number); err != nil {
			return err
		}
		return s.settle(tx, actor, r, p)
	})
}

// settle agrees the plan once nobody is missing, and tells the release when
// that differs from what it knows.
func (s *Service) settle(tx *db.Tx, actor identity.Actor, r *release.Release, p *Plan) error {
	required, err := s.seatsOf(tx, r, p)
	if err != nil {
		return err
	}
	before := p.State
	if err := p.settle(required, tx.Now); err != nil {
		return err
	}
	if p.State != before {
		if err := save(tx, p); err != nil {
			return err
		}
		if err := record(tx, actor, r, "plan.agreed", "", "plan v%d is agreed by all %d required stakeholders", p.Number, len(required)); err != nil {
			return err
		}
	}
	agreed := p.State == Agreed && allAgree(required)
	if agreed == r.PlanAgreed && p.Number == r.PlanVersion {
		return nil
	}
	what := fmt.Sprintf("plan v%d is agreed", p.Number)
	if !agreed {
		what = fmt.Sprintf("plan v%d waits for agreement", p.Number)
	}
	return s.release.Revise(tx, actor, r, release.Revision{PlanVersion: p.Number, PlanAgreed: agreed, What: what})
}
