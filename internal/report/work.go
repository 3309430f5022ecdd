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
	Decisions []Task // and what else the actor has to do
	Overdue   []Task
	Steps     []Task
	Handed    []Task
	Soon      []Moment // of the next 48 hours
	Flight    []Flight
	Mine      bool        // the flights are those that the actor owns
	UnderWay  int64       // releases under way that the actor sees
	Cut       bool        // of some kind there is more
	Begin     []Beginning // where no release was ever made
	Counts    Counts
}

// Longest is how many tasks of one kind are listed.
const Longest = 20

// notYet is the sign of a task that waits for others too.
const notYet = "neutral g-clock"

// listings are the tasks that the tables tell. All are read in one statement;
// the number of a kind in it is its place here.
var listings = slices.Concat(decisions, duties, kept, written, gifts)

// MyWork gives what waits for the actor, the most urgent first.
func (s *Service) MyWork(ctx context.Context, actor identity.Actor) (*Work, error) {
	return s.work(ctx, actor, false)
}

func (s *Service) work(ctx context.Context, actor identity.Actor, glance bool) (*Work, error) {
	w := &Work{}
	err := s.db.View(ctx, func(tx *db.Tx) error {
		d := &desk{s: s, ctx: ctx, tx: tx, actor: actor, glance: glance}
		for _, part := range []func(*Work) error{d.holds, d.debts, d.gates, d.plans, d.listed, d.steps, d.loose, d.ways, d.flights, d.begins, d.soon, d.counts} {
			if err := part(w); err != nil {
				return err
			}
		}
		s.counted.keep(actor.UserID, tx.Now, w.Counts)
		return nil
	})
	w.sort()
	return w, err
}

func (w *Work) sort() {
	for _, tasks := range [][]Task{w.Decisions, w.Overdue, w.Handed} {
		slices.SortStableFunc(tasks, func(a, b Task) int {
			return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Due, b.Due))
		})
	}
}

// add puts a task where it stands on the page; what is late says so.
func (w *Work) add(now db.Time, handed bool, t Task) {
	if t.Late(now) {
		t.Family = "bad g-clock"
	}
	switch {
	case handed:
		w.Handed = append(w.Handed, t)
	case t.Late(now):
		w.Overdue = append(w.Overdue, t)
	default:
		w.Decisions = append(w.Decisions, t)
	}
}

// rank puts what is broken first, then what has a time, and last what waits
// for others too.
func (t *Task) rank() int {
	switch {
	case t.Family == notYet:
		return 3
	case t.Family == "bad":
		return 0
	case t.Due.IsZero():
		return 2
	}
	return 1
}
