package dml

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
)

// work runs every job that is due.
func (l library) work() {
	l.t.Helper()
	runner := jobs.NewRunner(l.db, slog.New(slog.DiscardHandler))
	l.Jobs(runner)
	for {
		worked, err := runner.Step(context.Background())
		if err != nil {
			l.t.Fatal(err)
		}
		if !worked {
			return
		}
	}
}

func (l library) trust(s signer) *TrustedKey {
	l.t.Helper()
	k, err := l.TrustKey(context.Background(), l.cora, TrustedKey{Name: s.name, Holder: "Telenord", Kind: s.kind, Text: s.public})
	if err != nil {
		l.t.Fatal(err)
	}
	return k
}

func (l library) revoke(k *TrustedKey, r Revocation) {
	l.t.Helper()
	if err := l.RevokeKey(context.Background(), l.cora, k.ID, k.Version, r); err != nil {
		l.t.Fatal(err)
	}
}

func (l library) sign(v *Version, s signer, body string) *Evidence {
	l.t.Helper()
	e, err := l.Attach(context.Background(), l.bruno, v.ID, "signature", strings.NewReader(string(s.sign([]byte(body)).data)))
	if err != nil {
		l.t.Fatal(err)
	}
	return e
}

func (l library) detail(v *Version) VersionDetail {
	l.t.Helper()
	d, err := l.Detail(context.Background(), l.cora, v.ItemKey)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, one := range d.Versions {
		if one.ID == v.ID {
			return one
		}
	}
	l.t.Fatal("the version is not shown")
	return VersionDetail{}
}

func (v *VersionDetail) check(code string) (verdict Verdict, detail string) {
	for _, c := range v.Checks {
		if c.Code == code {
			return c.Verdict, c.Detail
		}
	}
	return "", ""
}

func (l library) mustSign(key string, must bool) error {
	l.t.Helper()
	d, err := l.Detail(context.Background(), l.cora, key)
	if err != nil {
		l.t.Fatal(err)
	}
	i := d.Item
	return l.EditItem(context.Background(), l.cora, key, i.Row.Version, ItemEdit{Name: i.Name, Provenance: i.Provenance, MustBeSigned: must})
}

func TestWhoKeepsTheKeysAndWhoSeesThem(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	s := minisigner(t, true)
	want := TrustedKey{Name: "Release signing", Holder: "Telenord", Kind: s.kind, Text: s.public}
	admin := dbtest.User(t, l.db, "root", identity.Administrator)
	for _, actor := range []identity.Actor{l.bruno, robot(l.cora), identity.System("clock")} {
		_, err := l.TrustKey(ctx, actor, want)
		wantKind(t, err, fault.Forbidden, "")
	}
	k, err := l.TrustKey(ctx, admin, want)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.TrustKey(ctx, l.cora, want)
	wantKind(t, err, fault.Invalid, "trusted already, as Release signing of Telenord")
	_, err = l.TrustKey(ctx, l.cora, TrustedKey{})
	wantKind(t, err, fault.Invalid, "name")
	wantKind(t, l.RevokeKey(ctx, l.bruno, k.ID, k.Version, Revocation{Why: "x"}), fault.Forbidden, "")
	wantKind(t, l.RevokeKey(ctx, l.cora, k.ID, k.Version+1, Revocation{Why: "x"}), fault.Conflict, "")
	l.revoke(k, Revocation{Why: "Lost", Compromised: true})
	wantKind(t, l.RevokeKey(ctx, l.cora, k.ID, k.Version+1, Revocation{Why: "x"}), fault.Refused, "already")
	// Added anew, it counts from then on and not before.
	dbtest.Advance(l.db, time.Hour)
	early := want
	early.ValidFrom = db.At(dbtest.Start.Add(-time.Hour))
	_, err = l.TrustKey(ctx, l.cora, early)
	wantKind(t, err, fault.Invalid, "Added anew")
	again, err := l.TrustKey(ctx, l.cora, want)
	if err != nil || again.ValidFrom != l.db.Now() || again.ID == k.ID {
		t.Fatal(again, err)
	}
	for name, actor := range map[string]identity.Actor{"bruno": l.bruno, "auditor": dbtest.User(t, l.db, "ada", identity.Auditor)} {
		list, err := l.Keys(ctx, actor)
		if err != nil || len(list) != 2 || list[0].ID != again.ID || !list[1].Revoked() {
			t.Errorf("%s: %+v %v", name, list, err)
		}
	}
	_, err = l.Keys(ctx, dbtest.User(t, l.db, "stefan", identity.Stakeholder))
	wantKind(t, err, fault.Forbidden, "")
}

func TestASignatureIsJudgedAgainWhenItsKeyComesAndGoes(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.receive(l.bruno, "1.4.0", "the program")
	for _, s := range signers(t) {
		if s.name == "cosign sign" { // that comes by pushing alone
			continue
		}
		if e := l.sign(v, s, "the program"); e.Standing != UnknownKey || e.Verdict != Unknown {
			t.Errorf("%s: %+v", s.name, e)
		}
	}
	s := minisigner(t, true)
	e := l.sign(v, s, "the program")
	if verdict, detail := ptr(l.detail(v)).check("signature"); verdict != Unknown || !strings.Contains(detail, "not among the trusted keys") {
		t.Error(verdict, detail)
	}
	k := l.trust(s)
	l.work()
	after := l.detail(v)
	if verdict, detail := after.check("signature"); verdict != Met || detail != "minisign: Good, by minisign, hashed true of Telenord." {
		t.Error(verdict, detail)
	}
	for _, one := range after.Evidence {
		if one.CheckedAt.IsZero() || (one.ID == e.ID) != (one.Standing == Good && one.KeyID == k.ID && one.Subject == v.Digest) {
			t.Errorf("%+v", one)
		}
	}
	if err := l.Accept(ctx, l.cora, v.ID, l.get(v.ID).Row.Version, Decision{}); err != nil {
		t.Fatal(err)
	}
	// A key that is retired keeps what came before; what comes after is nothing.
	dbtest.Advance(l.db, time.Hour)
	l.revoke(k, Revocation{Why: "A new year"})
	l.work()
	if v = l.get(v.ID); v.State != Accepted || l.detail(v).Unvouched != "" {
		t.Errorf("%+v", v)
	}
	late := l.sign(l.receive(l.bruno, "1.4.1", "late"), s, "late")
	if late.Standing != Revoked {
		t.Errorf("%+v", late)
	}
}

func ptr[T any](v T) *T { return &v }

func TestACompromisedKeyMakesWhatItAloneSignedSuspect(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	one, two := minisigner(t, true), sshSigner(t, "file")
	stolen := l.trust(one)
	l.trust(two)
	alone, both, waits := l.receive(l.bruno, "1.0", "alone"), l.receive(l.bruno, "1.1", "both"), l.receive(l.bruno, "1.2", "waits")
	l.sign(alone, one, "alone")
	l.sign(both, one, "both")
	l.sign(both, two, "both")
	l.sign(waits, one, "waits")
	for _, v := range []*Version{alone, both} {
		if err := l.Accept(ctx, l.cora, v.ID, l.get(v.ID).Row.Version, Decision{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.mustSign(alone.ItemKey, true); err != nil {
		t.Fatal(err)
	}
	l.revoke(stolen, Revocation{Why: "The laptop was stolen", Compromised: true})
	// Before the job has run, a custodian can already accept nothing by it.
	wantKind(t, l.Accept(ctx, l.cora, waits.ID, l.get(waits.ID).Row.Version, Decision{}), fault.Refused, "revoked as compromised")
	l.work()
	alone, both, waits = l.get(alone.ID), l.get(both.ID), l.get(waits.ID)
	if alone.State != Suspect || alone.Deployable() || !strings.Contains(alone.SuspectWhy, "The laptop was stolen.") || !strings.Contains(alone.Blocker().Sentence, "compromised") {
		t.Errorf("%+v", alone)
	}
	if l.detail(alone).Unvouched == "" || both.State != Accepted || l.detail(both).Unvouched != "" || waits.ChecksUnmet != 1 {
		t.Errorf("%+v %+v", both, waits)
	}
	l.recorded(alone.Ref(), "media.suspect", "media.accept", "media.evidence", "media.check", "media.submit")
	// What must be signed is cleared by a good signature only.
	wantKind(t, l.Clear(ctx, l.cora, alone.ID, alone.Row.Version, Decision{Note: "compared with the build"}), fault.Refused, "must have")
	l.sign(alone, two, "alone")
	if err := l.Clear(ctx, l.cora, alone.ID, l.get(alone.ID).Row.Version, Decision{Note: "signed anew"}); err != nil || l.get(alone.ID).State != Accepted {
		t.Error(err)
	}
}

func TestAnItemThatMustBeSigned(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.receive(l.bruno, "1.0", "body")
	accept := func() error { return l.Accept(ctx, l.cora, v.ID, l.get(v.ID).Row.Version, Decision{}) }
	if err := l.mustSign(v.ItemKey, true); err != nil {
		t.Fatal(err)
	}
	wantKind(t, accept(), fault.Refused, "None came with it.")
	s := sshSigner(t, "slipway")
	l.sign(v, s, "body")
	wantKind(t, accept(), fault.Refused, "not among the trusted keys")
	l.trust(s)
	wrong := l.sign(v, s, "Body")
	if wrong.Standing != Mismatch {
		t.Errorf("%+v", wrong)
	}
	l.work()
	if err := accept(); err != nil {
		t.Fatal(err)
	}
	doc := Submission{ItemKey: "payments-api/guide", Kind: Documentation, Label: "1", FileName: "guide.md"}
	guide, err := l.Receive(ctx, l.bruno, doc, strings.NewReader("# Guide"))
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, l.mustSign(guide.ItemKey, true), fault.Invalid, "Only software")
}

func TestAnAttestationIsOfItsSubject(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.receive(l.bruno, "1.0", "body")
	var s signer
	for _, one := range pemSigners(t) {
		if one.name == "DSSE" {
			s = one
		}
	}
	l.trust(s)
	_, err := l.Attach(ctx, l.bruno, v.ID, "p.json", strings.NewReader(string(s.sign([]byte("other")).data)))
	wantKind(t, err, fault.Invalid, "not for this version")
	_, err = l.Attach(ctx, l.bruno, v.ID, "p.json", strings.NewReader(`{"payloadType":"`+typeInToto+`","signatures":[]}`))
	wantKind(t, err, fault.Invalid, "without a signature")
	e := l.sign(v, s, "body")
	if e.Kind != Attestation || e.Standing != Good || !strings.Contains(e.About, "builders/7") {
		t.Errorf("%+v", e)
	}
	d := l.detail(v)
	if verdict, detail := d.check("provenance"); verdict != Met || !strings.Contains(detail, "Built by https://example.org/builders/7.") {
		t.Error(verdict, detail)
	}
	if verdict, _ := d.check("signature"); verdict != Unknown { // a statement is no signature of the release
		t.Error(verdict)
	}
}

// pushSigned pushes what cosign pushes for a manifest: under its tag, or as a referrer.
func pushSigned(t *testing.T, r *Registry, s signer, d blob.Digest, label string, subject *Descriptor) {
	t.Helper()
	payload := cosignSimple(d)
	layer := pushBlob(t, r, waiting1, string(payload))
	layer.MediaType = typeSimpleSigning
	layer.Annotations = map[string]string{annotCosign: base64.StdEncoding.EncodeToString(s.raw(payload))}
	config := pushBlob(t, r, waiting1, "{}")
	m := manifest{SchemaVersion: 2, MediaType: typeManifest, Config: &config, Layers: []Descriptor{layer}, Subject: subject}
	if subject != nil {
		m.ArtifactType = "application/vnd.dev.cosign.artifact.sig.v1+json"
	}
	data := must[[]byte](t)(json.Marshal(m))
	if _, err := r.Push(context.Background(), waiting1, label, typeManifest, data); err != nil {
		t.Fatal(err)
	}
}

func TestCosignSignaturesComeByTheRegistry(t *testing.T) {
	l := newLibrary(t)
	r := l.Registry(robot(l.bruno))
	first, second := cosigner(t), cosigner(t)
	l.trust(first)
	pushed := mustPush(t, r, "1.0.0", "layer")
	tag := "sha256-" + pushed.Digest.Hex() + ".sig"
	pushSigned(t, r, second, pushed.Digest, tag, nil)
	pushSigned(t, r, first, pushed.Digest, tag, nil) // the tag moves
	pushSigned(t, r, first, blob.Of([]byte("other")), "", &Descriptor{MediaType: typeManifest, Digest: pushed.Digest, Size: pushed.Size})
	l.work()
	v := l.labelled("1.0.0")
	count := map[Standing]int{}
	for _, e := range l.detail(v).Evidence {
		count[e.Standing]++
	}
	if count[Good] != 1 || count[UnknownKey] != 1 || count[Foreign] != 1 {
		t.Errorf("%v", count)
	}
	// What was signed before it got its name counts as well.
	config, layer := pushBlob(t, r, waiting1, "{}"), pushBlob(t, r, waiting1, "later")
	data := image(config, nil, layer)
	pushSigned(t, r, first, blob.Of(data), "sha256-"+blob.Of(data).Hex()+".sig", nil)
	l.work()
	if _, err := r.Push(context.Background(), waiting1, "1.1.0", typeManifest, data); err != nil {
		t.Fatal(err)
	}
	l.work()
	v = l.labelled("1.1.0")
	if e := l.detail(v).Evidence; len(e) != 1 || e[0].Standing != Good || e[0].Subject != v.Manifest {
		t.Errorf("%+v", e)
	}
	// Other bytes under the same name: what was good is good no longer.
	mustPush(t, r, "1.1.0", "replaced")
	if e := l.detail(v).Evidence; e[0].Standing == Good {
		t.Errorf("%+v", e)
	}
	l.work()
	if e := l.detail(v).Evidence; e[0].Standing != Foreign {
		t.Errorf("%+v", e)
	}
}

func TestASignatureOfThePushedFileOrOfItsDigestCounts(t *testing.T) {
	l := newLibrary(t)
	r := l.Registry(robot(l.bruno))
	pushed := mustPush(t, r, "1.0.0", "layer")
	v := l.labelled("1.0.0")
	for _, body := range []string{"layer", pushed.Digest.String() + "\n", pushed.Digest.String()} {
		s := minisigner(t, true)
		l.trust(s)
		if e := l.sign(v, s, body); e.Standing != Good {
			t.Errorf("%q: %+v", body, e)
		}
	}
}

func TestWhatCameBeforeIsReadForSignatures(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	s := sshSigner(t, "file")
	l.trust(s)
	v := l.receive(l.bruno, "1.0", "body")
	e := l.sign(v, s, "body")
	if err := l.db.InTx(ctx, func(tx *db.Tx) error { // as the schema before kept it
		return tx.Gorm().Model(&Evidence{}).Where("id = ?", e.ID).UpdateColumns(map[string]any{"kind": "evidence", "standing": "", "key_id": 0, "checked_at": 0}).Error
	}); err != nil {
		t.Fatal(err)
	}
	if err := l.Schedule(ctx); err != nil {
		t.Fatal(err)
	}
	l.work()
	if d := l.detail(v); d.Evidence[0].Kind != Signature || d.Evidence[0].Standing != Good {
		t.Errorf("%+v", d.Evidence)
	}
}
