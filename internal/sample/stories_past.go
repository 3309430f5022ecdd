package sample

import (
	"context"
	"time"

	"slipway/internal/build"
	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/internal/review"
)

// past tells the releases that are over, or nearly.
func (st *stage) past(c *calendar) {
	st.vouchers(c)
	st.stockTaking(c)
	st.familyAccounts(c)
	st.seasonImage(c)
	st.pickByLight(c)
	st.instalments(c)
}

// vouchers went as planned, and is closed.
func (st *stage) vouchers(c *calendar) {
	s := st.tell(c, tale{service: "PAY", kind: release.Minor, model: "rolling-service", units: []string{"Payment server and papers"},
		title: "Vouchers in the web shop", summary: "Gift vouchers bought in a shop can be used in the web shop, in part or in full.",
		value: "Vouchers worth 3 million a year are used where they are wanted.", versions: map[string]string{"pay-server": "4.1.3", "pay-settings": "2026.06"},
		lessons: "Tell the desk a day earlier; it had the article an hour before the first call."}, st.ago(86, 20, 0))
	s.closed(26*time.Hour, 5)
}

// stockTaking left a known error with operations.
func (st *stage) stockTaking(c *calendar) {
	s := st.tell(c, tale{service: "WHS", kind: release.Major, model: "field-firmware", owner: "elin", units: []string{"Handheld application"}, slow: true,
		title: "Stock-taking without the network", summary: "Pickers count stock where there is no network; the handheld synchronises when it is back in the charging rack.",
		value: "Stock-taking of a hall takes one night in place of two.", versions: map[string]string{"whs-app": "3.5.0"}, outcome: release.OutcomeWithKnownErrors,
		lessons: "Count with three hundred lines and not with thirty: the slow list showed only in a real hall."}, st.ago(75, 19, 0))
	const slow = "Lists of more than 250 lines scroll slowly"
	s.agreed().before(13, "build", s.build)
	s.before(10.5, "find a known error", s.knownError(slow, "Pickers wait up to two seconds at long lists; nobody loses anything.", "Split the list by shelf: menu, Lists, By shelf.", "whs-app"))
	s.before(10.2, "take a failed run with it", s.toleratedRun("Long lists"))
	s.closed(3*24*time.Hour+3*time.Hour, 10)
}

// familyAccounts was taken back after its pilot.
func (st *stage) familyAccounts(c *calendar) {
	const why = "Points of a family were booked twice on one of the pilot hosts."
	s := st.tell(c, tale{service: "LOY", kind: release.Minor, model: "rolling-service", units: []string{"Loyalty server"}, outcome: release.OutcomeRolledBack,
		title: "Family accounts", summary: "Members of a family collect on one account.", value: "A tenth more members, by the survey.",
		versions: map[string]string{"loy-server": "5.3.0", "loy-rules": "89"}, lessons: "Test data had no two purchases in the same second; a Saturday has hundreds."}, st.ago(55, 20, 0))
	s.readied()
	s.failPilot(why)
	s.after(3*time.Hour, "back out", func(ctx context.Context) error { return s.backOut(ctx, 1, why) }, func(ctx context.Context) error { return s.rollBack(ctx, why) })
	s.after(16*time.Hour, "review it", s.tellRelease(release.VerbReview, "maya", "It is built anew as another release, with the rules of the spring."))
	s.office(5*24*time.Hour, "hold the review", s.hold)
	s.office(6*24*time.Hour, "agree the review", s.agreeReview)
	s.office(7*24*time.Hour, "close", s.gate(release.A5))
}

// seasonImage was called off while it was planned.
func (st *stage) seasonImage(c *calendar) {
	s := st.tell(c, tale{service: "BRF", kind: release.Minor, model: "field-firmware", units: []string{"Branch image"},
		title: "Image with the season's greeting", summary: "The login page of branch routers shows a greeting.", value: "A friendlier page."}, st.ago(24, 21, 0))
	s.planned().before(20, "call it off", s.tellRelease(release.VerbCancel, "maya", "Nobody but the branch desk ever sees that page."))
}

// pickByLight is in review: operations has not taken everything over.
func (st *stage) pickByLight(c *calendar) {
	s := st.tell(c, tale{service: "WHS", kind: release.Minor, model: "field-firmware", owner: "elin", units: []string{"Handheld application"},
		title: "Larger buttons for gloves", summary: "Buttons of the picking screen grow by a third; the order of the list can be turned.",
		value: "Fewer wrong presses in the cold hall.", versions: map[string]string{"whs-app": "3.6.0"}}, st.ago(20, 19, 0))
	s.lived(3*24*time.Hour+3*time.Hour, 4)
	s.on(st.ago(9, 10, 15), "hand over in part", func(ctx context.Context) error { return s.handOverSome(ctx, 5, 2) }, s.keepPromises)
	s.on(st.ago(6, 14, 0), "hold the review", s.hold)
}

// instalments was rolled back, and waits for what becomes of it.
func (st *stage) instalments(c *calendar) {
	const why = "Every instalment was written with the date of the first; the settlement of the pilot did not balance."
	s := st.tell(c, tale{service: "PAY", kind: release.Minor, model: "rolling-service", units: []string{"Payment server and papers"},
		title: "Payment by instalments", summary: "A customer pays a large purchase in three or six parts.", value: "More large purchases in the web shop.",
		versions: map[string]string{"pay-server": "4.2.0", "pay-settings": "2026.10"}}, st.ago(9, 20, 0))
	s.readied()
	s.failPilot(why)
	s.after(2*time.Hour, "back out", func(ctx context.Context) error { return s.backOut(ctx, 1, why) }, func(ctx context.Context) error { return s.rollBack(ctx, why) })
}

// failPilot starts the first wave; after its installation a target fails, and
// with it the wave.
func (s *script) failPilot(why string) {
	s.after(-2*time.Hour, "go for the pilot", func(ctx context.Context) error { return s.readyWave(ctx, 1) })
	s.after(5*time.Minute, "start the pilot", func(ctx context.Context) error { return s.startWave(ctx, 1) }, s.stepsOf(1, deploy.Install, allSteps))
	s.after(80*time.Minute, "the pilot fails", func(ctx context.Context) error { return s.failSome(ctx, 1, 1, why) })
}

// knownError records an error that the release introduces, and has it tolerated.
func (s *script) knownError(title, impact, workaround, item string) deed {
	return func(ctx context.Context) error {
		tess := s.as("tess")
		known, err := s.app.Build.ReportError(ctx, tess, s.key, build.ErrorReport{Relation: build.Introduced, Title: title, Description: impact})
		if err != nil {
			return explain("known error", err)
		}
		err = s.app.Build.MoveError(ctx, tess, s.key, known.Key(), known.Version, build.ErrorMove{Verb: build.VerbAssess, Impact: impact, Workaround: workaround, AffectedItems: []string{item}})
		if err != nil {
			return explain("assess a known error", err)
		}
		return explain("tolerate a known error", s.app.Build.MoveError(ctx, tess, s.key, known.Key(), known.Version+1,
			build.ErrorMove{Verb: build.VerbTolerate, Decision: "The workaround takes two presses, and the gain is large.", TargetFix: "the next minor release"}))
	}
}

// toleratedRun uploads a report with one failure, and takes it with the known
// error of the release.
func (s *script) toleratedRun(name string) deed {
	return func(ctx context.Context) error {
		tess := s.as("tess")
		run, err := s.app.Build.UploadRun(ctx, tess, s.key, build.RunRecord{Name: name, Level: "package", Environment: "staging"},
			report{name: name, cases: 24, failures: []string{"260 lines drawn in 2.1 s, wanted 0.5 s"}}.reader())
		if err != nil {
			return explain("test run", err)
		}
		sheet, err := s.app.Build.Sheet(ctx, tess, s.key)
		if err != nil {
			return err
		}
		for _, known := range sheet.Errors {
			return explain("tolerate a run", s.app.Build.TolerateRun(ctx, tess, s.key, run.Number, run.Version, known.Key()))
		}
		return nil
	}
}

// handOverSome offers the items; operations accepts some and returns one.
func (s *script) handOverSome(ctx context.Context, accepted, offered int) error {
	sheet, err := s.app.Review.Sheet(ctx, s.as("maya"), s.key)
	if err != nil {
		return err
	}
	for i, item := range sheet.Items {
		if i > accepted+offered {
			return nil
		}
		if err := s.app.Review.Offer(ctx, s.as("maya"), s.key, item.Number, item.Version, handovers[item.Kind]); err != nil {
			return explain("offer", err)
		}
		verb, reason := review.VerbAcceptItem, ""
		switch {
		case i == accepted:
			verb, reason = review.VerbReturn, "The second number on the list rings at an empty desk."
		case i > accepted:
			continue
		}
		if err := s.app.Review.DecideHandover(ctx, s.as("omar"), s.key, item.Number, item.Version+1, verb, reason); err != nil {
			return explain("decide "+item.Kind, err)
		}
	}
	return nil
}

// risk adds a risk to the release's register.
func (s *script) risk(r plan.Risk) deed {
	return func(ctx context.Context) error {
		r.OwnerID, r.Due = s.as("maya").UserID, s.app.DB.Now().Add(14*24*time.Hour)
		_, err := s.app.Plan.SaveRisk(ctx, s.as("maya"), s.key, r, 0)
		return explain("risk", err)
	}
}
