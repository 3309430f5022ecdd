package release

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// PackageState is where one version of a package stands.
type PackageState string

// The states of a package.
const (
	PackageAssembling PackageState = "Assembling"
	PackageBaselined  PackageState = "Baselined"
	PackageVerified   PackageState = "Verified"
	PackageSignedOff  PackageState = "SignedOff"
	PackageDeployed   PackageState = "Deployed"
	PackageSuperseded PackageState = "Superseded"
	PackageWithdrawn  PackageState = "Withdrawn"
)

// PackageStates lists every state.
func PackageStates() []PackageState {
	return []PackageState{PackageAssembling, PackageBaselined, PackageVerified, PackageSignedOff, PackageDeployed, PackageSuperseded, PackageWithdrawn}
}

// Scan refuses a stored word that is no state.
func (s *PackageState) Scan(src any) error { return state.ScanWord(s, src, PackageStates()) }

// PackageVerb moves a package.
type PackageVerb string

// The verbs of a package.
const (
	PackageBaseline  PackageVerb = "baseline"
	PackageVerify    PackageVerb = "verify"
	PackageSignOff   PackageVerb = "sign off"
	PackageDeploy    PackageVerb = "deploy"
	PackageSupersede PackageVerb = "supersede"
	PackageWithdraw  PackageVerb = "withdraw"
)

// PackageVerbs lists every verb.
func PackageVerbs() []PackageVerb {
	return []PackageVerb{PackageBaseline, PackageVerify, PackageSignOff, PackageDeploy, PackageSupersede, PackageWithdraw}
}

var packageMoves = state.Table[PackageState, PackageVerb]{
	{PackageAssembling, PackageBaseline, PackageBaselined},
	{PackageBaselined, PackageVerify, PackageVerified},
	{PackageVerified, PackageSignOff, PackageSignedOff},
	{PackageSignedOff, PackageDeploy, PackageDeployed},
	{PackageDeployed, PackageSupersede, PackageSuperseded},
	{PackageBaselined, PackageWithdraw, PackageWithdrawn},
	{PackageVerified, PackageWithdraw, PackageWithdrawn},
	{PackageSignedOff, PackageWithdraw, PackageWithdrawn},
	{PackageDeployed, PackageWithdraw, PackageWithdrawn},
}

// Package is one version of what a release brings. Once baselined it never
// changes: an edit makes the next version.
type Package struct {
	db.Row
	ReleaseID    int64
	Number       int64
	State        PackageState
	Digest       string // "sha256:…" of Manifest; its identity
	Manifest     string // canonical JSON
	AuthorID     int64  // who baselined it; cannot verify it
	AuthorName   string
	VerifierID   int64
	VerifierName string
	BaselinedAt  db.Time
	RecheckedAt  db.Time // when its media was last hashed anew, for all to see
}

// ComponentKind is what a component is.
type ComponentKind string

// Software, documentation and licences come from the media library; hardware is
// named by serial and its place among the definitive spares; processes and the
// rest by a controlled reference.
const (
	Software      ComponentKind = "software"
	Documentation ComponentKind = "documentation"
	Licence       ComponentKind = "licence"
	Hardware      ComponentKind = "hardware"
	Process       ComponentKind = "process"
	Other         ComponentKind = "other"
)

// ComponentKinds lists all six.
func ComponentKinds() []ComponentKind {
	return []ComponentKind{Software, Documentation, Licence, Hardware, Process, Other}
}

// Media tells whether components of the kind come from the library.
func (k ComponentKind) Media() bool { return k == Software || k == Documentation || k == Licence }

// Component is one line of a package.
type Component struct {
	db.Row
	PackageID      int64
	Kind           ComponentKind
	ItemID         int64 // the configuration item it becomes, if one
	ItemKey        string
	Name           string
	Label          string // version or revision
	Digest         string // of the media
	MediaVersionID int64
	MediaItem      string // key of the media item
	Serial         string
	Location       string
	Reference      string
	LicenceKey     string // entitlement that is reserved at sign-off
	Quantity       int64  // of the entitlement
}

func (c *Component) validate() error {
	var check fault.Check
	c.Name, c.Label, c.Serial, c.Location, c.Reference = strings.TrimSpace(c.Name), strings.TrimSpace(c.Label), strings.TrimSpace(c.Serial), strings.TrimSpace(c.Location), strings.TrimSpace(c.Reference)
	check.Need(slices.Contains(ComponentKinds(), c.Kind), "kind", "Choose what kind of component it is.")
	switch {
	case c.Kind.Media():
		check.Need(c.MediaVersionID != 0, "media", "Choose it from the media library: software, documentation and licences come from there.")
	case c.Kind == Hardware:
		check.Need(c.Serial != "", "serial", "Give the serial number.")
		check.Need(c.Location != "", "location", "Say where it lies among the definitive spares.")
	default:
		check.Need(c.Reference != "", "reference", "Give the controlled reference, such as a document number and revision.")
	}
	check.Need(c.Name != "", "name", "Name the component.")
	check.Need(c.Quantity >= 0 && (c.LicenceKey == "" || c.Quantity > 0), "quantity", "Say how many units of the licence it takes.")
	return check.Err("The component was not added.")
}

// manifestLine is one component in the canonical manifest. Its fields stand in
// alphabetical order, so that the bytes are the same however it was made.
type manifestLine struct {
	Digest    string        `json:"digest,omitempty"`
	Item      string        `json:"item,omitempty"`
	Kind      ComponentKind `json:"kind"`
	Licence   string        `json:"licence,omitempty"`
	Location  string        `json:"location,omitempty"`
	Media     string        `json:"media,omitempty"`
	Name      string        `json:"name"`
	Quantity  int64         `json:"quantity,omitempty"`
	Reference string        `json:"reference,omitempty"`
	Serial    string        `json:"serial,omitempty"`
	Version   string        `json:"version,omitempty"`
}

type manifest struct {
	Components []manifestLine `json:"components"`
	Release    string         `json:"release"`
	Service    string         `json:"service"`
	Type       string         `json:"type"`
}

// Canonical gives the manifest of components as bytes that depend on nothing
// but their content, and the digest that is the package's identity.
func Canonical(releaseKey, serviceKey string, components []Component) (text, digest string) {
	m := manifest{Release: releaseKey, Service: serviceKey, Type: "application/vnd.slipway.release-package.v1+json", Components: []manifestLine{}}
	for _, c := range components {
		m.Components = append(m.Components, manifestLine{Digest: c.Digest, Item: c.ItemKey, Kind: c.Kind, Licence: c.LicenceKey, Location: c.Location,
			Media: c.MediaItem, Name: c.Name, Quantity: c.Quantity, Reference: c.Reference, Serial: c.Serial, Version: c.Label})
	}
	slices.SortFunc(m.Components, func(a, b manifestLine) int {
		return strings.Compare(a.order(), b.order())
	})
	out, err := json.Marshal(m)
	if err != nil { // strings and integers always encode
		panic(err)
	}
	sum := sha256.Sum256(out)
	return string(out), "sha256:" + hex.EncodeToString(sum[:])
}

func (l manifestLine) order() string {
	return strings.Join([]string{string(l.Kind), l.Name, l.Version, l.Digest, l.Serial, l.Reference, l.Item, l.Media, fmt.Sprint(l.Quantity)}, "\x00")
}

// move moves a package by its table.
func (p *Package) move(verb PackageVerb) error {
	to, err := packageMoves.Next(fmt.Sprintf("Package v%d", p.Number), p.State, verb)
	if err == nil {
		p.State = to
	}
	return err
}

// Difference is one line in which two packages differ.
type Difference struct {
	Name, Kind string
	Was, Is    string // version and short digest; empty when it is not there
}

// CompareComponents gives what was added, changed and removed between two versions.
func CompareComponents(was, is []Component) []Difference {
	index := map[string]*Difference{}
	var order []string
	at := func(c Component) *Difference {
		id := string(c.Kind) + "\x00" + c.Name
		if index[id] == nil {
			index[id] = &Difference{Name: c.Name, Kind: string(c.Kind)}
			order = append(order, id)
		}
		return index[id]
	}
	for _, c := range was {
		at(c).Was = c.describe()
	}
	for _, c := range is {
		at(c).Is = c.describe()
	}
	var list []Difference
	for _, id := range order {
		if d := index[id]; d.Was != d.Is {
			list = append(list, *d)
		}
	}
	return list
}

func (c Component) describe() string {
	text := strings.TrimSpace(strings.Join([]string{c.Label, c.Serial, c.Reference}, " "))
	if len(c.Digest) > 19 {
		text += " (" + c.Digest[7:19] + ")"
	}
	return strings.TrimSpace(text)
}

// fromMedia fills a component from the library's version.
func (c *Component) fromMedia(v *dml.Version) {
	c.MediaVersionID, c.MediaItem, c.Label, c.Digest = v.ID, v.ItemKey, v.Label, v.Digest.String()
	if c.Name == "" {
		c.Name = v.ItemName
	}
}
