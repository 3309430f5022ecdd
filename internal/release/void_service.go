package release

import (
	"slices"
	"strings"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/identity"
)

// openGate lets a gate be decided, or decided anew. One that is open stays so.
func (s *Service) openGate(tx *db.Tx, r *Release, code GateCode, submitter int64) error {
	g, err := gateOf(tx, r.ID, code)
	if err != nil || g.State == GateOpen {
		return err
	}
	if g.State.Passed() {
		if _, void := g.outdated(r); !void {
			return nil
		}
		if err := s.void(tx, identity.System("gates"), r, g, "what it was decided on changed"); err != nil {
			return err
		}
	}
	rules, err := s.rules(tx, r)
	if err != nil {
		return err
	}
	if err := g.open(r, submitter, rules.GateDays, tx.Now); err != nil {
		return err
	}
	return s.keep(tx, r, g)
}

// keep saves a gate, and the line of the five that lists show.
func (s *Service) keep(tx *db.Tx, r *Release, g *Gate) error {
	if err := save(tx, g); err != nil {
		return err
	}
	words := strings.Fields(r.Gates)
	if at := slices.Index(GateCodes(), g.Code); at >= 0 && len(words) == len(GateCodes()) {
		words[at] = string(g.State)
		r.Gates = strings.Join(words, " ")
	}
	return nil
}

// voidOutdated voids every decision that was made on something that the release
// no longer is. Words already said in an open gate are asked for anew too. The
// caller saves the release.
func (s *Service) voidOutdated(tx *db.Tx, actor identity.Actor, r *Release, why string) error {
	gates, err := gatesOf(tx, r.ID)
	if err != nil {
		return err
	}
	for i := range gates {
		g := &gates[i]
		what, void := g.outdated(r)
		switch {
		case !void:
		case g.State.Passed():
			because := why
			if !strings.Contains(why, what) {
				because += " (" + what + ")"
			}
			if err := s.void(tx, actor, r, g, because); err != nil {
				return err
			}
		case g.State == GateOpen:
			if err := s.askAnew(tx, actor, r, g, why); err != nil {
				return err
			}
		}
	}
	return nil
}

// Unsettle voids A4 because what it was given for is planned anew: which targets
// are reached when, and what counts as good. While it is open, the words said so
// far are asked for anew.
func (s *Service) Unsettle(tx *db.Tx, actor identity.Actor, r *Release, why string) error {
	g, err := gateOf(tx, r.ID, A4)
	if err != nil {
		return err
	}
	if g.State == GateOpen {
		return s.askAnew(tx, actor, r, g, why)
	}
	if !g.State.Passed() {
		return nil
	}
	if err := s.void(tx, actor, r, g, why); err != nil {
		return err
	}
	return saveRelease(tx, r, r.State)
}

func (s *Service) void(tx *db.Tx, actor identity.Actor, r *Release, g *Gate, why string) error {
	if err := g.move(GateVerbVoid); err != nil {
		return err
	}
	g.VoidReason, g.VoidedAt = why, tx.Now
	if err := s.keep(tx, r, g); err != nil {
		return err
	}
	if g.Code == A4 {
		if err := s.reassess(tx, actor, r, why); err != nil {
			return err
		}
	}
	return s.record(tx, actor, r, "gate.void", why, "%s of %s is void", g.Code, r.Key)
}

// reassess takes an authorised change back to its assessors.
func (s *Service) reassess(tx *db.Tx, actor identity.Actor, r *Release, why string) error {
	c, err := s.change.Find(tx, r.ChangeKey)
	if err != nil || (c.State != change.Authorised && c.State != change.Scheduled) {
		return err
	}
	return s.change.Advance(tx, actor, c.Key, change.Reassess, why)
}

// askAnew begins a new round of an open gate whose subject changed; without a
// word said, it goes on with the new subject.
func (s *Service) askAnew(tx *db.Tx, actor identity.Actor, r *Release, g *Gate, why string) error {
	given, err := decisionsOf(tx, g.ID, g.Round)
	if err != nil {
		return err
	}
	g.bind(r)
	if len(given) == 0 {
		return save(tx, g)
	}
	g.Round++
	g.VoidReason, g.VoidedAt = why, tx.Now
	if err := save(tx, g); err != nil {
		return err
	}
	return s.record(tx, actor, r, "gate.void", why, "what was said on %s so far is void", g.Code)
}
