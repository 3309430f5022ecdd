package changes

import (
	"fmt"

	"slipway/internal/change"
	"slipway/internal/noun"
	"slipway/internal/release"
)

// AgendaView is what a board has before it, with the open gates of the releases
// among it by their keys.
type AgendaView struct {
	Points []change.Point
	Gates  map[string]release.Standing
}

// ask is what a board is asked about a change.
type ask struct{ family, text, note, href string }

func (v AgendaView) ask(p *change.Point) ask {
	c := &p.Change
	if c.State == change.RetroDue {
		return ask{"bad", "Decide in retrospect", "The glass was broken for " + c.Incident, c.Link()}
	}
	if s, open := v.Gates[c.ReleaseKey]; open {
		a := ask{"active", fmt.Sprintf("Decide %s %s", s.Gate.Code, s.Gate.Code.Name()), "Every criterion is met", s.Release.Link("gates", string(s.Gate.Code))}
		if n := len(s.Blockers); n > 0 {
			a.family, a.note = "neutral g-clock", noun.Count(n, "blocker")+" until it can be decided"
		}
		return a
	}
	if c.State == change.Submitted {
		return ask{"active", "Assess", "Submitted by " + c.RaisedBy, c.Link()}
	}
	return ask{"active", "Authorise or reject", "Assessed", c.Link()}
}

// risks are the open ones of the release that carries the change.
func (v AgendaView) risks(p *change.Point) string {
	if s, open := v.Gates[p.Change.ReleaseKey]; open && s.Release.OpenRisks > 0 {
		return noun.Count(s.Release.OpenRisks, "open risk")
	}
	return ""
}

// lead says how much there is, and how much of it can be decided now.
func (v AgendaView) lead() string {
	const order = "Earliest first; what has no window yet comes last. The board advises; each decision is signed on the page that it leads to."
	ready := 0
	for i := range v.Points {
		if v.ask(&v.Points[i]).family != "neutral g-clock" {
			ready++
		}
	}
	if len(v.Points) == 0 {
		return order
	}
	return fmt.Sprintf("%s for a decision; %d can be decided now. %s", noun.Count(len(v.Points), "change waits", "changes wait"), ready, order)
}
