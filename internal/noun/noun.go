// Package noun puts names, figures and what they count into sentences.
package noun

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Number writes a figure with commas between its thousands: "12,400".
func Number[N ~int | ~int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count writes a figure with its noun: "1 target", "12,400 targets". A noun that
// takes more than an s is given in both forms: "criterion", "criteria".
func Count[N ~int | ~int64](n N, one string, many ...string) string {
	switch {
	case n == 1:
		return "1 " + one
	case len(many) == 1:
		return Number(n) + " " + many[0]
	}
	return Number(n) + " " + one + "s"
}

// Capital begins a text with a capital letter, as a sentence does.
func Capital(text string) string { return begun(text, unicode.ToUpper) }

// Lower begins a text with a small letter, as within a sentence.
func Lower(text string) string { return begun(text, unicode.ToLower) }

func begun(text string, as func(rune) rune) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 || first == utf8.RuneError {
		return text
	}
	return string(as(first)) + text[size:]
}
