package fault

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestKindSurvivesWrapping(t *testing.T) {
	err := fmt.Errorf("find release: %w", Wrap(NotFound, io.EOF, "No release %s.", "PAY-1"))
	if !errors.Is(err, NotFound) || errors.Is(err, Conflict) {
		t.Errorf("errors.Is does not match the kind of %v", err)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is lost")
	}
	if KindOf(err) != NotFound || KindOf(io.EOF) != Internal || KindOf(fmt.Errorf("x: %w", Forbidden)) != Forbidden {
		t.Error("KindOf does not give the kind")
	}
}

func TestCheckNamesEverything(t *testing.T) {
	var c Check
	if c.Err("nothing") != nil {
		t.Fatal("an empty check is no error")
	}
	c.Block(Blocked("The plan is not agreed.", "Maya", "/plan", "Open the plan"))
	if KindOf(c.Err("A2")) != Refused {
		t.Error("blockers alone refuse")
	}
	c.Need(true, "title", "never")
	c.Need(false, "key", "Say a key.")
	err := c.Err("The release cannot be saved.")
	if KindOf(err) != Invalid {
		t.Error("a wrong field makes the input invalid")
	}
	for _, want := range []string{"cannot be saved", "key: Say a key.", "The plan is not agreed."} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
	if Refuse("no reason") != nil {
		t.Error("a refusal without a reason is none")
	}
}
