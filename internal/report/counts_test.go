package report

import (
	"testing"

	"slipway/internal/db"
)

// What is only old is read again at a glance; what somebody did is weighed anew.
func TestWhatWasCountedGrowsOldOrIsDropped(t *testing.T) {
	var counted countings
	counted.keep(7, 1000, Counts{Tasks: 3})
	for name, c := range map[string]struct {
		person       int64
		now          int64
		known, fresh bool
	}{
		"at once":                {7, 1000, true, true},
		"soon":                   {7, 30_999, true, true},
		"later":                  {7, 31_000, true, false},
		"by a clock turned back": {7, 999, true, false},
		"for somebody else":      {8, 1000, false, false},
	} {
		got, known, fresh := counted.find(c.person, db.Time(c.now))
		if known != c.known || fresh != c.fresh || known != (got.Tasks == 3) {
			t.Errorf("%s: %+v %t %t", name, got, known, fresh)
		}
	}
	counted.drop(7)
	if _, known, _ := counted.find(7, 1000); known {
		t.Error("what was dropped is known")
	}
	var weighed weighings
	weighed.keep(7, weighing{seq: 5, at: 1000})
	if w, fresh := weighed.find(7, 5, 2000); !fresh || w.seq != 5 {
		t.Error("what was just weighed is not fresh")
	}
	if w, fresh := weighed.find(7, 6, 2000); fresh || w.at != 1000 {
		t.Error("the record went on, and what was weighed is still fresh, or gone")
	}
}
