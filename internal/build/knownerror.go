package build

import (
	"fmt"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// ErrorState is where a known error stands.
type ErrorState string

// The states of a known error.
const (
	Found       ErrorState = "Found"
	Assessed    ErrorState = "Assessed"
	Tolerated   ErrorState = "Tolerated"
	MustFix     ErrorState = "MustFix"
	Transferred ErrorState = "Transferred"
	Resolved    ErrorState = "Resolved"
)

// ErrorVerb moves a known error.
type ErrorVerb string

// The verbs of a known error. There is none that removes it.
const (
	VerbAssess   ErrorVerb = "assess"
	VerbTolerate ErrorVerb = "tolerate"
	VerbMustFix  ErrorVerb = "must-fix"
	VerbTransfer ErrorVerb = "transfer"
	VerbResolve  ErrorVerb = "resolve"
)

var errorStates = []ErrorState{Found, Assessed, Tolerated, MustFix, Transferred, Resolved}

// A decision may be changed until operations has the error. What must be fixed
// can only reach operations once somebody tolerates it.
var errorMoves = state.Table[ErrorState, ErrorVerb]{
	{Found, VerbAssess, Assessed},
	{Assessed, VerbAssess, Assessed},
	{Assessed, VerbTolerate, Tolerated},
	{Assessed, VerbMustFix, MustFix},
	{Tolerated, VerbAssess, Assessed},
	{Tolerated, VerbMustFix, MustFix},
	{MustFix, VerbAssess, Assessed},
	{MustFix, VerbTolerate, Tolerated},
	{MustFix, VerbResolve, Resolved},
	{Tolerated, VerbTransfer, Transferred},
	{Tolerated, VerbResolve, Resolved},
	{Transferred, VerbResolve, Resolved},
}

// Scan refuses states this program does not know.
func (s *ErrorState) Scan(src any) error { return state.ScanWord(s, src, errorStates) }

// Verbs lists what can be done with a known error in this state.
func (s ErrorState) Verbs() []ErrorVerb { return errorMoves.Verbs(s) }

// Relation is what a release has to do with a known error.
type Relation string

// A release corrects an error, or introduces it.
const (
	Corrected  Relation = "corrected"
	Introduced Relation = "introduced"
)

// KnownError is a fault of a service whose cause is known, with the way to live
// with it. It belongs to the service and outlives the release that found it.
type KnownError struct {
	db.Row
	Number        int64
	ServiceID     int64
	Title         string
	Description   string
	State         ErrorState
	Impact        string
	Workaround    string
	AffectedItems []string `gorm:"serializer:json"`
	Decision      string
	DecidedByID   int64
	DecidedBy     string
	DecidedAt     db.Time
	TargetFix     string
	RecipientID   int64
	RecipientName string
	TransferredAt db.Time
	Resolution    string
	ResolvedAt    db.Time
	FoundByID     int64
	FoundBy       string
	Relation      Relation `gorm:"-"` // to the release it was loaded for
}

// ErrorLink ties a known error to a release.
type ErrorLink struct {
	ID           int64 `gorm:"primaryKey"`
	ReleaseID    int64
	KnownErrorID int64
	Relation     Relation
}

// TableName is the table of links.
func (ErrorLink) TableName() string { return "known_error_links" }

// Key is how people name the error.
func (k *KnownError) Key() string { return fmt.Sprintf("KE-%d", k.Number) }

// Documented tells whether operations could live with the error as it is
// written down: impact, a workaround, and the items it touches.
func (k *KnownError) Documented() bool {
	return k.Impact != "" && k.Workaround != "" && len(k.AffectedItems) > 0
}

// Settled tells whether somebody has decided what to do with the error.
func (k *KnownError) Settled() bool {
	return k.State == Tolerated || k.State == Transferred || k.State == Resolved
}

// tolerable refuses unless a criterion or a test may be accepted with the error.
func (k *KnownError) tolerable() error {
	if k == nil {
		return fault.New(fault.Refused, "A failing test is only accepted with a known error.")
	}
	if k.State != Tolerated && k.State != Transferred {
		return fault.New(fault.Refused, "%s is %s. A failing test is only accepted with a known error that somebody decided to tolerate.", k.Key(), state.Word(k.State))
	}
	return nil
}

// ErrorReport is a new known error, or the naming of one that exists.
type ErrorReport struct {
	Relation           Relation
	ExistingKey        string // names one of the service's known errors instead of a new one
	Title, Description string
}

func (in *ErrorReport) validate() error {
	var c fault.Check
	in.Title, in.ExistingKey = strings.TrimSpace(in.Title), strings.TrimSpace(in.ExistingKey)
	c.Need(in.Relation == Corrected || in.Relation == Introduced, "relation", "Say whether this release corrects the error or introduces it.")
	c.Need(in.ExistingKey != "" || (in.Title != "" && len(in.Title) <= 200), "title", "Describe the error in one line of at most 200 characters, or choose a known one.")
	c.Need(len(in.Description) <= maxText, "description", "Keep this shorter.")
	return c.Err("The known error was not recorded.")
}

// ErrorMove is a verb with what it needs.
type ErrorMove struct {
	Verb               ErrorVerb
	Impact, Workaround string
	AffectedItems      []string
	Decision           string
	TargetFix          string
	RecipientID        int64
	Resolution         string
}

func (in *ErrorMove) validate() error {
	var c fault.Check
	for _, text := range []*string{&in.Impact, &in.Workaround, &in.Decision, &in.TargetFix, &in.Resolution} {
		*text = strings.TrimSpace(*text)
		c.Need(len(*text) <= maxText, "", "Keep the texts shorter.")
	}
	var items []string
	for _, item := range in.AffectedItems {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	in.AffectedItems = items
	switch in.Verb {
	case VerbAssess:
		c.Need(in.Impact != "", "impact", "Say what users notice and how many of them.")
		c.Need(len(in.AffectedItems) > 0, "affected_items", "Name at least one affected configuration item.")
	case VerbTolerate:
		c.Need(in.Decision != "", "decision", "Say why the error can be lived with.")
	case VerbMustFix:
		c.Need(in.Decision != "", "decision", "Say why it must be fixed.")
		c.Need(in.TargetFix != "", "target_fix", "Name the release or date that brings the fix.")
	case VerbTransfer:
		c.Need(in.RecipientID != 0, "recipient", "Choose who in operations takes the error over.")
	case VerbResolve:
		c.Need(in.Resolution != "", "resolution", "Say what resolved it.")
	default:
		c.Field("verb", "Choose what to do with the known error.")
	}
	return c.Err("The known error was not changed.")
}

// apply moves the error. Recipient is the person the transfer names.
func (k *KnownError) apply(in ErrorMove, by judgeBy, recipient string) error {
	to, err := errorMoves.Next(k.Key(), k.State, in.Verb)
	if err != nil {
		return err
	}
	switch in.Verb {
	case VerbAssess:
		k.Impact, k.Workaround, k.AffectedItems = in.Impact, in.Workaround, in.AffectedItems
	case VerbTolerate, VerbMustFix:
		if in.Verb == VerbTolerate && k.Workaround == "" {
			return fault.Refuse("The known error cannot be tolerated yet.",
				fault.Blocked(k.Key()+" has no documented workaround.", k.FoundBy, "", "Assess the known error"))
		}
		k.Decision, k.TargetFix = in.Decision, in.TargetFix
		k.DecidedByID, k.DecidedBy, k.DecidedAt = by.userID, by.name, by.at
	case VerbTransfer:
		k.RecipientID, k.RecipientName, k.TransferredAt = in.RecipientID, recipient, by.at
	case VerbResolve:
		k.Resolution, k.ResolvedAt = in.Resolution, by.at
	}
	k.State = to
	return nil
}
