package policies

import (
	"strings"

	"slipway/internal/policy"
	view "slipway/templates/policies"
)

// modelFormOf fills the form with a body.
func modelFormOf(b policy.Body) view.ModelForm {
	return view.ModelForm{Purpose: b.Purpose, Scale: b.Scale, Delivery: b.Delivery, Execution: b.Execution, Structure: b.Structure,
		Environments: strings.Join(b.Environments, "\n"), Processes: b.Processes, Procedures: b.Procedures, Resources: b.Resources,
		Roles: mapped(b.Roles, dutyFormOf), Waves: mapped(b.Waves, waveFormOf),
		Milestones: mapped(b.Milestones, func(m policy.Milestone) view.MilestoneForm {
			return view.MilestoneForm{Name: m.Name, Days: text(m.Days)}
		}),
		Risks: mapped(b.Risks, func(r policy.RiskTemplate) view.RiskForm {
			return view.RiskForm{Cause: r.Cause, Event: r.Event, Impact: r.Impact, Probability: text(r.Probability), Severity: text(r.Severity), Response: r.Response}
		}),
		Transfers: mapped(b.Transfers, func(t policy.TransferTemplate) view.TransferForm {
			return view.TransferForm{Topic: t.Topic, Audience: t.Audience, Method: t.Method, Receiver: t.Receiver}
		}),
		Notices: mapped(b.Notices, func(n policy.NoticeTemplate) view.NoticeForm {
			return view.NoticeForm{Audience: n.Audience, Text: n.Text, Days: text(n.DaysBefore)}
		}),
		Tests: b.Tests, Training: b.Training, BackOut: b.BackOut, Communication: b.Communication, EarlySupport: b.EarlySupport}
}

// bodyOf reads a tidy form.
func bodyOf(f view.ModelForm) policy.Body {
	trim := strings.TrimSpace
	return policy.Body{Purpose: trim(f.Purpose), Scale: f.Scale, Delivery: f.Delivery, Execution: f.Execution, Structure: trim(f.Structure),
		Environments: lines(f.Environments), Processes: trim(f.Processes), Procedures: trim(f.Procedures), Resources: trim(f.Resources),
		Roles: mapped(f.Roles, dutyOf), Waves: mapped(f.Waves, waveOf),
		Milestones: mapped(f.Milestones, func(m view.MilestoneForm) policy.Milestone {
			return policy.Milestone{Name: trim(m.Name), Days: whole(m.Days)}
		}),
		Risks: mapped(f.Risks, func(r view.RiskForm) policy.RiskTemplate {
			return policy.RiskTemplate{Cause: trim(r.Cause), Event: trim(r.Event), Impact: trim(r.Impact), Probability: whole(r.Probability),
				Severity: whole(r.Severity), Response: trim(r.Response)}
		}),
		Transfers: mapped(f.Transfers, func(t view.TransferForm) policy.TransferTemplate {
			return policy.TransferTemplate{Topic: trim(t.Topic), Audience: trim(t.Audience), Method: trim(t.Method), Receiver: t.Receiver}
		}),
		Notices: mapped(f.Notices, func(n view.NoticeForm) policy.NoticeTemplate {
			return policy.NoticeTemplate{Audience: trim(n.Audience), Text: trim(n.Text), DaysBefore: whole(n.Days)}
		}),
		Tests: trim(f.Tests), Training: trim(f.Training), BackOut: trim(f.BackOut), Communication: trim(f.Communication), EarlySupport: trim(f.EarlySupport)}
}

// tidyModel takes empty rows away, so that messages stand at the row they mean.
func tidyModel(f *view.ModelForm) {
	f.Roles = kept(f.Roles, noDuty)
	f.Milestones = kept(f.Milestones, func(m view.MilestoneForm) bool { return blank(m.Name, m.Days) })
	f.Risks = kept(f.Risks, func(r view.RiskForm) bool {
		return blank(r.Cause, r.Event, r.Impact, r.Response, r.Probability, r.Severity)
	})
	f.Transfers = kept(f.Transfers, func(t view.TransferForm) bool { return blank(t.Topic, t.Audience, t.Method, string(t.Receiver)) })
	f.Notices = kept(f.Notices, func(n view.NoticeForm) bool { return blank(n.Audience, n.Text, n.Days) })
	for i := range f.Waves {
		tidySteps(&f.Waves[i])
	}
	f.Waves = kept(f.Waves, func(w view.WaveForm) bool {
		return blank(w.Name, w.Environment, w.Filter, w.Trigger) && len(w.Steps) == 0
	})
}

// spareModel adds the empty rows that the form is shown with.
func spareModel(f *view.ModelForm) {
	f.Roles, f.Milestones, f.Risks = spare(f.Roles, 1), spare(f.Milestones, 2), spare(f.Risks, 1)
	f.Transfers, f.Notices = spare(f.Transfers, 1), spare(f.Notices, 1)
	for i := range f.Waves {
		f.Waves[i].Steps = append(f.Waves[i].Steps, emptyStep)
	}
}
