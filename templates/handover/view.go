// Package handover holds the page of early life, knowledge transfer, handover,
// live value and the post-implementation review.
package handover

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"slipway/internal/build"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/internal/review"
	"slipway/templates/draft"
	"slipway/templates/files"
	"slipway/templates/ui"
)

// View is the page.
type View struct {
	Head  *release.Head
	Sheet *review.Sheet
	Draft draft.Draft
	Zone  string // in which typed times are read
}

func (v View) at(parts ...any) string {
	address := "/releases/" + url.PathEscape(v.Sheet.Release.Key) + "/handover"
	for _, part := range parts {
		address += "/" + fmt.Sprint(part)
	}
	return address
}

// open is the address that shows the page with one form open.
func (v View) open(form string) string { return v.at() + "?do=" + form + "#" + form }

// attach are the fields for files of a form; several may stand on the page.
func (v View) attach(form string, held []dml.Attachment) templ.Component {
	i := ui.Input{Form: form, Name: dml.FilesField, Label: "Files"}
	if v.Draft.Is(form) {
		i = v.Draft.Input(dml.FilesField, "Files", "")
	}
	return files.Attach(v.Sheet.Release.Key, i, "photo", held)
}

func (v View) live() bool { return v.Sheet.Release.State == release.EarlyLife }

// disturbed tells whether incidents are recorded: while the release goes out too.
func (v View) disturbed() bool {
	s := v.Sheet.Release.State
	return v.live() || s == release.Deploying || s == release.Paused || s == release.Remediating
}

func (v View) late() bool { return v.live() || v.Sheet.Release.State == release.Review }

// prepares tells whether the release is before or in early life, when roster and
// transfers are still planned.
func (v View) prepares() bool {
	switch v.Sheet.Release.State {
	case release.Review, release.Closed, release.Cancelled, release.RolledBack:
		return false
	}
	return true
}

func (v View) running() bool {
	e := v.Sheet.EarlyLife
	return v.live() && e != nil && (e.State == review.Active || e.State == review.Extended)
}

func (v View) asked() bool {
	return v.live() && v.Sheet.EarlyLife != nil && v.Sheet.EarlyLife.State == review.ExitRequested
}

// allItems names the one form for every item that nobody has offered.
const allItems = "items"

// offers tells whether the viewer may put the item before operations now.
func (v View) offers(item review.HandoverItem) bool {
	return v.late() && v.Sheet.MayOffer && (item.State == review.HandoverOpen || item.State == review.HandoverReturned)
}

// openItems are those that the viewer may offer and nobody has answered. One that
// came back is mended by itself.
func (v View) openItems() (list []review.HandoverItem) {
	for _, item := range v.Sheet.Items {
		if v.offers(item) && item.State == review.HandoverOpen {
			list = append(list, item)
		}
	}
	return list
}

func (v View) toOfferAll(open int) templ.Component {
	if open < 2 {
		return nil
	}
	return linkTo(v.at()+"?do="+allItems+"#handover", "Describe and offer "+noun.Count(open, "open item")+" at once")
}

// acceptBlockers are what keeps the viewer from accepting the exit.
func (v View) acceptBlockers() []fault.Blocker {
	list := v.Sheet.Blockers
	e := v.Sheet.EarlyLife
	if e.RequestedByID == v.Sheet.Viewer || e.LeadID == v.Sheet.Viewer {
		list = append(list[:len(list):len(list)], fault.Blocked("You lead or asked for this exit; somebody else in operations accepts it.", "Operations", "", ""))
	}
	if v.Sheet.Deployed {
		list = append(list[:len(list):len(list)], fault.Blocked("You took part in deploying this release; somebody in operations who did not accepts its exit.", "Operations", "", ""))
	}
	return list
}

// itemBlockers are what keeps the viewer from deciding on an offered item.
func (v View) itemBlockers(item review.HandoverItem) []fault.Blocker {
	var list []fault.Blocker
	if item.OfferedByID == v.Sheet.Viewer {
		list = append(list, fault.Blocked("You offered this item; somebody else in operations decides on it.", "Operations", "", ""))
	}
	if v.Sheet.Deployed {
		list = append(list, fault.Blocked("You took part in deploying this release; somebody in operations who did not decides on it.", "Operations", "", ""))
	}
	return list
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func named(prefix string, n int64) string { return prefix + "-" + number(n) }

func lower(word string) string { return strings.ToLower(word) }

// point is one exit criterion that a person states.
type point struct {
	word        review.Point
	label, note string
	by          string
}

func (v View) points() []point {
	e := v.Sheet.EarlyLife
	return []point{
		{review.UsersCanWork, "Users can do their work", e.UsersNote, e.UsersBy},
		{review.TrainingComplete, "Training is complete", e.TrainingNote, e.TrainingBy},
		{review.ContractsComplete, "Contracts and service level agreements are complete", e.ContractsNote, e.ContractsBy},
	}
}

func (v View) people() []ui.Option {
	list := make([]ui.Option, len(v.Sheet.People))
	for i, person := range v.Sheet.People {
		list[i] = ui.Option{Value: number(person.ID), Label: person.Name}
	}
	return list
}

func (v View) material() []ui.Option {
	list := make([]ui.Option, len(v.Sheet.Material))
	for i := range v.Sheet.Material {
		list[i] = ui.Option{Value: number(v.Sheet.Material[i].ID), Label: v.Sheet.Material[i].Title()}
	}
	return list
}

func (v View) tolerated() []ui.Option {
	var list []ui.Option
	for i := range v.Sheet.Errors {
		if k := &v.Sheet.Errors[i]; k.State == build.Tolerated || k.State == build.Transferred {
			list = append(list, ui.Option{Value: k.Key(), Label: k.Key() + ": " + k.Title})
		}
	}
	return list
}

func severities() []ui.Option {
	return []ui.Option{{Value: "1", Label: "1: the service is down or unusable"}, {Value: "2", Label: "2: badly impaired"},
		{Value: "3", Label: "3: impaired"}, {Value: "4", Label: "4: a nuisance"}}
}

func stability() []ui.Option {
	return []ui.Option{{Value: "yes", Label: "Stable", Hint: "Every service level was kept."}, {Value: "no", Label: "Not stable"}}
}

func liveVerbs(state build.CriterionState, acceptable bool) []ui.Option {
	words := map[build.CriterionVerb]string{build.VerbPass: "Pass", build.VerbFail: "Fail", build.VerbBlock: "Blocked", build.VerbAccept: "Accepted with a known error"}
	var list []ui.Option
	for _, verb := range state.Verbs() {
		if verb != build.VerbAccept || acceptable {
			list = append(list, ui.Option{Value: string(verb), Label: words[verb]})
		}
	}
	return list
}

func outcomes() []ui.Option {
	return []ui.Option{{Value: string(review.Met), Label: "Met", Hint: "Delivered as promised."}, {Value: string(review.Deferred), Label: "Deferred", Hint: "It comes later; the service owner approves."},
		{Value: string(review.Deviated), Label: "Deviated", Hint: "Delivered otherwise; the service owner approves."}}
}

// id is a select's value for a person or version; nothing for none.
func id(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

func days(list []int64) string {
	words := make([]string, len(list))
	for i, day := range list {
		words[i] = number(day)
	}
	return strings.Join(words, ", ")
}

// findings pairs the parts of a review with their texts, for showing.
func findings(f review.Findings) [][2]string {
	return [][2]string{{"Objectives", f.Objectives}, {"Scope", f.Scope}, {"Time and cost", f.TimeCost}, {"Incidents", f.Incidents},
		{"Value", f.Gains}, {"Stakeholder feedback", f.Feedback}, {"Deviations", f.Deviations}, {"Lessons", f.Lessons}}
}
