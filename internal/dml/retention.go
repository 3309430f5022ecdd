package dml

import (
	"fmt"
	"slices"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/noun"
)

// KeepRule is by what an item's bytes are kept. The record of a version (its
// digest, who decided and why) is kept for good under every rule.
type KeepRule string

// The rules. Under each of them an accepted version that a release holds, or
// that is under a legal hold, is kept.
const (
	KeepAll  KeepRule = "all"  // accepted and retired versions stay for good
	KeepDays KeepRule = "days" // so many days after retirement or rejection
	KeepLast KeepRule = "last" // the newest so many that were accepted
)

// KeepRules lists them in the order people choose from.
func KeepRules() []KeepRule { return []KeepRule{KeepAll, KeepDays, KeepLast} }

// rejectedDays is how long rejected bytes stay where the rule names no days.
const rejectedDays = 90

// Retention is an item's rule with its number.
type Retention struct {
	Rule KeepRule
	Days int64
	Last int64
}

// Retention gives the item's rule.
func (i *Item) Retention() Retention { return Retention{i.KeepRule, i.KeepDays, i.KeepLast} }

// Words is the rule as a sentence.
func (r Retention) Words() string {
	rejected := fmt.Sprintf("what was rejected goes after %d days", rejectedDays)
	switch r.Rule {
	case KeepDays:
		return fmt.Sprintf("Bytes go %s after retirement or rejection.", noun.Count(r.Days, "day"))
	case KeepLast:
		return fmt.Sprintf("The newest %s kept; %s.", noun.Count(r.Last, "accepted version is", "accepted versions are"), rejected)
	}
	return "What was accepted is kept for good; " + rejected + "."
}

func (r Retention) validate(c *fault.Check) {
	c.Need(slices.Contains(KeepRules(), r.Rule), "rule", "Choose how long the bytes are kept.")
	c.Need(r.Rule != KeepDays || r.Days > 0 && r.Days <= 36500, "days", "Give a number of days, from 1 to 36500.")
	c.Need(r.Rule != KeepLast || r.Last > 0 && r.Last <= 10000, "last", "Give a number of versions, from 1 to 10000.")
}

// until is the day after which a version that was turned away or retired may be
// let go; none when only the rule's number decides.
func (r Retention) until(v *Version) db.Time {
	after := map[State]struct {
		from db.Time
		days int64
	}{Rejected: {v.DecidedAt, rejectedDays}, Retired: {v.RetiredAt, 0}}[v.State]
	if r.Rule == KeepDays {
		after.days = r.Days
	}
	if after.from.IsZero() || after.days == 0 {
		return 0
	}
	return after.from.Add(days(after.days))
}

// Going is a version that a rule lets go, from when, and why.
type Going struct {
	Version
	At  db.Time
	Why string
}

// goes judges an item's versions, the newest first. Kept names why a version
// stays whatever the rule says, or nothing.
func (r Retention) goes(list []Version, kept func(*Version) string, now db.Time) []Going {
	var going []Going
	rank := int64(0)
	for i := range list {
		v := &list[i]
		was := v.State == Accepted || v.State == Suspect || v.State == Retired
		if was {
			rank++
		}
		if v.Gone() || kept(v) != "" {
			continue
		}
		switch {
		case r.Rule == KeepLast && rank > r.Last && (v.State == Accepted || v.State == Retired):
			going = append(going, Going{*v, now, fmt.Sprintf("Newer versions were accepted; the rule keeps the last %d.", r.Last)})
		case !r.until(v).IsZero():
			going = append(going, Going{*v, r.until(v), fmt.Sprintf("It was %s, and the days of its retention are over.", v.State.Word())})
		}
	}
	return going
}

// Gone tells whether retention has let the version's bytes go. Its record stays.
func (v *Version) Gone() bool { return !v.LetGoAt.IsZero() }

// letGo notes that the bytes may be collected. An accepted version that newer
// ones have displaced is retired by it; who accepted it stays on record.
func (v *Version) letGo(why string, now db.Time) error {
	if v.State == Accepted {
		if err := v.move(VerbRetire); err != nil {
			return err
		}
		v.RetiredAt = now
	}
	v.LetGoAt, v.LetGoWhy = now, why
	return nil
}
