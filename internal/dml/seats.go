package dml

import (
	"fmt"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Seats is how a release stands on its targets: on how many it is verified and
// in use, and how many need it no longer because they were left out, rolled
// back, retired or given something newer.
type Seats struct{ Installed, Gone int64 }

// seat reckons a part of a licence anew. A licence by device or instance is
// consumed by one for each verified target and comes back with each that is
// gone; any other is consumed whole by the first.
func (a *Allocation) seat(l *Licence, n Seats) {
	asked := a.Quantity + a.Returned
	switch {
	case l.PerTarget():
		a.Installed = min(n.Installed, asked)
		a.Returned = min(n.Gone, asked-a.Installed)
	case n.Installed > 0:
		a.Installed, a.Returned = asked, 0
	default:
		a.Installed, a.Returned = 0, 0
	}
	a.Quantity = asked - a.Returned
}

// standing is the state that the figures speak of.
func (a *Allocation) standing() AllocationState {
	if a.Installed > 0 && a.Installed == a.Quantity {
		return Consumed
	}
	return Reserved
}

// reckon brings the figures of a part in step with a state it was moved to.
func (a *Allocation) reckon() {
	switch {
	case a.State == Released:
		a.Quantity, a.Installed, a.Returned = a.Quantity+a.Returned, 0, 0
	case a.State == Consumed && a.Installed > 0: // what no target took is free
		a.Quantity, a.Returned = a.Installed, 0
	case a.State == Consumed:
		a.Installed = a.Quantity
	}
}

// Seat says on how many targets a release stands, and moves what it holds of
// licences along. It writes down what is the case and refuses nothing: leave is
// asked before targets are touched, with SeatBlockers.
func (s *Service) Seat(tx *db.Tx, actor identity.Actor, releaseKey string, n Seats) error {
	parts, err := allocationsFor(tx, releaseKey)
	if err != nil {
		return err
	}
	for i := range parts {
		if a := &parts[i]; a.State != Released {
			if err := s.seatOne(tx, actor, a, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) seatOne(tx *db.Tx, actor identity.Actor, a *Allocation, n Seats) error {
	l, err := licenceByKey(tx, a.LicenceKey)
	if err != nil {
		return err
	}
	was := *a
	a.seat(l, n)
	if to := a.standing(); to != a.State {
		if err := a.move(to); err != nil {
			return err
		}
	}
	if *a == was {
		return nil
	}
	if err := tx.Save(a); err != nil {
		return err
	}
	return recordLicence(tx, actor, "seat", l, a.ReleaseKey, fmt.Sprintf("%d of licence %s are in use and %d reserved", a.Installed, l.Key, a.Quantity-a.Installed))
}

// Seated lists the releases that hold licences.
func (s *Service) Seated(tx *db.Tx) ([]string, error) { return seatedReleases(tx) }

// SeatBlockers says which licences of a release do not reach for the targets of
// its waves: too few were reserved, or what came back was taken by others.
func (s *Service) SeatBlockers(tx *db.Tx, releaseKey string, targets int64) ([]fault.Blocker, error) {
	parts, err := allocationsFor(tx, releaseKey)
	if err != nil {
		return nil, err
	}
	var list []fault.Blocker
	for i := range parts {
		a := &parts[i]
		if a.State == Released || a.Quantity >= targets {
			continue
		}
		l, err := licenceByKey(tx, a.LicenceKey)
		if err != nil {
			return nil, err
		}
		switch asked := a.Quantity + a.Returned; {
		case !l.PerTarget():
		case asked < targets:
			list = append(list, fault.Blocker{Code: "licence.seats", Owner: l.OwnerName, Link: l.Link(), Action: "Open the licence",
				Sentence: fmt.Sprintf("%d of licence %s were signed off for %s, and its waves reach %d targets.", asked, l.Key, releaseKey, targets)})
		default:
			taken, err := s.taken(tx, l)
			if err != nil {
				return nil, err
			}
			list = append(list, l.Blockers(targets-a.Quantity, taken, tx.Now)...)
		}
	}
	return list, nil
}

// taken is how much of a licence is reserved and consumed. A target that a
// release will take over from another takes one seat, not two.
func (s *Service) taken(tx *db.Tx, l *Licence) (int64, error) {
	open, err := openAllocations(tx, l.ID)
	if err != nil {
		return 0, err
	}
	inherited, err := s.inherits(tx, l, open)
	return sum(open, inherited), err
}

// inherits says how many of the seats that releases reserved are those of the
// releases they follow on the same targets.
func (s *Service) inherits(tx *db.Tx, l *Licence, open []Allocation) (map[string]int64, error) {
	waiting, installed, keys := map[string]int64{}, map[string]int64{}, []string{}
	for _, a := range open {
		if waiting[a.ReleaseKey]+installed[a.ReleaseKey] == 0 {
			keys = append(keys, a.ReleaseKey)
		}
		waiting[a.ReleaseKey] += a.Quantity - a.Installed
		installed[a.ReleaseKey] += a.Installed
	}
	if s.places == nil || !l.PerTarget() || len(keys) < 2 {
		return nil, nil
	}
	list, err := s.places.Successions(tx, keys)
	inherited := map[string]int64{}
	for _, n := range list {
		inherited[n.To] = min(waiting[n.To], inherited[n.To]+min(installed[n.From], n.Targets))
	}
	return inherited, err
}

func sum(open []Allocation, inherited map[string]int64) (n int64) {
	for _, a := range open {
		n += a.Quantity
	}
	for _, seats := range inherited {
		n -= seats
	}
	return n
}
