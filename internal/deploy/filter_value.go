package deploy

import "strings"

// values reads one value, or those between brackets.
func (p *filterParser) values(list, stars bool) ([]pattern, error) {
	if !list {
		one, err := p.value(p.over, stars)
		return []pattern{one}, err
	}
	if !p.is('(') {
		return nil, p.fault("write the values in brackets: (a, b).")
	}
	open := p.at
	p.at++
	var values []pattern
	for {
		p.space()
		one, err := p.value(func() bool { return p.is(',') || p.is(')') }, stars)
		if err != nil {
			return nil, err
		}
		values = append(values, one)
		p.space()
		switch {
		case p.end():
			p.at = open
			return nil, p.fault("this bracket is never closed.")
		case p.is(')'):
			p.at++
			return values, nil
		case !p.is(','):
			return nil, p.fault("write a comma between two values.")
		}
		p.at++
	}
}

// value reads up to where it is over, or to the closing quote.
func (p *filterParser) value(over func() bool, stars bool) (pattern, error) {
	if p.is('"') {
		return p.quoted()
	}
	start, brackets := p.at, 0
	for !p.end() && (brackets > 0 && !p.atWord("and", " \t") || !over()) {
		switch r := p.text[p.at]; r {
		case '=', '!', '|', '"':
			return pattern{}, p.fault("%c does not belong in a value.", r)
		case '(':
			brackets++
		case ')':
			brackets = max(0, brackets-1)
		}
		p.at++
	}
	value := strings.TrimSpace(string(p.text[start:p.at]))
	if value == "" {
		p.at = start
		return pattern{}, p.fault("a value is missing.")
	}
	if stars {
		return wildcard(value), nil
	}
	return plain(value), nil
}

// over tells whether an unquoted value ends here: at "and", at a bracket that
// closes one outside, and at whatever joins another condition.
func (p *filterParser) over() bool {
	switch {
	case p.atWord("and", " \t"), p.depth > 0 && p.is(')'):
		return true
	case p.is(',') || p.is(';'):
		return p.followed(1)
	case p.atWord("and", "("):
		return p.followed(3)
	case p.atWord("or", " \t("):
		return p.followed(2)
	}
	return false
}

// followed tells whether a condition begins after the next n characters. A
// comma in "site=Oslo, Norway" belongs to the value.
func (p *filterParser) followed(n int) bool {
	q := *p
	q.at += n
	for q.space(); q.is('(') || q.notAhead(); q.space() {
		if q.is('(') {
			q.at++
		} else {
			q.at += 3
		}
	}
	if q.name() == "" {
		return false
	}
	q.space()
	_, _, _, ok := q.sign()
	return ok
}

func (p *filterParser) quoted() (pattern, error) {
	open := p.at
	p.at++
	start := p.at
	for !p.end() && !p.is('"') {
		if p.is('|') {
			return pattern{}, p.fault("| does not belong in a value.")
		}
		p.at++
	}
	if p.end() {
		p.at = open
		return pattern{}, p.fault("this quote is never closed.")
	}
	value := strings.TrimSpace(string(p.text[start:p.at]))
	p.at++
	if value == "" {
		p.at = open
		return pattern{}, p.fault("a value is missing.")
	}
	return plain(value), nil
}
