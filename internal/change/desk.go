package change

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// BoardRecord is what the change advisory board, or its emergency gathering,
// advised about a change. Advice binds nobody: the authority decides.
type BoardRecord struct {
	db.Row
	ChangeID int64
	Board    string // "CAB" or "ECAB"
	HeldAt   db.Time
	Members  string
	Advice   string // "recommend", "object" or "defer"
	Minutes  string
	ByID     int64
	ByName   string
}

// Dossier is a change with everything its page shows.
type Dossier struct {
	Change *Change
	Steps  []Step
	Boards []BoardRecord
	Verbs  []Verb // what the actor may do now
	Edits  bool
	Advise bool
}

// Filter narrows the list. Before is the number to page on from.
type Filter struct {
	State     State
	ServiceID int64
	Text      string
	Before    int64
	Limit     int
}

// verbPermissions says who may give a command by hand.
var verbPermissions = map[Verb]identity.Permission{
	Submit: identity.ChangeEdit, Redraft: identity.ChangeEdit, Cancel: identity.ChangeEdit, Implement: identity.ChangeEdit, Review: identity.ChangeEdit,
	Assess: identity.ChangeAssess, Schedule: identity.ChangeAssess, Reassess: identity.ChangeAssess,
	Authorise: identity.ChangeAuthorise, Reject: identity.ChangeAuthorise, Close: identity.ChangeAuthorise, ECABAuthorise: identity.ChangeAuthorise,
	BreakGlass: identity.ChangeAuthorise, RetroApprove: identity.ChangeAuthorise, RetroRefuse: identity.ChangeAuthorise,
}

// Open raises a change that no release carries.
func (s *Service) Open(ctx context.Context, actor identity.Actor, q Request) (c *Change, err error) {
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.ChangeEdit, q.ServiceID); err != nil {
			return err
		}
		q.ReleaseKey, q.ReleaseType = "", ""
		c, err = s.Raise(tx, actor, q)
		return err
	})
	return c, err
}

// List gives the changes that the actor may see, newest first.
func (s *Service) List(ctx context.Context, actor identity.Actor, f Filter) (list []Change, err error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	err = s.view(ctx, func(tx *db.Tx) error {
		found, err := listChanges(tx, f)
		for _, c := range found {
			if sees(actor, c.ServiceID, c.Restricted) {
				list = append(list, c)
			}
		}
		return err
	})
	return list, err
}

// Dossier gives one change with its record.
func (s *Service) Dossier(ctx context.Context, actor identity.Actor, key string) (d *Dossier, err error) {
	err = s.view(ctx, func(tx *db.Tx) error {
		c, err := s.visible(tx, actor, key)
		if err != nil {
			return err
		}
		d = &Dossier{Change: c, Edits: editable(c) && actor.Can(identity.ChangeEdit, c.ServiceID), Advise: actor.Can(identity.ChangeAssess, c.ServiceID)}
		for _, verb := range c.Allowed() {
			if c.ReleaseKey == "" && actor.Can(verbPermissions[verb], c.ServiceID) {
				d.Verbs = append(d.Verbs, verb)
			}
		}
		if d.Steps, err = stepsOf(tx, c.ID); err != nil {
			return err
		}
		d.Boards, err = boardsOf(tx, c.ID)
		return err
	})
	return d, err
}

func (s *Service) visible(tx *db.Tx, actor identity.Actor, key string) (*Change, error) {
	c, err := findChange(tx, key)
	if err == nil && !sees(actor, c.ServiceID, c.Restricted) {
		return nil, fault.New(fault.NotFound, "There is no change %s.", key)
	}
	return c, err
}

func editable(c *Change) bool {
	return c.State == Draft || c.State == Submitted || c.State == Assessing
}

// Do moves a change by hand. One that a release carries is moved by the
// release's gates alone, so that there is one authority and not two.
func (s *Service) Do(ctx context.Context, actor identity.Actor, key string, verb Verb, reason string, version int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		c, err := s.visible(tx, actor, key)
		if err != nil {
			return err
		}
		permission, known := verbPermissions[verb]
		if !known {
			return fault.New(fault.Invalid, "A change knows no command %q.", verb)
		}
		if err := identity.Authorize(actor, permission, c.ServiceID); err != nil {
			return err
		}
		if c.ReleaseKey != "" {
			return fault.Refuse(c.Key+" moves with its release.", fault.Blocked(fmt.Sprintf("The gates of %s decide %s.", c.ReleaseKey, c.Key),
				identity.ChangeAuthority.Label(), "/releases/"+c.ReleaseKey, "Open the release"))
		}
		if err := db.CheckVersion(c, version); err != nil {
			return err
		}
		if verb.decision() {
			steps, err := stepsOf(tx, c.ID)
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(steps, func(x Step) bool { return x.Verb == Submit }); i >= 0 { // the newest comes first
				c.submitterID = steps[i].ByID
			}
		}
		return s.advance(tx, actor, c, verb, reason)
	})
}

// Edit changes the seven Rs while the change is not authorised.
func (s *Service) Edit(ctx context.Context, actor identity.Actor, key string, q Request, version int64) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		c, err := s.visible(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.ChangeEdit, c.ServiceID); err != nil {
			return err
		}
		if !editable(c) {
			return fault.Refuse("What was decided cannot be edited.", fault.Blocked(fmt.Sprintf("%s is %s; its scope is what was decided.", c.Key, state.Word(c.State)),
				identity.ChangeManager.Label(), c.Link(), "Open the change"))
		}
		if err := db.CheckVersion(c, version); err != nil {
			return err
		}
		q.ServiceID, q.ServiceName, q.Restricted, q.Emergency = c.ServiceID, c.ServiceName, c.Restricted, c.Emergency
		if c.ReleaseKey != "" { // these follow the release
			q.Title, q.WindowStart, q.WindowEnd, q.Incident = c.Title, c.WindowStart, c.WindowEnd, c.Incident
		}
		if err := q.validate(); err != nil {
			return err
		}
		q.apply(c)
		if err := save(tx, c); err != nil {
			return err
		}
		return s.record(tx, actor, c, "change.edit", "edited "+c.Key, "")
	})
}

// Advise records what a board said about a change.
func (s *Service) Advise(ctx context.Context, actor identity.Actor, key string, b BoardRecord) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		c, err := s.visible(tx, actor, key)
		if err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.ChangeAssess, c.ServiceID); err != nil {
			return err
		}
		b.Members, b.Minutes = strings.TrimSpace(b.Members), strings.TrimSpace(b.Minutes)
		var check fault.Check
		check.Need(b.Board == "CAB" || b.Board == "ECAB", "board", "Choose CAB or emergency CAB.")
		check.Need(b.Advice == "recommend" || b.Advice == "object" || b.Advice == "defer", "advice", "Choose what the board advised.")
		check.Need(b.Members != "", "members", "Name who took part.")
		check.Need(b.Advice == "recommend" || b.Minutes != "", "minutes", "Say why the board did not recommend it.")
		check.Need(!b.HeldAt.After(tx.Now), "held_at", "The meeting has not been held yet.")
		if err := check.Err("The board's record is not complete."); err != nil {
			return err
		}
		if b.HeldAt.IsZero() {
			b.HeldAt = tx.Now
		}
		b.ID, b.ChangeID, b.ByID, b.ByName = 0, c.ID, actor.UserID, actor.Name
		if err := insertBoard(tx, &b); err != nil {
			return err
		}
		return s.record(tx, actor, c, "change.advise", fmt.Sprintf("recorded the %s on %s: %s", b.Board, c.Key, b.Advice), b.Minutes)
	})
}
