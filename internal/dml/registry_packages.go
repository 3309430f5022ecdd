package dml

import (
	"context"
	"errors"
	"io"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

// Packages is what the registry asks the room that makes release packages.
type Packages interface {
	// PackageService gives the service of the release whose packages a
	// repository holds; NotFound where the actor sees no such release.
	PackageService(tx *db.Tx, actor identity.Actor, name string) (int64, error)
	// TakePackage makes what was pushed a package of the release, or refuses it
	// with every reason.
	TakePackage(tx *db.Tx, actor identity.Actor, p *PushedPackage) error
}

// UsePackages connects the room that makes release packages.
func (s *Service) UsePackages(p Packages) { s.packs = p }

// PushedPackage is an index as it was pushed to incoming/releases/NAME.
type PushedPackage struct {
	Name       string
	Bytes      []byte
	Digest     blob.Digest
	Components []byte // the list that came with it; nil where it has none
	Members    []PushedMember
}

// PushedMember is one manifest that the index names besides the list, with the
// versions that are pulled by it.
type PushedMember struct {
	Digest      blob.Digest
	Annotations map[string]string
	Versions    []Version
}

func (r *Registry) readPackages(tx *db.Tx, p place) (place, error) {
	absent := fault.Wrap(fault.NotFound, ErrNameInvalid, "There is no such repository.")
	if r.s.packs == nil {
		return p, absent
	}
	service, err := r.s.packs.PackageService(tx, r.actor, strings.TrimPrefix(p.key, releases))
	if errors.Is(err, fault.NotFound) {
		return p, absent
	}
	if err != nil {
		return p, err
	}
	p.all = identity.Authorize(r.actor, identity.DmlSubmit, service) == nil || identity.Authorize(r.actor, identity.DmlDecide, service) == nil
	if !p.open && identity.Authorize(r.actor, identity.ReleasePackage, service) != nil {
		return p, fault.Wrap(fault.Forbidden, ErrDenied, "What is pushed to a release is shown to those who package it; its packages are in %s.", accepted+p.key)
	}
	return p, nil
}

func (r *Registry) writePackages(tx *db.Tx, p place) (place, error) {
	p, err := r.readPackages(tx, p)
	if errors.Is(err, fault.Forbidden) || err == nil && !p.all {
		return p, fault.Wrap(fault.Forbidden, ErrDenied, "Pushing a package takes a token with the scopes dml:write and build:report, of somebody who packages releases.")
	}
	return p, err
}

// quarantined refuses media of a package that no custodian has accepted to those
// who may not look into quarantine.
func (p place) quarantined(tx *db.Tx, d blob.Digest) error {
	if !p.pack || !p.open || p.all || d == blob.Of(emptyObject) {
		return nil
	}
	shown, err := shownElsewhere(tx, d)
	if err == nil && !shown {
		err = fault.Wrap(fault.Forbidden, ErrDenied, "The package names %s, which is not accepted; it is shown to those who submit and to custodians.", d)
	}
	return err
}

// named lists repositories after one; those of releases that the actor does not
// see are left out.
func (r *Registry) named(tx *db.Tx, after string, limit int) (list []string, err error) {
	for len(list) < limit {
		names, err := repoNames(tx, after, limit)
		if err != nil || len(names) == 0 {
			return list, err
		}
		for _, name := range names {
			after = name
			if p, err := placeOf(name); err == nil && p.pack {
				if _, err := r.readPackages(tx, p); errors.Is(err, fault.NotFound) || errors.Is(err, fault.Forbidden) {
					continue
				} else if err != nil {
					return nil, err
				}
			}
			if list = append(list, name); len(list) == limit {
				break
			}
		}
	}
	return list, nil
}

// packagePushed reads what was pushed to a release under a tag: a package, with
// the list of its components. It gives nil for what is a part or evidence.
func (r *Registry) packagePushed(ctx context.Context, name, label string, m *manifest) (*PushedPackage, error) {
	p, err := placeOf(name)
	if err != nil || !p.pack || label == "" || m.Subject != nil || fallback.MatchString(label) {
		return nil, err
	}
	if m.ArtifactType != TypePackage || m.Config != nil {
		return nil, badManifest("A release takes packages: an index with the artifact type %s.", TypePackage)
	}
	pack := &PushedPackage{Name: strings.TrimPrefix(p.key, releases)}
	for _, d := range m.Manifests {
		c, err := r.Stat(ctx, name, d.Digest, true)
		if err == nil && c.ArtifactType == TypeComponents {
			if pack.Components != nil {
				return nil, badManifest("The package has several lists of its components.")
			}
			if pack.Components, err = r.listed(ctx, name, c); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil && !errors.Is(err, fault.NotFound) {
			return nil, err
		}
		pack.Members = append(pack.Members, PushedMember{Digest: d.Digest, Annotations: d.Annotations})
	}
	return pack, nil
}

// listed reads the one file of a list of components.
func (r *Registry) listed(ctx context.Context, name string, c *Content) ([]byte, error) {
	data, err := r.small(ctx, c)
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(c.MediaType, data)
	if err != nil {
		return nil, err
	}
	if len(m.Layers) != 1 {
		return nil, badManifest("The list of components is one file; this has %d.", len(m.Layers))
	}
	file, err := r.Stat(ctx, name, m.Layers[0].Digest, false)
	if err != nil {
		return nil, err
	}
	if data, err = r.small(ctx, file); err != nil {
		return nil, err
	}
	if err := plainJSON(data); err != nil {
		return nil, badManifest("The list of components is not JSON that every reader understands alike: %v.", err)
	}
	return data, nil
}

func (r *Registry) small(ctx context.Context, c *Content) ([]byte, error) {
	if c.Size > maxManifest {
		return nil, fault.Wrap(fault.TooLarge, ErrManifestInvalid, "A list of components may have at most %d bytes.", maxManifest)
	}
	body, _, err := blob.OpenVerified(ctx, r.s.blobs, c.Digest)
	if err != nil {
		return nil, storeFault(err, nil)
	}
	defer body.Close()
	return io.ReadAll(body)
}

// linkMembers shows in the release's repository what the library holds already,
// so that a pipeline need not push it again.
func (r *Registry) linkMembers(tx *db.Tx, p place, pack *PushedPackage) error {
	for i := range pack.Members {
		m := &pack.Members[i]
		var err error
		if m.Versions, err = versionsPulledBy(tx, m.Digest); err != nil {
			return err
		}
		if len(m.Versions) == 0 {
			continue
		}
		if err := link(tx, m.Versions[0].ItemKey, p.key, m.Digest); err != nil {
			return err
		}
	}
	return nil
}

// beside takes a manifest that refers to another. What refers to a package is
// shown with it; what refers to a version is read as evidence.
func (r *Registry) beside(tx *db.Tx, p place, c *Content) error {
	if !p.pack {
		return enqueueEvidence(tx, c)
	}
	subject, err := contentOf(tx, p.key, c.Subject, true)
	if errors.Is(err, fault.NotFound) || err == nil && !subject.Published {
		return nil
	}
	if err != nil {
		return err
	}
	return show(tx, p.key, c.Subject)
}

// ShowPackage shows a pushed package in dml/releases/NAME under a tag that never
// moves.
func (s *Service) ShowPackage(tx *db.Tx, actor identity.Actor, p *PushedPackage, label string) error {
	return s.showPackage(tx, actor, releases+p.Name, label, p.Digest)
}
