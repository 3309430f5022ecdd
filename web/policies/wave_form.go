package policies

import (
	"slices"
	"strconv"
	"strings"

	"slipway/internal/policy"
	view "slipway/templates/policies"
	"slipway/templates/rollout"
)

// emptyStep is a spare row of a run sheet.
var emptyStep = view.StepForm{Kind: policy.StepKinds[0]}

// firstWave is what a wave is where there is none to copy.
func firstWave() view.WaveForm {
	return view.WaveForm{Days: "0", Hours: "8", Soak: "0", Success: "100", Failure: "10", Steps: []view.StepForm{emptyStep}}
}

// nextWave copies the last wave, for what is new in it to be changed; it is no
// pilot and starts a day later.
func nextWave(waves []view.WaveForm) view.WaveForm {
	if len(waves) == 0 {
		return firstWave()
	}
	w := waves[len(waves)-1]
	w.Name, w.Filter, w.Pilot, w.NoReturn, w.Steps = "", "", false, false, slices.Clone(w.Steps)
	if n := whole(w.Days); n != unreadable {
		w.Days = text(n + 1)
	}
	return w
}

func waveFormOf(w policy.WaveTemplate) view.WaveForm {
	return view.WaveForm{Name: w.Name, Environment: w.Environment, Pilot: w.Pilot, Filter: w.Filter, Days: text(w.Days), Hours: text(w.Hours),
		Soak: text(w.SoakHours), Success: text(w.SuccessPercent), Failure: text(w.FailurePercent), NoReturn: w.NoReturn, Trigger: w.Trigger,
		Outage: w.Outage.Typed(), Confirm: text(w.ConfirmMinutes), Form: rollout.Of(w.Rollout), Steps: mapped(w.Steps, stepFormOf)}
}

func stepFormOf(s policy.StepTemplate) view.StepForm {
	return view.StepForm{Kind: s.Kind, Title: s.Title, Instruction: s.Instruction, Command: s.Command, Minutes: text(s.Minutes), Witness: s.Witness,
		After: strings.Join(mapped(s.After, text), ", ")}
}

func waveOf(w view.WaveForm) policy.WaveTemplate {
	trim := strings.TrimSpace
	return policy.WaveTemplate{Name: trim(w.Name), Environment: trim(w.Environment), Pilot: w.Pilot, Filter: trim(w.Filter), Days: whole(w.Days),
		Hours: whole(w.Hours), SoakHours: whole(w.Soak), SuccessPercent: whole(w.Success), FailurePercent: whole(w.Failure), NoReturn: w.NoReturn,
		Trigger: trim(w.Trigger), Outage: policy.ReadOutage(w.Outage), ConfirmMinutes: whole(w.Confirm), Rollout: w.Rollout(), Steps: mapped(w.Steps, stepOf)}
}

func stepOf(s view.StepForm) policy.StepTemplate {
	trim := strings.TrimSpace
	step := policy.StepTemplate{Kind: s.Kind, Title: trim(s.Title), Instruction: trim(s.Instruction), Command: trim(s.Command), Minutes: whole(s.Minutes), Witness: s.Witness}
	for _, n := range stepNumbers(s.After) {
		step.After = append(step.After, whole(n))
	}
	return step
}

// stepNumbers are the numbers of "1, 2" or "1 2".
func stepNumbers(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
}

// tidySteps takes empty steps away; what waits for another step follows it to
// its new number, and forgets one that is gone.
func tidySteps(w *view.WaveForm) {
	moved, gone := map[string]string{}, map[string]bool{}
	var steps []view.StepForm
	for i, s := range w.Steps {
		if blank(s.Title, s.Instruction, s.Command) {
			gone[text(i+1)] = true
			continue
		}
		steps = append(steps, s)
		moved[text(i+1)] = text(len(steps))
	}
	for i := range steps {
		var after []string
		for _, n := range stepNumbers(steps[i].After) {
			if to, ok := moved[n]; ok {
				after = append(after, to)
			} else if !gone[n] {
				after = append(after, n)
			}
		}
		steps[i].After = strings.Join(after, ", ")
	}
	w.Steps = steps
}

// growModel adds what one more is asked for, or takes a wave away, and leaves
// all else as it was typed.
func growModel(f *view.ModelForm) {
	switch f.Add {
	case "waves":
		f.Waves = append(f.Waves, nextWave(f.Waves))
	case "roles":
		f.Roles = spare(f.Roles, 1)
	case "milestones":
		f.Milestones = spare(f.Milestones, 1)
	case "risks":
		f.Risks = spare(f.Risks, 1)
	case "transfers":
		f.Transfers = spare(f.Transfers, 1)
	case "notices":
		f.Notices = spare(f.Notices, 1)
	}
	for i := range f.Waves {
		if f.Add == "waves["+strconv.Itoa(i)+"].steps" {
			f.Waves[i].Steps = append(f.Waves[i].Steps, emptyStep)
		}
	}
	if i, err := strconv.Atoi(f.Drop); err == nil && i >= 0 && i < len(f.Waves) {
		f.Waves = slices.Delete(f.Waves, i, i+1)
	}
}
