package releases

import (
	"fmt"
	"strconv"
	"strings"

	"slipway/internal/noun"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/templates/draft"
	"slipway/templates/ui"
)

// NewView is a release as it is typed.
type NewView struct {
	Choices *release.Choices
	Draft   draft.Draft
	Zone    string // that the viewer types times in
	Viewer  int64
	Units   []string // the ids of those chosen
}

// Only chooses the model and the unit of a new release where there is but one.
func (v *NewView) Only() {
	if models := v.Choices.Models; len(models) == 1 && v.Draft.Values.Get("model") == "" {
		v.Draft.Values.Set("model", id(models[0].ID))
	}
	if units := v.Choices.Units; len(units) == 1 && v.Choices.Service != nil && len(v.Units) == 0 {
		v.Units = []string{id(units[0].ID)}
	}
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func (v NewView) serviceOptions() []ui.Option {
	list := make([]ui.Option, len(v.Choices.Services))
	for i, s := range v.Choices.Services {
		list[i] = ui.Option{Value: s.Key, Label: s.Name + " (" + s.Key + ")"}
	}
	return list
}

func (v NewView) modelOptions() []ui.Option {
	list := make([]ui.Option, len(v.Choices.Models))
	for i := range v.Choices.Models {
		m := &v.Choices.Models[i]
		approach := release.Approach{Scale: m.Body.Scale, Delivery: m.Body.Delivery, Execution: m.Body.Execution}
		list[i] = ui.Option{Value: id(m.ID), Label: fmt.Sprintf("%s: %s, %s", m.Label(), approach, noun.Count(len(m.Body.Waves), "wave"))}
	}
	return list
}

func (v NewView) ownerOptions() []ui.Option {
	var list []ui.Option
	there := false
	for _, p := range v.Choices.Owners {
		list = append(list, ui.Option{Value: id(p.ID), Label: p.Name})
		there = there || p.ID == v.Viewer
	}
	if !there {
		list = append([]ui.Option{{Value: id(v.Viewer), Label: "Yourself"}}, list...)
	}
	return list
}

func typeOptions() []ui.Option {
	return []ui.Option{{Value: string(release.Major), Label: "Major"}, {Value: string(release.Minor), Label: "Minor"},
		{Value: string(release.Emergency), Label: "Emergency: corrects an incident or known errors"}}
}

func plainOptions(words []string) []ui.Option {
	list := make([]ui.Option, len(words))
	for i, w := range words {
		list[i] = ui.Option{Value: w, Label: noun.Capital(w)}
	}
	return list
}

// axis is one of the three axes of the approach; left empty it is the model's.
func (v NewView) axis(name, label string) ui.Input {
	i := v.Draft.Optional(name, label, "", "")
	i.Placeholder = "As the model says"
	return i
}

func (v NewView) keyInput() ui.Input {
	hint := "Left empty, it is the next free number. Choose the service to see it."
	if v.Choices.NextKey != "" {
		hint = "Left empty, it is the next free number, now " + v.Choices.NextKey + "."
	}
	i := v.Draft.Optional("key", "Identifier", "", hint)
	i.Placeholder, i.Mono = v.Choices.NextKey, true
	return i
}

func (v NewView) service() string {
	if v.Choices.Service != nil {
		return v.Choices.Service.Key
	}
	return v.Draft.Text("service", "")
}

// unitGroup is the release units of one service.
type unitGroup struct {
	name    string
	options []ui.Option
}

// unitGroups keeps the units of each service together, for those who have not
// chosen a service yet.
func (v NewView) unitGroups() (groups []unitGroup) {
	for _, s := range v.Choices.Services {
		group := unitGroup{name: s.Name}
		for _, u := range v.Choices.Units {
			if u.ServiceID != s.ID {
				continue
			}
			group.options = append(group.options, ui.Option{Value: id(u.ID), Label: u.Name, Hint: unitHint(u.Description, len(u.Items))})
		}
		if len(group.options) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

func unitHint(description string, items int) string {
	count := noun.Count(items, "configuration item")
	if description == "" {
		return count
	}
	return description + " · " + count
}

// typeLine is what a policy asks of a type of release.
func typeLine(rule policy.TypeRule) string {
	parts := []string{fmt.Sprintf("%d days' notice", rule.NoticeDays), fmt.Sprintf("%d days of early life support", rule.ELSDays)}
	if rule.Frequency != "" {
		parts = append(parts, rule.Frequency)
	}
	return strings.Join(parts, " · ")
}
