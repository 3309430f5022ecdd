package dml

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/fault"
)

// State is where a media version stands.
type State string

// The states, as PRODUCT.md names them.
const (
	Quarantined State = "Quarantined"
	Checking    State = "Checking"
	Accepted    State = "Accepted"
	Rejected    State = "Rejected"
	Suspect     State = "Suspect"
	Retired     State = "Retired"
)

// States lists them in the order of a version's life.
func States() []State { return []State{Quarantined, Checking, Accepted, Rejected, Suspect, Retired} }

// Word is the state within a sentence.
func (s State) Word() string { return strings.ToLower(string(s)) }

// Scan refuses a value that is no state.
func (s *State) Scan(src any) error {
	text, ok := src.(string)
	if b, isBytes := src.([]byte); isBytes {
		text, ok = string(b), true
	}
	for _, known := range States() {
		if ok && State(text) == known {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("%v is no state of a media version", src)
}

// Verb is a command upon a version.
type Verb string

// The verbs.
const (
	VerbCheck  Verb = "check"
	VerbAccept Verb = "accept"
	VerbReject Verb = "reject"
	VerbRetire Verb = "retire"
	VerbDoubt  Verb = "doubt"
	VerbClear  Verb = "clear"
	VerbHeal   Verb = "heal" // by pushing the same bytes again

	// The submitter's own, by which a pushed version is replaced or taken back
	// while nobody has decided on it.
	VerbResubmit Verb = "resubmit"
	VerbWithdraw Verb = "withdraw"
)

// Verbs lists them.
func Verbs() []Verb {
	return []Verb{VerbCheck, VerbAccept, VerbReject, VerbRetire, VerbDoubt, VerbClear, VerbHeal, VerbResubmit, VerbWithdraw}
}

var transitions = map[State]map[Verb]State{
	Quarantined: {VerbCheck: Checking, VerbResubmit: Quarantined, VerbWithdraw: Rejected},
	Checking:    {VerbCheck: Checking, VerbAccept: Accepted, VerbReject: Rejected, VerbResubmit: Quarantined, VerbWithdraw: Rejected},
	Accepted:    {VerbDoubt: Suspect, VerbRetire: Retired},
	Suspect:     {VerbClear: Accepted, VerbHeal: Accepted, VerbRetire: Retired},
	Rejected:    {VerbResubmit: Quarantined}, // only once it was withdrawn
	Retired:     {},
}

// Can tells whether the verb applies in the state.
func Can(s State, v Verb) bool { _, ok := transitions[s][v]; return ok }

var refusals = map[Verb]string{
	VerbCheck: "checked", VerbAccept: "accepted", VerbReject: "rejected", VerbRetire: "retired", VerbDoubt: "marked as suspect", VerbClear: "cleared", VerbHeal: "healed",
	VerbResubmit: "pushed anew", VerbWithdraw: "taken back",
}

func (v *Version) refusal(verb Verb) string {
	return v.Title() + " is " + v.State.Word() + ", so it cannot be " + refusals[verb] + "."
}

// move is the only place that assigns State.
func (v *Version) move(verb Verb) error {
	to, ok := transitions[v.State][verb]
	if !ok {
		return fault.Refuse(v.refusal(verb), fault.Blocker{Code: "media.state", Sentence: v.refusal(verb), Link: v.Link(), Action: "Open the media version"})
	}
	v.State = to
	return nil
}

func days(n int64) time.Duration { return time.Duration(n) * 24 * time.Hour }
