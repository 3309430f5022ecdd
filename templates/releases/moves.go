package releases

import (
	"fmt"

	"slipway/internal/release"
	"slipway/templates/draft"
	"slipway/templates/ui"
)

// MoveView is a verb before it is said.
type MoveView struct {
	*release.Move
	Draft draft.Draft
}

// consequences are what a verb brings, in sentences.
func (v MoveView) consequences() (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	add("%s moves from %s to %s.", v.Key, ui.StateWord(string(v.State)), ui.StateWord(string(v.To)))
	if v.Withdraws != nil {
		add("Package v%d is withdrawn; an edit begins the next version.", v.Withdraws.Number)
	}
	if len(v.Voids) > 0 {
		add("These decisions are void and have to be taken again: %s.", codes(v.Voids))
	}
	if v.Opens != "" {
		add("%s %s opens for its decision.", v.Opens, v.Opens.Name())
	}
	switch v.Verb {
	case release.VerbSubmit:
		add("Change %s is submitted with it.", v.ChangeKey)
	case release.VerbHold:
		add("No decision is voided. While it is on hold nothing of it is decided or deployed.")
	case release.VerbCancel:
		add("This cannot be undone: change %s is cancelled, the window leaves the calendar, and reserved licences are given back.", v.ChangeKey)
		add("The identifier %s is never used again.", v.Key)
	}
	return list
}

// final tells whether there is no way back.
func (v MoveView) final() bool { return v.Verb == release.VerbCancel }
