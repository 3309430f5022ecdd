package deploy

import (
	"fmt"
	"strings"
)

// The reader of filters as it was before the language grew, for a test that
// compares what both understand.

// formerCondition is one term of a filter as the language was before it grew: the target has the facet, or has it not.
type formerCondition struct {
	Facet string // "tag=pilot", as the target's facets have it
	Not   bool
}

// parseFormerFilter reads "tag=pilot and site=Oslo and rev!=C". Names are tag, key,
// name and the targets' attributes; values with "and" in them stand in quotes.
func parseFormerFilter(text string) ([]formerCondition, error) {
	p := formerParser{text: []rune(text)}
	p.space()
	if p.end() {
		return nil, nil
	}
	var f []formerCondition
	for {
		condition, err := p.condition()
		if err != nil {
			return nil, err
		}
		f = append(f, condition)
		p.space()
		if p.end() {
			return f, nil
		}
		if !p.and() {
			return nil, p.fault("write “and” before the next condition.")
		}
		p.space()
	}
}

type formerParser struct {
	text []rune
	at   int
}

func (p *formerParser) end() bool { return p.at >= len(p.text) }

func (p *formerParser) fault(why string) error { return FilterError{p.at + 1, why} }

func (p *formerParser) space() {
	for !p.end() && (p.text[p.at] == ' ' || p.text[p.at] == '\t') {
		p.at++
	}
}

func (p *formerParser) condition() (formerCondition, error) {
	start := p.at
	for !p.end() && isNameRune(p.text[p.at]) {
		p.at++
	}
	name := string(p.text[start:p.at])
	if name == "" {
		return formerCondition{}, p.fault("a condition begins with a name, such as tag or site.")
	}
	p.space()
	not := !p.end() && p.text[p.at] == '!'
	if not {
		p.at++
	}
	if p.end() || p.text[p.at] != '=' {
		return formerCondition{}, p.fault("write = or != after " + name + ".")
	}
	p.at++
	p.space()
	value, err := p.value()
	if err != nil {
		return formerCondition{}, err
	}
	return formerCondition{facet(name, value), not}, nil
}

// value reads up to the next "and", or to the closing quote.
func (p *formerParser) value() (string, error) {
	if !p.end() && p.text[p.at] == '"' {
		return p.quoted()
	}
	start := p.at
	for !p.end() && !p.atAnd() {
		switch p.text[p.at] {
		case '=', '!', '|', '"':
			return "", p.fault(fmt.Sprintf("%c does not belong in a value.", p.text[p.at]))
		}
		p.at++
	}
	value := strings.TrimSpace(string(p.text[start:p.at]))
	if value == "" {
		p.at = start
		return "", p.fault("a value is missing.")
	}
	return value, nil
}

func (p *formerParser) quoted() (string, error) {
	open := p.at
	p.at++
	start := p.at
	for !p.end() && p.text[p.at] != '"' {
		if p.text[p.at] == '|' {
			return "", p.fault("| does not belong in a value.")
		}
		p.at++
	}
	if p.end() {
		p.at = open
		return "", p.fault("this quote is never closed.")
	}
	value := strings.TrimSpace(string(p.text[start:p.at]))
	p.at++
	if value == "" {
		p.at = open
		return "", p.fault("a value is missing.")
	}
	return value, nil
}

// atAnd tells whether the word "and" begins here, with space on both sides.
func (p *formerParser) atAnd() bool {
	if p.at == 0 || p.text[p.at-1] != ' ' && p.text[p.at-1] != '\t' && p.text[p.at-1] != '"' || p.at+3 > len(p.text) {
		return false
	}
	if !strings.EqualFold(string(p.text[p.at:p.at+3]), "and") {
		return false
	}
	return p.at+3 == len(p.text) || p.text[p.at+3] == ' ' || p.text[p.at+3] == '\t'
}

// and consumes the word, and the end after it is missing a condition.
func (p *formerParser) and() bool {
	if !p.atAnd() {
		return false
	}
	p.at += 3
	return true
}
