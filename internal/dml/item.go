// Package dml is the Definitive Media Library: software, documentation and
// licences, each in versions that enter through quarantine, are accepted by a
// custodian who did not submit them, and are never edited afterwards.
package dml

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// Kind is what sort of media an item is.
type Kind string

// The three kinds that a release must take from the library.
const (
	Software      Kind = "software"
	Documentation Kind = "documentation"
	LicenceText   Kind = "licence"
)

// Kinds lists them in the order people choose from.
func Kinds() []Kind { return []Kind{Software, Documentation, LicenceText} }

// Known tells whether k is a kind.
func (k Kind) Known() bool { return slices.Contains(Kinds(), k) }

// Provenance is where an item's media come from.
type Provenance string

// Media are built here, or procured from a supplier.
const (
	Built    Provenance = "built"
	Procured Provenance = "procured"
)

// Item is a thing of which the library keeps versions. Its key is a path such
// as "payments-api/server" and never changes.
type Item struct {
	db.Row
	Key         string `gorm:"column:item_key"`
	Name        string
	Kind        Kind
	Provenance  Provenance
	Supplier    string
	Description string
	Licence     string // SPDX expression, or "commercial"
	LicenceKey  string // entitlement behind a commercial licence
	ServiceID   int64  // 0: shared by services
	OwnerID     int64
	OwnerName   string
	KeepRule    KeepRule
	KeepDays    int64 // of the rule "days"
	KeepLast    int64 // of the rule "last"

	// MustBeSigned demands a good signature before a version is accepted.
	MustBeSigned bool
}

// TableName is the table of items.
func (Item) TableName() string { return "media_items" }

// Commercial is the licence of media whose right of use is an entitlement.
const Commercial = "commercial"

var (
	keySegment = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*$`)
	labelForm  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
)

// reserved first segments are addresses of the library's own pages, and the
// repositories of release packages.
var reserved = []string{"quarantine", "upload", "licences", "versions", "blob", "items", "components", "keys", "health", "holds", "retention", "rehearsals", "stock", "compare", "releases"}

// checkKey judges an item key. It is the grammar of OCI repository names, so
// that every item can be pulled under its own key.
func checkKey(key string) string {
	if key == "" {
		return "Give the item a key, for example payments-api/server."
	}
	segments := strings.Split(key, "/")
	if len(key) > 128 || len(segments) > 6 {
		return "The key is too long: at most 128 characters in at most 6 parts."
	}
	for _, segment := range segments {
		if !keySegment.MatchString(segment) {
			return "A key has parts of lower-case letters and digits, joined by . _ or -, and separated by /."
		}
	}
	if slices.Contains(reserved, segments[0]) {
		return "A key cannot begin with “" + segments[0] + "”: that is a part of the library itself."
	}
	return ""
}

// isLabel tells whether a text has the form of an OCI tag. Its length is no bound
// in the expression, which would be unrolled.
func isLabel(text string) bool { return len(text) <= 128 && labelForm.MatchString(text) }

// checkLabel judges a version label: the grammar of OCI tags.
func checkLabel(label string) string {
	switch {
	case label == "":
		return "Give the version, for example 2.4.1."
	case !isLabel(label):
		return "A version has letters, digits, . _ and -, begins with a letter, digit or _, and is at most 128 long."
	}
	return ""
}

// checkFileName judges a file name. A hostile one is refused rather than
// mended: the name is part of what the custodian accepts.
func checkFileName(name string) string {
	switch {
	case name == "":
		return "Choose a file."
	case !utf8.ValidString(name) || len(name) > 200:
		return "The file name must be UTF-8 text of at most 200 bytes."
	case strings.ContainsAny(name, `/\`) || strings.Trim(name, ". ") == "" || strings.HasPrefix(name, "."):
		return "The file name must be a plain name, without a path and not hidden."
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
		return "The file name holds invisible characters, which could make it look like another."
	}
	return ""
}

func (i *Item) validate(c *fault.Check) {
	if why := checkKey(i.Key); why != "" {
		c.Field("item", why)
	}
	c.Need(strings.TrimSpace(i.Name) != "", "name", "Give the item a name.")
	c.Need(!i.MustBeSigned || i.Kind == Software, "must_be_signed", "Only software can be asked to be signed.")
	c.Need(len(i.Name) <= 200, "name", "The name is too long: at most 200 bytes.")
	c.Need(i.Kind.Known(), "kind", "Choose software, documentation or licence.")
	c.Need(i.Provenance == Built || i.Provenance == Procured, "provenance", "Say whether it is built here or procured.")
	c.Need(i.Provenance != Procured || strings.TrimSpace(i.Supplier) != "", "supplier", "Name the supplier of procured media.")
	c.Need(i.KeepDays >= 0 && i.KeepDays <= 36500, "keep_days", "Give a number of days up to 36500.")
}
