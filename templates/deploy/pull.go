package deploy

import (
	"slipway/internal/deploy"
	"slipway/templates/ui"
)

// The names of the forms about devices that fetch.
const (
	PullFormName    = "pull-times"
	GatewayFormName = "gateway"
	TokenFormName   = "token"
)

// fetches tells whether the page of an environment speaks of devices that fetch.
func (v EnvironmentSheet) fetches() bool {
	return v.Method == deploy.MethodDDI || v.Pull.GatewayHash != ""
}

// fetches tells whether the target is a device that fetches, or was one.
func (v TargetSheet) fetches() bool {
	return v.Environment.Method == deploy.MethodDDI || v.Device.TokenHash != "" || !v.Device.SeenAt.IsZero() || len(v.Actions) > 0
}

func (v EnvironmentSheet) pullField(name, label string, value int64, hint string) ui.Input {
	return wholeNumber(hinted(v.field(PullFormName, name, label, number(value)), hint))
}

func rotateLabel(hash, what string) string {
	if hash == "" {
		return "Make a " + what
	}
	return "Make another " + what
}

// words are where an action stands, for people.
func actionWords(a *deploy.ActionView) (family, word string) {
	switch a.State {
	case deploy.PullDone:
		if a.Purpose == deploy.ForBackOut {
			return "warn", "Put back"
		}
		return "good", "Confirmed"
	case deploy.PullFailed:
		return "bad", "Failed"
	case deploy.PullCancelled:
		return "void", "Cancelled"
	}
	switch {
	case !a.InstalledAt.IsZero():
		return "active", "Installed, awaiting confirmation"
	case !a.TakenAt.IsZero():
		return "active", "Fetched"
	case a.Consent == deploy.ConsentAsked:
		return "warn", "Asks for consent"
	case a.Consent == deploy.ConsentDenied:
		return "warn", "Consent denied"
	}
	return "neutral", "Offered"
}

func statusWords(s *deploy.PullStatus) string {
	text := s.Execution
	if s.Finished != "none" && s.Finished != "" {
		text += ", " + s.Finished
	}
	if s.ProgressOf > 0 {
		text += ", " + number(s.Progress) + " of " + number(s.ProgressOf)
	}
	if s.Late {
		text += ", after it was closed"
	}
	return text
}

// asksConsent tells whether a target of a wave waits for its device to agree.
func asksConsent(a *deploy.PullAction) bool {
	return a != nil && (a.Consent == deploy.ConsentAsked || a.Consent == deploy.ConsentDenied)
}
