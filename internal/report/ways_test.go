package report

import (
	"testing"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/release"
)

func TestWhatOneClearsAway(t *testing.T) {
	r := &release.Release{Key: "PAY-1", Title: "Refunds"}
	b := func(link, action string) fault.Blocker {
		return fault.Blocker{Sentence: action + ", please.", Owner: "Bruno", Link: "/releases/PAY-1/" + link, Action: action}
	}
	five := []fault.Blocker{b("package#items", "Decide the items"), b("package", "Open the package"), b("tests#builds", "Record a build"), b("tests", "Open the tests"), b("readiness", "Report on it")}
	for _, c := range []struct {
		blockers          []fault.Blocker
		asked             string
		why, href, action string
	}{
		{nil, "", "", "", ""},
		{five[:1], "", "Decide the items, please.", "/releases/PAY-1/package#items", "Decide the items"},
		{five[:2], "", "2 of 2 blockers are yours: decide the items, open the package", "/releases/PAY-1#blockers", "See what is missing"},
		{five, "", "5 of 5 blockers are yours: decide the items, open the package, record a build, and more", "/releases/PAY-1#blockers", "See what is missing"},
		{five[:3], "/releases/PAY-1/package#add", "Record a build, please.", "/releases/PAY-1/tests#builds", "Record a build"},
		{five[:2], "/releases/PAY-1/package", "", "", ""},
	} {
		d, w := &desk{actor: identity.Actor{Name: "Bruno"}}, &Work{}
		d.tx = &db.Tx{}
		if c.asked != "" {
			w.Overdue = []Task{{Href: c.asked}}
		}
		d.weighed.stand(d.actor, []release.Standing{{Release: r, Gate: release.Gate{Code: release.A3}, Blockers: c.blockers}})
		if err := d.ways(w); err != nil {
			t.Fatal(err)
		}
		switch {
		case c.action == "" && len(w.Decisions) > 0:
			t.Errorf("%+v is asked for", w.Decisions)
		case c.action != "" && len(w.Decisions) != 1:
			t.Errorf("%q is asked for %d times", c.action, len(w.Decisions))
		case c.action != "":
			got := w.Decisions[0]
			if got.Title != "Clear the way to A3, the check-in of Refunds" || got.Why != c.why || got.Href != c.href || got.Action != c.action {
				t.Errorf("%+v, want %+v", got, c)
			}
		}
	}
}

func TestANextStepSaysWhatIsMissing(t *testing.T) {
	r := flightRow{ReleaseKey: "PAY-1", State: "BuildTest", Gates: "Approved Waived Open"}
	for want, unmet := range map[string]map[string]int{
		"A3 is not ready: 1 blocker": {"PAY-1": 1}, "A3 is not ready: 8 blockers": {"PAY-1": 8}, "A3 is being decided": {"PAY-1": 0, "PAY-2": 3},
	} {
		if got := r.next(unmet); got != want {
			t.Errorf("%v: %q, want %q", unmet, got, want)
		}
	}
}
