package dml

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

// The media types and annotations of the OCI image specification 1.1 that the
// library writes or understands.
const (
	typeManifest     = "application/vnd.oci.image.manifest.v1+json"
	typeIndex        = "application/vnd.oci.image.index.v1+json"
	typeDockerImage  = "application/vnd.docker.distribution.manifest.v2+json"
	typeDockerList   = "application/vnd.docker.distribution.manifest.list.v2+json"
	typeEmpty        = "application/vnd.oci.empty.v1+json"
	annotTitle       = "org.opencontainers.image.title"
	annotVersion     = "org.opencontainers.image.version"
	annotDescription = "org.opencontainers.image.description"
	annotSource      = "org.opencontainers.image.source"
	annotLicences    = "org.opencontainers.image.licenses"
)

// maxManifest bounds a manifest, as the distribution specification advises.
const maxManifest = 4 << 20

// emptyObject is the config of a manifest that has none, as the specification
// spells it.
var emptyObject = []byte("{}")

// Descriptor names bytes within a manifest. Its fields stand in the order in
// which the specification's own types write them, since some clients compare an
// index with what they would write.
type Descriptor struct {
	MediaType    string            `json:"mediaType"`
	Digest       blob.Digest       `json:"digest"`
	Size         int64             `json:"size"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	ArtifactType string            `json:"artifactType,omitempty"`
}

// manifest is an image manifest or an index; which one its media type says.
type manifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType,omitempty"`
	ArtifactType  string            `json:"artifactType,omitempty"`
	Config        *Descriptor       `json:"config,omitempty"`
	Layers        []Descriptor      `json:"layers,omitempty"`
	Manifests     []Descriptor      `json:"manifests,omitempty"`
	Subject       *Descriptor       `json:"subject,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// kind is the artifact type that referrers are listed by.
func (m *manifest) kind() string {
	if m.ArtifactType == "" && m.Config != nil {
		return m.Config.MediaType
	}
	return m.ArtifactType
}

// blobs are the descriptors of bytes that are no manifests. A layer that its
// publisher forbids to distribute may be absent, so it is not among them.
func (m *manifest) blobs() []Descriptor {
	var list []Descriptor
	if m.Config != nil {
		list = append(list, *m.Config)
	}
	for _, layer := range m.Layers {
		if !strings.Contains(layer.MediaType, ".nondistributable.") && !strings.Contains(layer.MediaType, ".foreign.") {
			list = append(list, layer)
		}
	}
	return list
}

func isManifestType(mediaType string) bool {
	return slices.Contains([]string{typeManifest, typeIndex, typeDockerImage, typeDockerList}, mediaType)
}

func badManifest(format string, args ...any) error {
	return fault.Wrap(fault.Invalid, ErrManifestInvalid, format, args...)
}

// parseManifest reads a manifest that was pushed as the media type. What could
// mean one thing to one reader and another to the next is refused.
func parseManifest(mediaType string, data []byte) (*manifest, error) {
	if len(data) > maxManifest {
		return nil, fault.Wrap(fault.TooLarge, ErrManifestInvalid, "A manifest may have at most %d bytes.", maxManifest)
	}
	if !isManifestType(mediaType) {
		return nil, badManifest("%q is no media type of a manifest.", clipped(mediaType))
	}
	if err := plainJSON(data); err != nil {
		return nil, badManifest("The manifest is not JSON that every reader understands alike: %v.", err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, badManifest("The manifest does not have the form of the image specification.")
	}
	switch index := mediaType == typeIndex || mediaType == typeDockerList; {
	case m.SchemaVersion != 2:
		return nil, badManifest("The manifest has schema version %d; only 2 is taken.", m.SchemaVersion)
	case m.MediaType != "" && m.MediaType != mediaType:
		return nil, badManifest("The manifest calls itself %s, but was pushed as %s.", clipped(m.MediaType), mediaType)
	case !index && m.Config == nil:
		return nil, badManifest("The manifest names no config.")
	case index && (m.Config != nil || len(m.Layers) > 0), !index && len(m.Manifests) > 0:
		return nil, badManifest("A manifest has layers, an index has manifests; this has what belongs to the other.")
	}
	descriptors := slices.Concat(m.blobs(), m.Layers, m.Manifests)
	if m.Subject != nil {
		descriptors = append(descriptors, *m.Subject)
	}
	for _, d := range descriptors {
		if !d.Digest.Valid() || d.Size < 0 || d.MediaType == "" {
			return nil, badManifest("A descriptor in the manifest lacks a media type, a size or a SHA-256 digest.")
		}
	}
	return &m, nil
}

// maxDepth bounds the nesting of a manifest: the specification's own is 5.
const maxDepth = 16

// plainJSON refuses what encoding/json lets pass: a key twice in one object,
// deep nesting, and anything after the end.
func plainJSON(data []byte) error {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	if err := plainValue(dec, 0); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows its end")
	}
	return nil
}

func plainValue(dec *json.Decoder, depth int) error {
	token, err := dec.Token()
	if err != nil {
		return errors.New("it cannot be parsed")
	}
	open, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	if depth > maxDepth {
		return errors.New("it is nested too deeply")
	}
	seen := map[string]bool{}
	for dec.More() {
		if open == '{' {
			key, err := dec.Token()
			if err != nil {
				return errors.New("it cannot be parsed")
			}
			// encoding/json matches names without regard to case.
			name := strings.ToLower(key.(string))
			if seen[name] {
				return errors.New("a key stands twice")
			}
			seen[name] = true
		}
		if err := plainValue(dec, depth+1); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return errors.New("it cannot be parsed")
	}
	return nil
}

// wrap is the manifest by which a single file travels: an artifact with one
// layer. It depends on nothing that may be edited later, so the same file under
// the same version has the same manifest digest everywhere.
func wrap(v *Version) []byte {
	data, err := json.Marshal(manifest{SchemaVersion: 2, MediaType: typeManifest,
		ArtifactType: "application/vnd.slipway." + string(v.Kind) + ".v1",
		Config:       &Descriptor{MediaType: typeEmpty, Digest: blob.Of(emptyObject), Size: int64(len(emptyObject))},
		Layers:       []Descriptor{{MediaType: v.MediaType, Digest: v.Digest, Size: v.Size, Annotations: map[string]string{annotTitle: v.FileName}}},
		Annotations:  map[string]string{annotVersion: v.Label}})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return data
}

func clipped(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
