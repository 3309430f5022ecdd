package release_test

import (
	"testing"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/release"
)

func TestTheStraightWay(t *testing.T) {
	w := newWorld(t)
	key := w.cleared()
	w.deployed(key)
	w.advance(key, release.VerbExitEarlyLife)
	w.approve(key, release.A5, w.chen)
	r := w.read(key)
	if r.State != release.Closed || r.Outcome != string(release.OutcomeSucceeded) || r.EndedAt != w.d.Now() || r.Gates != "Approved Approved Approved Approved Approved" {
		t.Errorf("it ended as %s, %s, %s", r.State, r.Outcome, r.Gates)
	}
	w.view(func(tx *db.Tx) error {
		c, err := w.change.Find(tx, r.ChangeKey)
		if err == nil && c.State != change.Closed {
			t.Errorf("its change is %s", c.State)
		}
		return err
	})
}
