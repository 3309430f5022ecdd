package report

import (
	"cmp"
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// Task is one thing that waits for a person.
type Task struct {
	Family  string // sign: active awaits, warn blocks somebody, bad is late
	Title   string
	Release string // its key, empty where no release is concerned
	Why     string
	Href    string
	Action  string
	Due     db.Time
}

// Late tells whether the task should have been done.
func (t *Task) Late(now db.Time) bool { return !t.Due.IsZero() && t.Due.Before(now) }

// Flight is one release under way.
type Flight struct {
	Key, Title, ServiceName, State, OwnerName string
	Type                                      string
	WindowStart                               db.Time
	Gates                                     []GateState
	Next                                      string // what it waits for, in a sentence
}

// GateState is where one authorisation stands.
type GateState struct{ Code, State string }

// Debt is an emergency whose retrospective decision is not made yet.
type Debt struct {
	ChangeKey, Title, Release, ServiceName string
	OpenedBy                               string
	Deciders                               []string // people by name who may decide it
	Due                                    db.Time
	Late                                   bool
	Decides                                bool // the actor is one of them
	Href                                   string
}

// Moment is something that begins or ends within the next days.
type Moment struct {
	At           db.Time
	Family, Text string
	Href         string
}

// Work is what one person finds on signing in.
type Work struct {
	Holds     string // the roles, as a sentence
	Debts     []Debt
	Decisions []Task
	Overdue   []Task
	Steps     []Task
	Handed    []Task
	Soon      []Moment // of the next 48 hours
	Flight    []Flight
	Mine      bool  // the flights are those that the actor owns
	UnderWay  int64 // releases under way that the actor sees
}

// Count is how much waits for the actor.
func (w *Work) Count() int { return len(w.Decisions) + len(w.Overdue) + len(w.Steps) + len(w.Handed) }

// question is one kind of task; the permission says whose question it is, and
// empty means that a person is asked by name.
type question struct {
	permission identity.Permission
	ask        func(*desk) ([]Task, error)
}

// longest is how many tasks of one kind are listed.
const longest = 20

// MyWork gives what waits for the actor, the most urgent first.
func (s *Service) MyWork(ctx context.Context, actor identity.Actor) (*Work, error) {
	w := &Work{}
	err := s.db.View(ctx, func(tx *db.Tx) error {
		d := &desk{s, ctx, tx, actor}
		for _, part := range []func(*Work) error{d.holds, d.debts, d.steps, d.handed, d.decisions, d.flights, d.soon} {
			if err := part(w); err != nil {
				return err
			}
		}
		return nil
	})
	return w, err
}

// decisions asks every question, and sets apart what is late.
func (d *desk) decisions(w *Work) error {
	open, err := d.collect(slices.Concat(decisions, duties))
	for _, task := range open {
		if task.Late(d.tx.Now) {
			task.Family = "bad g-clock"
			w.Overdue = append(w.Overdue, task)
		} else {
			w.Decisions = append(w.Decisions, task)
		}
	}
	return err
}

// handed asks for what is handed to the actor by name or by role.
func (d *desk) handed(w *Work) (err error) {
	w.Handed, err = d.collect(handed)
	for i := range w.Handed {
		if w.Handed[i].Late(d.tx.Now) {
			w.Handed[i].Family = "bad g-clock"
		}
	}
	return err
}

func (d *desk) collect(questions []question) (tasks []Task, err error) {
	if d.actor.Kind != identity.PersonKind {
		return nil, nil
	}
	for _, q := range questions {
		if q.permission != "" && !d.actor.Can(q.permission, 0) {
			continue
		}
		found, err := q.ask(d)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, found...)
	}
	// What has a time comes first, the earliest on top.
	slices.SortStableFunc(tasks, func(a, b Task) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			if a.Due.IsZero() {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Due, b.Due)
	})
	return tasks, nil
}
