package policy

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/fault"
	"slipway/internal/noun"
)

// What is asked after a wave's soak before another goes.
const (
	HealthNote      = "note"      // a person looks and says so
	HealthIncidents = "incidents" // no severity-1 incident of the service is open
)

// HealthGates lists the kinds of health gate.
func HealthGates() []string { return []string{HealthNote, HealthIncidents} }

// Failures lists the classes of failure that a retry may be for.
func Failures() []string {
	return []string{FailUnreachable, FailTransfer, FailInstall, FailVerify, FailSilent, FailOther}
}

// The classes of failure of a target.
const (
	FailUnreachable = "unreachable" // it could not be reached, or the line broke
	FailTransfer    = "transfer"    // the bytes did not arrive, or not as they were signed
	FailInstall     = "install"     // the installation itself failed
	FailVerify      = "verify"      // it runs something else than it should
	FailSilent      = "silent"      // a device that did not install what it was offered in time
	FailOther       = "other"
	FailUnknown     = "unknown" // nobody knows whether it was done, so no plan tries it again
)

// Rollout is how a wave goes over its targets by itself: when it goes, what is
// enough, what is too much, and what is tried again.
type Rollout struct {
	TakeCount     int64  // takes so many of the targets left at most, by key; 0 is all
	TakePercent   int64  // or so many percent of them
	Joining       string // of targets added after the freeze: JoinLast, JoinTake or JoinNot
	SuccessCount  int64  // verified targets needed, beside the percentage
	FailureLimit  int64  // failed targets at which it fails, whatever the percentage; 0 is none
	Sample        int64  // reports from which on the percentage of those reported is judged; 0 judges it of all targets
	Health        string // what is asked after the soak: a health gate, or empty
	AutoGo        bool   // goes by itself, where the policy lets the type
	AutoStart     bool   // starts by itself inside its window, once go is given
	AutoBackOut   bool   // is put back by itself when it fails, where the policy lets the type
	RetryAttempts int64  // attempts on each target in all; 0 and 1 try nothing again
	RetryMinutes  int64  // before the second attempt; doubles with each
	RetryOn       string // classes of failure that are tried again, space between
}

// What becomes of targets that are added after the freeze.
const (
	JoinLast = ""     // the last wave of the environment takes them
	JoinTake = "take" // this wave does
	JoinNot  = "not"  // this wave does not, even if it is the last
)

// Joinings lists the rules for targets that join late.
func Joinings() []string { return []string{JoinLast, JoinTake, JoinNot} }

// Retries tells whether a failure of the class is tried again after so many
// attempts.
func (r Rollout) Retries(class string, attempts int64) bool {
	return attempts < r.RetryAttempts && slices.Contains(strings.Fields(r.RetryOn), class)
}

// Check finds what is wrong, named by the fields of a form under a prefix.
func (r *Rollout) Check(c *fault.Check, prefix string) {
	r.RetryOn = strings.Join(strings.FieldsFunc(r.RetryOn, func(r rune) bool { return r == ' ' || r == ',' }), " ")
	c.Need(r.TakeCount >= 0 && r.TakeCount <= 10_000_000, prefix+"take_count", "Enter 0 or more targets.")
	c.Need(r.TakePercent >= 0 && r.TakePercent <= 100, prefix+"take_percent", "Enter 0 to 100 percent.")
	c.Need(r.TakeCount == 0 || r.TakePercent == 0, prefix+"take_percent", "Give a number of targets or a percentage, not both.")
	c.Need(slices.Contains(Joinings(), r.Joining), prefix+"joining", "Choose what becomes of targets that join late.")
	c.Need(r.SuccessCount >= 0 && r.SuccessCount <= 10_000_000, prefix+"success_count", "Enter 0 or more targets.")
	c.Need(r.FailureLimit >= 0 && r.FailureLimit <= 10_000_000, prefix+"failure_limit", "Enter 0 or more targets.")
	c.Need(r.Sample >= 0 && r.Sample <= 10_000_000, prefix+"sample", "Enter 0 or more reports.")
	c.Need(r.Health == "" || slices.Contains(HealthGates(), r.Health), prefix+"health", "Choose what is asked after the soak.")
	c.Need(r.RetryAttempts >= 0 && r.RetryAttempts <= 20, prefix+"retry_attempts", "Enter 0 to 20 attempts.")
	c.Need(r.RetryMinutes >= 0 && r.RetryMinutes <= 24*60, prefix+"retry_minutes", "Enter 0 to 1,440 minutes.")
	for _, class := range strings.Fields(r.RetryOn) {
		c.Need(slices.Contains(Failures(), class), prefix+"retry_on", "There is no class of failure "+class+".")
	}
	c.Need(r.RetryAttempts < 2 || r.RetryOn != "", prefix+"retry_on", "Choose which failures are tried again.")
}

// Sentences says what the rollout adds to a wave, one thing a line.
func (r Rollout) Sentences() []string {
	var list []string
	say := func(is bool, format string, args ...any) {
		if is {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	say(r.TakeCount > 0, "takes %d of the targets left at most", r.TakeCount)
	say(r.TakePercent > 0, "takes %d %% of the targets left", r.TakePercent)
	say(r.Joining == JoinTake, "takes targets that are added after its freeze")
	say(r.Joining == JoinNot, "takes no target that is added after its freeze")
	say(r.SuccessCount > 0, "needs %d verified targets at least", r.SuccessCount)
	say(r.FailureLimit > 0, "fails at %d failed targets whatever the percentage", r.FailureLimit)
	say(r.Sample > 0, "judges failures among those that reported, from %d reports on", r.Sample)
	say(r.Health == HealthNote, "somebody confirms the service's health after the soak")
	say(r.Health == HealthIncidents, "no severity-1 incident of the service may be open after the soak")
	say(r.AutoGo, "goes by itself when all is met")
	say(r.AutoStart, "starts by itself inside its window")
	say(r.AutoBackOut, "is put back by itself when it fails")
	say(r.RetryAttempts > 1, "tries a target %d times in all after %s failures, the first time after %s", r.RetryAttempts, strings.Join(strings.Fields(r.RetryOn), " or "), noun.Count(r.RetryMinutes, "minute"))
	return list
}
