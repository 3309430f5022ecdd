package sample

import (
	"context"
	"fmt"

	"slipway/internal/release"
)

var approvals = map[release.GateCode]string{
	release.A1: "Worth doing, and the window is free.", release.A2: "The plan holds together; build it.",
	release.A3: "Verified as agreed; into the library with it.", release.A4: "Ready. Go on as planned.",
	release.A5: "Nothing is left open.",
}

// attest confirms what the policy asks people to confirm before a gate.
func (j *journey) attest(ctx context.Context, code release.GateCode) error {
	r, err := j.release(ctx)
	if err != nil {
		return err
	}
	rules, err := j.rules(ctx, r)
	if err != nil {
		return err
	}
	sheet, err := j.app.Release.Gate(ctx, j.as("maya"), j.key, code)
	if err != nil {
		return err
	}
	for _, criterion := range rules.CriteriaFor(string(code)) {
		for _, f := range sheet.Findings {
			if f.Code == criterion.Code && f.Blocks() {
				if err := j.app.Release.Attest(ctx, j.holder(criterion.Role), j.key, code, criterion.Code, "Looked at it today, step by step; it is as it says."); err != nil {
					return explain("confirm "+criterion.Code, err)
				}
			}
		}
	}
	return nil
}

// approve has a gate approved by everybody whom the policy asks, in their order.
func (j *journey) approve(ctx context.Context, code release.GateCode) error {
	for range 9 {
		sheet, err := j.app.Release.Gate(ctx, j.as("maya"), j.key, code)
		if err != nil {
			return err
		}
		if sheet.Gate.State.Passed() {
			return nil
		}
		if err := j.nextWord(ctx, sheet); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s of %s does not pass", code, j.key)
}

// oneWord has a gate approved by the first person whom the policy asks.
func (j *journey) oneWord(ctx context.Context, code release.GateCode) error {
	sheet, err := j.app.Release.Gate(ctx, j.as("maya"), j.key, code)
	if err != nil || sheet.Gate.State.Passed() {
		return err
	}
	return j.nextWord(ctx, sheet)
}

func (j *journey) nextWord(ctx context.Context, sheet *release.GateSheet) error {
	for _, seat := range sheet.Seats {
		if seat.Filled() || seat.Waits {
			continue
		}
		say := release.Say{Verdict: release.Approve, Role: seat.Rule.Role, Comment: approvals[sheet.Gate.Code], Version: sheet.Gate.Version}
		if sheet.Gate.Code == release.A5 {
			say.Outcome = j.tale.outcome
			if say.Outcome == "" {
				say.Outcome = release.OutcomeSucceeded
			}
		}
		err := j.app.Release.DecideGate(ctx, j.holder(seat.Rule.Role), j.key, sheet.Gate.Code, say)
		return explain(fmt.Sprintf("%s of %s by %s", sheet.Gate.Code, j.key, seat.Rule.Role), err)
	}
	return fmt.Errorf("%s of %s is %s, and waits for nobody", sheet.Gate.Code, j.key, sheet.Gate.State)
}

// emergency lets an emergency go ahead: by the emergency board, or by breaking
// the glass, which leaves its decision owed.
func (j *journey) emergency(ctx context.Context, kind release.AuthorityKind) error {
	actor, why := j.as("olga"), "Called together by telephone: three of four members, all in favour."
	if kind == release.Glass {
		actor, why = j.as("elin"), "Pickers stand still in two halls; the board could not be reached."
	}
	return explain("emergency authority", j.app.Release.AuthoriseEmergency(ctx, actor, j.key, kind, why))
}

// proceed passes the gate an emergency stands before, on its authority.
func (j *journey) proceed(ctx context.Context) error {
	sheet, err := j.app.Release.Emergency(ctx, j.as("maya"), j.key)
	if err != nil {
		return err
	}
	gate, err := j.app.Release.Gate(ctx, j.as("maya"), j.key, sheet.Gate)
	if err != nil || gate.Gate.State.Passed() {
		return err
	}
	return explain("proceed", j.app.Release.Proceed(ctx, j.as("maya"), j.key))
}
