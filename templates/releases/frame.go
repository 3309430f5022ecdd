package releases

import (
	"fmt"
	"net/url"
	"strings"

	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/templates/layout"
	"slipway/templates/ui"
)

// known tells whether there is a release to frame.
func known(h *release.Head) bool { return h != nil && h.Release != nil }

// tabLabels are the pages of a release in their order, by the word that their
// addresses end in.
var tabLabels = []struct{ word, label string }{
	{"overview", "Overview"}, {"plan", "Plan"}, {"package", "Package"}, {"tests", "Tests"}, {"readiness", "Readiness"},
	{"deployment", "Deployment"}, {"risks", "Risks"}, {"stakeholders", "Stakeholders"}, {"handover", "Handover"}, {"history", "History"},
}

func tabs(r *release.Release, current string) []ui.Tab {
	var list []ui.Tab
	for _, t := range tabLabels {
		tab := ui.Tab{Label: t.label + counter(r, t.word), Href: r.Link(t.word), Current: t.word == current}
		if t.word == "overview" {
			tab.Href = r.Link()
		}
		if list = append(list, tab); t.word == "overview" && r.Type == release.Emergency {
			list = append(list, ui.Tab{Label: "Emergency", Href: r.Link("emergency"), Current: current == "emergency"})
		}
	}
	return list
}

// counter is what a tab tells beside its name.
func counter(r *release.Release, word string) string {
	switch {
	case word == "plan" && r.PlanVersion > 0:
		return fmt.Sprintf(" v%d", r.PlanVersion)
	case word == "package" && r.PackageVersion > 0:
		return fmt.Sprintf(" v%d", r.PackageVersion)
	case word == "risks" && r.OpenRisks > 0:
		return fmt.Sprintf(" %d", r.OpenRisks)
	}
	return ""
}

// tabLabel names a page; one without a tab is named by its own word.
func tabLabel(word string) string {
	for _, t := range tabLabels {
		if t.word == word {
			return t.label
		}
	}
	return noun.Capital(word)
}

func framePage(h *release.Head, tab string) layout.Page {
	p := layout.Page{Title: h.Key + " " + h.Title, Heading: h.Title, Active: "releases", Subtitle: subtitle(h), Crumbs: []ui.Crumb{
		{Label: "Releases", Href: "/releases"}, {Label: h.ServiceName, Href: "/services/" + url.PathEscape(h.ServiceKey)}, {Label: h.Key}}}
	if tab == "overview" {
		p.Actions = actions(h)
		return p
	}
	p.Crumbs[2].Href = h.Link()
	if label := tabLabel(tab); label != "" {
		p.Title, p.Crumbs = label+" · "+p.Title, append(p.Crumbs, ui.Crumb{Label: label})
	}
	return p
}

func approachLine(r *release.Release) string {
	return noun.Capital(string(r.Type)) + " · " + r.Approach.String()
}

// pinned are the rules that the release was made under.
func pinned(r *release.Release) string {
	var parts []string
	if r.PolicyLabel != "" {
		parts = append(parts, "Policy "+r.PolicyLabel)
	}
	if r.ModelLabel != "" {
		parts = append(parts, "Model "+r.ModelLabel)
	}
	return strings.Join(parts, " · ")
}

// sentence is one thing to know about where a release stands.
type sentence struct{ family, text, href string }

// standings says first what fell, then what the release stands before.
func standings(h *release.Head) (list []sentence) {
	for _, g := range h.Voided() {
		list = append(list, sentence{"void", fmt.Sprintf("%s is void: %s", g.Code, ending(g.VoidReason)), gateLink(h, g)})
	}
	next := h.Next()
	if next == nil {
		return append(list, resting(h))
	}
	name, href := fmt.Sprintf("%s %s", next.Code, next.Code.Name()), gateLink(h, *next)
	switch next.State {
	case release.GateVoided:
		return list
	case release.GateApproved, release.GateWaived:
		return append(list, sentence{"good", name + " holds.", href})
	case release.GateOpen:
		return append(list, sentence{"active", name + " is open: see what it asks.", href})
	case release.GateRejected:
		return append(list, sentence{"bad", name + " was rejected; mend what is listed and submit it anew.", href})
	case release.GateExpired:
		return append(list, sentence{"bad g-clock", name + " expired undecided; it is submitted anew.", href})
	}
	return append(list, sentence{"neutral g-lock", fmt.Sprintf("Not ready for %s.", name), href})
}

// resting is where a release stands that waits before no gate.
func resting(h *release.Head) sentence {
	switch h.State {
	case release.Draft:
		return sentence{"neutral", "Not submitted yet: A1 plan opens when it is.", h.Link()}
	case release.OnHold:
		return sentence{"void g-pause", fmt.Sprintf("On hold; it goes on in %s.", ui.StateWord(h.HeldFrom)), h.Link()}
	case release.Cancelled:
		return sentence{"void", "Cancelled; it is part of the record now.", h.Link("history")}
	case release.Closed:
		return sentence{ui.Family(h.Outcome), "Closed: " + ui.StateWord(h.Outcome) + ".", h.Link("history")}
	case release.Remediating:
		return sentence{"bad", "Remediating: the wave that failed is begun again or backed out.", h.Link("deployment")}
	case release.RolledBack:
		return sentence{"bad", "Rolled back: build it anew, or review what happened.", h.Link("deployment")}
	case release.Paused:
		return sentence{"void g-pause", "The deployment is paused.", h.Link("deployment")}
	case release.EarlyLife:
		return sentence{"active", "In early life support.", h.Link("handover")}
	}
	return sentence{"active", "Deploying.", h.Link("deployment")}
}

func ending(text string) string {
	if text == "" {
		return "its subject changed."
	}
	return strings.TrimRight(text, ". ") + "."
}

func gateLink(h *release.Head, g release.Gate) string { return h.Link("gates", string(g.Code)) }

// railGates are the five gates as the rail shows them.
func railGates(h *release.Head) []ui.RailGate {
	next := h.Next()
	list := make([]ui.RailGate, len(h.Gates))
	for i, g := range h.Gates {
		list[i] = ui.RailGate{Code: string(g.Code), Name: g.Code.Name(), State: string(g.State), Href: gateLink(h, g), Next: next != nil && next.Code == g.Code}
	}
	return list
}

// verbLabels are the words of what a person may tell a release.
var verbLabels = map[release.Verb]string{
	release.VerbSubmit: "Submit for A1", release.VerbHold: "Put on hold", release.VerbResume: "Resume", release.VerbRework: "Rework",
	release.VerbRebuild: "Build anew", release.VerbReview: "Go to review", release.VerbCancel: "Cancel the release",
}

// VerbLabel is the label of a verb's button.
func VerbLabel(v release.Verb) string {
	if label, ok := verbLabels[v]; ok {
		return label
	}
	return noun.Capital(string(v))
}

// MoveAddress is the page that says what a verb brings and asks for a reason.
func MoveAddress(r *release.Release, v release.Verb) string {
	return r.Link("moves") + "?verb=" + url.QueryEscape(string(v))
}
