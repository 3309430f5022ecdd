package dml

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/audit"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// StockFilter narrows what stands on the shelves.
type StockFilter struct {
	Site, Shelf string
	ItemKey     string
	State       CopyState
	Overdue     bool // not seen for long, or not come back
	IDs         []int64
	After       string // cursor
}

// Stock is what stands on the shelves, by site and shelf.
type Stock struct {
	Copies  []Copy
	Next    string
	Sites   []Shelving
	Rounds  []Stocktaking // the latest
	Unseen  int64         // in place and not seen for SightEvery
	Late    int64         // lent and not come back
	Missing int64
	MayAct  bool
	Now     db.Time
}

// Shelving is one shelf with how much stands on it.
type Shelving struct {
	Site, Shelf string
	Copies      int64
}

const (
	stockPage   = 200
	stockRounds = 5
)

// Stock lists copies and spares; what was written off is listed when asked for.
func (s *Service) Stock(ctx context.Context, actor identity.Actor, f StockFilter) (*Stock, error) {
	if !sightOf(actor).all {
		return nil, fault.New(fault.Forbidden, "You may not see what stands on the shelves.")
	}
	var k Stock
	return &k, s.db.View(ctx, func(tx *db.Tx) (err error) {
		k.Now, k.MayAct = tx.Now, actor.Kind == identity.PersonKind && actor.Can(identity.DmlDecide, 0)
		if k.Copies, err = listCopies(tx, f, stockPage+1); err != nil {
			return err
		}
		if len(k.Copies) > stockPage {
			k.Copies = k.Copies[:stockPage]
			last := k.Copies[stockPage-1]
			k.Next = fmt.Sprintf("%d", last.ID)
		}
		if k.Sites, err = shelvings(tx); err != nil {
			return err
		}
		if k.Unseen, k.Late, k.Missing, err = overdueCopies(tx); err != nil {
			return err
		}
		k.Rounds, err = stocktakings(tx, stockRounds)
		return err
	})
}

// Count is what somebody saw on a round: of the copies listed, which were there.
type Count struct {
	Site, Shelf string
	Listed      []int64
	Seen        []int64
	Note        string
}

// TakeStock writes down a round. What was listed and not ticked is missing; what
// was lent or came to the shelf meanwhile is left alone.
func (s *Service) TakeStock(ctx context.Context, actor identity.Actor, n Count) (*Stocktaking, error) {
	n.Site, n.Shelf, n.Note = strings.TrimSpace(n.Site), strings.TrimSpace(n.Shelf), strings.TrimSpace(n.Note)
	var round Stocktaking
	return &round, s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.DmlDecide, 0); err != nil {
			return err
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		var c fault.Check
		c.Need(n.Site != "", "site", "Choose the site.")
		c.Need(len(n.Listed) > 0 && len(n.Listed) <= stockPage, "site", "Nothing stands there to be counted.")
		c.Need(len(n.Note) <= 2000, "note", "Keep it to 2,000 bytes.")
		if err := c.Err("The stock-taking was not saved."); err != nil {
			return err
		}
		list, err := copiesByID(tx, n.Listed)
		if err != nil {
			return err
		}
		round = Stocktaking{Site: n.Site, Shelf: n.Shelf, Note: n.Note, ByID: actor.UserID, ByName: actor.Name, HeldAt: tx.Now}
		for i := range list {
			if err := countOne(tx, actor, &list[i], n, &round); err != nil {
				return err
			}
		}
		if err := tx.Create(&round); err != nil {
			return err
		}
		return audit.Record(tx, actor.By(), audit.Entry{Action: "stock.take", Kind: "stock", Key: n.Site, Reason: n.Note,
			Sentence: fmt.Sprintf("took stock at %s: %d seen, %d missing", placed(n.Site, n.Shelf), round.Seen, round.Missing)})
	})
}

func countOne(tx *db.Tx, actor identity.Actor, c *Copy, n Count, round *Stocktaking) error {
	d := CopyDeed{Verb: CopySight}
	if !slices.Contains(n.Seen, c.ID) {
		d = CopyDeed{Verb: CopyMiss, Reason: "Not found when stock was taken."}
	}
	if c.Site != n.Site || n.Shelf != "" && c.Shelf != n.Shelf || c.State == Lent || !copyMoves.Allows(c.State, d.Verb) {
		if c.State == Missing && d.Verb == CopyMiss {
			round.Missing++
		}
		return nil
	}
	if err := c.Do(d, actor, tx.Now); err != nil {
		return err
	}
	if err := tx.Save(c); err != nil {
		return err
	}
	if d.Verb == CopySight {
		round.Seen++
	} else {
		round.Missing++
	}
	return recordCopy(tx, actor, string(d.Verb), c, d.words(c), d.Reason)
}
