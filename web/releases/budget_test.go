package releases_test

import (
	"context"
	"testing"

	"slipway/internal/release"
	"slipway/web/webtest"
)

// The overview is the page that is opened most: whatever the state and the type,
// it takes at most 12 statements.
func TestTheOverviewOfEveryStateKeepsWithinItsStatements(t *testing.T) {
	s := webtest.Demo(t)
	actor, err := s.App.Identity.Local(context.Background(), "maya")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.App.Release.List(context.Background(), actor, release.Filter{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range []string{"maya", "chen", "dario", "stefan"} {
		p := s.As(name)
		for _, r := range list {
			if kind := name + string(r.State) + string(r.Type); !seen[kind] && !r.Restricted {
				seen[kind] = true
				if n := p.Statements("/releases/" + r.Key); n > 12 {
					t.Errorf("%s, %s of %s: %d statements, want at most 12", r.State, r.Key, name, n)
				}
			}
		}
	}
	if len(seen) < 4*10 {
		t.Errorf("only %d kinds of release were looked at", len(seen))
	}
}
