package dml

import (
	"context"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Spot is an environment in which targets run what a release brought.
type Spot struct {
	ReleaseKey      string
	EnvironmentKey  string
	EnvironmentName string
	Targets         int64
}

// Succession is a number of targets on which one release follows another.
type Succession struct {
	From, To string
	Targets  int64
}

// Places knows of the releases that somebody sees on which targets they run.
type Places interface {
	// Sees tells whether the actor may know of a release.
	Sees(tx *db.Tx, actor identity.Actor, releaseKey string) (bool, error)
	// Successions counts, of the targets that one of the releases runs on, those
	// that another of them reaches for and will run on in its place.
	Successions(tx *db.Tx, releaseKeys []string) ([]Succession, error)
	// Spots counts the targets that run what the releases brought, by environment.
	Spots(tx *db.Tx, releaseKeys []string) ([]Spot, error)
}

// UsePlaces connects the room that deploys.
func (s *Service) UsePlaces(p Places) { s.places = p }

// spots counts the targets of those releases that the actor sees; hidden is how
// many others there are.
func (s *Service) spots(tx *db.Tx, actor identity.Actor, keys []string) (seen map[string]bool, list []Spot, err error) {
	seen = map[string]bool{}
	if s.places == nil {
		return seen, nil, nil
	}
	var known []string
	for _, key := range keys {
		if _, asked := seen[key]; asked {
			continue
		}
		ok, err := s.places.Sees(tx, actor, key)
		if err != nil {
			return nil, nil, err
		}
		if seen[key] = ok; ok {
			known = append(known, key)
		}
	}
	if len(known) > 0 {
		list, err = s.places.Spots(tx, known)
	}
	return seen, list, err
}

// LicenceView is an entitlement with what is held of it.
type LicenceView struct {
	Licence
	Held      int64 // reserved and consumed
	Installed int64 // consumed
	Parts     []Allocation
	Hidden    int64             // held by releases that the viewer may not know of
	Spots     map[string][]Spot // where they run, by release; on the licence's own page
	Inherits  map[string]int64  // seats that a release takes over from the one before it
}

// Free is how much may still be taken. It counts for metrics that limit.
func (v *LicenceView) Free() int64 { return v.Entitled - v.Held }

// Reserved is how much is held and not in use yet.
func (v *LicenceView) Reserved() int64 { return v.Held - v.Installed }

// Licences lists entitlements by key, those after a key.
func (s *Service) Licences(ctx context.Context, actor identity.Actor, after string, limit int) ([]LicenceView, error) {
	var list []LicenceView
	if !sightOf(actor).all {
		return nil, fault.New(fault.Forbidden, "You may not see the licences.")
	}
	return list, s.db.View(ctx, func(tx *db.Tx) error {
		rows, err := licences(tx, after, limit)
		if err != nil {
			return err
		}
		for _, l := range rows {
			v, err := s.licenceView(tx, actor, l)
			if err != nil {
				return err
			}
			list = append(list, *v)
		}
		return nil
	})
}

// LicenceDetail gives one entitlement with all that holds it, and where it runs.
func (s *Service) LicenceDetail(ctx context.Context, actor identity.Actor, key string) (v *LicenceView, err error) {
	if !sightOf(actor).all {
		return nil, fault.New(fault.Forbidden, "You may not see the licences.")
	}
	return v, s.db.View(ctx, func(tx *db.Tx) error {
		l, err := licenceByKey(tx, key)
		if err != nil {
			return err
		}
		v, err = s.licenceView(tx, actor, *l)
		return err
	})
}

func (s *Service) licenceView(tx *db.Tx, actor identity.Actor, l Licence) (*LicenceView, error) {
	v := &LicenceView{Licence: l, Spots: map[string][]Spot{}}
	parts, err := allocationsOfLicence(tx, l.ID)
	if err != nil {
		return nil, err
	}
	open, err := openAllocations(tx, l.ID)
	if err != nil {
		return nil, err
	}
	if v.Inherits, err = s.inherits(tx, &l, open); err != nil {
		return nil, err
	}
	v.Held = sum(open, v.Inherits)
	if v.Installed, err = inUse(tx, l.ID); err != nil {
		return nil, err
	}
	var keys []string
	for _, a := range parts {
		keys = append(keys, a.ReleaseKey)
	}
	seen, spots, err := s.spots(tx, actor, keys)
	if err != nil {
		return nil, err
	}
	for _, a := range parts {
		switch {
		case seen[a.ReleaseKey] || s.places == nil:
			v.Parts = append(v.Parts, a)
		case a.State != Released:
			v.Hidden += a.Quantity
		}
	}
	for _, spot := range spots {
		v.Spots[spot.ReleaseKey] = append(v.Spots[spot.ReleaseKey], spot)
	}
	return v, nil
}
