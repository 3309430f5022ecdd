package dml

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// CopyKind is what stands on the shelf.
type CopyKind string

// A copy of a media item, or a definitive spare: hardware kept at the level of
// what operates, to be taken by a release or in an outage.
const (
	MediaCopy CopyKind = "media"
	Spare     CopyKind = "spare"
)

// CopyState is where a physical copy is.
type CopyState string

// The states of a copy.
const (
	InPlace    CopyState = "InPlace"
	Lent       CopyState = "Lent"
	Missing    CopyState = "Missing"
	WrittenOff CopyState = "WrittenOff"
)

// CopyStates lists them.
func CopyStates() []CopyState { return []CopyState{InPlace, Lent, Missing, WrittenOff} }

// Scan refuses a stored word that is no state.
func (s *CopyState) Scan(src any) error { return state.ScanWord(s, src, CopyStates()) }

// Word is the state as people read it.
func (s CopyState) Word() string {
	return map[CopyState]string{InPlace: "In place", Lent: "Lent", Missing: "Missing", WrittenOff: "Written off"}[s]
}

// CopyVerb moves a copy.
type CopyVerb string

// The verbs of a copy.
const (
	CopySight    CopyVerb = "sight"
	CopyLend     CopyVerb = "lend"
	CopyReturn   CopyVerb = "return"
	CopyMove     CopyVerb = "move"
	CopyMiss     CopyVerb = "miss"
	CopyWriteOff CopyVerb = "write-off"
)

// CopyVerbs lists them.
func CopyVerbs() []CopyVerb {
	return []CopyVerb{CopySight, CopyLend, CopyReturn, CopyMove, CopyMiss, CopyWriteOff}
}

var copyMoves = state.Table[CopyState, CopyVerb]{
	{InPlace, CopySight, InPlace},
	{Missing, CopySight, InPlace},
	{InPlace, CopyMove, InPlace},
	{Missing, CopyMove, InPlace}, // found somewhere else
	{InPlace, CopyLend, Lent},
	{Lent, CopyReturn, InPlace},
	{InPlace, CopyMiss, Missing},
	{Lent, CopyMiss, Missing},
	{InPlace, CopyWriteOff, WrittenOff},
	{Lent, CopyWriteOff, WrittenOff},
	{Missing, CopyWriteOff, WrittenOff},
}

// SightEvery is how long a sighting lasts before somebody has to look again.
const SightEvery = 180 * 24 * time.Hour

// Copy is one physical thing in the definitive store.
type Copy struct {
	db.Row
	Kind      CopyKind
	Name      string
	ItemID    int64 // of a copy of media
	ItemKey   string
	Label     string // the version of it
	Serial    string
	ServiceID int64
	Site      string
	Shelf     string
	Keeper    string // who answers for it
	State     CopyState
	Note      string // why it is missing or written off

	SightedAt   db.Time
	SightedByID int64
	SightedBy   string

	LentTo     string // the last borrower
	LentAt     db.Time
	LentUntil  db.Time
	ReturnedAt db.Time // 0 while it is lent
}

// TableName is the table of copies.
func (Copy) TableName() string { return "media_copies" }

// Key names the copy on labels and on the record.
func (c *Copy) Key() string { return fmt.Sprintf("C-%04d", c.ID) }

// Link is the copy's page.
func (c *Copy) Link() string { return fmt.Sprintf("/dml/stock/%d", c.ID) }

// Title is the copy in words.
func (c *Copy) Title() string {
	title := c.Name
	if c.Label != "" {
		title += " " + c.Label
	}
	if c.Serial != "" {
		title += ", serial " + c.Serial
	}
	return title
}

// Place is where it stands.
func (c *Copy) Place() string { return placed(c.Site, c.Shelf) }

func placed(site, shelf string) string {
	if shelf == "" {
		return site
	}
	return site + ", " + shelf
}

// Unseen tells whether nobody has seen it for so long that somebody has to look.
func (c *Copy) Unseen(now db.Time) bool {
	return c.State == InPlace && c.SightedAt.Before(now.Add(-SightEvery))
}

// Late tells whether it should have come back.
func (c *Copy) Late(now db.Time) bool { return c.State == Lent && c.LentUntil.Before(now) }

// Verbs lists what can be done with it.
func (c *Copy) Verbs() []CopyVerb { return copyMoves.Verbs(c.State) }

// CopyDeed is what is done with a copy.
type CopyDeed struct {
	Verb   CopyVerb
	LendTo string
	Until  db.Time
	Site   string
	Shelf  string
	Keeper string
	Reason string
}

// Do does it, unless the state forbids it or something is left unsaid.
func (c *Copy) Do(d CopyDeed, actor identity.Actor, now db.Time) error {
	to, err := copyMoves.Next(c.Key(), c.State, d.Verb)
	if err != nil {
		return err
	}
	var check fault.Check
	switch d.Verb {
	case CopyLend:
		check.Need(d.LendTo != "", "lend_to", "Say who borrows it.")
		check.Need(d.Until.After(now), "until", "Say when it comes back; the day lies ahead.")
	case CopyMove:
		check.Need(d.Site != "", "site", "Say where it stands now.")
	case CopyMiss, CopyWriteOff:
		check.Need(d.Reason != "", "reason", "Give the reason; it is kept on the record.")
	}
	check.Need(len(d.LendTo)+len(d.Site)+len(d.Shelf)+len(d.Keeper) <= 800, "site", "Keep it to 200 bytes a field.")
	check.Need(len(d.Reason) <= 2000, "reason", "Keep it to 2,000 bytes.")
	if err := check.Err("Nothing was changed."); err != nil {
		return err
	}
	c.State, c.Note = to, d.Reason
	switch d.Verb {
	case CopyLend:
		c.LentTo, c.LentAt, c.LentUntil, c.ReturnedAt = d.LendTo, now, d.Until, 0
	case CopyReturn:
		c.ReturnedAt = now
	case CopyMove:
		c.Site, c.Shelf = d.Site, d.Shelf
		if d.Keeper != "" {
			c.Keeper = d.Keeper
		}
	}
	if to == InPlace { // whoever says where it is has seen it
		c.SightedAt, c.SightedByID, c.SightedBy = now, actor.UserID, actor.Name
	}
	return nil
}

// words is the deed for the record.
func (d CopyDeed) words(c *Copy) string {
	switch d.Verb {
	case CopyLend:
		return fmt.Sprintf("lent %s, %s, to %s until %s", c.Key(), c.Title(), c.LentTo, c.LentUntil.Std().Format(licenceClock))
	case CopyReturn:
		return fmt.Sprintf("took %s, %s, back from %s", c.Key(), c.Title(), c.LentTo)
	case CopyMove:
		return fmt.Sprintf("moved %s, %s, to %s", c.Key(), c.Title(), c.Place())
	case CopyMiss:
		return fmt.Sprintf("noted %s, %s, as missing from %s", c.Key(), c.Title(), c.Place())
	case CopyWriteOff:
		return fmt.Sprintf("wrote %s, %s, off", c.Key(), c.Title())
	}
	return fmt.Sprintf("saw %s, %s, at %s", c.Key(), c.Title(), c.Place())
}

func (c *Copy) validate(check *fault.Check) {
	for _, field := range []*string{&c.Name, &c.ItemKey, &c.Label, &c.Serial, &c.Site, &c.Shelf, &c.Keeper} {
		*field = strings.TrimSpace(*field)
		check.Need(len(*field) <= 200, "name", "Keep every field to 200 bytes.")
	}
	check.Need(c.Kind == MediaCopy || c.Kind == Spare, "kind", "Choose a copy of media or a definitive spare.")
	check.Need(c.Kind != MediaCopy || c.ItemKey != "", "item", "Name the media item that it is a copy of.")
	check.Need(c.Kind != Spare || c.Name != "", "name", "Name the spare.")
	check.Need(c.Site != "", "site", "Say where it stands.")
}

// Stocktaking is one round along the shelves.
type Stocktaking struct {
	ID      int64 `gorm:"primaryKey"`
	Site    string
	Shelf   string
	Note    string
	Seen    int64
	Missing int64
	ByID    int64
	ByName  string
	HeldAt  db.Time
}

// TableName is the table of stock-takings.
func (Stocktaking) TableName() string { return "media_stocktakings" }
