package deploy

import (
	"fmt"
	"strings"
)

const (
	maxFilter = 2000 // characters
	maxNested = 20   // brackets and nots inside each other
)

// ParseFilter reads "tag=pilot and (site=Oslo or rev>=3) and not name=Test*".
//
// Names are tag, key, name, environment, installed.digest, installed.version,
// installed.release and the targets' attributes. Conditions compare by = or ==,
// !=, <, <=, > and >= (as numbers or versions), "in (a, b)" and "not in (a, b)";
// a star stands for anything. They are joined by "and" or ";", "or" or ",", of
// which "and" binds closer. A value goes up to where the next condition begins;
// one that holds such words, or a star that means itself, stands in quotes.
func ParseFilter(text string) (Filter, error) {
	p := filterParser{text: []rune(text)}
	if len(p.text) > maxFilter {
		p.at = maxFilter
		return Filter{}, p.fault("a filter has %d characters at most.", maxFilter)
	}
	p.space()
	if p.end() {
		return Filter{}, nil
	}
	top, err := p.either()
	if err != nil {
		return Filter{}, err
	}
	if !p.end() {
		return Filter{}, p.fault("write “and” or “or” before the next condition.")
	}
	return Filter{&top}, nil
}

type filterParser struct {
	text   []rune
	at     int
	depth  int // open brackets
	nested int
}

func (p *filterParser) end() bool { return p.at >= len(p.text) }

func (p *filterParser) is(r rune) bool { return !p.end() && p.text[p.at] == r }

func (p *filterParser) fault(why string, args ...any) error {
	return FilterError{p.at + 1, fmt.Sprintf(why, args...)}
}

func (p *filterParser) space() {
	for p.is(' ') || p.is('\t') {
		p.at++
	}
}

// either reads conditions joined by "or".
func (p *filterParser) either() (term, error) { return p.joined("or", ',', p.both) }

// both reads conditions joined by "and".
func (p *filterParser) both() (term, error) { return p.joined("and", ';', p.one) }

func (p *filterParser) joined(word string, sign rune, part func() (term, error)) (term, error) {
	var list []term
	for {
		one, err := part()
		if err != nil {
			return term{}, err
		}
		list = append(list, one)
		p.space()
		if p.is(sign) {
			p.at++
		} else if !p.takeWord(word) {
			break
		}
		p.space()
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return term{join: word, of: list}, nil
}

// one reads a condition, one that is turned round, or a bracket.
func (p *filterParser) one() (term, error) {
	if p.nested++; p.nested > maxNested {
		return term{}, p.fault("there are more than %d brackets inside each other.", maxNested)
	}
	defer func() { p.nested-- }()
	switch {
	case p.is('('):
		return p.bracket()
	case p.notAhead():
		p.at += 3
		p.space()
		one, err := p.one()
		return term{join: "not", of: []term{one}}, err
	}
	return p.condition()
}

func (p *filterParser) bracket() (term, error) {
	open := p.at
	p.at++
	p.depth++
	p.space()
	inside, err := p.either()
	if err != nil {
		return term{}, err
	}
	p.depth--
	if p.end() {
		p.at = open
		return term{}, p.fault("this bracket is never closed.")
	}
	if !p.is(')') {
		return term{}, p.fault("write “and” or “or” before the next condition, or close the bracket.")
	}
	p.at++
	return inside, nil
}

// notAhead tells whether "not" turns the next condition round here, rather than
// being the name of an attribute.
func (p *filterParser) notAhead() bool {
	q := *p
	if !q.word("not") || !q.end() && isNameRune(q.text[q.at]) {
		return false
	}
	begun := q.is('(')
	q.space()
	if q.end() {
		return false
	}
	return begun || q.is('(') || isNameRune(q.text[q.at])
}

// word consumes the letters of a word.
func (p *filterParser) word(word string) bool {
	n := len(word)
	if p.at+n > len(p.text) || !strings.EqualFold(string(p.text[p.at:p.at+n]), word) {
		return false
	}
	p.at += n
	return true
}

// atWord tells whether the joining word begins here, apart from the value before
// it, with one of the characters after it.
func (p *filterParser) atWord(word, after string) bool {
	if p.at == 0 || !strings.ContainsRune(" \t\"", p.text[p.at-1]) {
		return false
	}
	q := *p
	return q.word(word) && (q.end() || strings.ContainsRune(after, q.text[q.at]))
}

func (p *filterParser) takeWord(word string) bool {
	closed := p.at > 0 && p.text[p.at-1] == ')'
	q := *p
	if !p.atWord(word, " \t(") && !(closed && q.word(word) && (q.end() || strings.ContainsRune(" \t(", q.text[q.at]))) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *filterParser) name() string {
	start := p.at
	for !p.end() && isNameRune(p.text[p.at]) {
		p.at++
	}
	return string(p.text[start:p.at])
}

func isNameRune(r rune) bool {
	return r == '_' || r == '-' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// signs are the ways to write a comparison, the longer first.
var signs = []struct {
	text string
	op   operator
	not  bool
	list bool
}{
	{"=in=", equal, false, true}, {"=out=", equal, true, true}, {"=lt=", less, false, false}, {"=le=", atMost, false, false},
	{"=gt=", more, false, false}, {"=ge=", atLeast, false, false}, {"==", equal, false, false}, {"!=", equal, true, false},
	{"<=", atMost, false, false}, {">=", atLeast, false, false}, {"=", equal, false, false}, {"<", less, false, false}, {">", more, false, false},
}

// sign consumes a comparison.
func (p *filterParser) sign() (op operator, not, list, ok bool) {
	for _, s := range signs {
		if p.word(s.text) {
			return s.op, s.not, s.list, true
		}
	}
	q := *p
	not = q.word("not") && (q.is(' ') || q.is('\t'))
	if not {
		q.space()
	} else {
		q = *p
	}
	if q.word("in") {
		q.space()
		if q.is('(') {
			*p = q
			return equal, not, true, true
		}
	}
	return "", false, false, false
}

func (p *filterParser) condition() (term, error) {
	name := strings.ToLower(p.name())
	if name == "" {
		return term{}, p.fault("a condition begins with a name, such as tag or site.")
	}
	p.space()
	at := p.at
	op, not, list, ok := p.sign()
	if !ok {
		if p.is('!') {
			p.at++ // the = is missing after it
		}
		return term{}, p.fault("write = or != after %s, or <, >, in.", name)
	}
	if op != equal && name == "tag" {
		p.at = at
		return term{}, p.fault("a tag is there or not; write = or !=.")
	}
	p.space()
	values, err := p.values(list, op == equal)
	if err != nil {
		return term{}, err
	}
	if name == "installed.digest" {
		for i, v := range values {
			if digest, ok := tidyDigest(v.text()); ok {
				values[i] = plain(digest)
			}
		}
	}
	one := term{condition: condition{name, op, values}}
	if not {
		return term{join: "not", of: []term{one}}, nil
	}
	return one, nil
}
