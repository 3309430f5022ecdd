package policies

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/policy"
	"slipway/templates/ui"
)

var payments = []catalog.ServiceRecord{{Row: db.Row{ID: 7}, Key: "PAY", Name: "Payments"}}

func policySheet() policy.Sheet {
	rules := policy.Standard()
	versions := []policy.Version{
		{Row: db.Row{ID: 2, Version: 5, UpdatedAt: 9}, PolicyKey: "pay", Number: 2, State: policy.Draft, AuthorName: "Maya", Rules: rules},
		{Row: db.Row{ID: 1, Version: 3, UpdatedAt: 5}, PolicyKey: "pay", Number: 1, State: policy.Active, AuthorName: "Maya", ApproverName: "Sofia", ApprovedAt: 4, ActiveAt: 5, Rules: rules},
	}
	versions[0].Rules.RiskAppetite = 4
	change := versions[0].Rules.Differences(rules)
	return policy.Sheet{Policy: &policy.Policy{Key: "pay", Name: "Payments"}, Services: payments, Versions: versions, Shown: &versions[0], InForce: &versions[1],
		Waiting: &versions[0], Before: &versions[1], Differences: change, Change: change, Edits: true,
		Examples: []policy.Example{{Service: "Payments", Key: "PAY-2026.11.3"}}, Approval: policy.Deed{Offered: true, Who: []string{"Sofia"}}}
}

func modelSheet() policy.ModelSheet {
	body := policy.Templates()[1].Body
	versions := []policy.ModelVersion{
		{Row: db.Row{ID: 2, Version: 5}, ModelKey: "field", Number: 2, State: policy.Draft, AuthorName: "Maya", Body: body},
		{Row: db.Row{ID: 1, Version: 3}, ModelKey: "field", Number: 1, State: policy.Active, AuthorName: "Maya", Body: policy.Templates()[0].Body},
	}
	change := body.Differences(versions[1].Body)
	return policy.ModelSheet{Model: &policy.Model{Key: "field", Name: "Field firmware"}, Versions: versions, Shown: &versions[0], InUse: &versions[1],
		Waiting: &versions[0], Before: &versions[1], Differences: change, Change: change, Edits: true, Approval: policy.Deed{Offered: true, Who: []string{"Chen"}}}
}

func policyForm() PolicyForm {
	f := PolicyForm{Types: map[string]TypeForm{}, Stages: map[string]StageForm{}, Responsible: make([]DutyForm, 2)}
	for _, g := range policy.Gates {
		f.Stages[g] = StageForm{Approvals: make([]ApprovalForm, 2), Exit: make([]CriterionForm, 1), Entry: make([]CriterionForm, 1)}
	}
	return f
}

func modelForm() ModelForm {
	return ModelForm{Roles: make([]DutyForm, 1), Milestones: make([]MilestoneForm, 2), Risks: make([]RiskForm, 2), Transfers: make([]TransferForm, 1),
		Notices: make([]NoticeForm, 1), Waves: []WaveForm{{Name: "Pilot", Steps: make([]StepForm, 2)}, {Steps: make([]StepForm, 1)}}}
}

func wrong(names ...string) ui.Errors {
	e := ui.Errors{"": "It was not saved."}
	for _, name := range names {
		e[name] = "wrong: " + name
	}
	return e
}

func rendered(t *testing.T, page templ.Component) *goquery.Document {
	t.Helper()
	var out bytes.Buffer
	if err := page.Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestEveryPageIsWhole renders each page with one of everything: one heading,
// a label for each field, no id twice, no style, and a scope on each heading.
func TestEveryPageIsWhole(t *testing.T) {
	sheet, model := policySheet(), modelSheet()
	wrongRules := wrong("key", "name", "services", "pattern", "type[major].notice", "stage[A4].approvals", "stage[A4].approvals[0].role", "stage[A1].exit[0].text",
		"responsible[1].does", "gate_days", "transfer_before")
	wrongBody := wrong("key", "purpose", "scale", "delivery", "execution", "waves", "waves[0].hours", "waves[1].steps[0].title", "waves[0].steps[1].after",
		"roles[0].does", "milestones[1].days", "risks[1].probability", "transfers[0].receiver", "notices[0].text")
	for name, page := range map[string]templ.Component{
		"policies":    List(policy.Overview{Entries: []policy.Entry{{Policy: *sheet.Policy, Services: payments, InForce: sheet.InForce, Waiting: sheet.Waiting}}, Uncovered: payments, Draws: true}),
		"no policies": List(policy.Overview{Draws: true}),
		"policy":      Policy(PolicyView{Sheet: sheet}),
		"policy form": EditPolicy(PolicyEdit{Form: policyForm(), Open: payments, Errors: wrongRules, Newer: sheet.Differences}),
		"models":      Models(ModelsView{ModelOverview: policy.ModelOverview{Draws: true, Entries: []policy.ModelEntry{{Model: *model.Model, Waiting: model.Waiting}}}, Templates: policy.Templates()}),
		"model":       Model(ModelView{ModelSheet: model}),
		"model form":  EditModel(ModelEdit{Form: modelForm(), Begins: policy.Templates(), Errors: wrongBody}),
	} {
		checkPage(t, name, rendered(t, page))
	}
}

func checkPage(t *testing.T, name string, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%s: %d h1", name, n)
	}
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if seen[id] {
			t.Errorf("%s: the id %q occurs twice", name, id)
		}
		seen[id] = true
	})
	doc.Find("main textarea, main select, main input:not([type=hidden])").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		label := doc.Find("label[for='" + id + "']")
		if label.Length() != 1 || strings.TrimSpace(label.Text()) == "" {
			t.Errorf("%s: the field %q has no label of its own", name, id)
		}
	})
	doc.Find("#summary a").Each(func(_ int, s *goquery.Selection) {
		if href, _ := s.Attr("href"); !seen[href[1:]] {
			t.Errorf("%s: the summary leads to %s, which is not there", name, href)
		}
		if message := s.Text(); !strings.Contains(doc.Find(".field-error").Text(), message) {
			t.Errorf("%s: %q stands at no field", name, message)
		}
	})
	if n := doc.Find("[style], th:not([scope]), table:not(:has(caption))").Length(); n > 0 {
		t.Errorf("%s: %d elements with a style, or tables without scope or caption", name, n)
	}
}

func TestWhatMayBeDoneFollowsTheDeed(t *testing.T) {
	v := PolicyView{Sheet: policySheet()}
	form := rendered(t, Policy(v)).Find("form[action='/policies/pay/approve']")
	if version, _ := form.Find("input[name=version]").Attr("value"); version != "5" {
		t.Errorf("the form carries the record version %q", version)
	}
	v.Approval.Reasons = []fault.Blocker{{Sentence: "You wrote this version."}}
	doc := rendered(t, Policy(v))
	if doc.Find("form[action='/policies/pay/approve']").Length() > 0 || !strings.Contains(doc.Find("#waiting").Text(), "You wrote this version.") ||
		doc.Find("#waiting button[aria-disabled=true]").Length() != 1 {
		t.Errorf("a refused approval is shown as %s", doc.Find("#waiting").Text())
	}
	v.Approval = policy.Deed{Who: []string{"Sofia"}}
	if text := rendered(t, Policy(v)).Find("#waiting").Text(); !strings.Contains(text, "It waits for Sofia.") {
		t.Errorf("somebody else reads %s", text)
	}
}

func TestAnAddedRowStandsOpen(t *testing.T) {
	v := ModelEdit{Form: modelForm()}
	v.Form.Add = "waves[1].steps"
	doc := rendered(t, EditModel(v))
	if doc.Find("#wave-2[open]").Length() != 1 || doc.Find("#wave-1[open]").Length() != 0 {
		t.Error("the wave that got a step is not the one that stands open")
	}
	if at, _ := doc.Find("#wave-2 button[name=add]").Attr("formaction"); at != "/models/new#step-2-2" {
		t.Errorf("adding a step leads to %q", at)
	}
	p := PolicyEdit{Form: policyForm(), Errors: ui.Errors{"stage[A4].approvals": "Nobody would decide A4."}}
	if doc := rendered(t, EditPolicy(p)); doc.Find("#stage-A4[open]").Length() != 1 || doc.Find("#stage-A1[open]").Length() != 0 {
		t.Error("the authorisation that is wrong is not the one that stands open")
	}
}
