package report

import (
	"context"
	"sync"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// Counts is what the navigation counts for one person.
type Counts struct {
	Tasks      int   // what their first page lists for them
	More       bool  // it does not list all
	Live       int64 // releases being deployed, of those that they see
	Quarantine int64 // media versions in it, for those who see the queue
}

// Counts gives the actor's counts. They are those of the first page that was last
// drawn for them, or made anew once they did something since. Those that are only
// old are read again, with the gates as they were weighed: that takes the evidence
// of all rooms, and the counts stand on every page.
func (s *Service) Counts(ctx context.Context, actor identity.Actor) (Counts, error) {
	t, known, fresh := s.counted.find(actor.UserID, s.db.Now())
	if fresh {
		return t, nil
	}
	w, err := s.work(ctx, actor, known)
	return w.Counts, err
}

// Recount lets a person be counted for anew, since they did something.
func (s *Service) Recount(person int64) { s.counted.drop(person) }

// counts adds up what was found for the actor, and what concerns everybody.
func (d *desk) counts(w *Work) error {
	w.Counts = Counts{Tasks: len(w.Decisions) + len(w.Overdue) + len(w.Steps) + len(w.Handed), More: w.Cut}
	var n struct{ Live, Quarantine int64 }
	err := d.read(&n, `SELECT (SELECT COUNT(*) FROM releases r WHERE r.state IN ('Deploying', 'Paused', 'Remediating') AND {seen}) AS live,
		(SELECT COUNT(*) FROM media_versions v WHERE v.state IN ('Quarantined', 'Checking') AND @all) AS quarantine`, values{"all": d.actor.Can(identity.ReportRead, 0)})
	w.Counts.Live, w.Counts.Quarantine = n.Live, n.Quarantine
	return err
}

const (
	countedFor  = 30_000 // milliseconds; what others do shows by then
	countedMost = 2_000  // people; a full memory is emptied
)

// countings are the counts of those who were here of late.
type countings struct {
	mu   sync.Mutex
	last map[int64]counting // by person
}

type counting struct {
	at     db.Time
	counts Counts
}

func (m *countings) find(person int64, now db.Time) (c Counts, known, fresh bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, known := m.last[person]
	return t.counts, known, known && now >= t.at && now-t.at < countedFor
}

func (m *countings) keep(person int64, now db.Time, t Counts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil || len(m.last) >= countedMost {
		m.last = map[int64]counting{}
	}
	m.last[person] = counting{now, t}
}

func (m *countings) drop(person int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.last, person)
}
