package releases

import (
	"strings"

	"slipway/internal/audit"
	"slipway/internal/release"
	"slipway/templates/ui"
)

// HistoryView is the whole record of a release in one page.
type HistoryView struct {
	*release.HistorySheet
	Paged bool // older entries of the record were asked for
}

func (v HistoryView) at() string { return v.Link("history") }

func (v HistoryView) older() string {
	if v.Next == 0 {
		return ""
	}
	return v.at() + "?before=" + id(v.Next) + "#record"
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
