package release

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/policy"
)

// Seat is one place among those who decide: a rule and who has spoken under it.
type Seat struct {
	Rule     policy.ApprovalRule
	Given    []Decision
	Waits    bool // for those whose turn is earlier
	Eligible []string
}

// Filled tells whether the quorum is reached.
func (s Seat) Filled() bool { return len(s.Given) >= s.Rule.Quorum }

// seats lays the decisions of a round into the rules. A person counts once,
// under the role that they spoke in, however many roles they hold. Rules take
// their turn by their order; one of order 0 has none, and nobody waits for it.
func seats(rules []policy.ApprovalRule, given []Decision) []Seat {
	list := make([]Seat, len(rules))
	taken := map[int64]bool{}
	for i, rule := range rules {
		list[i].Rule = rule
		for _, d := range given {
			if d.Verdict == Approve && d.Role == rule.Role && !taken[d.ByID] && len(list[i].Given) < rule.Quorum {
				list[i].Given = append(list[i].Given, d)
				taken[d.ByID] = true
			}
		}
	}
	for i := range list {
		for j := range list {
			if turn := list[j].Rule.Order; turn > 0 && turn < list[i].Rule.Order && !list[j].Filled() {
				list[i].Waits = true
			}
		}
	}
	return list
}

func complete(list []Seat) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(s Seat) bool { return !s.Filled() })
}

// openRoles are the roles still asked for, those that wait for others left out.
func openRoles(list []Seat) (roles []identity.Role) {
	for _, s := range list {
		if !s.Filled() && !s.Waits && !slices.Contains(roles, s.Rule.Role) {
			roles = append(roles, s.Rule.Role)
		}
	}
	return roles
}

// independence says why a person has no say: they asked for the release, own
// it, or made what the gate is about.
func independence(r *Release, p *Package, code GateCode, userID int64) []fault.Blocker {
	var list []fault.Blocker
	add := func(sentence string) {
		list = append(list, fault.Blocker{Code: "gate.independent", Sentence: sentence, Owner: "Another " + strings.ToLower(identity.ChangeAuthority.Label()), Link: r.Link("gates", string(code)), Action: "Open " + string(code)})
	}
	switch userID {
	case r.AuthorID:
		add(fmt.Sprintf("You submitted %s, so somebody else decides %s.", r.Key, code))
	case r.OwnerID:
		add(fmt.Sprintf("You own %s, so somebody else decides %s.", r.Key, code))
	}
	if p != nil && code.onPackage() && userID == p.AuthorID {
		add(fmt.Sprintf("You baselined package v%d, so somebody else decides %s on it.", p.Number, code))
	}
	return list
}
