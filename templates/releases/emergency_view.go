package releases

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/change"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/templates/draft"
	"slipway/templates/ui"
)

// EmergencyView is the emergency path of a release as its page shows it.
type EmergencyView struct {
	*release.EmergencyPage
	Draft draft.Draft
}

func (v EmergencyView) at(parts ...string) string {
	return v.Link(append([]string{"emergency"}, parts...)...)
}

func (v EmergencyView) form(name string) draft.Draft { return only(v.Draft, name) }

// planned tells whether the path is closed to the release.
func (v EmergencyView) planned() bool { return v.Type != release.Emergency }

// owed tells whether the retrospective decision is missing.
func (v EmergencyView) owed() bool { return v.Path.Change.State == change.RetroDue }

func (v EmergencyView) hours() string {
	if n := v.Path.Change.RetroHours; n != 1 {
		return fmt.Sprintf("%d hours", n)
	}
	return "1 hour"
}

// owedLine is one thing that a gate passed without.
type owedLine struct {
	title, detail, owner, link, action string
	paid                               bool
}

// owedLines are what the gates passed without, what is still owed first. The
// areas of readiness that nobody has reported are one line.
func (v EmergencyView) owedLines() (list []owedLine) {
	var unreported []string
	for _, f := range v.Path.Deferred {
		if f.State == release.Deferred && f.Detail == release.Unreported && strings.HasPrefix(f.Code, release.ReadinessPrefix) {
			unreported = append(unreported, strings.TrimPrefix(f.Title, "Readiness: "))
			continue
		}
		list = append(list, owedLine{f.Title, f.Detail, f.Owner, f.Link, f.Action, f.State == release.Met || f.State == release.Waived})
	}
	if n := len(unreported); n > 0 {
		list = append(list, owedLine{fmt.Sprintf("Readiness: %s not reported", areas(n)), noun.Capital(joined(unreported)) + ".", v.OwnerName, v.Link("readiness"), "Report on them", false})
	}
	slices.SortStableFunc(list, func(a, b owedLine) int { return paidRank(a) - paidRank(b) })
	return list
}

func paidRank(l owedLine) int {
	if l.paid {
		return 1
	}
	return 0
}

func areas(n int) string {
	if n == 1 {
		return "1 area is"
	}
	return fmt.Sprintf("%d areas are", n)
}

func (v EmergencyView) owedTally() string {
	paid := 0
	for _, f := range v.Path.Deferred {
		if f.State == release.Met || f.State == release.Waived {
			paid++
		}
	}
	return fmt.Sprintf("%d owed, %d made good", len(v.Path.Deferred)-paid, paid)
}

// debt is what the change says of the decision that was owed.
func (v EmergencyView) debt() (family, text string) {
	switch v.Path.Change.State {
	case change.RetroApproved:
		return "good", "The decision was made in retrospect: it was right to go ahead."
	case change.RetroRefused:
		return "bad", "The decision was made in retrospect: it was not right to go ahead. The change counts as unauthorised."
	}
	return "", ""
}

func authorityLine(a *release.Authority) string {
	if a.Kind == release.Glass {
		return a.ByName + " broke the glass, as " + roleWord(a.Role)
	}
	return a.ByName + " authorised it for the emergency board, as " + roleWord(a.Role)
}

func retroVerdicts() []ui.Option {
	return []ui.Option{{Value: string(release.Approve), Label: "It was right to go ahead", Hint: "The debt is paid; the release can be closed once the rest is done."},
		{Value: string(release.Reject), Label: "It was not", Hint: "The change counts as unauthorised, and stays so on the record. The release can still be reviewed and closed."}}
}

// grounds is the field of an authorisation's form. Two forms stand on the page,
// so that each field's name says whose it is.
func (v EmergencyView) grounds(form, hint string) ui.Input {
	return v.form(form).Area("comment_"+form, "On what grounds", "", hint, 3)
}
