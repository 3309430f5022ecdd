package policies

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// unreadable stands for a number that is none: it lies outside every range, so
// that the rule's own message says what is wanted.
const unreadable = math.MinInt32

// whole reads a number as it was typed; an empty field is 0.
func whole(text string) int {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n > math.MaxInt32 || n < unreadable {
		return unreadable
	}
	return n
}

// text shows a number in its field.
func text(n int) string { return strconv.Itoa(n) }

func blank(values ...string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" })
}

// kept takes the empty rows away.
func kept[T any](rows []T, empty func(T) bool) []T {
	return slices.DeleteFunc(rows, empty)
}

// spare adds empty rows below those there are.
func spare[T any](rows []T, n int) []T { return append(rows, make([]T, n)...) }

func mapped[T, U any](rows []T, to func(T) U) []U {
	list := make([]U, len(rows))
	for i, row := range rows {
		list[i] = to(row)
	}
	return list
}

// lines are the lines of a text that say something.
func lines(text string) []string {
	var list []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}
