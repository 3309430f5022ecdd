package deploy

import (
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/templates/rollout"
	"slipway/templates/ui"
)

// WaveFormView is the form of a new wave, or of one that is planned.
type WaveFormView struct {
	Trial
	Head          *release.Head
	Number        int64 // 0 for a new wave
	Version       int64
	Edit          deploy.WaveEdit // what the fields hold before anything is typed
	Environments  []deploy.EnvironmentView
	Staff, Leads  []identity.Person
	Preview       *deploy.Preview
	PreviewError  string
	PreviewFilter string // what the preview is of
}

// WaveFormName is the name of the form.
const WaveFormName = "wave"

func (v WaveFormView) heading() string {
	if v.Number == 0 {
		return "Add a wave"
	}
	return "Wave " + number(v.Number) + ", " + v.Edit.Name
}

func (v WaveFormView) action() string {
	if v.Number == 0 {
		return v.Head.Link("waves")
	}
	return v.Head.Link("waves", number(v.Number), "edit")
}

func (v WaveFormView) previewAt() string {
	return v.Head.Link("waves", number(v.Number), "preview")
}

func (v WaveFormView) back() string {
	if v.Number == 0 {
		return v.Head.Link("deployment")
	}
	return v.Head.Link("deployment") + "#wave-" + number(v.Number)
}

func (v WaveFormView) text(name, label, standard, hint string) ui.Input {
	return hinted(v.field(WaveFormName, name, label, standard), hint)
}

func (v WaveFormView) count(name, label string, standard int64, hint string) ui.Input {
	return wholeNumber(v.text(name, label, number(standard), hint))
}

func (v WaveFormView) at(name, label, standard string) ui.Input {
	i := optional(v.text(name, label, standard, "In "+v.Head.Zone+"."))
	i.Type = "datetime-local"
	return i
}

func (v WaveFormView) environments() []ui.Option {
	list := make([]ui.Option, len(v.Environments))
	for i, e := range v.Environments {
		list[i] = ui.Option{Value: e.Key, Label: e.Name + " (" + noun.Count(e.Targets, "target") + ")"}
	}
	return list
}

// methods are the ways in which the release can be carried out.
func (v WaveFormView) methods() []ui.Option {
	var list []ui.Option
	if v.Number == 0 {
		list = append(list, ui.Option{Value: "", Label: "as the environment says"})
	}
	for _, m := range deploy.MethodsFor(v.Head.Approach) {
		list = append(list, ui.Option{Value: m, Label: deploy.MethodLabel(m)})
	}
	return list
}

// pushes tells whether the wave can be pushed over SSH.
func (v WaveFormView) pushes() bool {
	return slices.Contains(deploy.MethodsFor(v.Head.Approach), deploy.MethodSSH)
}

// fetches tells whether devices may carry the wave out by themselves.
func (v WaveFormView) fetches() bool {
	return slices.Contains(deploy.MethodsFor(v.Head.Approach), deploy.MethodDDI)
}

func people(list []identity.Person) []ui.Option {
	options := make([]ui.Option, len(list))
	for i, p := range list {
		options[i] = ui.Option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name}
	}
	return options
}

// rollout is the group of fields by which the wave goes over its targets: as it
// was sent, or as it is planned.
func (v WaveFormView) rollout() rollout.Fields {
	f := rollout.Fields{Form: rollout.Of(v.Edit.Rollout), GoBy: v.Head.OwnerName + " gives go"}
	if v.Is(WaveFormName) && v.Values != nil {
		f.Form, f.Errors = rollout.FromValues(v.Values), v.Errors
	}
	return f
}

// chosen are the people who are ticked: as it was sent, or as it is planned.
func (v WaveFormView) chosen() []string {
	if v.Is(WaveFormName) && v.Values != nil {
		return v.Values["staff"]
	}
	list := make([]string, len(v.Edit.StaffIDs))
	for i, id := range v.Edit.StaffIDs {
		list[i] = strconv.FormatInt(id, 10)
	}
	return list
}

func (v WaveFormView) lead() string {
	if v.Edit.LeadID == 0 {
		return number(v.Head.OwnerID)
	}
	return number(v.Edit.LeadID)
}

// skippedWords says how many targets match and go with an earlier wave.
func skippedWords(p *deploy.Preview) string {
	switch p.Skipped {
	case 0:
		return ""
	case 1:
		return " 1 more matches and " + elsewhere(p, "goes with an earlier wave", "is")
	}
	return " " + ui.Count(p.Skipped) + " more match and " + elsewhere(p, "go with earlier waves", "are")
}

// elsewhere says where they go that match and are not taken.
func elsewhere(p *deploy.Preview, earlier, are string) string {
	if p.Limited {
		return are + " more than it takes, or " + earlier + "."
	}
	return earlier + "."
}

// newerWords says how many targets are left out since they run something newer.
func newerWords(n int64) string {
	if n == 0 {
		return ""
	}
	return " " + noun.Count(n, "target") + " left out: what runs there is newer."
}

func taken(p *deploy.Preview) string {
	if p.Total == 0 {
		return "no target"
	}
	return noun.Count(p.Total, "target")
}

// change is a field that somebody saved otherwise meanwhile.
type change struct{ label, saved string }

// newer lists what is saved otherwise than what was typed, once somebody's
// newer change was found.
func (v WaveFormView) newer() []change {
	if !v.Refused || v.Number == 0 || len(v.Blockers) > 0 {
		return nil
	}
	e := v.Edit
	var list []change
	see := func(label, name, saved string) {
		if v.Values.Get(name) != saved {
			list = append(list, change{label, saved})
		}
	}
	see("Name", "name", e.Name)
	see("Environment", "environment", e.EnvironmentKey)
	see("Targets", "filter", e.Filter)
	see("Picked by hand", "picked", e.Picked)
	see("Take what runs something newer", "older", e.Older)
	see("Window from", "window_start", ui.LocalInput(e.WindowStart, v.Head.Zone))
	see("Window until", "window_end", ui.LocalInput(e.WindowEnd, v.Head.Zone))
	see("Complete at", "success_percent", number(e.SuccessPercent))
	see("Soak", "soak_hours", number(e.SoakHours))
	see("Fails at", "failure_percent", number(e.FailurePercent))
	see("And at least", "failure_count", number(e.FailureCount))
	see("Expected interruption per service", "outage", e.Outage.Typed())
	see("Carried out", "method", e.Method)
	if saved, typed := rollout.Of(e.Rollout).Rollout(), rollout.FromValues(v.Values).Rollout(); saved != typed {
		list = append(list, change{"Rollout", strings.Join(saved.Sentences(), "; ")})
	}
	see("Back out when", "trigger", e.Trigger)
	return list
}
