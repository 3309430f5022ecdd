package change

import (
	"errors"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

const now = db.Time(1_800_000_000_000)

func person(id int64, name string) identity.Actor {
	return identity.Actor{UserID: id, Name: name, Kind: identity.PersonKind}
}

func complete() Change {
	return Change{Key: "CHG-1", RaisedByID: 1, RaisedBy: "Maya", Reason: "a", Return: "b", Risks: "c", Resources: "d", Responsible: "e", Relationship: "f",
		WindowStart: now, WindowEnd: now.Add(hours(2)), Emergency: true, Incident: "INC-1", RetroHours: 24}
}

// TestEveryStateAndVerb compares what do does with the table of PRODUCT.md §3,
// written here a second time, by hand.
func TestEveryStateAndVerb(t *testing.T) {
	want := map[State]map[Verb]State{
		Draft:          {Submit: Submitted, Cancel: Cancelled, ECABAuthorise: ECABAuthorised, BreakGlass: RetroDue},
		Submitted:      {Assess: Assessing, Cancel: Cancelled},
		Assessing:      {Authorise: Authorised, Reject: Rejected, Cancel: Cancelled},
		Rejected:       {Redraft: Draft, Cancel: Cancelled},
		Authorised:     {Schedule: Scheduled, Reassess: Assessing, Cancel: Cancelled},
		Scheduled:      {Implement: Implementing, Reassess: Assessing, Cancel: Cancelled},
		Implementing:   {Review: Reviewing},
		Reviewing:      {Close: Closed},
		ECABAuthorised: {Implement: Implementing, Cancel: Cancelled},
		RetroDue:       {RetroApprove: RetroApproved, RetroRefuse: RetroRefused},
		RetroApproved:  {Review: Reviewing},
		RetroRefused:   {Review: Reviewing},
	}
	for _, from := range States() {
		for _, verb := range Verbs() {
			c := complete()
			c.State = from
			err := c.do(person(2, "Olga"), verb, "because", now)
			to, allowed := want[from][verb]
			switch {
			case allowed && (err != nil || c.State != to):
				t.Errorf("%s %s: got %s, %v; want %s", from, verb, c.State, err, to)
			case !allowed && (!errors.Is(err, fault.Refused) || c.State != from):
				t.Errorf("%s %s: got %s, %v; want a refusal", from, verb, c.State, err)
			}
		}
	}
}

func TestDecisionsNeedASecondPerson(t *testing.T) {
	machine := identity.Actor{UserID: 9, Name: "pipeline", Kind: identity.Machine}
	for _, verb := range Verbs() {
		if !verb.decision() {
			continue
		}
		for _, from := range States() {
			c := complete()
			c.State = from
			if _, err := transitions.Next("", from, verb); err != nil {
				continue
			}
			if err := c.do(person(1, "Maya"), verb, "mine", now); !errors.Is(err, fault.Refused) {
				t.Errorf("the requester could %s: %v", verb, err)
			}
			if err := c.do(machine, verb, "green", now); !errors.Is(err, fault.Forbidden) {
				t.Errorf("a machine could %s: %v", verb, err)
			}
		}
	}
}

func TestBreakingTheGlassIsADebt(t *testing.T) {
	c := complete()
	c.State = Draft
	if err := c.do(person(2, "Chen"), BreakGlass, "the tills are down", now); err != nil {
		t.Fatal(err)
	}
	if c.RetroDue != now.Add(hours(24)) || c.Overdue(now) || !c.Overdue(now.Add(hours(25))) {
		t.Errorf("due %v", c.RetroDue)
	}
	if err := c.do(person(2, "Chen"), RetroApprove, "I was right", now); !errors.Is(err, fault.Refused) {
		t.Errorf("who broke the glass approved it: %v", err)
	}
	if err := c.do(person(3, "Olga"), RetroRefuse, "", now); !errors.Is(err, fault.Invalid) {
		t.Errorf("refused without a reason: %v", err)
	}
	if err := c.do(person(3, "Olga"), RetroRefuse, "it could have waited", now); err != nil || !c.Unauthorised {
		t.Errorf("%v, unauthorised %v", err, c.Unauthorised)
	}
}

func TestARefusalNamesEverything(t *testing.T) {
	c := Change{Key: "CHG-2", RaisedByID: 1, RaisedBy: "Maya", State: Draft, Responsible: "Maya"}
	err := c.do(person(1, "Maya"), BreakGlass, "now", now)
	for _, want := range []string{"somebody else", "reason", "return", "risks", "resources", "relationship", "planned work"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
}
