package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// Kinds are what a configuration item can be.
var Kinds = []string{"software", "hardware", "documentation", "licence", "process", "environment", "other"}

// Item is one configuration item.
type Item struct {
	db.Row
	Key            string `gorm:"column:item_key"` // "pay-server"
	Name           string
	Kind           string
	ServiceID      int64
	ServiceKey     string
	CurrentVersion string // what operates now; empty when nothing does yet
	OwnerID        int64
	OwnerName      string
	Location       string // hardware: site and shelf; others: where it is kept
	Serial         string // hardware only
	Retired        bool
}

// RelationKind says how one item stands to another.
type RelationKind string

// An item is part of another, or depends on it.
const (
	PartOf    RelationKind = "part of"
	DependsOn RelationKind = "depends on"
)

// verb is the relation in a sentence.
func (k RelationKind) verb() string {
	if k == PartOf {
		return "is part of"
	}
	return "depends on"
}

// RelationKinds are both of them.
var RelationKinds = []RelationKind{PartOf, DependsOn}

// Relation leads from an item to what it is part of or depends on.
type Relation struct {
	ID     int64
	FromID int64
	ToID   int64
	Kind   RelationKind
}

// TableName is the table of relations.
func (Relation) TableName() string { return "item_relations" }

// ItemVersion is one version that an item had, and why.
type ItemVersion struct {
	ID         int64
	ItemID     int64
	Label      string
	Since      db.Time
	Why        string
	ReleaseKey string // the release that brought it, or empty
	ByName     string
}

// Link is the page of the item.
func (i Item) Link() string { return "/items/" + i.Key }

var itemKeyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,79}$`)

func (i *Item) validate(c *fault.Check) {
	i.Key, i.Name, i.CurrentVersion = strings.TrimSpace(i.Key), strings.TrimSpace(i.Name), strings.TrimSpace(i.CurrentVersion)
	i.Location, i.Serial = strings.TrimSpace(i.Location), strings.TrimSpace(i.Serial)
	c.Need(itemKeyPattern.MatchString(i.Key), "key", "Use 2 to 80 lower-case letters, digits, dots, dashes or underscores, beginning with a letter or digit.")
	c.Need(i.Key != "new", "key", "This word is an address of its own. Choose another key.")
	c.Need(i.Name != "" && len(i.Name) <= 120, "name", "Name the item in at most 120 characters.")
	c.Need(slices.Contains(Kinds, i.Kind), "kind", "Choose what kind of item this is.")
	c.Need(len(i.CurrentVersion) <= 60, "current_version", "Keep the version to 60 characters.")
	if i.Kind == "hardware" {
		c.Need(i.Location != "", "location", "Say where the hardware stands.")
	}
	c.Need(len(i.Location) <= 200, "location", "Keep the place to 200 characters.")
	c.Need(len(i.Serial) <= 120, "serial", "Keep the serial number to 120 characters.")
}

// Unit is the components of a service that are normally released together.
type Unit struct {
	db.Row
	ServiceID   int64
	ServiceKey  string
	Name        string
	Description string
	Items       []Item `gorm:"-"`
}

// Link is the page of the unit.
func (u Unit) Link() string { return fmt.Sprintf("/units/%d", u.ID) }
