package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/identity"
)

// What is broken comes first, then what has a time, the earliest on top, and
// what waits for others last.
func TestTheOrderOfTasks(t *testing.T) {
	now := moment("2026-11-23")
	var w Work
	for _, task := range []Task{
		{Title: "no time", Family: "active"},
		{Title: "waits for others", Family: notYet, Due: now + 1},
		{Title: "in two days", Family: "active", Due: now.Add(48 * time.Hour)},
		{Title: "late", Family: "active", Due: now - 1},
		{Title: "broken", Family: "bad"},
		{Title: "tomorrow", Family: "warn", Due: now.Add(24 * time.Hour)},
	} {
		w.add(now, false, task)
	}
	w.add(now, true, Task{Title: "handed, late", Due: now - 1})
	w.sort()
	var titles []string
	for _, task := range w.Decisions {
		titles = append(titles, task.Title)
	}
	if got := strings.Join(titles, ", "); got != "broken, tomorrow, in two days, no time, waits for others" {
		t.Error(got)
	}
	if len(w.Overdue) != 1 || w.Overdue[0].Family != "bad g-clock" || len(w.Handed) != 1 || w.Handed[0].Family != "bad g-clock" {
		t.Errorf("overdue %+v, handed %+v", w.Overdue, w.Handed)
	}
}

func TestWhatAReleaseWaitsFor(t *testing.T) {
	for want, r := range map[string]flightRow{
		"To be submitted":                                     {State: "Draft"},
		"A1 is being decided":                                 {State: "Proposed", Gates: "Open"},
		"Work towards A2":                                     {State: "Planning", Gates: "Approved Pending"},
		"A3 is rejected: mend it and submit it anew":          {State: "BuildTest", Gates: "Approved Waived Rejected"},
		"A4 is voided: mend it and submit it anew":            {State: "Ready", Gates: "Approved Approved Approved Voided Pending", WaveNumber: 1},
		"A4 is given; wave 1, Pilot is planned":               {State: "Ready", Gates: "Approved Approved Approved Approved Pending", WaveNumber: 1, WaveName: "Pilot", WaveState: "Planned"},
		"Wave 2, Rest: ready for go, 0 of 4 verified":         {State: "Deploying", WaveNumber: 2, WaveName: "Rest", WaveState: "Ready", Counted: 4},
		"Wave 1, Pilot: failed, 1 of 2 verified":              {State: "Paused", WaveNumber: 1, WaveName: "Pilot", WaveState: "Failed", Verified: 1, Counted: 2},
		"Early life support has no lead":                      {State: "EarlyLife", SupportState: "Active"},
		"Early life support, led by Elin":                     {State: "EarlyLife", SupportState: "Active", LeadName: "Elin"},
		"Operations decides on the end of early life support": {State: "EarlyLife", SupportState: "ExitRequested", LeadName: "Elin"},
		"A5 is being decided":                                 {State: "Review", Gates: "Approved Approved Approved Approved Open"},
		"On hold, until it is resumed":                        {State: "OnHold", Gates: "Approved Open"},
		"Build it anew, or review what happened":              {State: "RolledBack", WaveNumber: 1},
	} {
		if got := r.next(nil); got != want {
			t.Errorf("%s %q waits for %q, want %q", r.State, r.Gates, got, want)
		}
	}
}

func TestTheRolesInASentence(t *testing.T) {
	names := map[int64]string{1: "Payments", 2: "Loyalty"}
	for want, grants := range map[string][]identity.Grant{
		"You hold no role yet; an administrator gives you one.": nil,
		"You are auditor": {{Role: identity.Auditor}},
		"You are release and deployment manager for Loyalty and Payments": {{Role: identity.ReleaseManager, ServiceID: 1}, {Role: identity.ReleaseManager, ServiceID: 2}},
		"You are DML custodian": {{Role: identity.DMLCustodian, ServiceID: 1}, {Role: identity.DMLCustodian}},
	} {
		if got := holdsSentence(grants, names); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLongTextsAreCutAtAWord(t *testing.T) {
	for text, want := range map[string]string{"": "", "short": "short", "one two  three four": "one two…", "eleventhousand": "eleventhou…", "æøå æøå æøå": "æøå æøå…"} {
		if got := shorten(text, 10); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// Nobody decides on an emergency that they raised, opened or own.
func TestWhoDecidesInRetrospect(t *testing.T) {
	people := []identity.Person{{ID: 1, Name: "raised"}, {ID: 2, Name: "opened"}, {ID: 3, Name: "owns"}, {ID: 4, Name: "Chen"}, {ID: 5, Name: "Olga"}}
	r := debtRow{ChangeKey: "CHG-1", ReleaseKey: "PAY-1", RaisedByID: 1, OpenedByID: 2, OwnerID: 3, RetroDue: 100}
	for user, decides := range map[int64]bool{1: false, 2: false, 3: false, 4: true, 5: true, 6: false} {
		debt := r.debt(people, identity.Actor{UserID: user}, 100)
		if debt.Decides != decides || strings.Join(debt.Deciders, " ") != "Chen Olga" || debt.Late {
			t.Errorf("person %d: %+v", user, debt)
		}
	}
	if debt := r.debt(nil, identity.Actor{}, 101); !debt.Late || debt.Href != "/releases/PAY-1/emergency" {
		t.Errorf("%+v", debt)
	}
}

// The evidence of gates is taken from memory while nothing was recorded, and
// for half a minute at most.
func TestWhatIsWeighedIsKeptUntilSomethingIsRecorded(t *testing.T) {
	var m weighings
	m.keep(7, weighing{seq: 10, at: 1000, tasks: []Task{{Title: "A1"}}})
	for _, c := range []struct {
		person, seq int64
		now         db.Time
		known       bool
	}{{7, 10, 1000, true}, {7, 10, 1000 + weighedFor - 1, true}, {7, 10, 1000 + weighedFor, false}, {7, 10, 999, false}, {7, 11, 1000, false}, {8, 10, 1000, false}} {
		if _, known := m.find(c.person, c.seq, c.now); known != c.known {
			t.Errorf("%+v: %v", c, known)
		}
	}
	for person := range int64(weighedMost) {
		m.keep(100+person, weighing{})
	}
	if len(m.last) > weighedMost {
		t.Errorf("%d people are kept", len(m.last))
	}
}

func TestWhatASearchAsksFor(t *testing.T) {
	const whole = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	for text, want := range map[string]sought{
		" PAY-1 ":         {text: "pay-1", like: "%pay-1%"},
		"50%_\\":          {text: `50%_\`, like: `%50\%\_\\%`},
		"ba7816b":         {text: "ba7816b", like: "%ba7816b%"}, // too short for a digest
		"BA7816BF":        {text: "ba7816bf", like: "%ba7816bf%", digest: "ba7816bf"},
		"sha256:ba7816bf": {text: "sha256:ba7816bf", like: "%sha256:ba7816bf%", digest: "ba7816bf"},
		"sha256:" + whole: {text: "sha256:" + whole, like: "%sha256:" + whole + "%", digest: whole},
		whole + "0":       {text: whole + "0", like: "%" + whole + "0%"},
		"":                {like: "%%"},
	} {
		if got := asked(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	if n := len([]rune(asked(strings.Repeat("å", 999)).text)); n != longestQuery {
		t.Errorf("%d characters are looked for", n)
	}
}

func TestOneExactHitIsLedTo(t *testing.T) {
	like, exact := Hit{Key: "like"}, Hit{Key: "exact", Exact: true}
	for _, c := range []struct {
		hits []Hit
		one  bool
	}{{nil, false}, {[]Hit{like}, false}, {[]Hit{exact}, true}, {[]Hit{exact, like}, true}, {[]Hit{exact, exact}, false}} {
		if one := Only(c.hits); (one != nil) != c.one || one != nil && !one.Exact {
			t.Errorf("%+v: %+v", c.hits, one)
		}
	}
}

// Each listing is read by number, so all of them are one valid statement with
// every placeholder filled.
func TestListingsFillTheirPlaceholders(t *testing.T) {
	for i := range listings {
		l := &listings[i]
		query := l.query(i, "r.service_id IN @x")
		if !strings.Contains(query, fmt.Sprintf("SELECT %d AS kind", i)) || strings.Contains(query, "{may}") || strings.Contains(query, "%!") {
			t.Error(query)
		}
		if l.may == "" && l.role == "" && !strings.Contains(l.from, "@me") {
			t.Errorf("everybody is asked: %s", l.from)
		}
		if !strings.Contains(l.from, "{seen}") && !strings.Contains(l.from, "{known}") && strings.Contains(l.from, "releases r") {
			t.Errorf("restricted releases show: %s", l.from)
		}
	}
	if !slices.ContainsFunc(listings, func(l listing) bool { return l.handed }) {
		t.Error("nothing is handed over")
	}
}
