package dml

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// The artifact types by which a release package is known: the index, and within
// it the manifest of the one file that lists every component, media or not.
const (
	TypePackage    = "application/vnd.slipway.release-package.v1+json"
	TypeComponents = "application/vnd.slipway.release-components.v1+json"
)

// componentsFile is the name under which clients unpack the list.
const componentsFile = "release-package.json"

// releases begins the key of the repositories that hold release packages.
const releases = "releases/"

// PackageMember is one media version in a package's index.
type PackageMember struct {
	Descriptor
	versionID int64
	repo      string
}

// PackageIndex is a release package as an OCI index: the canonical list of its
// components as an artifact of one file, and the manifests of its media.
type PackageIndex struct {
	Components []byte // canonical JSON; the bytes are kept as they are
	Members    []PackageMember
	About      map[string]string // annotations of the index

	list, index []byte
}

// Build settles the bytes of the index. They depend on nothing but the content:
// members stand in the order given, each manifest once, and the annotations of
// the first mention count. It is called once, before the index is kept.
func (x *PackageIndex) Build() (text string, digest blob.Digest) {
	marshal := func(m manifest) []byte {
		data, err := json.Marshal(m)
		if err != nil {
			panic(err) // strings and numbers always marshal
		}
		return data
	}
	x.list = marshal(manifest{SchemaVersion: 2, MediaType: typeManifest, ArtifactType: TypeComponents,
		Config: &Descriptor{MediaType: typeEmpty, Digest: blob.Of(emptyObject), Size: int64(len(emptyObject))},
		Layers: []Descriptor{{MediaType: TypeComponents, Digest: blob.Of(x.Components), Size: int64(len(x.Components)), Annotations: map[string]string{annotTitle: componentsFile}}}})
	descriptors := []Descriptor{{MediaType: typeManifest, Digest: blob.Of(x.list), Size: int64(len(x.list)), ArtifactType: TypeComponents}}
	for _, m := range x.Members {
		if !slices.ContainsFunc(descriptors, func(d Descriptor) bool { return d.Digest == m.Digest }) {
			descriptors = append(descriptors, m.Descriptor)
		}
	}
	x.index = marshal(manifest{SchemaVersion: 2, MediaType: typeIndex, ArtifactType: TypePackage, Manifests: descriptors, Annotations: x.About})
	return string(x.index), blob.Of(x.index)
}

// MemberOf describes a version as a member of a package. The annotations say
// what it is there.
func (s *Service) MemberOf(tx *db.Tx, v *Version, about map[string]string) (PackageMember, error) {
	c, err := contentOf(tx, v.ItemKey, v.Manifest, true)
	if err != nil {
		return PackageMember{}, err
	}
	about = maps.Clone(about)
	maps.DeleteFunc(about, func(_, value string) bool { return value == "" })
	return PackageMember{Descriptor: Descriptor{MediaType: c.MediaType, Digest: c.Digest, Size: c.Size, ArtifactType: c.ArtifactType, Annotations: about},
		versionID: v.ID, repo: v.ItemKey}, nil
}

// KeepPackage stores the bytes of an index that was built. It is called outside
// a transaction; bytes that no FilePackage names are swept later.
func (s *Service) KeepPackage(ctx context.Context, x *PackageIndex) error {
	for _, data := range [][]byte{emptyObject, x.Components, x.list, x.index} {
		if _, err := s.keep(ctx, data); err != nil {
			return err
		}
	}
	return nil
}

// FilePackage writes the rows by which a kept index is pulled from
// dml/releases/NAME, with everything it needs, under a tag that never moves.
func (s *Service) FilePackage(tx *db.Tx, actor identity.Actor, name, label string, x *PackageIndex) error {
	repo := releases + name
	own := []Content{
		{Digest: blob.Of(emptyObject), MediaType: typeEmpty, Size: int64(len(emptyObject))},
		{Digest: blob.Of(x.Components), MediaType: TypeComponents, Size: int64(len(x.Components))},
		{Digest: blob.Of(x.list), Manifest: true, MediaType: typeManifest, ArtifactType: TypeComponents, Size: int64(len(x.list))},
		{Digest: blob.Of(x.index), Manifest: true, MediaType: typeIndex, ArtifactType: TypePackage, Size: int64(len(x.index)), Annotations: x.About},
	}
	for i := range own {
		c := &own[i]
		c.Repo, c.PusherID, c.PushedAt = repo, actor.UserID, tx.Now
		if err := errors.Join(blobStored(tx, blob.Info{Digest: c.Digest, Size: c.Size}), putContent(tx, c)); err != nil {
			return err
		}
	}
	empty, components, list, index := own[0].Digest, own[1].Digest, own[2].Digest, own[3].Digest
	refs := []ref{{repo, list, empty}, {repo, list, components}, {repo, index, list}}
	for _, m := range x.Members {
		if err := link(tx, m.repo, repo, m.Digest); err != nil {
			return err
		}
		refs = append(refs, ref{repo, index, m.Digest})
	}
	if err := putRefs(tx, refs); err != nil {
		return err
	}
	return s.showPackage(tx, actor, repo, label, index)
}

// showPackage shows what a filed index reaches, under its tag.
func (s *Service) showPackage(tx *db.Tx, actor identity.Actor, repo, label string, index blob.Digest) error {
	if err := show(tx, repo, index); err != nil {
		return err
	}
	held, err := tagOf(tx, repo, label)
	if err == nil && held.Digest != index {
		return fault.New(fault.Conflict, "%s is taken in %s%s; the name of a package never moves.", label, accepted, repo)
	}
	if err == nil || !errors.Is(err, fault.NotFound) {
		return err
	}
	return putTag(tx, &tag{Repo: repo, Tag: label, Digest: index, PusherID: actor.UserID, PushedAt: tx.Now})
}

// PackageAddress is where a release's packages are pulled: dml/releases/NAME.
func PackageAddress(name string) string { return accepted + releases + name }

// PackageName gives a release's key the form of a repository's name: lower case,
// with single separators between its parts.
func PackageName(key string) string {
	var b strings.Builder
	separator := ""
	for _, c := range strings.ToLower(key) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteString(separator)
			b.WriteRune(c)
			separator = ""
		case b.Len() == 0 || separator != "":
		case c == '.' || c == '_':
			separator = string(c)
		default:
			separator = "-"
		}
	}
	return b.String()
}
