package deploy

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/policy"
)

// StepDraft is what a person plans of a step.
type StepDraft struct {
	Kind        StepKind
	Title       string
	Instruction string
	Command     string
	Minutes     int64
	Witness     bool
	After       []int64
}

func (d *StepDraft) validate(all []Step, number int64) error {
	var c fault.Check
	d.Title, d.Instruction, d.Command = strings.TrimSpace(d.Title), strings.TrimSpace(d.Instruction), strings.TrimSpace(d.Command)
	c.Need(slices.Contains(StepKinds(), d.Kind), "kind", "Choose install, verify or back-out.")
	c.Need(d.Title != "" && len(d.Title) <= 160, "title", "Say in at most 160 characters what is done.")
	c.Need(len(d.Instruction) <= 4000 && len(d.Command) <= 4000, "instruction", "Keep it to 4,000 characters.")
	c.Need(d.Minutes >= 0 && d.Minutes <= 7*24*60, "minutes", "Enter 0 to 10,080 minutes.")
	for _, n := range d.After {
		known := slices.ContainsFunc(all, func(s Step) bool { return s.Number == n })
		c.Need(known && n < number, "after", "A step can wait only for steps before it.")
	}
	return c.Err("The step was not saved.")
}

func (d *StepDraft) apply(s *Step) {
	s.Kind, s.Title, s.Instruction, s.Command, s.Minutes, s.Witness = d.Kind, d.Title, d.Instruction, d.Command, d.Minutes, d.Witness
	words := make([]string, len(d.After))
	for i, n := range d.After {
		words[i] = strconv.FormatInt(n, 10)
	}
	s.WaitsFor = strings.Join(words, ",")
}

func fromTemplate(t policy.StepTemplate) StepDraft {
	d := StepDraft{Kind: StepKind(t.Kind), Title: t.Title, Instruction: t.Instruction, Command: t.Command, Minutes: int64(t.Minutes), Witness: t.Witness}
	for _, n := range t.After {
		d.After = append(d.After, int64(n))
	}
	return d
}

// schedule plans the times of the steps from the start of the wave's window.
// Back-out steps have none: nobody plans to take them.
func schedule(start db.Time, steps []Step) {
	ends := map[int64]db.Time{}
	for i := range steps {
		s := &steps[i]
		s.PlannedAt, s.PlannedEnd = 0, 0
		if start.IsZero() || s.Kind == BackOut {
			continue
		}
		s.PlannedAt = start
		for _, need := range s.Needs(steps) {
			s.PlannedAt = max(s.PlannedAt, ends[need.Number])
		}
		s.PlannedEnd = s.PlannedAt.Add(time.Duration(s.Minutes) * time.Minute)
		ends[s.Number] = s.PlannedEnd
	}
}
