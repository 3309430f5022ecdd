package review

import (
	"testing"

	"slipway/internal/fault"
	"slipway/internal/state"
)

// walk checks a machine against the whole product of its states and verbs.
func walk[S, V ~string](t *testing.T, m state.Table[S, V], states []S, verbs []V, want map[S]map[V]S) {
	t.Helper()
	for _, from := range states {
		for _, verb := range verbs {
			to, err := m.Next("It", from, verb)
			expected, allowed := want[from][verb]
			switch {
			case allowed && (err != nil || to != expected):
				t.Errorf("%s -%s-> %s (%v), want %s", from, verb, to, err, expected)
			case !allowed && fault.KindOf(err) != fault.Refused:
				t.Errorf("%s -%s-> %s, want a refusal", from, verb, to)
			case !allowed && to != from:
				t.Errorf("a refused %s moved %s to %s", verb, from, to)
			}
		}
	}
}

func TestEarlyLifeStates(t *testing.T) {
	walk(t, elsMoves, elsStates, []ElsVerb{VerbRequest, VerbAccept, VerbExtend, VerbRestart, "unknown"}, map[ElsState]map[ElsVerb]ElsState{
		Active:        {VerbRequest: ExitRequested, VerbRestart: Active},
		ExitRequested: {VerbAccept: Accepted, VerbExtend: Extended, VerbRestart: Active},
		Extended:      {VerbRequest: ExitRequested, VerbRestart: Active},
	})
}

func TestTransferStates(t *testing.T) {
	walk(t, transferMoves, transferStates, []TransferVerb{VerbDeliver, VerbConfirm, VerbRepeat}, map[TransferState]map[TransferVerb]TransferState{
		TransferPlanned:   {VerbDeliver: TransferDelivered},
		TransferRepeat:    {VerbDeliver: TransferDelivered},
		TransferDelivered: {VerbConfirm: TransferConfirmed, VerbRepeat: TransferRepeat},
	})
}

func TestHandoverStates(t *testing.T) {
	walk(t, handoverMoves, handoverStates, []HandoverVerb{VerbOffer, VerbAcceptItem, VerbReturn, VerbWithdrawItem}, map[HandoverState]map[HandoverVerb]HandoverState{
		HandoverOpen:     {VerbOffer: HandoverOffered},
		HandoverReturned: {VerbOffer: HandoverOffered},
		HandoverOffered:  {VerbAcceptItem: HandoverAccepted, VerbReturn: HandoverReturned, VerbWithdrawItem: HandoverOpen},
	})
}

func TestReviewStates(t *testing.T) {
	walk(t, pirMoves, pirStates, []PirVerb{VerbHold, VerbAgree}, map[PirState]map[PirVerb]PirState{
		PirDue:  {VerbHold: PirHeld},
		PirHeld: {VerbHold: PirHeld, VerbAgree: PirAgreed},
	})
}

func TestIncidentAndActionStates(t *testing.T) {
	walk(t, incidentMoves, []IncidentState{IncidentOpen, IncidentResolved}, []IncidentVerb{VerbResolve, VerbReopen}, map[IncidentState]map[IncidentVerb]IncidentState{
		IncidentOpen: {VerbResolve: IncidentResolved}, IncidentResolved: {VerbReopen: IncidentOpen},
	})
	walk(t, actionMoves, []ActionState{ActionOpen, ActionDone}, []ActionVerb{VerbDone}, map[ActionState]map[ActionVerb]ActionState{
		ActionOpen: {VerbDone: ActionDone},
	})
}

func TestUnknownWordsAreRefused(t *testing.T) {
	var e ElsState
	var tr TransferState
	var h HandoverState
	var p PirState
	var o Outcome
	for _, err := range []error{e.Scan("Ended"), tr.Scan("Given"), h.Scan("Done"), p.Scan("Signed"), o.Scan("Maybe"), e.Scan(3)} {
		if err == nil {
			t.Error("a state this program does not know was read")
		}
	}
	if err := e.Scan([]byte("Active")); err != nil || e != Active {
		t.Errorf("Active was read as %q, %v", e, err)
	}
}
