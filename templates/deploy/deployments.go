package deploy

import (
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/noun"
	"slipway/templates/ui"
)

// DeploymentsView is everything that is deployed now and next.
type DeploymentsView struct {
	Running []deploy.Running
	Ahead   *deploy.Ahead
	Steps   []deploy.MyStep
	Drift   deploy.DriftCount
}

// headline says in a line how much goes on.
func (v DeploymentsView) headline() string {
	if len(v.Running) == 0 {
		return "Nothing is deployed now."
	}
	is := "is"
	if len(v.Running) > 1 {
		is = "are"
	}
	return fmt.Sprintf("%s %s in deployment, with %s under way.", noun.Count(len(v.Running), "release"), is, noun.Count(deploy.Under(v.Running), "wave"))
}

// sums is the bar of a release: its waves together.
func sums(waves []deploy.Wave) []ui.Segment {
	var all deploy.Wave
	for i := range waves {
		w := &waves[i]
		all.Total, all.Verified, all.Active, all.Failed = all.Total+w.Total, all.Verified+w.Verified, all.Active+w.Active, all.Failed+w.Failed
		all.Excluded, all.RolledBack = all.Excluded+w.Excluded, all.RolledBack+w.RolledBack
	}
	return segments(&deploy.WaveView{Wave: all})
}

func progressWords(p deploy.Progress) string {
	text := fmt.Sprintf("%s of %s verified", ui.Count(p.Done), noun.Count(p.Total, "target"))
	if p.Failed > 0 {
		text += ", " + ui.Count(p.Failed) + " failed"
	}
	return text
}

// waveWords says how far a wave is; what is not chosen yet is not zero.
func waveWords(w *deploy.Wave) string {
	if w.Total == 0 {
		return "not chosen yet"
	}
	parts := []string{fmt.Sprintf("%s of %s verified", ui.Count(w.Verified), ui.Count(w.Counted()))}
	for _, part := range []struct {
		n    int64
		what string
	}{{w.Failed, "failed"}, {w.RolledBack, "rolled back"}, {w.Excluded, "excluded"}} {
		if part.n > 0 {
			parts = append(parts, ui.Count(part.n)+" "+part.what)
		}
	}
	return strings.Join(parts, ", ")
}

// why is the reason why a wave stands where it stands.
func why(w *deploy.Wave) string {
	switch w.State {
	case deploy.WavePaused:
		return w.PauseReason
	case deploy.WaveFailed, deploy.WaveRemediating:
		return w.FailReason
	case deploy.WaveNoGo:
		return w.NoGoReason
	case deploy.WaveRolledBack:
		return w.BackOutReason
	}
	return ""
}

// waveKind is what kind of wave it is, in a few words.
func waveKind(w *deploy.Wave) string {
	var parts []string
	if w.Pilot {
		parts = append(parts, "Pilot")
	}
	if w.Method != "" {
		parts = append(parts, deploy.MethodLabel(w.Method))
	}
	if w.NoReturn {
		parts = append(parts, "point of no return")
	}
	return strings.Join(parts, " · ")
}

// stepVerb is what a person is asked to do with a step.
var stepVerb = map[string]string{"sign": "Sign", "witness": "Witness", "claim": "Claim"}

func placeOf(w *deploy.Wave) string {
	if w.EnvironmentID == 0 {
		return w.EnvironmentKey + ", not there yet"
	}
	return w.EnvironmentName
}

func chosenBy(w *deploy.Wave) string {
	if w.Filter == "" {
		return "all that no earlier wave takes"
	}
	return w.Filter
}

// now is when a page's figures were read.
func (v DeploymentsView) now() db.Time { return v.Ahead.Now }
