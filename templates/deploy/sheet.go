package deploy

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/noun"
	"slipway/templates/layout"
	"slipway/templates/ui"
)

// SheetView is a wave's run sheet.
type SheetView struct {
	Trial
	*deploy.RunSheet
}

func (v SheetView) wave() *deploy.WaveView { return &v.Wave }

func (v SheetView) layoutPage() layout.Page {
	return layout.Page{Title: fmt.Sprintf("Run sheet of wave %d · %s", v.Wave.Number, v.Release.Key), Active: "deployments"}
}

func (v SheetView) crumbs() []ui.Crumb {
	return []ui.Crumb{{Label: v.Release.Key, Href: v.Release.Link("deployment")}, {Label: fmt.Sprintf("Wave %d", v.Wave.Number), Href: v.Wave.Link()}, {Label: "Run sheet"}}
}

// live tells whether the sheet looks for news by itself: not while the viewer
// writes evidence into it, and not once the wave is over.
func (v SheetView) live() bool {
	return v.Wave.State.Live() && !slices.ContainsFunc(v.Steps, func(s deploy.StepView) bool { return s.CanSign || s.CanWitness })
}

func (v SheetView) backingOut() bool { return !v.Wave.BackOutAt.IsZero() }

// counts tells whether a step counts now: those of the back-out do once the
// wave is backed out, the others until then.
func (v SheetView) counts(s deploy.StepView) bool {
	return (s.Kind == deploy.BackOut) == v.backingOut()
}

func (v SheetView) kind(backOut bool) []deploy.StepView {
	return slices.DeleteFunc(slices.Clone(v.Steps), func(s deploy.StepView) bool { return (s.Kind == deploy.BackOut) != backOut })
}

// finished are the steps at the beginning that are settled; they fold into one.
func finished(steps []deploy.StepView) []deploy.StepView {
	n := slices.IndexFunc(steps, func(s deploy.StepView) bool { return !s.State.Settled() })
	if n < 0 {
		n = len(steps)
	}
	return steps[:n]
}

// now is the first step that is not settled, of those that count.
func (v SheetView) now() *deploy.StepView {
	for i := range v.Steps {
		if s := &v.Steps[i]; v.counts(*s) && !s.State.Settled() {
			return s
		}
	}
	return nil
}

func (v SheetView) settledCount() (settled, total int64) {
	for _, s := range v.Steps {
		if v.counts(s) {
			total++
			if s.State.Settled() {
				settled++
			}
		}
	}
	return settled, total
}

// place says where the sheet stands: "Step 5 of 9".
func (v SheetView) place() string {
	settled, total := v.settledCount()
	switch s := v.now(); {
	case total == 0:
		return "No step yet"
	case s == nil:
		return "All " + noun.Count(total, "step") + " settled"
	case v.backingOut():
		return fmt.Sprintf("Back-out, %d of %s settled", settled, noun.Count(total, "step"))
	default:
		return fmt.Sprintf("Step %d of %d", s.Number, total)
	}
}

// pace says how the sheet keeps to its plan.
func (v SheetView) pace() string {
	settled, _ := v.settledCount()
	words := fmt.Sprintf("%d signed", settled)
	switch {
	case v.Wave.StartedAt.IsZero() || v.backingOut():
		return words
	case v.Late > 0:
		return words + ", " + minutes(v.Late) + " behind plan"
	case v.Late < 0:
		return words + ", " + minutes(-v.Late) + " ahead of plan"
	}
	return words + ", on plan"
}

func minutes(n int64) string {
	if n < 60 {
		return fmt.Sprintf("%d min", n)
	}
	return fmt.Sprintf("%d h %d min", n/60, n%60)
}

func (v SheetView) progress() (value, most string) {
	settled, total := v.settledCount()
	return number(settled), number(max(total, 1))
}

// rest says why nobody works on the sheet now.
func (v SheetView) rest() string {
	w := v.wave()
	switch w.State {
	case deploy.WavePlanned, deploy.WaveNoGo, deploy.WaveReady, deploy.WaveGo:
		return fmt.Sprintf("Wave %d is %s; its steps are taken once it runs.", w.Number, ui.StateWord(string(w.State)))
	case deploy.WavePaused:
		return "The wave is paused: " + w.PauseReason + " A step that is held may be finished; none is begun."
	case deploy.WaveFailed:
		return "The wave failed: " + w.FailReason + " Nothing is begun before somebody has decided how it goes on."
	case deploy.WaveRemediating:
		if w.BackOutAt.IsZero() {
			return "The wave is being remediated: " + w.FailReason + " It is begun again or backed out."
		}
		return "The wave is backed out on " + w.BackOutBy + "’s word: " + w.BackOutReason
	case deploy.WaveRolledBack:
		return "The wave is rolled back."
	case deploy.WaveComplete:
		return "The wave is complete."
	}
	if v.Release.State == "Paused" {
		return "The release is paused; no step is begun."
	}
	return ""
}

func (v SheetView) restFamily() string {
	switch v.Wave.State {
	case deploy.WaveFailed, deploy.WaveRemediating, deploy.WaveRolledBack:
		return "bad"
	case deploy.WaveComplete:
		return "good"
	case deploy.WavePaused:
		return "void g-pause"
	}
	return "neutral"
}

func (v SheetView) mayAdd() bool { return v.Wave.Can.Edit }

func (v SheetView) stepAt(s *deploy.StepView, verb string) string {
	return waveAt(v.wave(), "steps", number(s.Number), verb)
}

// StepForm names the form of a step's verb.
func StepForm(number int64, verb string) string { return fmt.Sprintf("step-%d-%s", number, verb) }

// foldedTitle is the line of the finished steps.
func foldedTitle(steps []deploy.StepView) string {
	if len(steps) == 1 {
		return fmt.Sprintf("Step %d is settled: %s", steps[0].Number, steps[0].Title)
	}
	return fmt.Sprintf("Steps %d to %d are settled", steps[0].Number, steps[len(steps)-1].Number)
}

// hands are the people who took part in steps.
func hands(steps []deploy.StepView) string {
	var names []string
	for _, s := range steps {
		for _, name := range []string{s.HolderName, s.WitnessName} {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "by " + listed(names)
}

func ended(steps []deploy.StepView) (from, to db.Time) {
	for _, s := range steps {
		if from.IsZero() || !s.ClaimedAt.IsZero() && s.ClaimedAt.Before(from) {
			from = s.ClaimedAt
		}
		to = max(to, s.EndedAt)
	}
	return from, to
}

// awaited are the steps that a step waits for.
func awaited(s *deploy.StepView) string {
	if s.ByMachine {
		return "run on every host over SSH"
	}
	words := make([]string, len(s.Waits))
	for i, other := range s.Waits {
		words[i] = fmt.Sprintf("step %d", other.Number)
	}
	if len(words) == 0 {
		return ""
	}
	return "waits for " + listed(words)
}

// signs is the sentence that the holder signs.
func signs(name string, s *deploy.StepView) string {
	return fmt.Sprintf("“I, %s, have done step %d: %s.”", name, s.Number, strings.TrimRight(s.Title, "."))
}

func witnesses(name string, s *deploy.StepView) string {
	return fmt.Sprintf("“I, %s, have seen that step %d is done as %s signed it.”", name, s.Number, s.HolderName)
}

func signLabel(s *deploy.StepView) string {
	if s.Witness {
		return fmt.Sprintf("Sign step %d for its witness", s.Number)
	}
	return fmt.Sprintf("Sign step %d as done", s.Number)
}

func stepClass(s *deploy.StepView) string {
	if s.Mine && s.State == deploy.StepInProgress {
		return "is-mine"
	}
	return ""
}

// awaitedState is the state as the reader needs it: a signed step waits for its
// witness.
func awaitedState(s *deploy.StepView) (family, word string) {
	if s.ByMachine {
		return "neutral", "By machine"
	}
	if s.AwaitsWitness() {
		return "active g-clock", "Awaits witness"
	}
	return ui.Family(string(s.State)), ui.StateWord(string(s.State))
}

// folds tells whether the step's instruction is folded away: it is neither the
// viewer's nor to be begun.
func folds(s *deploy.StepView) bool { return !s.CanSign && !s.CanWitness && !s.CanClaim }

func verifiedOf(w *deploy.WaveView) string {
	return fmt.Sprintf("%s of %s verified", ui.Count(w.Verified), ui.Count(w.Counted()))
}
