package review

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

// closing are the states in which the review is agreed.
var closing = []release.State{release.Review}

// onReview runs a deed on the review, read at the version of the form, and saves it.
func (s *Service) onReview(ctx context.Context, actor identity.Actor, key string, p identity.Permission, states []release.State, version int64, do func(*db.Tx, *release.Release, *PIR, who) error) error {
	return s.write(ctx, actor, key, p, states, func(tx *db.Tx, r *release.Release, by who) error {
		review, err := only[PIR](tx, r.ID)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(review, version); err != nil {
			return err
		}
		if err := do(tx, r, review, by); err != nil {
			return err
		}
		return save(tx, review)
	})
}

// Hold records what the post-implementation review found.
func (s *Service) Hold(ctx context.Context, actor identity.Actor, key string, version int64, in Findings) error {
	return s.onReview(ctx, actor, key, identity.PirHold, late, version, func(tx *db.Tx, r *release.Release, review *PIR, by who) error {
		if err := review.hold(in, by); err != nil {
			return err
		}
		return record(tx, actor, r, "pir.hold", "", "held the post-implementation review of %s", r.Key)
	})
}

// Agree is somebody else's agreement to the review.
func (s *Service) Agree(ctx context.Context, actor identity.Actor, key string, version int64, note string) error {
	return s.onReview(ctx, actor, key, identity.PirAgree, closing, version, func(tx *db.Tx, r *release.Release, review *PIR, by who) error {
		actions, err := all[Action](tx, r.ID, "number")
		if err != nil {
			return err
		}
		if err := review.agree(by, note, unowned(r, actions)); err != nil {
			return err
		}
		return record(tx, actor, r, "pir.agree", note, "agreed the post-implementation review of %s", r.Key)
	})
}

// unowned names the actions without an owner or a date.
func unowned(r *release.Release, actions []Action) []fault.Blocker {
	var list []fault.Blocker
	for i := range actions {
		if !actions[i].Owned() {
			list = append(list, blocker(r, "actions.owned", fmt.Sprintf("The action “%s” has no owner or no date.", actions[i].Title), identity.ReleaseManager.Label(), "#actions", "Name the owner"))
		}
	}
	return list
}

// ActionPlan is an action as somebody enters it.
type ActionPlan struct {
	Title   string
	OwnerID int64
	Due     db.Time
}

// AddAction adds something the review decided to do. The owner may be found later,
// but before the review is agreed.
func (s *Service) AddAction(ctx context.Context, actor identity.Actor, key string, in ActionPlan) (*Action, error) {
	var action *Action
	err := s.write(ctx, actor, key, identity.PirHold, late, func(tx *db.Tx, r *release.Release, _ who) error {
		number, err := nextNumber(tx, "review_actions", r.ID)
		if err != nil {
			return err
		}
		action = &Action{ReleaseID: r.ID, ReleaseKey: r.Key, Number: number, State: ActionOpen}
		if err := fillAction(tx, action, in); err != nil {
			return err
		}
		if err := insert(tx, action); err != nil {
			return err
		}
		return record(tx, actor, r, "action.add", "", "added the action “%s”", action.Title)
	})
	return action, err
}

// ReviseAction changes an open action.
func (s *Service) ReviseAction(ctx context.Context, actor identity.Actor, key string, number, version int64, in ActionPlan) error {
	return s.write(ctx, actor, key, identity.PirHold, late, func(tx *db.Tx, r *release.Release, _ who) error {
		action, err := numbered[Action](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		if action.State != ActionOpen {
			return fault.New(fault.Refused, "The action is done; it is no longer edited.")
		}
		if err := fillAction(tx, action, in); err != nil {
			return err
		}
		if err := save(tx, action); err != nil {
			return err
		}
		return record(tx, actor, r, "action.revise", "", "changed the action “%s”, owned by %s", action.Title, action.OwnerName)
	})
}

func fillAction(tx *db.Tx, action *Action, in ActionPlan) error {
	var c fault.Check
	in.Title = strings.TrimSpace(in.Title)
	c.Need(in.Title != "" && len(in.Title) <= 300, "title", "Say what is to be done, in at most 300 characters.")
	if err := c.Err("The action was not saved."); err != nil {
		return err
	}
	action.Title, action.Due = in.Title, in.Due
	action.OwnerID, action.OwnerName = 0, ""
	if in.OwnerID != 0 {
		owner, err := person(tx, in.OwnerID, "owner")
		if err != nil {
			return err
		}
		action.OwnerID, action.OwnerName = owner.ID, owner.Name
	}
	return nil
}

// FinishAction is the owner's word that an action is done, also after closing.
func (s *Service) FinishAction(ctx context.Context, actor identity.Actor, key string, number, version int64, note string) error {
	return s.write(ctx, actor, key, "", slices.Concat(late, []release.State{release.Closed}), func(tx *db.Tx, r *release.Release, by who) error {
		action, err := numbered[Action](tx, r.ID, number, version)
		if err != nil {
			return err
		}
		if err := action.finish(by, note); err != nil {
			return err
		}
		if err := save(tx, action); err != nil {
			return err
		}
		return record(tx, actor, r, "action.done", note, "finished the action “%s”", action.Title)
	})
}
