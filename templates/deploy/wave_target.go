package deploy

import (
	"cmp"
	"net/url"
	"slices"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/templates/layout"
	"slipway/templates/ui"
)

// WaveTargetsView is the list of a wave's targets.
type WaveTargetsView struct {
	Head *release.Head
	*deploy.TargetPage
	Query deploy.TargetQuery
}

func (v WaveTargetsView) address() string {
	return v.Head.Link("waves", number(v.Wave.Number), "targets")
}

func (v WaveTargetsView) next() string {
	if v.Next == "" {
		return ""
	}
	q := url.Values{"after": {v.Next}}
	if v.Query.Text != "" {
		q.Set("q", v.Query.Text)
	}
	if v.Query.State != "" {
		q.Set("state", string(v.Query.State))
	}
	return v.address() + "?" + q.Encode()
}

// counts gives the states that targets stand in, those in trouble first.
func (v WaveTargetsView) counts() []deploy.StateCount {
	order := func(s deploy.TargetState) int {
		if s == deploy.TargetFailed || s == deploy.TargetOverdue {
			return -1
		}
		return slices.Index(deploy.TargetStates(), s)
	}
	list := slices.Clone(v.Counts)
	slices.SortFunc(list, func(a, b deploy.StateCount) int { return cmp.Compare(order(a.State), order(b.State)) })
	return list
}

func (v WaveTargetsView) filtered() bool { return v.Query.Text != "" || v.Query.State != "" }

// states are those that a target of the wave may stand in.
func (v WaveTargetsView) states() []ui.Option {
	foreign := []deploy.TargetState{deploy.TargetOffered, deploy.TargetTaken, deploy.TargetInstalled, deploy.TargetOverdue}
	if v.Release.Approach.Delivery == "pull" {
		foreign = []deploy.TargetState{deploy.TargetStaged, deploy.TargetDeploying, deploy.TargetVerifying}
	}
	var list []ui.Option
	for _, s := range deploy.TargetStates() {
		if !slices.Contains(foreign, s) {
			list = append(list, ui.Option{Value: string(s), Label: ui.StateWord(string(s))})
		}
	}
	return list
}

// WaveTargetView is one target of a wave, and what may be said of it.
type WaveTargetView struct {
	Trial
	*deploy.TargetPage
	Work *deploy.TargetRuns // what was done over SSH; nil where that is not asked
	Sent *deploy.Message    // by which it was handed over; nil where it was not
}

func (v WaveTargetView) target() *deploy.TargetView { return &v.Targets[0] }

func (v WaveTargetView) at(verb string) string {
	return v.Release.Link("waves", number(v.Wave.Number), "targets", v.target().TargetKey, verb)
}

func (v WaveTargetView) layoutPage() layout.Page {
	return layout.Page{Title: v.target().TargetKey + " in " + v.Wave.Part() + " · " + v.Release.Key, Active: "deployments"}
}

func (v WaveTargetView) crumbs() []ui.Crumb {
	return []ui.Crumb{{Label: v.Release.Key, Href: v.Release.Link("deployment")}, {Label: "Wave " + number(v.Wave.Number), Href: v.Wave.Link()},
		{Label: "Targets", Href: v.Release.Link("waves", number(v.Wave.Number), "targets")}, {Label: v.target().TargetKey}}
}

func (v WaveTargetView) idle() bool {
	t := v.target()
	return !v.putsBack() && !t.CanAgree && !t.CanVerify && !t.CanFail && !t.CanRetry && !t.CanRollBack && !t.CanAskExclusion && !t.CanConfirmExclusion && !t.CanRefuseExclusion
}

func (v WaveTargetView) putsBack() bool { return v.Work != nil && v.Work.CanPutBack }

// refuseLabel is the word of whoever asked, or of the one who is asked.
func (v WaveTargetView) refuseLabel(me int64) string {
	if v.target().ExcludeAskedByID == me {
		return "Take it back"
	}
	return "Keep it in"
}
