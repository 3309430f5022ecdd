package dml

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
)

// EvidenceKind is what evidence is of.
type EvidenceKind string

// A bill of materials says what is in a version, a signature who vouches for
// it, an attestation how it came to be. Other evidence is kept and
// served beside the version; what it is, its media type says.
const (
	BillOfMaterials EvidenceKind = "bill of materials"
	Signature       EvidenceKind = "signature"
	Attestation     EvidenceKind = "attestation"
	OtherEvidence   EvidenceKind = "evidence"
)

// Evidence is bytes beside a version that say something about it. They travel
// as an OCI referrer, so that every client finds them.
type Evidence struct {
	ID             int64 `gorm:"primaryKey"`
	MediaVersionID int64
	Kind           EvidenceKind
	Format         string
	Digest         blob.Digest
	Manifest       blob.Digest // the referrer
	FileName       string
	Size           int64
	Verdict        Verdict // whether it is about this version
	Detail         string
	Components     int64
	ByID           int64
	ByName         string
	AddedAt        db.Time

	// Of signatures and attestations alone.
	Standing  Standing
	KeyID     int64       // of the trusted key that verifies it
	Signer    string      // the key that it names itself
	Signature string      // where the signed text is the evidence and this came beside it
	Subject   blob.Digest // the bytes of the version that are vouched for
	About     string      // what an attestation says, in words
	CheckedAt db.Time     // 0: it is to be judged
	stamp     int64       // of the keys by which it was judged
}

// same tells whether two pieces of evidence are one.
func (e *Evidence) same(other *Evidence) bool {
	return e.Digest == other.Digest && e.Signature == other.Signature
}

// TableName is the table of evidence.
func (Evidence) TableName() string { return "media_evidence" }

// Component is one line of a bill of materials.
type Component struct {
	ID             int64 `gorm:"primaryKey"`
	EvidenceID     int64
	MediaVersionID int64
	NameKey        string // see nameKey
	Name           string
	Label          string // its version
	Purl           string
	Licence        string
}

// TableName is the table of components.
func (Component) TableName() string { return "media_components" }

func (b *bill) components(e *Evidence) []Component {
	list := make([]Component, 0, len(b.parts))
	seen := map[component]bool{}
	for _, part := range b.parts {
		if part.name == "" || seen[part] {
			continue
		}
		seen[part] = true
		list = append(list, Component{EvidenceID: e.ID, MediaVersionID: e.MediaVersionID, NameKey: clipped(nameKey(part.name)), Name: clipped(part.name),
			Label: clipped(part.version), Purl: clippedTo(part.purl, 300), Licence: clipped(part.licence)})
	}
	return list
}

var majorVersion = regexp.MustCompile(`/v[0-9]+$`)

// nameKey is what a component is searched by: the last part of its name, in
// lower case. That of a Go module is not its major version.
func nameKey(name string) string {
	name = majorVersion.ReplaceAllString(strings.ToLower(name), "")
	return name[strings.LastIndex(name, "/")+1:]
}

func clippedTo(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// judgeEvidence is the check that a custodian reads about bills of materials.
func judgeEvidence(v *Version, list []Evidence) Check {
	c := Check{Code: "sbom", Title: "Bill of materials", Verdict: Unknown, Detail: "None came with it."}
	for _, e := range list {
		if e.Kind != BillOfMaterials {
			continue
		}
		detail := e.Format + ": " + e.Detail
		if e.Components > 0 {
			detail = fmt.Sprintf("%s, %d components: %s", e.Format, e.Components, e.Detail)
		}
		if c.Verdict == Unmet && e.Verdict != Unmet {
			continue // one that is wrong is what to mend
		}
		c.Verdict, c.Detail = e.Verdict, detail
	}
	return c
}

// referrer is the manifest by which evidence refers to a version.
func referrer(v *Version, subject *Content, e *Evidence, mediaType string) []byte {
	data, err := json.Marshal(manifest{SchemaVersion: 2, MediaType: typeManifest, ArtifactType: mediaType,
		Config:  &Descriptor{MediaType: typeEmpty, Digest: blob.Of(emptyObject), Size: int64(len(emptyObject))},
		Layers:  []Descriptor{{MediaType: mediaType, Digest: e.Digest, Size: e.Size, Annotations: map[string]string{annotTitle: e.FileName}}},
		Subject: &Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size}})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return data
}
