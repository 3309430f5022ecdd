//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

// planned makes a release through the page, on the services, policies and
// models of the demonstration.
func (o *office) planned(service, unit, kind, model string) {
	o.t.Helper()
	maya := o.as("maya")
	maya.open("/releases/new?service=" + service)
	maya.fill("Title", "What the halls asked for")
	maya.fill("Why it is made and what it changes", "The halls asked for it in the autumn round.")
	maya.fill("Type", kind)
	if kind == "Emergency" {
		maya.fill("Incident or known errors that it corrects", "INC-20801: pickers stand still in two halls")
	} else {
		maya.fill("Window begins", o.local(o.now().Add(11*24*time.Hour)))
		maya.fill("Window ends", o.local(o.now().Add(14*24*time.Hour)))
	}
	maya.fill("Release and deployment model", model)
	maya.tick(unit)
	maya.press("Create the release")
	o.key = strings.TrimPrefix(maya.path(), "/releases/")
}

// drive lets the people do by the rules, without their browsers, what another
// journey shows.
func (o *office) drive(to release.State) {
	o.t.Helper()
	o.chapter("on to " + string(to))
	if err := sample.Drive(context.Background(), o.App, o.key, to); err != nil {
		o.t.Fatal(err)
	}
}

// TestAnEmergencyIsDecidedInRetrospect breaks the glass for a release, deploys
// it, and pays the debt that this leaves.
func TestAnEmergencyIsDecidedInRetrospect(t *testing.T) {
	t.Parallel()
	o := open(t, webtest.New(t))
	o.planned("WHS", "Synchronisation", "Emergency", "Emergency fix")
	maya := o.at("maya")
	maya.press("Open the emergency path")
	maya.see("nobody breaks the glass alone")
	if len(maya.offers("Break the glass")) > 0 && !maya.has(`button[aria-disabled="true"]`) {
		t.Fatalf("maya asked for %s and may break the glass herself\n%s", o.key, maya.text())
	}
	elin := o.at("elin", "emergency")
	elin.fillIn("Break the glass", "On what grounds", "Pickers stand still in two halls; the board cannot be reached.")
	elin.press("Break the glass")
	elin.see("is owed by")
	elin.screenshot("emergency")
	o.drive(release.BuildTest)
	o.drive(release.EarlyLife)

	o.chapter("the debt")
	olga := o.as("olga")
	olga.open("/")
	olga.see(o.key)
	maya = o.at("maya")
	maya.see("Its retrospective decision is still owed")
	chen := o.at("chen", "gates", "A5")
	chen.see("what is owed is paid before the release is closed")
	olga = o.at("olga", "emergency")
	olga.tick("It was right to go ahead")
	olga.fillIn("Decide in retrospect", "On what grounds", "The halls stood still, and the package was the signed one.")
	olga.press("Sign the decision")
	o.at("maya").seeNot("Its retrospective decision is still owed")
	o.drive(release.Closed)
	o.at("maya").see("Closed")
}

// TestAReleaseIsBackedOut fails a step of the pilot, takes the wave back and
// closes the release as rolled back.
func TestAReleaseIsBackedOut(t *testing.T) {
	t.Parallel()
	o := open(t, webtest.New(t))
	o.planned("PAY", "Card gateway", "Minor", "Phased service release")
	o.drive(release.Deploying)

	o.chapter("the failure")
	dario := o.at("dario", "waves", "1", "run")
	dario.press("Claim step 1")
	dario.fill("Evidence", "Drained; it serves nobody.")
	dario.press("Sign step 1")
	dario.press("Claim step 2")
	dario.fill("What went wrong", "The adapter does not start: it misses a library.")
	dario.press("Report a failure")
	dario.see("it misses a library")

	o.chapter("the way back")
	maya := o.at("maya", "deployment")
	maya.fill("What is wrong", "The pilot does not start; its trigger is met.")
	maya.press("Stop and remediate")
	o.stands(release.Remediating)
	maya.fill("Why it is backed out", "The library cannot be had in this window.")
	maya.press("Back out")
	dina := o.at("dina", "waves", "1", "run")
	dina.press("Claim step 4")
	dina.fill("Evidence", "The former adapter runs; the smoke test passed.")
	dina.press("Sign step 4")
	maya = o.at("maya", "deployment")
	maya.fill("What shows it", "The former digest was read on the host.")
	maya.press("Report all rolled back")
	maya.fill("Why it was rolled back", "The pilot did not start.")
	maya.press("Call it rolled back")
	o.stands(release.RolledBack)

	o.chapter("review and close")
	maya.open("/releases/" + o.key + "/moves?verb=" + string(release.VerbReview))
	maya.fill("Reason", "It is built anew with the next one.")
	maya.press("Go to review")
	o.stands(release.Review)
	o.review()
	o.at("maya").see("Rolled back")
	sofia := o.as("sofia")
	sofia.open("/items/pay-gateway")
	sofia.see("2.7.0")
}

// review holds the review of a release that was rolled back, and passes A5.
func (o *office) review() {
	o.t.Helper()
	maya := o.at("maya", "handover")
	maya.press("Hold the review")
	for _, heading := range []string{"Objectives", "Scope", "Time and cost", "Incidents", "Value", "Stakeholder feedback", "Lessons"} {
		maya.fillIn("Post-implementation review", heading, "Not reached; the way back worked as rehearsed.")
	}
	maya.press("Record the review")
	maya.press("Add an action")
	maya.fill("What is to be done", "Install the library with the package")
	maya.fill("Owner", "Bruno Costa")
	maya.fill("Due", o.now().AddDate(0, 0, 14).Format(time.DateOnly))
	maya.press("Add the action")
	sofia := o.at("sofia", "handover")
	sofia.press("Agree to the review")
	chen := o.at("chen", "gates", "A5")
	chen.see("its items keep the versions they have")
	chen.tick("Approve A5")
	chen.fill("Comment, or what must be mended", "The record is complete.")
	chen.press("Sign the decision")
	o.stands(release.Closed)
}

// TestTheRunSheetWithoutAScript carries a wave out on two phones whose browsers
// run no script.
func TestTheRunSheetWithoutAScript(t *testing.T) {
	t.Parallel()
	o := open(t, webtest.New(t))
	o.planned("PAY", "Card gateway", "Minor", "Phased service release")
	o.drive(release.Deploying)
	for _, name := range []string{"dario", "dina"} {
		p := visitor(t, o.URL, name)
		p.password = sample.Password
		p.viewport(390, 844)
		p.withoutScript()
		o.people[name] = p
	}
	o.chapter("on the phone")
	dario := o.at("dario", "waves", "1", "run")
	if eval[bool](dario, `!!window.htmx`) {
		t.Fatal("the phone runs scripts")
	}
	dario.screenshot("runsheet-without-script")
	o.carryOut("1")
	if wide := eval[int](dario, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		t.Errorf("%s is %d px too wide", dario.path(), wide)
	}
	o.at("maya", "deployment").see("Complete")
}
