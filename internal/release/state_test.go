package release

import (
	"errors"
	"slices"
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

// walk says every verb in every state and compares with the table of
// PRODUCT.md §3, written in each test a second time, by hand.
func walk[S, V ~string](t *testing.T, states []S, verbs []V, want map[S]map[V]S, say func(S, V) (S, error)) {
	t.Helper()
	for _, from := range states {
		for _, verb := range verbs {
			got, err := say(from, verb)
			to, allowed := want[from][verb]
			switch {
			case allowed && (err != nil || got != to):
				t.Errorf("%s, told to %s: got %s, %v; want %s", from, verb, got, err, to)
			case !allowed && (!errors.Is(err, fault.Refused) || got != from):
				t.Errorf("%s, told to %s: got %s, %v; want a refusal", from, verb, got, err)
			}
		}
	}
	for from, row := range want { // nothing is expected of a word that is not walked
		if !slices.Contains(states, from) {
			t.Errorf("%s is no state", from)
		}
		for verb := range row {
			if !slices.Contains(verbs, verb) {
				t.Errorf("%s is no verb", verb)
			}
		}
	}
}

func TestReleaseStateAndVerb(t *testing.T) {
	want := map[State]map[Verb]State{
		Draft:       {VerbSubmit: Proposed, VerbCancel: Cancelled},
		Proposed:    {VerbAuthorisePlan: Planning, VerbReject: Draft, VerbCancel: Cancelled},
		Planning:    {VerbAuthoriseBuild: BuildTest, VerbHold: OnHold, VerbCancel: Cancelled},
		BuildTest:   {VerbCheckIn: Ready, VerbHold: OnHold, VerbCancel: Cancelled},
		Ready:       {VerbStart: Deploying, VerbRework: BuildTest, VerbHold: OnHold, VerbCancel: Cancelled},
		Deploying:   {VerbComplete: EarlyLife, VerbPause: Paused, VerbRemediate: Remediating},
		Paused:      {VerbUnpause: Deploying, VerbRemediate: Remediating},
		Remediating: {VerbRedeploy: Deploying, VerbRollBack: RolledBack},
		EarlyLife:   {VerbExitEarlyLife: Review, VerbRemediate: Remediating},
		RolledBack:  {VerbRebuild: BuildTest, VerbReview: Review},
		Review:      {VerbClose: Closed},
		OnHold:      {VerbResume: Ready, VerbCancel: Cancelled},
	}
	walk(t, States(), Verbs(), want, func(from State, verb Verb) (State, error) {
		r := &Release{Key: "PAY-1", State: from}
		if from == OnHold {
			r.HeldFrom = string(Ready)
		}
		err := r.advance(verb, now)
		return r.State, err
	})
}

func TestAReleaseReturnsToWhereItWasHeld(t *testing.T) {
	for _, from := range []State{Planning, BuildTest, Ready} {
		r := &Release{Key: "PAY-1", State: from}
		if err := r.advance(VerbHold, now); err != nil {
			t.Fatal(err)
		}
		if r.Viewed() != from.Phase() {
			t.Errorf("held from %s it is shown under %q", from, r.Viewed())
		}
		cancelled := *r
		if err := cancelled.advance(VerbCancel, now); err != nil || cancelled.Viewed() != from.Phase() {
			t.Errorf("cancelled while held from %s it is shown under %q: %v", from, cancelled.Viewed(), err)
		}
		if err := r.advance(VerbResume, now); err != nil || r.State != from || r.HeldFrom != "" {
			t.Errorf("held from %s it resumes as %s, %q: %v", from, r.State, r.HeldFrom, err)
		}
	}
}

func TestNoReleaseIsCancelledOnceProductionWasTouched(t *testing.T) {
	r := &Release{Key: "PAY-1", State: Ready, OwnerName: "Maya"}
	for _, verb := range []Verb{VerbStart, VerbRemediate, VerbRollBack, VerbRebuild} {
		if err := r.advance(verb, now); err != nil {
			t.Fatal(err)
		}
	}
	for _, state := range []State{Draft, Proposed, Planning, BuildTest, Ready, OnHold} {
		touched := *r
		touched.State = state
		err := touched.advance(VerbCancel, now)
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Refused || len(f.Blockers) != 1 || f.Blockers[0].Owner != "Maya" || f.Blockers[0].Link == "" || touched.State != state {
			t.Errorf("a touched release is %s after cancelling in %s: %v", touched.State, state, err)
		}
	}
}

func TestHowAReleaseEnds(t *testing.T) {
	r := &Release{Key: "PAY-1", State: Remediating}
	say := func(verb Verb, outcome Outcome, ended db.Time) {
		t.Helper()
		if err := r.advance(verb, now); err != nil || r.Outcome != string(outcome) || r.EndedAt != ended {
			t.Errorf("after %s the outcome is %q at %d: %v", verb, r.Outcome, r.EndedAt, err)
		}
	}
	say(VerbRollBack, OutcomeRolledBack, 0)
	say(VerbReview, OutcomeRolledBack, 0)
	say(VerbClose, OutcomeRolledBack, now)
	r = &Release{Key: "PAY-2", State: RolledBack, Outcome: string(OutcomeRolledBack)}
	say(VerbRebuild, "", 0)
	r = &Release{Key: "PAY-3", State: Planning}
	say(VerbCancel, OutcomeCancelled, now)
}

func TestPackageStateAndVerb(t *testing.T) {
	want := map[PackageState]map[PackageVerb]PackageState{
		PackageAssembling: {PackageBaseline: PackageBaselined},
		PackageBaselined:  {PackageVerify: PackageVerified, PackageWithdraw: PackageWithdrawn},
		PackageVerified:   {PackageSignOff: PackageSignedOff, PackageWithdraw: PackageWithdrawn},
		PackageSignedOff:  {PackageDeploy: PackageDeployed, PackageWithdraw: PackageWithdrawn},
		PackageDeployed:   {PackageSupersede: PackageSuperseded, PackageWithdraw: PackageWithdrawn},
		PackageSuperseded: {PackageWithdraw: PackageWithdrawn},
	}
	walk(t, PackageStates(), PackageVerbs(), want, func(from PackageState, verb PackageVerb) (PackageState, error) {
		p := &Package{Number: 1, State: from}
		err := p.move(verb)
		return p.State, err
	})
}

func TestGateStateAndVerb(t *testing.T) {
	want := map[GateState]map[GateVerb]GateState{
		GatePending:  {GateVerbOpen: GateOpen},
		GateOpen:     {GateVerbApprove: GateApproved, GateVerbWaive: GateWaived, GateVerbReject: GateRejected, GateVerbExpire: GateExpired},
		GateApproved: {GateVerbVoid: GateVoided},
		GateWaived:   {GateVerbVoid: GateVoided},
		GateRejected: {GateVerbResubmit: GateOpen},
		GateExpired:  {GateVerbResubmit: GateOpen},
		GateVoided:   {GateVerbResubmit: GateOpen},
	}
	walk(t, GateStates(), GateVerbs(), want, func(from GateState, verb GateVerb) (GateState, error) {
		g := &Gate{Code: A2, State: from}
		err := g.move(verb)
		return g.State, err
	})
}

func TestWaiverStateAndVerb(t *testing.T) {
	want := map[WaiverState]map[Verdict]WaiverState{WaiverAsked: {Approve: WaiverApproved, Reject: WaiverRefused}}
	walk(t, []WaiverState{WaiverAsked, WaiverApproved, WaiverRefused}, []Verdict{Approve, Reject}, want, func(from WaiverState, verb Verdict) (WaiverState, error) {
		w := &Waiver{State: from, AskedByID: 1, RiskOwnerID: 2, ExpiresAt: now + 1}
		err := w.decide(&Release{OwnerID: 3, AuthorID: 4}, person(5), verb, "because", now)
		return w.State, err
	})
}

func TestAStoredWordThatIsNoStateIsRefused(t *testing.T) {
	for name, scan := range map[string]func(any) error{
		"release": new(State).Scan, "gate": new(GateState).Scan, "package": new(PackageState).Scan, "waiver": new(WaiverState).Scan,
	} {
		for _, word := range []any{"Shipped", []byte("draft"), "", 7} {
			if err := scan(word); err == nil {
				t.Errorf("%v is taken for a state of a %s", word, name)
			}
		}
	}
}
