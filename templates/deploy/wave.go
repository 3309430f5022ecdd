package deploy

import (
	"fmt"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/templates/ui"
)

// needs says what makes the wave good.
func needs(w *deploy.WaveView) string {
	words := fmt.Sprintf("Complete at %d %% verified, then %s to soak.", w.SuccessPercent, hours(w.SoakHours))
	if w.SoakHours == 0 {
		words = fmt.Sprintf("Complete at %d %% verified; no soak.", w.SuccessPercent)
	}
	if w.Counted() > 0 {
		words += fmt.Sprintf(" Fails at %s.", noun.Count(w.Tolerated(), "failed target"))
	}
	return words
}

// interruption says for how long the service is away while the wave runs.
func interruption(w *deploy.WaveView) string {
	if w.EnvironmentID != 0 && !w.Production {
		return "none, since " + w.EnvironmentName + " is not production"
	}
	return w.Outage.Words()
}

// itselfWords says what the wave does without anybody.
func itselfWords(w *deploy.WaveView) string {
	var parts []string
	switch {
	case w.Itself != "":
		parts = append(parts, "goes by itself by "+w.Itself)
	case w.AutoGo:
		parts = append(parts, "waits for a person's go, since the policy lets no such wave go by itself")
	}
	if w.AutoStart {
		parts = append(parts, "starts by itself inside its window")
	}
	if w.BackBy != "" {
		parts = append(parts, w.BackBy)
	}
	if len(parts) == 0 {
		return ""
	}
	words := strings.Join(parts, "; ")
	return title(words) + "."
}

// searchable is the number of targets from which on the board has a search for
// them; fewer are seen at a glance.
const searchable = 20

// nextClass makes the next wave's next verb the primary one.
func nextClass(w *deploy.WaveView) string {
	if w.Next {
		return "btn-primary"
	}
	return ""
}

// startWords say what a start begins.
func startWords(w *deploy.WaveView) string {
	words := ui.Count(w.Counted()) + " targets begin"
	if w.Counted() == 1 {
		words = "1 target begins"
	}
	if w.ByMachine() {
		words += ", " + deploy.MethodLabel(w.Method)
	}
	if w.ByHand {
		words += ", and the run sheet opens"
	}
	return words
}

func backOutWords(w *deploy.WaveView) string {
	words := "The back-out steps open, and every target that was touched is put back to what it ran before."
	if w.PastNoReturn {
		words += " The point of no return is passed: somebody decides the rollback first."
	}
	return words
}

// remediateLabel names what is done to a wave that still runs, or is over.
func remediateLabel(w *deploy.WaveView) string {
	switch w.State {
	case deploy.WaveFailed, deploy.WaveComplete:
		return "Remediate"
	}
	return "Stop and remediate"
}

func orderWords(h *release.Head) string {
	return strings.TrimSpace("It changes places with its neighbour; windows stay with their waves. " + costs(h))
}

func removeWords(h *release.Head) string {
	return strings.TrimSpace("Its run sheet goes with it, and later waves move up. " + costs(h))
}

// reportsAll tells whether all targets may be reported at once: not while the
// wave is stopped, when each is looked at alone.
func reportsAll(w *deploy.WaveView) bool {
	stopped := w.State == deploy.WavePaused || w.State == deploy.WaveFailed
	return w.Can.Report && !w.ByMachine() && !stopped && w.Open() > 0
}
