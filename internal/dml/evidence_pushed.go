package dml

import (
	"context"
	"errors"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

// evidenceArgs names a pushed manifest. Subject is what its tag says it is
// about, where the manifest itself does not.
type evidenceArgs struct {
	Repo    string
	Digest  blob.Digest
	Subject blob.Digest `json:",omitempty"`
}

// readPushed reads what a client pushed as a referrer of a version, or under a
// tag that makes it one.
func (s *Service) readPushed(ctx context.Context, args evidenceArgs) error {
	var versions []Version
	var c *Content
	err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		if c, err = contentOf(tx, args.Repo, args.Digest, true); err != nil {
			return err
		}
		if c.Subject == "" {
			c.Subject = args.Subject
		}
		versions, err = versionsByManifest(tx, args.Repo, c.Subject)
		return err
	})
	if errors.Is(err, fault.NotFound) { // deleted meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	data, err := s.small(ctx, c.Digest, maxManifest)
	if err != nil {
		return err
	}
	m, err := parseManifest(c.MediaType, data)
	if err != nil {
		return err
	}
	for i := range versions {
		for _, layer := range m.Layers {
			if layer.Size > maxBill || layer.Digest == blob.Of(emptyObject) {
				continue
			}
			if err := s.readLayer(ctx, &versions[i], c, layer); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) readLayer(ctx context.Context, v *Version, c *Content, layer Descriptor) error {
	data, err := s.small(ctx, layer.Digest, maxBill)
	if err != nil {
		return err
	}
	p := piece{mediaType: layer.MediaType, data: data}
	if name := layer.Annotations[annotTitle]; checkFileName(name) == "" {
		p.fileName = name
	}
	if layer.MediaType == typeSimpleSigning {
		p.signature = layer.Annotations[annotCosign]
	}
	e, b, err := s.judgeFile(ctx, v, p)
	if err != nil {
		return err
	}
	if e.Kind == OtherEvidence {
		e.Format = clipped(c.ArtifactType)
	}
	e.Manifest, e.ByID = c.Digest, c.PusherID
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		pusher := identity.Actor{UserID: c.PusherID, Name: pusherName(v, c), Kind: identity.Machine}
		e.ByName = pusher.Name
		return s.enterEvidence(tx, pusher, v.ID, e, b)
	})
}

// pusherName is known where the version's submitter pushed the evidence too.
func pusherName(v *Version, c *Content) string {
	if v.SubmitterID == c.PusherID {
		return v.SubmitterName
	}
	return "a registry client"
}

func enqueueEvidence(tx *db.Tx, c *Content) error {
	return jobs.Enqueue(tx, jobEvidence, evidenceArgs{c.Repo, c.Digest, c.Subject})
}

// signatureTag gives the digest that a tag such as cosign's sha256-….sig or
// sha256-….att is about, or nothing.
func signatureTag(label string) blob.Digest {
	name, ok := strings.CutSuffix(label, ".sig")
	if !ok {
		name, ok = strings.CutSuffix(label, ".att")
	}
	if d := blob.Digest(strings.Replace(name, "sha256-", "sha256:", 1)); ok && d.Valid() {
		return d
	}
	return ""
}

// enqueueEarlier has read what was pushed about a manifest before the manifest
// became a version.
func enqueueEarlier(tx *db.Tx, p place, subject blob.Digest) error {
	earlier, err := referrersOf(tx, p, subject, "")
	if err != nil {
		return err
	}
	for i := range earlier {
		if err := enqueueEvidence(tx, &earlier[i]); err != nil {
			return err
		}
	}
	for _, suffix := range []string{".sig", ".att"} {
		t, err := tagOf(tx, p.key, strings.Replace(subject.String(), ":", "-", 1)+suffix)
		if errors.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := enqueueEvidence(tx, &Content{Repo: p.key, Digest: t.Digest, Subject: subject}); err != nil {
			return err
		}
	}
	return nil
}
