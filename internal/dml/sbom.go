package dml

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"
	spdx "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"

	"slipway/internal/dml/blob"
)

// bill is what the library reads from a software bill of materials.
type bill struct {
	format  string
	subject component
	hashes  []blob.Digest // of the subject, if the bill names any
	parts   []component
}

type component struct{ name, version, purl, licence string }

// maxBill bounds a bill of materials, which is parsed in memory.
const maxBill = 64 << 20

var errNoBill = errors.New("it is neither CycloneDX (JSON or XML) nor SPDX 2 (JSON)")

// parseBill reads CycloneDX, up to 1.7, and SPDX 2.
func parseBill(data []byte) (*bill, error) {
	trimmed := bytes.TrimSpace(data)
	switch {
	case bytes.HasPrefix(trimmed, []byte("<")) && bytes.Contains(trimmed[:min(len(trimmed), 2000)], []byte("cyclonedx.org/schema/bom")):
		return parseCycloneDX(trimmed, cyclonedx.BOMFileFormatXML)
	case bytes.HasPrefix(trimmed, []byte("{")):
		var kind struct {
			BomFormat   string `json:"bomFormat"`
			SPDXVersion string `json:"spdxVersion"`
		}
		if err := json.Unmarshal(trimmed, &kind); err != nil {
			return nil, errors.New("it is not whole JSON")
		}
		if kind.BomFormat == cyclonedx.BOMFormat {
			return parseCycloneDX(trimmed, cyclonedx.BOMFileFormatJSON)
		}
		if kind.SPDXVersion != "" {
			return parseSPDX(trimmed)
		}
	}
	return nil, errNoBill
}

func parseCycloneDX(data []byte, format cyclonedx.BOMFileFormat) (*bill, error) {
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(data), format).Decode(&bom); err != nil {
		return nil, errors.New("it calls itself CycloneDX, but does not parse as such")
	}
	b := &bill{format: "CycloneDX " + bom.SpecVersion.String()}
	if bom.Metadata != nil && bom.Metadata.Component != nil {
		c := bom.Metadata.Component
		b.subject = cycloneComponent(c)
		if c.Hashes != nil {
			for _, h := range *c.Hashes {
				if h.Algorithm == cyclonedx.HashAlgoSHA256 {
					b.hashes = append(b.hashes, blob.Digest("sha256:"+strings.ToLower(h.Value)))
				}
			}
		}
	}
	var walk func(list *[]cyclonedx.Component)
	walk = func(list *[]cyclonedx.Component) {
		if list == nil {
			return
		}
		for i := range *list {
			b.parts = append(b.parts, cycloneComponent(&(*list)[i]))
			walk((*list)[i].Components)
		}
	}
	walk(bom.Components)
	return b, nil
}

func cycloneComponent(c *cyclonedx.Component) component {
	name := c.Name
	if c.Group != "" {
		name = c.Group + "/" + c.Name
	}
	var licences []string
	if c.Licenses != nil {
		for _, choice := range *c.Licenses {
			switch {
			case choice.Expression != "":
				licences = append(licences, choice.Expression)
			case choice.License != nil && choice.License.ID != "":
				licences = append(licences, choice.License.ID)
			case choice.License != nil:
				licences = append(licences, choice.License.Name)
			}
		}
	}
	return component{name, c.Version, c.PackageURL, strings.Join(licences, " AND ")}
}

func parseSPDX(data []byte) (*bill, error) {
	doc, err := spdx.Read(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("it calls itself SPDX, but does not parse as SPDX 2")
	}
	b := &bill{format: strings.Replace(doc.SPDXVersion, "SPDX-", "SPDX ", 1)}
	described := map[common.ElementID]bool{}
	for _, r := range doc.Relationships {
		if r.Relationship == common.TypeRelationshipDescribe && r.RefA.ElementRefID == "DOCUMENT" {
			described[r.RefB.ElementRefID] = true
		}
	}
	for _, p := range doc.Packages {
		c := spdxComponent(p)
		if !described[p.PackageSPDXIdentifier] {
			b.parts = append(b.parts, c)
			continue
		}
		b.subject = c
		for _, sum := range p.PackageChecksums {
			if sum.Algorithm == common.SHA256 {
				b.hashes = append(b.hashes, blob.Digest("sha256:"+strings.ToLower(sum.Value)))
			}
		}
	}
	return b, nil
}

func spdxComponent(p *v2_3.Package) component {
	c := component{name: p.PackageName, version: p.PackageVersion, licence: p.PackageLicenseConcluded}
	if c.licence == "" || c.licence == "NOASSERTION" {
		c.licence = p.PackageLicenseDeclared
	}
	if c.licence == "NOASSERTION" || c.licence == "NONE" {
		c.licence = ""
	}
	for _, ref := range p.PackageExternalReferences {
		if ref.RefType == "purl" {
			c.purl = ref.Locator
		}
	}
	return c
}

// names tells whether the bill is about the version: by the hash of its bytes
// or of one of its parts, else by the version that it states. Why not, in a
// sentence, when it is about something else.
func (b *bill) names(v *Version, parts []blob.Digest) (Verdict, string) {
	own := append([]blob.Digest{v.Digest, v.Manifest}, parts...)
	bare := func(label string) string { return strings.TrimPrefix(label, "v") }
	switch {
	case slices.ContainsFunc(b.hashes, func(d blob.Digest) bool { return slices.Contains(own, d) }):
		return Met, "It names the digest of " + v.Title() + "."
	case len(b.hashes) > 0:
		return Unmet, "It is for other bytes (" + b.hashes[0].Short() + ")."
	case b.subject.version == "" || b.subject.name == "":
		return Unknown, "It does not say what it is for."
	case bare(b.subject.version) != bare(v.Label):
		return Unmet, "It is for " + clipped(b.subject.name+" "+b.subject.version) + "."
	}
	return Met, "It names " + clipped(b.subject.name+" "+b.subject.version) + "."
}
