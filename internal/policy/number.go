package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"slipway/internal/db"
)

// An identifier pattern is text with tokens: {SERVICE} the service's key,
// {YYYY} {YY} {MM} {WW} of the day in UTC, and {N} the next free number, which
// stands once. Numbers are counted apart for each text around {N}.
var tokenPattern = regexp.MustCompile(`\{[^}]*\}`)

var tokens = map[string]func(service string, now time.Time) string{
	"{SERVICE}": func(service string, _ time.Time) string { return service },
	"{YYYY}":    func(_ string, now time.Time) string { return now.Format("2006") },
	"{YY}":      func(_ string, now time.Time) string { return now.Format("06") },
	"{MM}":      func(_ string, now time.Time) string { return now.Format("01") },
	"{WW}": func(_ string, now time.Time) string {
		_, week := now.ISOWeek()
		return fmt.Sprintf("%02d", week)
	},
}

var plainPattern = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)

func checkPattern(pattern string) error {
	if strings.Count(pattern, "{N}") != 1 {
		return errors.New("the pattern holds {N}, the next free number, exactly once")
	}
	if !strings.HasPrefix(pattern, "{SERVICE}") {
		return errors.New("the pattern begins with {SERVICE}, so that no two services share an identifier")
	}
	for _, token := range tokenPattern.FindAllString(pattern, -1) {
		if _, known := tokens[token]; !known && token != "{N}" {
			return fmt.Errorf("there is no token %s; the tokens are {SERVICE} {YYYY} {YY} {MM} {WW} {N}", token)
		}
	}
	if !plainPattern.MatchString(tokenPattern.ReplaceAllString(pattern, "")) {
		return errors.New("between tokens use letters, digits, dots, dashes and underscores only")
	}
	if len(pattern) > 60 {
		return errors.New("keep the pattern to 60 characters")
	}
	return nil
}

// around fills in all tokens but {N} and gives the text before and after it.
func around(pattern, service string, now time.Time) (before, after string) {
	filled := tokenPattern.ReplaceAllStringFunc(pattern, func(token string) string {
		if fill, ok := tokens[token]; ok {
			return fill(service, now)
		}
		return token
	})
	before, after, _ = strings.Cut(filled, "{N}")
	return before, after
}

// NextKey gives the next free identifier for a service and takes its number
// within the transaction: an identifier is never given twice, not even when
// its release is cancelled.
func (v *Version) NextKey(tx *db.Tx, service string) (string, error) {
	before, after := around(v.Rules.Pattern, service, tx.Now.Std())
	n, err := takeNumber(tx, before+"{N}"+after)
	return before + strconv.FormatInt(n, 10) + after, err
}

// peekKey gives the identifier that NextKey would give, and takes no number.
func (v *Version) peekKey(tx *db.Tx, service string) (string, error) {
	before, after := around(v.Rules.Pattern, service, tx.Now.Std())
	n, err := lastNumber(tx, before+"{N}"+after)
	return before + strconv.FormatInt(n+1, 10) + after, err
}

// TakeKey checks an identifier that a person typed against the pattern, today's
// date included, and keeps its number from being given again.
func (v *Version) TakeKey(tx *db.Tx, service, key string) error {
	before, after := around(v.Rules.Pattern, service, tx.Now.Std())
	rest, ok := strings.CutPrefix(key, before)
	number, ok2 := strings.CutSuffix(rest, after)
	n, err := strconv.ParseInt(number, 10, 32)
	if !ok || !ok2 || err != nil || n < 1 || strconv.FormatInt(n, 10) != number {
		return fmt.Errorf("the policy's pattern %s makes identifiers like %s", v.Rules.Pattern, before+"1"+after)
	}
	return raiseNumber(tx, before+"{N}"+after, n)
}
