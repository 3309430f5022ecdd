package deploy

import (
	"strings"

	"slipway/internal/deploy"
	"slipway/templates/ui"
)

// AddStepForm is the name of the form of a new step.
const AddStepForm = "step-add"

var stepKinds = []ui.Option{{Value: string(deploy.Install), Label: "Install"}, {Value: string(deploy.Verify), Label: "Verify"}, {Value: string(deploy.BackOut), Label: "Back-out"}}

// told tells whether something was signed or said of the step.
func told(s *deploy.StepView) bool { return s.Evidence != "" || s.Reason != "" || len(s.Files) > 0 }

// reasonLabel says what the reason of a step is for.
func reasonLabel(s *deploy.StepView) string {
	switch s.State {
	case deploy.StepFailed:
		return "Failed, says"
	case deploy.StepNotApplicable:
		return "Does not apply, says"
	}
	return "Opened again by"
}

func drafted(s *deploy.Step) deploy.StepDraft {
	return deploy.StepDraft{Kind: s.Kind, Title: s.Title, Instruction: s.Instruction, Command: s.Command, Minutes: s.Minutes, Witness: s.Witness, After: s.After()}
}

func afterWords(numbers []int64) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = number(n)
	}
	return strings.Join(words, ", ")
}

// text is a field of several lines with its standard.
func (t Trial) text(form, name, label, standard string) ui.Input {
	i := t.field(form, name, label, standard)
	i.Rows = 3
	return i
}

func holder(s *deploy.StepView) string {
	if s.Mine {
		return "you,"
	}
	return s.HolderName + ","
}

// planned says what kind of step it is and how long it takes.
func planned(s *deploy.StepView) string { return string(s.Kind) + ", planned " + minutes(s.Minutes) }
