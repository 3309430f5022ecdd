package dml

import (
	"net/url"
	"strconv"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/templates/ui"
)

// CopyForm is what somebody typed about a new copy.
type CopyForm struct {
	Kind   string `form:"kind"`
	Item   string `form:"item"`
	Label  string `form:"label"`
	Name   string `form:"name"`
	Serial string `form:"serial"`
	Site   string `form:"site"`
	Shelf  string `form:"shelf"`
	Keeper string `form:"keeper"`
	Count  int    `form:"count"`
}

// StockView is the page of what stands on the shelves.
type StockView struct {
	Stock  dml.Stock
	Filter dml.StockFilter
	Form   CopyForm
	Errors ui.Errors
}

// Shelf is the copies that stand together.
type Shelf struct {
	Place  string
	Copies []dml.Copy
}

func shelves(list []dml.Copy) (groups []Shelf) {
	for _, c := range list {
		if n := len(groups); n == 0 || groups[n-1].Place != c.Place() {
			groups = append(groups, Shelf{Place: c.Place()})
		}
		last := &groups[len(groups)-1]
		last.Copies = append(last.Copies, c)
	}
	return groups
}

func (v StockView) narrowed() bool {
	f := v.Filter
	return f.Site != "" || f.Shelf != "" || f.ItemKey != "" || f.State != "" || f.Overdue
}

func stockQuery(f dml.StockFilter, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"site": f.Site, "shelf": f.Shelf, "item": f.ItemKey, "state": string(f.State), "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Overdue {
		q.Set("overdue", "1")
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func siteNames(list []dml.Shelving) (names []string) {
	for _, s := range list {
		if len(names) == 0 || names[len(names)-1] != s.Site {
			names = append(names, s.Site)
		}
	}
	return names
}

// CopyView is the page of one copy.
type CopyView struct {
	Detail dml.CopyDetail
	Form   DeedForm
	Errors ui.Errors
}

// DeedForm is what somebody typed about a copy.
type DeedForm struct {
	Version int64  `form:"version"`
	Verb    string `form:"-"`
	LendTo  string `form:"lend_to"`
	Until   string `form:"until"`
	Site    string `form:"site"`
	Shelf   string `form:"shelf"`
	Keeper  string `form:"keeper"`
	Reason  string `form:"reason"`
}

// CountForm is what somebody saw on a round.
type CountForm struct {
	Site   string  `form:"site"`
	Shelf  string  `form:"shelf"`
	Listed []int64 `form:"listed"`
	Seen   []int64 `form:"seen"`
	Note   string  `form:"note"`
}

// CountView is the page on which stock is taken.
type CountView struct {
	Stock  dml.Stock
	Form   CountForm
	Errors ui.Errors
}

// Label is what is stuck on a copy.
type Label struct {
	Copy   dml.Copy
	Digest string // of the version, shortened; empty for spares
	URL    string // absolute
}

func copySign(c *dml.Copy, now db.Time) (family, word string) {
	switch {
	case c.State == dml.Missing:
		return "bad", c.State.Word()
	case c.Late(now):
		return "bad g-clock", "Lent, overdue"
	case c.State == dml.Lent:
		return "active", c.State.Word()
	case c.State == dml.WrittenOff:
		return "void", c.State.Word()
	case c.Unseen(now):
		return "warn g-unknown", "Not seen lately"
	}
	return "good", c.State.Word()
}

func copyCan(d dml.CopyDetail, verb dml.CopyVerb) bool {
	for _, v := range d.Copy.Verbs() {
		if v == verb {
			return d.MayAct
		}
	}
	return false
}

func deedPath(c dml.Copy, verb dml.CopyVerb) string { return c.Link() + "/" + string(verb) }

func countable(c dml.Copy) bool { return c.State != dml.Lent && c.State != dml.WrittenOff }

func ticked(f CountForm, id int64) bool {
	for _, seen := range f.Seen {
		if seen == id {
			return true
		}
	}
	return false
}

func side(n int) string { return strconv.Itoa(n) }
