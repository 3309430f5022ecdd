package dml

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Reservation asks for a part of an entitlement for a release.
type Reservation struct {
	LicenceKey string
	ReleaseKey string
	Purpose    string // tells several parts for one release apart
	Quantity   int64
	From       db.Time // when it will be used; now when 0
}

// Reserve holds a part of an entitlement. The sum of all parts is checked in
// the transaction, so two releases cannot take the last one. To reserve again
// for the same release and purpose replaces the quantity.
func (s *Service) Reserve(tx *db.Tx, actor identity.Actor, r Reservation) error {
	l, err := licenceByKey(tx, r.LicenceKey)
	if err != nil {
		return err
	}
	if r.Quantity <= 0 {
		return fault.New(fault.Invalid, "Reserve at least one of licence %s.", l.Key)
	}
	a, err := allocation(tx, l.ID, r.ReleaseKey, r.Purpose)
	isNew := errors.Is(err, fault.NotFound)
	if err != nil && !isNew {
		return err
	}
	blockers, err := s.short(tx, l, r, a)
	if err != nil {
		return err
	}
	if err := fault.Refuse("Licence "+l.Key+" cannot be reserved.", blockers...); err != nil {
		return err
	}
	if isNew {
		a = &Allocation{LicenceID: l.ID, LicenceKey: l.Key, ReleaseKey: r.ReleaseKey, Purpose: r.Purpose, State: Released}
	}
	if a.State == Reserved && a.Quantity == r.Quantity && a.Returned == 0 {
		return nil
	}
	if a.State == Consumed {
		return fault.New(fault.Conflict, "%d of licence %s for %s are consumed; they cannot be reserved anew.", a.Quantity, l.Key, r.ReleaseKey)
	}
	if a.State == Released {
		if err := a.move(Reserved); err != nil {
			return err
		}
	}
	a.Quantity, a.Installed, a.Returned, a.ByID, a.ByName = r.Quantity, 0, 0, actor.UserID, actor.Name
	if isNew {
		err = tx.Create(a)
	} else {
		err = tx.Save(a)
	}
	if err != nil {
		return err
	}
	return recordLicence(tx, actor, "reserve", l, r.ReleaseKey, fmt.Sprintf("reserved %d of licence %s", r.Quantity, l.Key))
}

// short says why the quantity cannot be had. Seats on targets that the release
// takes over from another are there already.
func (s *Service) short(tx *db.Tx, l *Licence, r Reservation, own *Allocation) ([]fault.Blocker, error) {
	open, err := openAllocations(tx, l.ID)
	if err != nil {
		return nil, err
	}
	open = slices.DeleteFunc(open, func(a Allocation) bool { return own != nil && a.ID == own.ID })
	asked := append(slices.Clone(open), Allocation{ReleaseKey: r.ReleaseKey, Quantity: r.Quantity})
	inherited, err := s.inherits(tx, l, asked)
	if err != nil {
		return nil, err
	}
	with := sum(asked, inherited)
	delete(inherited, r.ReleaseKey)
	taken := sum(open, inherited)
	at := r.From
	if at.IsZero() {
		at = tx.Now
	}
	return l.Blockers(with-taken, taken, at), nil
}

// TermsBlockers says why media may not be used at a moment: its licence is
// commercial, and the entitlement behind it does not hold then.
func (s *Service) TermsBlockers(tx *db.Tx, v *Version, at db.Time) ([]fault.Blocker, error) {
	item, err := itemByKey(tx, v.ItemKey)
	if err != nil || item.Licence != Commercial || item.LicenceKey == "" {
		return nil, err
	}
	l, err := licenceByKey(tx, item.LicenceKey)
	if errors.Is(err, fault.NotFound) {
		return []fault.Blocker{missingLicence(item.LicenceKey)}, nil
	}
	if err != nil {
		return nil, err
	}
	list := l.Blockers(0, 0, at)
	for i := range list {
		list[i].Sentence = v.Title() + ": " + list[i].Sentence
	}
	return list, nil
}

func missingLicence(key string) fault.Blocker {
	return fault.Blocker{Code: "licence.missing", Sentence: "There is no entitlement " + key + ".", Owner: identity.DMLCustodian.Label(), Link: "/dml/licences", Action: "Open the licences"}
}

// LicenceBlockers says what Reserve would refuse, for a gate's findings.
func (s *Service) LicenceBlockers(tx *db.Tx, r Reservation) ([]fault.Blocker, error) {
	l, err := licenceByKey(tx, r.LicenceKey)
	if errors.Is(err, fault.NotFound) {
		return []fault.Blocker{missingLicence(r.LicenceKey)}, nil
	}
	if err != nil {
		return nil, err
	}
	a, err := allocation(tx, l.ID, r.ReleaseKey, r.Purpose)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return nil, err
	}
	return s.short(tx, l, r, a)
}

// Consume says that what a release reserved of a licence is installed.
func (s *Service) Consume(tx *db.Tx, actor identity.Actor, licenceKey, releaseKey string) error {
	return s.turn(tx, actor, licenceKey, releaseKey, Reserved, Consumed, "consume", "consumed")
}

// Release gives back what a release reserved of a licence, in use or not.
func (s *Service) Release(tx *db.Tx, actor identity.Actor, licenceKey, releaseKey string) error {
	return s.turn(tx, actor, licenceKey, releaseKey, Reserved, Released, "release", "released")
}

// Withdraw gives back what a release had consumed, after a back-out.
func (s *Service) Withdraw(tx *db.Tx, actor identity.Actor, licenceKey, releaseKey string) error {
	return s.turn(tx, actor, licenceKey, releaseKey, Consumed, Released, "release", "withdrew")
}

func (s *Service) turn(tx *db.Tx, actor identity.Actor, licenceKey, releaseKey string, from, to AllocationState, action, word string) error {
	l, err := licenceByKey(tx, licenceKey)
	if err != nil {
		return err
	}
	parts, err := allocationsOf(tx, licenceKey, releaseKey)
	if err != nil {
		return err
	}
	for i := range parts {
		a := &parts[i]
		if a.State != from {
			continue
		}
		if err := a.move(to); err != nil {
			return err
		}
		a.reckon()
		if err := tx.Save(a); err != nil {
			return err
		}
		if err := recordLicence(tx, actor, action, l, releaseKey, fmt.Sprintf("%s %d of licence %s", word, a.Quantity, l.Key)); err != nil {
			return err
		}
	}
	return nil
}

// Allocations lists what a release holds, for reconciling at its close.
func (s *Service) Allocations(tx *db.Tx, releaseKey string) ([]Allocation, error) {
	return allocationsFor(tx, releaseKey)
}

// LicenceByKey gives an entitlement for a room to the right.
func (s *Service) LicenceByKey(tx *db.Tx, key string) (*Licence, error) { return licenceByKey(tx, key) }

func recordLicence(tx *db.Tx, actor identity.Actor, action string, l *Licence, releaseKey, sentence string) error {
	return audit.Record(tx, actor.By(), audit.Entry{Action: "licence." + action, Kind: "licence", Key: l.Key, Release: releaseKey, Sentence: sentence})
}

// SaveLicence adds an entitlement, or changes one: number is the row version
// its form was drawn from, 0 for a new one. The key never changes.
func (s *Service) SaveLicence(ctx context.Context, actor identity.Actor, number int64, want Licence) error {
	if err := identity.Authorize(actor, identity.DmlDecide, 0); err != nil {
		return err
	}
	want.Key = strings.TrimSpace(want.Key)
	var c fault.Check
	want.validate(&c)
	if err := c.Err("The licence was not saved."); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		old, err := licenceByKey(tx, want.Key)
		switch {
		case errors.Is(err, fault.NotFound) && number == 0:
			want.Row, want.OwnerID, want.OwnerName = db.Row{}, actor.UserID, actor.Name
			if err := tx.Create(&want); err != nil {
				return err
			}
			return recordLicence(tx, actor, "add", &want, "", "added licence "+want.Key)
		case err != nil:
			return err
		case number == 0:
			return &fault.Fault{Kind: fault.Invalid, Message: "The licence was not saved.", Fields: []fault.Field{{Name: "key", Message: "There is a licence " + want.Key + " already."}}}
		}
		return s.change(tx, actor, number, old, want)
	})
}

func (s *Service) change(tx *db.Tx, actor identity.Actor, number int64, old *Licence, want Licence) error {
	if err := db.CheckVersion(old, number); err != nil {
		return err
	}
	taken, err := s.taken(tx, old)
	if err != nil {
		return err
	}
	if want.Counts() && want.Entitled < taken {
		return &fault.Fault{Kind: fault.Invalid, Message: "The licence was not saved.", Fields: []fault.Field{{Name: "entitled", Message: fmt.Sprintf("%d are held already.", taken)}}}
	}
	want.Row, want.OwnerID, want.OwnerName = old.Row, old.OwnerID, old.OwnerName
	if err := tx.Save(&want); err != nil {
		return err
	}
	return recordLicence(tx, actor, "edit", &want, "", "changed licence "+want.Key)
}
