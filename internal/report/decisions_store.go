package report

import (
	"fmt"

	"slipway/internal/identity"
)

// decisions are what somebody else waits for the actor to decide.
var decisions = []question{
	{identity.GateDecide, openGates},
	{identity.WaiverApprove, askedWaivers},
	{"", retrospectives},
	{"", plansInAgreement},
	{identity.DmlDecide, quarantine},
	{identity.PolicyApprove, policiesToApprove},
	{identity.ModelEdit, modelsToApprove},
	wavesForGo, risksAboveAppetite, packagesToVerify, knownErrorsToSettle, exitsAsked, reviewsHeld, departures, changesToAssess, changesToAuthorise,
}

// A ready wave asks for go once A4 holds and every wave before it is good and soaked.
var wavesForGo = listing(identity.WaveGo, `SELECT r.release_key, w.number, w.name, w.window_start AS due, w.total - w.excluded AS total, w.ready_by AS who
	FROM waves w JOIN releases r ON r.id = w.release_id
	WHERE w.state = 'Ready' AND r.state IN ('Ready', 'Deploying') AND {seen} AND {may}
	AND EXISTS (SELECT 1 FROM gates g WHERE g.release_id = r.id AND g.code = 'A4' AND g.state IN ('Approved', 'Waived'))
	AND NOT EXISTS (SELECT 1 FROM waves e WHERE e.release_id = w.release_id AND e.number < w.number AND (e.state <> 'Complete' OR e.soak_until > @now))
	ORDER BY w.window_start, w.id LIMIT @most`,
	func(_ *desk, w row) Task {
		return Task{Family: "active", Title: fmt.Sprintf("Go for wave %d, %s", w.Number, w.Name), Why: fmt.Sprintf("%s, made ready by %s", plural(int(w.Total), "target", "targets"), w.Who),
			Href: fmt.Sprintf("/releases/%s/deployment#wave-%d", w.ReleaseKey, w.Number), Action: "Decide go", Due: w.Due}
	})

var risksAboveAppetite = listing(identity.RiskAccept, `SELECT * FROM (SELECT r.release_key, k.number, k.event AS name, k.owner_name AS who, k.due, k.appetite AS bound, k.id,
		CASE WHEN k.residual_probability > 0 AND k.residual_impact > 0 THEN k.residual_probability * k.residual_impact ELSE k.probability * k.impact END AS total
		FROM risks k JOIN releases r ON r.id = k.release_id WHERE k.state = 'Treating' AND {live} AND {seen} AND {may}) x
	WHERE x.total > x.bound ORDER BY x.due, x.id LIMIT @most`,
	func(_ *desk, k row) Task {
		return Task{Family: "warn", Title: fmt.Sprintf("Accept risk R%d or have it treated: %s", k.Number, k.Name),
			Why:  fmt.Sprintf("It scores %d, above the appetite of %d, and blocks A2 and A4; %s treats it", k.Total, k.Bound, nobody(k.Who)),
			Href: fmt.Sprintf("/releases/%s/risks#risk-%d", k.ReleaseKey, k.Number), Action: "Decide the risk", Due: k.Due}
	})

// The verifier neither built the release nor put its package together.
var packagesToVerify = listing(identity.TestRecord, `SELECT r.release_key, r.title AS name, p.number, p.author_name AS who
	FROM releases r JOIN packages p ON p.release_id = r.id AND p.digest = r.package_digest
	WHERE r.state = 'BuildTest' AND p.state = 'Baselined' AND p.author_id <> @me AND {seen} AND {may}
	AND NOT EXISTS (SELECT 1 FROM builds b WHERE b.release_id = r.id AND b.builder_id = @me) ORDER BY p.baselined_at, p.id LIMIT @most`,
	func(_ *desk, p row) Task {
		return Task{Family: "active", Title: fmt.Sprintf("Verify package v%d of %s", p.Number, p.Name), Why: "Baselined by " + p.Who,
			Href: "/releases/" + p.ReleaseKey + "/tests", Action: "Verify"}
	})

var knownErrorsToSettle = listing(identity.TestRecord, `SELECT r.release_key, k.number, k.title AS name, k.state, k.found_by AS who
	FROM known_errors k JOIN known_error_links l ON l.known_error_id = k.id AND l.relation = 'introduced' JOIN releases r ON r.id = l.release_id
	WHERE k.state IN ('Found', 'Assessed') AND {live} AND {seen} AND {may} ORDER BY k.number LIMIT @most`,
	func(_ *desk, k row) Task {
		t := Task{Family: "active", Title: fmt.Sprintf("Assess KE-%d: %s", k.Number, k.Name), Why: "Found by " + k.Who, Href: "/releases/" + k.ReleaseKey + "/tests#known-errors", Action: "Assess"}
		if k.State == "Assessed" {
			t.Title, t.Action = fmt.Sprintf("Tolerate KE-%d or have it fixed: %s", k.Number, k.Name), "Decide"
		}
		return t
	})

// Who asked for the exit, leads the support or took part in deploying has no say.
var exitsAsked = listing(identity.ElsAccept, `SELECT r.release_key, r.title AS name, e.requested_by AS who
	FROM early_lives e JOIN releases r ON r.id = e.release_id
	WHERE r.state = 'EarlyLife' AND e.state = 'ExitRequested' AND e.requested_by_id <> @me AND e.lead_id <> @me AND {seen} AND {may}
	AND NOT EXISTS (SELECT 1 FROM wave_hands h WHERE h.release_id = r.id AND h.user_id = @me) ORDER BY e.requested_at, e.id LIMIT @most`,
	func(_ *desk, e row) Task {
		return Task{Family: "active", Title: "Accept the end of early life support of " + e.Name, Why: e.Who + " asks operations to take the service",
			Href: "/releases/" + e.ReleaseKey + "/handover#early-life", Action: "Accept or extend"}
	})

var reviewsHeld = listing(identity.PirAgree, `SELECT r.release_key, r.title AS name, p.held_by AS who
	FROM reviews p JOIN releases r ON r.id = p.release_id WHERE r.state = 'Review' AND p.state = 'Held' AND p.held_by_id <> @me AND {seen} AND {may}
	ORDER BY p.held_at, p.id LIMIT @most`,
	func(_ *desk, p row) Task {
		return Task{Family: "active", Title: "Agree the review of " + p.Name, Why: "Held by " + p.Who, Href: "/releases/" + p.ReleaseKey + "/handover#review", Action: "Read and agree"}
	})

var departures = listing(identity.RiskAccept, `SELECT r.release_key, r.title AS name, COUNT(*) AS total FROM promises p JOIN releases r ON r.id = p.release_id
	WHERE p.outcome IN ('Deferred', 'Deviated') AND p.approved_by_id = 0 AND p.stated_by_id <> @me AND {live} AND {seen} AND {may}
	GROUP BY r.id, r.release_key, r.title ORDER BY r.id LIMIT @most`,
	func(_ *desk, p row) Task {
		return Task{Family: "warn", Title: "Approve what " + p.Name + " delivers otherwise than promised", Why: plural(int(p.Total), "item of the service package is", "items of the service package are") + " deferred or deviates",
			Href: "/releases/" + p.ReleaseKey + "/handover#package", Action: "Approve"}
	})

// Changes that no release carries; the others are moved by the gates.
var changesToAssess = listing(identity.ChangeAssess, `SELECT r.change_key AS title, r.title AS name, r.raised_by AS who, r.window_start AS due
	FROM changes r WHERE r.state = 'Submitted' AND r.release_key = '' AND {known} AND {may} ORDER BY r.id LIMIT @most`,
	func(_ *desk, c row) Task {
		return Task{Family: "active", Title: "Assess " + c.Title + ": " + c.Name, Why: "Raised by " + c.Who, Href: "/changes/" + c.Title, Action: "Assess", Due: c.Due}
	})

var changesToAuthorise = listing(identity.ChangeAuthorise, `SELECT r.change_key AS title, r.title AS name, r.raised_by AS who, r.window_start AS due
	FROM changes r WHERE r.state = 'Assessing' AND r.release_key = '' AND r.raised_by_id <> @me AND {known} AND {may} ORDER BY r.id LIMIT @most`,
	func(_ *desk, c row) Task {
		return Task{Family: "active", Title: "Authorise or reject " + c.Title + ": " + c.Name, Why: "Raised by " + c.Who, Href: "/changes/" + c.Title, Action: "Decide", Due: c.Due}
	})

func nobody(name string) string {
	if name == "" {
		return "nobody"
	}
	return name
}
