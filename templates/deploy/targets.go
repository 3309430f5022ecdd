package deploy

import (
	"net/url"
	"strings"

	"slipway/internal/deploy"
	"slipway/templates/ui"
)

// TargetsView is the list of targets under its filter.
type TargetsView struct {
	*deploy.TargetList
	Filter deploy.TargetFilter
	Errors ui.Errors
}

// TargetForm is the form of a new target, or of one that is there.
type TargetForm struct {
	Trial
	Saved        *deploy.Target // nil for a new one
	Draft        deploy.TargetDraft
	Environments []deploy.EnvironmentView
}

// TargetFormName is the name of the form.
const TargetFormName = "target"

// TargetSheet is one target.
type TargetSheet struct {
	Trial
	*deploy.TargetDetail
	Host  *deploy.HostView // how it is reached over SSH
	Fresh string           // a token just made, shown once
}

func (v TargetsView) filtered() bool {
	f := v.Filter
	return f.Text != "" || f.EnvironmentKey != "" || f.Filter != "" || f.Drift != "" || f.Retired || f.After != ""
}

func (v TargetsView) at(after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": v.Filter.Text, "environment": v.Filter.EnvironmentKey, "filter": v.Filter.Filter, "drift": string(v.Filter.Drift), "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if v.Filter.Retired {
		q.Set("retired", "true")
	}
	if len(q) == 0 {
		return "/targets"
	}
	return "/targets?" + q.Encode()
}

func (v TargetsView) next() string {
	if v.Next == "" {
		return ""
	}
	return v.at(v.Next)
}

func (v TargetsView) environments() []ui.Option {
	list := make([]ui.Option, len(v.Environments))
	for i, e := range v.Environments {
		list[i] = ui.Option{Value: e.Key, Label: e.Name}
	}
	return list
}

func environmentOptions(list []deploy.EnvironmentView) []ui.Option {
	options := make([]ui.Option, len(list))
	for i, e := range list {
		options[i] = ui.Option{Value: e.Key, Label: e.Name}
	}
	return options
}

func (v TargetForm) heading() string {
	if v.Saved == nil {
		return "Add a target"
	}
	return "Edit " + v.Saved.Key
}

func (v TargetForm) action() string {
	if v.Saved == nil {
		return "/targets/new"
	}
	return v.Saved.Link() + "/edit"
}

func (v TargetForm) back() string {
	if v.Saved == nil {
		return "/targets"
	}
	return v.Saved.Link()
}

func (v TargetForm) crumbs() []ui.Crumb {
	list := []ui.Crumb{{Label: "Targets", Href: "/targets"}}
	if v.Saved != nil {
		list = append(list, ui.Crumb{Label: v.Saved.Key, Href: v.Saved.Link()})
	}
	return append(list, ui.Crumb{Label: v.heading()})
}

func (v TargetForm) text(name, label, standard, hint string) ui.Input {
	return hinted(v.field(TargetFormName, name, label, standard), hint)
}

func (v TargetForm) attributes() ui.Input {
	i := v.text("attributes", "Attributes", v.Draft.Attributes, "One a line, such as site=Oslo. Waves choose by them.")
	i.Rows, i.Mono = 5, true
	return optional(i)
}

// newer is what somebody else saved meanwhile, beside what was typed.
func (v TargetForm) newer() []deploy.Difference {
	if v.Saved == nil || !v.Refused {
		return nil
	}
	t := v.Saved
	return differing([]deploy.Difference{
		{What: "Name", Before: v.Text("name", ""), After: t.Name}, {What: "Environment", Before: v.Text("environment", ""), After: t.EnvironmentKey},
		{What: "Tags", Before: v.Text("tags", ""), After: t.Tags}, {What: "Attributes", Before: v.Text("attributes", ""), After: t.Attributes},
	})
}

// facetAt is the list of those that share a tag or an attribute.
func facetAt(name, value string) string {
	if strings.ContainsAny(value, " =!") {
		value = `"` + value + `"`
	}
	return "/targets?" + url.Values{"filter": {name + "=" + value}}.Encode()
}

func attributeAt(line string) string {
	name, value, _ := strings.Cut(line, "=")
	return facetAt(name, value)
}

// moments is a target's history as a timeline.
func moments(history []deploy.Event) []ui.Moment {
	list := make([]ui.Moment, len(history))
	for i, e := range history {
		text := ui.StateWord(string(e.State))
		if e.Label != "" && e.Label != e.ReleaseKey {
			text += ", " + e.Label
		}
		w := deploy.Wave{ReleaseKey: e.ReleaseKey, Number: e.WaveNumber}
		who := e.ByName
		if e.ByID == 0 && who == "" {
			who = "Slipway"
		}
		list[i] = ui.Moment{Family: ui.Family(string(e.State)), Who: who, Text: text + " · " + e.ReleaseKey + " wave " + number(e.WaveNumber), Note: e.Note, At: e.HappenedAt, Href: w.Link()}
	}
	return list
}
