package dml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

// Attach keeps a file as evidence beside a version: a bill of materials is
// read, anything else is only kept. The version itself does not change.
func (s *Service) Attach(ctx context.Context, actor identity.Actor, versionID int64, fileName string, body io.Reader) (*Evidence, error) {
	v, err := s.attachable(ctx, actor, versionID, fileName)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(body, maxBill+1))
	switch {
	case err != nil:
		return nil, invalid("evidence", "The file did not arrive whole. Send it again.", err)
	case len(data) > maxBill:
		return nil, invalid("evidence", fmt.Sprintf("Evidence may have at most %d MiB.", maxBill>>20), nil)
	case len(data) == 0:
		return nil, invalid("evidence", "The file is empty.", nil)
	}
	e, b, err := s.judgeFile(ctx, v, piece{fileName: fileName, data: data})
	if err != nil {
		return nil, err
	}
	if e.Kind == BillOfMaterials && e.Verdict == Unmet {
		return nil, invalid("evidence", "This bill of materials is not about "+v.Title()+". "+e.Detail, nil)
	}
	if e.Standing == Foreign || e.Standing == Unreadable {
		return nil, invalid("evidence", "This "+string(e.Kind)+" was not taken. "+e.Detail, nil)
	}
	var subject *Content
	if err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		subject, err = contentOf(tx, v.ItemKey, v.Manifest, true)
		return err
	}); err != nil {
		return nil, err
	}
	mediaType := mediaTypeOf(e)
	wrapping := referrer(v, subject, e, mediaType)
	for _, piece := range [][]byte{emptyObject, data, wrapping} {
		if _, err := s.keep(ctx, piece); err != nil {
			return nil, err
		}
	}
	e.Manifest, e.ByID, e.ByName = blob.Of(wrapping), actor.UserID, actor.Name
	return e, s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := putReferrer(tx, v, e, mediaType, int64(len(wrapping))); err != nil {
			return err
		}
		return s.enterEvidence(tx, actor, v.ID, e, b)
	})
}

func (s *Service) attachable(ctx context.Context, actor identity.Actor, versionID int64, fileName string) (v *Version, err error) {
	return v, s.db.View(ctx, func(tx *db.Tx) (err error) {
		if v, err = versionByID(tx, versionID); err != nil {
			return err
		}
		if err := identity.Authorize(actor, identity.DmlSubmit, v.ServiceID); err != nil {
			return err
		}
		var c fault.Check
		if why := checkFileName(fileName); why != "" {
			c.Field("evidence", why)
		}
		if v.State == Rejected || v.State == Retired {
			c.Field("evidence", v.Title()+" is "+v.State.Word()+"; evidence is no use to it.")
		}
		if v.Manifest == "" {
			c.Field("evidence", v.Title()+" is still being made ready for evidence. Try again in a minute.")
		}
		return c.Err("The evidence was not taken.")
	})
}

// judgeFile reads a file as evidence about a version.
func (s *Service) judgeFile(ctx context.Context, v *Version, p piece) (*Evidence, *bill, error) {
	e := &Evidence{MediaVersionID: v.ID, Kind: OtherEvidence, Digest: blob.Of(p.data), FileName: p.fileName, Size: int64(len(p.data)), Signature: p.signature}
	if err := s.judgeSigned(ctx, v, p, e, s.db.Now()); err != nil || e.Kind != OtherEvidence {
		return e, nil, err
	}
	b, err := parseBill(p.data)
	switch {
	case errors.Is(err, errNoBill):
		return e, nil, nil
	case err != nil:
		e.Kind, e.Verdict, e.Detail = BillOfMaterials, Unmet, "It cannot be read: "+err.Error()+"."
		return e, nil, nil
	}
	var parts []blob.Digest
	if err := s.db.View(ctx, func(tx *db.Tx) (err error) { parts, err = below(tx, v.Manifest); return err }); err != nil {
		return nil, nil, err
	}
	e.Kind, e.Format = BillOfMaterials, b.format
	e.Verdict, e.Detail = b.names(v, parts)
	return e, b, nil
}

// judgeSigned reads a file as a signature or an attestation; what is neither is
// other evidence.
func (s *Service) judgeSigned(ctx context.Context, v *Version, p piece, e *Evidence, arrived db.Time) error {
	e.Kind, e.Verdict, e.Detail, e.CheckedAt = OtherEvidence, Unknown, "Kept as it came; nothing here reads it.", arrived
	proof, err := readSignature(p)
	switch {
	case err != nil:
		e.Kind = Signature
		if strings.HasPrefix(strings.TrimSpace(string(p.data)), "{") && p.signature == "" && p.mediaType != typeSimpleSigning {
			e.Kind = Attestation
		}
		e.take(ruling{standing: Unreadable, detail: "It cannot be read: " + err.Error() + "."})
		return nil
	case proof == nil:
		return nil
	}
	return s.judgeProof(ctx, v, proof, e, arrived)
}

func mediaTypeOf(e *Evidence) string {
	switch {
	case strings.HasPrefix(e.Format, "CycloneDX"):
		return "application/vnd.cyclonedx"
	case strings.HasPrefix(e.Format, "SPDX"):
		return "application/spdx+json"
	case e.Kind == Attestation:
		return typeEnvelope
	case e.Kind == Signature && e.Format == "GPG":
		return "application/pgp-signature"
	case e.Kind == Signature:
		return "application/vnd.slipway.signature.v1"
	}
	return "application/vnd.slipway.evidence.v1"
}

// putReferrer writes the rows by which evidence that a person attached is found
// and pulled.
func putReferrer(tx *db.Tx, v *Version, e *Evidence, mediaType string, size int64) error {
	config := blob.Of(emptyObject)
	for _, info := range []blob.Info{{Digest: config, Size: int64(len(emptyObject))}, {Digest: e.Digest, Size: e.Size}, {Digest: e.Manifest, Size: size}} {
		if err := blobStored(tx, info); err != nil {
			return err
		}
	}
	for _, c := range []Content{
		{Digest: config, MediaType: typeEmpty, Size: int64(len(emptyObject))},
		{Digest: e.Digest, MediaType: mediaType, Size: e.Size},
		{Digest: e.Manifest, Manifest: true, MediaType: typeManifest, ArtifactType: mediaType, Size: size, Subject: v.Manifest},
	} {
		c.Repo, c.PusherID, c.PushedAt = v.ItemKey, e.ByID, tx.Now
		if err := putContent(tx, &c); err != nil {
			return err
		}
	}
	return putRefs(tx, []ref{{v.ItemKey, e.Manifest, config}, {v.ItemKey, e.Manifest, e.Digest}})
}

// enterEvidence records evidence with its components, shows it beside an
// accepted version, and judges a waiting one anew. The same bytes again change
// nothing.
func (s *Service) enterEvidence(tx *db.Tx, actor identity.Actor, versionID int64, e *Evidence, b *bill) error {
	v, err := versionByID(tx, versionID)
	if err != nil {
		return err
	}
	known, err := evidenceOf(tx, v.ID)
	if err != nil || slices.ContainsFunc(known, func(k Evidence) bool { return k.same(e) }) {
		return err
	}
	e.AddedAt = tx.Now
	if stamp, err := keyStamp(tx); err != nil || e.KeyID != 0 && stamp != e.stamp { // a key came or went meanwhile
		e.CheckedAt = 0
		if err := errors.Join(err, jobs.Enqueue(tx, jobSignatures, signaturesArgs{})); err != nil {
			return err
		}
	}
	if err := tx.Create(e); err != nil {
		return err
	}
	if b != nil {
		list := b.components(e)
		if err := putComponents(tx, e, list); err != nil {
			return err
		}
	}
	if err := errors.Join(publish(tx, v.ItemKey), followItem(tx, v.ItemID)); err != nil {
		return err
	}
	if v.State == Checking {
		if err := rejudge(tx, v, append(known, *e)); err != nil {
			return err
		}
	}
	return record(tx, actor, "evidence", v, "attached "+string(e.Kind)+" to "+v.Title(), "", e.Digest.String())
}

// rejudge replaces the checks that evidence bears on.
func rejudge(tx *db.Tx, v *Version, list []Evidence) error {
	checks, err := checksOf(tx, v.ID)
	if err != nil {
		return err
	}
	item, err := itemByID(tx, v.ItemID)
	if err != nil {
		return err
	}
	checks = withEvidence(checks, v, item, list, tx.Now)
	if err := replaceChecks(tx, v.ID, checks); err != nil {
		return err
	}
	v.tally(checks, tx.Now)
	return tx.Save(v)
}

// withEvidence puts what the evidence gives in the place of what it gave before.
func withEvidence(checks []Check, v *Version, item *Item, list []Evidence, now db.Time) []Check {
	var fresh []Check
	if v.Kind == Software {
		fresh = append(fresh, judgeEvidence(v, list), judgeSignature(item, list))
	} else if slices.ContainsFunc(list, func(e Evidence) bool { return e.Kind == Signature }) {
		fresh = append(fresh, judgeSignature(item, list))
	}
	if c, any := judgeProvenance(list); any {
		fresh = append(fresh, c)
	}
	kept := slices.DeleteFunc(slices.Clone(checks), func(c Check) bool { return c.Code == "sbom" || c.Code == "signature" || c.Code == "provenance" })
	for i := range kept {
		kept[i].ID = 0
	}
	for _, c := range fresh {
		c.MediaVersionID, c.CheckedAt = v.ID, now
		kept = append(kept, c)
	}
	return kept
}

const jobEvidence = "dml.evidence"
