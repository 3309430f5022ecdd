package policy

import (
	"strconv"
	"strings"

	"slipway/internal/fault"
	"slipway/internal/noun"
)

// Outage is for how long a service is expected to be away. What nobody stated is
// unknown, and is never taken for none.
type Outage struct {
	OutageStated  bool
	OutageMinutes int64 // stated, 0 is none
}

// Away is an outage that somebody stated.
func Away(minutes int64) Outage { return Outage{OutageStated: true, OutageMinutes: minutes} }

// ReadOutage reads what was typed: empty states nothing, and what is no number
// lies outside the range, so that its field tells.
func ReadOutage(text string) Outage {
	if text = strings.TrimSpace(text); text == "" {
		return Outage{}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n = -1
	}
	return Away(n)
}

// Typed is the outage as a field holds it.
func (o Outage) Typed() string {
	if !o.OutageStated {
		return ""
	}
	return strconv.FormatInt(o.OutageMinutes, 10)
}

// Words says the outage in a sentence: "20 minutes", "none", "not stated".
func (o Outage) Words() string {
	switch {
	case !o.OutageStated:
		return "not stated"
	case o.OutageMinutes == 0:
		return "none"
	}
	return noun.Count(o.OutageMinutes, "minute")
}

// Check finds what is wrong with a field of a form. The window it falls into is
// so many minutes long; 0 is not known.
func (o Outage) Check(c *fault.Check, field string, window int64) {
	c.Need(o.OutageMinutes >= 0 && o.OutageMinutes <= 60*24*60, field, "Enter 0 to 86,400 minutes, or leave it empty.")
	c.Need(window == 0 || o.OutageMinutes <= window, field, "The service is not away for longer than the window of "+noun.Count(window, "minute")+".")
}
