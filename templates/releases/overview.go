package releases

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/release"
	"slipway/templates/ui"
)

// panelID is the part of the overview that looks for news by itself.
const panelID = "standing-panel"

// phaseNames are the four phases in their order.
var phaseNames = []string{"Planning", "Build and test", "Deployment", "Review and close"}

// place is how far a release has come, in stretches of rail.
var place = map[release.State]int{release.Draft: 0, release.Proposed: 0, release.Planning: 1, release.BuildTest: 2, release.Ready: 3,
	release.Deploying: 4, release.Paused: 4, release.Remediating: 4, release.RolledBack: 4, release.EarlyLife: 5, release.Review: 6, release.Closed: 7}

// rail draws a release's way from plan to close.
func rail(f ui.Frame, v *release.Overview) ui.RailView {
	at, now := place[v.State], v.Viewed()
	if v.State == release.OnHold || v.State == release.Cancelled {
		at = place[release.State(v.HeldFrom)]
	}
	gates := overviewGates(f, v)
	view := ui.RailView{Label: "Phases and authorisations of " + v.Key}
	stretch := 0
	segment := func(long bool) ui.RailPart {
		part := ui.RailPart{Long: long, Done: stretch < at || stretch == at && at != 0 && at != 4 && at != 5, Now: stretch == at,
			Here: v.State != release.Cancelled && (stretch == at || stretch == 6 && at == 7)}
		stretch++
		return part
	}
	gate := func(i int) ui.RailPart { return ui.RailPart{Gate: &gates[i]} }
	parts := [][]ui.RailPart{{segment(false), gate(0), segment(true), gate(1)}, {segment(true), gate(2), segment(false), gate(3)},
		{segment(false), segment(false)}, {segment(false), gate(4)}}
	seen := false
	for i, name := range phaseNames {
		p := ui.RailPhase{Name: name, Note: phaseNote(f, v, i), Parts: parts[i], Now: name == now && !v.State.Over(), Done: !seen && name != now}
		if name == now {
			seen, p.Done = true, v.State == release.Closed
		}
		view.Phases = append(view.Phases, p)
	}
	return view
}

// overviewGates are the gates with who decided, or what is awaited.
func overviewGates(f ui.Frame, v *release.Overview) []ui.RailGate {
	list := railGates(&v.Head)
	for i, g := range v.Gates {
		switch {
		case g.State.Passed():
			list[i].Note = strings.Trim(shortDay(f, g.DecidedAt)+", "+g.DecidedBy, ", ")
		case g.State == release.GateVoided:
			list[i].Note = "since " + shortDay(f, g.VoidedAt)
		case g.State == release.GateOpen && list[i].Next:
			if n := len(v.Blockers); n > 0 {
				list[i].State, list[i].Family, list[i].Note = "Not ready", "warn g-lock", blockerCount(n)
			} else {
				list[i].Note = "awaits its decision"
			}
		}
	}
	return list
}

func blockerCount(n int) string {
	if n == 1 {
		return "1 blocker"
	}
	return fmt.Sprintf("%d blockers", n)
}

func shortDay(f ui.Frame, t db.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Std().In(f.Zone).Format("2 Jan")
}

// phaseNote gives a phase's dates, as they were or as they are planned.
func phaseNote(f ui.Frame, v *release.Overview, phase int) string {
	name := phaseNames[phase]
	from, to, running := spent(v, name)
	switch {
	case running && v.State == release.OnHold:
		return shortDay(f, from) + " – on hold"
	case running && v.State == release.Cancelled:
		return shortDay(f, from) + " – cancelled"
	case running && v.State == release.Closed:
		return shortDay(f, from) + " – " + shortDay(f, v.EndedAt)
	case running:
		return shortDay(f, from) + " – now in " + ui.StateWord(string(v.State))
	case !from.IsZero():
		return shortDay(f, from) + " – " + shortDay(f, to)
	case name == "Deployment" && !v.WindowStart.IsZero():
		return shortDay(f, v.WindowStart) + " – " + shortDay(f, earlyLifeEnd(v.Release)) + " planned"
	case v.State == release.Cancelled:
		return "not reached"
	}
	return "not begun"
}

// spent is when a release was in a phase.
func spent(v *release.Overview, phase string) (from, to db.Time, running bool) {
	return stretchOf(v.Phases, func(s release.State) bool { return s.Phase() == phase })
}

// stretchOf is from the first state that belongs to the first one after it that
// does not. It is running while none came after; a hold belongs where it began.
func stretchOf(phases []release.Phase, belongs func(release.State) bool) (from, to db.Time, running bool) {
	for _, p := range phases {
		switch {
		case belongs(p.State):
			if from.IsZero() {
				from = p.Since
			}
			to, running = 0, true
		case p.State.Phase() != "" && running:
			to, running = p.Since, false
		}
	}
	return from, to, running
}

// earlyLifeEnd is when early life support would end if all goes to plan.
func earlyLifeEnd(r *release.Release) db.Time { return r.WindowEnd + db.Time(r.ELSDays*24*60*60*1000) }

// verdict is the one sentence of the overview, with what stands beside it.
type verdict struct {
	sentence
	note, action string
}

// restActions lead on from where a release stands that waits before no gate.
var restActions = map[string]string{"/deployment": "Open the deployment", "/handover": "Open the handover", "/history": "Read the history"}

func verdictOf(v *release.Overview) verdict {
	next := v.Next()
	if next == nil {
		rest := resting(&v.Head)
		return verdict{sentence: rest, action: restActions[strings.TrimPrefix(rest.href, v.Link())]}
	}
	code := string(next.Code)
	out := verdict{sentence: sentence{href: gateLink(&v.Head, *next)}, note: criteriaLine(v), action: "Open the " + code + " checklist"}
	n := len(v.Blockers)
	switch next.State {
	case release.GateVoided:
		out.family, out.text = "void", code+" is void: "+ending(next.VoidReason)
	case release.GateRejected:
		out.family, out.text = "bad", code+" was rejected; mend what is listed and submit it anew."
	case release.GateExpired:
		out.family, out.text = "bad g-clock", code+" expired undecided; it is submitted anew."
	case release.GateApproved, release.GateWaived:
		out.family, out.text = "good", fmt.Sprintf("%s %s holds.", code, next.Code.Name())
		if n > 0 {
			out.family, out.text = "warn", fmt.Sprintf("%s holds, but %s arose since.", code, blockerCount(n))
		}
	default:
		out.family, out.text = "good", fmt.Sprintf("Ready for %s: nothing is in the way", code)
		if n > 0 {
			out.family, out.text = "warn", fmt.Sprintf("Not ready for %s: %s", code, blockerCount(n))
		}
	}
	return out
}

func criteriaLine(v *release.Overview) string {
	met := 0
	for _, f := range v.Findings {
		if !f.Blocks() {
			met++
		}
	}
	if len(v.Findings) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d criteria met.", met, len(v.Findings))
}

// fallen are the voided gates beside the one that the verdict speaks of.
func fallen(v *release.Overview) (list []sentence) {
	next := v.Next()
	for _, g := range v.Voided() {
		if next == nil || g.Code != next.Code {
			list = append(list, sentence{"void", fmt.Sprintf("%s is void: %s", g.Code, ending(g.VoidReason)), gateLink(&v.Head, g)})
		}
	}
	return list
}

// yours counts the blockers that the viewer is named for.
func yours(f ui.Frame, v *release.Overview) string {
	n := 0
	for _, b := range v.Blockers {
		if b.Owner == f.Actor.Name && b.Owner != "" {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "One of these is yours"
	}
	return fmt.Sprintf("%d of these are yours", n)
}

// personLine is one person of a release and what they are to it.
type personLine struct{ name, part string }

// people are those whom the record itself names, each once.
func people(v *release.Overview) (list []personLine) {
	add := func(name, part string) {
		at := slices.IndexFunc(list, func(p personLine) bool { return p.name == name })
		switch {
		case name == "":
		case at >= 0:
			list[at].part += ", " + part
		default:
			list = append(list, personLine{name, part})
		}
	}
	add(v.OwnerName, "owner")
	add(v.AuthorName, "asked for it")
	if v.Package != nil {
		add(v.Package.AuthorName, "packaged it")
		add(v.Package.VerifierName, "verified the package")
	}
	for _, g := range v.Gates {
		if g.State.Passed() {
			add(g.DecidedBy, "decided "+string(g.Code))
		}
	}
	return list
}

// moments are the newest entries of the record as a timeline.
func moments(entries []audit.Logged) []ui.Moment {
	list := make([]ui.Moment, len(entries))
	for i, e := range entries {
		list[i] = ui.Moment{Family: momentFamily(e.Action), Who: e.Actor, Text: e.Sentence, Note: e.Reason, At: e.At}
	}
	return list
}

// momentFamilies are the signs of what was done, by a word of its name.
var momentFamilies = []struct{ word, family string }{{"void", "void"}, {"cancel", "void"}, {"reject", "bad"}, {"fail", "bad"}, {"expire", "bad"},
	{"roll back", "bad"}, {"approve", "good"}, {"pass", "good"}, {"accept", "good"}, {"verify", "good"}, {"close", "good"}}

func momentFamily(action string) string {
	for _, m := range momentFamilies {
		if strings.Contains(action, m.word) {
			return m.family
		}
	}
	return "active"
}

// policyHref is the page of the policy that a label such as "PAY v3" names.
func policyHref(label string) string {
	key, _, _ := strings.Cut(label, " ")
	return "/policies/" + key
}

// submits tells whether the viewer may submit the release from here.
func submits(v *release.Overview) bool { return slices.Contains(v.Verbs, release.VerbSubmit) }

// printed is the last line of the dossier on paper.
func printed(f ui.Frame, v *release.Overview) string {
	text := fmt.Sprintf("Printed by %s, %s.", f.Actor.Name, f.Now.In(f.Zone).Format("2 Jan 2006, 15:04 MST"))
	if v.PackageDigest != "" {
		text += " Package " + v.PackageDigest + "."
	}
	return text
}

// lines are the paragraphs of a text.
func lines(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
}
