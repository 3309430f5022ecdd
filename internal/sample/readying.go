package sample

import (
	"context"
	"slices"
	"time"

	"slipway/internal/build"
	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/release"
	"slipway/internal/review"
)

// rehearse tries the back-out before a witness, where nobody has.
func (j *journey) rehearse(ctx context.Context) error {
	sheet, err := j.app.Release.Gate(ctx, j.as("maya"), j.key, release.A4)
	if err != nil || !unmet(sheet.Findings, "backout.rehearsed") {
		return err
	}
	tried, err := j.app.Build.RecordRehearsal(ctx, j.as("dario"), j.key, build.RehearsalRecord{Environment: "staging", Result: build.Succeeded, Minutes: 18,
		Notes: "Installed the package, took it back by the back-out steps, ran the smoke test on the former version."})
	if err != nil {
		return explain("rehearse", err)
	}
	return explain("witness", j.app.Build.WitnessRehearsal(ctx, j.as("dina"), j.key, tried.Number, tried.Version, "Watched it from the first step; the clock is right."))
}

func unmet(findings []release.Finding, code string) bool {
	return slices.ContainsFunc(findings, func(f release.Finding) bool { return f.Code == code && f.Blocks() })
}

// handOn completes the knowledge transfers, has them delivered and confirmed.
func (j *journey) handOn(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("maya"), j.key)
	if err != nil {
		return err
	}
	if len(sheet.Transfers) == 0 {
		if err := j.planTransfer(ctx); err != nil {
			return err
		}
		if sheet, err = j.app.Review.Sheet(ctx, j.as("maya"), j.key); err != nil {
			return err
		}
	}
	for _, t := range sheet.Transfers {
		if err := j.transfer(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (j *journey) planTransfer(ctx context.Context) error {
	r, err := j.release(ctx)
	if err != nil {
		return err
	}
	in, err := j.transferPlan(ctx, review.Transfer{Topic: "What is new, and how it is seen to work", Audience: "Operations on shift", Method: "Walk-through", Due: r.WindowStart})
	if err != nil {
		return err
	}
	_, err = j.app.Review.PlanTransfer(ctx, j.as("maya"), j.key, in)
	return explain("plan a transfer", err)
}

// transferPlan completes a transfer: bruno tells omar, by the release's papers.
func (j *journey) transferPlan(ctx context.Context, t review.Transfer) (review.TransferPlan, error) {
	in := review.TransferPlan{Topic: t.Topic, Audience: t.Audience, Method: t.Method, GiverID: t.GiverID, ReceiverID: t.ReceiverID, MediaVersionID: t.MediaVersionID, Due: t.Due}
	if in.GiverID == 0 {
		in.GiverID = j.as("bruno").UserID
	}
	if in.ReceiverID == 0 {
		in.ReceiverID = j.as("omar").UserID
	}
	if in.Due.IsZero() {
		in.Due = j.app.DB.Now().Add(48 * time.Hour)
	}
	if in.MediaVersionID != 0 {
		return in, nil
	}
	r, err := j.release(ctx)
	if err != nil {
		return in, err
	}
	return in, j.view(ctx, func(tx *db.Tx) error {
		_, lines, err := j.app.Release.CurrentPackage(tx, r)
		for _, line := range lines {
			if line.Kind == release.ComponentKind(dml.Documentation) {
				in.MediaVersionID = line.MediaVersionID
			}
		}
		return err
	})
}

func (j *journey) transfer(ctx context.Context, t review.Transfer) error {
	if t.State == review.TransferConfirmed {
		return nil
	}
	version := t.Version
	if t.State != review.TransferDelivered {
		if t.GiverID == 0 || t.ReceiverID == 0 || t.MediaVersionID == 0 {
			in, err := j.transferPlan(ctx, t)
			if err != nil {
				return err
			}
			if err := j.app.Review.ReviseTransfer(ctx, j.as("maya"), j.key, t.Number, version, in); err != nil {
				return explain("revise a transfer", err)
			}
			t.GiverID, t.ReceiverID = in.GiverID, in.ReceiverID
			version++
		}
		if err := j.app.Review.MoveTransfer(ctx, j.who.by(t.GiverID), j.key, t.Number, version, review.VerbDeliver, "Shown on staging to five people of both shifts."); err != nil {
			return explain("deliver", err)
		}
		version++
	}
	return explain("confirm", j.app.Review.MoveTransfer(ctx, j.who.by(t.ReceiverID), j.key, t.Number, version, review.VerbConfirm, "Tried it ourselves afterwards."))
}

// roster puts somebody on duty for every day of early life that has nobody.
func (j *journey) roster(ctx context.Context) error {
	sheet, err := j.app.Review.Sheet(ctx, j.as("maya"), j.key)
	if err != nil {
		return err
	}
	for _, day := range sheet.Uncovered {
		for _, shift := range []struct{ name, who, contact string }{{"day", "elin", "extension 5100"}, {"night", "omar", "extension 5199"}} {
			err := j.app.Review.AddShifts(ctx, j.as("elin"), j.key, review.ShiftPlan{FromDay: day, Shift: shift.name, PersonID: j.as(shift.who).UserID, Contact: shift.contact})
			if err != nil {
				return explain("roster", err)
			}
		}
	}
	return nil
}

// notify sends every notice that was not sent.
func (j *journey) notify(ctx context.Context) error {
	circle, err := j.app.Plan.Circle(ctx, j.as("maya"), j.key)
	if err != nil {
		return err
	}
	for _, n := range circle.Notices {
		if n.SentAt.IsZero() {
			if err := j.app.Plan.SendNotice(ctx, j.as("maya"), j.key, n.Number, n.Version); err != nil {
				return explain("notice", err)
			}
		}
	}
	return nil
}

// acknowledge is the stakeholder's word that the notices were read.
func (j *journey) acknowledge(ctx context.Context) error {
	circle, err := j.app.Plan.Circle(ctx, j.as("maya"), j.key)
	if err != nil || circle.Release.Restricted {
		return err
	}
	for _, n := range circle.Notices {
		if !n.SentAt.IsZero() {
			if err := j.app.Plan.Acknowledge(ctx, j.as("stefan"), j.key, n.Number); err != nil {
				return explain("acknowledge", err)
			}
		}
	}
	return nil
}

// colours are what is reported of the twelve areas, and by whom.
var colours = []struct{ area, by, note string }{
	{"organisation", "maya", "Everybody confirmed their part in Monday's meeting."},
	{"people", "elin", "Both shifts were shown the new version."},
	{"support", "elin", "The desk has the article and tried it on three calls."},
	{"infrastructure", "omar", "Space and memory checked on every host: a third is free."},
	{"data", "bruno", "Last night's backup restored on staging; the migration took four minutes."},
	{"security", "chen", "The scan found nothing above low."},
	{"package", "bruno", "Installed twice on staging from the library."},
	{"licences", "bruno", "Entitlements suffice and run to the end of next year."},
	{"monitoring", "omar", "Dashboards show the version; alarms were fired once."},
	{"communication", "maya", "Notices are out; the status page is ready."},
	{"back-out", "dario", "Rehearsed in 18 minutes; the window leaves an hour."},
	{"finance", "sofia", "Within the budget."},
}

// report reports green on every area that nobody has reported or that keeps
// the release from going on.
func (j *journey) report(ctx context.Context) error {
	sheet, err := j.app.Release.Readiness(ctx, j.as("maya"), j.key)
	if err != nil {
		return err
	}
	for _, line := range sheet.Lines {
		if !line.Finding.Blocks() {
			continue
		}
		for _, c := range colours {
			if c.area != line.Area.Code {
				continue
			}
			q := release.Report{Area: c.area, Colour: release.Green, Note: c.note}
			if line.Report != nil {
				q.Version = line.Report.Version
			}
			if err := j.app.Release.ReportReadiness(ctx, j.as(c.by), j.key, q); err != nil {
				return explain("readiness of "+c.area, err)
			}
		}
	}
	return nil
}

// recheck hashes the package anew.
func (j *journey) recheck(ctx context.Context) error {
	return explain("recheck", j.app.Release.Recheck(ctx, j.as("maya"), j.key))
}
