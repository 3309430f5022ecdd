package change

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
	"slipway/internal/state"
)

// Standing is how firm a booking is.
type Standing string

// The standings, as the calendar's legend has them.
const (
	Proposed Standing = "proposed"
	Agreed   Standing = "agreed"
	Running  Standing = "running"
	Done     Standing = "done"
	Dropped  Standing = "cancelled"
)

// Scan refuses a stored word that is no standing.
func (s *Standing) Scan(src any) error {
	return state.ScanWord(s, src, []Standing{Proposed, Agreed, Running, Done, Dropped})
}

// Item is a configuration item as the schedule knows it.
type Item struct {
	ID  int64
	Key string
	Kin bool // not booked: a part of one that is, or its whole, as the catalogue has them now
}

// Booking is a stretch of the schedule that a release takes: its whole window
// (Part "") or one wave ("wave 2"). Booking the same part again replaces it.
type Booking struct {
	db.Row
	ReleaseKey    string
	Part          string
	Title         string
	ServiceID     int64
	ServiceName   string
	Environment   string
	PersonID      int64
	PersonName    string
	FromAt, ToAt  db.Time
	Standing      Standing
	Restricted    bool
	policy.Outage        // how long the service is away
	Items         []Item `gorm:"-"`
}

// Name is the release and the part of it.
func (b *Booking) Name() string { return strings.TrimSpace(b.ReleaseKey + " " + b.Part) }

// Link is the page where the booking is moved.
func (b *Booking) Link() string { return "/releases/" + b.ReleaseKey }

// Conflict is two bookings that need the same thing at the same time.
type Conflict struct {
	One, Other Booking
	Shared     string // "item:hes-osl-01", "service", "environment:staging", "person:7"
	Sentence   string
	Overlap    Span
	Accepted   *Acceptance
	// Over a service: for how long each interrupts it meanwhile.
	OneAway, OtherAway policy.Outage
}

// Told is the sentence as everybody may read it who sees the release: another
// one that is restricted is not named.
func (c *Conflict) Told(releaseKey string) string {
	other := &c.Other
	if other.ReleaseKey == releaseKey {
		other = &c.One
	}
	if !other.Restricted {
		return c.Sentence
	}
	return strings.Replace(c.Sentence, other.Name(), "a restricted release", 1)
}

// Acceptance is who decided that a conflict may stand, and why.
type Acceptance struct {
	db.Row
	One, Other, Shared string // release keys in order
	Reason             string
	ByID               int64
	ByName             string
}

// TableName is the table of acceptances.
func (Acceptance) TableName() string { return "conflict_acceptances" }

// Book takes a stretch of the schedule, or moves the one of the same part.
func (s *Service) Book(tx *db.Tx, b Booking) error {
	if b.ReleaseKey == "" || b.ServiceID == 0 || b.FromAt.IsZero() || b.ToAt <= b.FromAt {
		return fault.New(fault.Invalid, "A window needs a beginning and a later end.")
	}
	if b.Standing == "" {
		b.Standing = Proposed
	}
	return replaceBooking(tx, &b)
}

// Unbook gives back everything that a release booked.
func (s *Service) Unbook(tx *db.Tx, releaseKey string) error {
	return dropBookings(tx, releaseKey, nil)
}

// UnbookPart gives back one part.
func (s *Service) UnbookPart(tx *db.Tx, releaseKey, part string) error {
	return dropBookings(tx, releaseKey, &part)
}

// Stand says how firm the release's bookings are now.
func (s *Service) Stand(tx *db.Tx, releaseKey string, standing Standing) error {
	return setStanding(tx, releaseKey, standing)
}

// Bookings gives what a release has booked.
func (s *Service) Bookings(tx *db.Tx, releaseKey string) ([]Booking, error) {
	return bookingsOf(tx, releaseKey)
}

// Conflicts gives what stands against a release's bookings, accepted ones too.
func (s *Service) Conflicts(tx *db.Tx, releaseKey string) ([]Conflict, error) {
	mine, err := bookingsOf(tx, releaseKey)
	if err != nil || len(mine) == 0 {
		return nil, err
	}
	span := Span{mine[0].FromAt, mine[0].ToAt}
	for _, b := range mine {
		span.From, span.To = min(span.From, b.FromAt), max(span.To, b.ToAt)
	}
	near, err := bookingsIn(tx, span.From, span.To)
	if err != nil {
		return nil, err
	}
	all, err := withAcceptances(tx, collide(near))
	return slices.DeleteFunc(all, func(c Conflict) bool { return c.One.ReleaseKey != releaseKey && c.Other.ReleaseKey != releaseKey }), err
}

// collide finds every pair of live bookings of different releases that overlap
// and share something. Of a release's whole window and its waves the same
// thing is told once.
func collide(list []Booking) []Conflict {
	var found []Conflict
	told := map[[3]string]bool{}
	for i, a := range list {
		for _, b := range list[i+1:] {
			if a.ReleaseKey == b.ReleaseKey || a.FromAt >= b.ToAt || b.FromAt >= a.ToAt || !live(a) || !live(b) {
				continue
			}
			one, other := a, b
			if one.ReleaseKey > other.ReleaseKey {
				one, other = other, one
			}
			for _, thing := range shared(one, other) {
				id := [3]string{one.ReleaseKey, other.ReleaseKey, thing.code}
				if told[id] {
					continue
				}
				told[id] = true
				c := Conflict{One: one, Other: other, Shared: thing.code, Overlap: Span{max(a.FromAt, b.FromAt), min(a.ToAt, b.ToAt)},
					Sentence: fmt.Sprintf("%s and %s both need %s at the same time.", one.Name(), other.Name(), thing.words)}
				if thing.code == "service" {
					c.OneAway, c.OtherAway = awayDuring(list, one.ReleaseKey, c.Overlap), awayDuring(list, other.ReleaseKey, c.Overlap)
				}
				found = append(found, c)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Conflict) int { return cmp.Compare(a.Overlap.From, b.Overlap.From) })
	return found
}

func live(b Booking) bool { return b.Standing != Done && b.Standing != Dropped }

type thing struct{ code, words string }

func shared(a, b Booking) (list []thing) {
	for _, item := range a.Items {
		i := slices.IndexFunc(b.Items, func(i Item) bool { return i.ID == item.ID })
		switch {
		case i < 0 || item.Kin && b.Items[i].Kin: // neither changes it
		case item.Kin || b.Items[i].Kin:
			list = append(list, thing{"item:" + item.Key, "the item " + item.Key + ", or its parts or whole,"})
		default:
			list = append(list, thing{"item:" + item.Key, "the item " + item.Key})
		}
	}
	if a.ServiceID == b.ServiceID {
		list = append(list, thing{"service", "the service " + a.ServiceName})
	}
	if a.Environment != "" && strings.EqualFold(a.Environment, b.Environment) {
		list = append(list, thing{"environment:" + strings.ToLower(a.Environment), "the environment " + a.Environment})
	}
	if a.PersonID != 0 && a.PersonID == b.PersonID {
		list = append(list, thing{fmt.Sprintf("person:%d", a.PersonID), a.PersonName})
	}
	return list
}

func withAcceptances(tx *db.Tx, list []Conflict) ([]Conflict, error) {
	if len(list) == 0 {
		return list, nil
	}
	accepted, err := acceptances(tx)
	for i, c := range list {
		for _, a := range accepted {
			if a.One == c.One.ReleaseKey && a.Other == c.Other.ReleaseKey && a.Shared == c.Shared {
				list[i].Accepted = &a
			}
		}
	}
	return list, err
}

// AcceptConflict lets a conflict stand. It takes a change authority who neither
// raised nor owns either of the releases.
func (s *Service) AcceptConflict(ctx context.Context, actor identity.Actor, one, other, shared, reason string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		list, err := s.Conflicts(tx, one)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(c Conflict) bool {
			return c.One.ReleaseKey == one && c.Other.ReleaseKey == other && c.Shared == shared
		})
		if i < 0 || !sees(actor, list[i].One.ServiceID, list[i].One.Restricted) || !sees(actor, list[i].Other.ServiceID, list[i].Other.Restricted) {
			return fault.New(fault.NotFound, "These releases no longer stand in each other's way.")
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		for _, b := range []Booking{list[i].One, list[i].Other} {
			if err := identity.Authorize(actor, identity.ChangeAuthorise, b.ServiceID); err != nil {
				return err
			}
		}
		var check fault.Check
		for _, key := range []string{one, other} {
			mine, err := s.theirs(tx, actor, key)
			if err != nil {
				return err
			}
			c, err := changeOfRelease(tx, key)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			if mine || err == nil && c.RaisedByID == actor.UserID {
				check.Block(fault.Blocker{Code: "conflict.independent", Sentence: fmt.Sprintf("You raised or own %s, so somebody else accepts what it stands in the way of.", key),
					Owner: identity.ChangeAuthority.Label(), Link: "/calendar", Action: "Open the calendar"})
			}
		}
		check.Need(strings.TrimSpace(reason) != "", "reason", "Say why both may go ahead.")
		if err := check.Err("The conflict cannot be accepted."); err != nil {
			return err
		}
		if err := insertAcceptance(tx, &Acceptance{One: one, Other: other, Shared: shared, Reason: strings.TrimSpace(reason), ByID: actor.UserID, ByName: actor.Name}); err != nil {
			return err
		}
		for _, key := range []string{one, other} {
			err := audit.Record(tx, actor.By(), audit.Entry{Action: "conflict.accept", Kind: "release", Key: key, Release: key,
				Sentence: fmt.Sprintf("accepted the conflict of %s and %s over %s", one, other, shared), Reason: reason})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
