package sample

import (
	"context"
	"time"

	"slipway/internal/build"
	"slipway/internal/plan"
	"slipway/internal/release"
)

// ahead tells the releases whose window is still to come.
func (st *stage) ahead(c *calendar) {
	st.secondAcquirer(c)
	st.shelfLabels(c)
	st.cardKeys(c)
	st.membersDay(c)
	st.mailAndFeeds(c)
	st.goodsIn(c)
	st.newRevision(c)
}

// secondAcquirer has leave to deploy and waits for its window.
func (st *stage) secondAcquirer(c *calendar) {
	s := st.tell(c, tale{service: "PAY", kind: release.Minor, model: "rolling-service", owner: "bruno", units: []string{"Card gateway"},
		title: "A second acquirer for cards", summary: "Card payments go to the second acquirer when the first does not answer within two seconds.",
		value: "Card payments go on when one acquirer is away.", versions: map[string]string{"pay-gateway": "2.8.0", "pay-api-guide": "13"}}, st.ago(-1, 20, 0))
	s.prepared().on(st.now.Add(-4*time.Hour), "leave to deploy", s.leave()...)
}

// shelfLabels stands before A4 with much that blocks it.
func (st *stage) shelfLabels(c *calendar) {
	s := st.tell(c, tale{service: "WHS", kind: release.Minor, model: "field-firmware", owner: "elin", units: []string{"Handheld application"},
		title: "Shelf labels are read from two metres", summary: "The long-range scan of the handheld is used for shelf labels; pickers stay on the truck.",
		value: "Two minutes saved on every list.", versions: map[string]string{"whs-app": "3.7.0", "whs-quick-card": "6"}}, st.ago(-3, 19, 0))
	s.built().before(6, "plan the waves", s.prepareWaves)
	s.before(5.5, "report some areas", s.reportSome)
	s.before(5, "roster", s.roster)
	s.before(4.5, "ask for a waiver", func(ctx context.Context) error {
		return explain("waiver", s.app.Release.AskWaiver(ctx, s.as("maya"), s.key, release.WaiverRequest{Gate: release.A4, Finding: "backout.rehearsed", RiskOwnerID: s.as("sofia").UserID,
			Exception: "The bench handheld is in repair. The back-out was rehearsed with the release before, on the same device.", ExpiresAt: s.app.DB.Now().Add(10 * 24 * time.Hour)}))
	})
}

// cardKeys is restricted, and its tests fail.
func (st *stage) cardKeys(c *calendar) {
	s := st.tell(c, tale{service: "PAY", kind: release.Minor, model: "rolling-service", restricted: true, units: []string{"Card gateway"},
		title: "Rotation of the card keys", summary: "Keys towards the card schemes are rotated every quarter, by the key safe itself. Restricted: the present procedure is known to few.",
		value: "The audit's finding 7 is closed.", versions: map[string]string{"pay-gateway": "2.7.1"}}, st.ago(-11, 20, 0))
	s.agreed().before(14, "a build fails", func(ctx context.Context) error {
		r, err := s.release(ctx)
		if err == nil {
			_, err = s.recordBuild(ctx, r, build.Failed)
		}
		return err
	})
	s.before(13, "build", s.build)
	s.before(12, "tests fail", func(ctx context.Context) error {
		return inTurn(ctx, func(ctx context.Context) error { return s.upload(ctx, report{name: "Load", cases: 12}) },
			func(ctx context.Context) error {
				return s.upload(ctx, report{name: "Regression", cases: 128, failures: []string{"refund after a rotation: signature of the former key refused", "terminal TM-9: no answer within 2 s", "night run: one of 4,114 payments left over"}})
			}, s.judgeSome)
	})
}

// membersDay was put off.
func (st *stage) membersDay(c *calendar) {
	s := st.tell(c, tale{service: "LOY", kind: release.Major, model: "rolling-service", units: []string{"Loyalty server"},
		title: "Triple points on members' day", summary: "Rules may hold for a single day and a single shop.", value: "Marketing needs no night shift for it.",
		versions: map[string]string{"loy-server": "5.4.0", "loy-rules": "91"}}, st.ago(-17, 8, 0))
	s.agreed().before(15.5, "put it off", s.tellRelease(release.VerbHold, "maya", "Marketing moves the day to the spring; we go on when it is fixed."))
}

// mailAndFeeds has a plan in agreement: one has agreed, one objects, one is silent.
func (st *stage) mailAndFeeds(c *calendar) {
	s := st.tell(c, tale{service: "SLW", kind: release.Minor, model: "rolling-service", units: []string{"Slipway"},
		title: "Mail and feeds for what waits", summary: "People get a mail when a decision or a step waits for them, and may turn it off.",
		value: "Nobody has to look to know.", versions: map[string]string{"slw-program": "1.1.0"}}, st.ago(-16, 19, 0))
	s.planned().before(21.5, "name who agrees", s.require("omar", "Operations has to want the mails"), s.require("elin", "Early life support reads them first"))
	s.before(21, "write the plan", s.writePlan)
	s.before(20, "weigh a large risk", s.risk(plan.Risk{Cause: "Everybody gets a mail for everything", Event: "mails are no longer read", Effect: "decisions wait longer than before", Probability: 4, Impact: 4}))
	s.before(19, "one agrees", s.say("sofia", plan.Agrees, "Agreed; the default must be few mails."))
	s.before(18, "one objects", s.say("omar", plan.Objects, "The night shift reads no mail. Say how it learns of a step that waits."))
}

// goodsIn is proposed and waits for A1.
func (st *stage) goodsIn(c *calendar) {
	s := st.tell(c, tale{service: "WHS", kind: release.Major, model: "rolling-service", units: []string{"Synchronisation", "Handheld application"},
		title: "Goods-in with handhelds", summary: "Goods are booked in with the handheld at the gate, against the order; the paper list goes.",
		value: "A pallet is on its shelf forty minutes earlier."}, st.ago(-22, 6, 0))
	s.proposed()
}

// newRevision is a first draft.
func (st *stage) newRevision(c *calendar) {
	s := st.tell(c, tale{service: "BRF", kind: release.Major, model: "field-firmware", units: []string{"Branch image"},
		title: "Image for revision D of the router", summary: "Routers of revision D are bought from January on; one image serves both revisions.",
		value: "New branches can be opened with what is sold today."}, st.ago(-26, 20, 0))
	s.drafted()
}

// reportSome reports readiness as it often is a week ahead: one red, one amber,
// and half of it unknown.
func (s *script) reportSome(ctx context.Context) error {
	due := s.app.DB.Now().Add(3 * 24 * time.Hour)
	for _, r := range []struct {
		by string
		release.Report
	}{
		{"maya", release.Report{Area: "organisation", Colour: release.Green, Note: "Everybody confirmed their part."}},
		{"omar", release.Report{Area: "infrastructure", Colour: release.Red, Note: "Forty handhelds in Malmö have the old scan head, which does not read at two metres."}},
		{"elin", release.Report{Area: "people", Colour: release.Amber, Note: "The late shift of Aarhus is still to be shown.", OwnerID: s.as("elin").UserID, Due: due}},
		{"bruno", release.Report{Area: "package", Colour: release.Green, Note: "Installed twice on the bench from the library."}},
		{"sofia", release.Report{Area: "finance", Colour: release.Green, Note: "Within the budget."}},
		{"chen", release.Report{Area: "security", Colour: release.Green, Note: "Nothing above low."}},
	} {
		if err := s.app.Release.ReportReadiness(ctx, s.as(r.by), s.key, r.Report); err != nil {
			return explain("readiness", err)
		}
	}
	return nil
}

// judgeSome gives verdicts on half of the criteria, one of them a failure.
func (s *script) judgeSome(ctx context.Context) error {
	sheet, err := s.app.Build.Sheet(ctx, s.as("tess"), s.key)
	if err != nil {
		return err
	}
	for i, c := range sheet.Criteria[:len(sheet.Criteria)/2] {
		v := build.Verdict{Verb: build.VerbPass, Measured: measured(c.Target, 0), Evidence: "Report “" + c.Aspect + "” on staging"}
		if i == 1 {
			v.Verb, v.Measured = build.VerbFail, "3 of 128 fail"
		}
		if err := s.app.Build.Judge(ctx, s.as("tess"), s.key, c.Number, c.Version, v); err != nil {
			return explain("verdict", err)
		}
	}
	return nil
}

// require puts somebody on the list of those who have to agree.
func (s *script) require(username, duty string) deed {
	return func(ctx context.Context) error {
		circle, err := s.app.Plan.Circle(ctx, s.as("maya"), s.key)
		if err != nil {
			return err
		}
		in := plan.Stakeholder{PersonID: s.as(username).UserID, RACI: "C", Interest: 4, Influence: 3, Duty: duty, Required: true}
		var version int64
		for _, known := range circle.Stakeholders {
			if known.PersonID == in.PersonID {
				known.Required, known.Duty = true, duty
				in, version = known, known.Version
			}
		}
		return explain("stakeholder", s.app.Plan.SaveStakeholder(ctx, s.as("maya"), s.key, in, version, false))
	}
}

func (s *script) say(username string, verdict plan.Verdict, comment string) deed {
	return func(ctx context.Context) error {
		sheet, err := s.app.Plan.Sheet(ctx, s.as(username), s.key, 0)
		if err != nil {
			return err
		}
		return explain("word on the plan", s.app.Plan.Say(ctx, s.as(username), s.key, sheet.Plan.Number, verdict, comment))
	}
}
