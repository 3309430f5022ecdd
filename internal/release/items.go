package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/catalog"
	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/state"
)

// Inclusion is what is decided about an item that a release may affect.
type Inclusion string

// Every affected item is included or excluded with a reason before A3.
const (
	Undecided Inclusion = ""
	Included  Inclusion = "included"
	Excluded  Inclusion = "excluded"
)

// Item is a configuration item that a release may affect: as it is, and as it
// is to be.
type Item struct {
	db.Row
	ReleaseID int64
	ItemID    int64
	ItemKey   string
	ItemName  string
	ItemKind  string
	AsIs      string
	ToBe      string
	Decision  Inclusion
	Reason    string // why it is excluded
	Why       string // why it is on the list: in a unit, related, added by hand
}

// TableName is the table of affected items.
func (Item) TableName() string { return "release_items" }

// Change is what the release does to the item: added, changed, retired, kept.
func (i Item) Change() string {
	switch {
	case i.Decision == Undecided:
		return "undecided"
	case i.Decision == Excluded || i.AsIs == i.ToBe:
		return "kept"
	case i.AsIs == "":
		return "added"
	case i.ToBe == Retired:
		return "retired"
	}
	return "changed"
}

// Retired is the to-be of an item that the release takes out of operation.
const Retired = "retired"

func newItem(r *Release, i catalog.Item, asIs *catalog.Baseline, why string) Item {
	version, known := "", false
	if asIs != nil {
		version, known = asIs.VersionOf(i.ID)
	}
	if !known {
		version = i.CurrentVersion
	}
	return Item{ReleaseID: r.ID, ItemID: i.ID, ItemKey: i.Key, ItemName: i.Name, ItemKind: i.Kind, AsIs: version, Why: why}
}

// Items gives the items that a release may affect, by key.
func (s *Service) Items(tx *db.Tx, r *Release) ([]Item, error) { return itemsOf(tx, r.ID) }

// packable are the states in which package and scope may still change. To hold
// a release opens nothing that was closed before.
func packable(r *Release) error {
	now := r.State
	if now == OnHold {
		now = State(r.HeldFrom)
	}
	if slices.Contains([]State{Draft, Proposed, Planning, BuildTest}, now) {
		return nil
	}
	return fault.Refuse("The package cannot be changed now.", fault.Blocker{Code: "package.closed", Owner: r.OwnerName, Link: r.Link(), Action: "Open the release",
		Sentence: fmt.Sprintf("%s is %s. Send it back to build and test first; that voids what was signed.", r.Key, state.Word(r.State))})
}

// AddItem puts an item on the list of what the release may affect, and with it
// what is related to it, as those of a unit come.
func (s *Service) AddItem(ctx context.Context, actor identity.Actor, key, itemKey string) error {
	return s.write(ctx, actor, key, identity.ReleasePackage, func(tx *db.Tx, r *Release) error {
		if err := packable(r); err != nil {
			return err
		}
		i, err := s.catalog.FindItem(tx, strings.TrimSpace(itemKey))
		if err != nil {
			return invalid("item", "There is no configuration item with this key.")
		}
		baseline, err := s.catalog.BaselineByID(tx, r.BaselineID)
		if err != nil {
			return err
		}
		row := newItem(r, *i, baseline, "added by "+actor.Name)
		if err := insert(tx, &row); err != nil {
			if fault.KindOf(err) == fault.Conflict {
				return invalid("item", "This item is on the list already.")
			}
			return err
		}
		related, err := s.listItems(tx, r, baseline, []int64{i.ID}, nil, "related to "+i.Key)
		if err != nil {
			return err
		}
		if err := s.rescope(tx, actor, r, "the list of affected items grew"); err != nil {
			return err
		}
		return s.record(tx, actor, r, "item.add", "", "put %s on the list of affected items", strings.Join(append([]string{i.Key}, related...), ", "))
	})
}

// hidden says which items the package brings that are not on the list, or are
// left out of it.
func hidden(items []Item, lines []Component) (list []string) {
	for _, line := range lines {
		if line.ItemID == 0 {
			continue
		}
		at := slices.IndexFunc(items, func(i Item) bool { return i.ItemID == line.ItemID })
		switch {
		case at < 0:
			list = append(list, fmt.Sprintf("%s becomes %s, which is not on the list", line.Name, line.ItemKey))
		case items[at].Decision == Excluded:
			list = append(list, fmt.Sprintf("%s becomes %s, which is left out", line.Name, line.ItemKey))
		}
	}
	return list
}

// rescope keeps the schedule in step with what the release affects, and asks
// anew for what was said on another scope.
func (s *Service) rescope(tx *db.Tx, actor identity.Actor, r *Release, why string) error {
	if err := s.book(tx, r); err != nil {
		return err
	}
	g, err := gateOf(tx, r.ID, A3)
	if err != nil || g.State != GateOpen {
		return err
	}
	return s.askAnew(tx, actor, r, g, why)
}

// DecideItem includes an item with its to-be version, or excludes it with a
// reason. Once the package is checked in, only a rework opens the scope again.
func (s *Service) DecideItem(ctx context.Context, actor identity.Actor, key string, id, version int64, decision Inclusion, toBe, reason string) error {
	return s.write(ctx, actor, key, identity.ReleasePackage, func(tx *db.Tx, r *Release) error {
		if err := packable(r); err != nil {
			return err
		}
		i, err := itemByID(tx, r.ID, id)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(i, version); err != nil {
			return err
		}
		toBe, reason = strings.TrimSpace(toBe), strings.TrimSpace(reason)
		field := func(name string) string { return fmt.Sprintf("%s_%d", name, id) }
		var c fault.Check
		c.Need(decision == Included || decision == Excluded, field("decision"), "Include or exclude it.")
		c.Need(decision != Included || toBe != "", field("to_be"), "Say its version after the release.")
		c.Need(decision != Excluded || reason != "", field("reason"), "Say why it is left out; a hidden item is found later by operations.")
		if err := c.Err("The item was not decided."); err != nil {
			return err
		}
		if decision == Excluded {
			toBe = i.AsIs
		}
		i.Decision, i.ToBe, i.Reason = decision, toBe, reason
		if err := save(tx, i); err != nil {
			return err
		}
		if err := s.rescope(tx, actor, r, i.ItemKey+" was decided anew"); err != nil {
			return err
		}
		return s.record(tx, actor, r, "item.decide", reason, "%s %s (%s to %s)", decision, i.ItemKey, quoted(i.AsIs), quoted(i.ToBe))
	})
}

func quoted(version string) string {
	if version == "" {
		return "nothing"
	}
	return version
}
