package report

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/identity"
	"slipway/internal/noun"
)

// soon is how long ahead a duty with a date is shown.
const soon = 48 * time.Hour

// duties are what the actor promised, or what their own releases need of them.
var duties = []listing{
	{may: identity.ReleaseEdit,
		columns: columns{note: "g.code", state: "g.state", who: "g.decided_by", title: "g.void_reason", order: "r.id"},
		from:    `gates g JOIN releases r ON r.id = g.release_id WHERE g.state IN ('Rejected', 'Expired', 'Voided') AND {mine} AND {live} AND {seen} AND {may}`,
		task: func(g row) Task {
			why := "The time to decide ran out"
			switch g.State {
			case "Rejected":
				why = g.Who + " listed what to mend"
			case "Voided":
				why = sentenceCase(g.Title)
			}
			return Task{Family: "warn", Title: fmt.Sprintf("%s is %s: mend it and submit it anew", g.Note, strings.ToLower(g.State)), Why: why, Href: g.page("gates/" + g.Note), Action: "Open " + g.Note}
		}},
	{may: identity.ReleaseEdit,
		columns: columns{name: "r.title", order: "r.id"},
		from:    `releases r WHERE r.state = 'Draft' AND {mine} AND {seen} AND {may}`,
		task: func(r row) Task {
			return Task{Family: "neutral", Title: "Submit " + r.Name + " for A1", Why: "A draft; nobody is asked to decide until you do", Href: r.page(""), Action: "Open release"}
		}},
	{may: identity.ReleaseEdit,
		columns: columns{name: "r.title", who: "r.owner_name", order: "r.id"},
		from:    `releases r WHERE r.state = 'RolledBack' AND {mine} AND {seen} AND {may}`,
		task: func(r row) Task {
			return Task{Family: "bad", Title: r.Name + " was rolled back: build it anew, or review what happened", Why: "Owned by " + r.Who, Href: r.page(""), Action: "Open release"}
		}},
	{may: identity.WaveControl,
		columns: columns{number: "w.number", name: "w.name", state: "w.state", who: "r.owner_name", order: "w.id",
			note: "CASE w.state WHEN 'Failed' THEN w.fail_reason WHEN 'Paused' THEN w.pause_reason ELSE w.no_go_reason END"},
		from: `waves w JOIN releases r ON r.id = w.release_id WHERE w.state IN ('Failed', 'Paused', 'NoGo') AND {mine} AND {live} AND {seen} AND {may}`,
		task: func(w row) Task {
			t := Task{Family: "warn", Title: fmt.Sprintf("Wave %d, %s is paused: resume it", w.Number, w.Name), Why: either(w.Note, "Owned by "+w.Who), Href: w.wave(), Action: "Open wave"}
			switch w.State {
			case "Failed":
				t.Family, t.Title = "bad", fmt.Sprintf("Wave %d, %s failed: decide how it is put right", w.Number, w.Name)
			case "NoGo":
				t.Title = fmt.Sprintf("Wave %d, %s got no go: plan it anew", w.Number, w.Name)
			}
			return t
		}},
	{may: identity.WavePlan,
		columns: columns{number: "w.number", name: "w.name", due: "w.window_start"},
		from: `waves w JOIN releases r ON r.id = w.release_id WHERE w.state = 'Planned' AND w.window_start < @soon AND {mine} AND r.state IN ('Ready', 'Deploying') AND {seen} AND {may}
			AND EXISTS (SELECT 1 FROM gates g WHERE g.release_id = r.id AND g.code = 'A4' AND g.state IN ('Approved', 'Waived'))
			AND NOT EXISTS (SELECT 1 FROM waves e WHERE e.release_id = w.release_id AND e.number < w.number AND e.state <> 'Complete')`,
		task: func(w row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Make wave %d, %s ready", w.Number, w.Name), Why: "A4 is given; its targets are frozen and the package is staged", Href: w.wave(), Action: "Make ready", Due: w.Due}
		}},
	{may: identity.WaveControl,
		columns: columns{number: "w.number", name: "w.name", who: "w.go_by", due: "w.window_start"},
		from: `waves w JOIN releases r ON r.id = w.release_id WHERE w.state = 'Go' AND w.window_start < @soon AND {live} AND {seen} AND {may}
			AND (w.lead_id = @me OR EXISTS (SELECT 1 FROM wave_staff s WHERE s.wave_id = w.id AND s.user_id = @me))`,
		task: func(w row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Start wave %d, %s", w.Number, w.Name), Why: w.Who + " gave go; you are named for it", Href: w.wave(), Action: "Start", Due: w.Due}
		}},
	{columns: columns{number: "k.number", name: "k.event", note: "k.treatment", due: "k.due"},
		from: `risks k JOIN releases r ON r.id = k.release_id WHERE k.state IN ('Open', 'Treating') AND k.owner_id = @me AND k.due > 0 AND k.due < @soon AND {live} AND {seen}`,
		task: func(k row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Risk R%d: %s", k.Number, k.Name), Why: either(k.Note, "You own it"), Href: k.risk(), Action: "Update risk", Due: k.Due}
		}},
	{may: identity.NoticeSend,
		columns: columns{number: "n.number", name: "n.audience", due: "n.send_by"},
		from: `notices n JOIN releases r ON r.id = n.release_id
			WHERE n.sent_at = 0 AND n.send_by > 0 AND n.send_by < @soon AND {mine} AND r.state NOT IN ('Draft', 'OnHold') AND {live} AND {seen} AND {may}`,
		task: func(n row) Task {
			return Task{Family: "warn", Title: "Send the notice to " + n.Name, Why: fmt.Sprintf("Notice %d of the communication plan", n.Number), Href: n.page("stakeholders"), Action: "Send notice", Due: n.Due}
		}},
	{columns: columns{name: "a.area", note: "a.note", due: "a.due"},
		from: `readiness a JOIN releases r ON r.id = a.release_id
			WHERE a.colour = 'amber' AND a.owner_id = @me AND a.due > 0 AND a.due < @soon AND r.state IN ('Planning', 'BuildTest', 'Ready', 'OnHold') AND {seen}`,
		task: func(a row) Task {
			return Task{Family: "warn", Title: "Readiness is amber: " + a.Name, Why: either(a.Note, "You deal with it"), Href: a.page("readiness#" + a.Name), Action: "Report on it", Due: a.Due}
		}},
	// Early life support that nobody leads is asked of all who may.
	{may: identity.ElsRun,
		columns: columns{name: "r.title", bound: "e.lead_id", due: "e.started_at + (e.days + e.extra_days) * 86400000"},
		from: `early_lives e JOIN releases r ON r.id = e.release_id WHERE r.state = 'EarlyLife' AND e.state IN ('Active', 'Extended') AND {seen} AND {may}
			AND (e.lead_id = 0 OR (e.lead_id = @me AND e.started_at + (e.days + e.extra_days) * 86400000 < @soon))`,
		task: func(e row) Task {
			t := Task{Family: "warn", Title: "Take the lead of early life support of " + e.Name, Why: "Nobody leads it", Href: e.page("handover#early-life"), Action: "Take the lead"}
			if e.Bound != 0 {
				t = Task{Family: "active", Title: "Ask operations to take " + e.Name, Why: "The agreed days of early life support end", Href: t.Href, Action: "Ask for the exit", Due: e.Due}
			}
			return t
		}},
	{may: identity.HandoverOffer,
		columns: columns{name: "r.title", total: "COUNT(*)", bound: "SUM(CASE WHEN h.state = 'Returned' THEN 1 ELSE 0 END)", order: "r.id"},
		from: `handover_items h JOIN releases r ON r.id = h.release_id
			WHERE h.state IN ('Open', 'Returned') AND r.state IN ('EarlyLife', 'Review') AND {mine} AND {seen} AND {may} GROUP BY r.id, r.release_key, r.title`,
		task: func(h row) Task {
			t := Task{Family: "active", Title: fmt.Sprintf("Offer %s of %s", noun.Count(h.Total, "handover item"), h.Name), Why: "Operations runs the service once each is accepted", Href: h.page("handover#handover"), Action: "Offer"}
			if h.Bound > 0 {
				t.Family, t.Why = "warn", "Operations returned "+noun.Count(h.Bound, "item")
			}
			return t
		}},
	{may: identity.PirHold,
		columns: columns{name: "r.title", who: "r.owner_name", due: "p.due"},
		from:    `reviews p JOIN releases r ON r.id = p.release_id WHERE r.state = 'Review' AND p.state = 'Due' AND {mine} AND {seen} AND {may}`,
		task: func(p row) Task {
			return Task{Family: "active", Title: "Hold the review of " + p.Name, Why: "Owned by " + p.Who, Href: p.page("handover#review"), Action: "Hold the review", Due: p.Due}
		}},
	// Actions outlive the release.
	{columns: columns{number: "a.number", name: "a.title", due: "a.due"},
		from: `review_actions a JOIN releases r ON r.id = a.release_id WHERE a.state = 'Open' AND a.owner_id = @me AND {seen}`,
		task: func(a row) Task {
			return Task{Family: "active", Title: "Action of the review: " + a.Name, Why: fmt.Sprintf("Action %d, owned by you", a.Number), Href: a.page("handover#actions"), Action: "Close action", Due: a.Due}
		}},
	{columns: columns{name: "t.topic", state: "t.state", who: "t.receiver_name", note: "t.decided_note", number: "t.number", due: "t.due"},
		from: `transfers t JOIN releases r ON r.id = t.release_id WHERE t.state IN ('Planned', 'Repeat') AND t.giver_id = @me AND {live} AND {seen}`,
		task: func(t row) Task {
			why := "You give, " + nobody(t.Who) + " receives"
			if t.State == "Repeat" {
				why = nobody(t.Who) + " asks for it again: " + shorten(t.Note, 100)
			}
			return Task{Family: "active", Title: "Pass on “" + t.Name + "”", Why: why, Href: t.page("handover#transfer"), Action: "Say it was delivered", Due: t.Due}
		}},
	// Notices are asked of those whom the release's register consults or informs.
	{columns: columns{number: "n.number", name: "n.audience", note: "n.text", who: "n.sent_by", order: "-n.sent_at"},
		from: `notices n JOIN releases r ON r.id = n.release_id WHERE n.sent_at > 0 AND n.sent_by_id <> @me AND {live} AND {seen}
			AND EXISTS (SELECT 1 FROM stakeholders s WHERE s.release_id = n.release_id AND s.person_id = @me AND s.raci IN ('C', 'I'))
			AND NOT EXISTS (SELECT 1 FROM acknowledgements k WHERE k.notice_id = n.id AND k.person_id = @me)`,
		task: func(n row) Task {
			return Task{Family: "active", Title: "Read the notice to " + n.Name, Why: n.Who + ": " + shorten(n.Note, 120), Href: n.page("stakeholders"), Action: "Read and acknowledge"}
		}},
}

// gifts are what somebody hands to the actor, who has to take it.
var gifts = []listing{
	{handed: true,
		columns: columns{name: "t.topic", who: "t.giver_name", note: "t.material", title: "t.revision", number: "t.number", due: "t.due"},
		from:    `transfers t JOIN releases r ON r.id = t.release_id WHERE t.state = 'Delivered' AND t.receiver_id = @me AND {live} AND {seen}`,
		task: func(t row) Task {
			return Task{Family: "active", Title: t.Name, Why: fmt.Sprintf("%s, revision %s. %s gives, you receive. Confirm when you can do it alone.", t.Note, t.Title, t.Who), Href: t.page("handover#transfer"), Action: "Confirm or ask to repeat", Due: t.Due}
		}},
	// Who offered an item or took part in deploying has no say on it.
	{may: identity.HandoverAccept, handed: true,
		columns: columns{name: "r.title", total: "COUNT(*)", who: "MIN(h.offered_by)", order: "r.id"},
		from: `handover_items h JOIN releases r ON r.id = h.release_id WHERE h.state = 'Offered' AND h.offered_by_id <> @me AND {live} AND {seen} AND {may}
			AND NOT EXISTS (SELECT 1 FROM wave_hands d WHERE d.release_id = r.id AND d.user_id = @me) GROUP BY r.id, r.release_key, r.title`,
		task: func(h row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Handover of %s: %s", h.Name, noun.Count(h.Total, "item")), Why: h.Who + " offers, operations accepts or returns each",
				Href: h.page("handover#handover"), Action: "Accept or return"}
		}},
}
