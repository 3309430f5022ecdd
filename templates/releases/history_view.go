package releases

import (
	"net/url"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/release"
	"slipway/templates/ui"
)

// HistoryView is the whole record of a release in one page.
type HistoryView struct {
	*release.HistorySheet
	Leaf release.Leaf // which entries were asked for
}

// leaf is the address of the newest entries of a part of the record.
func (v HistoryView) leaf(chapter string) string {
	if chapter == "" {
		return v.Link("history") + "#" + recordID
	}
	return v.Link("history") + "?of=" + url.QueryEscape(chapter) + "#" + recordID
}

// parts are all of the record and each chapter of it.
func (v HistoryView) parts() []ui.Tab {
	list, chosen := []ui.Tab{{Label: "Everything", Href: v.leaf("")}}, false
	for _, c := range release.Chapters() {
		is := c.Code == v.Leaf.Chapter
		list, chosen = append(list, ui.Tab{Label: c.Name, Href: v.leaf(c.Code), Current: is}), chosen || is
	}
	list[0].Current = !chosen
	return list
}

// older is the address of the entries before those shown.
func (v HistoryView) older() string {
	if v.Next == 0 {
		return ""
	}
	query := url.Values{"before": {id(v.Next)}}
	if v.Leaf.Chapter != "" {
		query.Set("of", v.Leaf.Chapter)
	}
	return v.Link("history") + "?" + query.Encode() + "#" + recordID
}

// check is the address that holds the record against its hashes.
func (v HistoryView) check() string { return v.Link("history") + "?verify=1#" + recordID }

func (v HistoryView) noEntries() string {
	if v.Leaf.Before > 0 {
		return "There are no earlier entries."
	}
	return "Nothing of this kind is on the record yet."
}

// decisionsOf are the words said on one gate, the newest first.
func (v HistoryView) decisionsOf(code release.GateCode) (list []release.Decision) {
	for _, d := range v.Decisions {
		if d.Code == code {
			list = append([]release.Decision{d}, list...)
		}
	}
	return list
}

// counts tells whether a word still counts.
func (v HistoryView) counts(d release.Decision) bool {
	for _, g := range v.Gates {
		if g.ID == d.GateID {
			return d.Round == g.Round && g.State != release.GateVoided
		}
	}
	return false
}

// criterion is what somebody confirmed, in the policy's words.
func (v HistoryView) criterion(a release.Attestation) string {
	if text := v.Criteria[a.Criterion]; text != "" {
		return text
	}
	return a.Criterion
}

func gateHistoryNote(g release.Gate) string {
	switch {
	case g.State == release.GateVoided:
		return "Void: " + ending(g.VoidReason)
	case g.VoidReason != "":
		return "An earlier round was void: " + ending(g.VoidReason)
	}
	return ""
}

// entryMark is the sign of an entry of the record.
func entryMark(e audit.Logged) string {
	switch {
	case strings.HasSuffix(e.Action, ".void"):
		return "void"
	case strings.HasSuffix(e.Action, ".reject"), strings.HasSuffix(e.Action, ".expire"), strings.HasPrefix(e.Action, "emergency."), e.Action == "window.override":
		return "bad"
	case strings.HasSuffix(e.Action, ".approve"), e.Action == "gate.pass", e.Action == "package.signoff":
		return "good"
	}
	return "neutral"
}

func shortHash(hash string) string {
	if len(hash) < 12 {
		return hash
	}
	return hash[:12]
}

func phaseWord(p release.Phase) string { return ui.StateWord(string(p.State)) }

func verbWord(p release.Phase) string {
	if p.Verb == "create" {
		return "Planned"
	}
	return VerbLabel(p.Verb)
}
