package report

import (
	"fmt"
	"strings"

	"slipway/internal/identity"
	"slipway/internal/release"
)

// gateNames says what each authorisation is for.
var gateNames = map[release.GateCode]string{release.A1: "the plan", release.A2: "the build", release.A3: "the check-in", release.A4: "the deployment", release.A5: "the closing"}

// openGates are the authorisations that the policy lets the actor speak on. One
// whose criteria are not met yet waits for others too, and says so.
func openGates(d *desk) (tasks []Task, err error) {
	list, err := d.s.rooms.Release.WaitingGates(d.tx, d.actor, longest)
	for _, w := range list {
		r, code := w.Release, w.Gate.Code
		t := Task{Family: "active", Title: fmt.Sprintf("Decide %s, %s of %s", code, gateNames[code], r.Title), Release: r.Key,
			Why: "Every criterion is met; you decide as " + roleWords(w.Roles), Href: r.Link("gates", string(code)), Action: "Decide " + string(code), Due: w.Gate.ExpiresAt}
		if w.Unmet > 0 {
			t.Family, t.Action = "neutral g-clock", "Read "+string(code)
			t.Why = fmt.Sprintf("%s not met yet; you decide as %s", plural(w.Unmet, "criterion is", "criteria are"), roleWords(w.Roles))
		}
		tasks = append(tasks, t)
	}
	return tasks, err
}

// askedWaivers are the exceptions that the actor may allow or refuse.
func askedWaivers(d *desk) (tasks []Task, err error) {
	list, err := d.s.rooms.Release.WaitingWaivers(d.tx, d.actor, longest)
	for _, w := range list {
		tasks = append(tasks, Task{Family: "warn", Title: fmt.Sprintf("Allow or refuse the exception from “%s”", w.Waiver.Title), Release: w.Release.Key,
			Why:  fmt.Sprintf("%s asks at %s; %s answers for the risk", w.Waiver.AskedBy, w.Waiver.Gate, w.Waiver.RiskOwner),
			Href: w.Release.Link("gates", string(w.Waiver.Gate)) + "#waivers", Action: "Decide the waiver"})
	}
	return tasks, err
}

func roleWords(roles []identity.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = strings.TrimPrefix(roleWord(r), "in ")
	}
	return strings.Join(words, " or ")
}

// roleWord is a role within a sentence.
func roleWord(r identity.Role) string {
	switch r {
	case identity.DMLCustodian:
		return "DML custodian"
	case identity.Operations, identity.EarlyLifeSupport:
		return "in " + strings.ToLower(r.Label())
	}
	return strings.ToLower(r.Label())
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
