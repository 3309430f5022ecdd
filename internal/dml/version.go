package dml

import (
	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Version is one version of an item: a file under its digest. Item key, name
// and kind are copied, so that a package reads one row.
type Version struct {
	db.Row
	ItemID     int64
	ItemKey    string
	ItemName   string
	Kind       Kind
	Provenance Provenance
	ServiceID  int64
	Label      string
	State      State
	FileName   string
	MediaType  string
	Size       int64
	Digest     blob.Digest
	Manifest   blob.Digest // by which it is pulled; the digest itself when it was pushed
	Declared   blob.Digest // what the submitter said it would be, if anything
	Source     string
	Note       string
	ChangeKey  string

	SubmitterID   int64
	SubmitterName string
	SubmitterKind string

	CheckedAt     db.Time
	ChecksMet     int
	ChecksUnmet   int
	ChecksUnknown int

	DeciderID    int64
	DeciderName  string
	DecidedAt    db.Time
	DecisionNote string
	SuspectWhy   string
	RetiredAt    db.Time
	KeepUntil    db.Time // after it, retention lets the bytes go; 0 when no day is set
	LetGoAt      db.Time
	LetGoWhy     string
	Rotten       bool  // suspect because the stored bytes do not match
	Uses         int64 // packages that hold it
}

// TableName is the table of versions.
func (Version) TableName() string { return "media_versions" }

// Title is the version in words: "Payments server 1.4.0".
func (v *Version) Title() string { return v.ItemName + " " + v.Label }

// Ref is the version on the record: "payments-api/server:1.4.0".
func (v *Version) Ref() string { return v.ItemKey + ":" + v.Label }

// Link is the page where the version is decided.
func (v *Version) Link() string { return "/dml/" + v.ItemKey }

// Deployable tells whether a release may hold it and deploy it.
func (v *Version) Deployable() bool { return v.State == Accepted && !v.Gone() }

// Waiting tells whether it waits for a custodian.
func (v *Version) Waiting() bool { return v.State == Quarantined || v.State == Checking }

// Blocker says why a package with this version cannot be baselined or
// deployed; it is for a version that is not Deployable.
func (v *Version) Blocker() fault.Blocker {
	sentence := v.Title() + " is " + v.State.Word() + " in the media library, not accepted."
	if v.State == Suspect {
		sentence = v.Title() + " is suspect: " + v.SuspectWhy
	}
	return fault.Blocker{Code: "media.accepted", Sentence: sentence, Owner: identity.DMLCustodian.Label(), Link: v.Link(), Action: "Open the media version"}
}

// Decision is what a custodian says when deciding.
type Decision struct {
	ChangeKey string
	Note      string
}

// decide records who decided, after the transition.
func (v *Version) decide(verb Verb, actor identity.Actor, d Decision, now db.Time) error {
	if err := v.move(verb); err != nil {
		return err
	}
	v.DeciderID, v.DeciderName, v.DecidedAt, v.DecisionNote = actor.UserID, actor.Name, now, d.Note
	if d.ChangeKey != "" {
		v.ChangeKey = d.ChangeKey
	}
	return nil
}

// Accept lets the version into the library, unless a check is unmet or the
// actor submitted it. Every reason is named.
func (v *Version) Accept(actor identity.Actor, checks []Check, d Decision, now db.Time) error {
	var c fault.Check
	c.Block(v.acceptBlockers(actor, checks)...)
	if err := c.Err(v.Title() + " cannot be accepted yet."); err != nil {
		return err
	}
	return v.decide(VerbAccept, actor, d, now)
}

func (v *Version) acceptBlockers(actor identity.Actor, checks []Check) []fault.Blocker {
	var list []fault.Blocker
	custodian := identity.DMLCustodian.Label()
	if !Can(v.State, VerbAccept) {
		list = append(list, fault.Blocker{Code: "media.state", Sentence: v.refusal(VerbAccept), Owner: custodian, Link: v.Link(), Action: "Open the media version"})
	}
	list = append(list, v.independence(actor)...)
	if len(checks) == 0 && v.State == Checking {
		list = append(list, fault.Blocker{Code: "media.checks", Sentence: "Its checks have not been run.", Owner: custodian, Link: v.Link(), Action: "Run the checks"})
	}
	for _, check := range checks {
		if check.Verdict == Unmet {
			list = append(list, fault.Blocker{Code: "media.check." + check.Code, Sentence: check.Title + ": " + check.Detail, Owner: v.SubmitterName, Link: v.Link(), Action: "See the checks"})
		}
	}
	return list
}

// independence refuses a submitter who would decide on their own submission.
func (v *Version) independence(actor identity.Actor) []fault.Blocker {
	if actor.UserID == 0 || actor.UserID != v.SubmitterID {
		return nil
	}
	return []fault.Blocker{{Code: "media.independence", Sentence: "You submitted " + v.Title() + ", so another custodian decides on it.",
		Owner: identity.DMLCustodian.Label(), Link: v.Link(), Action: "Open the media version"}}
}

// Reject turns the version away; the note says what to mend. Its bytes stay as
// long as the item's rule says.
func (v *Version) Reject(actor identity.Actor, item *Item, d Decision, now db.Time) error {
	if err := v.reasoned(actor, d); err != nil {
		return err
	}
	if err := v.decide(VerbReject, actor, d, now); err != nil {
		return err
	}
	v.KeepUntil = item.Retention().until(v)
	return nil
}

// Withdraw takes the version back before anybody decided on it.
func (v *Version) Withdraw(actor identity.Actor, item *Item, now db.Time) error {
	if err := v.decide(VerbWithdraw, actor, Decision{Note: withdrawn}, now); err != nil {
		return err
	}
	v.KeepUntil = item.Retention().until(v)
	return nil
}

// Retire takes the version out of use and starts its retention.
func (v *Version) Retire(actor identity.Actor, item *Item, d Decision, now db.Time) error {
	var c fault.Check
	c.Need(d.Note != "", "note", "Say why it is retired.")
	if err := c.Err("The version was not retired."); err != nil {
		return err
	}
	if err := v.decide(VerbRetire, actor, d, now); err != nil {
		return err
	}
	v.RetiredAt = now
	v.KeepUntil = item.Retention().until(v)
	return nil
}

// Doubt marks an accepted version as suspect.
func (v *Version) Doubt(why string) error {
	if err := v.move(VerbDoubt); err != nil {
		return err
	}
	v.SuspectWhy = why
	return nil
}

// Clear ends the doubt, once the stored bytes matched again. What must be signed
// and no longer is stays doubtful.
func (v *Version) Clear(actor identity.Actor, checks []Check, d Decision, now db.Time) error {
	if err := v.reasoned(actor, d, v.unsigned(checks)...); err != nil {
		return err
	}
	if err := v.decide(VerbClear, actor, d, now); err != nil {
		return err
	}
	v.SuspectWhy, v.Rotten = "", false
	return nil
}

// Rot marks an accepted version as suspect because its stored bytes do not
// match their digest.
func (v *Version) Rot() error {
	if err := v.Doubt("its stored bytes no longer match their digest."); err != nil {
		return err
	}
	v.Rotten = true
	return nil
}

// Heal ends the doubt about bytes that were pushed again. They are what a
// custodian accepted, which is why none is asked anew.
func (v *Version) Heal() error {
	if err := v.move(VerbHeal); err != nil {
		return err
	}
	v.SuspectWhy, v.Rotten = "", false
	return nil
}

func (v *Version) unsigned(checks []Check) []fault.Blocker {
	for _, check := range checks {
		if check.Code == "signature" && check.Title == signatureDemanded && check.Verdict == Unmet {
			return []fault.Blocker{{Code: "media.check." + check.Code, Sentence: check.Title + ": " + check.Detail, Owner: v.SubmitterName, Link: v.Link(), Action: "Add a good signature"}}
		}
	}
	return nil
}

func (v *Version) reasoned(actor identity.Actor, d Decision, more ...fault.Blocker) error {
	var c fault.Check
	c.Need(d.Note != "", "note", "Give the reason; the submitter will read it.")
	c.Block(v.independence(actor)...)
	c.Block(more...)
	return c.Err("The decision was not taken.")
}
