package release

import (
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
	{PackageSuperseded, PackageWithdraw, PackageWithdrawn},
}

// Package is one version of what a release brings. Once baselined it never
// changes: an edit makes the next version.
type Package struct {
	db.Row
	ReleaseID    int64
	Number       int64
	State        PackageState
	Digest       string // "sha256:…" of Manifest; its identity, which sign-offs bind to
	Manifest     string // the exact bytes: an OCI index, or for older packages the canonical list of components
	IndexDigest  string // of the index by which it is pulled; Digest itself unless the package is older
	AuthorID     int64  // who baselined it; cannot verify it
	AuthorName   string
	VerifierID   int64
	VerifierName string
	BaselinedAt  db.Time
	RecheckedAt  db.Time // when its media was last hashed anew, for all to see
}

// Tag is the package's name in its release's repository.
func (p *Package) Tag() string { return fmt.Sprintf("v%d", p.Number) }

// Older tells whether the package was baselined before packages were OCI
// indexes: what was signed is the list of its components, which its index holds
// as it is.
func (p *Package) Older() bool { return p.Digest != "" && p.Digest != p.IndexDigest }

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
	Manifest       string // digest by which the media is pulled
	Serial         string
	Location       string
	Reference      string
	LicenceKey     string // entitlement that is reserved at sign-off
	Quantity       int64  // of the entitlement
}

func (c *Component) validate() error {
	var check fault.Check
	if !c.Kind.Media() { // whose digest is the library's, and nobody else's
		c.MediaVersionID, c.MediaItem, c.Digest, c.Manifest = 0, "", "", ""
	}
	if c.LicenceKey = strings.TrimSpace(c.LicenceKey); c.LicenceKey == "" {
		c.Quantity = 0
	}
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

// move moves a package by its table.
func (p *Package) move(verb PackageVerb) error {
	to, err := packageMoves.Next(fmt.Sprintf("Package v%d", p.Number), p.State, verb)
	if err == nil {
		p.State = to
	}
	return err
}

// fromMedia fills a component from the library's version.
func (c *Component) fromMedia(v *dml.Version) {
	c.MediaVersionID, c.MediaItem, c.Label, c.Digest, c.Manifest = v.ID, v.ItemKey, v.Label, v.Digest.String(), v.Manifest.String()
	if c.Name == "" {
		c.Name = v.ItemName
	}
}
