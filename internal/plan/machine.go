package plan

import (
	"fmt"
	"slices"

	"slipway/internal/fault"
)

// row is one line of a state table: from, verb, to.
type row[S, V ~string] struct {
	from S
	verb V
	to   S
}

// machine is a state table. It decides moves, buttons and the diagram alike.
type machine[S, V ~string] []row[S, V]

// next gives the state that the verb leads to, or a Refused that names the state.
func (m machine[S, V]) next(noun string, from S, verb V) (S, error) {
	for _, r := range m {
		if r.from == from && r.verb == verb {
			return r.to, nil
		}
	}
	return from, fault.New(fault.Refused, "%s is %s; it cannot be told to %s now.", noun, from, verb)
}

// verbs lists what can be done in a state.
func (m machine[S, V]) verbs(from S) []V {
	var list []V
	for _, r := range m {
		if r.from == from {
			list = append(list, r.verb)
		}
	}
	return list
}

// scanWord reads a stored word and refuses one that this program does not know.
func scanWord[T ~string](dst *T, src any, known []T) error {
	var word T
	switch v := src.(type) {
	case string:
		word = T(v)
	case []byte:
		word = T(v)
	default:
		return fmt.Errorf("plan: %T is no state", src)
	}
	if !slices.Contains(known, word) {
		return fmt.Errorf("plan: unknown state %q", word)
	}
	*dst = word
	return nil
}
