package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
	"slipway/internal/state"
)

// deed is something done to a wave, in one transaction: what was found, and who
// does it.
type deed struct {
	s     *Service
	tx    *db.Tx
	actor identity.Actor
	r     *release.Release
	waves []Wave
	w     *Wave            // the one in waves
	only  *WaveTarget      // the one target of it that it is done to; nil for many
	was   TargetState      // of that one, before
	files []dml.Attachment // to the words on go for the waves, once they were read
	all   string           // why every wave that began goes back by itself, once this one is settled
}

// write finds the release, allows the actor, and runs fn in one transaction.
func (s *Service) write(ctx context.Context, actor identity.Actor, key string, p identity.Permission, fn func(*deed) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		d, err := s.find(tx, actor, key, 0)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, p, d.r.ServiceID); err != nil {
			return err
		}
		if d.r.State.Over() {
			return fault.Refuse("This release is over.", fault.Blocked(fmt.Sprintf("%s is %s; its deployment is part of the record now.", d.r.Key, state.Word(d.r.State)), d.r.OwnerName, d.r.Link("history"), "Read the history"))
		}
		return fn(d)
	})
}

// writeWave is write on one of the release's waves. Version 0 asks for no
// particular version: the state table decides alone.
func (s *Service) writeWave(ctx context.Context, actor identity.Actor, key string, number, version int64, p identity.Permission, fn func(*deed) error) error {
	return s.write(ctx, actor, key, p, func(d *deed) error {
		if err := d.choose(number); err != nil {
			return err
		}
		if version != 0 {
			if err := db.CheckVersion(d.w, version); err != nil {
				return err
			}
		}
		return fn(d)
	})
}

// find gives the release and its waves, and the one of the number unless 0.
func (s *Service) find(tx *db.Tx, actor identity.Actor, key string, number int64) (*deed, error) {
	r, err := s.release.FindIn(tx, actor, key)
	if err != nil {
		return nil, err
	}
	waves, err := wavesOf(tx, r.ID)
	if err != nil {
		return nil, err
	}
	d := &deed{s: s, tx: tx, actor: actor, r: r, waves: waves}
	if number == 0 {
		return d, nil
	}
	return d, d.choose(number)
}

func (d *deed) choose(number int64) error {
	i := slices.IndexFunc(d.waves, func(w Wave) bool { return w.Number == number })
	if i < 0 {
		return fault.New(fault.NotFound, "%s has no wave %d.", d.r.Key, number)
	}
	d.w = &d.waves[i]
	return nil
}

// earlier gives the waves before the chosen one.
func (d *deed) earlier() []Wave {
	return slices.DeleteFunc(slices.Clone(d.waves), func(w Wave) bool { return d.w.Number != 0 && w.Number >= d.w.Number })
}

// record writes the audit entry of the deed, and tells those who watch once it
// is kept.
func (d *deed) record(action, reason, format string, args ...any) error {
	return d.recordDetail(action, reason, "", format, args...)
}

// recordDetail is record with what the entry holds beyond its sentence.
func (d *deed) recordDetail(action, reason, detail, format string, args ...any) error {
	releaseID := d.r.ID
	d.tx.AfterCommit(func() { d.s.news.stir(releaseID); d.s.toldAll(d) })
	e := d.entry(action)
	e.Reason, e.Detail, e.Sentence = reason, detail, fmt.Sprintf(format, args...)
	return audit.Record(d.tx, d.actor.By(), e)
}

// entry is what the record says of the deed beside its sentence.
func (d *deed) entry(action string) audit.Entry {
	kind, key := "release", d.r.Key
	if d.w != nil {
		kind, key = "wave", fmt.Sprintf("%s/%d", d.r.Key, d.w.Number)
	}
	return audit.Entry{Action: kind + "." + action, Kind: kind, Key: key, Release: d.r.Key}
}

// because demands a reason and tidies it.
func because(reason *string, field, why string) error {
	*reason = strings.TrimSpace(*reason)
	var c fault.Check
	c.Need(*reason != "", field, why)
	c.Need(len(*reason) <= 2000, field, "Keep it to 2,000 characters.")
	return c.Err("Nothing was changed.")
}

// byID is the actor's row where a person acts. Whoever acts, by hand or with a
// token of theirs, becomes one of those who deployed; clocks and devices do not.
func (d *deed) byID() (int64, error) {
	if d.actor.UserID == 0 {
		return 0, nil
	}
	if err := layHand(d.tx, d.r.ID, d.actor.UserID); err != nil || d.actor.Kind != identity.PersonKind {
		return 0, err
	}
	return d.actor.UserID, nil
}

func (d *deed) block(code, action, format string, args ...any) fault.Blocker {
	link := d.r.Link("deployment")
	if d.w != nil {
		link = d.w.Link()
	}
	return fault.Blocker{Code: code, Sentence: fmt.Sprintf(format, args...), Owner: d.r.OwnerName, Link: link, Action: action}
}
