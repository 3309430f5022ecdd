package release

import (
	"fmt"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// signOff is what A3 does: what was built here is accepted into the library,
// licences are reserved, and the package is signed off under its digest.
func (s *Service) signOff(tx *db.Tx, actor identity.Actor, r *Release) error {
	p, lines, err := s.CurrentPackage(tx, r)
	if err != nil {
		return err
	}
	if p == nil || p.Digest == "" || p.Digest != r.PackageDigest {
		return fault.New(fault.Conflict, "The package changed while A3 was decided; look at it again.")
	}
	if err := s.acceptMedia(tx, actor, r, lines); err != nil {
		return err
	}
	for _, line := range lines {
		if line.LicenceKey == "" {
			continue
		}
		if err := s.media.Reserve(tx, actor, reservation(r, line)); err != nil {
			return err
		}
	}
	if err := p.move(PackageSignOff); err != nil {
		return err
	}
	if err := save(tx, p); err != nil {
		return err
	}
	r.SignedDigest = p.Digest
	return s.record(tx, actor, r, "package.signoff", "", "signed off package v%d, %s", p.Number, p.Digest)
}

// acceptMedia accepts what waits in quarantine. It takes the custodian's own
// word: where the last to decide is no custodian, the library is asked first.
func (s *Service) acceptMedia(tx *db.Tx, actor identity.Actor, r *Release, lines []Component) error {
	for _, line := range lines {
		if line.MediaVersionID == 0 {
			continue
		}
		v, err := s.media.VersionByID(tx, line.MediaVersionID)
		if err != nil {
			return err
		}
		if other := line.held(v); len(other) > 0 {
			return fault.Refuse("The package cannot be checked in yet.", other...)
		}
		if v.Deployable() {
			continue
		}
		if !actor.Has(identity.DMLCustodian, v.ServiceID) {
			return fault.Refuse("The package cannot be checked in yet.", v.Blocker())
		}
		if err := s.media.AcceptIn(tx, actor, v.ID, r.ChangeKey, "A3 of "+r.Key); err != nil {
			return err
		}
	}
	return nil
}

// settle is what A5 does: the included items get their new versions or
// are retired, and the to-be baseline becomes as-is. A release that was rolled back changes nothing.
func (s *Service) settle(tx *db.Tx, actor identity.Actor, r *Release, outcome Outcome) error {
	if r.Outcome == "" {
		r.Outcome = string(outcome)
	}
	if r.Outcome == string(OutcomeRolledBack) {
		return nil
	}
	items, err := itemsOf(tx, r.ID)
	if err != nil {
		return err
	}
	for _, i := range items {
		if i.Decision != Included || i.AsIs == i.ToBe {
			continue
		}
		if i.ToBe == Retired {
			err = s.catalog.RetireBy(tx, actor, i.ItemID, r.Key)
		} else {
			err = s.catalog.SetItemVersion(tx, actor, i.ItemID, i.ToBe, "release "+r.Key, r.Key)
		}
		if err != nil {
			return err
		}
	}
	_, err = s.catalog.TakeBaseline(tx, actor, r.ServiceID, "as of "+r.Key, r.Key)
	return err
}

// giveBack returns what a release holds of licences.
func (s *Service) giveBack(tx *db.Tx, actor identity.Actor, r *Release) error {
	held, err := s.media.Allocations(tx, r.Key)
	if err != nil {
		return err
	}
	for _, a := range held {
		switch a.State {
		case dml.Reserved:
			err = s.media.Release(tx, actor, a.LicenceKey, r.Key)
		case dml.Consumed:
			err = s.media.Withdraw(tx, actor, a.LicenceKey, r.Key)
		}
		if err != nil {
			return fmt.Errorf("licence %s: %w", a.LicenceKey, err)
		}
	}
	return nil
}

// consume says that what a release reserved of licences is installed.
func (s *Service) consume(tx *db.Tx, actor identity.Actor, r *Release) error {
	held, err := s.media.Allocations(tx, r.Key)
	if err != nil {
		return err
	}
	for _, a := range held {
		if a.State != dml.Reserved {
			continue
		}
		if err := s.media.Consume(tx, actor, a.LicenceKey, r.Key); err != nil {
			return err
		}
	}
	return nil
}
