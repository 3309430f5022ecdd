package releases

import (
	"slipway/internal/release"
	"slipway/templates/draft"
	"slipway/templates/ui"
)

// waivable are the criteria that a waiver may be asked for now.
func (v GateView) waivable() (list []ui.Option) {
	for _, f := range v.Findings {
		if f.Blocks() && f.Waivable {
			list = append(list, ui.Option{Value: f.Code, Label: f.Title})
		}
	}
	return list
}

func (v GateView) waiverInput(d draft.Draft, name, label, hint string) ui.Input {
	i := d.Input(name, label, "")
	i.Hint = hint
	return i
}

func (v GateView) expiresInput(d draft.Draft) ui.Input {
	i := d.Input("expires", "Holds until", "")
	i.Type, i.Hint = "datetime-local", "In "+v.Zone+". After it the exception is void, and deployment stops."
	return i
}

func (v GateView) peopleOptions() []ui.Option {
	list := make([]ui.Option, len(v.People))
	for i, p := range v.People {
		list[i] = ui.Option{Value: id(p.ID), Label: p.Name}
	}
	return list
}

func waiverForm(w release.Waiver) string { return "waiver-" + id(w.ID) }

// decidable tells whether a waiver waits for a word that the viewer may give.
func (v GateView) decidable(w release.Waiver) bool {
	return v.Waives && w.State == release.WaiverAsked
}

func waiverState(f ui.Frame, w release.Waiver) string {
	if w.State == release.WaiverApproved && !f.Now.Before(w.ExpiresAt.Std()) {
		return "Expired"
	}
	if w.State == release.WaiverRefused {
		return "Rejected"
	}
	if w.State == release.WaiverAsked {
		return "Proposed"
	}
	return string(w.State)
}

func waiverWord(f ui.Frame, w release.Waiver) string {
	switch waiverState(f, w) {
	case "Expired":
		return "Expired"
	case "Rejected":
		return "Refused"
	case "Proposed":
		return "Asked for"
	}
	return "Holds"
}

func waiverVerdicts(w release.Waiver) []ui.Option {
	return []ui.Option{{Value: string(release.Approve), Label: "Allow the exception", Hint: "The criterion no longer stands in the way until it expires; " + w.RiskOwner + " answers for the risk."},
		{Value: string(release.Reject), Label: "Refuse it", Hint: "The criterion has to be met."}}
}
