// Package state is the form that every state machine of the product takes: a
// table of rows, each "from, verb, to". The table decides moves and buttons.
package state

import (
	"fmt"
	"slices"

	"slipway/internal/fault"
)

// Row is one line of a table.
type Row[S, V ~string] struct {
	From S
	Verb V
	To   S
}

// Table is a state machine.
type Table[S, V ~string] []Row[S, V]

// Next gives the state that the verb leads to, or a Refused that names both.
func (t Table[S, V]) Next(noun string, from S, verb V) (S, error) {
	for _, r := range t {
		if r.From == from && r.Verb == verb {
			return r.To, nil
		}
	}
	return from, fault.New(fault.Refused, "%s is %s; it cannot be told to %s now.", noun, Word(from), verb)
}

// Verbs lists what can be done in a state.
func (t Table[S, V]) Verbs(from S) []V {
	var list []V
	for _, r := range t {
		if r.From == from {
			list = append(list, r.Verb)
		}
	}
	return list
}

// Allows tells whether the verb can be said in the state.
func (t Table[S, V]) Allows(from S, verb V) bool { return slices.Contains(t.Verbs(from), verb) }

// ScanWord reads a stored word and refuses one that the program does not know.
func ScanWord[T ~string](dst *T, src any, known []T) error {
	var word T
	switch v := src.(type) {
	case string:
		word = T(v)
	case []byte:
		word = T(v)
	default:
		return fmt.Errorf("%T is no state", src)
	}
	if !slices.Contains(known, word) {
		return fmt.Errorf("unknown state %q", word)
	}
	*dst = word
	return nil
}
