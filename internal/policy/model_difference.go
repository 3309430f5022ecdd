package policy

import (
	"fmt"
	"strings"

	"slipway/internal/noun"
)

// Differences compares what two bodies of a model say.
func (b Body) Differences(before Body) []Difference { return differences(before.lines(), b.lines()) }

// Approach is the three axes in words: "phased, pull, manual".
func (b Body) Approach() string { return b.Scale + ", " + b.Delivery + ", " + b.Execution }

func (b Body) lines() []Line {
	list := []Line{{"Purpose", b.Purpose}, {"Approach", b.Approach()}, {"Structure", b.Structure}, {"Environments", strings.Join(b.Environments, "\n")},
		{"Processes", b.Processes}, {"Procedures", b.Procedures}, {"Resources", b.Resources}, {"Roles", responsibilityText(b.Roles)}}
	list = append(list, Line{"Milestones", joined(b.Milestones, Milestone.sentence)})
	for i, w := range b.Waves {
		name := fmt.Sprintf("Wave %d", i+1)
		list = append(list, Line{name, w.sentence()}, Line{name + ": steps", joined(w.Steps, StepTemplate.sentence)})
	}
	return append(list,
		Line{"Risks", joined(b.Risks, func(r RiskTemplate) string {
			return fmt.Sprintf("%s: %s, so that %s (%d × %d). %s", r.Cause, r.Event, r.Impact, r.Probability, r.Severity, r.Response)
		})},
		Line{"Knowledge transfer", joined(b.Transfers, func(t TransferTemplate) string {
			return fmt.Sprintf("%s, to %s (%s), by %s", t.Topic, t.Audience, t.Receiver.Label(), t.Method)
		})},
		Line{"Notices", joined(b.Notices, func(n NoticeTemplate) string {
			return fmt.Sprintf("%s, %s before: %s", n.Audience, noun.Count(n.DaysBefore, "day"), n.Text)
		})},
		Line{"Tests", b.Tests}, Line{"Training", b.Training}, Line{"Back-out", b.BackOut}, Line{"Communication", b.Communication},
		Line{"Early life support", b.EarlySupport})
}

func joined[T any](list []T, text func(T) string) string {
	lines := make([]string, len(list))
	for i, v := range list {
		lines[i] = text(v)
	}
	return strings.Join(lines, "\n")
}

func (m Milestone) sentence() string { return m.Name + ", " + m.Offset() }

// Offset says when the milestone is, from the start of the window.
func (m Milestone) Offset() string {
	switch {
	case m.Days > 0:
		return noun.Count(m.Days, "day") + " before the window"
	case m.Days < 0:
		return noun.Count(-m.Days, "day") + " after the window opens"
	}
	return "when the window opens"
}

// sentence says one thing a line, so that a difference shows which one it is.
func (w WaveTemplate) sentence() string {
	text := fmt.Sprintf("%s in %s\n%s after the window opens, for %s\nsoak %s\ncomplete at %d %%, failed at %d %%", w.Name, w.Environment,
		noun.Count(w.Days, "day"), noun.Count(w.Hours, "hour"), noun.Count(w.SoakHours, "hour"), w.SuccessPercent, w.FailurePercent)
	for _, part := range []struct {
		is   bool
		text string
	}{{w.Pilot, "pilot"}, {w.NoReturn, "point of no return"}, {w.Filter != "", "targets " + w.Filter}, {w.Trigger != "", "back out when: " + w.Trigger}} {
		if part.is {
			text += "\n" + part.text
		}
	}
	if w.OutageStated {
		text += "\nexpected interruption: " + w.Outage.Words()
	}
	if w.ConfirmMinutes > 0 {
		text += "\ndevices confirm within " + noun.Count(w.ConfirmMinutes, "minute")
	}
	for _, line := range w.Sentences() {
		text += "\n" + line
	}
	return text
}

func (s StepTemplate) sentence() string {
	text := fmt.Sprintf("%s: %s (%s)", s.Kind, s.Title, noun.Count(s.Minutes, "minute"))
	if s.Witness {
		text += ", with a witness"
	}
	if len(s.After) > 0 {
		text += ", after " + strings.Trim(fmt.Sprint(s.After), "[]")
	}
	for _, more := range []string{s.Instruction, s.Command} {
		if more != "" {
			text += "; " + more
		}
	}
	return text
}

// Minutes is how long the steps of the wave take, back-out left aside.
func (w WaveTemplate) Minutes() int {
	total := 0
	for _, s := range w.Steps {
		if s.Kind != "back-out" {
			total += s.Minutes
		}
	}
	return total
}
