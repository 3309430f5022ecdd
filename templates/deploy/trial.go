// Package deploy holds the pages of deployment: the wave board, run sheets,
// environments and targets.
package deploy

import (
	"strconv"

	"slipway/templates/draft"
	"slipway/templates/ui"
)

// Trial is the last attempt at one of the forms of a page.
type Trial struct {
	draft.Draft
	Refused bool // by a rule or by somebody's newer change, not for what was typed
}

// field is a field of one of the forms of a page. The form that is open holds
// what was typed; the others tell their fields apart by their form's name.
func (t Trial) field(form, name, label, standard string) ui.Input {
	if t.Is(form) {
		return t.Input(name, label, standard)
	}
	return ui.Input{Form: form, Name: name, Label: label, Value: standard}
}

func (t Trial) area(form, name, label, hint string) ui.Input {
	i := t.field(form, name, label, "")
	i.Hint, i.Rows = hint, 2
	return i
}

func optional(i ui.Input) ui.Input {
	i.Optional = true
	return i
}

func hinted(i ui.Input, hint string) ui.Input {
	i.Hint = hint
	return i
}

func mono(i ui.Input) ui.Input {
	i.Mono, i.Autocomplete = true, "off"
	return i
}

func wholeNumber(i ui.Input) ui.Input {
	i.Type, i.Min = "number", "0"
	return i
}

// checked is whether a box is ticked: as it was sent, or the standard.
func (t Trial) checked(form, name string, standard bool) bool {
	if t.Is(form) && t.Values != nil {
		return t.Values.Has(name)
	}
	return standard
}

// boxID keeps apart the boxes of one name on a page.
func (t Trial) boxID(form, name string) string {
	if t.Is(form) {
		return "f-" + name
	}
	return "f-" + form + "-" + name
}

// words are the names of fields that hold a person's own text.
var words = []string{"reason", "evidence", "note", "comment", "digest"}

// kept is what was typed into a form that was refused, since the form itself
// may be gone: the record moved on.
func (t Trial) kept() []string {
	var list []string
	if !t.Refused {
		return nil
	}
	for _, name := range words {
		if text := t.Values.Get(name); text != "" {
			list = append(list, text)
		}
	}
	return list
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
