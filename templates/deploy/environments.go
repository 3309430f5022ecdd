package deploy

import (
	"strings"

	"slipway/internal/deploy"
	"slipway/templates/ui"
)

// EnvironmentForm is the form of a new environment, or of one that is there.
type EnvironmentForm struct {
	Trial
	Saved *deploy.EnvironmentView // nil for a new one
	Draft deploy.EnvironmentDraft // what the fields hold before anything is typed
}

// EnvironmentFormName is the name of the form.
const EnvironmentFormName = "environment"

// EnvironmentSheet is one environment with the first of its targets.
type EnvironmentSheet struct {
	Trial
	*deploy.EnvironmentView
	First  *deploy.TargetList
	Keys   []deploy.EnvKey  // of SSH, the newest first
	Hook   *deploy.HookView // the other deployer
	Secret string           // of its messages, just made, shown once
	Fresh  string           // a gateway token just made, shown once
}

func (v EnvironmentForm) heading() string {
	if v.Saved == nil {
		return "Add an environment"
	}
	return "Edit " + v.Saved.Name
}

func (v EnvironmentForm) action() string {
	if v.Saved == nil {
		return "/environments/new"
	}
	return environmentAt(v.Saved.Key) + "/edit"
}

func (v EnvironmentForm) back() string {
	if v.Saved == nil {
		return "/environments"
	}
	return environmentAt(v.Saved.Key)
}

func (v EnvironmentForm) crumbs() []ui.Crumb {
	list := []ui.Crumb{{Label: "Environments", Href: "/environments"}}
	if v.Saved != nil {
		list = append(list, ui.Crumb{Label: v.Saved.Name, Href: environmentAt(v.Saved.Key)})
	}
	return append(list, ui.Crumb{Label: v.heading()})
}

// zone is the one it has; a new one lives by the viewer's clock.
func (v EnvironmentForm) zone(viewers string) string {
	if v.Saved == nil {
		return viewers
	}
	return v.Draft.Zone
}

func (v EnvironmentForm) text(name, label, standard, hint string) ui.Input {
	return hinted(v.field(EnvironmentFormName, name, label, standard), hint)
}

// reachedBy are the ways in which targets can be reached.
func reachedBy() []ui.Option {
	list := []ui.Option{{Value: "", Label: "no machine: by people with a run sheet"}}
	for _, m := range deploy.Methods() {
		list = append(list, ui.Option{Value: m, Label: deploy.MethodLabel(m)})
	}
	return list
}

// newer is what somebody else saved meanwhile, beside what was typed.
func (v EnvironmentForm) newer() []deploy.Difference {
	if v.Saved == nil || !v.Refused {
		return nil
	}
	e := v.Saved.Environment
	return differing([]deploy.Difference{
		{What: "Name", Before: v.Text("name", ""), After: e.Name}, {What: "Time zone", Before: v.Text("zone", ""), After: e.Zone},
		{What: "Production", Before: yes(v.Values.Has("production")), After: yes(e.Production)}, {What: "Place in the order", Before: v.Text("position", ""), After: number(e.Position)},
		{What: "Reached by machine", Before: deploy.MethodLabel(v.Text("method", "")), After: deploy.MethodLabel(e.Method)},
	})
}

// differing keeps what was typed and what was saved where they are not alike.
func differing(list []deploy.Difference) (kept []deploy.Difference) {
	for _, d := range list {
		if d.Before = strings.ReplaceAll(strings.TrimSpace(d.Before), "\r\n", "\n"); d.Before != d.After {
			kept = append(kept, d)
		}
	}
	return kept
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// formVersion is the version that a form was drawn from. After a refusal it is
// the newest, since the page shows what that holds.
func (t Trial) formVersion(newest int64) string {
	if t.Refused {
		return number(newest)
	}
	return t.Text("version", number(newest))
}

func environmentAt(key string) string { return "/environments/" + key }

// placesTabs lead between environments and targets.
func placesTabs(current string) []ui.Tab {
	return []ui.Tab{{Label: "Environments", Href: "/environments", Current: current == "environments"}, {Label: "Targets", Href: "/targets", Current: current == "targets"}}
}
