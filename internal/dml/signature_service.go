package dml

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

// judgeProof says what a signature or an attestation is worth, by the keys
// there are now. An error says that it could not be judged.
func (s *Service) judgeProof(ctx context.Context, v *Version, p *proof, e *Evidence, arrived db.Time) error {
	e.Kind, e.Format, e.Signer, e.About = p.kind, p.format, p.signer, p.about
	own, err := s.own(ctx, v)
	if err != nil {
		return err
	}
	var keys []TrustedKey
	if err := s.db.View(ctx, func(tx *db.Tx) (err error) {
		if keys, err = trustedKeys(tx); err != nil {
			return err
		}
		e.stamp, err = keyStamp(tx)
		e.CheckedAt = tx.Now
		return err
	}); err != nil {
		return err
	}
	r, err := p.rule(ctx, keys, arrived, v.ServiceID, own)
	if errors.Is(err, blob.ErrDamaged) || errors.Is(err, blob.ErrNotFound) {
		r, err = ruling{detail: "Not judged: the stored bytes of the version are damaged."}, nil
	}
	e.take(r)
	return err
}

// take notes a ruling.
func (e *Evidence) take(r ruling) {
	e.Standing, e.Verdict, e.Detail, e.KeyID, e.Subject = r.standing, r.standing.Verdict(), r.detail, r.keyID, r.subject
}

// own lists what a signature of the version may be of: its manifest, its one
// file, or the digest of either as a line of text. What is cheap comes first.
func (s *Service) own(ctx context.Context, v *Version) ([]message, error) {
	stored := func(what string, d blob.Digest, size int64) message {
		return message{what: what, digest: d, of: d, size: size, open: func() (io.ReadCloser, error) {
			r, _, err := blob.OpenVerified(ctx, s.blobs, d)
			return r, err
		}}
	}
	data, err := s.small(ctx, v.Manifest, maxManifest)
	if err != nil {
		return nil, err
	}
	blobs := []message{stored("its manifest", v.Manifest, int64(len(data)))}
	if v.Digest != v.Manifest {
		blobs = append(blobs, stored("its file", v.Digest, v.Size))
	} else if m, err := parseManifest(v.MediaType, data); err == nil && len(m.Layers) == 1 {
		blobs = append(blobs, stored("its file", m.Layers[0].Digest, m.Layers[0].Size))
	}
	var list []message
	for _, b := range blobs {
		for _, text := range []string{b.digest.String(), b.digest.String() + "\n"} {
			m := inMemory("its digest", []byte(text))
			m.of = b.digest
			list = append(list, m)
		}
	}
	return append(list, blobs...), nil
}

// small reads stored bytes of at most some size into memory.
func (s *Service) small(ctx context.Context, d blob.Digest, most int64) ([]byte, error) {
	r, info, err := blob.OpenVerified(ctx, s.blobs, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if info.Size > most {
		return nil, errors.New("stored bytes are larger than they may be")
	}
	return io.ReadAll(r)
}

// signatureDemanded is the title of the check where the item must be signed.
const signatureDemanded = "Signature, which this item must have"

// judgeSignature is the check that a custodian reads about signatures.
func judgeSignature(item *Item, list []Evidence) Check {
	c := Check{Code: "signature", Title: "Signature", Verdict: Unknown, Detail: "None came with it."}
	if item.MustBeSigned {
		c.Title, c.Verdict, c.Detail = signatureDemanded, Unmet, "None came with it."
	}
	for _, e := range list {
		if e.Kind != Signature || c.Verdict == Met && e.Standing != Good {
			continue
		}
		switch verdict := e.Standing.Verdict(); {
		case verdict == Unknown && item.MustBeSigned && c.Detail == "None came with it.":
			c.Detail = e.Format + ": " + e.Detail
		case verdict == Unknown && c.Verdict == Unknown, verdict != Unknown:
			c.Verdict, c.Detail = verdict, e.Format+": "+e.Detail
		}
	}
	return c
}

// judgeProvenance is the check about attestations, where any came.
func judgeProvenance(list []Evidence) (c Check, any bool) {
	c = Check{Code: "provenance", Title: "Provenance", Verdict: Unknown}
	for _, e := range list {
		if e.Kind != Attestation || any && c.Verdict != Unknown && e.Standing != Good {
			continue
		}
		any, c.Verdict, c.Detail = true, e.Standing.Verdict(), e.Format+": "+e.Detail
		if e.About != "" {
			c.Detail += " " + e.About
		}
	}
	return c, any
}

// unvouched says why a version that was signed is vouched for by nobody now:
// every key of its good signatures was revoked since.
func unvouched(list []Evidence) string {
	why := ""
	for _, e := range list {
		switch {
		case e.Kind != Signature:
		case e.Standing == Good:
			return ""
		case e.Standing == Revoked && why == "":
			why = e.Detail
		}
	}
	return why
}

// afresh judges anew, by the keys as the transaction sees them, what some key
// has verified before. It needs no bytes: that a key made it stays true.
func afresh(tx *db.Tx, v *Version, list []Evidence) ([]Evidence, error) {
	keys, err := trustedKeys(tx)
	if err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	for i := range list {
		at := slices.IndexFunc(keys, func(k TrustedKey) bool { return k.ID == list[i].KeyID })
		if at < 0 {
			continue
		}
		r := best(keys, keys[at].Fingerprint, keys[at].Kind, list[i].AddedAt, v.ServiceID, message{of: list[i].Subject})
		list[i].take(r)
	}
	return list, nil
}

const (
	jobSignatures   = "dml.signatures"
	signatureBudget = 25 * time.Second // a job's lease is one minute
	signatureBatch  = 50
)

type signaturesArgs struct{ After int64 }

// scheduleSignatures has judged what was left due, or was never looked at.
func scheduleSignatures(tx *db.Tx) error {
	due, err := dueEvidence(tx, 0, 1)
	if err != nil || len(due) == 0 {
		return err
	}
	return jobs.Enqueue(tx, jobSignatures, signaturesArgs{})
}

// rejudgeSignatures judges what is due, oldest first, until its time is spent;
// then another job goes on.
func (s *Service) rejudgeSignatures(ctx context.Context, args signaturesArgs) error {
	until := time.Now().Add(signatureBudget)
	after := args.After
	for {
		var due []Evidence
		if err := s.db.View(ctx, func(tx *db.Tx) (err error) { due, err = dueEvidence(tx, after, signatureBatch); return err }); err != nil || len(due) == 0 {
			return err
		}
		for i := range due {
			if time.Now().After(until) {
				return s.db.InTx(ctx, func(tx *db.Tx) error { return jobs.Enqueue(tx, jobSignatures, signaturesArgs{after}) })
			}
			if err := s.rejudgeOne(ctx, &due[i]); err != nil {
				return err
			}
			after = due[i].ID
		}
	}
}

func (s *Service) rejudgeOne(ctx context.Context, e *Evidence) error {
	var v *Version
	if err := s.db.View(ctx, func(tx *db.Tx) (err error) { v, err = versionByID(tx, e.MediaVersionID); return err }); err != nil {
		return err
	}
	fresh, err := s.readAgain(ctx, v, e)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error { return enterJudgement(tx, e.ID, fresh) })
}

// readAgain judges stored evidence as if it had just come, but for its time.
func (s *Service) readAgain(ctx context.Context, v *Version, e *Evidence) (*Evidence, error) {
	fresh := *e
	data, err := s.small(ctx, e.Digest, maxBill)
	switch {
	case errors.Is(err, blob.ErrDamaged), errors.Is(err, blob.ErrNotFound):
		fresh.take(ruling{detail: "Not judged: its own stored bytes are damaged."})
		return &fresh, s.db.View(ctx, func(tx *db.Tx) (err error) { fresh.stamp, err = keyStamp(tx); fresh.CheckedAt = tx.Now; return err })
	case err != nil:
		return nil, err
	}
	return &fresh, s.judgeSigned(ctx, v, piece{fileName: e.FileName, signature: e.Signature, data: data}, &fresh, e.AddedAt)
}

// enterJudgement keeps what was found, unless a key came or went meanwhile:
// then the evidence stays due. A version that a revocation leaves without a
// good signature becomes suspect.
func enterJudgement(tx *db.Tx, id int64, fresh *Evidence) error {
	e, err := evidenceByID(tx, id)
	if err != nil {
		return err
	}
	stamp, err := keyStamp(tx)
	if err != nil || stamp != fresh.stamp {
		return errors.Join(err, jobs.Enqueue(tx, jobSignatures, signaturesArgs{}))
	}
	was := e.Standing
	e.Kind, e.Format, e.Signer, e.About, e.CheckedAt = fresh.Kind, fresh.Format, fresh.Signer, fresh.About, max(fresh.CheckedAt, 1)
	e.Standing, e.Verdict, e.Detail, e.KeyID, e.Subject = fresh.Standing, fresh.Verdict, fresh.Detail, fresh.KeyID, fresh.Subject
	if err := saveJudgement(tx, e); err != nil {
		return err
	}
	v, err := versionByID(tx, e.MediaVersionID)
	if err != nil {
		return err
	}
	list, err := evidenceOf(tx, v.ID)
	if err != nil {
		return err
	}
	if v.State == Checking {
		return rejudge(tx, v, list)
	}
	if was != Good || e.Standing != Revoked || e.Kind != Signature || v.State != Accepted || unvouched(list) == "" {
		return nil
	}
	if err := v.Doubt("nobody vouches for it now. " + unvouched(list)); err != nil {
		return err
	}
	return saved(tx, notary, "suspect", v, "found no good signature left on "+v.Title(), v.SuspectWhy)
}

// notary is the actor of the judging. It notes what it finds; it decides nothing.
var notary = identity.System("signature check")
