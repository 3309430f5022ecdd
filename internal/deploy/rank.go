package deploy

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// early are the words that stand before the version that they lead to: 2.0-rc1
// comes before 2.0.
var early = []string{"a", "alpha", "b", "beta", "c", "dev", "m", "milestone", "pre", "preview", "rc", "snapshot"}

// The marks of a rank, in their order: what comes first sorts first.
const (
	rankEarly  = "1"
	rankEnd    = "3"
	rankMinus  = "4"
	rankNumber = "5"
	rankWord   = "6"
)

// rank writes a value so that ranks compare as texts the way values compare as
// numbers or versions: 9 before 10, 1.9 before 1.10, 2.0-rc1 before 2.0, and 2.0
// the same as 2. Words follow numbers, by letter.
func rank(value string) string {
	value = tidy(value)
	if digits, minus := strings.CutPrefix(value, "-"); minus && digits != "" && strings.Trim(digits, "0123456789") == "" {
		return rankMinus + below(number(digits)) + rankEnd
	}
	var b strings.Builder
	zeros := "" // numbers that say nothing unless another follows
	for i, run := range runs(value) {
		if unicode.IsDigit(rune(run[0])) {
			zeros += rankNumber + number(run)
			if number(run) != number("0") || i == 0 {
				b.WriteString(zeros)
				zeros = ""
			}
			continue
		}
		zeros = ""
		mark := rankWord
		if slices.Contains(early, run) && i > 0 {
			mark = rankEarly
		}
		b.WriteString(mark + run)
	}
	return b.String() + rankEnd
}

// runs parts a value into numbers and words; what stands between them, and a v
// before the first number, is left out.
func runs(value string) []string {
	var list []string
	kind := 0
	for _, r := range value {
		was := kind
		switch {
		case '0' <= r && r <= '9':
			kind = 1
		case unicode.IsLetter(r) || r > unicode.MaxASCII:
			kind = 2
		default:
			kind = 0
			continue
		}
		if kind != was {
			list = append(list, "")
		}
		list[len(list)-1] += string(r)
	}
	if len(list) > 1 && list[0] == "v" {
		return list[1:]
	}
	return list
}

// number writes digits so that they compare as a number: their count first.
func number(digits string) string {
	digits = strings.TrimLeft(digits, "0")
	if len(digits) > 99 {
		digits = strings.Repeat("9", 99)
	}
	return fmt.Sprintf("%02d%s", len(digits), digits)
}

// below turns a number's digits round, so that the larger one sorts first.
func below(number string) string {
	return strings.Map(func(r rune) rune { return '0' + '9' - r }, number)
}

func tidy(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '|' {
			return ' '
		}
		return r
	}, text)
	return strings.ToLower(strings.TrimSpace(text))
}
