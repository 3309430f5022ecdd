package policy

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/identity"
	"slipway/internal/noun"
)

// Line is what a version says under one heading, in plain words.
type Line struct{ Label, Text string }

// Difference is a heading under which two versions say different things.
type Difference struct{ Label, Before, After string }

func differences(before, after []Line) []Difference {
	text := func(lines []Line, label string) string {
		if at := slices.IndexFunc(lines, func(l Line) bool { return l.Label == label }); at >= 0 {
			return lines[at].Text
		}
		return ""
	}
	var list []Difference
	for _, l := range after {
		if was := text(before, l.Label); was != l.Text {
			list = append(list, Difference{Label: l.Label, Before: was, After: l.Text})
		}
	}
	for _, l := range before {
		if !slices.ContainsFunc(after, func(a Line) bool { return a.Label == l.Label }) {
			list = append(list, Difference{Label: l.Label, Before: l.Text})
		}
	}
	return list
}

// Differences compares what two sets of rules say.
func (r Rules) Differences(before Rules) []Difference { return differences(before.lines(), r.lines()) }

func (r Rules) lines() []Line {
	list := []Line{{"Identifiers", r.Pattern}, {"References of incidents", strings.Join(r.incidentShapes(), " ")}}
	for _, t := range Types {
		rule := r.Types[t]
		list = append(list,
			Line{noun.Capital(t) + ": definition", rule.Definition}, Line{noun.Capital(t) + ": frequency", rule.Frequency},
			Line{noun.Capital(t) + ": notice", noun.Count(rule.NoticeDays, "day")}, Line{noun.Capital(t) + ": early life support", noun.Count(rule.ELSDays, "day")},
			Line{noun.Capital(t) + ": go for a wave", goWords(rule.AutoGo)}, Line{noun.Capital(t) + ": a wave that failed", backWords(rule)})
	}
	for _, g := range Gates {
		stage, name := r.Stages[g], g+" "+GateName(g)
		var approvals []string
		for _, a := range stage.Approvals {
			approvals = append(approvals, a.Sentence())
		}
		list = append(list, Line{name + ": decided by", strings.Join(approvals, "\n")},
			Line{name + ": exit criteria", criteriaText(stage.Exit)}, Line{name + ": entry criteria", criteriaText(stage.Entry)})
	}
	return append(list, Line{"Responsibilities", responsibilityText(r.Responsible)},
		Line{"Risk appetite", fmt.Sprint(r.RiskAppetite)}, Line{"An open gate expires after", noun.Count(r.GateDays, "day")},
		Line{"Knowledge transfer is complete before", r.TransferBefore}, Line{"An emergency is decided within", noun.Count(r.RetroHours, "hour")},
		Line{"The review is held within", noun.Count(r.PIRDays, "day")})
}

// GateName is what an authorisation allows, in a word.
func GateName(gate string) string {
	return map[string]string{"A1": "plan", "A2": "build", "A3": "check-in", "A4": "deploy", "A5": "close"}[gate]
}

// Sentence is the rule in words: "2 × Change authority, second, for major and emergency".
func (a ApprovalRule) Sentence() string {
	text := a.Role.Label()
	if a.Quorum > 1 {
		text = fmt.Sprintf("%d × %s", a.Quorum, text)
	}
	if a.Order > 0 {
		text += fmt.Sprintf(", in turn %d", a.Order)
	}
	if len(a.Types) > 0 && len(a.Types) < len(Types) {
		text += ", for " + strings.Join(a.Types, " and ")
	}
	return text
}

func criteriaText(list []CriterionRule) string {
	lines := make([]string, len(list))
	for i, c := range list {
		lines[i] = c.Text + " (" + c.Role.Label() + ")"
	}
	return strings.Join(lines, "\n")
}

func responsibilityText(list []Responsibility) string {
	lines := make([]string, len(list))
	for i, r := range list {
		lines[i] = fmt.Sprintf("%s: %s %s", r.Stage, r.Role.Label(), r.Does)
	}
	return strings.Join(lines, "\n")
}

func goWords(auto bool) string {
	if auto {
		return "by itself, when all is met"
	}
	return "given by a person"
}

func backWords(r TypeRule) string {
	switch {
	case r.AutoAll:
		return "may be put back by itself, with every wave that began once it crosses its failure threshold"
	case r.AutoBack:
		return "may be put back by itself"
	}
	return "waits for a person's decision"
}

func roleLabels(roles []identity.Role) string {
	labels := make([]string, len(roles))
	for i, r := range roles {
		labels[i] = r.Label()
	}
	return strings.Join(labels, " or ")
}
