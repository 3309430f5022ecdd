package catalog

import (
	"context"
	"fmt"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// BaselineOf gives the newest baseline of a service, or nil when none was taken.
func (s *Service) BaselineOf(tx *db.Tx, serviceID int64) (*Baseline, error) {
	return s.latestBaseline(tx, serviceID)
}

// BaselineByID gives one baseline.
func (s *Service) BaselineByID(tx *db.Tx, id int64) (*Baseline, error) { return baselineByID(tx, id) }

// Baselines gives the baselines of a service, the newest first.
func (s *Service) Baselines(tx *db.Tx, serviceID int64) ([]Baseline, error) {
	return baselinesOf(tx, serviceID)
}

// TakeBaseline snapshots the versions of all items of a service.
func (s *Service) TakeBaseline(tx *db.Tx, actor identity.Actor, serviceID int64, name, releaseKey string) (*Baseline, error) {
	service, err := serviceByID(tx, serviceID)
	if err != nil {
		return nil, err
	}
	items, err := itemsOf(tx, serviceID)
	if err != nil {
		return nil, err
	}
	last, err := s.latestBaseline(tx, serviceID)
	if err != nil {
		return nil, err
	}
	b := &Baseline{ServiceID: serviceID, Number: 1, Name: name, ReleaseKey: releaseKey, TakenBy: actor.Name, Lines: linesOf(items)}
	if last != nil {
		b.Number = last.Number + 1
	}
	if err := insert(tx, b); err != nil {
		return nil, err
	}
	return b, audit.Record(tx, actor.By(), audit.Entry{Action: "baseline.take", Kind: "service", Key: service.Key, Release: releaseKey,
		Sentence: fmt.Sprintf("took baseline %d of %s, %d items", b.Number, service.Name, len(b.Lines))})
}

// Snapshot takes a baseline by hand, under a name that says why.
func (s *Service) Snapshot(ctx context.Context, actor identity.Actor, serviceID int64, name string) (b *Baseline, err error) {
	if err := identity.Authorize(actor, identity.CatalogEdit, serviceID); err != nil {
		return nil, err
	}
	var c fault.Check
	name = strings.TrimSpace(name)
	c.Need(name != "" && len(name) <= 120, "name", "Say in at most 120 characters what the baseline is for.")
	if err := c.Err("The baseline was not taken."); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		b, err = s.TakeBaseline(tx, actor, serviceID, name, "")
		return err
	})
	return b, err
}

// Now stands, instead of a baseline's number, for the items as they are now.
const Now = 0

// BaselineSheet is what the page of a baseline shows.
type BaselineSheet struct {
	Service     *ServiceRecord
	Baseline    *Baseline
	Others      []Baseline // of the service, without their lines, the newest first
	Earlier     *Baseline  // what it is compared with; nil when there is nothing before it
	Later       *Baseline  // itself, or the items as they are now
	Differences []LineChange
}

// Baseline gives a baseline of a service, compared with another: the one before
// it when with is negative, the items as they are now when it is Now.
func (s *Service) Baseline(ctx context.Context, key string, number, with int64) (v *BaselineSheet, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		v = &BaselineSheet{}
		if v.Service, err = serviceByKey(tx, key); err != nil {
			return err
		}
		if v.Baseline, err = baselineByNumber(tx, v.Service.ID, number); err != nil {
			return err
		}
		if v.Others, err = baselineHeads(tx, v.Service.ID); err != nil {
			return err
		}
		return v.compare(tx, with)
	})
	return v, err
}

func (v *BaselineSheet) compare(tx *db.Tx, with int64) (err error) {
	if with < 0 {
		if with = v.before(); with < 0 {
			return nil
		}
	}
	other := &Baseline{Name: "now"}
	if with == Now {
		items, err := itemsOf(tx, v.Service.ID)
		if err != nil {
			return err
		}
		other.Lines = linesOf(items)
	} else if other, err = baselineByNumber(tx, v.Service.ID, with); err != nil {
		return err
	}
	v.Earlier, v.Later = other, v.Baseline
	if with == Now || with > v.Baseline.Number {
		v.Earlier, v.Later = v.Baseline, other
	}
	v.Differences = v.Later.Differences(v.Earlier)
	return nil
}

// before is the number of the newest baseline that is older, -1 if none is.
func (v *BaselineSheet) before() int64 {
	for _, b := range v.Others {
		if b.Number < v.Baseline.Number {
			return b.Number
		}
	}
	return -1
}
