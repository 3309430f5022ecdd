package change

import (
	"cmp"
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// Point is a change on the agenda of the change advisory board.
type Point struct {
	Change    Change
	Conflicts []Conflict   // of its window, that nobody accepted
	Advice    *BoardRecord // what a board advised last
}

// At is the moment the decision has to be there for; zero where nothing tells it.
func (p *Point) At() db.Time {
	if p.Change.State == RetroDue {
		return p.Change.RetroDue
	}
	return p.Change.WindowStart
}

// Agenda gives the changes that wait for a decision and that the actor may see,
// by date: those that no release carries and that are submitted or assessed,
// retrospective decisions, and those of releases whose gate is open.
func (s *Service) Agenda(ctx context.Context, actor identity.Actor, releases []string) (list []Point, err error) {
	err = s.view(ctx, func(tx *db.Tx) error {
		changes, err := undecided(tx, releases)
		if err != nil {
			return err
		}
		changes = slices.DeleteFunc(changes, func(c Change) bool { return !sees(actor, c.ServiceID, c.Restricted) })
		conflicts, err := conflictsAmong(tx, changes)
		if err != nil {
			return err
		}
		advice, err := lastAdvice(tx, changes)
		for _, c := range changes {
			list = append(list, Point{c, conflicts[c.ReleaseKey], advice[c.ID]})
		}
		return err
	})
	slices.SortStableFunc(list, func(a, b Point) int {
		one, other := a.At(), b.At()
		if one.IsZero() != other.IsZero() { // what has no date comes last
			return cmp.Compare(other, one)
		}
		return cmp.Compare(one, other)
	})
	return list, err
}

// conflictsAmong finds what stands against the windows of changes and was not
// accepted, by release.
func conflictsAmong(tx *db.Tx, changes []Change) (map[string][]Conflict, error) {
	var span Span
	for _, c := range changes {
		if c.WindowStart.IsZero() {
			continue
		}
		if span.From.IsZero() || c.WindowStart < span.From {
			span.From = c.WindowStart
		}
		span.To = max(span.To, c.WindowEnd)
	}
	found := map[string][]Conflict{}
	if span.From.IsZero() {
		return found, nil
	}
	near, err := bookingsIn(tx, span.From, span.To)
	if err != nil {
		return nil, err
	}
	all, err := withAcceptances(tx, collide(near))
	for _, c := range all {
		if c.Accepted == nil {
			found[c.One.ReleaseKey] = append(found[c.One.ReleaseKey], c)
			found[c.Other.ReleaseKey] = append(found[c.Other.ReleaseKey], c)
		}
	}
	return found, err
}

func lastAdvice(tx *db.Tx, changes []Change) (map[int64]*BoardRecord, error) {
	ids := make([]int64, len(changes))
	for i := range changes {
		ids[i] = changes[i].ID
	}
	records, err := boardsOf(tx, ids...)
	last := map[int64]*BoardRecord{}
	for i := range records {
		if r := &records[i]; last[r.ChangeID] == nil {
			last[r.ChangeID] = r
		}
	}
	return last, err
}
