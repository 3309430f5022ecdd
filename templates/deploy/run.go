package deploy

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/templates/ui"
)

// stageWords are the stages of a run, in their order.
func stageWords(purpose string) []string {
	if purpose == deploy.ForBackOut {
		return []string{deploy.StageConnect, deploy.StageBackOut}
	}
	return []string{deploy.StageConnect, deploy.StageFiles, deploy.StageCheck, deploy.StageInstall, deploy.StageVerify}
}

func stageLabel(stage string) string {
	switch stage {
	case deploy.StageConnect:
		return "Connect"
	case deploy.StageFiles:
		return "Stage the files"
	case deploy.StageCheck:
		return "Check the digests"
	case deploy.StageInstall:
		return "Install"
	case deploy.StageVerify:
		return "Verify"
	case deploy.StageBackOut:
		return "Back out"
	}
	return "Wait"
}

// stageStand tells how a stage of a run stands: "good", "bad", "now" or "".
func stageStand(r *deploy.RunView, stage string) (family, words string) {
	list := stageWords(r.Purpose)
	at, this := indexOf(list, r.Stage), indexOf(list, stage)
	switch {
	case r.State == deploy.RunDone, this < at:
		return "good", "done"
	case this > at:
		return "neutral", "not yet"
	case r.State == deploy.RunGoing:
		return "active", "now"
	case r.State == deploy.RunFailed:
		return "bad", "failed"
	}
	return "neutral", "waits"
}

func indexOf(list []string, word string) int {
	for i, one := range list {
		if one == word {
			return i
		}
	}
	return -1
}

func runLabel(r *deploy.RunView) string {
	if r.Purpose == deploy.ForBackOut {
		return "Back-out " + number(r.Attempt)
	}
	return "Attempt " + number(r.Attempt)
}

func runFamily(s deploy.RunState) (family, words string) {
	switch s {
	case deploy.RunGoing:
		return "active", "going"
	case deploy.RunDone:
		return "good", "done"
	case deploy.RunFailed:
		return "bad", "failed"
	case deploy.RunWithdrawn:
		return "neutral", "withdrawn"
	}
	return "neutral", "waits"
}

// commandStand says how a command ended, or that it runs.
func commandStand(c *deploy.Command) (family, words string) {
	switch {
	case c.Outcome == "":
		return "active", "runs"
	case c.Good():
		return "good", "exit code 0"
	case c.Outcome == deploy.CommandEnded:
		return "bad", "exit code " + number(c.Code)
	case c.Outcome == deploy.CommandUnknown:
		return "warn", "end unknown"
	}
	return "bad", c.Outcome
}

func (v WaveTargetView) workAt(part string) string {
	return v.Release.Link("waves", number(v.Wave.Number), "targets", v.target().TargetKey, part)
}

// pushed tells whether there is work over SSH to show.
func (v WaveTargetView) pushed() bool {
	return v.Work != nil && (v.Wave.Method == deploy.MethodSSH || len(v.Work.Runs) > 0)
}

// watched tells whether the page looks for news.
func (v WaveTargetView) watched() bool { return v.Work.Live() || v.Wave.State.Live() }

// kept says how much of a command's output is kept.
func kept(c *deploy.Command) string {
	if c.Said <= int64(len(c.Output)) {
		return ""
	}
	return ui.Count(c.Said) + " bytes were said; the beginning and the end are kept."
}

// took is how long a command ran.
func took(c *deploy.Command) string {
	d := c.EndedAt.Sub(c.BeganAt)
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func tidy(output string) string { return strings.TrimRight(output, "\n") }
