package deploy

import (
	"testing"

	"slipway/internal/db"
	"slipway/internal/policy"
)

func TestThresholdsByNumberAndSample(t *testing.T) {
	for name, c := range map[string]struct {
		w            Wave
		good, broken bool
		tolerated    int64
	}{
		"a number beside the percentage":        {Wave{Total: 100, Verified: 60, SuccessPercent: 50, FailurePercent: 100, Rollout: policy.Rollout{SuccessCount: 70}}, false, false, 100},
		"a number beyond the wave's size":       {Wave{Total: 10, Verified: 10, SuccessPercent: 50, FailurePercent: 100, Rollout: policy.Rollout{SuccessCount: 70}}, true, false, 10},
		"a limit whatever the percentage":       {Wave{Total: 1000, Failed: 5, SuccessPercent: 100, FailurePercent: 50, Rollout: policy.Rollout{FailureLimit: 5}}, false, true, 5},
		"below the limit":                       {Wave{Total: 1000, Failed: 4, SuccessPercent: 100, FailurePercent: 50, Rollout: policy.Rollout{FailureLimit: 5}}, false, false, 5},
		"the sample is not reached":             {Wave{Total: 1000, Failed: 9, SuccessPercent: 100, FailurePercent: 30, Rollout: policy.Rollout{Sample: 10}}, false, false, 3},
		"the sample is reached and bad":         {Wave{Total: 1000, Verified: 7, Failed: 3, SuccessPercent: 100, FailurePercent: 30, Rollout: policy.Rollout{Sample: 10}}, false, true, 3},
		"the sample is reached and good enough": {Wave{Total: 1000, Verified: 8, Failed: 2, SuccessPercent: 100, FailurePercent: 30, Rollout: policy.Rollout{Sample: 10}}, false, false, 3},
		"a sample beyond the wave's size":       {Wave{Total: 4, Verified: 2, Failed: 2, SuccessPercent: 100, FailurePercent: 50, Rollout: policy.Rollout{Sample: 10}}, false, true, 2},
		"what is tried again is not lost":       {Wave{Total: 10, Failed: 4, Retrying: 3, SuccessPercent: 100, FailurePercent: 20}, false, false, 2},
	} {
		if c.w.Good() != c.good || c.w.Broken() != c.broken || c.w.Tolerated() != c.tolerated {
			t.Errorf("%s: good %v, broken %v (%s), tolerated %d", name, c.w.Good(), c.w.Broken(), c.w.Breach(), c.w.Tolerated())
		}
	}
}

func TestAttemptsRestLongerEachTime(t *testing.T) {
	w := Wave{Method: MethodSSH, Rollout: policy.Rollout{RetryAttempts: 30, RetryMinutes: 10, RetryOn: "unreachable install"}}
	d := &deed{w: &w}
	d.tx = &db.Tx{Now: 1000}
	for attempts, minutes := range map[int64]int64{1: 10, 2: 20, 3: 40, 8: 1280, 9: 1440, 29: 1440} {
		if got := d.tryAgainAt(&WaveTarget{FailClass: "install", Attempts: attempts}).Sub(1000).Minutes(); int64(got) != minutes {
			t.Errorf("after attempt %d it rests %v minutes, want %d", attempts, got, minutes)
		}
	}
	for name, one := range map[string]WaveTarget{"another class": {FailClass: "verify", Attempts: 1}, "the last attempt": {FailClass: "install", Attempts: 30}} {
		if d.tryAgainAt(&one) != 0 {
			t.Errorf("%s is tried again", name)
		}
	}
	w.Method = MethodManual
	if d.tryAgainAt(&WaveTarget{FailClass: "install", Attempts: 1}) != 0 {
		t.Error("what people carry out is tried again without them")
	}
}

func TestWhatIsNewer(t *testing.T) {
	const pay, web = 1, 2
	w := &Wave{ServiceID: pay, ReleaseKey: "PAY-2026.11.2"}
	known := []part{{"app", "2.1", "d1"}, {"app", "2.0", "d2"}, {"app", "2.0-rc1", "d3"}, {"tool", "9.0", "d4"}, {"notes", "spring", "d5"}}
	brings := []part{{"app", "2.0", "d2"}, {"notes", "autumn", "d6"}}
	for name, c := range map[string]struct {
		runs  installed
		newer bool
	}{
		"a later release":                 {installed{"PAY-2026.12.1", "d2", pay}, true},
		"a later number":                  {installed{"PAY-2026.11.10", "d2", pay}, true},
		"an earlier release":              {installed{"PAY-2026.10.1", "d1", pay}, false},
		"another service's":               {installed{"WEB-2027.1.1", "d1", web}, false},
		"a later version, as found":       {installed{"", "d1", 0}, true},
		"the same version, as found":      {installed{"", "d2", 0}, false},
		"an early one of the same":        {installed{"", "d3", 0}, false},
		"a later version of another item": {installed{"", "d4", 0}, false},
		"no version at all":               {installed{"", "d5", 0}, false},
		"what nobody knows":               {installed{"", "d7", 0}, false},
	} {
		if got := c.runs.newer(w, known, brings); got != c.newer {
			t.Errorf("%s is newer: %v", name, got)
		}
	}
}
