package policy

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/fault"
)

// maxWaves and maxSteps keep a run sheet something that people can follow.
const maxWaves, maxSteps = 40, 60

// MaxConfirmMinutes is the longest that devices may take to confirm: a week.
const MaxConfirmMinutes = 7 * 24 * 60

// check finds everything that is wrong, named by the fields of the form.
func (b *Body) check(c *fault.Check) {
	c.Need(slices.Contains(Scales, b.Scale), "scale", "Choose big bang or phased.")
	c.Need(slices.Contains(Deliveries, b.Delivery), "delivery", "Choose push or pull.")
	c.Need(slices.Contains(Executions, b.Execution), "execution", "Choose automated or manual.")
	c.Need(strings.TrimSpace(b.Purpose) != "", "purpose", "Say what the model is for.")
	switch {
	case len(b.Waves) == 0:
		c.Field("waves", "Add at least one wave.")
	case b.Scale == "phased" && len(b.Waves) < 2:
		c.Field("waves", "A phased deployment has at least two waves.")
	case b.Scale == "big bang" && len(b.Waves) > 1:
		c.Field("waves", "A big bang has one wave.")
	}
	c.Need(len(b.Waves) <= maxWaves, "waves", fmt.Sprintf("A deployment has at most %d waves.", maxWaves))
	for i, w := range b.Waves {
		w.check(c, fmt.Sprintf("waves[%d].", i))
	}
	b.checkPlan(c)
}

func (b *Body) checkPlan(c *fault.Check) {
	for i, m := range b.Milestones {
		c.Need(m.Name != "", fmt.Sprintf("milestones[%d].name", i), "Name the milestone.")
		c.Need(m.Days >= -365 && m.Days <= 365, fmt.Sprintf("milestones[%d].days", i), "A milestone is at most 365 days before (or, negative, after) the window.")
	}
	for i, r := range b.Roles {
		c.Need(r.Stage != "" && r.Role.Known() && r.Does != "", fmt.Sprintf("roles[%d].does", i), "Name the stage, the role and what it does.")
	}
	for i, r := range b.Risks {
		c.Need(r.Event != "", fmt.Sprintf("risks[%d].event", i), "Say what might happen.")
		c.Need(r.Probability >= 1 && r.Probability <= 5, fmt.Sprintf("risks[%d].probability", i), "Probability is 1 to 5.")
		c.Need(r.Severity >= 1 && r.Severity <= 5, fmt.Sprintf("risks[%d].severity", i), "Impact is 1 to 5.")
	}
	for i, t := range b.Transfers {
		c.Need(t.Topic != "", fmt.Sprintf("transfers[%d].topic", i), "Name the topic.")
		c.Need(t.Receiver.Known(), fmt.Sprintf("transfers[%d].receiver", i), "Choose the role that receives it.")
	}
	for i, n := range b.Notices {
		c.Need(n.Audience != "" && n.Text != "", fmt.Sprintf("notices[%d].text", i), "Say who is told, and what.")
		c.Need(n.DaysBefore >= 0 && n.DaysBefore <= 365, fmt.Sprintf("notices[%d].days", i), "A notice is sent 0 to 365 days before the window.")
	}
}

func (w WaveTemplate) check(c *fault.Check, field string) {
	c.Need(w.Name != "", field+"name", "Name the wave.")
	c.Need(w.Environment != "", field+"environment", "Say in which environment the wave runs.")
	c.Need(w.Days >= 0 && w.Days <= 365, field+"days", "A wave starts 0 to 365 days after the window opens.")
	c.Need(w.Hours >= 1 && w.Hours <= 24*60, field+"hours", "A wave's window lasts 1 hour to 60 days.")
	c.Need(w.SoakHours >= 0 && w.SoakHours <= 24*60, field+"soak", "A wave soaks for 0 hours to 60 days.")
	c.Need(w.SuccessPercent >= 1 && w.SuccessPercent <= 100, field+"success", "1 to 100 percent of the targets must be verified.")
	c.Need(w.FailurePercent >= 0 && w.FailurePercent <= 100, field+"failure", "A wave fails at 0 to 100 percent failed targets.")
	c.Need(w.ConfirmMinutes >= 0 && w.ConfirmMinutes <= MaxConfirmMinutes, field+"confirm", "Devices confirm within 0 to 10,080 minutes.")
	w.Outage.Check(c, field+"outage", int64(w.Hours)*60)
	w.Rollout.Check(c, field)
	c.Need(len(w.Steps) <= maxSteps, field+"name", fmt.Sprintf("A wave has at most %d steps.", maxSteps))
	for i, s := range w.Steps {
		step := fmt.Sprintf("%ssteps[%d].", field, i)
		c.Need(slices.Contains(StepKinds, s.Kind), step+"kind", "A step installs, verifies or backs out.")
		c.Need(s.Title != "", step+"title", "Name the step.")
		c.Need(s.Minutes >= 0 && s.Minutes <= 24*60, step+"minutes", "A step takes 0 minutes to a day.")
		for _, n := range s.After {
			c.Need(n >= 1 && n <= i, step+"after", fmt.Sprintf("Step %d can wait only for steps before it.", i+1))
		}
	}
}
