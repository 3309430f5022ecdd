package deploy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/templates/ui"
)

// BoardView is the wave board of a release.
type BoardView struct {
	Trial
	Head      *release.Head
	Board     *deploy.Board
	Overrides bool // the viewer may let it start outside its window
}

func (v BoardView) at(parts ...string) string {
	return v.Head.Link(append([]string{"deployment"}, parts...)...)
}

// live is the wave that is worked on now, the one in trouble first.
func (v BoardView) live() *deploy.WaveView {
	var found *deploy.WaveView
	for i := range v.Board.Waves {
		w := &v.Board.Waves[i]
		if w.State.Live() && (found == nil || troubled(w) && !troubled(found)) {
			found = w
		}
	}
	return found
}

func troubled(w *deploy.WaveView) bool {
	return w.State == deploy.WaveFailed || w.State == deploy.WaveRemediating
}

// broken is the first wave in trouble.
func (v BoardView) broken() *deploy.WaveView {
	for i := range v.Board.Waves {
		if w := &v.Board.Waves[i]; troubled(w) {
			return w
		}
	}
	return nil
}

func (v BoardView) next() *deploy.WaveView {
	for i := range v.Board.Waves {
		if v.Board.Waves[i].Next {
			return &v.Board.Waves[i]
		}
	}
	return nil
}

// shown is the wave that the top of the board is about.
func (v BoardView) shown() *deploy.WaveView {
	if w := v.live(); w != nil {
		return w
	}
	return v.next()
}

// headline says in one line how far the deployment is.
func (v BoardView) headline() string {
	w, n := v.shown(), len(v.Board.Waves)
	switch {
	case n == 0:
		return "No waves yet"
	case w == nil:
		return "Every wave is through"
	}
	return fmt.Sprintf("Wave %d of %d, %s, %s", w.Number, n, w.Name, standing[w.State])
}

// standing ends the headline.
var standing = map[deploy.WaveState]string{
	deploy.WavePlanned: "is planned", deploy.WaveReady: "waits for go", deploy.WaveNoGo: "got no go", deploy.WaveGo: "may start",
	deploy.WaveRunning: "is running", deploy.WavePaused: "is paused", deploy.WaveVerifying: "is being verified", deploy.WaveComplete: "is complete",
	deploy.WaveFailed: "failed", deploy.WaveRemediating: "is being remediated", deploy.WaveRolledBack: "is rolled back",
}

func waveAt(w *deploy.WaveView, parts ...string) string {
	return "/releases/" + w.ReleaseKey + "/waves/" + strings.Join(append([]string{number(w.Number)}, parts...), "/")
}

// WaveForm names the form of a wave's verb.
func WaveForm(number int64, verb string) string {
	return "wave-" + strconv.FormatInt(number, 10) + "-" + verb
}

func waveForm(w *deploy.WaveView, verb string) string { return WaveForm(w.Number, verb) }

func waveClass(w *deploy.WaveView) string {
	switch {
	case w.State.Live() || w.State == deploy.WaveGo:
		return "is-live"
	case w.State.Begun():
		return ""
	case w.Next && len(w.Blockers) == 0:
		return ""
	}
	return "is-locked"
}

// nature is what kind of wave it is, in a line.
func nature(w *deploy.WaveView) string {
	var parts []string
	if w.Pilot {
		parts = append(parts, "Pilot")
	}
	place := w.EnvironmentName
	if place == "" {
		place = "no environment " + w.EnvironmentKey
	}
	if w.Method != "" {
		parts = append(parts, deploy.MethodLabel(w.Method))
	}
	return strings.Join(append(parts, place), " · ")
}

func segments(w *deploy.WaveView) []ui.Segment {
	return []ui.Segment{{Family: "good", Label: "verified", Count: w.Verified}, {Family: "active", Label: "in progress", Count: w.Active},
		{Family: "neutral", Label: "not begun", Count: max(w.Open()-w.Active, 0)}, {Family: "warn", Label: "rolled back", Count: w.RolledBack},
		{Family: "bad", Label: "failed", Count: w.Failed}, {Family: "void", Label: "excluded", Count: w.Excluded}}
}

func title(label string) string { return strings.ToUpper(label[:1]) + label[1:] }

func percent(part, whole int64) string {
	if whole == 0 {
		return "none yet"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

func ratio(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// failureScale stretches the gauge of failures, so that its limit stands in the middle.
func failureScale(w *deploy.WaveView) (value float64) {
	return min(ratio(w.Failed, w.Tolerated())/2, 100)
}

func failureFamily(w *deploy.WaveView) string {
	switch {
	case w.Failed >= w.Tolerated():
		return "bad"
	case w.Failed > 0:
		return "warn"
	}
	return "good"
}

func failureNote(w *deploy.WaveView) string { return "the wave fails at " + ui.Count(w.Tolerated()) }

func verifiedFamily(w *deploy.WaveView) string {
	if w.Verified >= w.Needed() {
		return "good"
	}
	return "active"
}

func verifiedNote(w *deploy.WaveView) string {
	return fmt.Sprintf("%s of %s", ui.Count(w.Needed()), ui.Count(w.Counted()))
}

func troubles(w *deploy.WaveView) int64 { return w.Failed - int64(len(w.Failures)) }

// stepsLine tells how far the run sheet is.
func stepsLine(w *deploy.WaveView) string {
	if w.Steps.Total == 0 && w.ByMachine() {
		return "Run sheet, by machine"
	}
	line := fmt.Sprintf("Run sheet, %d of %s settled", w.Steps.Settled, noun.Count(w.Steps.Total, "step"))
	if w.Steps.Failed > 0 {
		line += ", " + ui.Count(w.Steps.Failed) + " failed"
	}
	return line
}

func staffing(w *deploy.Wave) string {
	names := make([]string, len(w.Staff))
	for i, s := range w.Staff {
		names[i] = s.UserName
	}
	return strings.Join(names, ", ")
}

// left is how long it is until a moment, or how long it is past.
func left(now, at db.Time) string {
	if at.IsZero() {
		return "not set"
	}
	d := at.Sub(now)
	if d < 0 {
		return ui.Duration(d) + " ago"
	}
	return ui.Duration(d)
}

func elapsed(now, from db.Time) string {
	if from.IsZero() {
		return "not begun"
	}
	return ui.Duration(now.Sub(from))
}

func hours(n int64) string { return ui.Duration(time.Duration(n) * time.Hour) }

func waitingFor(w *deploy.WaveView) string {
	return fmt.Sprintf("What is in the way before wave %d can %s", w.Number, w.BlockersFor)
}

// windowPhase ends the name of a window's clock.
func windowPhase(now, from, to db.Time) string {
	switch {
	case from.IsZero():
		return ""
	case now.Before(from):
		return "opens in"
	case now.Before(to):
		return "closes in"
	}
	return "closed"
}

// windowLeft is how long it is until the window opens or closes.
func windowLeft(now, from, to db.Time) string {
	if !from.IsZero() && now.Before(from) {
		return left(now, from)
	}
	return left(now, to)
}

// windowClock says both in a line.
func windowClock(now db.Time, w *deploy.WaveView) string {
	return strings.TrimSpace(windowPhase(now, w.WindowStart, w.WindowEnd) + " " + windowLeft(now, w.WindowStart, w.WindowEnd))
}

func soakLength(w *deploy.WaveView) string {
	if w.SoakHours == 0 {
		return "none"
	}
	return hours(w.SoakHours)
}

// sheetClass makes the run sheet the way on while steps are taken.
func sheetClass(w *deploy.WaveView) string {
	if w.State == deploy.WaveRunning || w.State == deploy.WaveVerifying || !w.BackOutAt.IsZero() {
		return "btn-primary"
	}
	return ""
}

// soaking is the newest wave that is complete and watched.
func (v BoardView) soaking() *deploy.WaveView {
	for i := len(v.Board.Waves) - 1; i >= 0; i-- {
		if w := &v.Board.Waves[i]; w.State == deploy.WaveComplete && !w.SoakUntil.IsZero() {
			return w
		}
	}
	return nil
}

func soakClock(now db.Time, w *deploy.WaveView) string {
	if w.Soaked(now) {
		return "soaked"
	}
	return left(now, w.SoakUntil) + " left"
}

// asking is an exclusion with the page where it is confirmed.
type asking struct {
	deploy.WaveTarget
	href string
}

func (v BoardView) asked() []asking {
	var list []asking
	for i := range v.Board.Waves {
		w := &v.Board.Waves[i]
		for _, t := range w.Exclusions {
			list = append(list, asking{t, waveAt(w, "targets", t.TargetKey)})
		}
	}
	return list
}

// unstaffed are the waves that nobody is named for, and are not over.
func (v BoardView) unstaffed() []string {
	var list []string
	for i := range v.Board.Waves {
		if w := &v.Board.Waves[i]; w.ByHand && len(w.Staff) == 0 && !w.State.Begun() {
			list = append(list, w.Part())
		}
	}
	return list
}

// listed joins words as a sentence does: "wave 1, wave 2 and wave 3".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// a4Given tells whether planning the waves anew costs a decision.
func a4Given(h *release.Head) bool {
	return slices.ContainsFunc(h.Gates, func(g release.Gate) bool { return g.Code == release.A4 && g.State.Passed() })
}

// costs warns of the decision that a change of the waves voids.
func costs(h *release.Head) string {
	if a4Given(h) {
		return "A4 was given for the waves as they are; it is void after this and has to be decided again."
	}
	return ""
}

// firmest says how far the deployment may still go back.
func (v BoardView) firmest() string {
	for i := range v.Board.Waves {
		w := &v.Board.Waves[i]
		switch {
		case !w.NoReturn:
		case w.State.Begun() && w.State != deploy.WaveRolledBack:
			return fmt.Sprintf("The point of no return of %s is passed; going back takes a fresh decision by a change manager or change authority once it is remediated.", w.Part())
		default:
			return fmt.Sprintf("Until %s begins, it goes back by the back-out steps of its waves. After that it takes a fresh decision.", w.Part())
		}
	}
	return "It goes back by the back-out steps of its waves; no wave is a point of no return."
}

// bytesTitle calls the bytes signed only once they are.
func (v BoardView) bytesTitle() string {
	if v.Head.SignedDigest == "" || v.Head.SignedDigest != v.Head.PackageDigest {
		return "Bytes, not signed yet"
	}
	return "Signed bytes"
}
