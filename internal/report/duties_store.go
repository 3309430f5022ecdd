package report

import (
	"fmt"
	"strings"

	"slipway/internal/identity"
)

// duties are what the actor promised, or what their own releases need of them.
var duties = []question{
	{"", reviewActions},
	{"", transfersToGive},
	{identity.PolicyEdit, policiesToActivate},
	gatesToMend, risksDue, noticesToSend, readinessDue, reviewsDue, noticesToRead,
}

// soon is how long ahead a duty with a date is shown: two days.
const soon = 48 * 60 * 60 * 1000

var gatesToMend = listing(identity.ReleaseEdit, `SELECT r.release_key, r.title AS name, g.code AS note, g.state, g.decided_by AS who, g.void_reason AS title
	FROM gates g JOIN releases r ON r.id = g.release_id
	WHERE g.state IN ('Rejected', 'Expired', 'Voided') AND r.owner_id = @me AND {live} AND {seen} AND {may} ORDER BY r.id, g.code LIMIT @most`,
	func(_ *desk, g row) Task {
		why := "The time to decide ran out"
		switch g.State {
		case "Rejected":
			why = g.Who + " listed what to mend"
		case "Voided":
			why = sentenceCase(g.Title)
		}
		return Task{Family: "warn", Title: fmt.Sprintf("%s is %s: mend it and submit it anew", g.Note, strings.ToLower(g.State)), Release: g.ReleaseKey, Why: why,
			Href: "/releases/" + g.ReleaseKey + "/gates/" + g.Note, Action: "Open " + g.Note}
	})

var risksDue = listing("", fmt.Sprintf(`SELECT r.release_key, k.number, k.event AS name, k.due, k.treatment AS note FROM risks k JOIN releases r ON r.id = k.release_id
	WHERE k.state IN ('Open', 'Treating') AND k.owner_id = @me AND k.due > 0 AND k.due < @now + %d AND {live} AND {seen} ORDER BY k.due, k.id LIMIT @most`, soon),
	func(_ *desk, k row) Task {
		return Task{Family: "active", Title: fmt.Sprintf("Risk R%d: %s", k.Number, k.Name), Why: either(k.Note, "You own it"),
			Href: fmt.Sprintf("/releases/%s/risks#risk-%d", k.ReleaseKey, k.Number), Action: "Update risk", Due: k.Due}
	})

var noticesToSend = listing(identity.NoticeSend, fmt.Sprintf(`SELECT r.release_key, n.number, n.audience AS name, n.send_by AS due FROM notices n JOIN releases r ON r.id = n.release_id
	WHERE n.sent_at = 0 AND n.send_by > 0 AND n.send_by < @now + %d AND r.owner_id = @me AND r.state NOT IN ('Draft', 'OnHold') AND {live} AND {seen} AND {may} ORDER BY n.send_by, n.id LIMIT @most`, soon),
	func(_ *desk, n row) Task {
		return Task{Family: "warn", Title: "Send the notice to " + n.Name, Why: fmt.Sprintf("Notice %d of the communication plan", n.Number),
			Href: "/releases/" + n.ReleaseKey + "/stakeholders", Action: "Send notice", Due: n.Due}
	})

var readinessDue = listing("", fmt.Sprintf(`SELECT r.release_key, a.area AS name, a.note, a.due FROM readiness a JOIN releases r ON r.id = a.release_id
	WHERE a.colour = 'amber' AND a.owner_id = @me AND a.due > 0 AND a.due < @now + %d AND r.state IN ('Planning', 'BuildTest', 'Ready', 'OnHold') AND {seen} ORDER BY a.due, a.id LIMIT @most`, soon),
	func(_ *desk, a row) Task {
		return Task{Family: "warn", Title: "Readiness is amber: " + a.Name, Why: either(a.Note, "You deal with it"), Href: "/releases/" + a.ReleaseKey + "/readiness#" + a.Name, Action: "Report on it", Due: a.Due}
	})

var reviewsDue = listing(identity.PirHold, `SELECT r.release_key, r.title AS name, p.due FROM reviews p JOIN releases r ON r.id = p.release_id
	WHERE r.state = 'Review' AND p.state = 'Due' AND r.owner_id = @me AND {seen} AND {may} ORDER BY p.due, p.id LIMIT @most`,
	func(_ *desk, p row) Task {
		return Task{Family: "active", Title: "Hold the review of " + p.Name, Why: "You own the release", Href: "/releases/" + p.ReleaseKey + "/handover#review", Action: "Hold the review", Due: p.Due}
	})

// Notices are asked of those whom the release's register consults or informs.
var noticesToRead = listing("", `SELECT r.release_key, n.number, n.audience AS name, n.text AS note, n.sent_by AS who FROM notices n JOIN releases r ON r.id = n.release_id
	WHERE n.sent_at > 0 AND n.sent_by_id <> @me AND {live} AND {seen}
	AND EXISTS (SELECT 1 FROM stakeholders s WHERE s.release_id = n.release_id AND s.person_id = @me AND s.raci IN ('C', 'I'))
	AND NOT EXISTS (SELECT 1 FROM acknowledgements k WHERE k.notice_id = n.id AND k.person_id = @me) ORDER BY n.sent_at DESC, n.id LIMIT @most`,
	func(_ *desk, n row) Task {
		return Task{Family: "active", Title: "Read the notice to " + n.Name, Why: n.Who + ": " + shorten(n.Note, 120), Href: "/releases/" + n.ReleaseKey + "/stakeholders", Action: "Read and acknowledge"}
	})

func either(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return shorten(text, 120)
}

// shorten cuts a text at a word.
func shorten(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= most {
		return string(runes)
	}
	cut := string(runes[:most])
	if at := strings.LastIndex(cut, " "); at > most/2 {
		cut = cut[:at]
	}
	return cut + "…"
}

func sentenceCase(text string) string {
	if text == "" {
		return "What it was decided on changed"
	}
	runes := []rune(text)
	return strings.ToUpper(string(runes[:1])) + string(runes[1:])
}
