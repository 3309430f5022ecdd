package sample

import (
	"sync"
	"time"

	"slipway/internal/db"
)

// calendar is the clock of a database while history is told: it stands where it
// is put, and moves on a little with every transaction, so that deeds of one
// event do not all carry the same second. It never passes the real time.
type calendar struct {
	d     *db.DB
	real  func() time.Time
	pause time.Duration

	mu sync.Mutex
	at time.Time
}

// since takes over the database's clock and puts it to a moment.
func since(d *db.DB, at time.Time, pause time.Duration) *calendar {
	c := &calendar{d: d, real: d.Clock(), pause: pause, at: at}
	d.SetClock(c.now)
	return c
}

func (c *calendar) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(c.pause)
	if real := c.real(); c.at.After(real) {
		c.at = real
	}
	return c.at
}

// reach moves the clock forward to a moment; it never goes back.
func (c *calendar) reach(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.at) {
		c.at = at
	}
}

// pass lets time go by.
func (c *calendar) pass(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// end gives the database its real clock back.
func (c *calendar) end() { c.d.SetClock(c.real) }

// later lets a database's clock run ahead from now on: what has to wait for
// days is then over in no time. It is for tests that bring a release somewhere.
func later(d *db.DB, by time.Duration) {
	if by > 0 {
		clock := d.Clock()
		d.SetClock(func() time.Time { return clock().Add(by) })
	}
}
