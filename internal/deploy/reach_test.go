package deploy

import (
	"testing"

	"slipway/internal/policy"
	"slipway/internal/release"
)

func TestHowMuchGoesBackByItself(t *testing.T) {
	broken := Wave{Number: 2, State: WaveFailed, Total: 4, Failed: 2, FailurePercent: 50}
	byWord := Wave{Number: 2, State: WaveFailed, Total: 4, Failed: 1, FailurePercent: 50}
	one := policy.TypeRule{AutoBack: true}
	all := policy.TypeRule{AutoBack: true, AutoAll: true}
	firm := Wave{Number: 1, State: WaveComplete, NoReturn: true}
	for name, test := range map[string]struct {
		rule  policy.TypeRule
		plan  bool // of the wave lets it
		w     Wave
		first Wave
		state release.State
		want  reach
	}{
		"the policy says nothing":                {policy.TypeRule{}, true, broken, Wave{Number: 1, State: WaveComplete}, release.Deploying, reachNothing},
		"the plan says nothing":                  {all, false, broken, Wave{Number: 1, State: WaveComplete}, release.Deploying, reachNothing},
		"the wave alone":                         {one, true, broken, Wave{Number: 1, State: WaveComplete}, release.Deploying, reachWave},
		"all of it":                              {all, true, broken, Wave{Number: 1, State: WaveComplete}, release.Deploying, reachAll},
		"all of it, while paused":                {all, true, broken, Wave{Number: 1, State: WaveComplete}, release.Paused, reachAll},
		"all of it, failed by a person's word":   {all, true, byWord, Wave{Number: 1, State: WaveComplete}, release.Deploying, reachWave},
		"the wave, failed by a person's word":    {one, true, byWord, Wave{Number: 1, State: WaveComplete}, release.Deploying, reachWave},
		"past a point of no return":              {all, true, broken, firm, release.Deploying, reachNothing},
		"before a point of no return":            {all, true, broken, Wave{Number: 1, State: WaveRolledBack, NoReturn: true}, release.Deploying, reachAll},
		"people remediate already":               {all, true, broken, Wave{Number: 1, State: WaveRemediating}, release.Remediating, reachNothing},
		"in early life":                          {all, true, broken, Wave{Number: 1, State: WaveComplete}, release.EarlyLife, reachNothing},
		"a rule for all of it without the other": {policy.TypeRule{AutoAll: true}, true, broken, Wave{Number: 1, State: WaveComplete}, release.Deploying, reachNothing},
	} {
		w := test.w
		w.AutoBackOut = test.plan
		if got := reachOf(test.rule, &w, []Wave{test.first, w}, test.state); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
