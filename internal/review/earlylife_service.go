package review

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/internal/state"
)

// onEarlyLife runs a deed on a release's early life support, read at the version
// of the form, and saves it.
func (s *Service) onEarlyLife(ctx context.Context, actor identity.Actor, key string, p identity.Permission, version int64, do func(*db.Tx, *release.Release, *EarlyLife, who) error) error {
	return s.write(ctx, actor, key, p, live, func(tx *db.Tx, r *release.Release, by who) error {
		e, err := only[EarlyLife](tx, r.ID)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(e, version); err != nil {
			return err
		}
		if err := do(tx, r, e, by); err != nil {
			return err
		}
		return save(tx, e)
	})
}

// TakeLead makes the actor the lead of early life support.
func (s *Service) TakeLead(ctx context.Context, actor identity.Actor, key string, version int64) error {
	return s.onEarlyLife(ctx, actor, key, identity.ElsRun, version, func(tx *db.Tx, r *release.Release, e *EarlyLife, by who) error {
		e.LeadID, e.LeadName = by.id, by.name
		return record(tx, actor, r, "els.lead", "", "took the lead of early life support of %s", r.Key)
	})
}

// Attest states one of the exit criteria that a person vouches for.
func (s *Service) Attest(ctx context.Context, actor identity.Actor, key string, version int64, point Point, note string) error {
	return s.onEarlyLife(ctx, actor, key, identity.ElsRun, version, func(tx *db.Tx, r *release.Release, e *EarlyLife, by who) error {
		if e.State != Active && e.State != Extended {
			return fault.New(fault.Refused, "Early life support is %s; nothing more is stated before operations has answered.", state.Word(e.State))
		}
		if err := e.attest(point, note, by.name, by.at); err != nil {
			return err
		}
		return record(tx, actor, r, "els.attest", note, "stated for early life support of %s: %s", r.Key, pointWords[point])
	})
}

var pointWords = map[Point]string{UsersCanWork: "users can do their work", TrainingComplete: "training is complete", ContractsComplete: "contracts are complete"}

// RequestExit is the lead's asking operations to take the service.
func (s *Service) RequestExit(ctx context.Context, actor identity.Actor, key string, version int64) error {
	return s.onEarlyLife(ctx, actor, key, identity.ElsRun, version, func(tx *db.Tx, r *release.Release, e *EarlyLife, by who) error {
		blockers, err := s.exitBlockers(tx, r, e)
		if err != nil {
			return err
		}
		if e.LeadID != 0 && e.LeadID != by.id {
			blockers = append(blockers, blocker(r, "els.lead", "The lead asks for the exit, and that is "+e.LeadName+".", e.LeadName, "#early-life", "Take the lead"))
		}
		if err := e.request(by, blockers); err != nil {
			return err
		}
		e.LeadID, e.LeadName = by.id, by.name
		return record(tx, actor, r, "els.request", "", "asked operations to accept the end of early life support of %s", r.Key)
	})
}

// AcceptExit is operations' acceptance; the release goes on to its review.
func (s *Service) AcceptExit(ctx context.Context, actor identity.Actor, key string, version int64) error {
	return s.onEarlyLife(ctx, actor, key, identity.ElsAccept, version, func(tx *db.Tx, r *release.Release, e *EarlyLife, by who) error {
		blockers, err := s.exitBlockers(tx, r, e)
		if err != nil {
			return err
		}
		if deployed, err := s.deployed(tx, r, by.id); err != nil {
			return err
		} else if deployed {
			blockers = append(blockers, blocker(r, "els.independent", "You took part in deploying this release; somebody in operations who did not accepts its exit.", "Operations", "#early-life", ""))
		}
		if err := e.accept(by, blockers); err != nil {
			return err
		}
		if err := record(tx, actor, r, "els.accept", "", "accepted the end of early life support of %s", r.Key); err != nil {
			return err
		}
		return s.Release.Advance(tx, actor, r, release.VerbExitEarlyLife, "operations accepted the service")
	})
}

// Extend is operations' no, with the reason and how many days more.
func (s *Service) Extend(ctx context.Context, actor identity.Actor, key string, version, days int64, reason string) error {
	return s.onEarlyLife(ctx, actor, key, identity.ElsAccept, version, func(tx *db.Tx, r *release.Release, e *EarlyLife, by who) error {
		if err := e.extend(by, days, reason); err != nil {
			return err
		}
		return record(tx, actor, r, "els.extend", reason, "extended early life support of %s by %s", r.Key, noun.Count(days, "day"))
	})
}

// exitBlockers names everything the exit still lacks.
func (s *Service) exitBlockers(tx *db.Tx, r *release.Release, e *EarlyLife) ([]fault.Blocker, error) {
	days, err := all[ServiceDay](tx, r.ID, "day")
	if err != nil {
		return nil, err
	}
	incidents, err := all[Incident](tx, r.ID, "number")
	if err != nil {
		return nil, err
	}
	transfers, err := all[Transfer](tx, r.ID, "number")
	if err != nil {
		return nil, err
	}
	values, err := s.values(tx, r)
	if err != nil {
		return nil, err
	}
	return e.lacks(r, exitFacts{days: days, incidents: incidents, transfers: transfers, values: values, now: tx.Now}), nil
}

// exitFacts are the rows the exit criteria weigh.
type exitFacts struct {
	days      []ServiceDay
	incidents []Incident
	transfers []Transfer
	values    []Value
	now       db.Time
}

// lacks is the rule of the exit: all blockers at once, each with who removes it.
func (e *EarlyLife) lacks(r *release.Release, f exitFacts) []fault.Blocker {
	var list []fault.Blocker
	lead := e.LeadName
	if lead == "" {
		lead = identity.EarlyLifeSupport.Label()
	}
	if e.UsersAt.IsZero() {
		list = append(list, blocker(r, "els.users", "Nobody has stated that users can do their work.", lead, "#early-life", "State it"))
	}
	if ok, detail := e.stability(f.days, f.now); !ok {
		list = append(list, blocker(r, "els.stable", "The service levels are not stable for the agreed days: "+detail+".", lead, "#service-levels", "Record the day"))
	}
	for _, incident := range f.incidents {
		if incident.Severity == 1 && incident.State == IncidentOpen {
			list = append(list, blocker(r, "els.severity-1", fmt.Sprintf("The severity-1 incident “%s” is open.", incident.Title), lead, "#incidents", "Resolve the incident"))
		}
	}
	list = append(list, unmetValues(r, f.values, e.Digest)...)
	if e.TrainingAt.IsZero() {
		list = append(list, blocker(r, "els.training", "Nobody has stated that training is complete.", lead, "#early-life", "State it"))
	}
	for _, transfer := range f.transfers {
		if transfer.State != TransferConfirmed {
			list = append(list, fault.Blocker{Code: "transfer.confirmed", Sentence: fmt.Sprintf("The knowledge transfer “%s” is %s, not confirmed.", transfer.Topic, strings.ToLower(string(transfer.State))),
				Owner: transfer.waitsFor(), Link: page(r, "#transfer"), Action: "Open the transfer", Due: transfer.Due.Std()})
		}
	}
	if e.ContractsAt.IsZero() {
		list = append(list, blocker(r, "els.contracts", "Nobody has stated that contracts and service level agreements are complete.", lead, "#early-life", "State it"))
	}
	return list
}

// unmetValues names the criteria that do not hold live for the package.
func unmetValues(r *release.Release, values []Value, digest string) []fault.Blocker {
	if len(values) == 0 {
		return []fault.Blocker{blocker(r, "value.live", "The release has no criteria, so nothing shows its value.", identity.TestManager.Label(), "#value", "See the criteria")}
	}
	var list []fault.Blocker
	for _, value := range values {
		if !value.Check.MetFor(digest) {
			word := "not measured live yet"
			if value.Check.State != build.Planned {
				word = map[build.CriterionState]string{build.Fail: "failing in live use", build.Blocked: "blocked from being measured"}[value.Check.State]
				if value.Check.Digest != digest {
					word = "measured on an earlier package only"
				}
			}
			list = append(list, blocker(r, "value.live", fmt.Sprintf("“%s” is %s.", value.Criterion.Statement, word), identity.EarlyLifeSupport.Label(), "#value", "Record the live verdict"))
		}
	}
	return list
}

// waitsFor names who has to act on a transfer.
func (t *Transfer) waitsFor() string {
	name, role := t.GiverName, identity.ReleaseManager.Label()
	if t.State == TransferDelivered {
		name = t.ReceiverName
	}
	if name == "" {
		return role
	}
	return name
}

// deployed tells whether the person took part in deploying the release.
func (s *Service) deployed(tx *db.Tx, r *release.Release, userID int64) (bool, error) {
	if s.Deploy == nil {
		return false, nil
	}
	people, err := s.Deploy.Deployers(tx, r.ID)
	for _, id := range people {
		if id == userID {
			return true, err
		}
	}
	return false, err
}
