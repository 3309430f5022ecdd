package release_test

import (
	"slices"
	"testing"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

func (w *world) standings(actor identity.Actor) (list []release.Standing) {
	w.t.Helper()
	w.view(func(tx *db.Tx) (err error) {
		list, err = w.svc.Standings(tx, actor, 30)
		return err
	})
	return list
}

func TestStandingsAreOfOpenGatesThatOneSees(t *testing.T) {
	w := newWorld(t)
	w.create() // a draft has no open gate
	planned, hidden := w.created(release.Planning), w.create(restricted)
	w.to(hidden, release.Proposed)
	keys := func(actor identity.Actor) (list []string) {
		for _, s := range w.standings(actor) {
			list = append(list, s.Release.Key+" "+string(s.Gate.Code))
		}
		slices.Sort(list)
		return list
	}
	if got, want := keys(w.maya), []string{planned + " A2", hidden + " A1"}; !slices.Equal(got, want) {
		t.Errorf("maya: %v, want %v", got, want)
	}
	if got := keys(identity.Actor{UserID: 99, Name: "Nils", Kind: identity.PersonKind}); slices.Contains(got, hidden+" A1") {
		t.Errorf("a stranger stands before a restricted release: %v", got)
	}
	if got := keys(identity.System("clock")); len(got) > 0 {
		t.Errorf("the clock has work to do: %v", got)
	}
}

func TestWhatIsAskedOfWhom(t *testing.T) {
	r := &release.Release{ServiceID: 7}
	blockers := []fault.Blocker{{Code: "named", Owner: "Maya Lindqvist"}, {Code: "role", Owner: identity.TestManager.Label()}, {Code: "nobody"}}
	for _, c := range []struct {
		actor identity.Actor
		want  []string
	}{
		{identity.Actor{Name: "Maya Lindqvist"}, []string{"named"}},
		{identity.Actor{Name: "Tess", Grants: []identity.Grant{{Role: identity.TestManager, ServiceID: 7}}}, []string{"role"}},
		{identity.Actor{Name: "Tess", Grants: []identity.Grant{{Role: identity.TestManager, ServiceID: 8}}}, nil},
		{identity.Actor{Name: "Maya Lindqvist", Grants: []identity.Grant{{Role: identity.TestManager}}}, []string{"named", "role"}},
		{identity.Actor{}, nil},
	} {
		var got []string
		for _, b := range r.AskedOf(c.actor, blockers) {
			got = append(got, b.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.actor, got, c.want)
		}
	}
}
