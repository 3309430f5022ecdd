package sample

import (
	"context"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/internal/review"
	"slipway/internal/status"
)

// present tells the releases that are being deployed, or have just been.
func (st *stage) present(c *calendar, version string) {
	st.slipwayItself(c, version)
	st.lostCounts(c)
	st.fasterSettlement(c)
	st.radioFirst(c)
	st.balanceAtTill(c)
}

// slipwayItself is this program's own first release: real bytes, early in life.
func (st *stage) slipwayItself(c *calendar, version string) {
	s := st.tell(c, tale{service: "SLW", kind: release.Major, model: "rolling-service", units: []string{"Slipway"}, own: true,
		title: "Slipway takes over from the spreadsheet", summary: "Releases are planned, gated, deployed and closed in Slipway. The spreadsheet of releases is kept for reading until the end of the year.",
		value: "One record of every step, and no more evenings of copying.", versions: map[string]string{"slw-program": version, "slw-readme": version, "slw-licence-texts": version}}, st.ago(6, 7, 30))
	s.agreed().before(13, "build", s.build)
	s.before(10.5, "find a known error", s.knownError("Times in mails are in UTC", "Readers of mails have to add an hour or two; pages are right.", "Follow the link: the page shows your zone.", "slw-program"))
	s.deployed()
	live := 25 * time.Hour
	for day := range 5 {
		s.after(live+time.Duration(day)*24*time.Hour+4*time.Hour, "support", s.recordDays, s.measure)
	}
	s.after(live+30*time.Hour, "an incident", func(ctx context.Context) error {
		incident, err := s.app.Review.ReportIncident(ctx, s.as("elin"), s.key, review.IncidentReport{Reference: "INC-20731", Title: "Two people could not sign in from the warehouse", Severity: 3})
		if err != nil {
			return explain("incident", err)
		}
		return explain("resolve", s.app.Review.MoveIncident(ctx, s.as("elin"), s.key, incident.Number, incident.Version, review.VerbResolve, "The proxy's address was added to the trusted ones."))
	})
	s.after(live+52*time.Hour, "begin to hand over", func(ctx context.Context) error { return s.handOverSome(ctx, 2, 1) })
	s.after(live+2*time.Hour, "status", s.statusPage(status.Page{Public: true, Slug: "slipway", Headline: "Releases are now planned in Slipway", Lead: "The spreadsheet stays readable until the end of the year.",
		NoticeText: "You sign in with your usual name.\nYour releases are already there.", Contact: "Release desk, extension 4400"}))
}

// lostCounts is an emergency for which the glass was broken; its retrospective
// decision is owed.
func (st *stage) lostCounts(c *calendar) {
	s := st.tell(c, tale{service: "WHS", kind: release.Emergency, model: "emergency-fix", units: []string{"Synchronisation"},
		title: "Counts lost when two handhelds synchronise at once", summary: "The synchronisation server answers twice with the same number when two handhelds arrive in the same moment; the second count is lost.",
		value: "Halls can work again.", incident: "INC-20744: counts lost in Lørenskog and Malmö", versions: map[string]string{"whs-sync": "1.9.3"}}, st.now.Add(-21*time.Hour))
	s.after(-95*time.Minute, "create", s.request)
	s.after(-90*time.Minute, "break the glass", func(ctx context.Context) error { return s.emergency(ctx, release.Glass) })
	s.after(-70*time.Minute, "build", s.build)
	s.after(-50*time.Minute, "test", s.test)
	s.after(-35*time.Minute, "check in", s.prepareWaves, s.confirm(release.A3), s.gate(release.A3))
	s.after(-15*time.Minute, "make ready", s.rehearse, s.roster, s.notify, s.recheck, s.proceed)
	s.after(2*time.Minute, "deploy", func(ctx context.Context) error { return s.readyWave(ctx, 1) },
		func(ctx context.Context) error { return s.startWave(ctx, 1) }, func(ctx context.Context) error { return s.carryOut(ctx, 1) })
	s.after(3*time.Hour, "status", s.statusPage(status.Page{Public: true, Slug: "handhelds", Headline: "Handhelds work again in all halls", Lead: "Counts of this morning between 06:10 and 07:40 are checked by hand.",
		NoticeText: "Scan as usual.\nTell your shift leader if a list shows a count you did not make.", Contact: "Warehouse desk, extension 4300"}))
	s.after(10*time.Hour, "support", s.recordDays)
}

// fasterSettlement is being deployed: its pilot is through, the rest runs.
func (st *stage) fasterSettlement(c *calendar) {
	s := st.tell(c, tale{service: "PAY", kind: release.Major, model: "rolling-service", units: []string{"Payment server and papers"},
		title: "Settlement four times a night", summary: "Payments are settled at 22, 0, 2 and 4 o'clock in place of once; shops see their balance in the morning. Partners follow the new guide.",
		value: "Money a day earlier, and a night with room for a second try.", versions: map[string]string{"pay-server": "4.3.0", "pay-settings": "2026.11", "pay-api-guide": "12"}}, st.now.Add(-26*time.Hour))
	s.planned().before(21.8, "the board's advice", s.board("recommend", "Partners were told in June. Watch the first night together."))
	s.before(21.5, "weigh a large risk", s.risk(plan.Risk{Cause: "Banks take the second file of a night for a copy", Event: "it is refused", Effect: "settlement is a day late, with interest",
		Probability: 4, Impact: 4, Response: "transfer", Treatment: "Two banks have agreed in writing; the third is called each night of the first week"}))
	s.readied()
	s.after(-72*time.Hour, "status", s.statusPage(status.Page{Public: true, Slug: "settlement", Headline: "Payments stay available while settlement is changed", Lead: "Shops see last night's balance from Thursday morning on.",
		NoticeText: "You need to do nothing.\nIf a terminal asks you to sign in again, do so with your usual number.", Contact: "Payments desk, extension 4100"}))
	s.after(-2*time.Hour, "go for the pilot", func(ctx context.Context) error { return s.readyWave(ctx, 1) })
	s.after(5*time.Minute, "pilot", func(ctx context.Context) error { return s.startWave(ctx, 1) }, func(ctx context.Context) error { return s.carryOut(ctx, 1) })
	s.after(50*time.Minute, "tell", s.update(status.Update{Family: "good", Title: "The first of five hosts is changed", Body: "Payments are answered as quickly as before. The others follow tomorrow."}))
	s.after(23*time.Hour, "go for the rest", func(ctx context.Context) error { return s.readyWave(ctx, 2) })
	s.after(24*time.Hour+75*time.Minute, "start the rest", func(ctx context.Context) error { return s.startWave(ctx, 2) }, s.stepsOf(2, deploy.Install, 1),
		s.update(status.Update{Family: "active", Title: "The other four hosts are being changed", Body: "One after the other; payments go on."}))
	s.after(25*time.Hour+40*time.Minute, "claim", func(ctx context.Context) error { return s.claim(ctx, 2, deploy.Install, "dina") })
}

// radioFirst has paused by itself: a pilot device failed.
func (st *stage) radioFirst(c *calendar) {
	s := st.tell(c, tale{service: "BRF", kind: release.Minor, model: "field-firmware", owner: "bruno", units: []string{"Branch image"}, automated: true, slow: true,
		title: "Radio modem takes over in 20 seconds", summary: "When a line is lost, payments go on over the radio modem after 20 seconds in place of a minute.",
		value: "No queue at the till when a digger finds the line.", versions: map[string]string{"brf-image": "7.4.0"}}, st.now.Add(-20*time.Hour))
	s.readied()
	s.after(-2*time.Hour, "go for the pilot", func(ctx context.Context) error { return s.readyWave(ctx, 1) })
	s.after(4*time.Minute, "start the pilot", func(ctx context.Context) error { return s.startWave(ctx, 1) }, s.stepsOf(1, deploy.Install, allSteps))
	s.after(100*time.Minute, "some confirm", func(ctx context.Context) error { return s.fetched(ctx, 1, 5, confirmed) })
	s.after(160*time.Minute, "one awaits its restart", func(ctx context.Context) error { return s.fetched(ctx, 1, 1, installed) })
	s.after(170*time.Minute, "one fails", func(ctx context.Context) error { return s.fetched(ctx, 1, 1, fellBack) })
	s.after(4*time.Hour, "status", s.statusPage(status.Page{Public: true, Slug: "branch-network", Headline: "Branches keep their network; the update is paused", Lead: "One of eight devices did not come back by itself.",
		NoticeText: "Your tills work.\nIf the network is away for more than five minutes, call the branch desk.", Contact: "Branch desk, extension 4200"}))
}

// balanceAtTill is being backed out.
func (st *stage) balanceAtTill(c *calendar) {
	const why = "Balances of members without a card number are shown as zero."
	s := st.tell(c, tale{service: "LOY", kind: release.Minor, model: "rolling-service", units: []string{"Loyalty server"},
		title: "Balance on the receipt", summary: "The receipt shows the member's points and what they are worth.", value: "Members redeem more, and ask less.",
		versions: map[string]string{"loy-server": "5.2.2", "loy-rules": "90"}}, st.now.Add(-6*time.Hour))
	s.readied()
	s.after(-2*time.Hour, "go for the pilot", func(ctx context.Context) error { return s.readyWave(ctx, 1) })
	s.after(5*time.Minute, "start the pilot", func(ctx context.Context) error { return s.startWave(ctx, 1) }, s.stepsOf(1, deploy.Install, allSteps))
	s.after(70*time.Minute, "one is good", func(ctx context.Context) error { return s.verifySome(ctx, 1, 1) })
	s.after(100*time.Minute, "one fails", func(ctx context.Context) error { return s.failSome(ctx, 1, 1, why) })
	s.after(3*time.Hour, "remediate", func(ctx context.Context) error { return s.remediate(ctx, 1, why) },
		func(ctx context.Context) error {
			return explain("back out", s.app.Deploy.BackOutWave(ctx, s.as("maya"), s.key, 1, "It cannot be mended in the window."))
		})
	s.after(5*time.Hour, "claim the back-out", func(ctx context.Context) error { return s.claim(ctx, 1, deploy.BackOut, "dario") })
}

func (s *script) statusPage(p status.Page) deed {
	return func(ctx context.Context) error {
		return explain("status page", s.app.Status.Save(ctx, s.as("maya"), s.key, 0, p))
	}
}

func (s *script) update(u status.Update) deed {
	return func(ctx context.Context) error {
		return explain("status update", s.app.Status.Post(ctx, s.as("maya"), s.key, u))
	}
}
