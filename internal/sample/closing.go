package sample

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/release"
	"slipway/internal/review"
)

// support records the days of early life that have passed and measures every
// criterion in live use.
func (j *journey) support(ctx context.Context) error {
	return inTurn(ctx, j.recordDays, j.measure, j.transferErrors)
}

func (j *journey) recordDays(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("elin"), j.key)
	if err != nil || sheet.EarlyLife == nil {
		return err
	}
	known := map[int64]bool{}
	for _, day := range sheet.Days {
		known[day.Day] = true
	}
	for day := int64(1); day <= sheet.EarlyLife.Day(j.app.DB.Now()); day++ {
		if !known[day] {
			if err := j.day(ctx, day, true, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *journey) day(ctx context.Context, day int64, stable bool, note string) error {
	levels := fmt.Sprintf("Answered 99.9%d %%, 95th percentile %d ms, %d calls at the desk", 4+day%5, 380+day*17%90, 6-min(day, 5))
	return explain("day of early life", j.app.Review.RecordDay(ctx, j.as("elin"), j.key, review.DayReport{Day: day, Stable: stable, Levels: levels, Note: note}))
}

func (j *journey) measure(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("elin"), j.key)
	if err != nil {
		return err
	}
	for _, value := range sheet.Values {
		if value.Check.MetFor(sheet.Release.PackageDigest) {
			continue
		}
		err := j.app.Review.Measure(ctx, j.as("elin"), j.key, value.Criterion.Number, value.Check.Version,
			review.Measurement{Verb: build.VerbPass, Measured: measured(value.Criterion.Target, 1), Evidence: "Dashboard of the service, since the going live"})
		if err != nil {
			return explain("live value", err)
		}
	}
	return nil
}

// transferErrors hands the known errors that the release leaves to operations.
func (j *journey) transferErrors(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("elin"), j.key)
	if err != nil {
		return err
	}
	for _, known := range sheet.Errors {
		if known.Relation == build.Introduced && known.State == build.Tolerated {
			err := j.app.Build.MoveError(ctx, j.as("tess"), j.key, known.Key(), known.Version, build.ErrorMove{Verb: build.VerbTransfer, RecipientID: j.as("omar").UserID})
			if err != nil {
				return explain("transfer a known error", err)
			}
		}
	}
	return nil
}

// askExit states what a person vouches for, and asks operations to take over.
func (j *journey) askExit(ctx context.Context) error {
	elin := j.as("elin")
	sheet, err := j.app.Review.Sheet(ctx, elin, j.key)
	if err != nil || sheet.EarlyLife == nil || sheet.EarlyLife.State == review.ExitRequested {
		return err
	}
	e := sheet.EarlyLife
	version := e.Version
	for _, point := range []struct {
		at   db.Time
		what review.Point
		note string
	}{{e.UsersAt, review.UsersCanWork, "Twelve users in three places asked; all do their work."},
		{e.TrainingAt, review.TrainingComplete, "Both shifts trained; the list is with the desk."},
		{e.ContractsAt, review.ContractsComplete, "The supplier's annex is signed; service levels stand as agreed."}} {
		if point.at.IsZero() {
			if err := j.app.Review.Attest(ctx, elin, j.key, version, point.what, point.note); err != nil {
				return explain("state", err)
			}
			version++
		}
	}
	return explain("ask for the exit", j.app.Review.RequestExit(ctx, elin, j.key, version))
}

// acceptExit is operations' word.
func (j *journey) acceptExit(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("omar"), j.key)
	if err != nil || sheet.Release.State != release.EarlyLife {
		return err
	}
	return explain("accept the exit", j.app.Review.AcceptExit(ctx, j.as("omar"), j.key, sheet.EarlyLife.Version))
}

var handovers = map[string]string{
	"runbook": "In the media library with this release; start, stop and the five usual disturbances.", "monitoring": "Four alarms, described on the dashboard; they ring at the shift's desk.",
	"support-model": "First line the desk, second line operations, third line the builders in office hours.", "contacts": "On the first page of the runbook; the supplier's number was tried.",
	"access": "Two accounts in the safe; both were used in the walk-through.", "backups": "Every night; a restore was tried the week before the going live.",
	"licences": "Counted with the custodian; what is installed is what was reserved.", "known-errors": "Listed with workarounds; none is without.",
	"configuration-items": "Versions compared on every target; the record agrees.",
}

// handOver offers every item and has operations accept it.
func (j *journey) handOver(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("maya"), j.key)
	if err != nil {
		return err
	}
	for _, item := range sheet.Items {
		version := item.Version
		if item.State == review.HandoverOpen || item.State == review.HandoverReturned {
			if err := j.app.Review.Offer(ctx, j.as("maya"), j.key, item.Number, version, handovers[item.Kind]); err != nil {
				return explain("offer", err)
			}
			version++
			item.State = review.HandoverOffered
		}
		if item.State == review.HandoverOffered {
			if err := j.app.Review.DecideHandover(ctx, j.as("omar"), j.key, item.Number, version, review.VerbAcceptItem, ""); err != nil {
				return explain("accept "+item.Kind, err)
			}
		}
	}
	return nil
}

// keepPromises states what became of every item of the service package.
func (j *journey) keepPromises(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("maya"), j.key)
	if err != nil {
		return err
	}
	for _, p := range sheet.Promises {
		if p.Outcome == review.Undecided {
			if err := j.app.Review.StatePromise(ctx, j.as("maya"), j.key, p.Number, p.Version, review.Met, "Shown by the live verdict, and by what was delivered."); err != nil {
				return explain("promise", err)
			}
		}
	}
	return nil
}

// hold holds the post-implementation review and sets an action down.
func (j *journey) hold(ctx context.Context) error {
	maya := j.as("maya")
	sheet, err := j.app.Review.Sheet(ctx, maya, j.key)
	if err != nil || sheet.Review == nil || sheet.Review.State != review.PirDue {
		return err
	}
	lessons := j.tale.lessons
	if lessons == "" {
		lessons = "The pilot paid for itself; keep it, however small the change looks."
	}
	found := review.Findings{Objectives: "Reached: what the summary promises is in use.", Scope: "Everything in scope was delivered, nothing else.",
		TimeCost: "In the window; four hours of overtime against six planned.", Incidents: "None of severity 1; the desk had a handful of calls.",
		Gains: "The criteria hold in live use, with room.", Feedback: "Stefan's people noticed nothing, which is what they asked for.", Lessons: lessons}
	if sheet.Release.Outcome == string(release.OutcomeRolledBack) {
		found.Objectives, found.Scope = "Not reached: the release was taken back.", "Nothing of it is in use; the former version operates."
		found.Incidents, found.Gains = "The trigger was met in the pilot; users of the pilot were without service for twenty minutes.", "None yet. The back-out worked as rehearsed."
	}
	if err := j.app.Review.Hold(ctx, maya, j.key, sheet.Review.Version, found); err != nil {
		return explain("review", err)
	}
	_, err = j.app.Review.AddAction(ctx, maya, j.key, review.ActionPlan{Title: "Put what was learnt into the model", OwnerID: maya.UserID, Due: j.app.DB.Now().Add(21 * 24 * time.Hour)})
	return explain("action", err)
}

// finishActions is the owners' word that what the review asked for is done.
func (j *journey) finishActions(ctx context.Context) error {
	maya := j.as("maya")
	sheet, err := j.app.Review.Sheet(ctx, maya, j.key)
	if err != nil {
		return err
	}
	for _, action := range sheet.Actions {
		if err := j.app.Review.FinishAction(ctx, maya, j.key, action.Number, action.Version, "The model says it now."); err != nil {
			return explain("finish an action", err)
		}
	}
	return nil
}

// agreeReview is the service owner's agreement.
func (j *journey) agreeReview(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("sofia"), j.key)
	if err != nil || sheet.Review == nil || sheet.Review.State != review.PirHeld {
		return err
	}
	return explain("agree the review", j.app.Review.Agree(ctx, j.as("sofia"), j.key, sheet.Review.Version, "I read it the same way."))
}

// payDebt makes the retrospective decision that an emergency owes.
func (j *journey) payDebt(ctx context.Context) error {
	sheet, err := j.app.Release.Emergency(ctx, j.as("olga"), j.key)
	if err != nil || !sheet.MayRetro {
		return err
	}
	return explain("retrospective decision", j.app.Release.DecideRetro(ctx, j.as("olga"), j.key, release.Approve, "The halls stood still; there was no other way, and the package was the signed one."))
}
