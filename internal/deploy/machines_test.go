package deploy

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

func TestWaveStatesAndVerbs(t *testing.T) {
	walk(t, waveMoves, WaveStates(), append(WaveVerbs(), "unknown"), map[WaveState]map[WaveVerb]WaveState{
		WavePlanned:     {WaveVerbReady: WaveReady},
		WaveReady:       {WaveVerbGo: WaveGo, WaveVerbNoGo: WaveNoGo},
		WaveNoGo:        {WaveVerbReplan: WavePlanned},
		WaveGo:          {WaveVerbStart: WaveRunning, WaveVerbNoGo: WaveNoGo},
		WaveRunning:     {WaveVerbPause: WavePaused, WaveVerbVerify: WaveVerifying, WaveVerbFail: WaveFailed},
		WavePaused:      {WaveVerbResume: WaveRunning},
		WaveVerifying:   {WaveVerbComplete: WaveComplete, WaveVerbFail: WaveFailed},
		WaveComplete:    {WaveVerbRemediate: WaveRemediating},
		WaveFailed:      {WaveVerbRemediate: WaveRemediating},
		WaveRemediating: {WaveVerbRetry: WaveRunning, WaveVerbRollBack: WaveRolledBack},
		WaveRolledBack:  {WaveVerbReplan: WavePlanned},
	})
}

func TestPushTargetStatesAndVerbs(t *testing.T) {
	walk(t, pushMoves, TargetStates(), TargetVerbs(), map[TargetState]map[TargetVerb]TargetState{
		TargetPending:   {TargetStage: TargetStaged, TargetExclude: TargetExcluded, TargetRollBack: TargetRolledBack},
		TargetStaged:    {TargetDeploy: TargetDeploying, TargetFail: TargetFailed, TargetExclude: TargetExcluded, TargetRollBack: TargetRolledBack},
		TargetDeploying: {TargetInstall: TargetVerifying, TargetFail: TargetFailed, TargetExclude: TargetExcluded, TargetRollBack: TargetRolledBack},
		TargetVerifying: {TargetVerify: TargetVerified, TargetFail: TargetFailed, TargetExclude: TargetExcluded, TargetRollBack: TargetRolledBack},
		TargetVerified:  {TargetRollBack: TargetRolledBack},
		TargetFailed:    {TargetRetry: TargetStaged, TargetExclude: TargetExcluded, TargetRollBack: TargetRolledBack},
	})
}

func TestPullTargetStatesAndVerbs(t *testing.T) {
	out := map[TargetVerb]TargetState{TargetFail: TargetFailed, TargetLate: TargetOverdue, TargetExclude: TargetExcluded, TargetRollBack: TargetRolledBack}
	and := func(verb TargetVerb, to TargetState) map[TargetVerb]TargetState {
		all := map[TargetVerb]TargetState{verb: to}
		for v, s := range out {
			all[v] = s
		}
		return all
	}
	walk(t, pullMoves, TargetStates(), TargetVerbs(), map[TargetState]map[TargetVerb]TargetState{
		TargetPending:   {TargetOffer: TargetOffered, TargetExclude: TargetExcluded, TargetRollBack: TargetRolledBack},
		TargetOffered:   and(TargetTake, TargetTaken),
		TargetTaken:     and(TargetInstall, TargetInstalled),
		TargetInstalled: and(TargetVerify, TargetVerified),
		TargetVerified:  {TargetRollBack: TargetRolledBack},
		TargetFailed:    {TargetRetry: TargetOffered, TargetExclude: TargetExcluded, TargetRollBack: TargetRolledBack},
		TargetOverdue:   {TargetTake: TargetTaken, TargetRetry: TargetOffered, TargetExclude: TargetExcluded, TargetRollBack: TargetRolledBack},
	})
}

func TestStepStatesAndVerbs(t *testing.T) {
	walk(t, stepMoves, StepStates(), StepVerbs(), map[StepState]map[StepVerb]StepState{
		StepWaiting:   {StepVerbOpen: StepClaimable, StepVerbSkip: StepNotApplicable},
		StepClaimable: {StepVerbClaim: StepInProgress, StepVerbSkip: StepNotApplicable},
		StepInProgress: {StepVerbHandBack: StepClaimable, StepVerbSign: StepInProgress, StepVerbComplete: StepDone, StepVerbWitness: StepDone,
			StepVerbFail: StepFailed, StepVerbSkip: StepNotApplicable},
		StepFailed: {StepVerbRetry: StepClaimable, StepVerbSkip: StepNotApplicable},
	})
}

func TestUnknownWordsAreRefused(t *testing.T) {
	var w WaveState
	var g TargetState
	var s StepState
	for _, err := range []error{w.Scan("Started"), g.Scan("Done"), s.Scan("Skipped"), w.Scan(3)} {
		if err == nil {
			t.Error("a state this program does not know was read")
		}
	}
	if err := w.Scan([]byte("NoGo")); err != nil || w != WaveNoGo {
		t.Errorf("NoGo was read as %q, %v", w, err)
	}
}

func TestVerifiedIsReachedOnlyFromWhatHasBegun(t *testing.T) {
	for delivery, want := range map[string][]TargetState{
		"push": {TargetStaged, TargetDeploying, TargetVerifying},
		"pull": {TargetOffered, TargetTaken, TargetInstalled, TargetOverdue},
	} {
		got := map[TargetState]bool{}
		for _, s := range reaching(delivery, toVerified...) {
			got[s] = true
		}
		for _, s := range TargetStates() {
			wanted := false
			for _, one := range want {
				wanted = wanted || one == s
			}
			if got[s] != wanted {
				t.Errorf("%s: %s leads to verified: %v, want %v", delivery, s, got[s], wanted)
			}
		}
	}
}

func TestRunStatesAndVerbs(t *testing.T) {
	walk(t, runMoves, RunStates(), append(RunVerbs(), "unknown"), map[RunState]map[RunVerb]RunState{
		RunWaiting: {RunBegin: RunGoing, RunWithdraw: RunWithdrawn},
		RunGoing:   {RunWithhold: RunWaiting, RunEnd: RunDone, RunFail: RunFailed, RunWithdraw: RunWithdrawn},
	})
}

func TestMessageStatesAndVerbs(t *testing.T) {
	walk(t, messageMoves, MessageStates(), append(MessageVerbs(), "unknown"), map[MessageState]map[MessageVerb]MessageState{
		MessageWaiting: {MessageSend: MessageSent, MessageFail: MessageFailed},
	})
}
