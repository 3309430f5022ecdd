//go:build e2e

package e2e

import (
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway/internal/release"
	"slipway/internal/sample"
	"slipway/web/webtest"
)

// TestTheWholePath takes a phased manual release from the first start of an
// empty Slipway to Closed, through its pages alone, by the people around it.
func TestTheWholePath(t *testing.T) {
	t.Parallel()
	o := open(t, webtest.Empty(t))
	o.setUp()
	o.catalogue()
	o.policyAndModel()
	o.places()
	o.library()
	o.plan()
	o.agree()
	o.build()
	o.verify()
	o.ready()
	o.deploy()
	o.earlyLife()
	o.handOver()
	o.close()
}

// staff are the people of the journey, who are added through the page.
var staff = []struct{ username, name, role string }{
	{"maya", "Maya Lindqvist", "Release and deployment manager"},
	{"bruno", "Bruno Costa", "Packaging and build manager"},
	{"tess", "Tess Okonkwo", "Test manager"},
	{"chen", "Chen Wei", "Change manager"},
	{"dario", "Dario Conti", "Deployment staff"},
	{"dina", "Dina Haddad", "Deployment staff"},
	{"elin", "Elin Berg", "Early life support"},
	{"omar", "Omar Nasser", "Operations"},
	{"sofia", "Sofia Marttinen", "Service owner"},
	{"cora", "Cora Jansen", "DML custodian"},
	{"stefan", "Stefan Weber", "Stakeholder"},
}

// setUp is the first start: the administrator is created, and adds the others.
func (o *office) setUp() {
	o.t.Helper()
	o.chapter("first start")
	root := visitor(o.t, o.URL, "root")
	root.open("/")
	root.see("Welcome to Slipway")
	root.fill("Your name", "Ruth Root")
	root.fill("User name", "root")
	root.fill("Password", sample.Password)
	root.press("Create the administrator")
	root.password = sample.Password
	o.people["root"] = root
	for _, s := range staff {
		root.open("/admin/users/new")
		root.fill("User name", s.username)
		root.fill("Name", s.name)
		root.fill("New password", sample.Password)
		root.tick(s.role)
		root.press("Save the account")
	}
	root.see("12 accounts")
}

// catalogue describes the service, what it promises and what it consists of.
func (o *office) catalogue() {
	o.t.Helper()
	o.chapter("catalogue")
	sofia := o.as("sofia")
	sofia.open("/services/new")
	sofia.fill("Key", "CAF")
	sofia.fill("Name", "Café orders")
	sofia.fill("Service owner", "Sofia Marttinen")
	sofia.fill("Criticality", "high")
	sofia.press("Add the service")
	for _, p := range []struct{ kind, statement, measure, target string }{
		{"Utility", "A guest orders at the table", "Test cases of ordering", "All pass"},
		{"Warranty: availability", "Orders are taken while the café is open", "Answered requests, 07:00 to 23:00", "≥ 99.5 %"},
		{"Warranty: capacity", "A full house orders at once", "Orders a minute", "≥ 40"},
		{"Warranty: security", "Nobody sees the order of another table", "Attempts from another table", "All refused"},
		{"Warranty: continuity", "Waiters go on when the network is away", "Minutes of orders kept", "≥ 30"},
	} {
		sofia.open("/services/CAF/package/new")
		sofia.fill("Part of the package", p.kind)
		sofia.fill("Statement", p.statement)
		sofia.fill("Measure", p.measure)
		sofia.fill("Target", p.target)
		sofia.press("Save the statement")
	}
	for _, i := range []struct{ key, name, kind, version string }{
		{"caf-server", "Order server", "software", "1.0"}, {"caf-runbook", "Order runbook", "documentation", "1"}, {"caf-serving", "Serving a table", "process", "3"},
	} {
		sofia.open("/items/new?service=CAF")
		sofia.fill("Key", i.key)
		sofia.fill("Name", i.name)
		sofia.fill("Kind", i.kind)
		sofia.fill("Version that operates now", i.version)
		sofia.press("Add the item")
	}
	sofia.open("/items/caf-serving")
	sofia.fill("This item", "depends on")
	sofia.fill("Key of the other item", "caf-server")
	sofia.press("Add the relation")
	maya := o.as("maya")
	maya.open("/units/new?service=CAF")
	maya.fill("Name", "Order server and runbook")
	maya.tick("Order server")
	maya.tick("Order runbook")
	maya.press("Draw up the unit")
	sofia.open("/services/CAF")
	sofia.fill("What the baseline is for", "As found")
	sofia.press("Take a baseline")
}

// policyAndModel says how the service is released; whoever writes does not approve.
func (o *office) policyAndModel() {
	o.t.Helper()
	o.chapter("policy and model")
	maya, sofia, chen := o.as("maya"), o.as("sofia"), o.as("chen")
	maya.open("/policies/new")
	maya.fill("Key", "cafe")
	maya.fill("Name", "Cafés")
	maya.tick("Café orders")
	maya.press("Save the draft")
	sofia.open("/policies/cafe")
	sofia.press("Approve version 1")
	maya.open("/policies/cafe")
	maya.press("Activate version 1")
	maya.open("/models/new?from=rolling-service")
	maya.press("Save the draft")
	chen.open("/models/rolling-service")
	chen.press("Approve version 1")
}

// places are where the release goes: a pilot and two more.
func (o *office) places() {
	o.t.Helper()
	o.chapter("environments and targets")
	omar := o.as("omar")
	omar.open("/environments/new")
	omar.fill("Key", "production")
	omar.fill("Name", "Production")
	omar.tick("Production Its targets serve users")
	omar.press("Add the environment")
	for _, t := range []struct{ key, tags string }{{"caf-till-1", "pilot"}, {"caf-till-2", ""}, {"caf-till-3", ""}} {
		omar.open("/targets/new")
		omar.fill("Key", t.key)
		omar.fill("Environment", "Production")
		omar.fill("Tags", t.tags)
		omar.press("Add the target")
	}
}

// library takes the runbook in, by somebody else than who submits it.
func (o *office) library() {
	o.t.Helper()
	o.chapter("library")
	bruno, cora := o.as("bruno"), o.as("cora")
	bruno.open("/dml/upload")
	bruno.fill("Item key", "caf/runbook")
	bruno.fill("Version", "2")
	bruno.fill("Name", "Order runbook")
	bruno.fill("Kind", "Documentation")
	bruno.upload("File", o.file("runbook.md", "# Order runbook\n\nStart it, stop it, and ring the bell.\n"))
	bruno.press("Submit to quarantine")
	cora.open("/dml/quarantine")
	cora.press("Accept")
	cora.press("Accept into the library")
	cora.see("Accepted")
}

// plan makes the release, describes its change and plans it.
func (o *office) plan() {
	o.t.Helper()
	o.chapter("release and A1")
	maya := o.as("maya")
	maya.open("/releases/new?service=CAF")
	maya.fill("Title", "Orders from the table")
	maya.fill("Why it is made and what it changes", "Guests order from the table; waiters carry and talk.")
	maya.fill("Type", "Minor")
	maya.fill("Release and deployment model", "Phased service release")
	start := o.now().Add(7 * 24 * time.Hour)
	maya.fill("Window begins", o.local(start))
	maya.fill("Window ends", o.local(start.Add(58*time.Hour)))
	maya.tick("Order server and runbook")
	maya.press("Create the release")
	o.key = strings.TrimPrefix(maya.path(), "/releases/")
	o.stands(release.Draft)
	maya.open("/changes/CHG-1/edit")
	maya.fill("Return", "A waiter serves two tables more")
	maya.fill("Resources", "Two people for two mornings")
	maya.press("Save the change")
	maya = o.at("maya")
	maya.press("Submit for A1")
	o.stands(release.Proposed)
	o.approve("chen", release.A1, "Worth doing, and the window is free.")
	o.stands(release.Planning)
}

// agree finds agreement to the plan, weighs the risks, and staffs the waves.
func (o *office) agree() {
	o.t.Helper()
	o.chapter("plan and A2")
	maya := o.at("maya", "stakeholders")
	maya.press("Edit Stefan Weber")
	maya.fill("Part", "Consulted")
	maya.fill("Influence", "3")
	maya.tick("Has to agree to the plan")
	maya.press("Save the stakeholder")
	maya = o.at("maya", "plan", "edit")
	maya.fill("Exclusions", "Payment at the table stays for the next release.")
	maya.fill("Costs", "Within the budget of the café.")
	maya.fill("Milestone 6", "Waiters shown")
	maya.fill("Milestone 6, due", o.local(o.now().Add(72*time.Hour)))
	maya.press("See what it changes")
	maya.see("Before it is saved")
	maya.press("Save the plan")
	maya.press("Submit for agreement")
	for name, word := range map[string]string{"stefan": "The waiters look forward to it.", "sofia": "It is what the café asked for."} {
		p := o.at(name, "plan")
		p.fill("Comment", word)
		p.press("Agree to version 1")
	}
	for _, risk := range []string{"1", "2"} {
		maya.open("/releases/" + o.key + "/risks?edit=" + risk)
		maya.fill("Response", "Reduce")
		maya.fill("Owner", "Maya Lindqvist")
		maya.fill("Due", o.local(o.now().Add(96 * time.Hour))[:10])
		maya.fill("Probability that remains", "1")
		maya.fill("Impact that remains", "3")
		maya.press("Save risk R" + risk)
		maya.pressIn("R"+risk, "Begin treatment")
	}
	for _, wave := range []string{"1", "2"} {
		maya = o.at("maya", "waves", wave, "edit")
		maya.tick("Dario Conti")
		maya.tick("Dina Haddad")
		maya.press("Save the wave")
	}
	o.approve("chen", release.A2, "The plan holds together; build it.")
	o.stands(release.BuildTest)
}

// build decides what is affected, records the build and packages what came of it.
func (o *office) build() {
	o.t.Helper()
	o.chapter("build and package")
	bruno := o.at("bruno", "package")
	for key, decision := range map[string][3]string{
		"caf-server": {"Include it", "Version afterwards", "1.1"}, "caf-runbook": {"Include it", "Version afterwards", "2"},
		"caf-serving": {"Leave it out", "Why it is left out", "Waiters serve as before; they were asked."},
	} {
		bruno.tickIn("Decide on "+key, decision[0])
		bruno.fillIn("Decide on "+key, decision[1], decision[2])
		bruno.press("Decide on " + key)
	}
	bruno = o.at("bruno", "tests")
	bruno.pressIn("Builds", "Record a build")
	bruno.fill("Build", "caf pipeline")
	bruno.fill("Inputs", "Revision 4f1c of the main branch")
	bruno.fill("Instructions", "make dist, as BUILD.md says")
	bruno.fill("Environment", "build host 2")
	bruno.tick("Succeeded")
	bruno.press("Record the build")
	bruno = o.at("bruno", "tests", "builds", "1")
	bruno.fill("Media item", "caf/server")
	bruno.fill("Version", "1.1")
	bruno.fill("Name of a new item", "Order server")
	bruno.fill("Kind", "Software")
	bruno.upload("File", o.file("server.bin", strings.Repeat("take the order\n", 4096)))
	bruno.press("Upload into quarantine")
	bruno = o.at("bruno", "package")
	for _, c := range []struct{ kind, media, item, add string }{
		{"Software", "Order server 1.1", "caf-server", "Add the software"},
		{"Documentation", "Order runbook 2", "caf-runbook", "Add the documentation"},
	} {
		bruno.press(c.kind)
		bruno.fill("From the media library", c.media)
		bruno.fill("Configuration item it becomes", c.item)
		bruno.press(c.add)
	}
	bruno.press("Baseline the package")
	bruno.see("Baselined")
}

// verify tests the package against what the service promises, and checks it in.
func (o *office) verify() {
	o.t.Helper()
	o.chapter("test and A3")
	tess := o.at("tess", "tests")
	tess.press("Upload a JUnit report")
	tess.fill("Test run", "Regression")
	tess.fill("Environment", "staging")
	tess.upload("JUnit XML report", o.file("report.xml", junit("orders", 12)))
	tess.press("Upload the report")
	tess.see("12 of 12 passed")
	o.at("tess", "tests")
	for _, judge := range tess.offers("Judge: ") {
		tess.press(judge)
		tess.tick("Pass")
		tess.fill("Measured", "As promised")
		tess.fill("Evidence", "Report “Regression” on staging")
		tess.press("Record the verdict")
	}
	tess.press("Verify the package")
	o.confirm("tess", release.A3, "The release notes say what changes", "Read them; they name both changes.")
	o.approve("chen", release.A3, "Verified as agreed.")
	o.approve("cora", release.A3, "Into the library with it.")
	o.stands(release.Ready)
}

// ready does everything that A4 asks for.
func (o *office) ready() {
	o.t.Helper()
	o.chapter("readiness and A4")
	dario, dina := o.at("dario", "tests"), o.as("dina")
	dario.pressIn("Back-out rehearsal", "Record a rehearsal")
	dario.fill("Environment", "staging")
	dario.tick("Succeeded")
	dario.fill("Minutes it took", "18")
	dario.fill("What was done and seen", "Installed, took back, rang the bell.")
	dario.press("Record the rehearsal")
	dina.open("/releases/" + o.key + "/tests")
	dina.press("Witness the rehearsal")
	dina.fill("What you saw", "Watched it from the first step.")
	dina.press("Witness the rehearsal")
	maya := o.at("maya", "handover")
	maya.press("Plan this transfer")
	maya.fill("Giver", "Bruno Costa")
	maya.fill("Receiver, who confirms", "Omar Nasser")
	maya.fill("Material and revision", "Order runbook 2")
	maya.press("Save the transfer")
	bruno := o.at("bruno", "handover")
	bruno.press("Say that it was delivered")
	bruno.fill("What was passed on", "Shown to both shifts.")
	bruno.press("Say that it was delivered")
	bruno.see("Nobody else can")
	omar := o.at("omar", "handover")
	omar.press("Confirm the transfer")
	omar.fill("What you can do now", "Start, stop and read the bell.")
	omar.press("Confirm the transfer")
	elin := o.at("elin", "handover")
	elin.press("Put somebody on the roster")
	elin.fill("On duty", "Elin Berg")
	elin.fill("Reached by", "extension 5100")
	elin.press("Put on the roster")
	maya = o.at("maya", "stakeholders")
	maya.press("Send notice")
	stefan := o.at("stefan", "stakeholders")
	stefan.press("Acknowledge")
	o.report()
	omar.open("/releases/" + o.key + "/gates/A4")
	o.confirm("omar", release.A4, "Alarms for the new version", "Rang it twice.")
	maya = o.at("maya", "package")
	maya.press("Hash all media anew")
	o.approve("chen", release.A4, "Ready. Go on as planned.")
}

// report has each of the twelve areas reported by who knows it.
func (o *office) report() {
	o.t.Helper()
	for area, name := range map[string]string{"Organisation": "maya", "People and training": "elin", "Support": "elin", "Infrastructure": "omar", "Data": "bruno",
		"Security": "chen", "Package": "bruno", "Licences": "bruno", "Monitoring": "omar", "Communication": "maya", "Back-out": "dario", "Finance": "sofia"} {
		p := o.at(name, "readiness")
		p.press("Report on " + area)
		p.tick("Green")
		p.fill("What you saw", "Looked at it this morning.")
		p.press("Report on " + area)
	}
}

// deploy carries out the pilot, lets it soak, and carries out the rest.
func (o *office) deploy() {
	o.t.Helper()
	o.later(7 * 24 * time.Hour)
	o.chapter("the pilot")
	o.begin()
	o.stands(release.Deploying)
	o.carryOut("1")
	maya := o.at("maya", "deployment")
	maya.see("soak")
	o.later(24 * time.Hour)
	o.chapter("the rest")
	o.begin()
	o.carryOut("2")
	o.stands(release.EarlyLife)
}

// begin makes the next wave ready, gives go and starts it.
func (o *office) begin() {
	o.t.Helper()
	maya := o.at("maya", "deployment")
	maya.press("Make ready")
	maya.fill("Comment", "Staffed, staged, and nothing stands in the way.")
	maya.press("Give go")
	maya.press("Start")
}

// carryOut signs every step of a wave, by two people in turn where the step
// asks for a witness, and reports what the targets run. What was installed is
// shown by a picture; a program in its place is refused, and nothing typed is lost.
func (o *office) carryOut(wave string) {
	o.t.Helper()
	for _, step := range []struct{ number, evidence string }{
		{"1", "Served nobody since five past."}, {"2", "Installed from the library."}, {"3", "Read the digest on each."},
	} {
		dario := o.at("dario", "waves", wave, "run")
		dario.press("Claim step " + step.number)
		dario.fill("Evidence", step.evidence)
		if step.number == "2" {
			dario.upload("Files", "/proc/self/exe")
			dario.refused("Sign step 2", "neither a picture")
			dario.upload("Files", o.picture())
		}
		dario.press("Sign step " + step.number)
		dario.see(step.evidence)
	}
	dina := o.at("dina", "waves", wave, "run")
	if !dina.has(`#step-2 .files img[src$="/picture"]`) {
		o.t.Errorf("step 2 of wave %s shows no picture", wave)
	}
	dina.fill("What you saw", "Read them too.")
	dina.press("Witness step 3")
	dario := o.at("dario", "waves", wave, "run")
	dario.fill("Digest you read", dario.digest())
	dario.fill("What shows it", "sha256sum on each till.")
	dario.press("Report all verified")
	dario.see("without a verdict is verified")
}

// picture makes a photograph of what a person saw.
func (o *office) picture() string {
	o.t.Helper()
	name := filepath.Join(o.t.TempDir(), "console.png")
	f, err := os.Create(name)
	if err == nil {
		err = errors.Join(png.Encode(f, image.NewGray(image.Rect(0, 0, 640, 480))), f.Close())
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return name
}

// digest reads the first signed digest on the page, as a person would copy it.
func (p *person) digest() string {
	p.t.Helper()
	return eval[string](p, `document.querySelector('.digest-full').textContent`)
}

// earlyLife watches for the agreed days, measures the value, and hands over.
func (o *office) earlyLife() {
	o.t.Helper()
	o.chapter("early life")
	o.later(5 * 24 * time.Hour)
	elin := o.at("elin", "handover")
	for _, day := range []string{"1", "2", "3", "4", "5"} {
		elin.pressIn("Service levels by day", "Record a day")
		elin.fill("Day", day)
		elin.tick("Stable")
		elin.fill("Measured", "99.9 % answered")
		elin.pressIn("Service levels by day", "Record the day")
	}
	for _, measure := range elin.offers("Measure: ") {
		elin.press(measure)
		elin.tick("Pass")
		elin.fill("Measured", "As promised")
		elin.fill("Evidence", "Dashboard of the tills, five days")
		elin.pressIn("Value in live use", "Record the live verdict")
	}
	for _, point := range elin.offers("State it: ") {
		elin.press(point)
		elin.fill("What shows it", "Asked in both shifts.")
		elin.press("State that")
	}
	elin.press("Ask for the exit")
	omar := o.at("omar", "handover")
	omar.press("Accept the service into operation")
	o.stands(release.Review)
}

// handOver gives every item to operations, and says what became of each promise.
func (o *office) handOver() {
	o.t.Helper()
	o.chapter("handover")
	maya := o.at("maya", "handover")
	for _, offer := range maya.offers("Offer ") {
		maya.press(offer)
		maya.fill(offer[len("Offer "):], "In the runbook, and shown.")
		maya.press("Offer to operations")
	}
	omar := o.at("omar", "handover")
	for _, accept := range omar.offers("Accept ") {
		omar.press(accept)
	}
	maya = o.at("maya", "handover")
	for _, state := range maya.offers("State: ") {
		maya.press(state)
		maya.tick("Met")
		maya.fill("What shows it", "The live verdict.")
		maya.press("State the outcome")
	}
}

// close holds the review, passes A5, and finds the catalogue as the release left it.
func (o *office) close() {
	o.t.Helper()
	o.chapter("review and A5")
	maya := o.at("maya", "handover")
	maya.press("Add an action")
	maya.fill("What is to be done", "Put the bell into the model")
	maya.fill("Owner", "Maya Lindqvist")
	maya.fill("Due", o.now().AddDate(0, 0, 14).Format(time.DateOnly))
	maya.press("Add the action")
	maya.press("Hold the review")
	for _, heading := range []string{"Objectives", "Scope", "Time and cost", "Incidents", "Value", "Stakeholder feedback", "Lessons"} {
		maya.fillIn("Post-implementation review", heading, "As planned; nothing to add.")
	}
	maya.press("Record the review")
	sofia := o.at("sofia", "handover")
	sofia.press("Agree to the review")
	chen := o.at("chen", "gates", "A5")
	chen.fill("How it ended", "Succeeded")
	chen.tick("Approve A5")
	chen.fill("Comment, or what must be mended", "Nothing is left open.")
	chen.press("Sign the decision")
	o.stands(release.Closed)
	maya = o.at("maya")
	maya.see("Closed")
	maya.see("Succeeded")
	sofia.open("/items/caf-server")
	sofia.see("1.1")
	sofia.open("/services/CAF")
	sofia.see(o.key)
	maya = o.at("maya", "history")
	maya.see("Nothing is left open.")
	o.chapter("closed")
}
