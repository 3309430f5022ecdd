package policies

import (
	"strings"

	"slipway/internal/policy"
	view "slipway/templates/policies"
)

// policyFormOf fills the form with rules.
func policyFormOf(r policy.Rules) view.PolicyForm {
	f := view.PolicyForm{Pattern: r.Pattern, Incidents: r.Incidents, Types: map[string]view.TypeForm{}, Stages: map[string]view.StageForm{}, Responsible: mapped(r.Responsible, dutyFormOf),
		GateDays: text(r.GateDays), RiskAppetite: text(r.RiskAppetite), TransferBefore: r.TransferBefore, RetroHours: text(r.RetroHours),
		PIRDays: text(r.PIRDays)}
	for _, t := range policy.Types {
		rule := r.Types[t]
		f.Types[t] = view.TypeForm{Definition: rule.Definition, Frequency: rule.Frequency, Notice: text(rule.NoticeDays), ELS: text(rule.ELSDays), AutoGo: rule.AutoGo, AutoBack: rule.AutoBack, AutoAll: rule.AutoAll}
	}
	for _, g := range policy.Gates {
		stage := r.Stages[g]
		f.Stages[g] = view.StageForm{Exit: mapped(stage.Exit, criterionFormOf), Entry: mapped(stage.Entry, criterionFormOf),
			Approvals: mapped(stage.Approvals, func(a policy.ApprovalRule) view.ApprovalForm {
				return view.ApprovalForm{Role: a.Role, Quorum: text(a.Quorum), Order: text(a.Order), Types: a.Types}
			})}
	}
	return f
}

func criterionFormOf(c policy.CriterionRule) view.CriterionForm {
	return view.CriterionForm{Code: c.Code, Text: c.Text, Role: c.Role}
}

func dutyFormOf(r policy.Responsibility) view.DutyForm {
	return view.DutyForm{Stage: r.Stage, Role: r.Role, Does: r.Does}
}

func noDuty(d view.DutyForm) bool { return blank(d.Stage, string(d.Role), d.Does) }

// tidyPolicy takes empty rows away, so that messages stand at the row they mean.
func tidyPolicy(f *view.PolicyForm) {
	noApproval := func(a view.ApprovalForm) bool { return a.Role == "" && len(a.Types) == 0 }
	noCriterion := func(c view.CriterionForm) bool { return blank(c.Text, string(c.Role)) }
	for g, s := range f.Stages {
		f.Stages[g] = view.StageForm{Approvals: kept(s.Approvals, noApproval), Exit: kept(s.Exit, noCriterion), Entry: kept(s.Entry, noCriterion)}
	}
	f.Responsible = kept(f.Responsible, noDuty)
}

// rulesOf reads a tidy form.
func rulesOf(f view.PolicyForm) policy.Rules {
	r := policy.Rules{Pattern: strings.TrimSpace(f.Pattern), Incidents: strings.TrimSpace(f.Incidents), Types: map[string]policy.TypeRule{}, Stages: map[string]policy.StageRule{},
		Responsible: mapped(f.Responsible, dutyOf), GateDays: whole(f.GateDays), RiskAppetite: whole(f.RiskAppetite), TransferBefore: f.TransferBefore,
		RetroHours: whole(f.RetroHours), PIRDays: whole(f.PIRDays)}
	for _, t := range policy.Types {
		typed := f.Types[t]
		r.Types[t] = policy.TypeRule{Definition: strings.TrimSpace(typed.Definition), Frequency: strings.TrimSpace(typed.Frequency),
			NoticeDays: whole(typed.Notice), ELSDays: whole(typed.ELS), AutoGo: typed.AutoGo, AutoBack: typed.AutoBack, AutoAll: typed.AutoAll}
	}
	for _, g := range policy.Gates {
		typed := f.Stages[g]
		r.Stages[g] = policy.StageRule{Approvals: mapped(typed.Approvals, approvalOf), Exit: mapped(typed.Exit, criterionOf), Entry: mapped(typed.Entry, criterionOf)}
	}
	return r
}

// approvalOf reads a row; without a number one person decides, and a row that
// holds for every type names none.
func approvalOf(a view.ApprovalForm) policy.ApprovalRule {
	rule := policy.ApprovalRule{Role: a.Role, Quorum: whole(a.Quorum), Order: whole(a.Order), Types: a.Types}
	if blank(a.Quorum) {
		rule.Quorum = 1
	}
	if len(rule.Types) == len(policy.Types) {
		rule.Types = nil
	}
	return rule
}

func criterionOf(c view.CriterionForm) policy.CriterionRule {
	return policy.CriterionRule{Code: strings.TrimSpace(c.Code), Text: strings.TrimSpace(c.Text), Role: c.Role}
}

func dutyOf(d view.DutyForm) policy.Responsibility {
	return policy.Responsibility{Stage: d.Stage, Role: d.Role, Does: strings.TrimSpace(d.Does)}
}

// sparePolicy adds the empty rows that the form is shown with.
func sparePolicy(f *view.PolicyForm) {
	for _, g := range policy.Gates {
		s := f.Stages[g]
		f.Stages[g] = view.StageForm{Approvals: spare(s.Approvals, 1), Exit: spare(s.Exit, 1), Entry: spare(s.Entry, 1)}
	}
	f.Responsible = spare(f.Responsible, 2)
}

// growPolicy adds one row where it is asked for; it leaves all others alone.
func growPolicy(f *view.PolicyForm) {
	if f.Add == "responsible" {
		f.Responsible = spare(f.Responsible, 1)
	}
	for _, g := range policy.Gates {
		s, field := f.Stages[g], "stage["+g+"]."
		switch f.Add {
		case field + "approvals":
			s.Approvals = spare(s.Approvals, 1)
		case field + "exit":
			s.Exit = spare(s.Exit, 1)
		case field + "entry":
			s.Entry = spare(s.Entry, 1)
		}
		f.Stages[g] = s
	}
}
