package state_test

import (
	"testing"

	"slipway/internal/state"
)

func TestStatesAreSaidInWords(t *testing.T) {
	for code, want := range map[string]string{"BuildTest": "Build and test", "EarlyLife": "Early life", "RolledBack": "Rolled back", "InProgress": "In progress",
		"RetroDue": "Retro due", "NoGo": "No go", "Ready": "Ready", "": ""} {
		if got := state.Word(code); got != want {
			t.Errorf("%q is said as %q, want %q", code, got, want)
		}
	}
}
