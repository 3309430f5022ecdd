package releases

import (
	"fmt"
	"strings"

	"slipway/internal/fault"
	"slipway/internal/release"
	"slipway/templates/draft"
	"slipway/templates/ui"
)

// EditView is a release as it is edited: its words, or its window.
type EditView struct {
	*release.EditSheet
	Draft   draft.Draft
	Stale   bool              // somebody else saved it meanwhile
	Preview *RescheduleEffect // what the typed window would bring
}

// RescheduleEffect is what a new window would bring.
type RescheduleEffect struct {
	From, To release.Window
	Voids    []release.Gate
	Freezes  []fault.Blocker
}

// codes names gates in a line.
func codes(gates []release.Gate) string {
	names := make([]string, len(gates))
	for i, g := range gates {
		names[i] = fmt.Sprintf("%s %s", g.Code, g.Code.Name())
	}
	return strings.Join(names, ", ")
}

func (v EditView) ownerOptions() []ui.Option {
	list := []ui.Option{{Value: id(v.OwnerID), Label: v.OwnerName}}
	for _, p := range v.Owners {
		if p.ID != v.OwnerID {
			list = append(list, ui.Option{Value: id(p.ID), Label: p.Name})
		}
	}
	return list
}

// words is the draft of the form of words; the other form's stays out of it.
func (v EditView) words() draft.Draft { return only(v.Draft, "words") }

func (v EditView) window() draft.Draft { return only(v.Draft, "window") }

func only(d draft.Draft, form string) draft.Draft {
	if d.Is(form) {
		return d
	}
	return draft.Draft{}
}

// restricted is what was ticked, or what is saved.
func (v EditView) restricted() bool {
	if v.Draft.Is("words") && v.Draft.Values != nil {
		return v.Draft.Text("restricted", "") == "true"
	}
	return v.Restricted
}
