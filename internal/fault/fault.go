// Package fault names what can go wrong, without a word of HTTP or storage.
//
// Every refusal in Slipway lists all its reasons at once: a field error stands
// beside the field, and a Blocker names the person who can remove it and where.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of failure an error is. A Kind is itself an error, so
// errors.Is(err, fault.NotFound) holds however often err was wrapped.
type Kind uint8

// The zero Kind is Internal: whatever nobody named is logged with the request
// id and shown as an apology.
const (
	Internal        Kind = iota // a mistake of ours
	Invalid                     // the input cannot be taken; see Fields
	Unauthenticated             // nobody is signed in, or the sign-in failed
	Forbidden                   // signed in, but not allowed
	NotFound                    // absent, or out of sight
	Conflict                    // stale, or already there
	Refused                     // a rule stands in the way; see Blockers
	TooLarge                    // more bytes than the limit
	TooMany                     // more requests than the limit
	Unavailable                 // cannot be done here or now
)

var kindNames = [...]string{"internal error", "invalid input", "not signed in", "not allowed", "not found",
	"conflict", "refused", "too large", "too many requests", "unavailable"}

// Error makes a Kind usable as a target of errors.Is.
func (k Kind) Error() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown kind"
}

// Field is one problem with one form field. Name is the field's form name.
type Field struct{ Name, Message string }

// Blocker is one reason why a step is refused: a plain sentence, the person or
// role who can remove it, and the address where it is removed.
type Blocker struct {
	Code     string // stable name of the rule, "plan.agreed"
	Sentence string // "The outage notice has not been sent."
	Owner    string // "Ingrid Solberg", or a role when nobody is named
	Link     string // "/releases/PAY-2026.11.2/stakeholders"
	Action   string // label of the link, "Send the notice"
	Due      time.Time
}

// Fault is an error with a Kind and everything a person needs to mend it.
type Fault struct {
	Kind     Kind
	Message  string
	Fields   []Field
	Blockers []Blocker
	Cause    error
}

// Error gives the message, the reasons and the cause in one line.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Message)
	for _, field := range f.Fields {
		fmt.Fprintf(&b, "; %s: %s", field.Name, field.Message)
	}
	for _, blocker := range f.Blockers {
		fmt.Fprintf(&b, "; %s", blocker.Sentence)
	}
	if f.Cause != nil {
		fmt.Fprintf(&b, ": %v", f.Cause)
	}
	return b.String()
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// Is matches the Kind.
func (f *Fault) Is(target error) bool {
	kind, ok := target.(Kind)
	return ok && kind == f.Kind
}

// New makes a fault with a message for the person who caused it.
func New(kind Kind, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap keeps a cause beneath a message for people. The cause is for the log.
func Wrap(kind Kind, cause error, format string, args ...any) *Fault {
	f := New(kind, format, args...)
	f.Cause = cause
	return f
}

// Refuse gives a refusal with every blocker, or nil when there is none.
func Refuse(message string, blockers ...Blocker) error {
	if len(blockers) == 0 {
		return nil
	}
	return &Fault{Kind: Refused, Message: message, Blockers: blockers}
}

// Blocked is a Blocker in one line, for rules without a code or a due time.
func Blocked(sentence, owner, link, action string) Blocker {
	return Blocker{Sentence: sentence, Owner: owner, Link: link, Action: action}
}

// KindOf gives the kind of err; Internal for whatever carries none.
func KindOf(err error) Kind {
	if f, ok := As(err); ok {
		return f.Kind
	}
	var kind Kind
	if errors.As(err, &kind) {
		return kind
	}
	return Internal
}

// As finds the Fault within err.
func As(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}
