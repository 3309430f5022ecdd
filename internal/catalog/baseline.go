package catalog

import (
	"cmp"
	"slices"

	"slipway/internal/db"
)

// BaselineLine is one item as it was when the baseline was taken.
type BaselineLine struct {
	ItemID          int64
	Key, Name, Kind string
	Version         string
}

// Baseline is a snapshot of the item versions of a service. It never changes.
type Baseline struct {
	db.Row
	ServiceID  int64
	Number     int64
	Name       string
	ReleaseKey string
	TakenBy    string
	Lines      []BaselineLine `gorm:"serializer:json"`
}

// VersionOf gives the version an item had, and whether it was there.
func (b *Baseline) VersionOf(itemID int64) (string, bool) {
	for _, l := range b.Lines {
		if l.ItemID == itemID {
			return l.Version, true
		}
	}
	return "", false
}

// LineChange is how one item differs between two baselines.
type LineChange struct {
	Key, Name, Kind string
	Before, After   string // versions
	Change          string // "added", "changed" or "removed"
}

// Differences tells, by key, what this baseline has that an earlier one had not,
// and the other way round.
func (b *Baseline) Differences(earlier *Baseline) []LineChange {
	var list []LineChange
	for _, l := range b.Lines {
		before, there := earlier.VersionOf(l.ItemID)
		switch {
		case !there:
			list = append(list, LineChange{l.Key, l.Name, l.Kind, "", l.Version, "added"})
		case before != l.Version:
			list = append(list, LineChange{l.Key, l.Name, l.Kind, before, l.Version, "changed"})
		}
	}
	for _, l := range earlier.Lines {
		if _, there := b.VersionOf(l.ItemID); !there {
			list = append(list, LineChange{l.Key, l.Name, l.Kind, l.Version, "", "removed"})
		}
	}
	slices.SortFunc(list, func(a, b LineChange) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// linesOf are the items of a service as they are now.
func linesOf(items []Item) []BaselineLine {
	lines := make([]BaselineLine, len(items))
	for i, item := range items {
		lines[i] = BaselineLine{ItemID: item.ID, Key: item.Key, Name: item.Name, Kind: item.Kind, Version: item.CurrentVersion}
	}
	return lines
}
