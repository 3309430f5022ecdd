package deploy

import (
	"slipway/internal/deploy"
	"slipway/internal/noun"
	"slipway/templates/ui"
)

// HookFormName is the name of the form of the other deployer.
const HookFormName = "hook"

// handed tells whether waves in the environment are handed over.
func (v EnvironmentSheet) handed() bool {
	return v.Hook != nil && (v.Method == deploy.MethodHook || v.Hook.ID != 0)
}

func (v EnvironmentSheet) hookField() ui.Input {
	return mono(hinted(v.field(HookFormName, "url", "Address", v.Hook.URL), "Messages are posted there; redirects are not followed. Your name stands beside it."))
}

func (v EnvironmentSheet) replyField() ui.Input {
	return wholeNumber(hinted(v.field(HookFormName, "reply_minutes", "Reports within", number(v.Hook.ReplyMinutes)), "Minutes after it took a wave. Targets that it did not report on by then have failed."))
}

// messageStand says how a message stands.
func messageStand(m *deploy.Message) (family, words string) {
	switch m.State {
	case deploy.MessageSent:
		return "good", "taken"
	case deploy.MessageFailed:
		return "bad", "given up"
	}
	if m.Tries > 0 {
		return "warn", "tried " + noun.Count(m.Tries, "time")
	}
	return "neutral", "waits"
}

func messageAsks(m *deploy.Message) string {
	if m.Purpose == deploy.ForBackOut {
		return "Put back " + noun.Count(m.Targets, "target")
	}
	return "Deploy to " + noun.Count(m.Targets, "target")
}

func messageAnswer(m *deploy.Message) string {
	if m.Status == 0 {
		return m.Answer
	}
	return number(m.Status) + " " + m.Answer
}
