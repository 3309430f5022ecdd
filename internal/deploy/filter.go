package deploy

import (
	"fmt"
	"slices"
	"strings"
)

// Filter chooses targets. The empty filter chooses all.
type Filter struct{ top *term }

// Empty tells whether the filter chooses all.
func (f Filter) Empty() bool { return f.top == nil }

// Matches tells whether a target is chosen.
func (f Filter) Matches(t *Target) bool { return f.top == nil || f.top.holds(t) }

// term is one condition, or several joined.
type term struct {
	join string // "and", "or", "not", or empty for a condition
	of   []term
	condition
}

// condition compares something of a target with values.
type condition struct {
	name   string // as facets have it, or one of the installed columns
	op     operator
	values []pattern // several for "in"
}

// operator is how a condition compares. What is not so is a "not" around it.
type operator string

const (
	equal   operator = "="
	less    operator = "<"
	atMost  operator = "<="
	more    operator = ">"
	atLeast operator = ">="
)

// pattern is a value; an open one has stars for anything in between its parts.
type pattern struct {
	parts []string
}

func plain(text string) pattern { return pattern{[]string{tidy(text)}} }

// wildcard reads stars in a value as anything.
func wildcard(text string) pattern { return pattern{strings.Split(tidy(text), "*")} }

func (p pattern) open() bool { return len(p.parts) > 1 }

func (p pattern) text() string { return strings.Join(p.parts, "*") }

func (p pattern) fits(text string) bool {
	first, rest := p.parts[0], p.parts[1:]
	if !p.open() {
		return text == first
	}
	text, ok := strings.CutPrefix(text, first)
	for _, part := range rest[:len(rest)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return ok && strings.HasSuffix(text, rest[len(rest)-1])
}

func (t *term) holds(target *Target) bool {
	switch t.join {
	case "and":
		return !slices.ContainsFunc(t.of, func(one term) bool { return !one.holds(target) })
	case "or":
		return slices.ContainsFunc(t.of, func(one term) bool { return one.holds(target) })
	case "not":
		return !t.of[0].holds(target)
	}
	if column, ok := columns[t.name]; ok {
		return t.fits(tidy(column.of(target)))
	}
	return slices.ContainsFunc(strings.Split(target.Facets, "|"), func(facet string) bool {
		name, value, _ := strings.Cut(facet, "=")
		return name == t.name && t.fits(value)
	})
}

// fits tells whether one value is as the condition says.
func (c *condition) fits(value string) bool {
	if c.op == equal {
		return slices.ContainsFunc(c.values, func(p pattern) bool { return p.fits(value) })
	}
	than := c.values[0].text()
	return c.op.holds(strings.Compare(rank(value), rank(than)))
}

// holds tells whether the operator is right for how two values compare.
func (o operator) holds(compared int) bool {
	switch o {
	case less:
		return compared < 0
	case atMost:
		return compared <= 0
	case more:
		return compared > 0
	}
	return compared >= 0
}

// column is something of a target that stands in a column of its own, not among
// its facets.
type column struct {
	name string
	of   func(*Target) string
}

var columns = map[string]column{
	"environment":       {"environment_key", func(t *Target) string { return t.EnvironmentKey }},
	"installed.digest":  {"installed_digest", func(t *Target) string { return t.InstalledDigest }},
	"installed.version": {"installed_version", func(t *Target) string { return t.InstalledVersion }},
	"installed.release": {"installed_release", func(t *Target) string { return t.InstalledRelease }},
}

// ownNames are those that no attribute may have.
var ownNames = []string{"tag", "key", "name", "environment", "installed.digest", "installed.version", "installed.release"}

// FilterError says where a filter cannot be read.
type FilterError struct {
	At  int // position of the character, from 1
	Why string
}

// Error names the position and the reason.
func (e FilterError) Error() string { return fmt.Sprintf("At character %d: %s", e.At, e.Why) }

// Mark parts a filter at the character where it cannot be read.
func (e FilterError) Mark(text string) (before, there, after string) {
	runes := []rune(text)
	at := min(max(e.At-1, 0), len(runes))
	if at == len(runes) {
		return text, "", ""
	}
	return string(runes[:at]), string(runes[at]), string(runes[at+1:])
}
