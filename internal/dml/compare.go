package dml

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Change is how a part of one version stands to that of another.
type Change string

// The changes. Of bills of materials, a changed licence is told apart.
const (
	Added      Change = "Added"
	Removed    Change = "Removed"
	Changed    Change = "Changed"
	Relicensed Change = "Licence changed"
	Same       Change = "Same"
)

// Line is one part of two versions: what it was and what it is.
type Line struct {
	Name          string
	Before, After string
	Change        Change
}

// Comparison is two versions of an item, part by part. What is the same in a
// bill of materials is counted, not listed.
type Comparison struct {
	From, To   Version
	Files      []Line // by name, with size and digest
	Members    []Line // of archives; what is the same is counted
	SameInside int
	Notes      []string // about archives that were not looked into
	Components []Line
	Unchanged  int  // components that are the same
	Billed     bool // both have a bill of materials
	Licences   []Line
	Evidence   []Line // signatures, attestations and the rest
}

// maxLines bounds the components of a version that are compared.
const maxLines = 20_000

// facet is a part of one version, ready to be compared.
type facet struct{ key, name, value, licence string }

// Compare tells two versions of one item apart.
func (s *Service) Compare(ctx context.Context, actor identity.Actor, fromID, toID int64) (*Comparison, error) {
	var c Comparison
	var parts [2][]Component
	var evidence [2][]Evidence
	err := s.db.View(ctx, func(tx *db.Tx) error {
		for i, id := range []int64{fromID, toID} {
			v, err := versionByID(tx, id)
			if err != nil {
				return err
			}
			if !sightOf(actor).sees(v) {
				return fault.New(fault.NotFound, "There is no such version in the media library.")
			}
			*[]*Version{&c.From, &c.To}[i] = *v
			if parts[i], err = componentsOf(tx, id, maxLines); err != nil {
				return err
			}
			if evidence[i], err = evidenceOf(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if c.From.ItemID != c.To.ItemID {
		return nil, &fault.Fault{Kind: fault.Invalid, Message: "The versions were not compared.", Fields: []fault.Field{{Name: "to", Message: "Choose two versions of one item."}}}
	}
	if err := s.compareFiles(ctx, &c); err != nil {
		return nil, err
	}
	all := differ(componentPieces(parts[0]), componentPieces(parts[1]))
	c.Components = slices.DeleteFunc(all, func(l Line) bool { return l.Change == Same })
	c.Unchanged = len(all) - len(c.Components)
	c.Billed = len(parts[0]) > 0 && len(parts[1]) > 0
	c.Licences = differ(licencePieces(parts[0]), licencePieces(parts[1]))
	c.Evidence = differ(evidencePieces(evidence[0]), evidencePieces(evidence[1]))
	return &c, nil
}

// compareFiles compares what the versions consist of, and what the archives
// among that hold.
func (s *Service) compareFiles(ctx context.Context, c *Comparison) (err error) {
	var files, inside [2][]facet
	var parts [2][]part
	for i, v := range []*Version{&c.From, &c.To} {
		if parts[i], err = s.parts(ctx, v); err != nil {
			return err
		}
		for _, p := range parts[i] {
			files[i] = append(files[i], facet{key: p.name, name: p.name, value: described(p.size, p.digest.Short())})
		}
	}
	if len(parts[0]) == 1 && len(parts[1]) == 1 { // however it is called
		files[0][0].key, files[1][0].key = "file", "file"
	}
	c.Files = differ(files[0], files[1])
	for i, v := range []*Version{&c.From, &c.To} {
		other := parts[1-i]
		changed := slices.DeleteFunc(slices.Clone(parts[i]), func(p part) bool {
			return slices.ContainsFunc(other, func(o part) bool { return o.digest == p.digest })
		})
		if v.Gone() || len(changed) == 0 {
			continue
		}
		var notes []string
		if inside[i], notes, err = s.members(ctx, changed); err != nil {
			return err
		}
		c.Notes = append(c.Notes, notes...)
	}
	if len(inside[0]) > 0 && len(inside[1]) > 0 {
		all := differ(inside[0], inside[1])
		c.Members = slices.DeleteFunc(all, func(l Line) bool { return l.Change == Same })
		c.SameInside = len(all) - len(c.Members)
	}
	return nil
}

// parts lists what a version consists of: the layers or manifests of what was
// pushed, else the one file.
func (s *Service) parts(ctx context.Context, v *Version) ([]part, error) {
	one := []part{{name: v.FileName, digest: v.Digest, size: v.Size}}
	if v.Manifest != v.Digest || v.Gone() || !isManifestType(v.MediaType) {
		return one, nil
	}
	data, err := s.small(ctx, v.Manifest, maxManifest)
	if err != nil {
		return nil, storeFault(err, v)
	}
	m, err := parseManifest(v.MediaType, data)
	if err != nil {
		return nil, err
	}
	var list []part
	for i, d := range slices.Concat(m.Layers, m.Manifests) {
		list = append(list, part{cmp.Or(d.Annotations[annotTitle], fmt.Sprintf("Part %d, %s", i+1, d.MediaType)), d.Digest, d.Size, isImageLayer(d.MediaType)})
	}
	return list, nil
}

func isImageLayer(mediaType string) bool {
	return strings.HasPrefix(mediaType, "application/vnd.oci.image.layer.") || strings.HasPrefix(mediaType, "application/vnd.docker.image.rootfs.")
}

func described(size int64, digest string) string { return fmt.Sprintf("%d bytes, %s", size, digest) }

// componentPieces names components by where they come from, without the version.
func componentPieces(list []Component) (pieces []facet) {
	for _, c := range list {
		key := c.Name
		if c.Purl != "" {
			key, _, _ = strings.Cut(c.Purl, "@")
		}
		pieces = append(pieces, facet{key: key, name: c.Name, value: c.Label, licence: c.Licence})
	}
	return pieces
}

func licencePieces(list []Component) (pieces []facet) {
	counts := map[string]int{}
	for _, c := range list {
		counts[cmp.Or(c.Licence, "not stated")]++
	}
	for name, n := range counts {
		pieces = append(pieces, facet{key: name, name: name, value: fmt.Sprint(n)})
	}
	return pieces
}

func evidencePieces(list []Evidence) (pieces []facet) {
	for _, e := range list {
		what := string(cmp.Or(e.Standing, Standing(e.Verdict)))
		pieces = append(pieces, facet{key: string(e.Kind) + e.Format + e.Signer, name: strings.TrimSpace(string(e.Kind) + ", " + cmp.Or(e.Format, e.FileName)), value: what + ", " + e.Digest.Short()})
	}
	return pieces
}

// differ pairs pieces by their keys; several of one key are paired in order of
// what they are, so that what stayed meets itself.
func differ(before, after []facet) []Line {
	old := map[string][]facet{}
	for _, p := range before {
		old[p.key] = append(old[p.key], p)
	}
	var lines []Line
	var unmatched []facet
	for _, p := range after { // what is the same finds itself first
		at := slices.Index(old[p.key], p)
		if at < 0 {
			unmatched = append(unmatched, p)
			continue
		}
		old[p.key] = slices.Delete(old[p.key], at, at+1)
		lines = append(lines, Line{p.name, p.value, p.value, Same})
	}
	for _, p := range unmatched {
		if len(old[p.key]) == 0 {
			lines = append(lines, Line{p.name, "", worded(p, false), Added})
			continue
		}
		was := old[p.key][0]
		old[p.key] = old[p.key][1:]
		change := Changed
		if was.value == p.value && was.licence != p.licence {
			change = Relicensed
		}
		relicensed := was.licence != p.licence
		lines = append(lines, Line{p.name, worded(was, relicensed), worded(p, relicensed), change})
	}
	for _, left := range old {
		for _, p := range left {
			lines = append(lines, Line{p.name, worded(p, false), "", Removed})
		}
	}
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.Name, b.Name), strings.Compare(a.After, b.After), strings.Compare(a.Before, b.Before))
	})
	return lines
}

func worded(p facet, licence bool) string {
	if licence {
		return cmp.Or(p.value, "no version") + ", " + cmp.Or(p.licence, "licence not stated")
	}
	return cmp.Or(p.value, "no version")
}

// rank lists what changed before what did not.
func (l Line) rank() int {
	return slices.Index([]Change{Changed, Relicensed, Added, Removed, Same}, l.Change)
}
