package change

import (
	"cmp"
	"context"
	"slices"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// Entry is one thing on the calendar: a booking or one occurrence of a freeze.
type Entry struct {
	Span
	Booking  *Booking
	Freeze   *Freeze
	Conflict bool // an unaccepted one
}

// Calendar is what a stretch of time holds.
type Calendar struct {
	Span
	Entries   []Entry
	Conflicts []Conflict
	Outages   []Outage
}

// CalendarEntries gives windows, freezes, conflicts and projected outages of
// [from, to), as far as the actor may see them.
func (s *Service) CalendarEntries(ctx context.Context, actor identity.Actor, from, to db.Time) (*Calendar, error) {
	sched := &Calendar{Span: Span{from, to}}
	err := s.view(ctx, func(tx *db.Tx) error {
		bookings, err := bookingsIn(tx, from, to)
		if err != nil {
			return err
		}
		bookings = slices.DeleteFunc(bookings, func(b Booking) bool { return !sees(actor, b.ServiceID, b.Restricted) })
		if sched.Conflicts, err = withAcceptances(tx, collide(bookings)); err != nil {
			return err
		}
		for i := range bookings {
			b := &bookings[i]
			sched.Entries = append(sched.Entries, Entry{Span: Span{b.FromAt, b.ToAt}, Booking: b, Conflict: slices.ContainsFunc(sched.Conflicts, func(c Conflict) bool {
				return c.Accepted == nil && (c.One.ID == b.ID || c.Other.ID == b.ID)
			})})
		}
		if sched.Outages, err = outagesAmong(tx, bookings); err != nil {
			return err
		}
		all, err := freezes(tx)
		for i := range all {
			f := &all[i]
			f.settle(tx.Now)
			for _, span := range f.Occurrences(from, to, 0) {
				sched.Entries = append(sched.Entries, Entry{Span: span, Freeze: f})
			}
		}
		return err
	})
	slices.SortStableFunc(sched.Entries, func(a, b Entry) int { return cmp.Compare(a.From, b.From) })
	return sched, err
}
