package review

import (
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// TransferState is where a knowledge transfer stands.
type TransferState string

// The states of a transfer.
const (
	TransferPlanned   TransferState = "Planned"
	TransferDelivered TransferState = "Delivered"
	TransferConfirmed TransferState = "Confirmed"
	TransferRepeat    TransferState = "Repeat"
)

// TransferVerb moves a transfer.
type TransferVerb string

// The giver delivers; the receiver confirms, or asks for it again.
const (
	VerbDeliver TransferVerb = "deliver"
	VerbConfirm TransferVerb = "confirm"
	VerbRepeat  TransferVerb = "repeat"
)

var transferStates = []TransferState{TransferPlanned, TransferDelivered, TransferConfirmed, TransferRepeat}

var transferMoves = state.Table[TransferState, TransferVerb]{
	{TransferPlanned, VerbDeliver, TransferDelivered}, {TransferRepeat, VerbDeliver, TransferDelivered},
	{TransferDelivered, VerbConfirm, TransferConfirmed}, {TransferDelivered, VerbRepeat, TransferRepeat},
}

// Scan refuses states this program does not know.
func (s *TransferState) Scan(src any) error { return state.ScanWord(s, src, transferStates) }

// Verbs lists what can be done in this state.
func (s TransferState) Verbs() []TransferVerb { return transferMoves.Verbs(s) }

// Transfer is one piece of knowledge that somebody gives to somebody else.
type Transfer struct {
	db.Row
	ReleaseID      int64
	ReleaseKey     string
	Number         int64
	Topic          string
	Audience       string
	Method         string
	GiverID        int64
	GiverName      string
	ReceiverID     int64
	ReceiverName   string
	MediaVersionID int64
	Material       string // name of the library item
	Revision       string
	MaterialKey    string
	Due            db.Time
	State          TransferState
	DeliveredAt    db.Time
	DeliveredNote  string
	DecidedAt      db.Time
	DecidedNote    string
}

// TransferPlan is what somebody plans about a transfer.
type TransferPlan struct {
	Topic, Audience, Method string
	GiverID, ReceiverID     int64
	MediaVersionID          int64
	Due                     db.Time
}

func (in *TransferPlan) validate() error {
	var c fault.Check
	in.Topic, in.Audience, in.Method = strings.TrimSpace(in.Topic), strings.TrimSpace(in.Audience), strings.TrimSpace(in.Method)
	c.Need(in.Topic != "" && len(in.Topic) <= 200, "topic", "Name the topic in at most 200 characters.")
	c.Need(in.Audience != "" && len(in.Audience) <= 200, "audience", "Say who needs to know it.")
	c.Need(in.Method != "" && len(in.Method) <= 200, "method", "Say how it is passed on: walkthrough, workshop, shadowing.")
	c.Need(in.GiverID != 0, "giver", "Choose who passes the knowledge on.")
	c.Need(in.ReceiverID != 0, "receiver", "Choose who receives it and will confirm.")
	c.Need(in.GiverID == 0 || in.GiverID != in.ReceiverID, "receiver", "The receiver confirms the transfer, so it cannot be the giver.")
	c.Need(in.MediaVersionID != 0, "material", "Choose the document, with its revision, from the media library.")
	c.Need(!in.Due.IsZero(), "due", "Enter when it is due.")
	return c.Err("The transfer was not saved.")
}

// revise changes the plan of a transfer that nobody confirmed.
func (t *Transfer) revise(in TransferPlan, names map[int64]string) error {
	if t.State == TransferConfirmed || t.State == TransferDelivered {
		return fault.New(fault.Refused, "The transfer is %s; its plan can no longer be edited.", state.Word(t.State))
	}
	t.Topic, t.Audience, t.Method, t.Due = in.Topic, in.Audience, in.Method, in.Due
	t.GiverID, t.GiverName, t.ReceiverID, t.ReceiverName = in.GiverID, names[in.GiverID], in.ReceiverID, names[in.ReceiverID]
	return nil
}

// missing names what a transfer drawn from the model still lacks.
func (t *Transfer) missing() []string {
	var list []string
	for _, part := range []struct {
		name string
		id   int64
	}{{"giver", t.GiverID}, {"receiver", t.ReceiverID}, {"material", t.MediaVersionID}} {
		if part.id == 0 {
			list = append(list, part.name)
		}
	}
	return list
}

// move is the one door of a transfer: the giver delivers, the receiver answers.
func (t *Transfer) move(verb TransferVerb, by who, note string) error {
	to, err := transferMoves.Next("The transfer", t.State, verb)
	if err != nil {
		return err
	}
	note = strings.TrimSpace(note)
	var c fault.Check
	switch verb {
	case VerbDeliver:
		if lacks := t.missing(); len(lacks) > 0 {
			c.Block(fault.Blocked("The transfer has no "+strings.Join(lacks, ", no ")+".", "", "", "Plan the transfer"))
		}
		if by.id != t.GiverID && t.GiverID != 0 {
			c.Block(fault.Blocked("Only "+t.GiverName+", the giver, can say that it was delivered.", t.GiverName, "", ""))
		}
	case VerbConfirm, VerbRepeat:
		if by.id != t.ReceiverID {
			c.Block(fault.Blocked("Only "+t.ReceiverName+", the receiver, can confirm the transfer or ask for it again.", t.ReceiverName, "", ""))
		}
		if by.id == t.GiverID {
			c.Block(fault.Blocked("The giver never confirms a transfer.", t.ReceiverName, "", ""))
		}
		if verb == VerbRepeat {
			c.Need(note != "", "note", "Say what has to be gone through again.")
		}
	}
	c.Need(len(note) <= maxText, "note", "Keep the note shorter.")
	if err := c.Err("The transfer was not changed."); err != nil {
		return err
	}
	t.State = to
	if verb == VerbDeliver {
		t.DeliveredAt, t.DeliveredNote, t.DecidedAt, t.DecidedNote = by.at, note, 0, ""
	} else {
		t.DecidedAt, t.DecidedNote = by.at, note
	}
	return nil
}
