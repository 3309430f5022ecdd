package dml

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

// fallback are the tags by which clients that do not know referrers find what
// refers to a digest: cosign's sha256-….sig and the specification's sha256-….
var fallback = regexp.MustCompile(`^sha256-[0-9a-f]{64}(\.[a-z]+)?$`)

// Push takes a manifest. One that comes with a tag is a version of the item,
// submitted into quarantine; one with a subject is evidence beside it, and one
// with neither is part of an index to come.
func (r *Registry) Push(ctx context.Context, name, label, mediaType string, data []byte) (*Content, error) {
	if err := r.s.db.View(ctx, func(tx *db.Tx) error { _, err := r.write(tx, name); return err }); err != nil {
		return nil, err
	}
	m, err := parseManifest(mediaType, data)
	if err != nil {
		return nil, err
	}
	if why := checkLabel(label); label != "" && why != "" {
		return nil, badManifest("%s", why)
	}
	pack, err := r.packagePushed(ctx, name, label, m)
	if err != nil {
		return nil, err
	}
	info, err := r.s.keep(ctx, data)
	if err != nil {
		return nil, err
	}
	c := &Content{Digest: info.Digest, Manifest: true, MediaType: mediaType, ArtifactType: m.kind(), Size: info.Size, Annotations: m.Annotations, PusherID: r.actor.UserID}
	if m.Subject != nil {
		c.Subject = m.Subject.Digest
	}
	return c, r.change(ctx, name, func(tx *db.Tx, p place) error {
		c.Repo, c.PushedAt = p.key, tx.Now
		if pack != nil {
			if err := r.linkMembers(tx, p, pack); err != nil {
				return err
			}
		}
		refs, err := r.children(tx, p, m, c.Digest)
		if err != nil {
			return err
		}
		if err := blobStored(tx, info); err != nil {
			return err
		}
		if err := errors.Join(putContent(tx, c), putRefs(tx, refs)); err != nil {
			return err
		}
		if pack != nil {
			pack.Bytes, pack.Digest = data, c.Digest
			return r.s.packs.TakePackage(tx, r.actor, pack)
		}
		if m.Subject != nil {
			if err := r.beside(tx, p, c); err != nil {
				return err
			}
		}
		if label == "" {
			return nil
		}
		t := &tag{Repo: p.key, Tag: label, Digest: c.Digest, PusherID: r.actor.UserID, PushedAt: tx.Now}
		if m.Subject == nil && !fallback.MatchString(label) {
			v, err := r.submit(tx, p, label, c, m)
			if err != nil {
				return err
			}
			t.MediaVersionID = v.ID
			if err := enqueueEarlier(tx, p, v.Manifest); err != nil {
				return err
			}
		} else if about := signatureTag(label); m.Subject == nil && about != "" {
			if err := enqueueEvidence(tx, &Content{Repo: p.key, Digest: c.Digest, Subject: about}); err != nil {
				return err
			}
		}
		return putTag(tx, t)
	})
}

// children demands everything that the manifest names, whole and undamaged.
func (r *Registry) children(tx *db.Tx, p place, m *manifest, parent blob.Digest) ([]ref, error) {
	var refs []ref
	need := func(list []Descriptor, manifest bool) error {
		for _, d := range list {
			held, err := findContent(tx, p, d.Digest, manifest)
			if errors.Is(err, fault.NotFound) {
				return fault.Wrap(fault.NotFound, ErrChildUnknown, "The manifest names %s, which this repository does not hold.", d.Digest)
			}
			if err != nil {
				return err
			}
			if held.Size != d.Size {
				return badManifest("The manifest says that %s has %d bytes; it has %d.", d.Digest, d.Size, held.Size)
			}
			if manifest && held.MediaType != d.MediaType {
				return badManifest("The manifest calls %s %s; it was pushed as %s.", d.Digest, clipped(d.MediaType), held.MediaType)
			}
			refs = append(refs, ref{p.key, parent, d.Digest})
		}
		return nil
	}
	return refs, errors.Join(need(m.blobs(), false), need(m.Manifests, true))
}

// submit enters a pushed manifest as a version. The same bytes again change
// nothing; other bytes take the place of what waits, if they come from whoever
// submitted that. What a custodian decided on stays.
func (r *Registry) submit(tx *db.Tx, p place, label string, c *Content, m *manifest) (*Version, error) {
	sub := submissionOf(p.key, label, c, m)
	sub.tidy(r.actor)
	v, err := versionByLabel(tx, p.key, label)
	switch {
	case err == nil && v.Digest == c.Digest && !v.Withdrawn():
		return v, nil
	case err == nil:
		if err := underHold(tx, p.key, v.Digest); err != nil {
			return nil, err
		}
		if err := v.resubmit(r.actor, c, sub); err != nil {
			return nil, err
		}
		if v.Size, err = weigh(tx, v); err != nil {
			return nil, err
		}
		if err := errors.Join(saved(tx, r.actor, "resubmit", v, "pushed "+v.Title()+" anew", ""), unjudgeVersion(tx, v.ID), jobs.Enqueue(tx, jobSignatures, signaturesArgs{})); err != nil {
			return nil, err
		}
		return v, jobs.Enqueue(tx, jobCheck, checkArgs{v.ID})
	case !errors.Is(err, fault.NotFound):
		return nil, err
	}
	v, _, err = enter(tx, r.actor, sub, blob.Info{Digest: c.Digest, Size: c.Size}, c.Digest)
	if err != nil {
		return nil, err
	}
	if v.Size, err = weigh(tx, v); err != nil {
		return nil, err
	}
	return v, tx.Save(v)
}

// weigh adds up the bytes of a version and all it needs.
func weigh(tx *db.Tx, v *Version) (size int64, err error) {
	parts, err := closure(tx, v)
	for _, part := range parts {
		size += part.Size
	}
	return size, err
}

// submissionOf reads from a manifest what a person would fill in.
func submissionOf(key, label string, c *Content, m *manifest) Submission {
	about := func(name string) string { return clipped(strings.TrimSpace(m.Annotations[name])) }
	sub := Submission{ItemKey: key, Label: label, FileName: path.Base(key) + ".manifest.json", MediaType: c.MediaType,
		Source: about(annotSource), ItemName: about(annotTitle), About: about(annotDescription), Kind: Software}
	if len(m.Layers) == 1 {
		if title := m.Layers[0].Annotations[annotTitle]; checkFileName(title) == "" {
			sub.FileName = title
		}
	}
	if licence := about(annotLicences); len(unknownLicences(licence)) == 0 {
		sub.Licence = licence
	}
	return sub
}

const withdrawn = "Withdrawn by its submitter."

// Withdrawn tells whether the submitter took the version back before anybody
// decided on it.
func (v *Version) Withdrawn() bool { return v.State == Rejected && v.DeciderID == v.SubmitterID }

// resubmit puts other bytes in the place of what still waits.
func (v *Version) resubmit(actor identity.Actor, c *Content, sub Submission) error {
	if !v.Waiting() && !v.Withdrawn() {
		return denied(v.same(c.Digest), "%s was decided on. Push under a new version.", v.Title())
	}
	if v.SubmitterID != actor.UserID {
		return denied(nil, "%s submitted %s, which waits for a custodian. Push under a new version.", v.SubmitterName, v.Title())
	}
	if err := v.move(VerbResubmit); err != nil {
		return err
	}
	v.Digest, v.Manifest, v.MediaType, v.FileName, v.Source = c.Digest, c.Digest, c.MediaType, sub.FileName, sub.Source
	v.SubmitterName, v.SubmitterKind = actor.Name, string(actor.Kind)
	v.DeciderID, v.DeciderName, v.DecidedAt, v.DecisionNote = 0, "", 0, ""
	v.KeepUntil, v.LetGoAt, v.LetGoWhy = 0, 0, ""
	v.CheckedAt, v.ChecksMet, v.ChecksUnmet, v.ChecksUnknown = 0, 0, 0, 0
	return nil
}

func denied(cause error, format string, args ...any) error {
	sentence := fmt.Sprintf(format, args...)
	var f *fault.Fault
	if errors.As(cause, &f) && len(f.Blockers) > 0 {
		sentence = f.Blockers[0].Sentence
	}
	return fault.Wrap(fault.Forbidden, ErrDenied, "%s", sentence)
}

// Delete takes a manifest or a blob out of quarantine. What a decided version
// needs, or another manifest, stays.
func (r *Registry) Delete(ctx context.Context, name string, d blob.Digest, manifest bool) error {
	return r.change(ctx, name, func(tx *db.Tx, p place) error {
		c, err := findContent(tx, p, d, manifest)
		if err != nil {
			return err
		}
		if c.Published {
			return denied(nil, "Accepted media stay as they are; a custodian retires them.")
		}
		if err := underHold(tx, p.key, d); err != nil {
			return err
		}
		parent, err := parentOf(tx, p.key, d)
		if err != nil {
			return err
		}
		if parent != "" {
			return denied(nil, "The manifest %s needs it; delete that first.", parent)
		}
		tags, err := tagsOn(tx, p.key, d)
		if err != nil {
			return err
		}
		for i := range tags {
			if err := r.untag(tx, &tags[i]); err != nil {
				return err
			}
		}
		return dropContent(tx, c)
	})
}

// Untag takes a name away; a version that waits under it is withdrawn.
func (r *Registry) Untag(ctx context.Context, name, label string) error {
	return r.change(ctx, name, func(tx *db.Tx, p place) error {
		if p.pack {
			return denied(nil, "The name of a package stays; a release that was wrong makes the next version.")
		}
		t, err := tagOf(tx, p.key, label)
		if errors.Is(err, fault.NotFound) {
			return unknown(true)
		}
		if err != nil {
			return err
		}
		return r.untag(tx, t)
	})
}

func (r *Registry) untag(tx *db.Tx, t *tag) error {
	if t.MediaVersionID != 0 {
		v, err := versionByID(tx, t.MediaVersionID)
		if err != nil {
			return err
		}
		if !v.Waiting() {
			return denied(nil, "%s was decided on, so its name stays.", v.Title())
		}
		if v.SubmitterID != r.actor.UserID {
			return denied(nil, "Only %s, who submitted %s, may take it back.", v.SubmitterName, v.Title())
		}
		if err := underHold(tx, v.ItemKey, v.Digest); err != nil {
			return err
		}
		item, err := itemByID(tx, v.ItemID)
		if err != nil {
			return err
		}
		if err := v.Withdraw(r.actor, item, tx.Now); err != nil {
			return err
		}
		if err := saved(tx, r.actor, "withdraw", v, "took back "+v.Title(), ""); err != nil {
			return err
		}
	}
	return dropTag(tx, t)
}
