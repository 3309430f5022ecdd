package release

import (
	"context"
	"slices"
	"sync"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Head is what stands at the top of every page of a release.
type Head struct {
	*Release
	Gates []Gate
	Verbs []Verb // what the viewer may tell it by hand
	Edits bool   // the viewer plans it
}

// Next is the gate that the release stands before, nil when there is none.
func (h *Head) Next() *Gate {
	if h.Release == nil {
		return nil
	}
	at := slices.IndexFunc(h.Gates, func(g Gate) bool { return g.Code == gateBefore[h.Release.State] })
	if at < 0 {
		return nil
	}
	return &h.Gates[at]
}

// Voided are the gates whose decision fell.
func (h *Head) Voided() (list []Gate) {
	for _, g := range h.Gates {
		if g.State == GateVoided {
			list = append(list, g)
		}
	}
	return list
}

// Head gives the top of a release's pages.
func (s *Service) Head(ctx context.Context, actor identity.Actor, key string) (h *Head, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		h, err = s.HeadIn(tx, actor, key)
		return err
	})
	return h, err
}

// HeadIn is Head within a transaction.
func (s *Service) HeadIn(tx *db.Tx, actor identity.Actor, key string) (*Head, error) {
	r, err := s.FindIn(tx, actor, key)
	if err != nil {
		return nil, err
	}
	gates, err := gatesOf(tx, r.ID)
	return &Head{Release: r, Gates: gates, Verbs: s.Allowed(actor, r), Edits: actor.Can(identity.ReleaseEdit, r.ServiceID) && !r.State.Over()}, err
}

// Overview is a release's first page.
type Overview struct {
	Head
	Findings   []Finding // of the gate it stands before, or that a draft is submitted to
	Blockers   []fault.Blocker
	Phases     []Phase
	Package    *Package
	Activity   []audit.Logged
	Debt       bool // a retrospective decision is owed
	Authority  *Authority
	MayPackage bool
}

// asks is the gate whose criteria count now; none where the release waits for
// other things.
func (v *Overview) asks() GateCode {
	if next := v.Next(); next != nil {
		return next.Code
	}
	if v.State == Draft {
		return A1
	}
	return ""
}

// activityLines is how much of the record the first page shows.
const activityLines = 8

// Overview gives a release's first page.
func (s *Service) Overview(ctx context.Context, actor identity.Actor, key string) (v *Overview, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		head, err := s.HeadIn(tx, actor, key)
		if err != nil {
			return err
		}
		r := head.Release
		v = &Overview{Head: *head, MayPackage: actor.Can(identity.ReleasePackage, r.ServiceID)}
		if code := v.asks(); code != "" {
			if v.Findings, err = s.verdict(tx, r, code); err != nil {
				return err
			}
			v.Blockers = blockersOf(v.Findings)
		}
		if v.Phases, err = phasesOf(tx, r.ID); err != nil {
			return err
		}
		if v.Package, err = currentPackage(tx, r.ID); err != nil {
			return err
		}
		if r.Type == Emergency {
			if v.Authority, err = authorityOf(tx, r.ID); err != nil {
				return err
			}
			debt, err := s.forClose(tx, r)
			if err != nil {
				return err
			}
			v.Debt = v.Authority != nil && debt[0].Blocks()
		}
		v.Activity, err = audit.ForRelease(tx, r.Key, 0, activityLines)
		return err
	})
	return v, err
}

// verdictAge is how long a verdict is taken from memory while nothing is
// written anywhere: clocks run out even then.
const verdictAge = 30_000

type verdictKey struct {
	release int64
	code    GateCode
}

type verdictEntry struct {
	seq      int64
	at       db.Time
	findings []Finding
}

// verdictCache spares the evidence of a page that is drawn again before
// anything was recorded. Every deed writes the record, so its last number tells.
type verdictCache struct {
	mu   sync.Mutex
	seen map[verdictKey]verdictEntry
}

// verdictMost bounds the cache; a full one is emptied.
const verdictMost = 2000

// verdict is Findings for a page that only shows them. Decisions never use it.
func (s *Service) verdict(tx *db.Tx, r *Release, code GateCode) ([]Finding, error) {
	seq, err := audit.LastSeq(tx)
	if err != nil {
		return nil, err
	}
	key := verdictKey{r.ID, code}
	s.verdicts.mu.Lock()
	entry, found := s.verdicts.seen[key]
	s.verdicts.mu.Unlock()
	if found && entry.seq == seq && tx.Now-entry.at < verdictAge && tx.Now >= entry.at {
		return slices.Clone(entry.findings), nil
	}
	findings, err := s.Findings(tx, r, code)
	if err != nil {
		return nil, err
	}
	s.verdicts.mu.Lock()
	defer s.verdicts.mu.Unlock()
	if len(s.verdicts.seen) >= verdictMost || s.verdicts.seen == nil {
		s.verdicts.seen = map[verdictKey]verdictEntry{}
	}
	s.verdicts.seen[key] = verdictEntry{seq, tx.Now, findings}
	return slices.Clone(findings), nil
}
