package plan

import (
	"errors"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

const now = db.Time(1_800_000_000_000)

func person(id int64, roles ...identity.Role) identity.Actor {
	a := identity.Actor{UserID: id, Name: "Somebody", Kind: identity.PersonKind}
	for _, role := range roles {
		a.Grants = append(a.Grants, identity.Grant{Role: role})
	}
	return a
}

func TestPlanStateAndVerb(t *testing.T) {
	want := map[State]map[Verb]State{
		Draft:       {Submit: InAgreement},
		InAgreement: {Agree: Agreed, Supersede: Superseded},
		Agreed:      {Supersede: Superseded},
	}
	for _, from := range States() {
		for _, verb := range []Verb{Submit, Agree, Supersede} {
			to, err := transitions.Next("The plan", from, verb)
			if expected, ok := want[from][verb]; ok != (err == nil) || ok && to != expected {
				t.Errorf("%s %s gives %s, %v", from, verb, to, err)
			}
			if err != nil && !errors.Is(err, fault.Refused) {
				t.Errorf("%s %s: %v", from, verb, err)
			}
		}
	}
}

func TestRiskStateAndVerb(t *testing.T) {
	want := map[RiskState]map[RiskVerb]RiskState{
		RiskOpen:     {RiskTreat: RiskTreating},
		RiskTreating: {RiskAccept: RiskAccepted, RiskClose: RiskClosed, RiskMaterialise: RiskMaterialised},
	}
	for _, from := range RiskStates() {
		for _, verb := range RiskVerbs() {
			r := Risk{Number: 1, Probability: 5, Impact: 5, Appetite: 9, Response: "reduce", OwnerName: "Omar", Due: now, State: from}
			err := r.do(person(1, identity.ServiceOwner), verb, "because", now)
			to, allowed := want[from][verb]
			switch {
			case allowed && (err != nil || r.State != to):
				t.Errorf("%s %s: %s, %v", from, verb, r.State, err)
			case !allowed && (!errors.Is(err, fault.Refused) || r.State != from):
				t.Errorf("%s %s: %s, %v", from, verb, r.State, err)
			}
		}
	}
}

func TestWhoAcceptsARisk(t *testing.T) {
	tests := []struct {
		name  string
		risk  Risk
		actor identity.Actor
		kind  fault.Kind
		ok    bool
	}{
		{"the owner, above", Risk{Probability: 4, Impact: 4}, person(1, identity.ServiceOwner), 0, true},
		{"the release manager, above", Risk{Probability: 4, Impact: 4}, person(1, identity.ReleaseManager), fault.Forbidden, false},
		{"the risk's own owner, above", Risk{Probability: 5, Impact: 5, OwnerID: 1}, person(1, identity.TestManager), fault.Forbidden, false},
		{"the owner of another service, above", Risk{Probability: 4, Impact: 4, ServiceID: 7}, identity.Actor{UserID: 1, Kind: identity.PersonKind, Grants: []identity.Grant{{Role: identity.ServiceOwner, ServiceID: 8}}}, fault.Forbidden, false},
		{"a machine, above", Risk{Probability: 4, Impact: 4}, identity.Actor{UserID: 1, Kind: identity.Machine, Scopes: []string{"api:write"}}, fault.Forbidden, false},
		{"the release manager, within", Risk{Probability: 3, Impact: 3}, person(1, identity.ReleaseManager), 0, true},
		{"the release manager, within after treatment", Risk{Probability: 5, Impact: 5, ResidualProbability: 1, ResidualImpact: 5}, person(1, identity.ReleaseManager), 0, true},
		{"a stakeholder, within", Risk{Probability: 1, Impact: 1}, person(1, identity.Stakeholder), fault.Forbidden, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := test.risk
			r.State, r.Appetite = RiskTreating, 9
			err := r.do(test.actor, RiskAccept, "we can live with it", now)
			if test.ok != (err == nil) || !test.ok && !errors.Is(err, test.kind) {
				t.Errorf("%v", err)
			}
		})
	}
	r := Risk{State: RiskTreating, Probability: 1, Impact: 1, Appetite: 9}
	if err := r.do(person(1, identity.ServiceOwner), RiskAccept, " ", now); !errors.Is(err, fault.Invalid) {
		t.Errorf("accepted without a reason: %v", err)
	}
}

func TestWhoClosesARisk(t *testing.T) {
	tests := []struct {
		name  string
		risk  Risk
		actor identity.Actor
		ok    bool
	}{
		{"the release manager, above", Risk{Probability: 4, Impact: 4}, person(1, identity.ReleaseManager), false},
		{"the release manager, above before treatment", Risk{Probability: 5, Impact: 5, ResidualProbability: 1, ResidualImpact: 5}, person(1, identity.ReleaseManager), true},
		{"the release manager, within", Risk{Probability: 3, Impact: 3}, person(1, identity.ReleaseManager), true},
		{"the owner, above", Risk{Probability: 4, Impact: 4}, person(1, identity.ServiceOwner), true},
		{"the owner of another service, above", Risk{Probability: 4, Impact: 4, ServiceID: 7}, identity.Actor{UserID: 1, Kind: identity.PersonKind, Grants: []identity.Grant{{Role: identity.ServiceOwner, ServiceID: 8}}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := test.risk
			r.State, r.Appetite = RiskTreating, 9
			err := r.do(test.actor, RiskClose, "it cannot happen any more", now)
			if test.ok != (err == nil) || !test.ok && (!errors.Is(err, fault.Refused) || r.State != RiskTreating) {
				t.Errorf("%s, %v", r.State, err)
			}
		})
	}
}

func TestTreatmentNamesEverythingMissing(t *testing.T) {
	r := Risk{Number: 3, State: RiskOpen}
	err := r.do(person(1), RiskTreat, "", now)
	for _, want := range []string{"no response", "no owner", "no due date"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
}

func required(ids ...int64) (list []Seat) {
	for _, id := range ids {
		list = append(list, Seat{Stakeholder: Stakeholder{Row: db.Row{ID: id}, PersonID: id, Required: true, Name: "P"}})
	}
	return list
}

func TestNobodySpeaksForAnother(t *testing.T) {
	p := Plan{State: InAgreement, SubmittedByID: 1, Number: 2}
	seats := required(2, 3)
	if _, err := p.seatOf(person(1, identity.ReleaseManager), seats, Agrees, ""); !errors.Is(err, fault.Forbidden) {
		t.Errorf("the requester agreed for others: %v", err)
	}
	if _, err := p.seatOf(person(1), required(1, 2), Agrees, ""); !errors.Is(err, fault.Refused) {
		t.Errorf("the requester agreed to their own plan: %v", err)
	}
	if seat, err := p.seatOf(person(3), seats, Agrees, ""); err != nil || seat.ID != 3 {
		t.Errorf("%v, %v", seat, err)
	}
	if _, err := p.seatOf(person(3), seats, Objects, ""); !errors.Is(err, fault.Invalid) {
		t.Errorf("objected without saying why: %v", err)
	}
	for _, state := range []State{Draft, Superseded} {
		p.State = state
		if _, err := p.seatOf(person(3), seats, Agrees, ""); !errors.Is(err, fault.Refused) {
			t.Errorf("agreed to a plan that is %s: %v", state, err)
		}
	}
	p.State, seats[1].Given = Agreed, &Agreement{Verdict: Agrees}
	if _, err := p.seatOf(person(3), seats, Objects, "changed my mind"); !errors.Is(err, fault.Refused) {
		t.Errorf("took back a word on an agreed plan: %v", err)
	}
}

func TestThePlanIsAgreedByItsLastMissingWord(t *testing.T) {
	people := []Stakeholder{{Row: db.Row{ID: 2}, Required: true}, {Row: db.Row{ID: 3}, Required: true}, {Row: db.Row{ID: 4}}}
	words := []struct {
		who     int64
		verdict Verdict
		want    State
	}{{2, Agrees, InAgreement}, {3, Objects, InAgreement}, {4, Agrees, InAgreement}, {3, Agrees, Agreed}}
	p := Plan{State: InAgreement}
	var given []Agreement
	for _, w := range words {
		given = append(given, Agreement{StakeholderID: w.who, Verdict: w.verdict})
		if err := p.settle(seats(people, given), now); err != nil || p.State != w.want {
			t.Errorf("after %d says %s: %s, %v", w.who, w.verdict, p.State, err)
		}
	}
	people = []Stakeholder{{Row: db.Row{ID: 2}, PersonID: 7, Required: true}}
	given = []Agreement{{StakeholderID: 2, PersonID: 7, Verdict: Agrees}}
	if !allAgree(seats(people, given)) {
		t.Error("the word of the seat's person does not count")
	}
	if people[0].PersonID = 8; allAgree(seats(people, given)) {
		t.Error("whoever takes a seat over has agreed by another's word")
	}
	if allAgree(nil) {
		t.Error("a plan that nobody has to agree to is not agreed")
	}
}

func TestSubmittingNamesEverythingMissing(t *testing.T) {
	p := Plan{State: Draft, ReleaseKey: "PAY-1", ByName: "Maya"}
	err := p.submit(person(1), required(1), now)
	for _, want := range []string{"Scope", "Back-out", "Rehearsal", "Acceptance", "milestone", "cannot also be required"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Refused || p.State != Draft {
		t.Fatalf("%v", err)
	}
	for _, b := range f.Blockers {
		if b.Link == "" || b.Owner == "" || b.Action == "" {
			t.Errorf("%q lacks owner, link or action", b.Sentence)
		}
	}
}

func TestCompare(t *testing.T) {
	a := Content{Scope: "tills", Milestones: []Milestone{{"Pilot", now}}}
	b := a
	if len(Compare(&a, &b, "Europe/Oslo")) != 0 {
		t.Error("equal plans differ")
	}
	b.Set("scope", "tills and kiosks\r\nin Oslo ")
	b.Milestones = []Milestone{{"Pilot", now.Add(days(1))}}
	list := Compare(&a, &b, "Europe/Oslo")
	if len(list) != 2 || list[0].After != "tills and kiosks\nin Oslo" || list[1].Label != "Milestones" || !strings.HasSuffix(list[1].After, " Europe/Oslo: Pilot") {
		t.Errorf("%+v", list)
	}
}

func TestStakeholderRules(t *testing.T) {
	others := []Stakeholder{{Row: db.Row{ID: 1}, PersonID: 5, Name: "Sofia", RACI: "A"}}
	err := (&Stakeholder{PersonID: 5, Name: "Sofia", RACI: "A", Interest: 9, Influence: 0}).validate(others)
	for _, want := range []string{"interest", "influence", "on the list already", "there is only one"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
	if err := (&Stakeholder{Name: "Shops", RACI: "I", Interest: 3, Influence: 1, Required: true}).validate(nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("somebody without an account is required to agree: %v", err)
	}
}

func TestExplain(t *testing.T) {
	if got := Explain(4, 5); got != "Likely (4) × severe (5) = 20, high" {
		t.Error(got)
	}
	if got := Explain(0, 5); got != "Not weighed." {
		t.Error(got)
	}
}
