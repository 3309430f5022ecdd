package releases

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/noun"
	"slipway/internal/release"
	"slipway/templates/ui"
)

// panelID is the part of the overview that looks for news by itself.
const panelID = "standing-panel"

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
		return verdict{sentence: rest, note: criteriaLine(v), action: restActions[strings.TrimPrefix(rest.href, v.Link())]}
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
		if next.Code == release.A4 && n == 0 {
			out.note, out.action, out.href = out.note+" Its waves are made ready and given go one by one.", restActions["/deployment"], v.Link("deployment")
		}
		if n > 0 {
			out.family, out.text = "warn", fmt.Sprintf("%s holds, but %s arose since.", code, noun.Count(n, "blocker"))
		}
	default:
		out.family, out.text = "good", fmt.Sprintf("Ready for %s: nothing is in the way", code)
		if n > 0 {
			out.family, out.text = "warn", fmt.Sprintf("Not ready for %s: %s", code, noun.Count(n, "blocker"))
		}
	}
	return out
}

// inTheWay heads the blockers; a draft is told of them before it is submitted.
func inTheWay(v *release.Overview) string {
	if next := v.Next(); next != nil {
		return "What is in the way of " + string(next.Code)
	}
	return "What A1 will ask for"
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

// yours counts the blockers that the viewer is named for, or a role of theirs.
func yours(f ui.Frame, v *release.Overview) string {
	n := len(v.AskedOf(f.Actor, v.Blockers))
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
		if !g.State.Passed() {
			continue
		}
		part := "decided " + string(g.Code)
		if at := slices.IndexFunc(list, func(p personLine) bool { return p.name == g.DecidedBy }); at >= 0 && strings.Contains(list[at].part, "decided") {
			part = string(g.Code) // "decided A1, A2"
		}
		add(g.DecidedBy, part)
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

// onward are the verbs that take a release on which waits before no gate, as far
// as the viewer may say them.
func onward(v *release.Overview) []release.Verb {
	return slices.DeleteFunc(slices.Clone(v.Verbs), func(verb release.Verb) bool {
		return verb != release.VerbResume && verb != release.VerbRebuild && verb != release.VerbReview
	})
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
