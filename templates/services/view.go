// Package services shows the catalogue: services with their packages,
// configuration items, release units and baselines.
package services

import (
	"strconv"

	"slipway/internal/catalog"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/noun"
	"slipway/internal/policy"
	"slipway/internal/release"
	"slipway/templates/layout"
	"slipway/templates/ui"
)

// ServiceForm is a service as it is typed.
type ServiceForm struct {
	Version     int64  `form:"version"` // of the record that the form was drawn from
	Key         string `form:"key"`
	Name        string `form:"name"`
	Description string `form:"description"`
	Owner       int64  `form:"owner"`
	Criticality string `form:"criticality"`
	Contact     string `form:"contact"`
}

// PromiseForm is one statement of a service package as it is typed.
type PromiseForm struct {
	Version   int64               `form:"version"`
	Kind      catalog.PromiseKind `form:"kind"`
	Aspect    string              `form:"aspect"`
	Statement string              `form:"statement"`
	Measure   string              `form:"measure"`
	Target    string              `form:"target"`
}

// ItemForm is a configuration item as it is typed.
type ItemForm struct {
	Version  int64  `form:"version"`
	Key      string `form:"key"`
	Name     string `form:"name"`
	Kind     string `form:"kind"`
	Service  int64  `form:"service"`
	Current  string `form:"current_version"`
	Owner    int64  `form:"owner"`
	Location string `form:"location"`
	Serial   string `form:"serial"`
}

// RelationForm is a relation as it is typed.
type RelationForm struct {
	Kind catalog.RelationKind `form:"relation"`
	To   string               `form:"to"`
}

// UnitForm is a release unit as it is typed.
type UnitForm struct {
	Version     int64    `form:"version"`
	Name        string   `form:"name"`
	Description string   `form:"description"`
	Items       []string `form:"items"` // by their rows
}

// Saved is a field that somebody else saved otherwise than it is typed.
type Saved struct{ Label, Now, Typed string }

// Answer is what was wrong with what was sent.
type Answer struct {
	Errors  ui.Errors
	Refusal error
	Newer   []Saved // where the form was stale
}

// ServiceView is a service with what the other rooms say of it.
type ServiceView struct {
	catalog.Sheet
	Answer
	Policy   *policy.Entry // nil where none holds
	Models   []policy.ModelEntry
	Releases []release.Release // in flight
	Drafts   bool              // the viewer may draw up its policy
	Plans    bool              // the viewer may plan a release of it
	Baseline string            // the name typed for a new one
}

// ServiceEdit is the form of a service.
type ServiceEdit struct {
	Answer
	Form   ServiceForm
	Key    string // empty for a new one
	Name   string
	Owners []identity.Person
}

// PromiseEdit is the form of one statement of a service package.
type PromiseEdit struct {
	Answer
	Form    PromiseForm
	Service *catalog.ServiceRecord
	ID      int64 // 0 for a new one
}

// ItemView is a configuration item with where it is used.
type ItemView struct {
	catalog.ItemSheet
	Answer
	Relation RelationForm
	Releases []release.ItemUse
	Media    []release.MediaUse
	Library  bool // the viewer sees the whole media library
}

// ItemEdit is the form of a configuration item.
type ItemEdit struct {
	Answer
	Form     ItemForm
	Item     *catalog.Item // nil for a new one
	Services []catalog.ServiceRecord
	Owners   []identity.Person
}

// UnitView is a release unit, to be read or edited.
type UnitView struct {
	catalog.UnitSheet
	Answer
	Form UnitForm
}

// BaselineView is a baseline and the difference to another one.
type BaselineView struct {
	catalog.BaselineSheet
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func wordOptions(words []string) []ui.Option {
	list := make([]ui.Option, len(words))
	for i, w := range words {
		list[i] = ui.Option{Value: w, Label: noun.Capital(w)}
	}
	return list
}

func personOptions(people []identity.Person) []ui.Option {
	list := make([]ui.Option, len(people))
	for i, p := range people {
		list[i] = ui.Option{Value: number(p.ID), Label: p.Name}
	}
	return list
}

// chosen is a row's number in its field; none leaves the field to be chosen.
func chosen(id int64) string {
	if id == 0 {
		return ""
	}
	return number(id)
}

// page is the frame of a page of the catalogue.
func page(p layout.Page, crumbs ...ui.Crumb) layout.Page {
	p.Active = "services"
	p.Crumbs = crumbs
	return p
}

func crumb(label, href string) ui.Crumb { return ui.Crumb{Label: label, Href: href} }

func (a Answer) blockers() []fault.Blocker {
	if f, ok := fault.As(a.Refusal); ok {
		return f.Blockers
	}
	return nil
}
