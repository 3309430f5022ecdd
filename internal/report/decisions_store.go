package report

import (
	"fmt"

	"slipway/internal/identity"
	"slipway/internal/noun"
)

// decisions are what somebody else waits for the actor to decide.
var decisions = []listing{
	// A ready wave asks for go once A4 holds and every wave before it is good and soaked.
	{may: identity.WaveGo,
		columns: columns{number: "w.number", name: "w.name", total: "w.total - w.excluded", who: "w.ready_by", due: "w.window_start"},
		from: `waves w JOIN releases r ON r.id = w.release_id WHERE w.state = 'Ready' AND r.state IN ('Ready', 'Deploying') AND {seen} AND {may}
			AND EXISTS (SELECT 1 FROM gates g WHERE g.release_id = r.id AND g.code = 'A4' AND g.state IN ('Approved', 'Waived'))
			AND NOT EXISTS (SELECT 1 FROM waves e WHERE e.release_id = w.release_id AND e.number < w.number AND (e.state <> 'Complete' OR e.soak_until > @now))`,
		task: func(w row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Go for wave %d, %s", w.Number, w.Name), Why: fmt.Sprintf("%s, made ready by %s", noun.Count(w.Total, "target"), w.Who),
				Href: w.wave(), Action: "Decide go", Due: w.Due}
		}},
	exclusions(identity.ReleaseManager, identity.ServiceOwner),
	exclusions(identity.ServiceOwner, identity.ReleaseManager),
	{may: identity.RiskAccept,
		columns: columns{number: "r.number", name: "r.event", who: "r.who", total: "r.score", bound: "r.appetite", due: "r.due"},
		from: `(SELECT r.release_key, r.service_id, k.number, k.event, k.owner_name AS who, k.due, k.appetite,
			CASE WHEN k.residual_probability > 0 AND k.residual_impact > 0 THEN k.residual_probability * k.residual_impact ELSE k.probability * k.impact END AS score
			FROM risks k JOIN releases r ON r.id = k.release_id WHERE k.state = 'Treating' AND {live} AND {seen}) r WHERE r.score > r.appetite AND {may}`,
		task: func(k row) Task {
			return Task{Family: "warn", Title: fmt.Sprintf("Accept risk R%d or have it treated: %s", k.Number, k.Name),
				Why:  fmt.Sprintf("It scores %d, above the appetite of %d, and blocks A2 and A4; %s treats it", k.Total, k.Bound, nobody(k.Who)),
				Href: k.risk(), Action: "Decide the risk", Due: k.Due}
		}},
	// The verifier neither built the release nor put its package together.
	{may: identity.TestRecord,
		columns: columns{name: "r.title", number: "p.number", who: "p.author_name", order: "p.baselined_at"},
		from: `releases r JOIN packages p ON p.release_id = r.id AND p.digest = r.package_digest
			WHERE r.state = 'BuildTest' AND p.state = 'Baselined' AND p.author_id <> @me AND {seen} AND {may}
			AND NOT EXISTS (SELECT 1 FROM builds b WHERE b.release_id = r.id AND b.builder_id = @me)`,
		task: func(p row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Verify package v%d of %s", p.Number, p.Name), Why: "Baselined by " + p.Who, Href: p.page("tests"), Action: "Verify"}
		}},
	{may: identity.TestRecord,
		columns: columns{number: "k.number", name: "k.title", state: "k.state", who: "k.found_by", order: "k.number"},
		from: `known_errors k JOIN known_error_links l ON l.known_error_id = k.id AND l.relation = 'introduced' JOIN releases r ON r.id = l.release_id
			WHERE k.state IN ('Found', 'Assessed') AND {live} AND {seen} AND {may}`,
		task: func(k row) Task {
			t := Task{Family: "active", Title: fmt.Sprintf("Assess KE-%d: %s", k.Number, k.Name), Why: "Found by " + k.Who, Href: k.page("tests#known-errors"), Action: "Assess"}
			if k.State == "Assessed" {
				t.Title, t.Action = fmt.Sprintf("Tolerate KE-%d or have it fixed: %s", k.Number, k.Name), "Decide"
			}
			return t
		}},
	// Who asked for the exit, leads the support or took part in deploying has no say.
	{may: identity.ElsAccept,
		columns: columns{name: "r.title", who: "e.requested_by", order: "e.requested_at"},
		from: `early_lives e JOIN releases r ON r.id = e.release_id
			WHERE r.state = 'EarlyLife' AND e.state = 'ExitRequested' AND e.requested_by_id <> @me AND e.lead_id <> @me AND {seen} AND {may}
			AND NOT EXISTS (SELECT 1 FROM wave_hands h WHERE h.release_id = r.id AND h.user_id = @me)`,
		task: func(e row) Task {
			return Task{Family: "active", Title: "Accept the end of early life support of " + e.Name, Why: e.Who + " asks operations to take the service", Href: e.page("handover#early-life"), Action: "Accept or extend"}
		}},
	{may: identity.PirAgree,
		columns: columns{name: "r.title", who: "p.held_by", order: "p.held_at"},
		from:    `reviews p JOIN releases r ON r.id = p.release_id WHERE r.state = 'Review' AND p.state = 'Held' AND p.held_by_id <> @me AND {seen} AND {may}`,
		task: func(p row) Task {
			return Task{Family: "active", Title: "Agree the review of " + p.Name, Why: "Held by " + p.Who, Href: p.page("handover#review"), Action: "Read and agree"}
		}},
	{may: identity.RiskAccept,
		columns: columns{name: "r.title", total: "COUNT(*)", order: "r.id"},
		from: `promises p JOIN releases r ON r.id = p.release_id
			WHERE p.outcome IN ('Deferred', 'Deviated') AND p.approved_by_id = 0 AND p.stated_by_id <> @me AND {live} AND {seen} AND {may} GROUP BY r.id, r.release_key, r.title`,
		task: func(p row) Task {
			return Task{Family: "warn", Title: "Approve what " + p.Name + " delivers otherwise than promised", Why: noun.Count(p.Total, "item of the service package is", "items of the service package are") + " deferred or deviates",
				Href: p.page("handover#package"), Action: "Approve"}
		}},
	// Nobody decides on what they submitted.
	{may: identity.DmlDecide,
		columns: columns{key: "''", name: "r.item_name", title: "r.label", note: "r.item_key", number: "r.id", who: "r.submitter_name", order: "r.id"},
		from:    `media_versions r WHERE r.state IN ('Quarantined', 'Checking') AND r.submitter_id <> @me AND {may}`,
		task: func(v row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Accept or reject %s %s", v.Name, v.Title), Why: "In quarantine, submitted by " + v.Who, Href: v.media(), Action: "Decide"}
		}},
	{may: identity.DmlDecide,
		columns: columns{key: "''", name: "r.item_name", title: "r.label", note: "r.item_key", number: "r.id", who: "r.suspect_why", order: "r.id"},
		from:    `media_versions r WHERE r.state = 'Suspect' AND {may}`,
		task: func(v row) Task {
			return Task{Family: "bad", Title: fmt.Sprintf("%s %s is suspect: replace it or retire it", v.Name, v.Title), Why: sentenceCase(v.Who), Href: v.media(), Action: "Examine"}
		}},
	// Changes that no release carries; the others are moved by the gates.
	{may: identity.ChangeAssess,
		columns: columns{key: "''", title: "r.change_key", name: "r.title", who: "r.raised_by", due: "r.window_start"},
		from:    `changes r WHERE r.state = 'Submitted' AND r.release_key = '' AND {known} AND {may}`,
		task: func(c row) Task {
			return Task{Family: "active", Title: "Assess " + c.Title + ": " + c.Name, Why: "Raised by " + c.Who, Href: "/changes/" + c.Title, Action: "Assess", Due: c.Due}
		}},
	{may: identity.ChangeAuthorise,
		columns: columns{key: "''", title: "r.change_key", name: "r.title", who: "r.raised_by", due: "r.window_start"},
		from:    `changes r WHERE r.state = 'Assessing' AND r.release_key = '' AND r.raised_by_id <> @me AND {known} AND {may}`,
		task: func(c row) Task {
			return Task{Family: "active", Title: "Authorise or reject " + c.Title + ": " + c.Name, Why: "Raised by " + c.Who, Href: "/changes/" + c.Title, Action: "Decide", Due: c.Due}
		}},
}

// exclusions are targets to be left out for good: who asks speaks under one
// role, who confirms under the other.
func exclusions(asked, confirms identity.Role) listing {
	return listing{role: confirms,
		columns: columns{number: "w.number", name: "t.target_key", title: "t.target_name", who: "t.exclude_asked_by", note: "t.exclude_reason", order: "t.id"},
		from: fmt.Sprintf(`wave_targets t JOIN waves w ON w.id = t.wave_id JOIN releases r ON r.id = t.release_id
			WHERE t.exclude_asked_as = '%s' AND t.exclude_asked_by_id <> @me AND t.state <> 'Excluded' AND {live} AND {seen} AND {may}`, asked),
		task: func(t row) Task {
			return Task{Family: "warn", Title: fmt.Sprintf("Leave %s out of wave %d, or keep it in", t.Name, t.Number), Why: t.Who + ": " + shorten(t.Note, 100),
				Href: fmt.Sprintf("/releases/%s/waves/%d/targets/%s", t.ReleaseKey, t.Number, t.Name), Action: "Confirm or refuse"}
		}}
}

// plans are those that want the actor's own word, as far as their releases go on.
func (d *desk) plans(w *Work) error {
	list, err := d.s.rooms.Plan.Waiting(d.ctx, d.actor)
	if err != nil || len(list) == 0 {
		return err
	}
	list = list[:min(len(list), Longest)]
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ReleaseID
	}
	var rows []struct {
		ID    int64
		Title string
	}
	if err := d.read(&rows, "SELECT r.id, r.title FROM releases r WHERE r.id IN @ids AND {live} AND {seen}", values{"ids": ids}); err != nil {
		return err
	}
	titles := map[int64]string{}
	for _, r := range rows {
		titles[r.ID] = r.Title
	}
	for _, p := range list {
		if title, seen := titles[p.ReleaseID]; seen && p.SubmittedByID != d.actor.UserID {
			w.add(d.tx.Now, false, Task{Family: "active", Title: fmt.Sprintf("Agree to plan v%d of %s", p.Number, title), Release: p.ReleaseKey,
				Why: p.SubmittedBy + " asks for your agreement", Href: p.Link(), Action: "Read and agree"})
		}
	}
	return nil
}
