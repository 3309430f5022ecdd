// Package draft is the one form that stands open on a page of many rows, with
// what was typed into it and what was wrong with it. One form at a time keeps
// such a page short, and every field name unique on it.
package draft

import (
	"net/url"

	"slipway/internal/fault"
	"slipway/templates/ui"
)

// Draft names the open form; the zero Draft has none.
type Draft struct {
	Form     string
	Values   url.Values
	Errors   ui.Errors
	Blockers []fault.Blocker
}

// Is tells whether the form is the open one.
func (d Draft) Is(form string) bool { return d.Form == form }

// Text is what was typed into a field, or the standard.
func (d Draft) Text(name, standard string) string {
	if values, ok := d.Values[name]; ok && len(values) > 0 {
		return values[0]
	}
	return standard
}

// Failed tells whether the last attempt was refused.
func (d Draft) Failed() bool { return len(d.Errors) > 0 || len(d.Blockers) > 0 }

// Input is a field of the open form.
func (d Draft) Input(name, label, standard string) ui.Input {
	return ui.Input{Name: name, Label: label, Value: d.Text(name, standard), Error: d.Errors[name]}
}

// Optional is a field that may stay empty.
func (d Draft) Optional(name, label, standard, hint string) ui.Input {
	i := d.Input(name, label, standard)
	i.Optional, i.Hint = true, hint
	return i
}

// Area is a field of several lines.
func (d Draft) Area(name, label, standard, hint string, rows int) ui.Input {
	i := d.Input(name, label, standard)
	i.Hint, i.Rows = hint, rows
	return i
}

// OptionalArea is a field of several lines that may stay empty.
func (d Draft) OptionalArea(name, label, standard, hint string, rows int) ui.Input {
	i := d.Area(name, label, standard, hint, rows)
	i.Optional = true
	return i
}

// Number is a field for a whole number that is not negative.
func (d Draft) Number(name, label, standard, hint string) ui.Input {
	i := d.Input(name, label, standard)
	i.Type, i.Min, i.Hint = "number", "0", hint
	return i
}

// Date is a field for a day.
func (d Draft) Date(name, label, standard string) ui.Input {
	i := d.Input(name, label, standard)
	i.Type = "date"
	return i
}

// When is a field for a moment; left empty, it is now.
func (d Draft) When(name, label string) ui.Input {
	i := d.Optional(name, label, "", "Left empty, it is now.")
	i.Type = "datetime-local"
	return i
}
