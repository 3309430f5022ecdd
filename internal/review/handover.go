package review

import (
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// HandoverState is where a handover item stands.
type HandoverState string

// The states of a handover item.
const (
	HandoverOpen     HandoverState = "Open"
	HandoverOffered  HandoverState = "Offered"
	HandoverAccepted HandoverState = "Accepted"
	HandoverReturned HandoverState = "Returned"
)

// HandoverVerb moves a handover item.
type HandoverVerb string

// The project offers; operations accepts or returns.
const (
	VerbOffer        HandoverVerb = "offer"
	VerbAcceptItem   HandoverVerb = "accept"
	VerbReturn       HandoverVerb = "return"
	VerbWithdrawItem HandoverVerb = "withdraw"
)

var handoverStates = []HandoverState{HandoverOpen, HandoverOffered, HandoverAccepted, HandoverReturned}

var handoverMoves = state.Table[HandoverState, HandoverVerb]{
	{HandoverOpen, VerbOffer, HandoverOffered}, {HandoverReturned, VerbOffer, HandoverOffered},
	{HandoverOffered, VerbAcceptItem, HandoverAccepted}, {HandoverOffered, VerbReturn, HandoverReturned},
	{HandoverOffered, VerbWithdrawItem, HandoverOpen},
}

// Scan refuses states this program does not know.
func (s *HandoverState) Scan(src any) error { return state.ScanWord(s, src, handoverStates) }

// Verbs lists what can be done in this state.
func (s HandoverState) Verbs() []HandoverVerb { return handoverMoves.Verbs(s) }

// HandoverKind is a subject operations must hold before it runs a service.
type HandoverKind struct{ Word, Label, Hint string }

// HandoverKinds lists the subjects, in the order operations asks for them.
func HandoverKinds() []HandoverKind {
	return []HandoverKind{
		{"runbook", "Runbook", "Where it lies and which revision; start, stop, and the usual disturbances."},
		{"monitoring", "Monitoring", "Which alarms exist, what they mean, where they ring."},
		{"support-model", "Support model", "Who takes first, second and third line, and in which hours."},
		{"contacts", "Contacts", "Supplier, developers, service owner; who is called at night."},
		{"access", "Access", "Accounts, keys and rights that operations holds, and how they were tried."},
		{"backups", "Backups", "What is saved, how often, and when a restore was last tried."},
		{"licences", "Licences", "Which entitlements were used, and that the count agrees with what is installed."},
		{"known-errors", "Known errors", "Every known error operations takes over, with its workaround."},
		{"configuration-items", "Configuration items", "That versions in the record agree with what is installed."},
	}
}

// KindLabel is the subject as a person reads it.
func KindLabel(word string) string {
	for _, kind := range HandoverKinds() {
		if kind.Word == word {
			return kind.Label
		}
	}
	return word
}

// HandoverItem is one subject of the handover of one release.
type HandoverItem struct {
	db.Row
	ReleaseID   int64
	ReleaseKey  string
	Number      int64
	Kind        string
	Detail      string
	State       HandoverState
	OfferedByID int64
	OfferedBy   string
	OfferedAt   db.Time
	DecidedByID int64
	DecidedBy   string
	DecidedAt   db.Time
	Reason      string
}

// offer puts the item before operations.
func (h *HandoverItem) offer(by who, detail string) error {
	to, err := handoverMoves.Next("The handover item", h.State, VerbOffer)
	if err != nil {
		return err
	}
	detail = strings.TrimSpace(detail)
	if detail == "" || len(detail) > maxText {
		return invalid("detail", "Say what operations receives and where it lies.", "The item was not offered.")
	}
	h.State, h.Detail = to, detail
	h.OfferedByID, h.OfferedBy, h.OfferedAt = by.id, by.name, by.at
	h.DecidedByID, h.DecidedBy, h.DecidedAt, h.Reason = 0, "", 0, ""
	return nil
}

// withdraw takes an offer back, to mend it. Only the offeror may.
func (h *HandoverItem) withdraw(by who) error {
	to, err := handoverMoves.Next("The handover item", h.State, VerbWithdrawItem)
	if err != nil {
		return err
	}
	if by.id != h.OfferedByID {
		return fault.New(fault.Refused, "Only %s, who offered the item, can take the offer back.", h.OfferedBy)
	}
	h.State = to
	return nil
}

// decide is operations' answer. Deployed tells whether the person deployed this
// release; whoever deployed or offered has no say.
func (h *HandoverItem) decide(verb HandoverVerb, by who, deployed bool, reason string) error {
	to, err := handoverMoves.Next("The handover item", h.State, verb)
	if err != nil {
		return err
	}
	var c fault.Check
	c.Block(h.against(by.id, deployed)...)
	reason = strings.TrimSpace(reason)
	c.Need(verb != VerbReturn || reason != "", "reason", "Say what is missing, so that it can be mended.")
	c.Need(len(reason) <= maxText, "reason", "Keep the reason shorter.")
	if err := c.Err("The item was not decided."); err != nil {
		return err
	}
	h.State, h.Reason = to, reason
	h.DecidedByID, h.DecidedBy, h.DecidedAt = by.id, by.name, by.at
	return nil
}

// against says why a person has no say on an offer.
func (h *HandoverItem) against(id int64, deployed bool) (list []fault.Blocker) {
	if id == h.OfferedByID {
		list = append(list, fault.Blocker{Code: "handover.independent", Sentence: "You offered this item; somebody else in operations decides on it.", Owner: "Operations"})
	}
	if deployed {
		list = append(list, fault.Blocker{Code: "handover.independent", Sentence: "You took part in deploying this release; somebody in operations who did not decides on it.", Owner: "Operations"})
	}
	return list
}
