package change

import (
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/policy"
)

// Outage is a projected service outage: within which window a service is away,
// and for how long as far as it was stated.
type Outage struct {
	ServiceID   int64
	ServiceName string
	Span
	Minutes  int64    // stated
	Unstated []string // whose length nobody stated
	Names    []string
}

// Words say for how long, as far as it is known.
func (o *Outage) Words() string {
	known := policy.Away(o.Minutes).Words()
	switch {
	case len(o.Unstated) == 0:
		return "up to " + known
	case o.Minutes == 0:
		return "length not stated; reckon with the whole window"
	}
	return known + " stated; for " + strings.Join(o.Unstated, " and ") + " no length is stated"
}

// Project projects when each service is away: per service, windows that overlap
// are one outage, and stated minutes add up. Bookings come by their beginning;
// one that states that nothing is interrupted is no outage.
func Project(list []Booking) (out []Outage) {
	for _, b := range list {
		if !live(b) || b.OutageStated && b.OutageMinutes == 0 {
			continue
		}
		i := slices.IndexFunc(out, func(o Outage) bool { return o.ServiceID == b.ServiceID && o.From < b.ToAt && b.FromAt < o.To })
		if i < 0 {
			i = len(out)
			out = append(out, Outage{ServiceID: b.ServiceID, ServiceName: b.ServiceName, Span: Span{b.FromAt, b.ToAt}})
		}
		o := &out[i]
		o.From, o.To, o.Names, o.Minutes = min(o.From, b.FromAt), max(o.To, b.ToAt), append(o.Names, b.Name()), o.Minutes+b.OutageMinutes
		if !b.OutageStated {
			o.Unstated = append(o.Unstated, b.Name())
		}
	}
	return out
}

// outagesAmong projects the outages of bookings. A release whose waves are booked
// is away when they run, wherever its whole window reaches.
func outagesAmong(tx *db.Tx, list []Booking) ([]Outage, error) {
	var whole []string
	for _, b := range list {
		if b.Part == "" {
			whole = append(whole, b.ReleaseKey)
		}
	}
	parted, err := withParts(tx, whole)
	if err != nil {
		return nil, err
	}
	return Project(slices.DeleteFunc(slices.Clone(list), func(b Booking) bool { return b.Part == "" && slices.Contains(parted, b.ReleaseKey) })), nil
}

// Away says of a conflict over a service for how long each side interrupts it
// meanwhile; nothing for one over anything else.
func (c *Conflict) Away() string {
	if c.Shared != "service" {
		return ""
	}
	return "Interruption expected meanwhile: " + c.OneAway.Words() + ", and " + c.OtherAway.Words() + "."
}

// awayDuring adds up for how long a release interrupts its service within a
// stretch, as far as its waves state it; without any, it is its whole window's word.
func awayDuring(list []Booking, releaseKey string, span Span) policy.Outage {
	away, whole, parted := policy.Away(0), policy.Outage{}, false
	for _, b := range list {
		if b.ReleaseKey != releaseKey {
			continue
		}
		if b.Part == "" {
			whole = b.Outage
			continue
		}
		if parted = true; b.FromAt >= span.To || span.From >= b.ToAt || !live(b) {
			continue
		}
		away.OutageStated, away.OutageMinutes = away.OutageStated && b.OutageStated, away.OutageMinutes+b.OutageMinutes
	}
	if !parted {
		return whole
	}
	return away
}
