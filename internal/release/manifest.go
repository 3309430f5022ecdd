package release

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

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

// Canonical gives the list of components as bytes that depend on nothing but
// their content, and its digest. It is one file of the package's index; packages
// from before they were indexes have this digest as their identity.
func Canonical(releaseKey, serviceKey string, components []Component) (text, digest string) {
	m := manifest{Release: releaseKey, Service: serviceKey, Type: "application/vnd.slipway.release-package.v1+json", Components: []manifestLine{}}
	for _, c := range components {
		m.Components = append(m.Components, c.line())
	}
	slices.SortFunc(m.Components, manifestLine.compare)
	out, err := json.Marshal(m)
	if err != nil { // strings and integers always encode
		panic(err)
	}
	sum := sha256.Sum256(out)
	return string(out), "sha256:" + hex.EncodeToString(sum[:])
}

func (c Component) line() manifestLine {
	return manifestLine{Digest: c.Digest, Item: c.ItemKey, Kind: c.Kind, Licence: c.LicenceKey, Location: c.Location,
		Media: c.MediaItem, Name: c.Name, Quantity: c.Quantity, Reference: c.Reference, Serial: c.Serial, Version: c.Label}
}

func (l manifestLine) compare(other manifestLine) int {
	return strings.Compare(l.order(), other.order())
}

// order is the line's place. Every field is in it: two lines that it does not
// tell apart are the same.
func (l manifestLine) order() string {
	return strings.Join([]string{string(l.Kind), l.Name, l.Version, l.Digest, l.Serial, l.Reference, l.Item, l.Media, fmt.Sprint(l.Quantity), l.Location, l.Licence}, "\x00")
}
